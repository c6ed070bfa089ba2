# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Inputs that were seen to change nothing, beside the store: so they need not be read again as long as nothing else has changed either."""
from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Sequence
from typing import Optional

KEPT = 50       # so many inputs that come to the same are remembered


class Applied:
    """`folder` has a file for each input, called by its digest, with a mark in it: what it was compared with."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def mark(self, name: str) -> Optional[list[str]]:
        """What an input was compared with when it changed nothing."""
        try:
            with open(os.path.join(self.folder, name), encoding="utf-8") as file:
                found = json.load(file)
                return found if isinstance(found, list) else None
        except (OSError, ValueError):       # half a mark is none
            return None

    def remember(self, name: str, mark: Sequence[str]) -> None:
        with contextlib.suppress(OSError):      # on a full disk the next run reads the input again
            os.makedirs(self.folder, mode=0o700, exist_ok=True)
            if len(os.listdir(self.folder)) >= KEPT:
                self.forget()
            with open(os.open(os.path.join(self.folder, name), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
                json.dump(mark, file)

    def forget(self) -> None:
        """Once the store has changed, no mark is right again."""
        with contextlib.suppress(OSError):
            for each in os.listdir(self.folder):
                os.unlink(os.path.join(self.folder, each))
