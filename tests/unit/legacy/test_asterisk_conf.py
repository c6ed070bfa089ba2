# SPDX-License-Identifier: GPL-3.0-or-later
"""Asterisk's configuration language: what a file says, and what is told of what it cannot say."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plugin_utils.legacy.asterisk_conf import Conf, parse
from plugin_utils.people import Unreadable


def read(text: str | bytes) -> Conf:
    return parse("/old/sip.conf", lambda _path: text if isinstance(text, bytes) else text.encode())


def said(text: str) -> dict[str, list[tuple[str, str]]]:
    return {each.name: [(option.name, option.value) for option in each.options] for each in read(text).plain()}


def options(text: str) -> list[tuple[str, str]]:
    return said(f"[x]\n{text}\n")["x"]


def refused(text: str | bytes) -> str:
    with pytest.raises(Unreadable) as wrong:
        read(text)
    return str(wrong.value)


@pytest.mark.parametrize(("text", "meant"), [
    ("a=b", [("a", "b")]), (" a = b ", [("a", "b")]), ("a => b", [("a", "b")]), ("a=>b", [("a", "b")]), ("a = > b", [("a", "> b")]), ("a=b=c", [("a", "b=c")]),
    ("a=", [("a", "")]), ("a\t=\tb\r", [("a", "b")]), ("a=b ; c", [("a", "b")]), ("a=b;c", [("a", "b")]), (r"a=b\;c", [("a", "b;c")]),
    (r"a=\;\;c ; d", [("a", ";;c")]), ("; a=b", []), ("", []), ("a=1\na=2", [("a", "1"), ("a", "2")]), ("a=1\na+=2", [("a", "12")]),
    ("a=1\na += 2", [("a", "1 2")]), ("a+=1", [("a", "1")]), (r"\[a=b", [("[a", "b")]), (r"\=a=b", [("=a", "b")]), ("a=b\0c", [("a", "b")]),
    ("a=\xa0b", [("a", "\xa0b")]),
])
def test_options(text: str, meant: list[tuple[str, str]]) -> None:
    assert options(text) == meant


@pytest.mark.parametrize(("text", "meant"), [
    (";-- a=1\nb=2\n--;\nc=3", [("c", "3")]), ("a=1 ;-- x --; 2", [("a", "1  2")]), (";--\n;--\n--;\na=1\n--;\nb=2", [("b", "2")]),
    (";----- a=1\nb=2", [("b", "2")]),
    (";-- a --;b=2", [("b", "2")]), ("a=1;--\nb=2\n--; c=3", [("a", "1"), ("c", "3")]), (";---\na=1", [("a", "1")]),
    (";--\na=1 ; it is\n--;\nb=2", [("b", "2")]),
    ("a=1\n;--\nb=2", [("a", "1")]),
])
def test_block_comments(text: str, meant: list[tuple[str, str]]) -> None:
    assert options(text) == meant


def test_templates_are_inherited_from_in_order_and_are_no_sections() -> None:
    assert said("[a](!)\nx=1\n[b](!,a)\ny=2\n[c](a,b)\nx=3\n") == {"c": [("x", "1"), ("x", "1"), ("y", "2"), ("x", "3")]}


def test_a_section_can_be_inherited_from_too_and_names_are_the_same_in_any_case() -> None:
    assert said("[A]\nx=1\n[b](a)\n") == {"A": [("x", "1")], "b": [("x", "1")]}


def test_a_template_is_inherited_as_it_was_at_that_line() -> None:
    assert said("[a](!)\nx=1\n[b](a)\n[a](+)\ny=2\n[c](a)\n") == {"b": [("x", "1")], "c": [("x", "1"), ("y", "2")]}


def test_additions() -> None:
    assert said("[a]\nx=1\n[b]\n[a](+)\ny=2\n") == {"a": [("x", "1"), ("y", "2")], "b": []}


def test_a_section_named_twice_is_one_and_that_is_told() -> None:
    conf = read("[a]\nx=1\n[a]\ny=2\n")
    assert [(each.name, len(each.options)) for each in conf.plain()] == [("a", 2)]
    assert [(each.line, each.says) for each in conf.notes] == [(3, "section [a] stands there twice: its options were added to the first one's")]


def test_places_are_those_where_it_was_written() -> None:
    (section,) = read("[a](!)\nx=1\n;--\n--;\n[b](a)\n\ny=2\n").plain()
    assert [each.place for each in section.options] == ["sip.conf: line 2", "sip.conf: line 7"] and section.line == 5


@pytest.mark.parametrize(("text", "told"), [
    ("a=1", "line 1: an option stands before any section"), ("\n[a", "line 2: a section's name has no closing ]"),
    ("[a](b", "line 1: what a section inherits from has no closing )"), ("[a](b)", r"line 1: inherits from section [b], which is not there yet"),
    ("[a](+)", "line 1: adds to section [a], which is not there yet"), ("[a]\n[a](+x=y)", "line 2: a filter behind + is not known"),
    ("[a]\n\\ =1", "line 2: a line begins with a backslash that escapes nothing"), ("[a]\n\\", "line 2: a line begins with a backslash"),
    ("[a]\nx=1 --;", "line 2: ends a block comment that nothing began"), (";--" * 200, "line 1: block comments are nested too deeply"),
    (b"[a]\nx=\xe5", "line 2: is not UTF-8: convert the file first"),
])
def test_what_asterisk_would_not_load(text: str | bytes, told: str) -> None:
    assert refused(text).startswith("sip.conf: ") and told in refused(text)


@pytest.mark.parametrize(("text", "told"), [
    ("hunter2", "has no '='"), ("=1", "has no name before '='"), ("#exec /bin/true", "#exec: a program's output is not read"),
    ("#nonsense x", "a directive that"),
    ("#include", "#include names no file"), ("x=" + "y" * 9000, "is longer than Asterisk reads"), (";--", "a block comment that begins here is never ended"),
    ("[y] (z)", "what stands behind a section's ] is not read"),
])
def test_what_asterisk_goes_on_from_is_noted(text: str, told: str) -> None:
    (note,) = read(f"[x]\n{text}\n").notes
    assert (note.file, note.line) == ("sip.conf", 2) and told in note.says and "hunter2" not in note.says


def test_a_byte_order_mark_is_no_text() -> None:
    assert [each.name for each in read(b"\xef\xbb\xbf[a]\n").plain()] == ["a"]


@pytest.fixture(name="folder")
def folder_fixture(tmp_path: Path) -> Path:
    (tmp_path / "etc/sip.d").mkdir(parents=True)
    (tmp_path / "outside.conf").write_text("[outside]\n")
    return tmp_path / "etc"


def load(path: str) -> bytes:
    return Path(path).read_bytes()


@pytest.mark.parametrize("line", ["#include more.conf", '#include "more.conf"', "#include <more.conf>", "#tryinclude more.conf", "#INCLUDE more.conf",
                                  "#include /etc/asterisk/more.conf", "#include /somewhere/more.conf", "#include m*.conf"])
def test_files_beside_it_are_included(folder: Path, line: str) -> None:
    (folder / "sip.conf").write_text(f"[a]\nx=1\n{line}\nz=3\n")
    (folder / "more.conf").write_text("y=2\n[b]\n")
    first, second = parse(str(folder / "sip.conf"), load).plain()
    assert [(each.name, each.place) for each in first.options] == [("x", "sip.conf: line 2"), ("y", "more.conf: line 1")]
    assert [(each.name, each.place) for each in second.options] == [("z", "sip.conf: line 4")]


def test_all_files_of_a_folder_are_included_in_order(folder: Path) -> None:
    (folder / "sip.conf").write_text("#include sip.d/*.conf\n")
    for name in "ba":
        (folder / f"sip.d/{name}.conf").write_text(f"[{name}]\n")
    assert [(each.name, each.file) for each in parse(str(folder / "sip.conf"), load).plain()] == [("a", "sip.d/a.conf"), ("b", "sip.d/b.conf")]


@pytest.mark.parametrize(("line", "told"), [
    ("#include none.conf", "includes none.conf, which is not beside it"), ("#include ../outside.conf", "outside of the file's own folder"),
    ("#include link.conf", "outside of the file's own folder"), ("#include sip.conf", "includes files more than 10 deep"),
    ("#include sip.d", "includes sip.d, which is not beside it"),
])
def test_includes_that_cannot_be(folder: Path, line: str, told: str) -> None:
    (folder / "link.conf").symlink_to(folder.parent / "outside.conf")
    (folder / "sip.conf").write_text(f"[a]\n{line}\n")
    with pytest.raises(Unreadable, match=r"sip.conf: line 2: ") as wrong:
        parse(str(folder / "sip.conf"), load)
    assert told in str(wrong.value)


def test_tryinclude_of_nothing_is_noted(folder: Path) -> None:
    (folder / "sip.conf").write_text("#tryinclude none.conf\n")
    assert [each.says for each in parse(str(folder / "sip.conf"), load).notes] == ["#tryinclude: there is no none.conf beside it"]


@given(st.text(alphabet="[]()!+,;-\\#=> \n\tab\0é", max_size=80))
def test_any_text_is_read_or_refused_with_its_line(text: str) -> None:
    try:
        conf = read(text)
    except Unreadable as wrong:
        assert str(wrong).startswith("sip.conf: line ")
    else:
        assert all(each.line <= text.count("\n") + 1 for section in conf.sections for each in section.options)


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused_with_their_line(text: bytes) -> None:
    try:
        read(text)
    except Unreadable as wrong:
        assert str(wrong).startswith("sip.conf: line ")


def test_ten_thousand_sections_cost_ten_times_a_thousand() -> None:
    text = "[line](!)\n" + "x=1\n" * 10 + "".join(f"[{count}](line)\nsecret=x{count}\n" for count in range(10_000))
    assert len(read(text).plain()) == 10_000
