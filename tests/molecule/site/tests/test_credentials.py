# SPDX-License-Identifier: GPL-3.0-or-later
"""Users, sign-in passwords, and one-off acts on credentials, with telephones that have to know the new ones."""

import json

import pytest
import yaml


@pytest.fixture(name="people", scope="module", autouse=True)
def people_fixture(staff):
    staff(agents=[{"username": "rolf", "number": "2301"}], extensions=[{"name": "gym", "number": "2302"}])


def act(pbx, folder, act, name, kind="agents", *options):
    """The result, and what was written down of it."""
    ledger = folder / "credentials.yml"
    result = pbx.apply("credentials", *options, kind=kind, names=[name], act=act, credentials_file=str(ledger))
    written = yaml.safe_load(ledger.read_text()) if ledger.exists() else {}
    return result, ((written or {}).get(pbx.name, {}).get(kind) or {}).get(name, {})


def kept(pbx, name, field):
    """What the store has of a person's own; only root may look."""
    return json.loads(pbx.python(f"""
import sqlite3
base = sqlite3.connect("/var/lib/switchboard/store.db")
print(base.execute("SELECT value FROM states JOIN documents ON id = document WHERE key = ? AND field = ?", ({name!r}, {field!r})).fetchone()[0])
"""))


def verifies(pbx, name, password):
    """Whether the host's own passlib takes a password for the one that is set."""
    return pbx.python(f"""
from passlib.context import CryptContext
print(CryptContext(["scrypt", "pbkdf2_sha256"]).verify({password!r}, {kept(pbx, name, "password_hash")!r}))
""") == "True"


def test_a_user_calls_and_is_called(pbx, phone, house):
    astrid, bo = house.baresip("astrid", pbx.address, "astrid-secret-1").registered(), phone("bo")
    for caller, called, number in ((astrid, bo, "1002"), (bo, astrid, "1800")):
        caller.dial(number)
        called.ringing().answer().established()
        called.hears(caller)
        caller.hangup()
        called.ended()
    assert pbx.apply("users", state="gathered")["numbers"]["1800"] == "user astrid"


@pytest.mark.parametrize(("module", "state", "config", "error"), [
    ("users", "merged", {"username": "tom", "full_name": "Tom"}, "user 'tom': profile: is needed for role user"),
    ("users", "merged", {"username": "tom", "full_name": "Tom", "profile": "superviser"}, "there is no user_profile 'superviser' (did you mean supervisor?)"),
    ("users", "merged", {"username": "astrid", "role": "user"}, "user 'astrid': role: never changes after creation: it is admin"),
    ("users", "merged", {"username": "astrid", "password": "short-pw2", "update_password": "always"},
     "user 'astrid': password: must have at least 10 characters"),
    ("user_profiles", "deleted", {"name": "supervisor"}, "user_profile 'supervisor': is referred to by user 'sture'"),
])
def test_what_is_refused(pbx, module, state, config, error):
    before = pbx.snapshot()
    refused = pbx.attempt(module, state=state, config=[config])
    assert refused["failed"] and error in refused["msg"] and "short-pw2" not in refused["output"]
    assert pbx.snapshot() == before


@pytest.mark.row("P4")
def test_a_given_password_is_hashed_and_shown_nowhere(pbx):
    secret = "First-ladder-4711"
    result = pbx.agents({"username": "rolf", "password": secret})
    assert result["changed"] and kept(pbx, "rolf", "password_hash").startswith("$scrypt$")
    assert verifies(pbx, "rolf", secret) and kept(pbx, "rolf", "must_change_password") is True
    again = pbx.agents({"username": "rolf", "password": secret}, update_password="always")
    assert not again["changed"] and secret not in result["output"] + again["output"]
    assert pbx.run(f"grep -rl {secret} /var/lib/switchboard /etc/asterisk /var/log 2>/dev/null || true") == ""


@pytest.mark.row("T10", "U5", "A29", "P4")
@pytest.mark.row("T10", "U5")
def test_a_reset_password_is_written_down_and_works(pbx, tmp_path):
    dry, nothing = act(pbx, tmp_path, "reset_password", "rolf", "agents", "--check")
    assert dry["changed"] and nothing == {}
    result, fresh = act(pbx, tmp_path, "reset_password", "rolf")
    assert verifies(pbx, "rolf", fresh["password"]) and not verifies(pbx, "rolf", "First-ladder-4711")
    assert fresh["password"] not in result["output"] and (tmp_path / "credentials.yml").stat().st_mode & 0o777 == 0o600


def test_a_telephone_with_the_old_password_is_out(pbx, house, line, tmp_path):
    line("gym").quit()
    result, fresh = act(pbx, tmp_path, "reset_sip_password", "gym", "extensions")
    assert result["reloaded"] == ["res_pjsip.so"] and fresh["sip_password"] not in result["output"]
    house.baresip("gym", pbx.address, "gym-secret-1").refused()
    house.baresip("gym", pbx.address, fresh["sip_password"]).registered()


@pytest.mark.row("T10", "U4")
@pytest.mark.row("U4")
def test_an_api_key_is_told_once(pbx, tmp_path):
    _result, first = act(pbx, tmp_path, "generate_api_key", "astrid", "users")
    again, _written = act(pbx, tmp_path, "generate_api_key", "astrid", "users")
    assert len(first["api_key"]) == 40 and not again["changed"]
    _result, second = act(pbx, tmp_path, "regenerate_api_key", "astrid", "users")
    assert second["api_key"] != first["api_key"]
    removed = [pbx.apply("credentials", kind="users", names=["astrid"], act="remove_api_key")["changed"] for _each in range(2)]
    assert removed == [True, False]


def test_a_secret_without_a_place_to_go_is_refused(pbx):
    refused = pbx.attempt("credentials", names=["rolf"], act="reset_password")
    assert refused["failed"] and refused["msg"].startswith("credentials_file: is needed for reset_password")
