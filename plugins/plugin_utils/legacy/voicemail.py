# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""voicemail.conf: mailboxes, to be given to those whose they are (apps/app_voicemail.c)."""
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Optional

from .asterisk_conf import Conf, Option
from .draft import is_false, is_true
from .report import Report

HERE = "voicemail is set up for the whole site by role voicemail"
# Options of a single mailbox that are so for every mailbox here
ANYWAY = {"attach": is_true, "delete": is_false, "deletevoicemail": is_false, "saycid": is_false, "passwordlocation": lambda value: value == "spooldir"}


@dataclass
class Box:
    number: str
    context: str
    option: Option
    pin: str = ""
    name: str = ""
    mail: str = ""
    rest: list[tuple[str, str]] = field(default_factory=list)       # of no use here: (name, why)
    owner: str = ""

    @property
    def called(self) -> str:
        return f"{self.number}@{self.context}"


class Boxes:
    def __init__(self, report: Report) -> None:
        self.report = report
        self.boxes: dict[str, Box] = {}
        self.known = False      # whether there was a voicemail.conf to look them up in

    def read(self, conf: Conf) -> None:
        self.known = True
        aliases = ""
        for section in conf.plain():
            if section.is_called("general"):
                aliases = next((each.value for each in reversed(section.options) if each.name.lower() == "aliasescontext"), "")
        for section in conf.plain():
            for option in section.options:
                if section.is_called("general"):
                    self.report.lose(option, section.name, HERE)
                elif section.is_called("zonemessages"):
                    self.report.lose(option, section.name, "times are told in the site's own time zone")
                elif aliases and section.is_called(aliases):
                    self.report.lose(option, section.name, "a mailbox has one name only")
                else:
                    self.add(option, section.name)

    def add(self, option: Option, context: str) -> None:
        pin, name, mail, pager, more = [each.strip() for each in (option.value + ",,,,").split(",", 4)]
        box = Box(option.name, context, option, pin, name, mail)
        if pager:
            box.rest.append(("pager", "there are no pagers"))
        for each in more.rstrip(",").split("|"):
            word, _equals, value = each.strip().partition("=")
            if word and not (word in ANYWAY and ANYWAY[word](value)):
                box.rest.append((word, HERE))
        self.put(box)

    def put(self, box: Box) -> None:
        if self.boxes.setdefault(box.called.lower(), box) is not box:
            self.report.lose(box.option, box.context, "the mailbox is there already: Asterisk takes the first")

    def of(self, name: str) -> Optional[Box]:
        number, _at, context = name.partition("@")
        # FreePBX calls a mailbox 1001@device, an alias of the real one
        return self.boxes.get(f"{number}@{context or 'default'}".lower()) or (self.boxes.get(f"{number}@default") if context == "device" else None)

    def ownerless(self) -> Iterable[Box]:
        return (each for each in self.boxes.values() if not each.owner and not each.option.fate)
