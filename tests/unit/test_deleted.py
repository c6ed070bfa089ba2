# SPDX-License-Identifier: GPL-3.0-or-later
"""deleted: these, by their keys."""

from __future__ import annotations

import os

import pytest
from module_utils.model.errors import Trouble

from tests.unit.conftest import ANNA, BEN, TEAM, House
from tests.unit.made import names
from tests.unit.samples import furnish, keys, of_many, of_one, sample


def test_deletes_what_is_named(house: House) -> None:
    house.run("merged", [ANNA, BEN])
    result = house.run("deleted", [{"username": "anna"}, {"username": "nobody"}])
    assert result["deleted"] == ["anna"] and set(house.documents()) == {"ben"} == set(house.asterisk.devices)
    assert house.run("deleted", [{"username": "anna"}])["changed"] is False


def test_all_may_go_unless_a_guard_is_given(house: House) -> None:
    house.run("merged", TEAM)
    named = [{"username": each["username"]} for each in TEAM]
    with pytest.raises(Trouble, match="max_deletions: would delete 20 of 20"):
        house.run("deleted", named, max_deletions="19")
    assert house.run("deleted", named)["counts"]["deleted"] == 20
    assert house.asterisk.devices == {}


def test_mailbox_is_set_aside_with_its_owners_name(house: House) -> None:
    house.run("merged", [BEN, ANNA])
    inbox = os.path.join(house.host.mailboxes, "default", "1000", "INBOX")
    os.makedirs(inbox)
    house.run("deleted", [{"username": "ben"}])
    (aside,) = os.listdir(os.path.join(house.host.mailboxes, "set-aside"))
    assert aside.startswith("1000-ben-") and not os.path.exists(inbox)
    assert house.run("merged", [{**BEN, "username": "cleo"}])["numbers"] == {"cleo": "1000"}


def test_calls_and_registrations_of_the_deleted_end_and_no_others(house: House) -> None:
    house.run("merged", [ANNA, BEN])
    house.asterisk.channels = ["PJSIP/anna-00000001", "PJSIP/ben-00000002", "Local/1@x-0001;1"]
    house.asterisk.contacts = ["contact/anna;@1", "contact/ben;@2"]
    house.asterisk.did.clear()
    house.run("deleted", [{"username": "ben"}])
    done = [(name, headers) for name, headers in house.asterisk.did if name in ("Hangup", "DBDel")]
    assert done == [("Hangup", {"Channel": "PJSIP/ben-00000002", "Cause": "16"}), ("DBDel", {"Family": "registrar", "Key": "contact/ben;@2"})]


def test_outside_of_the_scope_is_an_error(house: House) -> None:
    house.run("merged", [ANNA, BEN])
    with pytest.raises(Trouble, match=r"agent 'ben': is outside of the scope of this run \(names a\*\)"):
        house.run("deleted", [{"username": "ben"}], scope={"names": "a*"})


@of_many
def test_every_kind_is_deleted_by_its_keys(house: House, kind: str) -> None:
    resource, _those = sample(kind)
    furnish(house, kind)
    first, *rest = keys(kind)
    before = house.documents(kind)
    assert house.run("deleted", [{resource.key: first}, {resource.key: names(resource, 99)[-1]}], resource)["deleted"] == [first]
    assert house.documents(kind) == {key: before[key] for key in rest}
    assert house.run("deleted", [{resource.key: first}], resource)["changed"] is False
    assert not [claim for claim, owner in house.everything()[1].items() if owner == (kind, first)]


@of_one
def test_of_what_there_is_one_everything_goes_back_to_its_default(house: House, kind: str) -> None:
    resource, _those = sample(kind)
    furnish(house, kind)
    result = house.run("deleted", None, resource)
    assert result["deleted"] == keys(kind) and house.documents(kind) == {} and house.run("gathered", resource=resource)["gathered"] == {}
    assert house.run("deleted", None, resource)["changed"] is False
