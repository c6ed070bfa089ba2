# SPDX-License-Identifier: GPL-3.0-or-later
"""gathered: what the store has, as it can be applied again."""

from __future__ import annotations

import json
from typing import Any

import pytest
from module_utils.model.extension import EXTENSION
from module_utils.model.secrets import unveil

from tests.unit.conftest import ANNA, BEN, SECRET, House
from tests.unit.samples import every_kind, furnish, keys, sample


@pytest.fixture
def full(house: House) -> House:
    house.run("merged", [{**ANNA, "codecs": "opus ulaw"}, BEN])
    house.run("merged", [{"name": "door", "sip_password": SECRET}], EXTENSION)
    return house


def test_gives_what_was_said_and_no_secret(full: House) -> None:
    result = full.run("gathered")
    account = {"must_change_password": True, "password_changed_at": full.documents()["anna"]["password_changed_at"]}
    assert result["gathered"] == [
        {**ANNA, "number": "1000", "codecs": ["opus", "ulaw"], **account},
        {"username": "ben", "full_name": "Ben Ek", "typology": "external", "number": "1001", "voicemail": True, **account},
    ]
    assert list(result["gathered"][0])[:2] == ["username", "full_name"]
    assert result["numbers"] == {"1000": "agent anna", "1001": "agent ben", "1002": "extension door"}
    assert result["changed"] is False and "veiled" not in result and result["module"]["peak_memory_mib"]
    assert not any(secret in json.dumps(result) for secret in (SECRET, "471147", "md5"))


@pytest.mark.parametrize(("scope", "names", "numbers"), [
    ({"names": "a*"}, ["anna"], ["1000", "1002"]),      # names are a matter of each kind
    ({"numbers": "1001-1999"}, ["ben"], ["1001", "1002"]),
    ({"numbers": "1001-1001", "names": "a*"}, [], []),
    ({"names": "x"}, [], ["1002"]),
    (None, ["anna", "ben"], ["1000", "1001", "1002"]),
])
def test_scope(full: House, scope: Any, names: list[str], numbers: list[str]) -> None:
    result = full.run("gathered", scope=scope)
    assert [each["username"] for each in result["gathered"]] == names and list(result["numbers"]) == numbers


def test_secrets_only_when_asked_and_never_readable(full: House) -> None:
    result = full.run("gathered", with_secrets=True, seed="a seed")
    secrets = unveil("a seed", result["veiled"])
    assert set(secrets) == {"anna", "ben"} and secrets["ben"]["voicemail_pin"] == "471147"
    assert set(secrets["ben"]["sip_password"]) == {"md5", "sha256", "realm"}
    shown = json.dumps(result)
    assert not any(secret in shown for secret in ("471147", "md5", secrets["ben"]["sip_password"]["md5"], "a seed"))


def test_a_realm_of_another_site_is_no_hindrance(full: House) -> None:
    assert full.run("gathered", realm="elsewhere")["gathered"]


def test_writes_nothing_and_asks_nobody(full: House) -> None:
    before, done = full.everything(), len(full.asterisk.did)
    full.run("gathered")
    assert full.everything() == before and len(full.asterisk.did) == done


def test_a_host_without_a_store_has_nothing(house: House) -> None:
    assert house.run("gathered")["gathered"] == [] and not (house.state / "store.db").exists()


@every_kind
def test_every_kind_gives_what_was_said(house: House, kind: str) -> None:
    resource, those = sample(kind)
    furnish(house, kind)
    result = house.run("gathered", resource=resource)
    found = [result["gathered"]] if resource.single else sorted(result["gathered"], key=lambda each: keys(kind).index(each[resource.key]))
    assert isinstance(result["gathered"], dict if resource.single else list)
    for item, given in zip(found, those.items, strict=True):
        shown = dict(resource.flat(item))
        assert shown.items() >= {name: value for name, value in resource.flat(given) if not resource.by_name[name].secret}.items()
        assert not any(resource.by_name[name].secret for name in shown)
        assert list(shown) == [name for name in resource.by_name if name in shown]
    assert SECRET not in json.dumps(result)


@every_kind
def test_every_kind_where_there_is_none(house: House, kind: str) -> None:
    resource, _those = sample(kind)
    assert house.run("gathered", resource=resource)["gathered"] == ({} if resource.single else [])
