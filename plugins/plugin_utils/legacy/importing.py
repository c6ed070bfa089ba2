# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An old installation's files as this collection's resources, each checked, and a report of all that they could not say."""
from __future__ import annotations

import os
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Optional

from ansible_collections.switchboard.asterisk.plugins.module_utils.model.errors import Unreadable

from .asterisk_conf import Conf, Option, Section, parse, shown
from .chan_sip import INHERITED, Lines, Wish
from .draft import Draft, Resources, is_true, unclaimed
from .queues import Queues
from .report import Report
from .sheet import read_sheet
from .voicemail import Boxes

KINDS = ("users", "sip", "voicemail", "queues", "sheet")        # in the order in which they are read
UNSAID = ("chan_sip did something about NAT only where it saw some (auto_force_rport), unless nat said otherwise: here nat is yes unless it is said. "
          "A line takes one call at a time, unless its channels.voice.capacity says more.")


@dataclass
class Imported:
    items: dict[str, list[dict[str, Any]]]      # by kind, as people write them, secrets included
    report: Report
    options: list[Option]                       # every one that was read, with its fate


def kind_of(path: str) -> str:
    """Which of the old files it is, by its name."""
    name = os.path.basename(path).lower()
    if name.endswith(".csv"):
        return "sheet"
    for beginning, kind in (("voicemail", "voicemail"), ("queue", "queues"), ("users", "users"), ("sip", "sip")):
        if name.startswith(beginning) and name.endswith(".conf"):
            return kind
    raise Unreadable(f"{shown(name)}: cannot tell what it is: a name must begin with sip, users, voicemail or queues and end in .conf, or end in .csv")


def installation(paths: Sequence[str], load: Callable[[str], bytes], resources: Resources, wish: Wish, numbers: Optional[Container[str]] = None) -> Imported:
    """All sources together. `load` gives the bytes of a file. Raises Unreadable, naming file and line."""
    report = Report()
    boxes, queues = Boxes(report), Queues(report, resources)
    confs: list[tuple[str, Conf]] = []
    options: list[Option] = []
    for path in sorted(paths, key=lambda each: KINDS.index(kind_of(each))):
        kind = kind_of(path)
        conf = Conf(read_sheet(path, os.path.basename(path), load(path), report)) if kind == "sheet" else parse(path, load)
        confs.append((kind, conf))
        if kind == "voicemail":
            boxes.read(conf)
        elif kind == "queues":
            queues.read(conf)
    lines = Lines(resources, report, boxes, wish, queues.sections())
    sections = [(kind, section) for kind, conf in confs if kind not in ("voicemail", "queues") for section in conf.plain()]
    lines.sections = {section.name for _kind, section in sections}
    for section, general in whole(sections, lines):
        lines.add(section, general)
    for box in list(boxes.ownerless()):
        report.lose(box.option, box.context, "no line of the sources has this mailbox")
    items = settle(lines, queues, resources, report)
    for _kind, conf in confs:
        forsaken(conf, report)
        report.note_all(conf.notes)
        options += [option for section in conf.sections if not section.template for option in section.options]
    if lines.drafts:
        report.note(UNSAID)
    look_over(items, numbers, report)
    report.counts = {resources[kind].plural: len(items[kind]) for kind in items}
    return Imported(items, report, options)


def whole(sections: Sequence[tuple[str, Section]], lines: Lines) -> list[tuple[Section, list[Option]]]:
    """Sections with the options of [general] that come before theirs. One that stands in several files is one, as it is to chan_sip."""
    general: dict[str, list[Option]] = {"sheet": [], "sip": [], "users": []}
    for kind, section in sections:
        if kind != "sheet" and section.is_called("general"):
            inherited = INHERITED if kind == "sip" else [each.name.lower() for each in section.options]
            lines.general(section, inherited)
            general[kind] += [each for each in section.options if each.name.lower() in inherited and each.fate == "every line's"]
    found: dict[str, tuple[Section, list[Option]]] = {}
    for kind, section in sections:
        refused = "" if kind == "sheet" or section.is_called("general") else not_a_line(kind, section, general["users"])
        for option in section.options if refused else ():
            lines.report.lose(option, section.name, refused)
        if refused or kind != "sheet" and section.is_called("general"):
            continue
        if kind == "users":
            section.options.insert(0, Option("type", "friend", section.file, section.line))
        known, _before = found.setdefault(section.name, (section, [*(general["sip"] if kind == "users" else ()), *general[kind]]))
        if known is not section:
            lines.report.note(f"[{shown(section.name)}] stands in {known.file} and in {section.file}: the later file adds to the earlier one")
            known.options = [*known.options, *section.options]
        if kind != "sip":
            lines.whole_mailboxes |= {each.file for each in section.options}
    return list(found.values())


def not_a_line(kind: str, section: Section, general: Iterable[Option]) -> str:
    """Why a section is none of a line, or nothing."""
    if kind == "sip":
        return "signs in at a provider: that is a trunk's" if section.is_called("authentication") else ""
    has_sip = next((each.value for each in reversed([*general, *section.options]) if each.name.lower() == "hassip"), "")
    return "" if is_true(has_sip) else "hassip is not yes, so chan_sip does not use the section"


def settle(lines: Lines, queues: Queues, resources: Resources, report: Report) -> dict[str, list[dict[str, Any]]]:
    """The items by kind. A number that a line and a queue have is the line's."""
    by_section = {draft.section.name.lower(): draft for draft in lines.drafts}
    by_number = {draft.fields["number"]: draft for draft in lines.drafts if "number" in draft.fields}
    queues.join(by_section, by_number)
    items: dict[str, list[dict[str, Any]]] = {"extension": [], "agent": [], "queue": []}
    for draft, said in unclaimed(checked([*lines.drafts, *queues.drafts], resources), resources):
        items[draft.kind].append(resources[draft.kind].nested(said))
    return items


def checked(drafts: Iterable[Draft], resources: Resources) -> list[tuple[Draft, dict[str, Any]]]:
    return [(draft, said) for draft in drafts if (said := draft.settled(resources)) is not None]


def forsaken(conf: Conf, report: Report) -> None:
    """Templates that nobody inherits from."""
    for section in conf.sections:
        if section.template and not section.inherited:
            for option in section.options:
                report.lose(option, section.name, "the template is used by no section")


def look_over(items: dict[str, list[dict[str, Any]]], numbers: Optional[Container[str]], report: Report) -> None:
    """What whoever applies the items has to know."""
    every = [item for each in items.values() for item in each]
    outside = [str(item["number"]) for item in every if numbers is not None and "number" in item and item["number"] not in numbers]
    if outside:
        report.note(f"not in number_range {numbers}: {', '.join(outside[:10])}{f' and {len(outside) - 10} more' if len(outside) > 10 else ''}. "
                    "Give them others, or apply them with a range that holds all: numbers have one length.")
    encrypted = sum(1 for item in every if item.get("transport") == "tls")
    if encrypted:
        report.note(f"{encrypted} line{'s use' if encrypted > 1 else ' uses'} TLS: the host needs a certificate for it (asterisk_tls_certificate)")
    pins = sum(1 for item in every if item.get("voicemail") and "voicemail_pin" not in item)
    passwords = sum(1 for each in report.sign_ins if each.password.startswith("new"))
    if pins or passwords:
        report.note(f"{passwords} passwords and {pins} PINs could not be taken over: apply with a credentials_file, which new ones are written to")
