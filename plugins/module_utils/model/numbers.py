# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ranges of internal numbers."""
from __future__ import annotations

import re
from dataclasses import dataclass

from .errors import Wrong


@dataclass(frozen=True)
class NumberRange:
    """Internal numbers from `low` to `high`, all of one length, so that none is the beginning of another."""
    low: int
    high: int
    digits: int

    @classmethod
    def parse(cls, text: str, field: str) -> NumberRange:
        found = re.fullmatch(r"([0-9]{2,15})-([0-9]{2,15})", str(text).strip())
        if not found or len(found[1]) != len(found[2]) or int(found[1]) > int(found[2]):
            raise Wrong("must be LOWEST-HIGHEST with as many digits in both, such as 1000-9999", field)
        return cls(int(found[1]), int(found[2]), len(found[1]))

    def __contains__(self, number: object) -> bool:
        return isinstance(number, str) and len(number) == self.digits and self.low <= int(number) <= self.high

    def __str__(self) -> str:
        return f"{self.low:0{self.digits}}-{self.high:0{self.digits}}"
