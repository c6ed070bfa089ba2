# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's half under each Ansible, with a host that is this machine and has a store but no Asterisk."""

from __future__ import annotations

import hashlib
import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.gates.environments import Environment
from tests.unit.pictures import GIF, jpeg, large, png

PIN, PASSWORD = "471147", "correct-horse-battery"
BEN = {"username": "ben", "full_name": "Ben Ek", "typology": "external", "voicemail": True}

FILLED = """
import sys
sys.path[:0] = ["plugins"]
from module_utils.model.agent import AGENT
from module_utils.model.secrets import digests
from module_utils.store.sqlite import Store
store = Store(sys.argv[1])
store.prepare()
said = {"username": "ben", "full_name": "Ben Ek", "typology": "external", "number": "1000", "voicemail": True,
        "voicemail_pin": "471147", "sip_password": digests("ben", "switchboard", "correct-horse-battery")}
store.write(AGENT, {"ben": said}, {}, [], "switchboard")
store.commit()
"""


@pytest.fixture
def home(tmp_path: Path, newest: Environment) -> Path:
    (tmp_path / "state").mkdir()
    newest.run("python", "-c", FILLED, tmp_path / "state/store.db")
    return tmp_path


def task(ansible: Environment, home: Path, *options: str, fails: bool = False, module: str = "agents", **arguments: Any) -> str:
    """What a user sees of one task."""
    arguments = {"store": str(home / "state"), "asterisk_config_dir": str(home), "credentials_file": "credentials.yml", **arguments}
    command = ["ansible", "pbx", "-i", "pbx,", "-c", "local", "-e", f"ansible_python_interpreter={ansible.home}/bin/python",
               "-m", f"switchboard.asterisk.{module}", "-a", json.dumps(arguments), *options]
    if not fails:
        return ansible.run(*command, cwd=home, ANSIBLE_PIPELINING="true", ANSIBLE_DEBUG="true")
    with pytest.raises(AssertionError) as shown:
        ansible.run(*command, cwd=home, ANSIBLE_PIPELINING="true")
    return str(shown.value)


def test_gathered_secrets_go_to_the_file_and_nowhere_else(ansible: Environment, home: Path) -> None:
    """Debugging, Ansible shows what a module printed, as an SSH connection does at -vvv."""
    shown = task(ansible, home, "-vvv", state="gathered", with_secrets=True)
    made = yaml.safe_load((home / "credentials.yml").read_text())["pbx"]["agents"]["ben"]
    assert made["voicemail_pin"] == PIN and set(made["sip_password"]) == {"md5", "sha256", "realm"}
    assert '"veiled"' in shown.replace("\\", "") and "Ben Ek" in shown
    assert not any(secret in shown for secret in (PIN, made["sip_password"]["md5"], made["sip_password"]["sha256"]))


def test_runs_that_fail_leave_one_seed(ansible: Environment, home: Path) -> None:
    """There is no Asterisk to make it live."""
    task(ansible, home, "--check", config=[{**BEN, "username": "cleo"}])
    assert not list(home.glob("credentials.yml*"))
    for _each in range(2):
        shown = task(ansible, home, fails=True, config=[{**BEN, "username": "cleo"}, {**BEN, "sip_password": PASSWORD}])
        assert "manager.conf cannot be read" in shown and PASSWORD not in shown.partition("ended with")[2]
        (left,) = home.glob("credentials.yml*")
        assert left.name.startswith("credentials.yml.pending-") and left.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("given", [{"md5": PASSWORD}, [PASSWORD], 12345678])
def test_a_password_of_another_type_is_no_password(ansible: Environment, home: Path, given: Any) -> None:
    shown = task(ansible, home, "--check", fails=True, module="rename", name="ben", to="bent", sip_password=given)
    assert "agent 'ben': sip_password: " in shown.partition("ended with")[2].replace("\\", "")


# Pictures

RED, GREY = png(colour=0xFF0000), jpeg()


def name(content: bytes, ending: str = "png") -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}.{ending}"


def trips(shown: str) -> int:
    """How often Ansible had something done on the host."""
    return sum(shown.count(f"<pbx> {each} ") for each in ("EXEC", "PUT", "FETCH"))


@pytest.fixture
def album(home: Path) -> Path:
    (home / "files/portraits").mkdir(parents=True)
    (home / "people/portraits").mkdir(parents=True)
    (home / "files/portraits/red.png").write_bytes(RED)
    (home / "people/portraits/grey.png").write_bytes(GREY)      # by content a JPEG: that is what counts
    (home / "people/portraits/red.png").symlink_to("../../files/portraits/red.png")
    return home


def test_pictures_are_found_by_name_and_said_by_content(ansible: Environment, album: Path) -> None:
    """Where config_file is, or else where Ansible looks for files; in check mode nothing is sent, nor asked."""
    (album / "people/agents.yml").write_text(yaml.safe_dump([
        {"username": "ben", "avatar": "portraits/grey.png"}, {"username": "cleo", "full_name": "Cleo", "avatar": "portraits/red.png"}]))
    (album / "people/plain.yml").write_text(yaml.safe_dump([{"username": "ben", "description": "x"}]))
    plain = trips(task(ansible, album, "-vvv", "--check", config_file="people/plain.yml"))
    shown = task(ansible, album, "-vvv", "--check", config_file="people/agents.yml")
    assert name(GREY, "jpg") in shown and name(RED) in shown and "portraits" not in shown and trips(shown) == plain > 0
    shown = task(ansible, album, "--check", config=[{"username": "ben", "avatar": "portraits/red.png"}])
    assert name(RED) in shown and not (album / "state/avatars").exists()


def test_mistakes_in_pictures_are_told_at_once_and_nothing_is_done(ansible: Environment, album: Path) -> None:
    folder = album / "files/portraits"
    (folder / "gif.png").write_bytes(GIF)
    (folder / "large.png").write_bytes(large(9 << 20))
    (folder / "half.png").write_bytes(RED[:-20])
    os.mkfifo(folder / "pipe.png")
    (album / "files/avatars").mkdir()
    (album / "files/avatars" / name(GREY, "jpg")[7:]).write_bytes(RED)
    said = {"portraits/gif.png": "is neither PNG nor JPEG by its content, whatever its name says", "portraits/large.png": "is larger than 8 MiB",
            "portraits/half.png": "begins as PNG does, but is damaged or not whole", "portraits/pipe.png": "is not a file", "portraits": "is not a file",
            "/dev/zero": "is not a file", "nosuch.png": "there is no such file on the controller", "a\0b": "there is no such file on the controller",
            name(GREY, "jpg"): "has another content than its name says", name(b""): "is neither on the host nor"}
    config = [{"username": f"c{count}", "full_name": "C", "avatar": each} for count, each in enumerate(said)]
    for options in (["--check"], []):
        shown = task(ansible, album, *options, fails=True, config=config)
        lines = json.JSONDecoder().raw_decode(shown[shown.index("{", shown.index("pbx | FAILED!")):])[0]["msg"].splitlines()
        assert len(lines) == len(said) == 10, lines
        for count, rule in enumerate(said.values()):
            (line,) = [line for line in lines if line.startswith(f"item {count + 1}: agent 'c{count}': avatar: ")]
            assert rule in line
        assert not (album / "state/avatars").exists() and "Traceback" not in shown


def test_what_does_not_come_to_pass_leaves_no_picture(ansible: Environment, album: Path) -> None:
    """There is no Asterisk to make it live. The archive reaches the host, and goes again."""
    (album / "state/avatars").mkdir()
    (album / "state/avatars" / name(RED)[7:]).write_bytes(RED)
    shown = task(ansible, album, "-vvv", fails=True, config=[{"username": "ben", "avatar": "portraits/red.png"}])
    assert "avatars.tar" not in shown
    shown = task(ansible, album, "-vvv", fails=True, config=[{"username": "ben", "avatar": str(album / "people/portraits/grey.png")}])
    assert "avatars.tar" in shown
    assert not (album / "state/avatars" / name(GREY, "jpg")[7:]).exists()


def test_who_goes_may_go_without_the_file(ansible: Environment, album: Path) -> None:
    assert '"deleted": 1' in task(ansible, album, "--check", config=[{"username": "ben", "avatar": "nosuch.png"}], state="deleted")


def test_an_encrypted_picture(ansible: Environment, album: Path) -> None:
    (album / "key").write_text("open sesame")
    ansible.run("ansible-vault", "encrypt", "--vault-password-file", "key", "files/portraits/red.png", cwd=album)
    config = [{"username": "ben", "avatar": "portraits/red.png"}]
    assert name(RED) in task(ansible, album, "--check", "--vault-password-file", "key", config=config)
    assert "vault" in task(ansible, album, "--check", fails=True, config=config)


def test_gathered_pictures_come_to_the_controller(ansible: Environment, album: Path, newest: Environment) -> None:
    newest.run("python", "-c", FILLED.replace('"number": "1000"', f'"number": "1000", "avatar": "{name(RED)}"').replace(
        'store.write(AGENT, {"ben": said}, {}', 'store.write(AGENT, {}, {"ben": ({}, said)}'), album / "state/store.db")
    (album / "state/avatars").mkdir()
    (album / "state/avatars" / name(RED)[7:]).write_bytes(RED)
    copy = album / "export/avatars" / name(RED)[7:]
    plain = trips(task(ansible, album, "-vvv", state="gathered"))
    assert plain == trips(task(ansible, album, "-vvv", state="gathered", with_secrets=True))
    shown = task(ansible, album, "-vvv", state="gathered", avatars_dest="export/avatars")
    assert '"fetched": 1' in shown and copy.read_bytes() == RED and "packed" not in shown.rpartition("pbx | ")[2]
    for content, fetched in ((RED, 0), (GREY, 1)):          # what is there is not fetched again, unless it is another
        copy.write_bytes(content)
        assert f'"fetched": {fetched}' in task(ansible, album, state="gathered", avatars_dest="export/avatars") and copy.read_bytes() == RED
    copy.unlink()
    task(ansible, album, "--check", state="gathered", avatars_dest="export/avatars")
    assert not copy.exists()
    assert "avatars_dest: goes with state gathered" in task(ansible, album, fails=True, config=[], avatars_dest="export/avatars")
    (album / "export/agents.json").write_text(json.dumps([{"username": "cleo", "full_name": "Cleo", "avatar": name(GREY, "jpg")}]))
    (album / "export/avatars" / name(GREY, "jpg")[7:]).write_bytes(GREY)
    assert '"created": 1' in task(ansible, album, "--check", config_file="export/agents.json")


# An input that was seen to change nothing

COMPILED = """
import os, sys
sys.path[:0] = ["plugins"]
from module_utils.compile import compile_site
from module_utils.control.generations import Generations
from module_utils.store.sqlite import Store
home = sys.argv[1]
path = f"{home}/state/generations/000001"
os.makedirs(path)
for name, text in compile_site(Store(f"{home}/state/store.db").documents()).files.items():
    with open(f"{path}/{name}", "w", encoding="utf-8") as file:
        file.write(text)
os.symlink(path, f"{home}/switchboard")
Generations(f"{home}/state/generations", f"{home}/switchboard").prove(path, "an earlier release")
"""


@pytest.fixture
def settled(home: Path, newest: Environment) -> Path:
    """Asterisk has what the store says, so that nobody has to ask it."""
    newest.run("python", "-c", COMPILED, home)
    (home / "people").mkdir()
    return home


def answer(shown: str) -> dict[str, Any]:
    """What a user sees of the result, but for what it cost."""
    start = shown.index("{", shown.rindex("pbx | "))
    found: dict[str, Any] = json.JSONDecoder().raw_decode(shown[start:])[0]
    return {name: each for name, each in found.items() if name != "module"}


def marks(home: Path) -> dict[str, int]:
    """The inputs that the host remembers, each with when it was last seen to change nothing."""
    return {each.name: each.stat().st_mtime_ns for each in (home / "state/applied").glob("*")}


def written(home: Path, name: str, text: str) -> dict[str, Any]:
    (home / "people" / name).write_text(text)
    return {"config_file": f"people/{name}"}


SAID = json.dumps([BEN])


def test_what_changed_nothing_is_not_read_again(ansible: Environment, settled: Path) -> None:
    given = written(settled, "agents.json", SAID)
    first = task(ansible, settled, "-vvv", **given)
    known = marks(settled)
    assert len(known) == 1 and answer(first)["changed"] is False and answer(first)["counts"] == {"created": 0, "updated": 0, "deleted": 0}
    again = task(ansible, settled, "-vvv", **given)
    assert answer(again) == answer(first) and marks(settled) == known and trips(again) == trips(first)
    assert not list(settled.glob("credentials.yml*"))
    (settled / "people/copy.json").write_text(SAID)     # where it lies does not matter
    assert answer(task(ansible, settled, "--check", config_file="people/copy.json")) == answer(first) and marks(settled) == known


def test_whatever_is_said_otherwise_is_read(newest: Environment, settled: Path) -> None:
    """Each is remembered by a name of its own, and only once it was read."""
    given = written(settled, "agents.json", SAID)
    sheet = written(settled, "agents.csv", "username,full_name,typology,voicemail\nben,Ben Ek,external,yes\n")
    others: list[dict[str, Any]] = [given, written(settled, "more.json", f"{SAID} "), written(settled, "agents.yml", SAID), sheet,
                                    {**given, "state": "replaced"}, {**given, "update_password": "always"}]
    for count, each in enumerate(others, 1):
        assert answer(task(newest, settled, **each))["changed"] is False
        assert len(marks(settled)) == count


def test_a_host_that_is_asked_in_vain_is_shown_the_input(newest: Environment, settled: Path) -> None:
    given = written(settled, "agents.yml", SAID)
    task(newest, settled, **given)
    plain = trips(task(newest, settled, "-vvv", "--check", **given))
    (settled / "switchboard/numbers.conf").write_text("")
    shown = task(newest, settled, "-vvv", "--check", **given)
    assert trips(shown) == plain + 1 and answer(shown)["drifted"] == ["numbers.conf"] and "unknown" not in answer(shown)


def test_what_the_host_reads_by_itself_goes_there_once(newest: Environment, settled: Path) -> None:
    task(newest, settled, **written(settled, "agents.json", SAID))
    there = task(newest, settled, "-vvv", **written(settled, "agents.json", SAID))
    here = task(newest, settled, "-vvv", **written(settled, "agents.yml", SAID))
    assert trips(there) < trips(here) and "test -e" not in there and answer(there) == answer(here)
    for wrong in ('[{"username": "ben",\n}]', "[" * 100_000, "[1e999]", ""):
        shown = task(newest, settled, fails=True, **written(settled, "agents.json", wrong))
        assert "agents.json: " in shown and "Traceback" not in shown
    (settled / "people/agents.json").write_bytes(b'[{"username": "b\xff"}]')
    assert "agents.json: line 1: is not UTF-8" in task(newest, settled, fails=True, config_file="people/agents.json")


@pytest.mark.parametrize("said", ['"avatar": "ben.png"', r'"\u0061vatar": "ben.png"', r'"\u0061\u0076atar": "ben.png"'])
def test_pictures_are_named_on_the_controller_however_they_are_written(newest: Environment, settled: Path, said: str) -> None:
    shown = task(newest, settled, fails=True, **written(settled, "agents.json", f'[{{"username": "ben", {said}}}]'))
    assert "agents.json: item 1: agent 'ben': avatar: " in shown and "sha256" not in shown


def test_what_a_full_run_would_refuse_is_refused(ansible: Environment, settled: Path) -> None:
    given = written(settled, "agents.json", SAID)
    task(ansible, settled, **given)
    known = marks(settled)
    (settled / "credentials.yml").write_text("- no file of ours")
    assert "is not a YAML file of ours" in task(ansible, settled, fails=True, **given)
    (settled / "credentials.yml").unlink()
    (settled / "key").write_text("open sesame")
    (settled / "other").write_text("open says me")
    ansible.run("ansible-vault", "encrypt", "--vault-password-file", "key", "people/agents.json", cwd=settled)
    task(ansible, settled, "--vault-password-file", "key", **given)
    assert marks(settled) == known
    assert "ecrypt" in task(ansible, settled, "--vault-password-file", "other", fails=True, **given)
    (settled / "people/agents.json").unlink()
    assert "agents.json" in task(ansible, settled, fails=True, **given)


def test_values_that_only_reading_decrypts(ansible: Environment, settled: Path) -> None:
    (settled / "key").write_text("open sesame")
    (settled / "other").write_text("open says me")
    sealed = ansible.run("ansible-vault", "encrypt_string", "--vault-password-file", "key", "--name", "full_name", "Ben Ek", cwd=settled)
    given = written(settled, "agents.yml", f"- username: ben\n  {sealed[sealed.index('full_name'):].partition('Encryption')[0]}\n")
    shown = task(ansible, settled, "-vvv", "--vault-password-file", "key", **given)
    assert answer(shown)["changed"] is False and not marks(settled) and "test -e" not in shown
    assert "ecrypt" in task(ansible, settled, "--vault-password-file", "other", fails=True, **given)


def test_seeds_of_runs_that_failed_are_recovered_first(newest: Environment, settled: Path) -> None:
    given = written(settled, "agents.json", SAID)
    task(newest, settled, **given)
    task(newest, settled, fails=True, config=[{**BEN, "username": "cleo"}])        # there is no Asterisk to make it live
    assert len(list(settled.glob("credentials.yml.pending-*"))) == 1
    task(newest, settled, **given)
    assert not list(settled.glob("credentials.yml.pending-*"))


def test_what_a_dry_play_left_undone_counts(newest: Environment, settled: Path) -> None:
    given = written(settled, "agents.json", SAID)
    task(newest, settled, **{**given, "credentials_file": None})
    common = {"store": str(settled / "state"), "asterisk_config_dir": str(settled)}
    tasks = [{"switchboard.asterisk.agents": {**common, **each}, "register": "done", "failed_when": f"(done is changed) != {change}"}
             for each, change in ((given, False), ({"config": [{"username": "ben", "full_name": "Another"}]}, True), (given, True))]
    (settled / "play.json").write_text(json.dumps([{"hosts": "pbx", "gather_facts": False, "tasks": tasks}]))
    newest.run("ansible-playbook", "--check", "-i", "pbx,", "-c", "local", "-e", f"ansible_python_interpreter={newest.home}/bin/python", "play.json",
                cwd=settled)


# Import

OLD = f"""\
[1001]
type=friend
host=dynamic
secret={PASSWORD}
callerid=Anna Svensson <1001>
mailbox=1001
[1002]
type=friend
host=dynamic
secret={PASSWORD}
accountcode=x
"""


def parse(ansible: Environment, home: Path, *options: str, module: str = "agents", fails: bool = False, **arguments: Any) -> str:
    """What a user sees of an import, in a play for a host that is not there."""
    (home / "sip.conf").write_text(OLD)
    (home / "voicemail.conf").write_text(f"[default]\n1001 => {PIN},Anna Svensson\n")
    (home / "key").write_text("open sesame")
    arguments = {"state": "parsed", "sources": ["sip.conf", "voicemail.conf"], **arguments}
    command = ["ansible", "nowhere.invalid", "-i", "nowhere.invalid,", "--vault-id", "mine@key", *options,
               "-m", f"switchboard.asterisk.{module}", "-a", json.dumps(arguments)]
    if not fails:
        return ansible.run(*command, cwd=home)
    with pytest.raises(AssertionError) as shown:
        ansible.run(*command, cwd=home)
    return str(shown.value)


def test_parsed_returns_items_and_report_without_secrets(ansible: Environment, home: Path) -> None:
    shown = parse(ansible, home, "-vvv")
    answer = json.loads(shown[shown.index("{", shown.index("SUCCESS")):].rpartition("}")[0] + "}")
    assert answer["changed"] is False and [each["username"] for each in answer["parsed"]] == ["anna.svensson"] and "sip_password" not in answer["parsed"][0]
    assert answer["report"]["counts"] == {"agents": 1, "extensions": 1, "queues": 0, "not_carried_over": 1, "changed_in_meaning": 0}
    assert answer["report"]["not_carried_over"][0] == {
        "file": "sip.conf", "option": "accountcode", "why": "call records carry the line's own name", "count": 1, "where": ["line 11 [1002]"]}
    assert PASSWORD not in shown and PIN not in shown
    assert "phone-1002" in parse(ansible, home, module="extensions")


def test_parsed_writes_what_config_file_takes_and_only_when_it_changes(ansible: Environment, home: Path) -> None:
    dest, report = home / "agents.yml", home / "report.md"
    assert "CHANGED" in parse(ansible, home, "--check", dest="agents.yml", report_file="report.md") and not dest.exists() and not report.exists()
    assert "CHANGED" in parse(ansible, home, dest="agents.yml", report_file="report.md")
    assert yaml.safe_load(dest.read_text())["agents"][0]["voicemail_pin"] == PIN and dest.stat().st_mode & 0o777 == 0o600
    assert report.read_text().startswith("# Import") and PASSWORD not in report.read_text()
    assert "SUCCESS" in parse(ansible, home, dest="agents.yml", report_file="report.md")
    assert "CHANGED" in parse(ansible, home, dest="agents.yml", import_as="extensions") and yaml.safe_load(dest.read_text()) == {"agents": []}


def test_parsed_writes_a_vault_and_reads_vaulted_sources(ansible: Environment, home: Path) -> None:
    dest = home / "agents.yml"
    assert "CHANGED" in parse(ansible, home, dest="agents.yml", credentials_vault_id="mine")
    first = dest.read_text()
    assert first.startswith("$ANSIBLE_VAULT;1.2;AES256;mine\n")
    assert "SUCCESS" in parse(ansible, home, dest="agents.yml", credentials_vault_id="mine") and dest.read_text() == first
    assert "is encrypted: name the credentials_vault_id" in parse(ansible, home, fails=True, dest="agents.yml")
    assert "CHANGED" in parse(ansible, home, dest="agents.yml", credentials_vault_id="mine", import_as="extensions")
    (home / "users.conf").write_text(f"[1003]\nhassip=yes\nfullname=Bo\nsecret={PASSWORD}\n")
    ansible.run("ansible-vault", "encrypt", "--vault-id", "mine@key", "users.conf", cwd=home)
    assert '"username": "bo"' in parse(ansible, home, sources=["users.conf"])


@pytest.mark.parametrize(("arguments", "told"), [
    ({"sources": []}, "sources: is needed for state parsed"), ({"config": []}, "config: does not go with state parsed"),
    ({"sources": ["nosuch.conf"]}, "nosuch.conf"), ({"sources": ["key"]}, "key: cannot tell what it is"),
    ({"import_as": "people"}, "import_as must be one of: auto"),
    ({"dest": "none/agents.yml"}, "dest: .*none must be an existing folder"), ({"number_range": "1-2"}, "number_range: must be LOWEST-HIGHEST"),
    ({"state": "merged"}, "sources: goes with state parsed"), ({"nosuch": 1}, "nosuch"), ({"sources": ["."]}, r"cannot tell what it is|directory"),
    ({"sources": ["old.csv"]}, "old.csv: is a folder"),
])
def test_parsed_refuses(newest: Environment, home: Path, arguments: dict[str, Any], told: str) -> None:
    (home / "old.csv").mkdir()
    shown = parse(newest, home, fails=True, **arguments)
    assert re.search(told, shown.partition("ended with")[2]) and "Traceback" not in shown
