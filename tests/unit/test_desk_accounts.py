# SPDX-License-Identifier: GPL-3.0-or-later
"""Signing in at the desk: who may, who may not and learns nothing, when somebody is locked, and what ends a session."""

from __future__ import annotations

import json
import os
import shutil
import socket
import sqlite3
import string
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from desk import accounts, keeper, people, sessions
from desk.keeper import Keeper
from desk.sessions import key_in
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from itsdangerous import URLSafeSerializer
from module_utils.model.agent import AGENT
from module_utils.model.errors import Unready
from module_utils.model.extension import EXTENSION
from module_utils.model.passwords import is_hash, quickly_hashed, verified
from module_utils.model.settings import SETTINGS
from module_utils.model.user import USER
from module_utils.store.sqlite import Store

from tests.unit.conftest import ANNA, BEN, House
from tests.unit.office import FIRST, HERE, SECOND, THIRD, Office

OWN = {"must_change_password": False}       # a password that need not be changed
WRONG = {"error": "wrong", "status": 401}
OUT = ("signed_out", 401)


@pytest.fixture(autouse=True)
def staff(house: House, office: Office) -> None:
    """anna has a password of her own, ben a one-time one that a run made, carla one that a run gave, dora none; ed signs in elsewhere, fay cannot."""
    result = house.run("merged", [
        {**ANNA, "password": FIRST, **OWN}, BEN, {"username": "carla", "full_name": "Carla", "password": FIRST},
        {"username": "ed", "full_name": "Ed", "authentication": "sso", "sso_subject": "ed@example.org"},
        {"username": "fay", "full_name": "Fay", "password": FIRST, **OWN, "disabled": True}], seed="s")
    house.run("merged", [{"username": "dora", "full_name": "Dora"}], recording=False)
    assert ("ben", "password") in [each[:2] for each in result["generated"]]


def configure(house: House, **said: Any) -> None:
    house.run("merged", [{name.replace("__", "."): value for name, value in said.items()}], SETTINGS)


def once(name: str = "ben") -> str:
    """The one-time password of `staff`."""
    return str(AGENT.by_name["password"].make("s", "agent", name))  # type: ignore[attr-defined]


# Who may sign in

@pytest.mark.row("P4")
def test_who_signs_in(house: House, office: Office) -> None:
    house.run("merged", [{"username": "root", "role": "admin", "full_name": "Admin", "password": FIRST, **OWN}], USER)
    for name in ("anna", "root"):
        answer = office.tries(name, FIRST)
        assert answer["must_change"] is False and office.does("who", session=answer["session"])["username"] == name
    assert office.said()["password_hash"] == house.documents()["anna"]["password_hash"], "nothing is written"


@pytest.mark.row("P4")
@pytest.mark.parametrize("typed", ["anna", " Anna ", "ANNA", "a\u200bnna"])
def test_a_name_is_typed_as_people_do(office: Office, typed: str) -> None:
    assert ("session" in office.tries(typed, FIRST)) == (typed.strip().lower() == "anna")


def test_passwords_are_the_same_on_each_keyboard(house: House, office: Office) -> None:
    house.run("merged", [{"username": "anna", "password": "Blåbär-paj-7"}], update_password="always")
    assert "session" in office.tries("anna", "Bla\u030aba\u0308r-paj-7")


@pytest.mark.row("P4", "P10")
def test_a_one_time_password_is_good_for_another_one_only(office: Office) -> None:
    for name, password in (("ben", once()), ("carla", FIRST)):
        office.asterisk.did.clear()
        answer = office.tries(name, password)
        assert answer["must_change"] is True
        word = answer["session"]
        assert office.does("who", session=word)["must_change"] is True
        for act, more in (("session", {"host": "pbx"}), ("queue", {"act": "unpause", "reason": ""}), ("voicemail", {}), ("avatar", {"username": "anna"}),
                          ("voicemail_sound", {"message": "1-1"}), ("voicemail_act", {"message": "1-1", "act": "heard"})):
            assert office.refuses(act, session=word, **more) == ("must_change", 403)
        assert office.does("look", sessions=[word])["seen"] == [{"out": {"error": "must_change"}}]
        assert not [each for each in office.asterisk.did if each[0] in ("DBPut", "QueuePause")], "nor is she in the queues"
        fresh = office.changes(word, password, THIRD)["session"]
        assert not office.holds(word) and "person" in office.does("session", session=fresh, host="pbx")
        assert office.tries(name, THIRD)["must_change"] is False
        assert office.tries(name, password) == WRONG


@pytest.mark.row("P10")
def test_each_act_is_one_that_a_new_person_cannot_do(office: Office) -> None:
    """The list above is whole: there are no others."""
    assert set(office.keeper.acts) == {"sign_in", "change_password", "who", "sign_out", "look", "session", "queue", "voicemail", "voicemail_sound",
                                       "voicemail_act", "avatar"}


@pytest.mark.row("P4", "P8")
def test_who_guesses_learns_nothing(house: House, office: Office) -> None:
    """The same answer for the same work."""
    house.run("merged", [{"username": "anna", "locked": True}, {"username": "ben", "locked": True}])
    for name, password in (("anna", FIRST), ("anna", SECOND), ("carla", SECOND), ("ben", once()), ("ben", "x"), ("dora", ""), ("dora", "None"), ("ed", FIRST),
                           ("fay", FIRST), ("fay", SECOND), ("nobody", FIRST), ("", ""), ("ann\u0000a", FIRST), ("\u202eanna", FIRST),
                           ("carla", "x" * 4000), ("1001", FIRST), ("ben", "\u0000")):
        office.slow.clear()
        assert office.tries(name, password) == WRONG, name
        assert len(office.slow) == 1, f"{name} took {len(office.slow)} hashes"
    office.slow.clear()
    assert "session" in office.tries("carla", FIRST) and len(office.slow) == 1


def test_hashes_of_all_kinds_take_one_comparison(house: House, office: Office) -> None:
    """Also those that nothing here can compare: python3-bcrypt is not there."""
    unknown = "$2b$12$" + "a" * 53
    assert is_hash(unknown)
    house.run("merged", [{"username": "anna", "password_hash": quickly_hashed(SECOND)}, {"username": "carla", "password_hash": unknown}],
              update_password="always")
    for name in ("anna", "carla"):
        office.slow.clear()
        assert office.tries(name, THIRD) == WRONG and len(office.slow) == 1


def test_a_telephone_is_nobody(house: House, office: Office) -> None:
    house.run("merged", [{"name": "door", "sip_password": "door-secret-1"}], EXTENSION)
    assert office.tries("door", "door-secret-1") == WRONG


@pytest.mark.row("P4")
def test_the_audit_says_who_and_no_secret(house: House, office: Office) -> None:
    for name, password in (("anna", FIRST), ("anna", "Mistyped-1"), ("Secret-typed-as-name", "x"), ("fay", FIRST), ("ed", FIRST)):
        office.tries(name, password)
    word = office.sign_in()
    office.changes(word, "Old-mistyped-2", SECOND)
    fresh = office.changes(word, FIRST, SECOND)["session"]
    office.does("sign_out", session=fresh, address=HERE)
    told = office.audit()
    assert [(each["act"], each["person"], each.get("refused")) for each in told] == [
        ("sign_in", "anna", None), ("sign_in", "anna", "wrong"), ("sign_in", "", "unknown"), ("sign_in", "fay", "disabled"), ("sign_in", "ed", "sso"),
        ("sign_in", "anna", None), ("change_password", "anna", "wrong"), ("change_password", "anna", None), ("sign_out", "anna", None)]
    assert {each["from"] for each in told} == {HERE} and all(time.strptime(each["at"], "%Y-%m-%dT%H:%M:%SZ") for each in told)
    text = Path(office.settings["audit_log"]).read_text(encoding="utf-8")
    assert not [each for each in (FIRST, SECOND, "Mistyped", "mistyped", "typed-as-name", "$scrypt", fresh, word) if each in text]
    assert os.stat(office.settings["audit_log"]).st_mode & 0o777 == 0o600


def test_the_audit_has_a_line_each_whatever_comes(office: Office) -> None:
    office.tries("anna", "x", '10.0.0.1\n{"act": "sign_in"}')
    (told,) = office.audit()
    assert told["from"] == '10.0.0.1\n{"act": "sign_in"}'


def test_a_full_disk_keeps_nobody_out(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkdir(office.settings["audit_log"])
    assert "session" in office.tries("anna", FIRST)
    assert '"act": "sign_in", "person": "anna"' in capsys.readouterr().err


# Locks

@pytest.mark.row("P8")
def test_a_person_is_locked_after_so_many_failures(house: House, office: Office) -> None:
    configure(house, sign_in__failures=3)
    for _count in range(2):
        assert office.tries("anna", "x") == WRONG
    assert not office.keeper.people.called("anna").whole["locked"]  # type: ignore[union-attr]
    assert office.tries("anna", "x") == WRONG
    assert office.said()["locked"] is True and "failed_sign_ins" not in office.said()
    assert office.tries("anna", FIRST) == WRONG
    assert house.documents()["anna"]["locked"] is True, "as the collection sees it"
    assert [each["failures"] for each in office.audit() if each["act"] == "locked"] == [3]
    house.act("unlock", "anna")
    for _count in range(2):
        assert office.tries("anna", "x") == WRONG
    assert "session" in office.tries("anna", FIRST), "failures while she was locked do not count"


@pytest.mark.row("P8")
def test_success_begins_anew(house: House, office: Office) -> None:
    configure(house, sign_in__failures=3)
    for _round in range(3):
        for _count in range(2):
            office.tries("anna", "x")
        assert office.said()["failed_sign_ins"][0] == 2
        office.sign_in()
        assert "failed_sign_ins" not in office.said()


@pytest.mark.row("P8")
def test_nought_never_locks(house: House, office: Office) -> None:
    configure(house, sign_in__failures=0)
    for _count in range(30):
        office.tries("anna", "x")
    assert "session" in office.tries("anna", FIRST) and "failed_sign_ins" not in office.said()


@pytest.mark.row("P8")
def test_whoever_gets_another_password_begins_anew(house: House, office: Office) -> None:
    """The failures were with the one that was forgotten."""
    configure(house, sign_in__failures=3)
    for _count in range(2):
        office.tries("anna", "x")
    house.run("merged", [{"username": "anna", "password": SECOND}], update_password="always")
    office.tries("anna", "x")
    assert office.said()["failed_sign_ins"][0] == 1 and "session" in office.tries("anna", SECOND)


def test_a_wrong_old_password_counts_too(house: House, office: Office) -> None:
    configure(house, sign_in__failures=3)
    word = office.sign_in()
    for _count in range(3):
        assert office.changes(word, "x") == {"error": "old_is_wrong", "status": 403}
    assert office.said()["locked"] is True
    assert office.changes(word) == {"error": "old_is_wrong", "status": 403}, "also the right one"
    assert office.holds(word), "a lock keeps from signing in, and ends no call"


def slow_comparison(monkeypatch: pytest.MonkeyPatch) -> tuple[threading.Semaphore, threading.Event]:
    """Comparisons go on once the event is set; how many have begun."""
    begun, go = threading.Semaphore(0), threading.Event()
    real = accounts.verified

    def waits(known: str, password: str) -> bool:
        begun.release()
        assert go.wait(10)
        return real(known, password)

    monkeypatch.setattr(accounts, "verified", waits)
    monkeypatch.setattr(accounts, "AT_ONCE", threading.BoundedSemaphore(100))
    return begun, go


@pytest.mark.row("P8")
def test_of_guesses_that_come_at_once_no_more_are_free(house: House, office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Forty that all began before the first was counted."""
    configure(house, sign_in__failures=5)
    begun, go = slow_comparison(monkeypatch)
    with ThreadPoolExecutor(40) as pool:
        done = [pool.submit(office.tries, "anna", f"guess-{count}") for count in range(40)]
        for _count in range(40):
            assert begun.acquire(timeout=10)
        go.set()
        assert all(each.result() == WRONG for each in done)
    assert office.said()["locked"] is True and "failed_sign_ins" not in office.said()
    assert [each["failures"] for each in office.audit() if each["act"] == "locked"] == [5], "once"


@pytest.mark.row("P8")
def test_the_right_guess_comes_too_late_when_others_locked_meanwhile(house: House, office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go = slow_comparison(monkeypatch)
    with ThreadPoolExecutor(1) as pool:
        right = pool.submit(office.tries, "anna", FIRST)
        assert begun.acquire(timeout=10)
        house.run("merged", [{"username": "anna", "locked": True}])
        go.set()
        assert right.result() == WRONG


@pytest.mark.parametrize("what", [{"password": SECOND, "update_password": "always"}, {"disabled": True}, None])
def test_what_a_run_does_while_somebody_signs_in_counts(house: House, office: Office, monkeypatch: pytest.MonkeyPatch, what: Any) -> None:
    begun, go = slow_comparison(monkeypatch)
    with ThreadPoolExecutor(1) as pool:
        right = pool.submit(office.tries, "anna", FIRST)
        assert begun.acquire(timeout=10)
        house.run(*(("merged", [{"username": "anna", **what}]) if what else ("deleted", [{"username": "anna"}])))
        go.set()
        assert right.result() == WRONG


# Other passwords

@pytest.mark.row("P5", "P6", "P7")
def test_the_policy_holds_at_the_desk_too(house: House, office: Office) -> None:
    configure(house, password__length=10, password__digit=True, password__history=2)
    word = office.sign_in()
    for new, error in (("Short-1", "must have at least 10 characters"), ("No-digit-in-it", "must hold a digit"),
                       ("hello-ANNA-1234", "must not hold the username")):
        assert office.changes(word, FIRST, new) == {"error": "password_rule", "status": 422, "rule": error}
    assert office.changes(word, FIRST, FIRST)["error"] == "password_is_the_same"
    assert office.changes(word, FIRST, "1" * 513) == {"error": "password_too_long", "status": 422, "longest": 512}
    assert verified(office.said()["password_hash"], FIRST) and office.holds(word)
    for old, new in ((FIRST, SECOND + "!!"), (SECOND + "!!", THIRD)):
        word = office.changes(word, old, new)["session"]
    again = office.changes(word, THIRD, FIRST)
    assert again["error"] == "password_rule" and again["rule"].startswith("was used before: the last 2")
    word = office.changes(word, THIRD, "Fourth-one-4")["session"]
    assert "session" in office.changes(word, "Fourth-one-4", FIRST), "long ago is forgotten"


@pytest.mark.row("P4")
def test_what_is_kept_of_a_password_that_somebody_chose(house: House, office: Office) -> None:
    before = office.said()["password_hash"]
    office.changes(office.sign_in())
    said = house.documents()["anna"]
    assert verified(said["password_hash"], SECOND) and said["password_hash"].startswith("$scrypt$") and said["password_history"] == [before]
    assert "must_change_password" not in said and time.time() - time.mktime(time.strptime(said["password_changed_at"], "%Y-%m-%dT%H:%M:%SZ")) < 24 * 3600
    assert house.run("merged", [{**ANNA, "password": FIRST}])["changed"] is False, "a run leaves it alone"


@pytest.mark.row("P7")
def test_an_old_password_must_be_changed(house: House, office: Office) -> None:
    """At the next sign-in, and so one that an administrator lets expire: it ends nobody's call."""
    configure(house, password__days=30)
    word = office.sign_in()
    base = sqlite3.connect(house.store)
    with base:
        base.execute("UPDATE states SET value = ? WHERE field = 'password_changed_at'", (json.dumps("2020-01-01T00:00:00Z"),))
    base.close()
    assert office.tries("anna", FIRST)["must_change"] is True
    found = office.keeper.sessions.of(word)
    assert not found.must_change and office.does("session", session=word, host="pbx")
    for age, old in ((-5, False), (5, True)):
        changed = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 30 * 86400 - age))
        assert office.keeper.accounts.must_change(found.person.having({"password_changed_at": changed})) is old
    assert office.keeper.accounts.must_change(found.person.having({"must_change_password": True, "password_changed_at": changed}))
    assert "session" in office.changes(office.tries("anna", FIRST)["session"])
    assert office.tries("anna", SECOND)["must_change"] is False


def test_a_reset_wins_over_a_change_that_has_begun(house: House, office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """A password that is known to somebody else is reset: who has it cannot keep it by changing it just then."""
    word = office.sign_in()
    begun, go = threading.Event(), threading.Event()
    real = accounts.hashes

    def waits(*arguments: Any) -> Any:
        begun.set()
        assert go.wait(10)
        return real(*arguments)

    monkeypatch.setattr(accounts, "hashes", waits)
    with ThreadPoolExecutor(1) as pool:
        thief = pool.submit(office.changes, word, FIRST, THIRD)
        assert begun.wait(10)
        house.act("reset_password", "anna", seed="r")
        go.set()
        assert thief.result() == {"error": "old_is_wrong", "status": 403}
    assert office.tries("anna", THIRD) == WRONG and not office.holds(word) and office.said()["must_change_password"] is True


# What ends a session

def test_a_session_ends_with_its_time(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    word, now = office.sign_in(), time.time()
    monkeypatch.setattr(sessions.time, "time", lambda: now + 3590)
    assert office.holds(word)
    monkeypatch.setattr(sessions.time, "time", lambda: now + 3601)
    assert not office.holds(word)


def test_a_clock_that_is_set_back_makes_none_last_longer_and_locks_nobody_out(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    real = time.time
    with monkeypatch.context() as later:
        later.setattr(sessions.time, "time", lambda: real() + 1e6)
        word = office.sign_in()
        office.does("sign_out", session=office.sign_in(), address=HERE)
        other = office.sign_in()
    assert not office.holds(word) and not office.holds(other)
    assert office.holds(office.sign_in()), "signed out in the future, and yet in"


def test_signing_out_ends_all_of_a_person(office: Office) -> None:
    words = [office.sign_in(), office.sign_in()]
    other = office.sign_in("carla")
    assert words[0] != words[1]
    office.does("sign_out", session=words[0], address=HERE)
    assert not office.holds(words[0]) and not office.holds(words[1]) and office.holds(other)
    assert office.refuses("sign_out", session=words[0], address=HERE) == OUT
    assert office.holds(office.sign_in())
    office.restart()
    assert not office.holds(words[0]), "it is written"


def test_another_password_ends_all_but_the_one_that_changed_it(office: Office) -> None:
    words = [office.sign_in(), office.sign_in()]
    fresh = office.changes(words[0])["session"]
    assert [office.holds(each) for each in (*words, fresh)] == [False, False, True]


@pytest.mark.parametrize("how", ["reset", "run", "disabled", "sso", "deleted", "again"])
def test_a_run_ends_a_session(house: House, office: Office, how: str) -> None:
    word = office.sign_in()
    if how == "reset":
        house.act("reset_password", "anna")
    elif how in ("deleted", "again"):
        house.run("deleted", [{"username": "anna"}])
        if how == "again":
            assert not office.holds(word)
            house.run("merged", [{**ANNA, "password_hash": quickly_hashed(FIRST)}])
    else:
        what: dict[str, Any] = {"run": {"password": SECOND, "update_password": "always"}, "disabled": {"disabled": True},
                                "sso": {"authentication": "sso", "sso_subject": "a"}}[how]
        house.run("merged", [{"username": "anna", **what}])
    assert not office.holds(word)
    assert office.does("look", sessions=[word]) == {"seen": [{"out": {"error": "signed_out"}}]}


def test_a_person_of_the_same_name_is_another_one(house: House, office: Office) -> None:
    """Even with the same hash."""
    word, hashed = office.sign_in(), office.said()["password_hash"]
    house.run("deleted", [{"username": "anna"}])
    house.run("merged", [{**ANNA, "password_hash": hashed, **OWN}])
    assert not office.holds(word) and office.holds(office.sign_in())


def test_a_session_stays_with_a_person_of_another_name(house: House, office: Office) -> None:
    word = office.sign_in()
    house.once("rename", "anna", "anne")
    assert office.does("who", session=word)["username"] == "anne"


@pytest.mark.parametrize("more", ["", ".", "x", "\u00e9", "\ud800", "a" * 100_000, "null", "W10.x"])
def test_what_is_no_session(office: Office, more: str) -> None:
    word = office.sign_in()
    for each in (more, word + more, word[:-1], word[1:], word[:30] + more + word[30:], word.swapcase(), more + word):
        if each != word:
            assert office.ask("who", session=each) in ({"error": "signed_out", "status": 401}, {"error": "not_found", "status": 404}), each


def test_a_signature_has_no_end_but_a_session_has(office: Office) -> None:
    """base64 is read with whatever stands between: sixteen such words would fill a question of the desk."""
    word = office.sign_in()
    assert not office.holds(word + "!" * 4000)


def test_another_hosts_session_is_none_here(office: Office) -> None:
    person = office.keeper.people.called("anna")
    assert person
    for key in (os.urandom(32).hex(), "", "None"):
        forged = sessions.Sessions(key, office.keeper.people, 3600).begin(person)
        assert not office.holds(forged)
    signer = URLSafeSerializer(office.keeper.sessions.key, salt="another")
    assert not office.holds(signer.dumps([person.id, time.time(), office.keeper.sessions.mark(person), "x"]))
    assert office.holds(office.keeper.sessions.begin(person))


@pytest.mark.parametrize("content", [None, "", "0" * 63, "\n"])
def test_a_key_is_whole_or_made_anew(tmp_path: Path, content: str | None) -> None:
    """A full disk may have cut it short: with an empty one everybody could sign."""
    path = tmp_path / "key"
    if content is not None:
        path.write_text(content)
    made = key_in(str(path))
    assert len(made) == 64 and set(made) <= set(string.hexdigits) and key_in(str(path)) == made
    assert path.stat().st_mode & 0o777 == 0o600 and [each.name for each in tmp_path.iterdir()] == ["key"]


def test_a_restart_of_the_keeper_signs_nobody_out(office: Office) -> None:
    word = office.sign_in()
    office.restart()
    assert office.holds(word)


# The store, beside runs

@pytest.fixture(name="writing")
def writing_fixture(house: House) -> Any:
    """A run that is in the middle of writing: as while Asterisk reads its files."""
    base = sqlite3.connect(house.store, isolation_level=None)
    base.execute("PRAGMA cache_spill = OFF")
    base.execute("BEGIN IMMEDIATE")
    base.execute("REPLACE INTO site VALUES ('revision', '1')")
    yield base
    if base.in_transaction:
        base.execute("ROLLBACK")
    base.close()


def test_a_run_that_writes_keeps_nobody_waiting(house: House, office: Office, writing: sqlite3.Connection) -> None:
    """Neither who signs in, also after a failure, nor who is signed in; failures count at once, and are written when that can be."""
    began = time.monotonic()
    for _count in range(9):
        assert office.tries("anna", "x") == WRONG
        assert office.tries("carla", "x") == WRONG
    word = office.sign_in()
    assert office.holds(word)
    office.does("sign_out", session=word, address=HERE)
    assert not office.holds(word), "at once"
    assert office.tries("carla", "x") == WRONG and office.tries("carla", FIRST) == WRONG, "the tenth locked"
    assert time.monotonic() - began < 5
    assert "locked" not in house.documents()["carla"] and not office.keeper.people.flush(0)
    writing.execute("ROLLBACK")
    assert office.keeper.people.flush(5)
    assert house.documents()["carla"]["locked"] is True
    assert "failed_sign_ins" not in office.said()


def test_what_is_not_written_yet_is_when_the_keeper_stops(office: Office, writing: sqlite3.Connection) -> None:
    word = office.sign_in()
    office.does("sign_out", session=word, address=HERE)
    writing.execute("ROLLBACK")
    office.restart()
    assert not office.holds(word)


def test_another_password_waits_for_a_run_and_blocks_nobody(office: Office, writing: sqlite3.Connection) -> None:
    word = office.sign_in()
    with ThreadPoolExecutor(1) as pool:
        change = pool.submit(office.changes, word)
        time.sleep(0.3)
        began = time.monotonic()
        assert office.holds(office.sign_in("carla")) and time.monotonic() - began < 1
        assert not change.done()
        writing.execute("ROLLBACK")
        assert office.holds(change.result(5)["session"])


def test_a_store_that_was_brought_back_is_noticed(house: House, office: Office) -> None:
    backup = house.store + ".backup"
    shutil.copy(house.store, backup)
    word = office.changes(office.sign_in())["session"]
    os.replace(backup, house.store)
    assert not office.holds(word) and "session" in office.tries("anna", FIRST)
    office.tries("anna", "x")
    assert office.said()["failed_sign_ins"][0] == 1, "what is written goes to the new one"
    assert "failed_sign_ins" not in house.documents()["anna"]


@pytest.mark.parametrize("how", ["damaged", "gone", "a folder", "of a newer collection", "locked"])
def test_a_store_that_cannot_be_used(house: House, office: Office, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    word, aside = office.sign_in(), house.store + ".aside"
    capsys.readouterr()
    base = None
    if how == "locked":     # by somebody who knows no better
        monkeypatch.setattr(sqlite3, "connect", quick(sqlite3.connect))
        office.restart()
        base = sqlite3.connect(house.store, isolation_level=None)
        base.execute("BEGIN EXCLUSIVE")
    else:
        os.rename(house.store, aside)
    if how == "damaged":
        Path(house.store).write_bytes(b"SQLite format 3\0" + b"x" * 9000)
    elif how == "a folder":
        os.mkdir(house.store)
    elif how == "of a newer collection":
        shutil.copy(aside, house.store)
        newer = sqlite3.connect(house.store)
        newer.execute("PRAGMA user_version = 99")
        newer.close()
    for _twice in range(2):
        assert office.refuses("who", session=word) == ("unready", 503)
        assert office.tries("anna", FIRST) == {"error": "unready", "status": 503}
        assert office.changes(word) == {"error": "unready", "status": 503}
    told = capsys.readouterr().err
    assert "Traceback" not in told and f"the store {house.store}" in told and FIRST not in told
    if base:
        base.close()
    else:
        shutil.rmtree(house.store) if os.path.isdir(house.store) else Path(house.store).unlink(missing_ok=True)
        os.rename(aside, house.store)
    assert office.holds(word), "once it is back"


def quick(connect: Any) -> Any:
    """So that nobody waits ten seconds for a lock."""
    return lambda *arguments, **options: connect(*arguments, **{**options, "timeout": 0.05})


# The store's own

def test_what_people_change_goes_only_where_it_is_still_so(house: House) -> None:
    store = Store(house.store)
    number = store.owner(("device", "anna"))
    assert number is not None and store.owner(("device", "nobody")) is None and store.document(10**6) is None
    before = store.document(number)
    assert before and before[:2] == ("agent", "anna") and verified(before[2]["password_hash"], FIRST) and before[2]["sip_password"]["md5"]
    assert not store.set_states(number, {"locked": True}, {"password_hash": "another"})
    assert not store.set_states(number, {"locked": True}, {"unheard_of": 1})
    assert store.document(number) == before
    assert store.set_states(number, {"locked": True}, {"password_hash": before[2]["password_hash"]})
    assert store.set_states(number, {"failed": [1, "å"], "locked": None})
    assert store.document(number) == (*before[:2], {**before[2], "failed": [1, "å"]})
    revision = store.revision()
    assert store.set_states(10**6, {"locked": True}), "somebody who is gone"
    assert store.revision() == revision and not store.base.execute("SELECT * FROM states WHERE document = 1000000").fetchall()  # type: ignore[union-attr]
    assert store.single("settings") == {} and store.single("unheard_of") == {}
    store.close()


def test_a_store_is_for_one_thread_unless_it_is_shared(house: House) -> None:
    for shared in (False, True):
        store = Store(house.store, shared=shared)
        found: list[Any] = []

        def look(store: Store = store, found: list[Any] = found) -> None:
            try:
                found.append(store.owner(("device", "anna")))
            except Exception as wrong:
                found.append(wrong)

        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
        assert isinstance(found[0], int) == shared
        store.close()


def test_many_at_once(house: House, office: Office) -> None:
    """Threads share two connections; a run writes meanwhile."""
    word = office.sign_in()
    stop = threading.Event()

    def asks() -> int:
        count = 0
        while not stop.is_set():
            assert office.holds(word) and office.tries("carla", "x") == WRONG
            count += 1
        return count

    configure(house, sign_in__failures=0)
    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(asks) for _count in range(8)]
        for count in range(3):
            house.run("merged", [{"username": "dora", "description": f"{count}"}])
        stop.set()
        assert all(each.result() > 0 for each in asked)


# What the keeper is asked

JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda each: st.lists(each, max_size=3)
                    | st.dictionaries(st.text(), each, max_size=3), max_leaves=8)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
@given(st.data())
def test_whatever_is_asked_is_answered(office: Office, data: st.DataObject) -> None:
    keeper_ = office.keeper
    if "word" not in vars(office):
        office.word = office.sign_in()
    name = data.draw(st.sampled_from([*keeper_.acts, "answer", "__init__", ""]))
    names = sorted(keeper_.says.get(name, frozenset(["session"])))
    said: dict[str, Any] = {each: data.draw(JSON | st.text(st.characters(codec=None), max_size=9) | st.just(office.word))
                            for each in names if data.draw(st.integers(0, 9))}
    extra = data.draw(st.dictionaries(st.sampled_from(["self", "must_change", "ask", "x"]), JSON, max_size=1))
    check(keeper_, json.dumps({"ask": name, **said, **extra}).encode())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200) | JSON.map(lambda each: json.dumps(each).encode()))
def test_whatever_comes_is_answered(office: Office, question: bytes) -> None:
    check(office.keeper, question)


@pytest.mark.parametrize("question", [
    b"", b"[]", b"null", b'"ask"', b"[" * 60_000, b'{"ask": ["who"]}', b'{"ask": {}}', b'{"ask": "who"}', b'{"ask": "who", "session": 1}',
    b'{"ask": "who", "session": "x", "must_change": true}', b'{"ask": "look", "sessions": "abc"}', b'{"ask": "look", "sessions": [1]}',
    b'{"ask": "signed_in", "session": "x"}', b'{"ask": "who", "session": "\\ud800"}', b'{"ask": "who", "session": ' + b"9" * 5000 + b"}"])
def test_what_is_no_question_is_nothing(office: Office, question: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    assert office.keeper.answer(question) == {"error": "not_found", "status": 404}
    assert capsys.readouterr().err == ""


def check(asked: Keeper, question: bytes) -> None:
    answer = asked.answer(question)
    json.dumps(answer)
    assert "error" not in answer or 400 <= answer["status"] < 500, answer


def test_what_nobody_thought_of_is_no_silence(office: Office, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper.telephone, "session", lambda *_arguments: 1 / 0)
    assert office.refuses("session", session=office.sign_in("anna"), host="pbx") == ("unready", 503)
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_lines_of_the_socket(office: Office) -> None:
    """One question, one answer; what is no whole line, or too long a one, has none."""
    def told(question: bytes) -> bytes:
        with socket.socket(socket.AF_UNIX) as asks:
            asks.connect(office.path)
            asks.sendall(question)
            asks.shutdown(socket.SHUT_WR)
            try:
                return b"".join(iter(lambda: asks.recv(65536), b""))
            except ConnectionResetError:        # it read only so much
                return b""

    word = office.sign_in()
    assert json.loads(told(json.dumps({"ask": "who", "session": word}).encode() + b"\n"))["username"] == "anna"
    assert json.loads(told(b"x\nx\n")) == {"error": "not_found", "status": 404}
    assert told(json.dumps({"ask": "who", "session": word}).encode()) == b""
    assert told(b" " * keeper.LONGEST + b"\n") == b""
    assert json.loads(told(json.dumps({"ask": "look", "sessions": [word] * 200}).encode() + b"\n"))["seen"][199]["queue"]["signed_in"]


def test_what_is_told_later_is_told(office: Office, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Once, however often it is tried."""
    monkeypatch.setattr(people, "AGAIN", 0.01)
    monkeypatch.setattr(Store, "set_states", stumbling(Store.set_states, 3))
    office.tries("anna", "x")
    assert office.said()["failed_sign_ins"][0] == 1
    assert capsys.readouterr().err.count("is not written yet") == 1


def stumbling(real: Any, times: int) -> Any:
    left = [times]

    def set_states(self: Store, *arguments: Any) -> bool:
        left[0] -= 1
        if left[0] >= 0:
            raise Unready("the store is locked by another program")
        return bool(real(self, *arguments))

    return set_states
