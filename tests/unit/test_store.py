# SPDX-License-Identifier: GPL-3.0-or-later
"""The store: all or nothing, secrets apart, one owner of what is unique, and its troubles in words."""

from __future__ import annotations

import functools
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from module_utils.model.agent import AGENT
from module_utils.model.errors import Trouble, Unready
from module_utils.model.extension import EXTENSION
from module_utils.model.resource import Resource
from module_utils.plan import Have
from module_utils.store.lock import Lock
from module_utils.store.sqlite import VERSION, Store

from tests.unit.conftest import ANNA, BEN, SECRET, TEAM, House, planned

ROOT = Path(__file__).parents[2]


def write(path: str, *want: Any, **more: Any) -> None:
    store = Store(path, **more)
    try:
        made = planned("merged", want, Have(store.documents().get("agent", {}), store.claims()))
        store.prepare()
        store.write(AGENT, made.create, {}, [], "realm")
        store.commit()
    finally:
        store.close()


def rows(path: str, query: str) -> list[Any]:
    base = sqlite3.connect(path)
    try:
        return base.execute(query).fetchall()
    finally:
        base.close()


@pytest.fixture(autouse=True)
def closed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A store that can't be opened leaves its connection to the end of the process, which is far away here."""
    opened = []
    monkeypatch.setattr(Store, "connect", lambda store, mode, real=Store.connect: opened.append(real(store, mode)) or opened[-1])
    yield
    for each in opened:
        each.close()


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "store.db")


@pytest.fixture
def full(path: str) -> str:
    write(path, ANNA, BEN)
    return path


def test_an_absent_store_is_an_empty_one(path: str) -> None:
    store = Store(path)
    assert (store.realm(), store.documents(), store.claims()) == (None, {}, {}) and not os.path.exists(path)


def test_keeps_what_was_said(full: str) -> None:
    store = Store(full)
    documents = store.documents()["agent"]
    assert documents == planned("merged", [ANNA, BEN]).create and store.realm() == "realm"
    assert store.claims() == {("device", "anna"): ("agent", "anna"), ("number", "1000"): ("agent", "anna"), ("mail", "anna@example.org"): ("agent", "anna"),
                              ("device", "ben"): ("agent", "ben"), ("number", "1001"): ("agent", "ben")}
    store.close()
    assert os.stat(full).st_mode & 0o777 == 0o600 and rows(full, "PRAGMA user_version") == [(VERSION,)]


def test_secrets_are_apart_and_passwords_nowhere(full: str) -> None:
    bodies = str(rows(full, "SELECT body FROM documents"))
    assert "sip_password" not in bodies and "471147" not in bodies
    assert {name for (name,) in rows(full, "SELECT field FROM secrets")} == {"sip_password", "voicemail_pin"}
    with open(full, "rb") as file:
        assert SECRET.encode() not in file.read()


def test_ids_never_change_and_never_come_back(full: str) -> None:
    first = dict(rows(full, "SELECT key, id FROM documents"))
    store = Store(full)
    store.prepare()
    store.write(AGENT, {}, {"anna": ({}, {**store.documents()["agent"]["anna"], "alias": "A"})}, ["ben"], "elsewhere")
    store.commit()
    assert store.realm() == "realm"
    store.close()
    write(full, {**BEN, "username": "cleo"})
    after = dict(rows(full, "SELECT key, id FROM documents"))
    assert after["anna"] == first["anna"] and after["cleo"] > first["ben"] and "ben" not in after
    assert {key for (key,) in rows(full, "SELECT DISTINCT document FROM secrets UNION SELECT DISTINCT document FROM claims")} == set(after.values())


@pytest.mark.parametrize(("resource", "said"), [(EXTENSION, {"name": "x", "number": "1000"}), (EXTENSION, {"name": "anna"}),
    (AGENT, {"username": "x", "email": "ANNA@example.org"})])
def test_claims_are_unique_whatever_the_plan_says(full: str, resource: Resource, said: dict[str, str]) -> None:
    store = Store(full)
    store.prepare()
    with pytest.raises(Unready, match="UNIQUE"):
        store.write(resource, {said[resource.key]: said}, {}, [], "realm")
        store.commit()
    assert set(store.documents()["agent"]) == {"anna", "ben"} and "extension" not in store.documents()
    store.close()


def test_swap_of_what_is_unique(full: str) -> None:
    store = Store(full)
    store.prepare()
    have = store.documents()["agent"]
    store.write(AGENT, {}, {"anna": ({}, {**have["anna"], "email": "b@x.org"}), "ben": ({}, {**have["ben"], "email": "anna@example.org"})}, [], "realm")
    store.commit()
    assert store.claims()[("mail", "anna@example.org")] == ("agent", "ben")
    store.close()


def test_upgrade_after_a_copy(full: str, tmp_path: Path) -> None:
    write(full, *TEAM[:1], upgrades={VERSION: "CREATE TABLE more (x);", VERSION + 1: "INSERT INTO more VALUES (7);"}, version=VERSION + 2)
    assert rows(full, "PRAGMA user_version") == [(VERSION + 2,)] and rows(full, "SELECT x FROM more") == [(7,)]
    copies = sorted(tmp_path.glob("store.db.version-*"))
    assert [rows(str(each), "PRAGMA user_version") for each in copies] == [[(VERSION,)], [(VERSION + 1,)]]
    assert rows(str(copies[0]), "SELECT count(*) FROM documents") == [(2,)] and copies[0].stat().st_mode & 0o777 == 0o600
    with pytest.raises(Unready, match=f"is of version {VERSION + 2}, newer than this collection's {VERSION}: upgrade the collection"):
        Store(full)


def test_a_failing_upgrade_leaves_the_old_version(full: str) -> None:
    with pytest.raises(Unready, match="no such table: elsewhere"):
        write(full, upgrades={VERSION: "CREATE TABLE more (x); INSERT INTO elsewhere VALUES (1);"}, version=VERSION + 1)
    assert rows(full, "PRAGMA user_version") == [(VERSION,)] and not rows(full, "SELECT name FROM sqlite_master WHERE name = 'more'")


def text_inside(path: str) -> None:
    Path(path).write_text("this is no database, and has not been one for a long time" * 99, encoding="utf-8")


def torn(path: str) -> None:
    os.truncate(path, os.path.getsize(path) // 2)


def scribbled(path: str) -> None:
    with open(path, "r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 4096)


def bad_json(path: str) -> None:
    base = sqlite3.connect(path)
    base.execute("UPDATE documents SET body = '{'")
    base.commit()
    base.close()


@pytest.mark.parametrize("damage", [text_inside, torn, scribbled, bad_json])
def test_damaged(house: House, damage: Callable[[str], None]) -> None:
    house.run("merged", TEAM)
    damage(house.store)
    files, spoilt = house.files(), Path(house.store).read_bytes()
    for check in (True, False):
        with pytest.raises(Unready, match=r"store\.db is damaged: restore it from a backup"):
            house.run("merged", [ANNA], check=check)
    assert house.files() == files and Path(house.store).read_bytes() == spoilt


def test_locked_by_another_program(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.run("merged", [ANNA])
    before = house.everything()
    other = sqlite3.connect(house.store, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    real = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda path, **more: real(path, **{**more, "timeout": 0}))
    with pytest.raises(Unready, match="is locked by another program"):
        house.run("merged", [BEN])
    other.close()
    assert house.everything() == before


@pytest.mark.parametrize(("pragma", "told"), [("query_only = ON", "cannot be written"), ("max_page_count = 1", "the disk is full")])
def test_read_only_and_full(house: House, monkeypatch: pytest.MonkeyPatch, pragma: str, told: str) -> None:
    house.run("merged", [ANNA])
    before = house.everything()
    real = Store.connect

    def connect(self: Store, mode: str) -> sqlite3.Connection:
        base = real(self, mode)
        base.execute(f"PRAGMA {pragma}")
        return base

    monkeypatch.setattr(Store, "connect", connect)
    with pytest.raises(Unready, match=f"the store .*{told}"):
        house.run("merged", [{**each, "description": "x" * 255} for each in TEAM])
    monkeypatch.undo()
    assert house.everything() == before


def test_what_is_not_committed_keeps_nobody_from_reading(path: str) -> None:
    """However much it is: more than SQLite would hold in memory otherwise."""
    write(path, ANNA)
    store = Store(path)
    store.write(AGENT, {f"a{count}": {"username": f"a{count}", "description": "x" * 1000} for count in range(5000)}, {}, [], "realm")
    reader = sqlite3.connect(path, timeout=0)
    assert reader.execute("SELECT count(*) FROM documents").fetchone() == (1,)
    store.undo()
    assert set(store.documents()["agent"]) == {"anna"}
    store.write(AGENT, {}, {}, ["anna"], "realm")
    store.commit()
    assert reader.execute("SELECT count(*) FROM documents").fetchone() == (0,)
    reader.close()
    store.close()


KILLED = """
import os, signal, sqlite3, sys
sys.path[:0] = ["plugins"]
from module_utils.model.agent import AGENT
from module_utils.store.sqlite import Store
path, at = sys.argv[1:]
real = sqlite3.connect
def connect(*arguments, **more):
    base = real(*arguments, **more)
    base.set_trace_callback(lambda said: os.kill(os.getpid(), signal.SIGKILL) if said.strip().startswith(at) else None)
    return base
sqlite3.connect = connect
store = Store(path)
have = store.documents().get("agent", {})
store.prepare()
create = {f"a{count}": {"username": f"a{count}", "number": f"2{count:03}", "voicemail_pin": "1234"} for count in range(99)}
store.write(AGENT, create, {key: (said, {**said, "alias": "x"}) for key, said in have.items()}, [], "realm")
store.commit()
"""


def killed(path: str, at: str) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, path, at], cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr


@pytest.mark.parametrize("at", ["COMMIT", "INSERT INTO claims", "UPDATE documents", "DELETE FROM claims"])
def test_killed_in_the_middle_of_a_change(path: str, at: str) -> None:
    write(path, ANNA)
    killed(path, at)
    store = Store(path)
    assert store.documents() == {"agent": planned("merged", [ANNA]).create} and len(store.claims()) == 3
    store.close()
    write(path, {**BEN, "number": "1001"})


@pytest.mark.parametrize("at", ["BEGIN", "CREATE TABLE", "PRAGMA user_version =", "REPLACE", "ROLLBACK"])
def test_killed_while_the_store_is_made(house: House, at: str) -> None:
    killed(house.store, at)
    assert house.run("gathered")["gathered"] == []
    assert house.run("merged", [ANNA], check=True)["created"] == ["anna"]
    assert house.run("merged", [ANNA])["changed"] and set(house.documents()) == {"anna"}


def test_killed_before_the_first_statement(house: House) -> None:
    Path(house.store).touch(0o600)
    assert house.run("merged", [ANNA], check=True)["created"] == ["anna"]
    assert house.run("merged", [ANNA])["changed"] and set(house.documents()) == {"anna"}


def realm_of(house: House) -> Any:
    store = Store(house.store)
    try:
        return store.realm()
    finally:
        store.close()


def test_realm_is_set_once(house: House) -> None:
    house.run("merged", [ANNA], realm="first.example")
    for check in (True, False):
        with pytest.raises(Exception, match="realm: of this site is first.example, for good"):
            house.run("merged", [ANNA], realm="other", check=check)
    assert house.run("merged", [ANNA])["changed"] is False
    house.run("merged", [{"username": "cleo", "full_name": "Cleo"}])        # the host's own word comes after the store's
    assert realm_of(house) == house.documents()["cleo"]["sip_password"]["realm"] == "first.example"


@pytest.mark.parametrize(("said", "realm"), [
    (None, "switchboard"), ("[global]\ndefault_realm=pbx.example.org\n", "pbx.example.org"), ("default_realm => a-1 ; b\n", "a-1"),
    (";default_realm=x\n", "switchboard"), ("default_realm=\nx=y\n", "switchboard"), ("[global]\n", "switchboard"),
])
def test_realm_is_asterisks_own_when_nobody_says(house: House, said: str | None, realm: str) -> None:
    if said is not None:
        (house.config / "pjsip.conf").write_text(said, encoding="utf-8")
    house.run("merged", [ANNA])
    assert realm_of(house) == realm


def test_realm_that_asterisk_has_and_no_site_can(house: House) -> None:
    (house.config / "pjsip.conf").write_text("default_realm=my own\n", encoding="utf-8")
    with pytest.raises(Trouble, match="realm: must be at most 64 letters"):
        house.run("merged", [ANNA])
    assert house.run("merged", [ANNA], realm="mine")["changed"]


def test_no_state_folder_is_said(house: House) -> None:
    house.state.rmdir()
    with pytest.raises(Unready, match="has role asterisk set this host up"):
        house.run("merged", [ANNA])


class Clock:
    """Goes on by a second at each look."""

    now = 0.0

    def __call__(self) -> float:
        self.now += 1
        return self.now


def test_lock_times_out_in_words(tmp_path: Path) -> None:
    path = str(tmp_path / "lock")
    with Lock(path, 0) as first:
        assert first.waited == ""
        with pytest.raises(Unready, match=rf"another run is at work on this host \(process {os.getpid()}, since .* UTC\), .* 1 seconds: see lock_timeout"), \
                Lock(path, 1, Clock()):
            pass
    assert os.stat(path).st_mode & 0o777 == 0o600


def test_lock_of_a_killed_holder_is_free_and_a_waiter_is_told_for_whom_it_waited(tmp_path: Path) -> None:
    path = str(tmp_path / "lock")
    holder = subprocess.Popen([sys.executable, "-c", "import sys; sys.path[:0] = ['plugins']\nfrom module_utils.store.lock import Lock\n"
                               "with Lock(sys.argv[1], 0): print('held', flush=True); sys.stdin.read()", path], cwd=ROOT, stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE)
    assert holder.stdout and holder.stdin and holder.stdout.readline() == b"held\n"
    looks: list[int] = []

    def clock() -> float:       # the holder dies while this one waits
        looks.append(1)
        if len(looks) == 2:
            holder.kill()
            holder.wait()
        return 0.0

    with Lock(path, 9, clock) as lock:
        assert lock.waited.startswith(f"process {holder.pid}, since ")
    holder.stdin.close()
    holder.stdout.close()


def test_lock_that_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(Unready, match="cannot be opened: No such file or directory"), Lock(str(tmp_path / "none" / "lock"), 0):
        pass


def test_waiting_is_told_in_the_result(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Lock, "__enter__", functools.partialmethod(lambda self, real: (real(self), setattr(self, "waited", "process 7"))[0], Lock.__enter__))
    assert house.run("merged", [ANNA])["waited_for"] == "process 7"
