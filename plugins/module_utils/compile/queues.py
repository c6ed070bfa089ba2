# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Voice queues and their members (apps/app_queue.c). Members are static: who is one is configuration, who is paused is not."""
from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from ..model.fields import Ranked, Said, Whole
from ..model.queue import ORDERED, QUEUE
from .lines import Line
from .writer import HEADER, Options, member, member_name, section

# our field: app_queue's option
OPTIONS = {
    "timeout": "timeout", "retry": "retry", "wrapup": "wrapuptime", "service_level": "servicelevel", "weight": "weight", "longest": "maxlen",
    "music": "musicclass", "join_empty": "joinempty", "leave_when_empty": "leavewhenempty", "announcement": "announce",
    "announce_frequency": "announce-frequency", "announce_position": "announce-position", "announce_position_limit": "announce-position-limit",
    "announce_hold_time": "announce-holdtime", "periodic_announcements": "periodic-announce", "periodic_announce_frequency": "periodic-announce-frequency",
}
LEAST_PAUSE = 15        # seconds between two announcements to one caller, whose position may change often


class Member(NamedTuple):
    penalty: int
    name: str
    in_use: bool = False        # rings in a call too; the dialplan says how often (roles/asterisk, dialplan_agent.conf)
    paused: bool = False        # when it is new, until somebody says otherwise


@dataclass(frozen=True)
class Queue:
    whole: Whole
    members: Mapping[str, Member]               # by device, in the order in which they ring

    @property
    def ordered(self) -> bool:
        return self.whole["strategy"] in ORDERED


def queues(site: Iterable[Line], documents: Mapping[str, Mapping[str, Said]]) -> dict[str, Queue]:
    """The voice queues by name. An agent's own penalty wins over one that a team brings; of several teams the lowest.

    Whoever may have no call at all is no member.
    """
    voice = {key: whole for key, said in sorted(documents.get("queue", {}).items()) if (whole := QUEUE.complete(said))["channel"] == "voice"}
    by_team: dict[str, list[tuple[str, int]]] = {}
    for key, whole in voice.items():
        for entry in whole["teams"]:
            by_team.setdefault(entry.partition(":")[0], []).append((key, Ranked.rank(entry)))
    members: dict[str, list[tuple[str, Member]]] = {key: [] for key in voice}
    for line in site:
        if "queues" in line.whole and line.whole["type"] != "user" and line.whole["channels.voice.capacity"]:
            penalties: dict[str, int] = {}
            for team in line.whole["teams"]:
                for key, penalty in by_team.get(team, ()):
                    penalties[key] = min(penalty, penalties.get(key, penalty))
            penalties.update((entry.partition(":")[0], Ranked.rank(entry)) for entry in line.whole["queues"])
            for key, penalty in penalties.items():
                if key in members:
                    name, several = member_name(line.whole["alias"] or "") or line.device, line.whole["channels.voice.capacity"] > 1
                    members[key].append((line.device, Member(penalty, name, several and voice[key]["ring_in_use"], line.whole["login_pause"])))
    return {key: Queue(voice[key], dict(sorted(ranked, key=lambda each: (each[1].penalty, each[0])))) for key, ranked in members.items()}


def options(whole: Whole) -> Iterator[tuple[str, str]]:
    for name, option in OPTIONS.items():
        value: Any = whole[name]
        if value not in (None, []):
            yield option, ",".join(value) if isinstance(value, list) else {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
    if whole["announce_frequency"] or whole["periodic_announce_frequency"]:
        yield "announce-to-first-user", "yes"       # who waits alone would hear nothing, ever
    if 0 < whole["announce_frequency"] < LEAST_PAUSE:
        yield "min-announce-frequency", str(whole["announce_frequency"])


COMMON = tuple(options(QUEUE.complete({})))
TEMPLATE: tuple[str, Options] = ("_queue", (("autofill", "yes"), ("ringinuse", "no"), *COMMON))


def compile_queues(voice: Mapping[str, Queue]) -> str:
    """The text of queues.conf."""
    texts = [HEADER, "\n", section(*TEMPLATE, ["!"])]
    for key, queue in voice.items():
        own = [("strategy", queue.whole["strategy"]), *(each for each in options(queue.whole) if each not in COMMON)]
        members = [("member", member(device, *each)) for device, each in queue.members.items()]
        texts += "\n", section(key, [*own, *members], [TEMPLATE[0]])
    return "".join(texts)


def compile_members(voice: Mapping[str, Queue]) -> str:
    """The text of members.conf: whoever is a member of a queue, for the dialplan, which pauses them again after a start."""
    devices = sorted({device for queue in voice.values() for device in queue.members})
    return HEADER + "\n" + section("members", [("device", each) for each in devices])
