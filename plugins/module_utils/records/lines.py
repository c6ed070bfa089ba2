# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What lines did in calls, from the events of their channels (CEL): who was called, answered, spoke, and for how long."""
from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Optional

from .logs import EVENT, Event
from .period import Period

AT = {name: place for place, name in enumerate(EVENT)}
KIND, UNIQUE, LINKED, CHANNEL, APPLICATION, EXTRA = (AT[each] for each in ("event", "unique_id", "linked_id", "channel", "application", "extra"))
DEVICE = re.compile(r"PJSIP/(.+)-[0-9a-f]{8}")
QUEUED = "AppQueue"         # what a channel runs that a queue has called
LISTENING = {"SPY": "", "SPYREFUSED": "refused: "}      # the dialplan's own events


@dataclass
class Counts:
    """Of one line."""
    answered: int = 0           # calls that it took
    queued: int = 0             # of these, from queues
    missed: int = 0             # calls that rang there, and nobody answered meanwhile, nor it later
    made: int = 0               # calls of its own in which it was connected with somebody
    talk: float = 0.0           # seconds in the calls that it took
    talk_made: float = 0.0      # and in its own

    def told(self) -> dict[str, object]:
        return {"answered": self.answered, "queued": self.queued, "missed": self.missed, "made": self.made, "talk": round(self.talk),
                "talk_made": round(self.talk_made), "talk_average": round(self.talk / self.answered, 1) if self.answered else None}


@dataclass
class Call:
    """All channels that hang together since they began."""
    linked: str
    channels: int = 0
    answered: set[str] = field(default_factory=set)     # lines that took it
    missed: set[str] = field(default_factory=set)
    answered_at: float = 0.0                            # the last time that a line did


@dataclass
class Channel:
    call: Call
    device: str
    is_called: bool
    began: float
    answered: bool = False
    bridged: Optional[float] = None     # since when it is connected
    talk: float = 0.0


class Lines:
    """Counts the events of one log. `lines` holds what came of it, once all were added and it was closed. `starts`: when Asterisk started."""

    def __init__(self, period: Period, starts: Iterable[float] = ()) -> None:
        self.period, self.starts = period, sorted(starts, reverse=True)
        self.lines: dict[str, Counts] = {}
        self.listened: list[tuple[float, str, str, str]] = []       # time, who, how, whom
        self.calls: dict[str, Call] = {}
        self.channels: dict[str, Channel] = {}
        self.now = period.start

    def add_all(self, events: Iterable[tuple[float, Event]]) -> Lines:
        for time, event in events:
            self.add(time, event)
        self.close()
        return self

    def add(self, time: float, event: Event) -> None:
        while self.starts and time >= self.starts[-1]:
            self.starts.pop()
            self.close()        # channels that ended with Asterisk have no event of it
        self.now = time
        kind, unique = event[KIND], event[UNIQUE]
        if kind == "CHAN_START":
            self.begin(time, event)
            return
        channel = self.channels.get(unique)
        if channel is None:
            return
        if kind == "ANSWER" and channel.is_called:
            self.take(channel, time, event[APPLICATION] == QUEUED)
        elif kind == "BRIDGE_ENTER":
            self.connect(channel, time)
        elif kind == "BRIDGE_EXIT":
            self.part(channel, time)
        elif kind == "PICKUP":
            self.pick_up(channel, time, event)
        elif kind in LISTENING:
            how, _bar, whom = extra(event).get("extra", "").partition("|")
            self.listened.append((time, channel.device, LISTENING[kind] + how, whom))
        elif kind == "HANGUP":
            self.end(self.channels.pop(unique), time)

    def begin(self, time: float, event: Event) -> None:
        found = DEVICE.fullmatch(event[CHANNEL])
        if not found or time not in self.period:
            return
        call = self.calls.get(event[LINKED])
        if call is None:
            call = self.calls[event[LINKED]] = Call(event[LINKED])
        call.channels += 1
        self.channels[event[UNIQUE]] = Channel(call, found[1], event[UNIQUE] != event[LINKED], time)

    def take(self, channel: Channel, time: float, by_queue: bool) -> None:
        """A line takes the call that rings there."""
        if not channel.answered:
            channel.answered = True
            channel.call.answered.add(channel.device)
            channel.call.answered_at = time
            self.of(channel.device).answered += 1
            self.of(channel.device).queued += by_queue

    def connect(self, channel: Channel, time: float) -> None:
        channel.bridged = time
        if not channel.is_called and not channel.answered:
            channel.answered = True
            self.of(channel.device).made += 1

    def pick_up(self, ringing: Channel, time: float, event: Event) -> None:
        """Somebody else takes the call of a ringing line: it is as if that somebody had been called."""
        picker = self.channels.get(extra(event).get("pickup_channel_uniqueid", ""))
        if picker and not picker.answered:
            picker.is_called, picker.call.channels, ringing.call.channels = True, picker.call.channels - 1, ringing.call.channels + 1
            self.forget(picker.call)
            picker.call = ringing.call
            self.take(picker, time, event[APPLICATION] == QUEUED)

    @staticmethod
    def part(channel: Channel, time: float) -> None:
        if channel.bridged is not None:
            channel.talk += time - channel.bridged
            channel.bridged = None

    def end(self, channel: Channel, time: float) -> None:
        self.part(channel, time)
        call = channel.call
        if channel.answered:
            counts = self.of(channel.device)
            counts.talk += channel.talk if channel.is_called else 0.0
            counts.talk_made += 0.0 if channel.is_called else channel.talk
        elif channel.is_called and call.answered_at < channel.began:
            call.missed.add(channel.device)
        call.channels -= 1
        self.forget(call)

    def forget(self, call: Call) -> None:
        """Once nothing is left of a call, who missed it is known."""
        if call.channels:
            return
        for device in call.missed - call.answered:
            self.of(device).missed += 1
        self.calls.pop(call.linked, None)

    def close(self) -> None:
        """Calls that are not over are counted as far as they came."""
        for channel in list(self.channels.values()):
            self.end(channel, self.now)
        self.channels.clear()

    def of(self, device: str) -> Counts:
        return self.lines.setdefault(device, Counts())


def extra(event: Event) -> dict[str, Any]:
    try:
        found = json.loads(event[EXTRA])
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
