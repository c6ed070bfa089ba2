# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is answered instead of what was asked for."""
from __future__ import annotations


class Refusal(Exception):
    """`key` of the text that tells why (texts/en.json), and the HTTP status that goes with it."""

    def __init__(self, key: str, status: int, **values: object) -> None:
        super().__init__(key)
        self.key, self.status, self.values = key, status, values
