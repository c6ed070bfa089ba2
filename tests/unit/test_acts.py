# SPDX-License-Identifier: GPL-3.0-or-later
"""One-off acts on credentials: each does what it says, to whom it suits, and to nobody else."""

from __future__ import annotations

import hashlib
import json
import os
from typing import Any

import pytest
from module_utils.acts import ACTS
from module_utils.model.agent import AGENT
from module_utils.model.errors import Refused
from module_utils.model.extension import EXTENSION
from module_utils.model.passwords import quickly_hashed, verified
from module_utils.model.secrets import is_of
from module_utils.model.user import USER
from module_utils.plan import HELD

from tests.unit.conftest import ANNA, BEN, House
from tests.unit.test_passwords import write_state

ADA = {"username": "ada", "full_name": "Ada", "role": "admin"}
DOOR = {"name": "door", "sip_password": "door-secret-1"}
GATE = {"name": "gate", "host": "192.0.2.7"}


@pytest.fixture(name="staffed")
def staffed_fixture(house: House) -> House:
    house.run("merged", [DOOR, GATE], EXTENSION)
    house.run("merged", [ADA], USER)
    house.run("merged", [ANNA, BEN])
    return house


def made(resource: Any, name: str, key: str, seed: str) -> str:
    return str(resource.by_name[name].make(seed, resource.kind, key))


@pytest.mark.row("T10", "U5", "A29", "P4")
@pytest.mark.row("T10", "U5", "A29")
def test_a_password_is_reset_each_time(staffed: House) -> None:
    write_state(staffed, "anna", "must_change_password", None)
    write_state(staffed, "anna", "locked", True)
    old = staffed.documents()["anna"]["password_hash"]
    for seed in ("one", "two"):
        result = staffed.act("reset_password", "anna", seed=seed)
        said = staffed.documents()["anna"]
        assert result["changed"] and result["updated"] == ["anna"] and [tuple(each) for each in result["generated"]] == [("anna", "password", 0)]
        assert verified(said["password_hash"], made(AGENT, "password", "anna", seed))
        assert said["must_change_password"] is True and "locked" not in said
    assert said["password_history"][-1] == old and len(said["password_history"]) == 2
    assert result["after"]["anna"]["password_hash"] == HELD and said["password_hash"] not in json.dumps(result)


def test_a_password_expires_once(staffed: House) -> None:
    write_state(staffed, "anna", "must_change_password", None)
    assert [staffed.act("expire_password", "anna")["changed"] for _each in range(2)] == [True, False]


@pytest.mark.row("P9")
def test_somebody_is_unlocked_once(staffed: House) -> None:
    write_state(staffed, "anna", "locked", True)
    assert [staffed.act("unlock", "anna")["changed"] for _each in range(2)] == [True, False]
    assert "locked" not in staffed.documents()["anna"]


def test_a_telephone_gets_another_password_and_asterisk_knows_it(staffed: House) -> None:
    for kind, resource, key in (("agents", AGENT, "ben"), ("extensions", EXTENSION, "door")):
        before = staffed.asterisk.devices[key]["auth"]
        assert staffed.act("reset_sip_password", key, kind=kind, seed="s")["reloaded"] == ["res_pjsip.so"]
        assert is_of(staffed.documents(resource.kind)[key]["sip_password"], key, made(resource, "sip_password", key, "s"))
        assert staffed.asterisk.devices[key]["auth"] != before


def test_a_pin_is_reset_also_where_it_was_changed_by_telephone(staffed: House) -> None:
    box = os.path.join(staffed.host.mailboxes, "default", staffed.documents()["ben"]["number"])
    os.makedirs(box)
    with open(os.path.join(box, "secret.conf"), "w", encoding="utf-8") as file:
        file.write("[general]\npassword = 9999\n")
    assert staffed.act("reset_voicemail_pin", "ben", seed="s")["changed"]
    assert staffed.documents()["ben"]["voicemail_pin"] == made(AGENT, "voicemail_pin", "ben", "s") and os.listdir(box) == []


def test_a_pin_that_cannot_be_reset_stays(staffed: House, monkeypatch: pytest.MonkeyPatch) -> None:
    box = os.path.join(staffed.host.mailboxes, "default", staffed.documents()["ben"]["number"])
    os.makedirs(box)
    with open(os.path.join(box, "secret.conf"), "w", encoding="utf-8") as file:
        file.write("[general]\npassword = 9999\n")
    before = staffed.everything()

    def refuse(*_arguments: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("module_utils.task.write", refuse)
    with pytest.raises(KeyboardInterrupt):
        staffed.act("reset_voicemail_pin", "ben")
    assert os.listdir(box) == ["secret.conf"] and staffed.everything()[:-2] == before[:-2]


@pytest.mark.row("T10", "U4")
@pytest.mark.row("U4")
def test_api_keys_come_and_go(staffed: House) -> None:
    def known() -> Any:
        return staffed.documents("user")["ada"].get("api_key_hash")

    assert staffed.act("remove_api_key", "ada", kind="users")["changed"] is False
    assert staffed.act("generate_api_key", "ada", kind="users", seed="one")["changed"] is True
    key = made(USER, "api_key_hash", "ada", "one")
    assert len(key) == 40 and known() == hashlib.sha256(key.encode()).hexdigest()
    again = staffed.act("generate_api_key", "ada", kind="users", seed="two")
    assert again["changed"] is False and "generated" not in again
    assert staffed.act("regenerate_api_key", "ada", kind="users", seed="three")["changed"] is True
    assert known() == hashlib.sha256(made(USER, "api_key_hash", "ada", "three").encode()).hexdigest()
    assert [staffed.act("remove_api_key", "ada", kind="users")["changed"] for _each in range(2)] == [True, False] and known() is None


def test_an_old_api_key_does_not_come_back_with_an_old_file(staffed: House) -> None:
    staffed.run("merged", [{"username": "ada", "api_key_hash": "a" * 64}], USER)
    staffed.act("regenerate_api_key", "ada", kind="users")
    assert staffed.run("merged", [{"username": "ada", "api_key_hash": "a" * 64}], USER)["changed"] is False
    assert staffed.run("merged", [{"username": "ada", "api_key_hash": "a" * 64}], USER, update_password="always")["changed"] is True


@pytest.mark.parametrize("act", sorted(ACTS))
def test_check_mode_tells_and_does_nothing(staffed: House, act: str) -> None:
    for key in ("ben", "ada"):
        write_state(staffed, key, "locked", True)
        write_state(staffed, key, "must_change_password", None)
    write_state(staffed, "ada", "api_key_hash", "0" * 64)
    kind, key = ("users", "ada") if "api_key" in act else ("agents", "ben")
    before = staffed.everything(), staffed.documents("user")
    foreseen = staffed.act(act, key, kind=kind, check=True, seed="s")
    assert (staffed.everything(), staffed.documents("user")) == before
    real = staffed.act(act, key, kind=kind, seed="s")
    assert foreseen["changed"] == real["changed"] == (act != "generate_api_key")
    assert all(foreseen.get(name) == real.get(name) for name in ("updated", "reasons", "generated"))


@pytest.mark.parametrize(("act", "kind", "name", "error"), [
    ("reset_password", "agents", "annna", r"agent 'annna': is not there \(did you mean anna\?\)"),
    ("reset_password", "extensions", "door", "extension 'door': reset_password does not suit extensions"),
    ("generate_api_key", "agents", "anna", "agent 'anna': generate_api_key does not suit agents"),
    ("reset_voicemail_pin", "agents", "anna", "agent 'anna': has no voicemail_pin that could be reset"),
    ("reset_sip_password", "extensions", "gate", "extension 'gate': has no sip_password that could be reset"),
])
def test_whom_it_does_not_suit(staffed: House, act: str, kind: str, name: str, error: str) -> None:
    before = staffed.everything()
    with pytest.raises(Refused, match=error):
        staffed.act(act, name, kind=kind)
    assert staffed.everything() == before


def test_who_signs_in_elsewhere_has_no_password_here(staffed: House) -> None:
    staffed.run("merged", [{"username": "anna", "authentication": "sso", "sso_subject": "a"}])
    with pytest.raises(Refused, match="has no password that could be reset"):
        staffed.act("reset_password", "anna")


def test_nobody_is_changed_when_it_does_not_suit_one(staffed: House) -> None:
    before = staffed.everything()
    with pytest.raises(Refused):
        staffed.act("reset_password", "anna", "nobody")
    assert staffed.everything() == before


def test_what_a_killed_run_made_is_told_by_the_next(staffed: House) -> None:
    staffed.act("reset_sip_password", "ben", seed="lost")
    told = staffed.act("unlock", "ben", recover=["lost"])
    assert told["changed"] is False and [tuple(each) for each in told["generated"]] == [("ben", "sip_password", 1)]


def test_people_elsewhere_keep_theirs(staffed: House) -> None:
    write_state(staffed, "anna", "password_hash", quickly_hashed("own"))
    before = staffed.documents()["anna"]
    staffed.act("reset_password", "ben")
    assert staffed.documents()["anna"] == before
