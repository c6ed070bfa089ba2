# SPDX-License-Identifier: GPL-3.0-or-later
"""Writing resources to a file of the controller: private, whole, and only when something changes."""

from __future__ import annotations

import base64
import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from plugin_utils.credentials import Unwritable
from plugin_utils.export import COMMON, File, as_text
from plugin_utils.people import read


def seal(text: str) -> bytes:
    return b"SEALED " + base64.b64encode(os.urandom(3) + text.encode())


def opened(text: bytes) -> str:
    return base64.b64decode(text[7:])[3:].decode() if text.startswith(b"SEALED ") else text.decode()


def plain(path: Path, mode: int = 0o600) -> File:
    return File(str(path), "dest", str.encode, opened, mode)


def test_written_once_and_privately(tmp_path: Path) -> None:
    path = tmp_path / "agents.yml"
    assert [plain(path).write("a\n", False, False) for _each in range(2)] == [True, False]
    assert path.read_text() == "a\n" and path.stat().st_mode & 0o777 == 0o600 and os.listdir(tmp_path) == ["agents.yml"]
    assert plain(path).write("b\n", False, False) and path.read_text() == "b\n"


def test_check_mode_writes_nothing(tmp_path: Path) -> None:
    assert plain(tmp_path / "agents.yml").write("a\n", False, True) and plain(tmp_path / "none/agents.yml").write("a\n", False, True)
    assert os.listdir(tmp_path) == []


def test_a_file_that_others_can_read_is_mended(tmp_path: Path) -> None:
    path = tmp_path / "agents.yml"
    path.write_text("a\n")
    path.chmod(0o644)
    assert plain(path).write("a\n", False, False) and path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o644)
    assert not plain(path, COMMON).write("a\n", False, False)


def test_a_vaulted_file_is_compared_by_what_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "agents.yml"
    vaulted = File(str(path), "dest", seal, opened)
    assert vaulted.write("a\n", True, False)
    before = path.read_bytes()
    assert not vaulted.write("a\n", True, False) and path.read_bytes() == before
    assert vaulted.write("b\n", True, False) and opened(path.read_bytes()) == "b\n"
    path.write_text("b\n")
    assert vaulted.write("b\n", True, False) and path.read_bytes().startswith(b"SEALED ")


def test_what_stood_there_is_replaced_even_when_it_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "agents.yml"
    path.write_bytes(b"\xff")
    assert plain(path).write("a\n", False, False) and path.read_text() == "a\n"


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(Unwritable, match="dest: .*none must be an existing folder"):
        plain(tmp_path / "none/agents.yml").write("a\n", False, False)
    with pytest.raises(Unwritable, match="dest: .*: Is a directory"):
        plain(tmp_path).write("a\n", False, False)


def test_what_a_killed_run_left_is_no_hindrance(tmp_path: Path) -> None:
    (tmp_path / "agents.yml.new").write_text("half")
    assert plain(tmp_path / "agents.yml").write("a\n", False, False) and os.listdir(tmp_path) == ["agents.yml"]


CHARACTERS = st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufeff\u2028\u2029")
VALUES = st.text(CHARACTERS, max_size=20) | st.booleans() | st.integers(0, 10 ** 6)
ITEMS: Any = st.lists(st.dictionaries(st.sampled_from(["username", "number", "x"]), VALUES), max_size=3)


@given(ITEMS)
def test_what_is_written_reads_back(items: list[dict[str, Any]]) -> None:
    text = as_text("agents", items)
    assert yaml.safe_load(text) == {"agents": items}
    back, _places = read("agents.yml", text.encode(), "agents", str)
    assert [{name: str(each) for name, each in item.items()} for item in back] == [
        {name: str(each).lower() if isinstance(each, bool) else str(each) for name, each in item.items()} for item in items]


@pytest.mark.parametrize("text", ["0712", "no", "null", "~", "", "12:30", "+46", "!x", "# x", "a: b", " a ", "'", "1e3", "{{ x }}", "\U0001f600"])
def test_text_stays_text(text: str) -> None:
    assert read("a.yml", as_text("agents", [{"x": text}]).encode(), "agents", str)[0] == [{"x": text}]
