# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asterisk's configuration language, as main/config.c reads it: files to sections of options, each with its place.

What that one logs and goes on from is noted here; what makes it drop a whole file is an error here.
"""
from __future__ import annotations

import glob
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Optional

from ansible_collections.switchboard.asterisk.plugins.module_utils.model.errors import Unreadable

BLANK = "".join(map(chr, range(33)))    # what Asterisk takes off both ends
LONGEST = 8190                          # bytes of a line; a longer one is skipped
DEEPEST = 10                            # files that include one another
NESTED = 128                            # block comments in block comments
SYSTEM = "/etc/asterisk/"               # where an absolute path was when the file was in use


@dataclass
class Option:
    name: str
    value: str
    file: str
    line: int
    fate: str = ""          # what became of it; once the import is through, every option has one
    shown: str = ""         # what it is called where it was written, if not by its name

    @property
    def place(self) -> str:
        return f"{self.file}: line {self.line}"

    @property
    def called(self) -> str:
        return self.shown or self.name


@dataclass
class Section:
    name: str
    file: str
    line: int
    template: bool = False
    options: list[Option] = field(default_factory=list)
    inherited: int = 0      # how often it was inherited from

    def is_called(self, name: str) -> bool:
        return self.name.lower() == name.lower()


@dataclass
class Note:
    file: str
    line: int
    says: str


@dataclass
class Conf:
    sections: list[Section] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    def plain(self) -> list[Section]:
        """Without templates; sections of one name are one, as they are to Asterisk's modules."""
        found: dict[str, Section] = {}
        for each in self.sections:
            if each.template:
                continue
            known = found.setdefault(each.name, each)
            if known is not each:
                self.notes.append(Note(each.file, each.line, f"section [{shown(each.name)}] stands there twice: its options were added to the first one's"))
                known.options += each.options
        return list(found.values())


def parse(path: str, load: Callable[[str], bytes]) -> Conf:
    """A file and what it includes from its own folder. `load` gives a file's bytes. Raises Unreadable, naming file and line."""
    return Reader(os.path.dirname(os.path.abspath(path)), load).read(path)


class Reader:
    def __init__(self, folder: str, load: Callable[[str], bytes]) -> None:
        self.folder, self.load, self.conf = folder, load, Conf()
        self.named: dict[str, list[Section]] = {}
        self.section: Optional[Section] = None      # the one that options go to

    def read(self, path: str) -> Conf:
        self.file(path, [])
        return self.conf

    def file(self, path: str, within: list[str]) -> None:
        name = os.path.relpath(os.path.abspath(path), self.folder)
        text = decoded(name, self.load(path))
        for line, said in uncommented(name, text, self.conf.notes):
            self.statement(name, line, said, [*within, path])

    def statement(self, file: str, line: int, said: str, within: list[str]) -> None:
        if said[0] == "[":
            self.header(file, line, said)
        elif said[0] == "#":
            self.directive(file, line, said, within)
        else:
            self.option(file, line, said)

    def note(self, file: str, line: int, says: str) -> None:
        self.conf.notes.append(Note(file, line, says))

    def header(self, file: str, line: int, said: str) -> None:
        name, bracket, rest = said[1:].partition("]")
        if not bracket:
            raise wrong(file, line, "a section's name has no closing ]")
        fresh, adding = Section(name, file, line), False
        if rest.startswith("("):
            listed, bracket, _ignored = rest[1:].partition(")")
            if not bracket:
                raise wrong(file, line, "what a section inherits from has no closing )")
            for each in listed.split(","):
                if each == "!":
                    fresh.template = True
                elif each.startswith("+"):
                    if each != "+":
                        raise wrong(file, line, "a filter behind + is not known to this import: name the section another way")
                    known = self.known(name)
                    if known is None:
                        raise wrong(file, line, f"adds to section [{shown(name)}], which is not there yet")
                    known.options += fresh.options
                    known.template |= fresh.template
                    fresh, adding = known, True
                else:
                    base = self.known(each)
                    if base is None:
                        raise wrong(file, line, f"inherits from section [{shown(each)}], which is not there yet")
                    base.inherited += 1
                    fresh.options += [replace(one) for one in base.options]
        elif rest:
            self.note(file, line, "what stands behind a section's ] is not read: there must be no space before (")
        self.section = fresh
        if not adding:
            self.conf.sections.append(fresh)
            self.named.setdefault(name.lower(), []).append(fresh)

    def known(self, name: str) -> Optional[Section]:
        """The first section of that name; a template only where there is no other."""
        return min(self.named.get(name.lower(), ()), key=lambda each: each.template, default=None)

    def directive(self, file: str, line: int, said: str, within: list[str]) -> None:
        word, _space, rest = said[1:].replace("\t", " ").partition(" ")
        word, asked = word.lower(), rest.strip(BLANK)
        if word == "exec":
            self.note(file, line, "#exec: a program's output is not read; put it into a file and include that")
        elif word not in ("include", "tryinclude"):
            self.note(file, line, "a directive that Asterisk does not know: skipped")
        elif not asked:
            self.note(file, line, f"#{word} names no file: skipped")
        else:
            if asked[0] in "\"<" and asked.endswith(">" if asked[0] == "<" else '"') and len(asked) > 1:
                asked = asked[1:-1]
            if len(within) >= DEEPEST:
                raise wrong(file, line, f"includes files more than {DEEPEST} deep: do they include one another?")
            paths = self.beside(file, line, asked)
            if not paths and word == "include":
                raise wrong(file, line, f"includes {shown(asked)}, which is not beside it: put it there, or take the line out")
            if not paths:
                self.note(file, line, f"#tryinclude: there is no {shown(asked)} beside it")
            for path in paths:
                self.file(path, within)

    def beside(self, file: str, line: int, asked: str) -> list[str]:
        """The files that are meant, all of them in the folder of the first one."""
        if asked.startswith("/"):       # where it was on the old host
            asked = asked[len(SYSTEM):] if asked.startswith(SYSTEM) else os.path.basename(asked)
        top = os.path.realpath(self.folder)
        found = []
        if "\0" not in asked:
            found = sorted(each for each in glob.glob(os.path.join(glob.escape(self.folder), asked)) if os.path.isfile(each))
        for each in found:
            if not os.path.realpath(each).startswith(top + os.sep):
                raise wrong(file, line, f"includes {shown(asked)}, which is outside of the file's own folder")
        return found

    def option(self, file: str, line: int, said: str) -> None:
        if self.section is None:
            raise wrong(file, line, "an option stands before any section")
        escaped = said[0] == "\\"
        if escaped:
            said = said[1:]
            if not said or said[0] <= " ":
                raise wrong(file, line, "a line begins with a backslash that escapes nothing")
        name, equals, value = said[escaped:].partition("=")
        name = said[:escaped] + name
        if not equals:
            self.note(file, line, "has no '=': skipped, as Asterisk does")
            return
        adding = name.endswith("+") and len(name) > 1
        name = name[:-1].strip(BLANK) if adding else name.strip(BLANK)
        value = value[1:] if value.startswith(">") and not adding else value
        if not name:
            self.note(file, line, "has no name before '=': skipped, as Asterisk does")
            return
        options = self.section.options
        before = next((each for each in reversed(options) if each.name == name), None) if adding else None
        if before is not None:
            at = options.index(before)
            options[at] = Option(name, (before.value + value).strip(BLANK), file, line)
        else:
            options.append(Option(name, value.strip(BLANK), file, line))


def wrong(file: str, line: int, says: str) -> Unreadable:
    return Unreadable(f"{file}: line {line}: {says}")


def shown(name: str) -> str:
    """A name from a file, fit for a line of an error or a report."""
    return "".join(each if each.isprintable() else "?" for each in name[:60])


def decoded(name: str, text: bytes) -> str:
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = text[:problem.start].count(10) + 1
        raise wrong(name, line, "is not UTF-8: convert the file first, such as with iconv -f latin1 -t utf-8") from None


def uncommented(file: str, text: str, notes: list[Note]) -> Iterator[tuple[int, str]]:
    """(line, what it says) of the lines that say something."""
    begun: list[int] = []       # the lines of block comments that are open
    for line, whole in enumerate(text.split("\n"), 1):
        said = whole.partition("\0")[0]
        if len(said) > LONGEST // 4 and len(said.encode()) > LONGEST:
            notes.append(Note(file, line, "is longer than Asterisk reads: skipped, as it does"))
            continue
        kept = ""
        while True:
            at = said.find(";")
            if at < 0:
                kept += "" if begun else said
                break
            if at > 0 and said[at - 1] == "\\":
                kept += "" if begun else said[:at - 1] + ";"
                said = said[at + 1:]
            elif said.startswith("--", at + 1) and not said.startswith("-", at + 3):
                kept += "" if begun else said[:at]
                if len(begun) == NESTED:
                    raise wrong(file, line, "block comments are nested too deeply")
                begun.append(line)
                said = said[at + 3:]
            elif at > 1 and said.startswith("--", at - 2):
                if not begun:
                    raise wrong(file, line, "ends a block comment that nothing began: Asterisk would skip the rest of the file")
                begun.pop()
                said = said[at + 1:]
            elif not begun:
                kept += said[:at]
                break
            else:
                said = said[at + 1:]
        if kept := kept.strip(BLANK):
            yield line, kept
    if begun:
        notes.append(Note(file, begun[-1], "a block comment that begins here is never ended"))
