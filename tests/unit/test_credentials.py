# SPDX-License-Identifier: GPL-3.0-or-later
"""The file that generated secrets are written to: nothing is lost, nobody else reads it."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from module_utils.model.secrets import digests, is_of
from plugin_utils.credentials import Credentials, Run, Unwritable

ROOT = Path(__file__).parents[2]


def ledger(path: Path, seal: Callable[[str], bytes] = str.encode, opened: Callable[[bytes], str] = bytes.decode) -> Credentials:
    return Credentials(str(path), seal, opened, is_of)


def ends_well(credentials: Credentials, host: str, plural: str, fresh: Any, check: bool = False) -> Run:
    with credentials.run(host, plural, check) as run:
        if not check:
            credentials.finish(host, plural, fresh, run)
    return run


def ends_early(credentials: Credentials, host: str, plural: str, check: bool = False) -> Run:
    with credentials.run(host, plural, check) as run:
        return run


def content(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def others(path: Path) -> list[str]:
    return sorted(each.name for each in path.parent.iterdir() if each != path)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "credentials.yml"


def test_merges_by_host_resource_key_and_field(path: Path) -> None:
    for host, plural, fresh in [("h1", "agents", {"anna": {"sip_password": "a: #1"}}),
                                ("h1", "agents", {"anna": {"voicemail_pin": "0712"}, "ben": {"sip_password": "b"}}),
                                ("h2", "agents", {"anna": {"sip_password": {"md5": "x"}}}), ("h1", "extensions", {"on": {"sip_password": "\u00e5\u2028"}}),
                                ("h1", "agents", {"ben": {"sip_password": "c"}})]:
        ends_well(ledger(path), host, plural, fresh)
    assert content(path) == {"h1": {"agents": {"anna": {"sip_password": "a: #1", "voicemail_pin": "0712"}, "ben": {"sip_password": "c"}},
                                    "extensions": {"on": {"sip_password": "\u00e5\u2028"}}},
                             "h2": {"agents": {"anna": {"sip_password": {"md5": "x"}}}}}
    assert others(path) == []


def test_modes(path: Path) -> None:
    old = os.umask(0)
    try:
        with ledger(path).run("h", "agents", False) as run:
            assert Path(run.files[0]).stat().st_mode & 0o777 == 0o600
            ledger(path).finish("h", "agents", {"a": {"x": "y"}}, run)
        assert path.stat().st_mode & 0o777 == 0o600
    finally:
        os.umask(old)


def test_nothing_made_writes_no_file(path: Path) -> None:
    ends_well(ledger(path), "h", "agents", {})
    assert not list(path.parent.iterdir())


def test_check_mode_writes_nothing(path: Path) -> None:
    ends_well(ledger(path), "h", "agents", {}, check=True)
    assert not list(path.parent.iterdir())


@pytest.mark.parametrize(("gathered", "kept"), [
    (digests("anna", "realm", "in clear 1"), "in clear 1"),
    ({**digests("anna", "realm", "in clear 1"), "untold": True}, "in clear 1"),
    (digests("anna", "realm", "another 1"), digests("anna", "realm", "another 1")),     # changed since, without this file
    (digests("ben", "realm", "in clear 1"), digests("ben", "realm", "in clear 1")),
    ("given 1", "given 1"),
])
def test_a_password_in_clear_stays_only_while_it_is_the_one_that_is_gathered(path: Path, gathered: Any, kept: Any) -> None:
    ends_well(ledger(path), "h", "agents", {"anna": {"sip_password": "in clear 1", "voicemail_pin": "0712"}})
    ledger(path).finish("h", "agents", {"anna": {"sip_password": gathered, "voicemail_pin": "0815"}}, Run("seed"))
    assert content(path)["h"]["agents"]["anna"] == {"sip_password": kept, "voicemail_pin": "0815"}


def test_a_link_stays_one(path: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    real = tmp_path / "elsewhere" / "real.yml"
    path.symlink_to(real)
    for fresh in ({"a": {"x": "y"}}, {"b": {"x": "z"}}):
        ends_well(ledger(path), "h", "agents", fresh)
    assert path.is_symlink() and content(real) == {"h": {"agents": {"a": {"x": "y"}, "b": {"x": "z"}}}}
    assert others(path) == ["elsewhere"] and others(real) == []


def test_a_seed_survives_a_run_that_ends_early(path: Path) -> None:
    early = ends_early(ledger(path), "h", "agents")
    assert len(early.seed) == 64 and early.recover == [] and others(path) == [Path(early.files[0]).name]
    for check in (True, False, False):      # a run that fails again leaves no second file
        again = ends_early(ledger(path), "h", "agents", check)
        assert again.recover == [early.seed] and again.files == early.files and others(path) == [Path(early.files[0]).name]
    for host, plural in (("h", "extensions"), ("other", "agents")):
        assert ends_well(ledger(path), host, plural, {}).recover == []
    ends_well(ledger(path), "h", "agents", {"a": {"x": "y"}})
    assert others(path) == [] and ends_well(ledger(path), "h", "agents", {}).recover == []


def test_a_run_that_is_alive_is_left_alone(path: Path) -> None:
    dead = ends_early(ledger(path), "h", "agents")
    with ledger(path).run("h", "agents", False) as heir:
        assert heir.recover == [dead.seed]
        second = ends_well(ledger(path), "h", "agents", {"b": {"x": "second"}})
        assert second.recover == [] and second.seed != heir.seed
        assert others(path) == [Path(dead.files[0]).name]
        third = ends_early(ledger(path), "h", "agents")
    last = ends_well(ledger(path), "h", "agents", {"a": {"x": "y"}})
    assert sorted(last.recover) == sorted([heir.seed, third.seed]) and others(path) == []


DIES = """
import sys
sys.path[:0] = ['plugins', '.cache/collections']
from plugin_utils.credentials import Credentials
with Credentials(sys.argv[1], str.encode, bytes.decode, None).run('h', 'agents', False) as run:
    print(run.seed, flush=True)
    sys.stdin.read()
"""


def test_overlapping_runs_of_which_one_is_killed(path: Path) -> None:
    """Neither the run that goes on nor the one that comes after may cost the killed one's people a password."""
    killed = subprocess.Popen([sys.executable, "-c", DIES, str(path)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert killed.stdin and killed.stdout
    seed = killed.stdout.readline().decode().strip()
    with ledger(path).run("h", "agents", False) as run:
        assert run.recover == [] and run.seed != seed
        killed.kill()
        killed.wait()
        ledger(path).finish("h", "agents", {"a": {"x": "y"}}, run)
    killed.stdin.close()
    killed.stdout.close()
    assert ends_well(ledger(path), "h", "agents", {}).recover == [seed] and others(path) == []


def test_a_pending_file_that_somebody_emptied_is_nothing_to_recover(path: Path) -> None:
    early = ends_early(ledger(path), "h", "agents")
    Path(early.files[0]).write_text("", encoding="utf-8")
    with ledger(path).run("h", "agents", False) as run:
        assert run.recover == [] and run.seed != early.seed and len(others(path)) == 2
        ledger(path).finish("h", "agents", {}, run)
    assert others(path) == []


def test_a_file_that_cannot_be_sealed_keeps_the_seed_and_the_old_file(path: Path) -> None:
    ends_well(ledger(path), "h", "agents", {"a": {"x": "old"}})

    def broken(_text: str) -> bytes:
        raise OSError(28, "No space left on device")

    with ledger(path).run("h", "agents", False) as run, pytest.raises(Unwritable, match="No space left on device"):
        ledger(path, broken).finish("h", "agents", {"a": {"x": "new"}}, run)
    assert content(path) == {"h": {"agents": {"a": {"x": "old"}}}} and others(path) == [Path(run.files[0]).name]
    assert ends_early(ledger(path), "h", "agents").recover == [run.seed]


def test_vault_functions_are_used_for_both_files(path: Path) -> None:
    seal, opened = (lambda text: b"VAULT" + text.encode().hex().encode()), (lambda text: bytes.fromhex(text.removeprefix(b"VAULT").decode()).decode())
    with ledger(path, seal, opened).run("h", "agents", False) as run:
        assert run.seed not in Path(run.files[0]).read_text(encoding="utf-8")
    with ledger(path, seal, opened).run("h", "agents", False) as again:
        assert again.recover == [run.seed]
        ledger(path, seal, opened).finish("h", "agents", {"a": {"x": "secret"}}, again)
    ends_well(ledger(path, seal, opened), "h", "agents", {"b": {"x": "other"}})
    assert path.read_bytes().startswith(b"VAULT")
    assert yaml.safe_load(opened(path.read_bytes())) == {"h": {"agents": {"a": {"x": "secret"}, "b": {"x": "other"}}}}


@pytest.mark.parametrize("text", ["- a list", "{", "\x00", "just text"])
def test_a_file_of_somebody_else_is_left_alone(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    with pytest.raises(Unwritable, match=r"credentials\.yml is not a YAML file of ours"):
        ends_early(ledger(path), "h", "agents")
    assert path.read_text(encoding="utf-8") == text and others(path) == []


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(Unwritable, match="must be an existing folder: No such file or directory"):
        ends_early(ledger(tmp_path / "none" / "c.yml"), "h", "agents")


def one_host(path: Path, host: str) -> None:
    for count in range(5):
        ends_well(ledger(path), host, "agents", {f"a{count}": {"x": host}})


def test_processes_at_once_lose_nothing(path: Path) -> None:
    fork = multiprocessing.get_context("fork")
    hosts = [fork.Process(target=one_host, args=(path, f"h{count}")) for count in range(4)]
    for each in hosts:
        each.start()
    for each in hosts:
        each.join(30)
    assert [each.exitcode for each in hosts] == [0] * 4
    assert content(path) == {f"h{host}": {"agents": {f"a{count}": {"x": f"h{host}"} for count in range(5)}} for host in range(4)}
    assert others(path) == []
