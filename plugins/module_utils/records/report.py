# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of a period: queues, agents, hours and days, as data. No customer's number or name is in it."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..model.agent import AGENT
from ..model.fields import Said
from ..model.queue import QUEUE
from ..model.site import RESOURCES
from .lines import Lines
from .logs import Entry, Logs
from .period import Clock, Period, days, said
from .queues import STARTED, Queue, visits

LONGEST = 400       # days that are told one by one
LISTENED = 500      # times that somebody listened, told one by one


@dataclass
class Names:
    """What lines and queues are called, and what calls of queues should not wait longer than."""
    agents: Mapping[str, Said] = field(default_factory=dict)
    others: frozenset[str] = frozenset()        # lines that are no agent's
    queues: Mapping[str, Said] = field(default_factory=dict)

    @classmethod
    def of(cls, documents: Mapping[str, Mapping[str, Said]]) -> Names:
        agents = documents.get(AGENT.kind, {})
        devices = {kind for kind, resource in RESOURCES.items() if resource.by_name[resource.key].claim == AGENT.by_name[AGENT.key].claim}
        others = frozenset(key for kind in devices for key in documents.get(kind, {}) if key not in agents)
        return cls(agents, others, documents.get(QUEUE.kind, {}))

    def agent(self, device: str) -> dict[str, Any]:
        known = self.agents.get(device)
        name = (known.get("alias") or known.get("full_name") if known else None) or device
        return {"username": device, "name": name, "gone": known is None}

    def target(self, queue: str) -> int:
        return int(QUEUE.complete(self.queues.get(queue, {"name": queue}))["service_level"])

    def queue(self, name: str) -> dict[str, Any]:
        known = self.queues.get(name)
        return {"name": name, "display_name": (known or {}).get("display_name") or name, "gone": known is None}


def report(logs: Logs, period: Period, names: Names) -> dict[str, Any]:
    """All of it, in one pass over each log."""
    clock, whole, hours = Clock(), Queue(), {hour: Queue() for hour in range(24)}
    by_day = {day: Queue() for day in days(period, LONGEST)}
    queues: dict[str, Queue] = {}
    starts: list[float] = []

    def noted(entry: Entry) -> Entry:
        if entry[4] == STARTED:
            starts.append(entry[0])
        return entry

    for visit in visits(map(noted, logs.entries(period.start, period.end)), period):
        if visit.queue not in queues:
            queues[visit.queue] = Queue(names.target(visit.queue))
        day, hour = clock.day_and_hour(visit.entered)
        for each in (queues[visit.queue], whole, hours[hour], *([by_day[day]] if day in by_day else [])):
            each.add(visit, queues[visit.queue].target)
    lines = Lines(period, starts).add_all(logs.events(period.start, period.end))
    judged = [each for each in queues.values() if each.target]
    return {
        "from": said(period.start), "to": said(period.end),
        "total": {**whole.told(), "service_level": share(sum(each.within for each in judged), sum(each.judged for each in judged)),
                  "lines_answered": sum(each.answered for each in lines.lines.values()), "lines_missed": sum(each.missed for each in lines.lines.values())},
        "queues": [{**names.queue(name), "target": each.target or None, **each.told(), "service_level": share(each.within, each.judged if each.target else 0)}
                   for name, each in sorted(queues.items(), key=lambda pair: (-pair[1].offered, pair[0]))],
        "agents": [{**names.agent(device), **each.told()} for device, each in sorted(lines.lines.items(), key=lambda pair: (-pair[1].talk, pair[0]))
                   if device not in names.others],
        "hours": [{"hour": hour, **each.told()} for hour, each in hours.items()],
        "days": [{"day": day, **each.told()} for day, each in by_day.items()],
        "listened": [{"at": said(time), "who": names.agent(who)["name"], "how": how, "whom": names.agent(whom)["name"]}
                     for time, who, how, whom in lines.listened[-LISTENED:]],
        "listened_times": len(lines.listened),
        "unreadable": logs.unreadable, "damaged": logs.damaged,
    }


def share(part: int, whole: int) -> Any:
    """In percent, or nothing of nothing."""
    return round(100 * part / whole, 1) if whole else None
