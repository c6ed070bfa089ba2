# SPDX-License-Identifier: GPL-3.0-or-later
"""merged: only the fields that are given."""

from __future__ import annotations

from typing import Any

import pytest
from module_utils.model.errors import Refused
from module_utils.model.extension import EXTENSION
from module_utils.model.user import USER
from module_utils.model.user_profile import USER_PROFILE

from tests.unit.conftest import ANNA, BEN, SECRET, House
from tests.unit.samples import changed, every_kind, furnish, keys, sample


def test_creates(house: House) -> None:
    result = house.run("merged", [ANNA, BEN])
    assert (result["changed"], result["created"], result["numbers"]) == (True, ["anna", "ben"], {"anna": "1000", "ben": "1001"})
    assert result["reloaded"] == ["res_pjsip.so", "res_rtp_asterisk.so", "app_voicemail.so", "pbx_config.so", "app_queue.so"]
    assert set(house.asterisk.devices) == {"anna", "ben"} and house.asterisk.mailboxes == {"1001"}
    assert result["generated"] == [("anna", "password", 0), ("anna", "sip_password", 0), ("ben", "password", 0)]


@pytest.mark.parametrize(("given", "differs"), [
    ({"full_name": "Anna Ek"}, ["full_name"]),
    ({"nat": "no", "codecs": ["ulaw"]}, ["nat", "codecs"]),
    ({"sip_password": SECRET}, ["sip_password"]),
    ({"email": None}, ["email"]),
    ({"email": "new@example.org", "alias": ""}, ["alias", "email"]),
])
def test_changes_only_what_is_given(house: House, given: dict[str, Any], differs: list[str]) -> None:
    house.run("merged", [{**ANNA, "description": "stays"}, BEN])
    before = house.documents()
    result = house.run("merged", [{"username": "anna", **given}])
    assert result["updated"] == ["anna"] and result["counts"] == {"created": 0, "updated": 1, "deleted": 0}
    assert result["reasons"] == {"anna": differs}
    after = house.documents()
    assert after["ben"] == before["ben"]
    assert {name for name in {*before["anna"], *after["anna"]} if before["anna"].get(name) != after["anna"].get(name)} == set(differs)


def test_null_goes_back_to_the_default(house: House) -> None:
    house.run("merged", [{**ANNA, "nat": "no", "codecs": ["ulaw"]}])
    house.run("merged", [{"username": "anna", "nat": None, "codecs": None}])
    assert not {"nat", "codecs"} & set(house.documents()["anna"])
    assert house.asterisk.devices["anna"]["endpoint"]["allow"] == "opus,ulaw,alaw"


def test_a_number_never_changes(house: House) -> None:
    house.run("merged", [ANNA])
    before = house.everything()
    with pytest.raises(Refused, match="agent 'anna': number: never changes after creation: it is 1000"):
        house.run("merged", [{"username": "anna", "number": "1005"}])
    assert house.everything() == before


@pytest.mark.row("U1")
def test_a_role_that_was_never_said_does_not_change_either(house: House) -> None:
    house.run("merged", [{"name": "leader"}], USER_PROFILE)
    house.run("merged", [{"username": "sam", "full_name": "Sam", "profile": "leader"}], USER)
    before = house.everything()
    for state in ("merged", "replaced", "overridden"):
        with pytest.raises(Refused, match="user 'sam': role: never changes after creation: it is user"):
            house.run(state, [{"username": "sam", "full_name": "Sam", "role": "admin", "profile": None}], USER)
    assert house.everything() == before
    assert house.run("merged", [{"username": "sam", "role": "user"}], USER)["changed"] is False


def test_no_number_said_is_the_number_it_has(house: House) -> None:
    for first in (True, False):
        assert house.run("merged", [{**ANNA, "number": None}])["changed"] is first
    assert house.documents()["anna"]["number"] == "1000"


def test_reloads_what_changed_only(house: House) -> None:
    house.run("merged", [ANNA, BEN])
    assert house.run("merged", [{"username": "ben", "voicemail_pin": "1234"}])["reloaded"] == ["app_voicemail.so"]
    assert house.run("merged", [{"username": "anna", "nat": "no"}])["reloaded"] == ["res_pjsip.so"]
    assert house.run("merged", [{"username": "anna", "description": "x"}])["reloaded"] == []


def test_kinds_live_side_by_side(house: House) -> None:
    house.run("merged", [ANNA])
    result = house.run("merged", [{"name": "door", "sip_password": SECRET}], EXTENSION)
    assert result["numbers"] == {"door": "1001"} and set(house.asterisk.devices) == {"anna", "door"}
    assert set(house.documents()) == {"anna"} and set(house.documents("extension")) == {"door"}


@every_kind
def test_every_kind_is_made_and_changed_in_what_is_given(house: House, kind: str) -> None:
    resource, those = sample(kind)
    furnish(house, kind, full=False)
    result = house.run("merged", those.items, resource)
    assert result["created"] == sorted(keys(kind)) and set(house.documents(kind)) == set(keys(kind))
    first, *rest = keys(kind)
    before = house.documents(kind)
    result = house.run("merged", [changed(kind)], resource)
    assert (result["updated"], result["created"], result["deleted"]) == ([first], [], []) and result["reasons"] == {first: those.differs}
    after = house.documents(kind)
    assert all(after[key] == before[key] for key in rest)
    was, has = resource.complete(before[first]), resource.complete(after[first])
    assert {name: was[name] for name in was if was[name] != has[name]} == those.before
    assert {name: has[name] for name in was if was[name] != has[name]} == those.after
