# SPDX-License-Identifier: GPL-3.0-or-later
"""Another name or number: everything else stays with whoever gets it."""

from __future__ import annotations

import os
import sqlite3

import pytest
from module_utils import bridge
from module_utils.model.agent import AGENT
from module_utils.model.errors import Refused
from module_utils.model.extension import EXTENSION
from module_utils.model.secrets import is_of
from module_utils.model.team import TEAM
from module_utils.model.user import USER
from module_utils.store.sqlite import Store

from tests.unit.conftest import ANNA, BEN, House

DOOR = {"name": "door", "sip_password": "door-secret-1"}


@pytest.fixture(name="staffed")
def staffed_fixture(house: House) -> House:
    house.run("merged", [{"name": "night"}, {"name": "day"}], TEAM)
    house.run("merged", [DOOR], EXTENSION)
    house.run("merged", [{**ANNA, "teams": ["night"]}, {**BEN, "teams": ["day"]}])
    return house


def number_of(house: House, key: str) -> int:
    base = sqlite3.connect(house.store)
    found = base.execute("SELECT id FROM documents WHERE key = ?", (key,)).fetchone()[0]
    base.close()
    return int(found)


def box(house: House, number: str) -> str:
    return os.path.join(house.host.mailboxes, "default", number)


def message(house: House, number: str) -> None:
    os.makedirs(os.path.join(box(house, number), "INBOX"))
    with open(os.path.join(box(house, number), "INBOX", "msg0000.txt"), "w", encoding="utf-8") as file:
        file.write(number)


def test_everything_stays_with_a_person_of_another_name(staffed: House) -> None:
    before, internal = staffed.documents()["ben"], number_of(staffed, "ben")
    result = staffed.once("rename", "ben", "benjamin.ek", seed="s")
    after = staffed.documents()
    assert result["changed"] and result["updated"] == ["benjamin.ek"] and result["reasons"]["benjamin.ek"] == ["username", "sip_password"]
    assert "ben" not in after and number_of(staffed, "benjamin.ek") == internal
    differs = {name for name in before if before[name] != after["benjamin.ek"][name]}
    assert differs == {"username", "sip_password"} and before["password_hash"] == after["benjamin.ek"]["password_hash"]
    assert is_of(after["benjamin.ek"]["sip_password"], "benjamin.ek", AGENT.by_name["sip_password"].make("s", "agent", "benjamin.ek"))  # type: ignore[attr-defined]
    assert set(staffed.asterisk.devices) == {"anna", "benjamin.ek", "door"} and staffed.asterisk.mailboxes == {before["number"]}
    assert staffed.run("overridden", staffed.run("gathered")["gathered"])["changed"] is False


def test_whoever_refers_follows(staffed: House) -> None:
    staffed.once("rename", "night", "late", kind="teams")
    assert staffed.documents()["anna"]["teams"] == ["late"] and staffed.documents()["ben"]["teams"] == ["day"]
    assert staffed.run("merged", [{"username": "anna", "teams": ["late"]}])["changed"] is False


def test_a_call_goes_on_under_the_old_name(staffed: House) -> None:
    """But nothing can be begun with that."""
    asterisk = staffed.asterisk
    asterisk.channels = ["PJSIP/ben-00000001"]
    asterisk.contacts = ["contact/ben;@1"]
    asterisk.kept["desk/auth"] = {"ben@desk": "{}", "anna@desk": "{}"}
    staffed.once("rename", "ben", "bent")
    staffed.once("rename", "anna", "ann")
    staffed.once("rename", "bent", "bert")
    assert not [each for each in asterisk.did if each[0] == "Hangup"] and asterisk.kept["renamed"] == {"00000001": "bert"}
    assert {headers["Key"] for name, headers in asterisk.did if name == "DBDel"} == {"contact/ben;@1", "anna@desk", "ben@desk"}
    asterisk.channels = []
    staffed.run("merged", [{"username": "ann", "full_name": "Ann"}])
    assert asterisk.kept["renamed"] == {} == asterisk.kept["desk/auth"]


@pytest.mark.parametrize("gone", ["bent", "ben"])
def test_a_call_ends_with_its_own_line_and_no_other(staffed: House, gone: str) -> None:
    """Whatever that was called: there may be somebody new of the old name."""
    calls = {"bent": "PJSIP/ben-00000001", "ben": "PJSIP/ben-00000002"}
    staffed.asterisk.channels = [calls["bent"]]
    staffed.once("rename", "ben", "bent")
    staffed.run("merged", [{"username": "ben", "full_name": "Ben Two", "number": "1077", "typology": "webrtc"}])
    staffed.asterisk.channels = [*calls.values()]
    staffed.run("deleted", [{"username": gone}])
    assert [headers for name, headers in staffed.asterisk.did if name == "Hangup"] == [{"Channel": calls[gone], "Cause": "16"}]


def test_a_second_time_changes_nothing(staffed: House) -> None:
    staffed.once("rename", "ben", "bent")
    before = staffed.everything()
    for name, to in (("ben", "bent"), ("bent", "bent")):
        result = staffed.once("rename", name, to)
        assert result["changed"] is False and "generated" not in result and staffed.everything() == before


def test_the_old_name_is_free(staffed: House) -> None:
    staffed.once("rename", "ben", "bent")
    staffed.run("merged", [{"name": "ben", "sip_password": "ben-secret-12"}], EXTENSION)
    assert set(staffed.asterisk.devices) == {"anna", "bent", "ben", "door"}


@pytest.mark.parametrize(("name", "to", "kind", "error"), [
    ("annna", "x.y", "agents", r"agent 'annna': is not there \(did you mean anna\?\)"),
    ("anna", "ben", "agents", "agent 'anna': username: ben is there already"),
    ("anna", "door", "agents", "agent 'door': username: door is taken by extension 'door'"),
    ("anna", "Anna", "agents", "agent 'anna': username: must be at most 40 lower case letters"),
    ("anna", "anonymous", "agents", "agent 'anna': username: anonymous means something to Asterisk"),
    ("night", "day", "teams", "team 'night': name: day is there already"),
])
def test_what_cannot_be_renamed_stays(staffed: House, name: str, to: str, kind: str, error: str) -> None:
    before = staffed.everything()
    with pytest.raises(Refused, match=error):
        staffed.once("rename", name, to, kind=kind)
    assert staffed.everything() == before


def test_a_telephone_needs_to_learn_its_new_password(staffed: House) -> None:
    with pytest.raises(Refused, match="agent 'ben': sip_password: holds the name: give one, or name a credentials_file"):
        staffed.once("rename", "ben", "bent", recording=False)
    staffed.once("rename", "ben", "bent", recording=False, password="bent-secret-1")
    assert is_of(staffed.documents()["bent"]["sip_password"], "bent", "bent-secret-1")
    staffed.once("rename", "anna", "anne", recording=False)     # in the browser it is told by itself
    assert staffed.documents()["anne"]["sip_password"]["untold"] is True


def test_digests_of_another_realm_are_refused(staffed: House) -> None:
    with pytest.raises(Refused, match="agent 'ben': sip_password: has digests of another realm"):
        staffed.once("rename", "ben", "bent", password={"md5": "0" * 32, "realm": "elsewhere"})


def test_a_mailbox_comes_along(staffed: House) -> None:
    number = staffed.documents()["ben"]["number"]
    message(staffed, number)
    result = staffed.once("renumber", "ben", "2042")
    assert result["changed"] and result["reasons"] == {"ben": ["number"]} and staffed.documents()["ben"]["number"] == "2042"
    assert result["reloaded"] == ["res_pjsip.so", "res_pjsip_mwi.so", "app_voicemail.so", "pbx_config.so"]
    assert not os.path.exists(box(staffed, number)) and os.path.exists(os.path.join(box(staffed, "2042"), "INBOX", "msg0000.txt"))
    assert staffed.asterisk.mailboxes == {"2042"} and staffed.once("renumber", "ben", "2042")["changed"] is False
    assert staffed.run("merged", [{"username": "new", "full_name": "New"}])["numbers"] == {"new": number}, "the old one is free"


def test_whose_lamp_a_mailbox_lights_is_forgotten_with_its_owner(staffed: House) -> None:
    assert "res_pjsip_mwi.so" not in staffed.run("merged", [{"username": "ben", "full_name": "Benjamin"}])["reloaded"]
    assert "res_pjsip_mwi.so" in staffed.run("deleted", [{"username": "ben"}])["reloaded"]


def test_a_host_may_be_without_lamps(staffed: House) -> None:
    staffed.asterisk.missing = {"res_pjsip_mwi.so"}
    assert staffed.once("renumber", "ben", "2042")["reloaded"] == ["res_pjsip.so", "app_voicemail.so", "pbx_config.so"]


def test_a_mailbox_that_stands_at_the_new_number_is_set_aside(staffed: House) -> None:
    message(staffed, staffed.documents()["ben"]["number"])
    message(staffed, "2042")
    staffed.once("renumber", "ben", "2042")
    with open(os.path.join(box(staffed, "2042"), "INBOX", "msg0000.txt"), encoding="utf-8") as file:
        assert file.read() != "2042"
    assert len(os.listdir(os.path.join(staffed.host.mailboxes, "set-aside"))) == 1


def test_a_refused_move_leaves_the_mailbox(staffed: House, monkeypatch: pytest.MonkeyPatch) -> None:
    number = staffed.documents()["ben"]["number"]
    message(staffed, number)
    message(staffed, "2042")

    def refuse(*_arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Store, "commit", refuse)
    with pytest.raises(KeyboardInterrupt):
        staffed.once("renumber", "ben", "2042")
    for each in (number, "2042"):
        with open(os.path.join(box(staffed, each), "INBOX", "msg0000.txt"), encoding="utf-8") as file:
            assert file.read() == each


def test_a_mailbox_whose_move_was_killed_is_found_by_the_next(staffed: House, monkeypatch: pytest.MonkeyPatch) -> None:
    number = staffed.documents()["ben"]["number"]
    message(staffed, number)
    child = os.fork()
    if not child:
        monkeypatch.setattr(Store, "commit", lambda *_arguments: os._exit(9))
        staffed.once("renumber", "ben", "2042")
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9 and staffed.documents()["ben"]["number"] == number
    assert not os.path.exists(box(staffed, number)), "killed after the mailbox was moved"
    assert staffed.once("renumber", "ben", "2042")["changed"] is True
    assert os.listdir(box(staffed, "2042")) == ["INBOX"] and os.listdir(staffed.host.mailboxes) == ["default"]


@pytest.mark.parametrize(("to", "error"), [("99", "99 is not in number_range 1000-9999"), ("1000", "1000 is taken by extension 'door'"),
                                           ("x", "must be 2 to 15 digits")])
def test_a_number_that_will_not_do(staffed: House, to: str, error: str) -> None:
    before = staffed.everything()
    with pytest.raises(Refused, match=f"agent 'ben': number: {error}"):
        staffed.once("renumber", "ben", to)
    assert staffed.everything() == before


@pytest.mark.parametrize(("what", "to"), [("rename", "bent"), ("renumber", "2042")])
def test_check_mode_tells_and_does_nothing(staffed: House, what: str, to: str) -> None:
    before = staffed.everything()
    foreseen = staffed.once(what, "ben", to, check=True, seed="s")
    assert staffed.everything() == before
    real = staffed.once(what, "ben", to, seed="s")
    assert all(foreseen.get(name) == real.get(name) for name in ("changed", "updated", "reasons", "before", "after", "generated"))
    if what == "rename":
        assert foreseen["planned"]["agent"]["ben"] is None and "bent" in foreseen["planned"]["agent"]


def test_later_tasks_of_a_check_mode_play_see_the_new_name(staffed: House) -> None:
    first = staffed.once("rename", "night", "late", kind="teams", check=True)
    assert staffed.run("merged", [{"username": "anna", "teams": ["late"]}], check=True, planned=first["planned"])["changed"] is False
    assert staffed.once("rename", "day", "early", kind="teams", check=True, planned=first["planned"])["changed"] is True


def test_only_what_people_named_is_renamed() -> None:
    assert bridge.RENAME_ARGUMENTS["kind"]["choices"] == ["agents", "extensions", "inbound_routes", "prefixes", "queues", "teams", "trunks",
                                                           "user_profiles", "users"]


def test_what_a_killed_run_made_is_told_under_the_name_that_it_was_made_for(staffed: House) -> None:
    """The new run forgets the seed, and from the new name nothing can be derived."""
    staffed.run("merged", [{"username": "cleo", "full_name": "Cleo", "voicemail": True}], seed="lost")
    staffed.run("merged", [{"username": "ada", "full_name": "Ada", "role": "admin"}], USER, seed="lost")
    told = staffed.once("rename", "cleo", "cleo.ek", seed="lost", recover=["lost"])["generated"]
    assert sorted(tuple(each) for each in told) == [("cleo", "password", 1), ("cleo", "voicemail_pin", 1), ("cleo.ek", "sip_password", 0)]
    told = staffed.once("rename", "ada", "ada.ek", kind="users", recover=["lost"], password="ada-secret-12")["generated"]
    assert [tuple(each) for each in told] == [("ada", "password", 1)]


@pytest.mark.parametrize(("kind", "name"), [("teams", "night"), ("extensions", "gate")])
def test_a_password_for_what_has_none_is_refused(staffed: House, kind: str, name: str) -> None:
    staffed.run("merged", [{"name": "gate", "host": "192.0.2.7"}], EXTENSION)
    before = staffed.everything()
    with pytest.raises(Refused, match=f"{name}': sip_password: has none"):
        staffed.once("rename", name, "other", kind=kind, password="other-secret-1")
    assert staffed.everything() == before
