# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A resource in the making: what an old section says of it, each field with the option that said so."""
from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Optional

from .asterisk_conf import Option, Section, shown
from .report import Report

Resources = Mapping[str, Any]       # kind: the model's declaration of it

TRUE = ("yes", "true", "y", "t", "1", "on")
FALSE = ("no", "false", "n", "f", "0", "off")
LETTERS = str.maketrans({"ß": "ss", "ø": "o", "Ø": "O", "æ": "ae", "Æ": "Ae", "œ": "oe", "Œ": "Oe", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "\u0131": "i",
                         "þ": "th", "Þ": "Th", "ð": "d"})


def each_of(table: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """{name: value} of rows that give many names, separated by spaces, one value."""
    return {name: value for names, value in table for name in names.split()}


def is_true(text: str) -> bool:
    return text.lower() in TRUE


def is_false(text: str) -> bool:
    return text.lower() in FALSE


def is_number(text: str) -> bool:
    return bool(re.fullmatch(r"[0-9]{2,15}", text))


def slug(text: str, joint: str) -> str:
    """A name as a device id may be: lower case ASCII. Empty when nothing of it is left."""
    plain = unicodedata.normalize("NFKD", text.translate(LETTERS)).encode("ascii", "ignore").decode().lower()
    return joint.join(re.findall("[a-z0-9]+", plain))[:40].strip(joint)


@dataclass
class Draft:
    kind: str
    section: Section
    report: Report
    fields: dict[str, Any] = field(default_factory=dict)
    origin: dict[str, Option] = field(default_factory=dict)

    def say(self, name: str, value: Any, option: Optional[Option] = None) -> None:
        self.fields[name] = value
        if option is not None:
            self.origin[name] = option
            option.fate = f"{self.kind}.{name}"

    # An option's fate: in other words, not at all, in part, or as it is here anyway

    def change(self, option: Option, why: str) -> None:
        self.report.change(option, self.section.name, why)

    def lose(self, option: Option, why: str) -> None:
        self.report.lose(option, self.section.name, why)

    def lose_part(self, option: Option, why: str) -> None:
        self.report.enter(self.report.lost, option, self.section.name, why)

    @staticmethod
    def in_effect(option: Option) -> None:
        option.fate = "in effect"

    # What the section says

    def peek(self, *names: str) -> str:
        """The value that counts, without taking it."""
        return next((each.value for each in reversed(self.section.options) if each.name.lower() in names), "")

    def all(self, *names: str) -> list[Option]:
        return [each for each in self.section.options if each.name.lower() in names and not each.fate]

    def last(self, *names: str) -> Optional[Option]:
        """The option that counts, the last one; nothing when it is empty. Those before it have said nothing."""
        found = self.all(*names)
        for each in found[:-1]:
            each.fate = "overridden"
        if found and not found[-1].value:
            found.pop().fate = "empty"
        return found[-1] if found else None

    def settled(self, resources: Resources) -> Optional[dict[str, Any]]:
        """The checked fields. What the model refuses is told with its rule, and left out; None when that is the whole of it."""
        resource = resources[self.kind]
        fields = dict(self.fields)
        for name in [each for each in fields if each not in resource.by_name]:
            self.refuse(name, f"{resource.plural} have no field {name} in this release")
            fields.pop(name)
        for _each in range(2 * len(fields)):
            checked, wrongs = resource.check(fields)
            wrongs = wrongs or resource.judge(resource.complete(checked))
            if not wrongs:
                return dict(checked)
            for wrong in wrongs:
                self.refuse(wrong.field, wrong.rule)
                if wrong.field == resource.key:
                    self.report.note(f"[{shown(self.section.name)}] of {self.section.file} was left out: {wrong.field} {wrong.rule}")
                    return None
                if fields.pop(wrong.field, None) is None:       # it is needed
                    fields[wrong.field] = fields[resource.key]
                    self.report.note(f"[{shown(self.section.name)}] of {self.section.file}: {wrong.field} is {fields[resource.key]}, for want of another")
        return None

    def refuse(self, name: str, rule: str) -> None:
        option = self.origin.get(name)
        if option is not None:
            self.lose(option, f"as {name} it {rule}" if rule.startswith(("must", "is", "has", "holds", "names", "looks")) else rule)


def unclaimed(drafts: Iterable[tuple[Draft, dict[str, Any]]], resources: Resources) -> list[tuple[Draft, dict[str, Any]]]:
    """Take from the later ones what is unique and an earlier one has already. Keys are unique before."""
    owners: dict[tuple[str, str], Draft] = {}
    kept = []
    for draft, said in drafts:
        for each in resources[draft.kind].fields:
            value = each.claims(said.get(each.name)) if each.claim else ""
            owner = owners.setdefault((each.claim, value), draft) if value else draft
            if owner is not draft:
                rule = f"is [{shown(owner.section.name)}]'s already"
                if each.name in draft.origin:
                    draft.refuse(each.name, rule)
                else:
                    draft.report.note(f"{each.name} {value} of [{shown(draft.section.name)}] {rule}: left out")
                said.pop(each.name)
        kept.append((draft, said))
    return kept
