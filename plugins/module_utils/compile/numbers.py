# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The number map: what the dialplan finds behind a number (AST_CONFIG), and the number behind a device that sends messages.

Its sections keep a look-up short: one for each last two characters.
"""
from __future__ import annotations

from collections.abc import Iterable, Mapping

from .lines import Line
from .queues import Queue
from .writer import HEADER, section

# our field, of agents and users: what the dialplan calls it
TRAITS = {
    "mask_sensitive_data": "masked", "chanspy": "spied", "phone.recording": "records", "phone.dnd_on_pause": "dnd",
    "prefix_required": "prefix", "login_pause": "login-pause",
}


def entry(line: Line) -> str:
    """line:device:mailbox:capacity:recording:answer:traits. A line that may not be called is in the map as a caller only."""
    whole = line.whole
    traits = [*(trait for name, trait in TRAITS.items() if whole.get(name)), *([] if whole.get("messenger.enabled", True) else ["quiet"]), *line.rights]
    record = whole.get("record_calls", "inactive")
    return ":".join(("caller" if whole["type"] == "user" else "line", line.device, "1" if line.mailbox else "", str(whole.get("channels.voice.capacity", "")),
                     "" if record == "inactive" else record, str(whole["phone.delay"]) if whole.get("phone.auto_answer") else "", "+".join(traits))).rstrip(":")


def compile_numbers(site: Iterable[Line], voice: Mapping[str, Queue]) -> str:
    """The text of numbers.conf."""
    shards: dict[str, list[tuple[str, str]]] = {}
    for line in site:
        shards.setdefault(f"numbers-{line.number[-2:]}", []).append((line.number, entry(line)))
        if line.writes:
            shards.setdefault(f"senders-{line.device[-2:]}", []).append((line.device, line.number))
    for key, queue in voice.items():
        if number := queue.whole["number"]:
            shards.setdefault(f"numbers-{number[-2:]}", []).append((number, f"queue:{key}:{queue.whole['longest_wait'] or ''}"))
    return HEADER + "".join("\n" + section(name, sorted(entries)) for name, entries in sorted(shards.items()))
