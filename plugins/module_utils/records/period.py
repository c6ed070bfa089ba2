# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stretch of time, and the hours of a site's clock in it."""
from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import Optional

from ..model.errors import Wrong

DAY = 86400
QUARTER = 900       # seconds; every time zone's clock changes at one of its quarters of an hour


@dataclass(frozen=True)
class Period:
    start: float        # seconds of the epoch
    end: float          # the first moment after it

    def __contains__(self, moment: float) -> bool:
        return self.start <= moment < self.end


def moment(text: str, name: str, last: bool = False) -> float:
    """A day, or a day and a time, by the local clock. `last`: of a day alone, the moment after it.

    Of an hour that comes twice, when summer time ends, the first one is meant.
    """
    found = re.fullmatch(r"(\d{4})-(\d{2})-(\d{2})(?:[ T](\d{2}):(\d{2}))?", text.strip())
    if not found:
        raise Wrong(f"{text!r} is no day (2026-11-25) nor a day and a time (2026-11-25 08:00)", name)
    year, month, day, hour, minute = (int(each or 0) for each in found.groups())
    try:
        time.strptime(f"{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}", "%Y-%m-%d %H:%M")
    except ValueError:
        raise Wrong(f"there is no {text}", name) from None
    alone = found[4] is None
    return _epoch(year, month, day + (1 if alone and last else 0), hour, minute)


def _epoch(year: int, month: int, day: int, hour: int, minute: int) -> float:
    either = {time.mktime((year, month, day, hour, minute, 0, 0, 0, summer)) for summer in (0, 1, -1)}
    fit = [each for each in sorted(either) if time.localtime(each)[3:5] == (hour, minute)]
    return fit[0] if fit else time.mktime((year, month, day, hour, minute, 0, 0, 0, -1))


def midnight(now: float) -> float:
    """When the day of `now` began."""
    year, month, day = time.localtime(now)[:3]
    return _epoch(year, month, day, 0, 0)


def said(moment_: float) -> str:
    """A moment by the local clock, with what the clock is ahead of UTC."""
    return time.strftime("%Y-%m-%d %H:%M %z", time.localtime(moment_))


class Clock:
    """The day and the hour of a moment by the local clock; each quarter of an hour is looked up once."""

    def __init__(self) -> None:
        self.known: dict[int, tuple[str, int]] = {}

    def day_and_hour(self, moment_: float) -> tuple[str, int]:
        quarter = int(moment_ // QUARTER)
        found = self.known.get(quarter)
        if found is None:
            local = time.localtime(quarter * QUARTER)
            found = self.known[quarter] = time.strftime("%Y-%m-%d", local), local.tm_hour
        return found


def days(period: Period, most: int) -> list[str]:
    """The days that a period touches, at most so many."""
    found: list[str] = []
    here: Optional[float] = period.start
    while here is not None and here < period.end and len(found) < most:
        found.append(time.strftime("%Y-%m-%d", time.localtime(here)))
        year, month, day = time.localtime(here)[:3]
        here = _epoch(year, month, day + 1, 0, 0)
    return found
