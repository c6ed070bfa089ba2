# SPDX-License-Identifier: GPL-3.0-or-later
"""overridden: exactly this set within the scope; the rest is deleted."""

from __future__ import annotations

from typing import Any

import pytest
from module_utils.model.errors import Trouble
from module_utils.model.extension import EXTENSION

from tests.unit.conftest import ANNA, BEN, SECRET, TEAM, House
from tests.unit.made import said
from tests.unit.samples import furnish, keys, of_many, of_one, sample


@pytest.fixture
def full(house: House) -> House:
    house.run("merged", TEAM)
    return house


def test_deletes_the_rest(full: House) -> None:
    result = full.run("overridden", [*TEAM[2:], ANNA])
    assert (result["created"], result["deleted"]) == (["anna"], ["agent00", "agent01"])
    assert set(full.documents()) == {each["username"] for each in [*TEAM[2:], ANNA]} == set(full.asterisk.devices)


def test_leaves_other_kinds_alone(full: House) -> None:
    full.run("merged", [{"name": "door", "sip_password": SECRET}], EXTENSION)
    full.run("overridden", [ANNA], max_deletions="100%")
    assert set(full.asterisk.devices) == {"anna", "door"}


@pytest.mark.row("N2")
@pytest.mark.parametrize(("gone", "allowed", "passes"), [
    (2, None, True), (3, None, False),
    (3, "3", True), (4, "3", False), (1, "0", False), (0, "0", True),
    (5, "25%", True), (6, "25%", False), (20, "100%", True), (1, "4%", False),
])
def test_guard(full: House, gone: int, allowed: str | None, passes: bool) -> None:
    before = full.everything()
    if passes:
        assert full.run("overridden", [*TEAM[gone:], ANNA], max_deletions=allowed)["counts"]["deleted"] == gone
    else:
        with pytest.raises(Trouble, match=f"max_deletions: would delete {gone} of 20 agents, more than the [0-9]+ that"):
            full.run("overridden", [*TEAM[gone:], ANNA], max_deletions=allowed)
        assert full.everything() == before


@pytest.mark.parametrize("wrong", ["some", "-1", "101%", "1.5", "%", ""])
def test_guard_is_a_number_or_a_percentage(full: House, wrong: str) -> None:
    with pytest.raises(Trouble, match="max_deletions: must be a number"):
        full.run("overridden", TEAM, max_deletions=wrong)


@pytest.mark.row("N2")
@pytest.mark.parametrize(("scope", "gone"), [
    ({"names": "agent0[0-4]"}, [f"agent0{count}" for count in range(5)]),
    ({"numbers": "1018-1099"}, ["agent18", "agent19"]),
    ({"names": "agent*", "numbers": "1000-1000"}, ["agent00"]),
    ({"names": "nobody"}, []),
])
def test_scope(full: House, scope: dict[str, Any], gone: list[str]) -> None:
    result = full.run("overridden", [], scope=scope, allow_empty=True, max_deletions="100%")
    assert result["deleted"] == gone and set(full.documents()) == {each["username"] for each in TEAM} - set(gone)


def test_percentage_is_of_the_scope(full: House) -> None:
    with pytest.raises(Trouble, match="would delete 1 of 5 agents in scope, more than the 0"):
        full.run("overridden", TEAM[1:5], scope={"names": "agent0[0-4]"})


def test_nothing_is_deleted_when_an_item_is_wrong(full: House) -> None:
    before = full.everything()
    with pytest.raises(Trouble, match="nat"):
        full.run("overridden", [*TEAM[1:], {**ANNA, "nat": "maybe"}])
    assert full.everything() == before


def test_a_deleted_number_mail_and_password_are_free_at_once(house: House) -> None:
    house.run("merged", [{**ANNA, "number": "1000"}])
    old = house.documents()["anna"]["sip_password"]
    house.run("overridden", [{**BEN, "number": "1000", "email": ANNA["email"]}], max_deletions="1")
    assert house.documents()["ben"]["number"] == "1000" and old not in house.documents()["ben"].values()


@of_many
def test_every_kind_keeps_only_what_is_said(house: House, kind: str) -> None:
    resource, those = sample(kind)
    furnish(house, kind)
    first, *rest = keys(kind)
    everything = house.everything()
    others = {other: each for other, each in everything[0].items() if other != kind}
    with pytest.raises(Trouble, match=f"max_deletions: would delete 1 of {len(those.items)} {resource.plural}"):
        house.run("overridden", those.items[1:], resource)
    assert house.everything() == everything
    result = house.run("overridden", those.items[1:], resource, max_deletions="1")
    assert (result["created"], result["updated"], result["deleted"]) == ([], [], [first])
    assert house.documents(kind) == {key: everything[0][kind][key] for key in rest}
    assert {other: each for other, each in house.everything()[0].items() if other != kind} == others


@of_one
def test_of_what_there_is_one_nothing_is_deleted(house: House, kind: str) -> None:
    """It is replaced: what is not given goes back to its default, but for its secrets."""
    resource, those = sample(kind)
    furnish(house, kind)
    (before,) = house.documents(kind).values()
    result = house.run("overridden", [those.change], resource)
    assert result["counts"] == {"created": 0, "updated": 1, "deleted": 0}
    (after,) = house.documents(kind).values()
    stays = {name: value for name, value in before.items() if resource.by_name[name].stays}
    assert resource.complete(after) == resource.complete({**stays, **said(resource, dict(resource.flat(those.change)))})
