# SPDX-License-Identifier: GPL-3.0-or-later
"""The file that generated secrets are written to: nothing is lost, nobody else reads it."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from plugin_utils.credentials import Credentials, Unwritable


def ledger(path: Path, seal: Callable[[str], bytes] = str.encode, opened: Callable[[bytes], str] = bytes.decode) -> Credentials:
    return Credentials(str(path), seal, opened)


def content(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "credentials.yml"


def test_merges_by_host_resource_key_and_field(path: Path) -> None:
    for host, plural, fresh in [("h1", "agents", {"anna": {"sip_password": "a: #1"}}),
        ("h1", "agents", {"anna": {"voicemail_pin": "0712"}, "ben": {"sip_password": "b"}}),
                                ("h2", "agents", {"anna": {"sip_password": {"md5": "x"}}}), ("h1", "extensions", {"on": {"sip_password": "\u00e5\u2028"}}),
                                ("h1", "agents", {"ben": {"sip_password": "c"}})]:
        ledger(path).begin(host, plural, False)
        ledger(path).finish(host, plural, fresh)
    assert content(path) == {"h1": {"agents": {"anna": {"sip_password": "a: #1", "voicemail_pin": "0712"}, "ben": {"sip_password": "c"}},
        "extensions": {"on": {"sip_password": "\u00e5\u2028"}}},
                             "h2": {"agents": {"anna": {"sip_password": {"md5": "x"}}}}}
    assert sorted(each.name for each in path.parent.iterdir()) == ["credentials.yml"]


def test_modes(path: Path) -> None:
    old = os.umask(0)
    try:
        ledger(path).begin("h", "agents", False)
        assert Path(f"{path}.pending").stat().st_mode & 0o777 == 0o600
        ledger(path).finish("h", "agents", {"a": {"x": "y"}})
        assert path.stat().st_mode & 0o777 == 0o600
    finally:
        os.umask(old)


def test_nothing_made_writes_no_file(path: Path) -> None:
    ledger(path).begin("h", "agents", False)
    ledger(path).finish("h", "agents", {})
    assert not list(path.parent.iterdir())


def test_check_mode_writes_nothing(path: Path) -> None:
    ledger(path).begin("h", "agents", True)
    assert not list(path.parent.iterdir())


def test_pending_seed_survives_a_run_that_ends_early(path: Path) -> None:
    seed, left = ledger(path).begin("h", "agents", False)
    assert len(seed) == 64 and not left
    assert ledger(path).begin("h", "agents", True) == ledger(path).begin("h", "agents", False) == (seed, True)
    assert ledger(path).begin("h", "extensions", False)[0] != seed != ledger(path).begin("other", "agents", False)[0]
    ledger(path).finish("h", "agents", {"a": {"x": "y"}})
    assert ledger(path).begin("h", "agents", False)[1] is False


def test_a_file_that_cannot_be_sealed_keeps_the_seed_and_the_old_file(path: Path) -> None:
    ledger(path).begin("h", "agents", False)
    ledger(path).finish("h", "agents", {"a": {"x": "old"}})
    seed, _left = ledger(path).begin("h", "agents", False)

    def broken(_text: str) -> bytes:
        raise OSError(28, "No space left on device")

    with pytest.raises(Unwritable, match="No space left on device"):
        ledger(path, broken).finish("h", "agents", {"a": {"x": "new"}})
    assert content(path) == {"h": {"agents": {"a": {"x": "old"}}}} and ledger(path).begin("h", "agents", False) == (seed, True)
    assert sorted(each.name for each in path.parent.iterdir()) == ["credentials.yml", "credentials.yml.pending"]


def test_vault_functions_are_used_for_both_files(path: Path) -> None:
    seal, opened = (lambda text: b"VAULT" + text.encode().hex().encode()), (lambda text: bytes.fromhex(text.removeprefix(b"VAULT").decode()).decode())
    seed, _left = ledger(path, seal, opened).begin("h", "agents", False)
    assert seed not in Path(f"{path}.pending").read_text(encoding="utf-8")
    ledger(path, seal, opened).finish("h", "agents", {"a": {"x": "secret"}})
    ledger(path, seal, opened).begin("h", "agents", False)
    ledger(path, seal, opened).finish("h", "agents", {"b": {"x": "other"}})
    assert path.read_bytes().startswith(b"VAULT")
    assert yaml.safe_load(opened(path.read_bytes())) == {"h": {"agents": {"a": {"x": "secret"}, "b": {"x": "other"}}}}


@pytest.mark.parametrize("text", ["- a list", "{", "\x00", "just text"])
def test_a_file_of_somebody_else_is_left_alone(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    with pytest.raises(Unwritable, match=r"credentials\.yml is not a YAML file of ours"):
        ledger(path).begin("h", "agents", False)
    assert path.read_text(encoding="utf-8") == text


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(Unwritable, match="must be an existing folder: No such file or directory"):
        ledger(tmp_path / "none" / "c.yml").begin("h", "agents", False)


def one_host(path: Path, host: str) -> None:
    for count in range(5):
        ledger(path).begin(host, "agents", False)
        ledger(path).finish(host, "agents", {f"a{count}": {"x": host}})


def test_processes_at_once_lose_nothing(path: Path) -> None:
    fork = multiprocessing.get_context("fork")
    hosts = [fork.Process(target=one_host, args=(path, f"h{count}")) for count in range(4)]
    for each in hosts:
        each.start()
    for each in hosts:
        each.join(30)
    assert [each.exitcode for each in hosts] == [0] * 4
    assert content(path) == {f"h{host}": {"agents": {f"a{count}": {"x": f"h{host}"} for count in range(5)}} for host in range(4)}
