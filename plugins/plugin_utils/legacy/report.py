# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What became of each option of an old installation. Whatever is not carried over is told, and no value ever is: it may be a secret."""
from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .asterisk_conf import Note, Option, shown

SHOWN = 20          # places of one entry in a task's result
MOST = 1000         # entries of one list in a task's result; the file has them all


@dataclass
class Entry:
    """One option, and one thing that became of it, wherever that is so."""
    file: str
    option: str
    why: str
    where: list[tuple[int, str]] = field(default_factory=list)      # (line, section)

    def compact(self) -> dict[str, Any]:
        return {"file": self.file, "option": self.option, "why": self.why, "count": len(self.where),
                "where": [spot(each) for each in self.where[:SHOWN]]}


@dataclass
class SignIn:
    """What a telephone has to be told."""
    section: str
    name: str
    number: str
    password: str


class Report:
    def __init__(self) -> None:
        self.lost: dict[tuple[str, str, str], Entry] = {}
        self.changed: dict[tuple[str, str, str], Entry] = {}
        self.notes: dict[str, None] = {}      # once each, in their order
        self.sign_ins: list[SignIn] = []
        self.counts: dict[str, int] = {}

    def lose(self, option: Option, section: str, why: str) -> None:
        """An option that is not carried over."""
        option.fate = f"lost: {why}"
        self.enter(self.lost, option, section, why)

    def change(self, option: Option, section: str, why: str) -> None:
        """An option that is carried over with another meaning."""
        self.enter(self.changed, option, section, why)

    def enter(self, entries: dict[tuple[str, str, str], Entry], option: Option, section: str, why: str) -> None:
        entry = entries.setdefault((option.file, option.called, why), Entry(option.file, shown(option.called), why))
        entry.where.append((option.line, shown(section)))

    def note(self, says: str) -> None:
        self.notes[says] = None

    def note_all(self, notes: Iterable[Note]) -> None:
        for each in notes:
            self.note(f"{shown(each.file)}: line {each.line}: {each.says}")

    def compact(self) -> dict[str, Any]:
        """For a task's result: JSON's types, and not without end."""
        return {
            "counts": {**self.counts, "not_carried_over": sum(len(each.where) for each in self.lost.values()),
                       "changed_in_meaning": sum(len(each.where) for each in self.changed.values())},
            "not_carried_over": [each.compact() for each in list(self.lost.values())[:MOST]],
            "changed_in_meaning": [each.compact() for each in list(self.changed.values())[:MOST]],
            "sign_in": [vars(each) for each in self.sign_ins[:MOST]],
            "notes": list(self.notes)[:MOST],
        }

    def markdown(self) -> str:
        """All of it, for a person."""
        parts = ["# Import of an old installation\n", ", ".join(f"{count} {kind}" for kind, count in self.counts.items()) + ".\n"]
        parts += listed("Notes", self.notes)
        parts += table("New sign-in names", "A telephone that is named here needs its new sign-in name (SIP user and authentication name) before it works.",
                       ("was", "sign-in name", "number", "password"), [(each.section, each.name, each.number, each.password) for each in self.sign_ins])
        parts += table("Not carried over", "", ("option", "why", "where"), rows(self.lost))
        parts += table("Carried over with another meaning", "", ("option", "what is other", "where"), rows(self.changed))
        return "\n".join(parts)


def spot(where: tuple[int, str]) -> str:
    line, section = where
    return f"line {line}" + (f" [{section}]" if section else "")


def rows(entries: Mapping[tuple[str, str, str], Entry]) -> list[tuple[str, ...]]:
    return [(each.option, each.why, f"{each.file}: " + ", ".join(map(spot, each.where))) for each in entries.values()]


def cell(text: str) -> str:
    """Markdown's own signs are signs of the text."""
    return "".join(f"\\{each}" if each in "\\`*_<>|[]#&" else each for each in text)


def listed(title: str, says: Collection[str]) -> list[str]:
    return [f"## {title}\n", *(f"- {cell(each)}" for each in says), ""] if says else []


def table(title: str, says: str, head: tuple[str, ...], body: list[tuple[str, ...]]) -> list[str]:
    if not body:
        return []
    lines = [" | ".join(map(cell, row)) for row in (head, *body)]
    lines.insert(1, " | ".join("---" for _each in head))
    return [f"## {title}\n", *([f"{says}\n"] if says else []), *(f"| {line} |" for line in lines), ""]
