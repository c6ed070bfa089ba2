# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An inbound route: a number that is called from outside, and where that leads."""
from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .errors import Wrong
from .fields import Field, Flag, List, Reference, Text, Whole, Word
from .queue import prompt
from .resource import Resource

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ANY = "any"
WHOM = ("queue", "agent", "user", "extension")


@dataclass(frozen=True)
class Called(Text):
    """A number as the provider sends it, or `any`. Whether it is written with + does not matter."""
    pattern: str = rf"\+?[0-9]{{1,32}}|{ANY}"
    rule: str = f"must be at most 32 digits in quotes, with + before them if wanted, or {ANY}"

    def check(self, value: Any) -> str:
        return super().check(str(value) if isinstance(value, int) and not isinstance(value, bool) else value).lstrip("+")


@dataclass(frozen=True)
class Hours(Field):
    """`mon-fri/08:00-17:00`, or a mapping of days and times."""

    def check(self, value: Any) -> str:
        if isinstance(value, Mapping) and set(value) == {"days", "times"}:
            value = f"{value['days']}/{value['times']}"
        text = value.strip().lower() if isinstance(value, str) else ""
        day, clock = "|".join(DAYS), r"(\d\d?):(\d\d)"
        found = re.fullmatch(rf"({day})(?:-({day}))?\s*/\s*{clock}\s*-\s*{clock}", text)
        if not found:
            raise Wrong("must be days and times such as mon-fri/08:00-17:00, or sat/10:00-14:00")
        start, end = (int(found[each]) * 60 + int(found[each + 1]) for each in (3, 5))
        if max(int(found[4]), int(found[6])) > 59 or not start < end <= 24 * 60:
            raise Wrong("must end later on the same day than they begin, at 24:00 at the latest: of a night say two of them")
        last = f"-{found[2]}" if found[2] and found[2] != found[1] else ""
        return f"{found[1]}{last}/{start // 60:02}:{start % 60:02}-{end // 60:02}:{end % 60:02}"


def to(whom: str, says: str, group: str = "") -> Reference:
    return Reference(group + whom, says, to=whom)


def leads_to_one(route: Whole) -> None:
    for group in ("", "closed."):
        named = [each for each in (*WHOM, *(["announcement"] if group else [])) if route[group + each]]
        if len(named) > 1:
            raise Wrong(f"cannot be beside {group}{named[0]}: a call leads to one of them", group + named[1])


def a_mailbox_is_an_agents(route: Whole) -> None:
    for group in ("", "closed."):
        if route[f"{group}mailbox"] and not route[f"{group}agent"]:
            raise Wrong(f"needs {group}agent: it is that agent's mailbox", f"{group}mailbox")


def closed_is_when_hours_say_so(route: Whole) -> None:
    said = [each for each in (*WHOM, "mailbox", "announcement") if route[f"closed.{each}"]]
    if said and not route["hours"]:
        raise Wrong(f"is needed beside closed.{said[0]}: without it, it is always open", "hours")


SAYS = "Inbound routes say where calls from outside lead to. A number that none names is not in use."

INBOUND_ROUTE = Resource("inbound_route", key="name", says=SAYS, fields=(
    Word("name", "The route's name.", required=True, fixed=True),
    Text("description", "Free text."),
    Called("called", "Number that is called, as the provider sends it, with or without +; V(any) is whatever no other route names.",
           required=True, claim="called"),
    Flag("leading", "Longer numbers that begin with it, too. Of several the longest wins."),
    Reference("trunk", "Only what comes over this trunk; it must exist.", to="trunk"),
    to("queue", "Leads to this queue, which must have a number. It, and whom the others name, must exist."),
    to("agent", "Leads to this agent."),
    to("user", "Leads to this user."),
    to("extension", "Leads to this telephone."),
    Flag("mailbox", "Leads to the mailbox of O(config[].agent) at once."),
    List("hours", "When it is open: V(mon-fri/08:00-17:00), in the host's time or that of O(config[].time_zone); 17:00 is closed. Always, when not given.",
         each=Hours("", ""), most=14),
    Text("time_zone", "Time zone of the hours, such as V(Europe/Stockholm).", pattern=r"[A-Z][A-Za-z0-9+_-]*(/[A-Z][A-Za-z0-9+_-]*){0,2}",
         rule="must be the name of a time zone, such as Europe/Stockholm"),
    to("queue", "Where it leads to outside of these hours; nowhere, when nothing is said.", "closed."),
    to("agent", "Likewise.", "closed."),
    to("user", "Likewise.", "closed."),
    to("extension", "Likewise.", "closed."),
    Flag("closed.mailbox", "Leads to the mailbox of O(config[].closed.agent) at once."),
    prompt("closed.announcement", "Prompt that the caller hears then, before the call ends."),
), rules=(leads_to_one, a_mailbox_is_an_agents, closed_is_when_hours_say_so))
