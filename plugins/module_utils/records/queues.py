# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What became of the callers of queues, from the queue log (apps/app_queue.c)."""
from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Optional

from .logs import Entry
from .period import Period

COMPLETED = ("COMPLETEAGENT", "COMPLETECALLER", "BLINDTRANSFER", "ATTENDEDTRANSFER")
SPOKEN = {"COMPLETEAGENT": 1, "COMPLETECALLER": 1, "BLINDTRANSFER": 3, "ATTENDEDTRANSFER": 2}      # where it says how many seconds
GIVEN_UP = {"ABANDON": "abandoned", "EXITWITHTIMEOUT": "timed_out", "EXITEMPTY": "left", "EXITWITHKEY": "left"}
STARTED = "QUEUESTART"      # of Asterisk: whoever waited or spoke is gone
OUTCOMES = ("answered", "abandoned", "timed_out", "left", "lost", "waiting")


@dataclass
class Visit:
    """One caller's wait in one queue."""
    queue: str
    entered: float
    outcome: str = "waiting"
    wait: float = 0.0
    talk: float = 0.0
    withdrawn: bool = False     # sent away because a run changes the queue; comes again in seconds


def visits(entries: Iterable[Entry], period: Period) -> Iterator[Visit]:
    """Each visit that began in the period, once it is over; those that are not come last, as they are.

    A caller who was refused (full queue, nobody there) never waited: outcome `refused`, as the dialplan logs it.
    """
    present: dict[str, Visit] = {}
    now = period.start
    for time, call, queue, _member, event, more in entries:
        now = time
        visit = present.get(call)
        if event == "ENTERQUEUE":
            if visit and visit.withdrawn and visit.queue == queue:
                visit.withdrawn = False
                continue
            if visit:
                yield over(present.pop(call), "left", time)
            if time in period:
                present[call] = Visit(queue, time)
        elif event == "REFUSED" and time in period:
            yield Visit(queue, time, "refused")
        elif event == STARTED:
            yield from (over(each, "lost", time) for each in present.values())
            present.clear()
        elif visit is None or visit.queue != queue:
            continue
        elif event == "CONNECT":
            visit.outcome, visit.wait = "answered", time - visit.entered
        elif event in COMPLETED:
            visit.talk = seconds(more, SPOKEN[event]) or 0.0
            yield over(present.pop(call), "answered", time)
        elif event in GIVEN_UP:
            yield over(present.pop(call), GIVEN_UP[event], time)
        elif event == "WITHDRAW":
            visit.withdrawn = True
    for visit in present.values():
        yield over(visit, "left" if visit.withdrawn else "waiting", now)


def over(visit: Visit, outcome: str, time: float) -> Visit:
    """A visit with its outcome; one that was answered stays so, whatever ended the conversation."""
    if visit.outcome != "answered":
        visit.outcome, visit.wait = outcome, time - visit.entered
    return visit


def seconds(more: list[str], index: int) -> Optional[float]:
    try:
        return float(more[index])
    except (ValueError, IndexError):
        return None


@dataclass
class Queue:
    """What is counted of one queue, or of all in one hour."""
    target: int = 0             # seconds within which a call should be answered; 0: none is said
    offered: int = 0            # callers who waited, and those of `refused`
    answered: int = 0
    within: int = 0             # of these, within the target
    abandoned: int = 0          # hung up while they waited
    abandoned_early: int = 0    # of these, within the target
    timed_out: int = 0          # waited as long as the queue lets anybody wait
    left: int = 0               # sent on: nobody was there any more, or a key was pressed
    lost: int = 0               # Asterisk ended
    waiting: int = 0            # still wait
    refused: int = 0            # not let in
    waited: float = 0.0         # seconds until they were answered, all together
    longest: float = 0.0        # of all who waited
    talk: float = 0.0

    def add(self, visit: Visit, target: int) -> None:
        self.offered += 1
        setattr(self, visit.outcome, getattr(self, visit.outcome) + 1)
        self.longest = max(self.longest, visit.wait)
        self.talk += visit.talk
        if visit.outcome == "answered":
            self.waited += visit.wait
            self.within += bool(target) and visit.wait <= target
        elif visit.outcome == "abandoned":
            self.abandoned_early += bool(target) and visit.wait <= target

    @property
    def judged(self) -> int:
        """The calls that the service level is a share of: all, but for those who gave up within the target, when nobody was late yet."""
        return self.offered - self.abandoned_early - self.waiting

    def told(self) -> dict[str, object]:
        return {
            "offered": self.offered, "answered": self.answered, "within": self.within, "abandoned": self.abandoned, "abandoned_early": self.abandoned_early,
            "timed_out": self.timed_out, "left": self.left, "lost": self.lost, "waiting": self.waiting, "refused": self.refused,
            "wait_average": round(self.waited / self.answered, 1) if self.answered else None, "wait_longest": round(self.longest),
            "talk_average": round(self.talk / self.answered, 1) if self.answered else None,
        }
