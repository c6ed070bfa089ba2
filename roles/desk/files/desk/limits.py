# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How often, and how much: a bucket each, which fills again with time."""
from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable, Hashable

REMEMBERED = 10_000


class Limit:
    """`most` at once, and as many again in each minute."""

    def __init__(self, most: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.most, self.clock, self.tidy_at = most, clock, REMEMBERED
        self.taken: dict[Hashable, tuple[float, float]] = {}     # of whom: how much is taken, and when that was reckoned

    def now(self, who: Hashable) -> float:
        taken, at = self.taken.get(who, (0.0, self.clock()))
        return max(0.0, taken - (self.clock() - at) * self.most / 60)

    def reached(self, who: Hashable, more: float = 1) -> bool:
        return self.now(who) + more > self.most

    def take(self, who: Hashable, much: float = 1) -> None:
        self.taken[who] = self.now(who) + much, self.clock()
        if len(self.taken) > self.tidy_at:        # whoever has nothing taken any more need not be remembered
            self.taken = {each: found for each, found in self.taken.items() if self.now(each) > 0}
            self.tidy_at = max(REMEMBERED, 2 * len(self.taken))     # it takes its time, so not each time


def source(address: str) -> str:
    """Of whom an address is: with IPv6 everybody has a whole network (RFC 6177)."""
    try:
        found = ipaddress.ip_address(address)
        if found.version == 6 and found.ipv4_mapped:
            found = found.ipv4_mapped
        return str(found) if found.version == 4 else str(ipaddress.ip_network((int(found), 64), strict=False))
    except ValueError:
        return ""
