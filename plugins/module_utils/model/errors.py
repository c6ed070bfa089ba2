# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that can be wrong, in one small family. Nothing here ever holds a secret."""
from __future__ import annotations

import difflib
from collections.abc import Sized

SHOWN = 10      # so many mistakes are told at once: enough to mend a file, short enough to read


class Trouble(Exception):
    """The root of the family: its text is meant for the person who runs the playbook."""


class Wrong(Trouble):
    """One rule broken: where, which item, which field, what the rule is."""

    def __init__(self, rule: str, field: str = "", item: str = "", place: str = "") -> None:
        self.rule, self.field, self.item, self.place = rule, field, item, place
        super().__init__(": ".join(part for part in (place, item, field, rule) if part))


class Refused(Trouble):
    """Several rules broken; the first ten are told, the others counted."""

    def __init__(self, wrongs: list[Wrong]) -> None:
        self.wrongs = wrongs
        told = [str(each) for each in wrongs[:SHOWN]]
        if len(wrongs) > SHOWN:
            told.append(f"and {len(wrongs) - SHOWN} more")
        super().__init__("\n".join(told))


class Unreadable(Trouble):
    """A file is not what its name says. The text names the file and the line."""


class Unready(Trouble):
    """The host cannot do it now: a store that is locked, damaged or full, an Asterisk that is down or refuses."""


def nearest(value: str, valid: tuple[str, ...], before: Sized = ()) -> str:
    """' (did you mean x?)' when one of the valid values is close, else nothing; nor for what is not told after the mistakes `before` it.

    To look through the names of ten thousand agents takes a third of a second.
    """
    close = difflib.get_close_matches(value, valid, n=1) if len(before) < SHOWN else []
    return f" (did you mean {close[0]}?)" if close else ""
