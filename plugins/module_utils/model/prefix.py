# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A prefix: what a line dials for an outside call, and over which trunks that goes."""
from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from .errors import Wrong
from .fields import Choice, Integer, List, Reference, Text, Whole, Word
from .resource import Resource
from .trunk import outside_number

LONGEST = 8         # digits of a prefix: the dialplan looks for them one by one
MOST_DIGITS = 20
NONE = "none"


def digits_of(prefix: Whole) -> str:
    return "" if prefix["prefix"] == NONE else str(prefix["prefix"])


@dataclass(frozen=True)
class Dialled(Text):
    """The digits of a prefix, or `none`: that no prefix is wanted has to be said."""
    pattern: str = f"[0-9]{{1,{LONGEST}}}|{NONE}"
    rule: str = f"must be at most {LONGEST} digits, or {NONE}"

    def check(self, value: Any) -> str:
        return super().check(str(value) if isinstance(value, int) and not isinstance(value, bool) else value)


@dataclass(frozen=True)
class Lengths(Text):
    """How many digits may follow: `3-15`, or `9`."""

    def check(self, value: Any) -> str:
        text = str(value).strip() if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
        found = re.fullmatch(r"([0-9]{1,2})(?:-([0-9]{1,2}))?", text)
        least, most = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
        if not 1 <= least <= most <= MOST_DIGITS:
            raise Wrong(f"must be FEWEST-MOST, from 1 to {MOST_DIGITS}, such as 3-15")
        return f"{least}-{most}"


def teams_are_who(prefix: Whole) -> None:
    if prefix["teams"] and prefix["who"] != "teams":
        raise Wrong("may be named with who: teams only", "teams")


def no_more_than_there_is(prefix: Whole) -> None:
    shortest = len(digits_of(prefix)) + int(prefix["digits"].partition("-")[0])
    if prefix["strip"] is not None and prefix["strip"] > shortest:
        raise Wrong(f"takes more away than the {shortest} digits that the shortest number has", "strip")


SAYS = "Prefixes are what lines dial for outside calls. Nothing reaches a trunk that no prefix allows."

PREFIX = Resource("prefix", key="name", many="prefixes", says=SAYS, fields=(
    Word("name", "The prefix' name.", required=True, fixed=True),
    Text("description", "Free text."),
    Dialled("prefix", "Digits dialled first; with a leading zero they need quotes in YAML. Of several that fit the longest wins. V(none) is for "
                      "outside calls without a prefix. Numbers of the site's own C(number_range) never go outside.", required=True, claim="prefix"),
    Lengths("digits", "How many digits may follow it: V(3-15), or V(9).", default="3-15"),
    Integer("strip", "So many digits are taken away before the number goes to the provider; when not given, the prefix.", most=MOST_DIGITS),
    Text("add", "Digits put in front of what is left, such as V(+46), in quotes.",
         pattern=r"\+?[0-9*#]{0,20}", rule="must be at most 20 digits, with + before them if wanted"),
    List("trunks", "Trunks in the order in which they are tried; they must exist. The next one is tried when one cannot be "
                   "reached, refuses for reasons of its own or is full, not when the called number is busy, unknown or does not answer. "
                   "Without any, such calls are refused.",
         each=Reference("", "", to="trunk"), most=16),
    Choice("who", "Who may use it: V(everybody) with a line, or the agents of O(config[].teams).", choices=("everybody", "teams"), default="everybody"),
    List("teams", "Teams whose agents may use it, for V(teams); they must exist. Without any, nobody may.", each=Reference("", "", to="team")),
    outside_number("caller_id", "Number that those see who are called with this prefix, whoever calls."),
), rules=(teams_are_who, no_more_than_there_is))
