# SPDX-License-Identifier: GPL-3.0-or-later
"""replaced: these resources exactly; the others stay."""

from __future__ import annotations

import pytest
from module_utils.model.errors import Refused

from tests.unit.conftest import ANNA, BEN, SECRET, House
from tests.unit.made import as_written, bare, said
from tests.unit.samples import every_kind, furnish, keys, sample


def test_what_is_not_given_goes_back_but_secrets_and_fixed_fields_stay(house: House) -> None:
    house.run("merged", [{**ANNA, "nat": "no", "number": "2000", "description": "x"}, BEN])
    before = house.documents()
    result = house.run("replaced", [{"username": "anna", "full_name": "Anna"}])
    assert result["updated"] == ["anna"] and result["reasons"]["anna"] == ["full_name", "email", "description", "nat"]
    after = house.documents()
    stays = ("number", "sip_password", "password_hash", "password_changed_at", "must_change_password")
    assert after["anna"] == {"username": "anna", "full_name": "Anna", **{name: before["anna"][name] for name in stays}}
    assert after["ben"] == before["ben"]


def test_creates_what_is_not_there(house: House) -> None:
    assert house.run("replaced", [ANNA])["created"] == ["anna"]


def test_a_given_secret_takes_the_place_of_the_old_one(house: House) -> None:
    house.run("merged", [BEN])
    old = house.documents()["ben"]["sip_password"]
    result = house.run("replaced", [{**BEN, "sip_password": SECRET + "2"}])
    assert result["reasons"] == {"ben": ["sip_password"]} and house.documents()["ben"]["sip_password"] != old


def test_a_needed_field_is_needed_again(house: House) -> None:
    house.run("merged", [ANNA])
    with pytest.raises(Refused, match="agent 'anna': full_name: is needed"):
        house.run("replaced", [{"username": "anna"}])


def test_what_is_no_longer_said_does_not_stick(house: House) -> None:
    house.run("merged", [{**ANNA, "transport": "wss"}])
    house.run("replaced", [ANNA])
    house.run("merged", [{"username": "anna", "typology": "external"}])
    assert house.asterisk.devices["anna"]["endpoint"]["transport"] == "transport-udp"


@every_kind
def test_every_kind_goes_back_to_what_is_said(house: House, kind: str) -> None:
    resource, _those = sample(kind)
    furnish(house, kind)
    first, *rest = keys(kind)
    before = house.documents(kind)
    item = bare(resource, first, {each.to: keys(each.to) for each in resource.references.values()})
    result = house.run("replaced", [as_written(resource, item, nested=True)], resource)
    after = house.documents(kind)
    assert result["updated"] == [first] and all(after[key] == before[key] for key in rest) and set(after) == set(before)
    stays = {name: value for name, value in before[first].items() if resource.by_name[name].stays}
    assert resource.complete(after[first]) == resource.complete({**stays, **said(resource, item)})
