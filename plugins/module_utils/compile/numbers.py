# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The number map: what the dialplan finds behind a number (AST_CONFIG). Its sections keep a look-up short: one for each last two digits."""
from __future__ import annotations

from collections.abc import Iterable, Mapping

from .lines import Line
from .queues import Queue
from .writer import HEADER, section


def compile_numbers(site: Iterable[Line], voice: Mapping[str, Queue]) -> str:
    """The text of numbers.conf. A line that may not be called is not in it."""
    shards: dict[str, list[tuple[str, str]]] = {}
    for line in site:
        if line.whole["type"] != "user":
            entry = f"line:{line.device}:{1 if line.mailbox else 0}"
            shards.setdefault(line.number[-2:], []).append((line.number, entry))
    for key, queue in voice.items():
        if number := queue.whole["number"]:
            shards.setdefault(number[-2:], []).append((number, f"queue:{key}:{queue.whole['longest_wait'] or ''}"))
    return HEADER + "".join("\n" + section(f"numbers-{shard}", sorted(entries)) for shard, entries in sorted(shards.items()))
