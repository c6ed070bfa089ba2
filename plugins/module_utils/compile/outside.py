# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the dialplan must know of the outside (AST_CONFIG, read at each call): prefixes, who may use them, trunks, routes of calls that come in.

A section for each question that is asked, and parted where there may be thousands of answers, so that a look-up stays short.
"""
from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Optional

from ..model.fields import Whole
from ..model.inbound_route import ANY, INBOUND_ROUTE, WHOM
from ..model.numbers import NumberRange
from ..model.prefix import PREFIX, digits_of
from ..model.site import Documents, settings_of
from .lines import Line
from .queues import Queue
from .trunks import domain_of, shown
from .writer import HEADER, Options, section


def prefix_options(prefix: Whole, trunks: Mapping[str, Whole]) -> Options:
    least, _dash, most = prefix["digits"].partition("-")
    size = len(digits_of(prefix))
    told = [("name", prefix["name"]), ("least", str(size + int(least))), ("most", str(size + int(most))),
            ("strip", str(size if prefix["strip"] is None else prefix["strip"])), ("add", prefix["add"]), ("who", prefix["who"]),
            ("caller_id", prefix["caller_id"]), ("trunks", "+".join(each for each in prefix["trunks"] if each in trunks))]
    return [(option, value) for option, value in told if value]


def allowed(site: Iterable[Line], prefixes: Iterable[Whole]) -> dict[str, list[tuple[str, str]]]:
    """By section: (number, prefixes) of each line that may use some that not everybody may."""
    by_team: dict[str, list[str]] = {}
    for prefix in prefixes:
        for team in prefix["teams"] if prefix["who"] == "teams" else ():
            by_team.setdefault(team, []).append(prefix["name"])
    shards: dict[str, list[tuple[str, str]]] = {}
    for line in site if by_team else ():
        may = sorted({name for team in line.whole.get("teams") or () for name in by_team.get(team, ())})
        if may:
            shards.setdefault(f"allowed-{line.number[-2:]}", []).append((line.number, "+".join(may)))
    return shards


def emergency(settings: Whole, prefixes: Iterable[Whole]) -> list[tuple[str, str]]:
    """(what is dialled, the number): also behind a prefix, unless that could be an internal number."""
    numbers, internal = settings["emergency_numbers"], NumberRange.parse(settings["number_range"], "number_range")
    dialled = {behind: number for prefix in prefixes for number in numbers for behind in [digits_of(prefix) + number] if behind not in internal}
    return sorted({**dialled, **{number: number for number in numbers}}.items())


def destination(route: Whole, group: str, numbers: Mapping[tuple[str, str], str], boxes: Iterable[str]) -> str:
    """Where a call leads to: what, and which one. Empty: nowhere."""
    for kind in WHOM:
        key = route[group + kind]
        if key:
            number = numbers.get((kind, key))
            return "" if not number else f"mailbox/{number}" if route[f"{group}mailbox"] and number in boxes else f"number/{number}"
    return f"announcement/{route['closed.announcement']}" if group and route["closed.announcement"] else ""


def timing(hours: str, zone: Optional[str]) -> str:
    """As Asterisk's IFTIME takes it, for which the last minute is part of it."""
    days, _slash, times = hours.partition("/")
    start, _dash, end = times.partition("-")
    last = int(end[:2]) * 60 + int(end[3:]) - 1
    return f"{start}-{last // 60:02}:{last % 60:02},{days},*,*" + (f",{zone}" if zone else "")


def routes(site: Iterable[Line], voice: Mapping[str, Queue], documents: Documents) -> Iterator[tuple[str, tuple[str, str]]]:
    """(section, (number called, trunk|open|closed|hours)) of each route."""
    said = documents.get(INBOUND_ROUTE.kind, {})
    numbers: dict[tuple[str, str], str] = {}
    boxes, kinds = set(), {device: kind for kind in ("agent", "user", "extension") for device in documents.get(kind, ())}
    for line in site if said else ():
        numbers[kinds[line.device], line.device] = line.number
        if line.mailbox:
            boxes.add(line.number)
    numbers.update((("queue", key), queue.whole["number"]) for key, queue in voice.items() if queue.whole["number"])
    for route in (INBOUND_ROUTE.complete(each) for each in said.values()):
        hours = "&".join(timing(each, route["time_zone"]) for each in route["hours"])
        entry = "|".join((route["trunk"] or "", destination(route, "", numbers, boxes), destination(route, "closed.", numbers, boxes), hours))
        called = route["called"]
        if called == ANY or route["leading"]:
            yield "leading", (called, entry)
        if called != ANY:
            yield f"called-{called[-2:]}", (called, entry)


def compile_outside(site: Iterable[Line], voice: Mapping[str, Queue], trunks: Mapping[str, Whole], documents: Documents) -> str:
    """The text of outside.conf."""
    settings = settings_of(documents)
    prefixes = sorted((PREFIX.complete(said) for said in documents.get(PREFIX.kind, {}).values()), key=digits_of)
    for_emergency = sorted((whole["emergency_order"], key) for key, whole in trunks.items() if whole["emergency_order"])
    low, _dash, high = settings["number_range"].partition("-")
    parts: list[tuple[str, list[tuple[str, Any]]]] = [
        ("site", [("lowest", low), ("highest", high), ("emergency", "+".join(key for _order, key in for_emergency))]),
        ("emergency", emergency(settings, prefixes))]
    parts += [(f"prefix-{digits_of(prefix)}", [*prefix_options(prefix, trunks)]) for prefix in prefixes]
    parts += [(f"trunk-{key}", [("caller_id", shown(whole)), ("domain", domain_of(whole)), ("capacity", str(whole["capacity"] or ""))])
              for key, whole in trunks.items()]
    shards = allowed(site, prefixes)
    for name, entry in routes(site, voice, documents):
        shards.setdefault(name, []).append(entry)
    parts += [(name, sorted(entries)) for name, entries in sorted(shards.items())]
    return HEADER + "".join("\n" + section(name, [each for each in options if each[1]]) for name, options in parts)
