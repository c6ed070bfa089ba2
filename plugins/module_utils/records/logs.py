# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asterisk's logs of calls, oldest line first: what was rotated away, then the file in use."""
from __future__ import annotations

import csv
import gzip
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from .period import DAY

LATEST = 2 * DAY    # so long after a period its calls are followed to their end

# the columns of the role's cel_custom.conf, and the first five of queue_log
EVENT = ("event", "time", "unique_id", "linked_id", "channel", "caller", "name", "extension", "context", "application", "extra")
Event = list[str]
Entry = tuple[float, str, str, str, str, list[str]]     # time, call, queue, member, event, what more it says


@dataclass
class Logs:
    """What is read of a folder of logs, and what could not be read of them."""
    folder: str
    rotated: str = "records"        # below it
    unreadable: int = 0             # lines: a full disk or a killed host leaves halves of them
    damaged: list[str] = field(default_factory=list)    # rotated files

    def parts(self, name: str, since: float) -> list[str]:
        """The files of one log, oldest first, but for those that ended before."""
        base, old = os.path.basename(name), os.path.join(self.folder, self.rotated)
        found = []
        if os.path.isdir(old):
            found = [os.path.join(old, each) for each in os.listdir(old) if each.startswith(base + "-")]
        last = {each: os.stat(each).st_mtime for each in found}
        kept = sorted((each for each in found if last[each] >= since), key=lambda each: (last[each], each))
        here = os.path.join(self.folder, name)
        return [*kept, *([here] if os.path.exists(here) else [])]

    def lines(self, name: str, since: float) -> Iterator[str]:
        for part in self.parts(name, since):
            opener: Any = gzip.open if part.endswith(".gz") else open
            try:
                with opener(part, "rt", encoding="utf-8", errors="replace", newline="\n") as file:      # other ends of line may be a caller's
                    yield from file
            except (EOFError, gzip.BadGzipFile):
                self.damaged.append(os.path.basename(part))

    def rows(self, name: str, since: float, columns: int) -> Iterator[list[str]]:
        """The rows of a log of comma separated values that have all columns."""
        reader = csv.reader(self.lines(name, since))
        while True:
            try:
                row = next(reader)
            except StopIteration:
                return
            except csv.Error:
                self.unreadable += 1
                continue
            if len(row) == columns:
                yield row
            else:
                self.unreadable += 1

    def events(self, since: float, until: float) -> Iterator[tuple[float, Event]]:
        """What happened to channels (CEL)."""
        for row in self.rows("cel-custom/events.csv", since, len(EVENT)):
            try:
                time = float(row[1])
            except ValueError:
                self.unreadable += 1
                continue
            if time >= until + LATEST:
                return
            if time >= since:
                yield time, row

    def entries(self, since: float, until: float) -> Iterator[Entry]:
        """What happened in queues. A caller's number may hold a '|', so only the first five columns are certain."""
        for line in self.lines("queue_log", since):
            parts = line.rstrip("\n").split("|", 5)
            if len(parts) < 6 or not parts[0].isdigit():
                self.unreadable += 1
                continue
            time = float(parts[0])
            if time >= until + LATEST:
                return
            if time >= since:
                yield time, parts[1], parts[2], parts[3], parts[4], parts[5].split("|")
