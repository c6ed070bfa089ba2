# SPDX-License-Identifier: GPL-3.0-or-later
"""The second run changes nothing and says so, whatever the way in which the same thing is written."""

from __future__ import annotations

from typing import Any

import pytest
from module_utils.model.extension import EXTENSION

from tests.unit.conftest import ANNA, BEN, PHONE, SECRET, TEAM, House
from tests.unit.samples import changed, every_kind, furnish, sample

FULL = {**BEN, "email": "Ben@Example.org", "alias": "B", "description": "d", "transport": "tls", "nat": "route", "codecs": ["g722", "alaw"], "context": "x",
        "call_groups": ["a", "1"], "pickup_groups": ["a"], "host": "192.0.2.0/24", "type": "peer", "caller_id": "B <1>", "sip_expires": 60, "disabled": True}


@pytest.mark.parametrize("state", ["merged", "replaced", "overridden"])
@pytest.mark.parametrize("config", [[ANNA, BEN], [FULL], TEAM, [{**ANNA, "sip_password": SECRET}]], ids=["two", "full", "team", "password"])
def test_again(house: House, state: str, config: list[Any]) -> None:
    assert house.run(state, config)["changed"] is True
    before, done = house.everything(), len(house.asterisk.did)
    result = house.run(state, config)
    assert (result["changed"], result["before"], result["after"], result["files"]) == (False, {}, {}, []) and "generated" not in result
    assert house.everything() == before and len(house.asterisk.did) == done


@pytest.mark.parametrize(("said", "same"), [
    ({"codecs": ["alaw", "ulaw"]}, {"codecs": "alaw ulaw"}),
    ({"voicemail": False}, {"voicemail": "no"}),
    ({"nat": "yes"}, {"nat": True}),
    ({"number": "1234"}, {"number": 1234}),
    ({"sip_expires": 60}, {"sip_expires": "60"}),
    ({"full_name": "\u00c5sa"}, {"full_name": " A\u030asa "}),
    ({"host": "2001:db8::1"}, {"host": "2001:DB8:0::1"}),
    ({"host": "192.0.2.1"}, {"host": "192.0.2.1/32"}),
    ({}, {"nat": "yes", "type": "friend", "transport": "udp", "disabled": False, "call_groups": [], "description": None}),
    ({"alias": None}, {}),
])
@pytest.mark.parametrize("state", ["merged", "replaced"])
def test_one_normal_form(house: House, state: str, said: dict[str, Any], same: dict[str, Any]) -> None:
    base = {"username": "ben", "full_name": "Ben", **PHONE}
    house.run(state, [{**base, **said}])
    assert house.run(state, [{**base, **same}])["changed"] is False
    assert house.run(state, [{**base, **said}])["changed"] is False


def test_other_kinds_do_not_disturb_it(house: House) -> None:
    house.run("merged", [ANNA])
    house.run("merged", [{"name": "door", "sip_password": SECRET}], EXTENSION)
    assert house.run("overridden", [ANNA])["changed"] is False


def test_a_hand_edit_is_told_and_put_right(house: House) -> None:
    house.run("merged", [ANNA])
    before = house.files()
    with open(house.config / "switchboard" / "numbers.conf", "a", encoding="utf-8") as file:
        file.write("; by hand\n")
    result = house.run("merged", [ANNA], diff=True)
    assert (result["changed"], result["drifted"], result["files"]) == (True, ["numbers.conf"], ["numbers.conf"])
    assert "numbers.conf: changed by hand" in result["warnings"][0] and "numbers.conf" in result["diff"][0]["before"]
    assert house.files() == before and house.run("merged", [ANNA])["changed"] is False


@pytest.mark.parametrize("state", ["merged", "replaced"])
def test_null_is_no_new_password_each_time(house: House, state: str) -> None:
    house.run(state, [{**ANNA, "sip_password": None}])
    assert house.run(state, [{**ANNA, "sip_password": None}])["changed"] is False


@every_kind
@pytest.mark.parametrize("state", ["merged", "replaced", "overridden"])
def test_every_kind_again(house: House, state: str, kind: str) -> None:
    resource, those = sample(kind)
    furnish(house, kind, full=False)
    assert house.run(state, those.items, resource)["changed"] is True
    assert house.run("merged", [changed(kind)], resource)["changed"] is True
    before, written, done = house.everything(), house.written(), len(house.asterisk.did)
    result = house.run("merged", [changed(kind)], resource)
    assert (result["changed"], result["before"], result["after"], result["files"]) == (False, {}, {}, []) and "generated" not in result
    assert house.everything() == before and house.written() == written and len(house.asterisk.did) == done
