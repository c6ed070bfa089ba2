# SPDX-License-Identifier: GPL-3.0-or-later
"""Sign-in passwords: hashed, aged, never shown, and left alone once people have their own."""

from __future__ import annotations

import json
import sqlite3
import threading
from typing import Any

import pytest
from module_utils import accounts
from module_utils.model import passwords
from module_utils.model.agent import AGENT
from module_utils.model.errors import Refused, Unready, Wrong
from module_utils.model.passwords import hashed, is_hash, made, quickly_hashed, verified
from module_utils.model.settings import SETTINGS
from module_utils.model.user import USER
from module_utils.store.sqlite import Store

from tests.unit.conftest import ANNA, BEN, House

FIRST, SECOND = "Tulip-garden-7", "Winter-coat-42"
HASH = quickly_hashed("brought from elsewhere")


@pytest.fixture(name="costs", autouse=True)
def costs_fixture(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The passwords that were hashed; at a fraction of the cost, which one test alone measures."""
    done: list[str] = []
    monkeypatch.setattr(accounts, "hashed", lambda password: (done.append(password), quickly_hashed(password))[1])
    return done


def state(house: House, key: str = "anna") -> dict[str, Any]:
    return dict(house.documents()[key])


def later(monkeypatch: pytest.MonkeyPatch, moment: str = "2031-01-01T00:00:00Z") -> str:
    monkeypatch.setattr("module_utils.task.time.strftime", lambda *_arguments: moment)
    return moment


@pytest.mark.row("P4")
def test_a_given_password_is_kept_as_a_hash_of_a_current_scheme() -> None:
    kept = hashed(FIRST)
    assert kept.startswith("$scrypt$ln=14,r=8,p=5$") and verified(kept, FIRST) and not verified(kept, SECOND)
    assert is_hash(kept) and hashed(FIRST) != kept


@pytest.mark.row("P4")
def test_the_password_is_neither_kept_nor_shown(house: House) -> None:
    result = house.run("merged", [{**ANNA, "password": FIRST}], diff=True)
    said = state(house)
    assert verified(said["password_hash"], FIRST) and "password" not in said
    assert said["must_change_password"] is True and said["password_changed_at"].endswith("Z")
    everything = json.dumps(result) + "".join(house.files().values())
    assert FIRST not in everything and said["password_hash"] not in everything
    assert result["after"]["anna"]["password_hash"] == "********"


def test_a_password_that_is_set_already_is_no_change(house: House, costs: list[str]) -> None:
    house.run("merged", [{**ANNA, "password": FIRST}])
    before = state(house)
    for more in ({}, {"update_password": "always"}):
        for how in ("merged", "replaced", "overridden"):
            assert house.run(how, [{**ANNA, "password": FIRST}], **more)["changed"] is False
    assert state(house) == before and costs == [FIRST]


def test_people_keep_the_password_that_they_chose_themselves(house: House, costs: list[str]) -> None:
    house.run("merged", [{**ANNA, "password": FIRST}])
    own = quickly_hashed(SECOND)
    write_state(house, "anna", "password_hash", own)
    assert house.run("overridden", [{**ANNA, "password": FIRST}])["changed"] is False
    assert state(house)["password_hash"] == own and costs == [FIRST]


@pytest.mark.parametrize(("run", "item"), [({"update_password": "always"}, {}), ({}, {"update_password": "always"}),
                                           ({"update_password": "always"}, {"update_password": "always"})])
def test_always_sets_it_and_it_has_to_be_changed_again(house: House, monkeypatch: pytest.MonkeyPatch, run: dict[str, str], item: dict[str, str]) -> None:
    house.run("merged", [{**ANNA, "password": FIRST}])
    write_state(house, "anna", "must_change_password", None)
    moment = later(monkeypatch)
    result = house.run("merged", [{"username": "anna", "password": SECOND, **item}], **run)
    assert result["reasons"]["anna"] == ["must_change_password", "password_hash", "password_history", "password_changed_at"]
    said = state(house)
    assert verified(said["password_hash"], SECOND) and said["must_change_password"] and said["password_changed_at"] == moment
    assert "update_password" not in said


def test_an_item_may_say_on_create_where_the_run_says_always(house: House) -> None:
    house.run("merged", [{**ANNA, "password": FIRST}])
    given = [{"username": "anna", "password": SECOND, "update_password": "on_create"}]
    assert house.run("merged", given, update_password="always")["changed"] is False


def test_somebody_without_a_password_gets_the_one_that_is_given(house: House) -> None:
    house.run("merged", [ANNA], recording=False)
    assert "password_hash" not in state(house)
    assert house.run("merged", [{"username": "anna", "password": FIRST}])["changed"] is True
    assert verified(state(house)["password_hash"], FIRST)


def test_who_need_not_change_it_is_not_asked_to(house: House) -> None:
    house.run("merged", [{**ANNA, "password": FIRST, "must_change_password": False}])
    assert "must_change_password" not in state(house)
    assert house.run("merged", [{"username": "anna", "must_change_password": True}])["changed"] is False, "it goes with a password only"


def test_one_time_passwords_are_made_where_somebody_writes_them_down(house: House) -> None:
    result = house.run("merged", [ANNA, {**BEN, "authentication": "sso", "sso_subject": "b"}], seed="s")
    assert [each[:2] for each in result["generated"]] == [("anna", "password"), ("anna", "sip_password")]
    password = AGENT.by_name["password"].make("s", "agent", "anna")  # type: ignore[attr-defined]
    said = state(house)
    assert verified(said["password_hash"], password) and said["must_change_password"] is True
    assert house.run("merged", [ANNA, {**BEN, "authentication": "sso", "sso_subject": "b"}])["changed"] is False
    assert "generated" not in house.run("merged", [{"username": "anna", "description": "x"}]), "at creation only"


def test_without_a_credentials_file_nobody_gets_one(house: House) -> None:
    result = house.run("merged", [ANNA], recording=False)
    assert ("anna", "password", 0) not in result.get("generated", []) and "password_hash" not in state(house)
    assert house.run("merged", [ANNA], recording=True)["changed"] is False, "a run that changes nothing makes nothing"


def test_generated_ones_have_what_any_policy_asks_for() -> None:
    drawn = {made("seed", "agent", f"a{count}", "password") for count in range(300)}
    settings = SETTINGS.complete({"password.length": 20, **{f"password.{each}": True for each in passwords.KINDS}})
    assert len(drawn) == 300 and {passwords.objection(settings, "anna", each) for each in drawn} == {""}


def test_a_lost_run_tells_its_passwords_again(house: House) -> None:
    house.run("merged", [ANNA], seed="lost")
    told = house.run("merged", [ANNA], seed="other", recover=["lost"])
    assert ["anna", "password", 1] in [list(each) for each in told["generated"]]
    write_state(house, "anna", "password_hash", quickly_hashed(SECOND))
    told = house.run("merged", [ANNA], seed="other", recover=["lost"])
    assert "password" not in {each[1] for each in told.get("generated", [])}


@pytest.mark.row("P4", "T9")
@pytest.mark.parametrize(("settings", "password", "rule"), [
    ({}, "Ab1-567", "must have 8 to 128 characters"),
    ({"password.length": 12}, "Tulip-gard7", "must have at least 12 characters"),
    ({"password.upper": True}, "tulip-garden", "must hold an upper case letter"),
    ({"password.lower": True}, "TULIP-GARDEN", "must hold a lower case letter"),
    ({"password.digit": True}, "tulip-garden", "must hold a digit"),
    ({"password.symbol": True}, "tulipgarden7", "must hold a character that is neither"),
    ({}, "my-Anna-pass", "must not hold the username"),
])
def test_the_sites_policy(house: House, settings: dict[str, Any], password: str, rule: str, costs: list[str]) -> None:
    house.run("merged", [dict(settings)], SETTINGS)
    before = house.everything()
    with pytest.raises(Refused, match=f"agent 'anna': password: {rule}") as refused:
        house.run("merged", [{**ANNA, "password": password}])
    assert house.everything() == before and password not in str(refused.value) and costs == []


def test_earlier_passwords_may_not_come_again(house: House) -> None:
    house.run("merged", [{"password.history": 2}], SETTINGS)
    for count in range(4):
        house.run("merged", [{**ANNA, "password": f"{FIRST}{count}"}], update_password="always")
    assert len(state(house)["password_history"]) == 2
    for count in (1, 2):
        with pytest.raises(Refused, match="agent 'anna': password: was used before: the last 2 may not come again"):
            house.run("merged", [{**ANNA, "password": f"{FIRST}{count}"}], update_password="always")
    assert house.run("merged", [{**ANNA, "password": f"{FIRST}0"}], update_password="always")["changed"]


def test_a_site_that_keeps_no_history_drops_the_old_one(house: House) -> None:
    for password in (FIRST, SECOND):
        house.run("merged", [{**ANNA, "password": password}], update_password="always")
    assert len(state(house)["password_history"]) == 1
    house.run("merged", [{"password.history": 0}], SETTINGS)
    house.run("merged", [{**ANNA, "password": FIRST}], update_password="always")
    assert state(house)["password_history"] == []


@pytest.mark.parametrize("kept", [
    HASH, "$scrypt$ln=14,r=8,p=5$ZKw1Rkiptfb+f0/JeW/t3Q$6rvZIYzv2nPlcg9NnF8lv2Hs04gVQMMQu1rvb7eKB9c",
    "$6$rounds=5000$saltsalt$" + "a" * 86, "$5$saltsalt$" + "a" * 43, "$2b$12$" + "a" * 53, "$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHQ$aGFzaA",
], ids=["pbkdf2", "scrypt", "sha512", "sha256", "bcrypt", "argon2"])
def test_hashes_are_accepted_for_migrations(house: House, kept: str) -> None:
    result = house.run("merged", [{**ANNA, "password_hash": kept}])
    said = state(house)
    assert said["password_hash"] == kept and "must_change_password" not in said and "password" not in {each[1] for each in result["generated"]}
    assert house.run("merged", [{**ANNA, "password_hash": kept}], update_password="always")["changed"] is False


@pytest.mark.row("P10")
def test_a_hash_brings_its_age_and_history(house: House) -> None:
    more = {"password_changed_at": "2020-02-02T02:02:02Z", "password_history": [quickly_hashed("older")], "must_change_password": True}
    house.run("merged", [{**ANNA, "password_hash": HASH, **more}])
    assert {name: state(house)[name] for name in more} == more
    assert house.run("merged", [{"username": "anna", **more, "password_changed_at": "2021-01-01T00:00:00Z"}])["changed"] is False


@pytest.mark.parametrize(("given", "error"), [
    ({"password_hash": "5f4dcc3b5aa765d61d8327deb882cf99"}, "password_hash: must be a hash of scrypt"),
    ({"password_hash": "$scrypt$ln=31,r=8,p=5$ZKw1Rkiptfb+f0/JeW/t3Q$6rvZIYzv2nPlcg9NnF8lv2Hs04gVQMMQu1rvb7eKB9c"}, "password_hash: must be a hash of scrypt"),
    ({"password_hash": HASH, "password": FIRST}, "password: goes without password_hash"),
    ({"password_history": [FIRST]}, "password_history: must be a list of at most 24 password hashes"),
    ({"password_changed_at": "yesterday"}, "password_changed_at: must be a moment in UTC"),
    ({"update_password": "never"}, "update_password: 'never' is none of on_create, always"),
    ({"authentication": "sso"}, "sso_subject: goes with authentication sso"),
])
def test_what_is_refused(house: House, given: dict[str, Any], error: str) -> None:
    with pytest.raises(Refused, match=f"agent 'anna': {error}") as refused:
        house.run("merged", [{**ANNA, **given}])
    assert FIRST not in str(refused.value)


@pytest.mark.row("P9")
def test_a_lock_goes_round(house: House) -> None:
    house.run("merged", [ANNA])
    write_state(house, "anna", "locked", True)
    assert house.run("gathered")["gathered"][0]["locked"] is True
    assert house.run("overridden", [ANNA])["changed"] is False, "who does not say so does not unlock"
    assert house.run("merged", [{"username": "anna", "locked": False}])["reasons"] == {"anna": ["locked"]}
    assert "locked" not in state(house)
    assert house.run("merged", [{"username": "anna", "locked": True}])["changed"] is True and state(house)["locked"] is True


def test_what_people_change_meanwhile_stands(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody changes the password at the desk, between a run's reading and its writing."""
    house.run("merged", [{**ANNA, "password": FIRST}])
    own, real = quickly_hashed(SECOND), Store.write

    def write(store: Store, *arguments: Any) -> None:
        write_state(house, "anna", "password_hash", own)
        real(store, *arguments)

    monkeypatch.setattr(Store, "write", write)
    house.run("merged", [{"username": "anna", "full_name": "Anna Ek"}])
    assert state(house)["password_hash"] == own and state(house)["full_name"] == "Anna Ek"


def test_nobody_signs_in_as_two(house: House) -> None:
    house.run("merged", [{"username": "ada", "full_name": "Ada", "role": "admin", "authentication": "sso", "sso_subject": "a-1"}], USER)
    with pytest.raises(Refused, match="agent 'anna': sso_subject: a-1 is taken by user 'ada'"):
        house.run("merged", [{**ANNA, "authentication": "sso", "sso_subject": "a-1"}])


def test_hashing_is_spread_over_threads(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    meeting = threading.Barrier(2, timeout=10)      # breaks when one hash waits for the other
    monkeypatch.setattr(accounts.os, "cpu_count", lambda: 2)
    monkeypatch.setattr(accounts, "hashed", lambda password: (meeting.wait(), quickly_hashed(password))[1])
    house.run("merged", [{**ANNA, "password": FIRST}, {**BEN, "password": SECOND}])
    assert verified(state(house)["password_hash"], FIRST) and verified(state(house, "ben")["password_hash"], SECOND)


def test_a_host_without_passlib_says_so(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    passwords.library.cache_clear()
    monkeypatch.setitem(__import__("sys").modules, "passlib.hash", None)
    with pytest.raises(Unready, match="install python3-passlib"):
        house.run("merged", [{**ANNA, "password": FIRST}], recording=False, update_password="always")
    monkeypatch.undo()
    passwords.library.cache_clear()


def test_users_have_the_same(house: House) -> None:
    house.run("merged", [{"username": "ada", "full_name": "Ada", "role": "admin", "password": FIRST}], USER)
    assert verified(house.documents("user")["ada"]["password_hash"], FIRST)


def write_state(house: House, key: str, field: str, value: Any) -> None:
    """As the desk will: people change what is theirs, apart from runs."""
    store = Store(house.store)
    base = store.opened()
    (number,) = base.execute("SELECT id FROM documents WHERE key = ?", (key,)).fetchone()
    base.execute("DELETE FROM states WHERE document = ? AND field = ?", (number, field))
    if value is not None:
        base.execute("INSERT INTO states VALUES (?, ?, ?)", (number, field, json.dumps(value)))
    store.close()


def test_what_goes_with_a_password_is_written_with_it(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody changes the password at the desk while a run sets another one: that one has to be changed all the same."""
    house.run("merged", [{**ANNA, "password": FIRST}])
    real = Store.write

    def write(store: Store, *arguments: Any) -> None:
        write_state(house, "anna", "must_change_password", None)
        real(store, *arguments)

    monkeypatch.setattr(Store, "write", write)
    house.run("merged", [{"username": "anna", "password": SECOND}], update_password="always")
    assert verified(state(house)["password_hash"], SECOND) and state(house)["must_change_password"] is True


def test_what_the_desk_keeps_beside_is_none_of_a_runs_business(house: House) -> None:
    """A count that this release knows nothing of, and what was written for somebody who had just been deleted."""
    house.run("merged", [ANNA])
    write_state(house, "anna", "failures", 3)
    base = sqlite3.connect(house.store)
    base.execute("INSERT INTO states VALUES (4711, 'locked', 'true')")
    base.commit()
    base.close()
    assert house.run("overridden", [{**ANNA, "description": "x"}])["reasons"] == {"anna": ["description"]}
    assert "failures" not in state(house)


@pytest.mark.parametrize(("password", "needs"), [("äöåäöåäöå7", "symbol"), ("äöåäöåäöå7", "upper"), ("ÄÖÅÄÖÅÄÖÅ7", "lower")])
def test_letters_of_any_alphabet_are_letters(password: str, needs: str) -> None:
    settings = SETTINGS.complete({f"password.{each}": each == needs for each in passwords.KINDS})
    assert passwords.objection(settings, "anna", password) == f"must hold {passwords.KINDS[needs][1]}"
    assert passwords.objection(settings, "anna", f"{password}-Öö") == ""


def test_a_password_is_the_same_however_its_letters_are_put_together(house: House) -> None:
    house.run("merged", [{**ANNA, "password": "Bla\u030aba\u0308rssoppa"}])
    assert verified(state(house)["password_hash"], "Bl\u00e5b\u00e4rssoppa")


def test_a_hash_that_nothing_here_can_verify_is_named(house: House) -> None:
    house.run("merged", [{**ANNA, "password_hash": "$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHQ$aGFzaA"}, BEN])
    with pytest.raises(Refused, match="agent 'anna': password: cannot be compared with a hash that is kept .*: install python3-argon2 or reset it"):
        house.run("merged", [{"username": "anna", "password": SECOND}], update_password="always")


def test_nothing_is_hashed_for_a_run_that_is_refused(house: House, costs: list[str]) -> None:
    for wrong in ({"teams": ["nowhere"]}, {"email": "anna@example.org"}, {"password": "short"}, {"password": "my-cleo-words"}, {"voicemail": "x"},
                  {"number": "99"}, {"authentication": "sso"}):
        with pytest.raises(Refused):
            house.run("merged", [{**ANNA, "password": FIRST}, {"username": "cleo", "full_name": "Cleo", "password": SECOND, **wrong}])
    house.run("merged", [BEN])
    with pytest.raises(Wrong, match="max_deletions"):
        house.run("overridden", [{**ANNA, "password": FIRST}])
    with pytest.raises(Refused, match="scope"):
        house.run("merged", [{**ANNA, "password": FIRST}], scope={"names": "b*", "numbers": None})
    assert costs == []


def test_what_is_only_rendered_is_not_hashed(house: House, costs: list[str]) -> None:
    house.run("rendered", [{**ANNA, "password": FIRST}])
    with pytest.raises(Refused, match="must not hold the username"):
        house.run("rendered", [{**ANNA, "password": "my-anna-words"}])
    assert costs == []
