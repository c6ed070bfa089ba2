# SPDX-License-Identifier: GPL-3.0-or-later
"""A site as the first release left it (tests/unit/frozen): today's code takes it over without changing anything of it, and no default changes in silence."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import re
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from module_utils.control.generations import Generations
from module_utils.model.errors import Unready
from module_utils.model.fields import Choice, Depends
from module_utils.model.resource import Resource
from module_utils.model.site import RESOURCES
from module_utils.plan import shifted
from module_utils.store.sqlite import VERSION, Store

from tests.unit.conftest import House

FROZEN = Path(__file__).parent / "frozen"
CONFIG = json.loads((FROZEN / "config.json").read_text(encoding="utf-8"))
FILES = {each.name: each.read_text(encoding="utf-8") for each in sorted(FROZEN.glob("*.conf"))}

# What the compiler says otherwise on purpose, since then: file: lines that it now has there, lines that it had. Say why.
ON_PURPOSE: dict[str, tuple[list[str], list[str]]] = {
    # who is at the other end, and the record button; messages, and who sends none; templates for lines whose packets' length is said (resource codecs), for
    # masked ones and for providers; a browser that vanishes ends its calls
    "pjsip_endpoint.conf": (["message_context=messages", "send_pai=yes", "one_touch_recording=yes", "record_on_feature=record-on",
                             "record_off_feature=record-off", "rtp_timeout=30", "rtp_timeout_hold=600", "[_packets](!)", "use_ptime=yes", "[_masked](!)",
                             "send_connected_line=no", "send_pai=no", "send_diversion=no", "[_trunk](!)", "context=from-trunk", "send_connected_line=no",
                             "send_diversion=no",
                             "[_mute](!)", "auth=anna,anna@desk", "[cleo](_line,_sip,_udp,_nat-yes,_silent,_mute)",
                             "[door](_line,_sip,_udp,_nat-yes,_mute,_fixed)", "auth=eva,eva@desk"],
                            ["auth=anna", "[cleo](_line,_sip,_udp,_nat-yes,_silent)", "[door](_line,_sip,_udp,_nat-yes,_fixed)", "auth=eva"]),
    "pjsip_aor.conf": (["[_aor-asked](!)"], []),
    # what the desk lends to the pages of lines in the browser
    "pjsip_auth.conf": (["[anna@desk](_auth)", "[eva@desk](_auth)"], []),
    "numbers.conf": (["2000=line:ben:1:1:wav49", "1001=line:anna:1:1", "1002=line:cleo::1", "1004=line:eva::1", "1950=line:reception", "1951=line:door",
                      "[senders-en]", "ben=2000", "[senders-na]", "anna=1001", "[senders-on]", "reception=1950", "[senders-va]", "eva=1004"],
                     ["2000=line:ben:1", "1001=line:anna:1", "1002=line:cleo:0", "1004=line:eva:0", "1950=line:reception:0", "1951=line:door:0"]),
    # what the dialplan knows of a line now, and whose messages it carries
}
# Files that it did not have then, and that say nothing while nothing is said of what they are for.
NEW = {"members.conf", "outside.conf", "pjsip_registration.conf", "pjsip_transport.conf", "queues.conf", "retention.tmpfiles", "rtp.conf"}
# Defaults that were changed on purpose, since then: kind: fields. A changelog fragment says so too.
OTHER_DEFAULTS: dict[str, set[str]] = {}


def restore(path: str, version: int = 1) -> None:
    base = sqlite3.connect(path)
    base.executescript((FROZEN / "store-1.sql").read_text(encoding="utf-8"))
    base.execute(f"PRAGMA user_version = {version}")
    base.commit()
    base.close()


def rows(path: str, table: str) -> list[Any]:
    base = sqlite3.connect(path)
    try:
        return sorted(base.execute(f"SELECT * FROM {table}"))
    finally:
        base.close()


def version(path: str) -> int:
    base = sqlite3.connect(path)
    try:
        return int(base.execute("PRAGMA user_version").fetchone()[0])
    finally:
        base.close()


@pytest.fixture(name="old")
def old_fixture(house: House) -> House:
    """The first release's store and files, proven by it; Asterisk has them."""
    restore(house.store)
    generations = Generations(str(house.state / "generations"), str(house.config / "switchboard"))
    generations.put_in_force(generations.write(FILES))
    generations.prove(generations.current() or "", "revision 3, code of the first release")
    for module in ("res_pjsip.so", "app_voicemail.so"):
        house.asterisk.Reload(module)
    return house


def test_the_same_configuration_changes_nothing(old: House) -> None:
    before, files = {table: rows(old.store, table) for table in ("documents", "secrets", "claims", "site")}, old.files()
    for kind, items in CONFIG.items():
        for state in ("merged", "overridden"):
            result = old.run(state, items, RESOURCES[kind])
            assert result["counts"] == {"created": 0, "updated": 0, "deleted": 0} and "defaults_changed" not in result
            assert result["changed"] is bool(result["files"]) and set(result["files"]) <= set(ON_PURPOSE) | NEW
    assert {table: rows(old.store, table) for table in ("documents", "secrets", "claims")} == {table: before[table] for table in before if table != "site"}
    if not ON_PURPOSE:
        assert old.files() == files and rows(old.store, "site") == before["site"]


def test_what_is_compiled_is_what_was(old: House) -> None:
    with open(old.config / "switchboard" / "numbers.conf", "a", encoding="utf-8") as file:
        file.write("; by hand\n")
    old.run("merged", [], RESOURCES["agent"])
    for name, text in [each for each in old.files().items() if each[0] not in NEW]:
        was, has = FILES[name].splitlines(), text.splitlines()
        told = ON_PURPOSE.get(name, ([], []))
        assert ([each for each in has if each not in was], [each for each in was if each not in has]) == told, name
    assert set(old.files()) == set(FILES) | {each for each in NEW if each.endswith(".conf")}


def test_the_first_write_upgrades_after_a_copy_and_changes_nothing_else(old: House) -> None:
    before = {table: rows(old.store, table) for table in ("documents", "secrets", "claims")}
    documents = old.documents(), old.documents("extension"), old.documents("team")
    assert old.run("merged", [{"name": "support"}], RESOURCES["team"])["created"] == ["support"]
    assert version(old.store) == VERSION
    (copy,) = [each for each in os.listdir(old.host.state) if re.match(r"store\.db\.version-1-", each)]
    assert version(str(old.state / copy)) == 1 and rows(str(old.state / copy), "documents") == before["documents"]
    assert old.run("deleted", [{"name": "support"}], RESOURCES["team"])["deleted"] == ["support"]
    assert {table: rows(old.store, table) for table in before} == before
    assert (old.documents(), old.documents("extension"), old.documents("team")) == documents
    for kind, items in CONFIG.items():
        assert old.run("overridden", items, RESOURCES[kind])["changed"] is False


def test_check_mode_and_gathered_leave_the_old_version(old: House) -> None:
    written = old.written()
    gathered = old.run("gathered")["gathered"]
    assert [each["username"] for each in gathered] == ["anna", "ben", "cleo", "dan", "eva"]
    assert old.run("overridden", gathered, check=True)["counts"] == {"created": 0, "updated": 0, "deleted": 0}
    assert old.written() == written and version(old.store) == 1


@pytest.mark.parametrize("state", ["merged", "gathered"])
def test_a_newer_store_is_refused(house: House, state: str) -> None:
    restore(house.store, VERSION + 1)
    before = Path(house.store).read_bytes()
    with pytest.raises(Unready, match=f"is of version {VERSION + 1}, newer than this collection's {VERSION}: upgrade the collection"):
        house.run(state, CONFIG["agent"])
    assert Path(house.store).read_bytes() == before


def test_no_default_has_changed_in_silence_since_the_first_release() -> None:
    """A store of that release does not know its defaults, so that nothing would tell: a change is stated here and in the changelog."""
    frozen = json.loads((FROZEN / "defaults.json").read_text(encoding="utf-8"))
    now = {kind: resource.fallbacks() for kind, resource in RESOURCES.items()}
    changed = {kind: {name for name, default in fields.items() if name in now[kind] and now[kind][name] != default} for kind, fields in frozen.items()}
    assert {kind: names for kind, names in changed.items() if names} == OTHER_DEFAULTS


def with_default(kind: str, name: str, default: Any) -> Resource:
    """The resource as another release might have it."""
    resource = RESOURCES[kind]
    fields = tuple(dataclasses.replace(each, default=default) if each.name == name else each for each in resource.fields)
    return Resource(resource.kind, resource.key, resource.says, fields, resource.rules, resource.single)


@pytest.mark.parametrize(("name", "default", "follow", "files"), [
    ("context", "from-elsewhere", 5, ["pjsip_endpoint.conf"]),
    ("login_pause", True, 5, ["numbers.conf"]),
    ("client_log", "debug", 5, []),
    ("transport", Depends("typology", {"webrtc": "ws", "phonebar": "ws", "external": "udp"}), 3, ["pjsip_endpoint.conf"]),
])
def test_a_default_that_changes_is_told_once(old: House, monkeypatch: pytest.MonkeyPatch, name: str, default: Any, follow: int, files: list[str]) -> None:
    old.run("merged", [{"name": "support"}], RESOURCES["team"])     # from here on the store knows
    before = rows(old.store, "documents")
    changed = with_default("agent", name, default)
    monkeypatch.setitem(RESOURCES, "agent", changed)
    written = old.written()
    for check in (True, False):
        result = old.run("overridden", CONFIG["agent"], changed, check=check)
        assert result["changed"] is True and result["defaults_changed"] == {"agents": {name: follow}} and result["files"] == files
        assert f"those who say nothing of them follow: agents {name} ({follow})" in result["warnings"][-1]
        assert result["counts"] == {"created": 0, "updated": 0, "deleted": 0} and (not check or old.written() == written)
    assert rows(old.store, "documents") == before       # nothing is put into anybody's mouth
    again = old.run("overridden", CONFIG["agent"], changed)
    assert again["changed"] is False and "defaults_changed" not in again


def test_who_says_the_old_value_keeps_it(old: House, monkeypatch: pytest.MonkeyPatch) -> None:
    old.run("merged", [{"username": each["username"], "nat": each.get("nat", "yes")} for each in CONFIG["agent"]])
    files = old.files()
    monkeypatch.setitem(RESOURCES, "agent", with_default("agent", "nat", "no"))
    old.run("merged", [{"name": "support"}], RESOURCES["team"])
    assert old.files() == files


def test_a_new_field_and_a_store_that_does_not_know_are_no_change(old: House) -> None:
    with contextlib.closing(Store(old.store)) as store:
        assert store.defaults() == {}
    assert shifted({}, {"agent": {"a": {}}}) == {} == shifted({"agent": {"nat": "yes"}}, {"agent": {"a": {}}})
    assert shifted({"agent": {"nat": "no"}}, {"agent": {"a": {}, "b": {"nat": "no"}}}) == {"agents": {"nat": 1}}


def test_choices_of_old_are_still_taken() -> None:
    """What an old store says must be valid today."""
    for kind, items in CONFIG.items():
        for item in items:
            checked, wrongs = RESOURCES[kind].check(item)
            assert not wrongs and not RESOURCES[kind].judge(RESOURCES[kind].complete(checked))
    assert any(isinstance(each, Choice) for each in RESOURCES["agent"].fields)
