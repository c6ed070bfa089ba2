# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""queues.conf: queues, and who is in them (apps/app_queue.c)."""
from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Optional

from .asterisk_conf import Conf, Option, Section, shown
from .draft import Draft, Resources, each_of, is_false, is_number, is_true, slug
from .report import Report


def word(text: str) -> str:
    return "yes" if is_true(text) else "no" if is_false(text) else text.lower()


def prompts(text: str) -> list[str]:
    return [each for each in re.split("[,| ]+", text) if each]


def name(text: str) -> str:
    return {"roundrobin": "rrmemory"}.get(text.lower(), text.lower())


# old option: field, and how its value is written here
FIELDS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "strategy": ("strategy", name), "timeout": ("timeout", str), "retry": ("retry", str), "wrapuptime": ("wrapup", str),
    "servicelevel": ("service_level", str), "weight": ("weight", str), "maxlen": ("longest", str), "musicclass": ("music", str), "music": ("music", str),
    "musiconhold": ("music", str), "joinempty": ("join_empty", word), "leavewhenempty": ("leave_when_empty", word), "ringinuse": ("ring_in_use", word),
    "announce-frequency": ("announce_frequency", str), "announce-position": ("announce_position", word), "announce-holdtime": ("announce_hold_time", word),
    "announce-position-limit": ("announce_position_limit", str), "announce": ("announcement", str), "periodic-announce": ("periodic_announcements", prompts),
    "periodic-announce-frequency": ("periodic_announce_frequency", str),
}
WHY: dict[str, str] = each_of((
    ("""queue-youarenext queue-thereare queue-callswaiting queue-quantity1 queue-quantity2 queue-holdtime queue-minutes queue-minute queue-seconds
     queue-thankyou queue-callerannounce queue-reporthold periodic-announce-startdelay relative-periodic-announce random-periodic-announce""",
     "prompts are the site's own"),
    ("min-announce-frequency announce-round-seconds announce-position-only-up announce-to-first-user",
     "how places are told is the queue's announce_position and announce_frequency"),
    ("monitor-format monitor-type mixmonitor-format", "calls are recorded by the agent's record_calls"),
    ("membermacro membergosub setinterfacevar setqueuevar setqueueentryvar context defaultrule", "the old dialplan is not taken over"),
    ("autopause autopausedelay autopausebusy autopauseunavail", "nobody is paused who did not ask for it"),
    ("""penaltymemberslimit memberdelay timeoutrestart timeoutpriority reportholdtime log-restricted-caller-id autofill shared_lastcall persistentmembers
     keepstats updatecdr negative_penalty_invalid log_membername_as_agent force_longest_waiting_caller""", "is the same for every queue here"),
))
UNKNOWN = "is an option that this import does not know"
UNSAID = "a queue rang members who were in a call unless it said ringinuse=no: here only those whose voice capacity is above 1"
GENERAL_ANYWAY = {"autofill": is_true, "keepstats": is_false, "monitor-type": lambda value: value.lower() == "mixmonitor"}
REST = ("state interface", "ring in use", "wrap-up time", "paused")     # of a member, behind its name


@dataclass
class Member:
    queue: str
    section: Section
    option: Option
    interface: str
    penalty: str
    alias: str = ""
    rest: list[str] = field(default_factory=list)


class Queues:
    def __init__(self, report: Report, resources: Resources) -> None:
        self.report, self.resources = report, resources
        self.drafts: list[Draft] = []
        self.members: list[Member] = []
        self.names: set[str] = set()

    def read(self, conf: Conf) -> None:
        for section in conf.plain():
            if section.is_called("general"):
                for option in section.options:
                    self.forget(option, section)
            else:
                self.queue(section)

    def forget(self, option: Option, section: Section) -> None:
        what = option.name.lower()
        if not option.value:
            option.fate = "empty"
        elif what in GENERAL_ANYWAY and GENERAL_ANYWAY[what](option.value):
            option.fate = "in effect"
        else:
            self.report.lose(option, section.name, WHY.get(what, UNKNOWN))

    def queue(self, section: Section) -> None:
        draft = Draft("queue", section, self.report)
        key = self.key(section.name)
        draft.say("name", key)
        if is_number(section.name):
            draft.say("number", section.name)
        if key != section.name:
            draft.say("display_name", section.name)
            self.report.note(f"queue [{shown(section.name)}] of {section.file} is called {key} here")
        for to in dict.fromkeys(to for to, _how in FIELDS.values()):
            option = draft.last(*(each for each, (its, _how) in FIELDS.items() if its == to))
            if option:
                draft.say(to, FIELDS[option.name.lower()][1](option.value), option)
        for option in draft.all("member"):
            self.member(option, section, key)
        for option in section.options:
            if not option.fate:
                self.forget(option, section)
        if "ring_in_use" not in draft.fields:
            self.report.note(UNSAID)
        self.drafts.append(draft)

    def key(self, wanted: str) -> str:
        base = wanted if re.fullmatch(r"(?=.*[a-z])[a-z0-9][a-z0-9._-]{0,39}", wanted) else slug(wanted, "-")
        base = base if re.search("[a-z]", base) else f"queue-{base or 'x'}"
        made, count = base[:40], 1
        while made in self.names or self.resources["queue"].check({"name": made})[1]:      # a word of Asterisk's own
            count += 1
            made = f"{base[:34]}-{count}"
        self.names.add(made)
        return made

    def member(self, option: Option, section: Section, queue: str) -> None:
        interface, penalty, alias, *rest = [each.strip() for each in (option.value + ",,").split(",")]
        said = [what for what, value in zip(REST, rest) if value and value != interface]
        option.fate = "agent.queues"        # unless nobody of the sources is meant
        self.members.append(Member(queue, section, option, interface, penalty or "0", alias, said))

    def sections(self) -> set[str]:
        """The sections of sip.conf that are in a queue, in lower case."""
        return {each for member in self.members if (each := target(member.interface))}

    def join(self, lines: Mapping[str, Draft], numbers: Mapping[str, Draft]) -> None:
        """Put the queues down with their members, the agents."""
        for member in self.members:
            wanted = target(member.interface)
            agent = lines.get(wanted) or numbers.get(wanted) if wanted else None
            if agent is None:
                self.report.lose(member.option, member.section.name, "no line of the sources is that member: it is added by hand")
            elif agent.kind != "agent":
                self.report.lose(member.option, member.section.name, "only agents are in queues, and the member is a telephone without a person")
            else:
                self.enter(agent, member)

    def enter(self, agent: Draft, member: Member) -> None:
        said = agent.fields.setdefault("queues", [])
        if any(each.partition(":")[0] == member.queue for each in said):
            self.report.lose(member.option, member.section.name, "the agent is in the queue already")
            return
        penalty = member.penalty if member.penalty.isascii() and member.penalty.isdigit() else "0"
        rank = min(int(penalty[:9]), 100)
        said.append(f"{member.queue}:{rank}" if rank else member.queue)
        agent.origin["queues"] = member.option
        if str(rank) != member.penalty:
            self.report.change(member.option, member.section.name, f"its penalty is {rank}: a whole number from 0 to 100")
        if member.interface.lower().startswith("local/"):
            self.report.change(member.option, member.section.name, "the agent is rung itself, not the old dialplan")
            member.rest = [each for each in member.rest if each != REST[0]]     # which was to say how the agent is, and now does by itself
        if member.alias and member.alias != agent.fields.get("full_name") and member.alias != member.interface:
            if agent.fields.setdefault("alias", member.alias) == member.alias:
                agent.origin.setdefault("alias", replace(member.option, name="member (name)"))
            else:
                self.lose_part(member, "name", "an agent has one alias")
        for what in member.rest:
            self.lose_part(member, what, "is not a matter of a single member")

    def lose_part(self, member: Member, what: str, why: str) -> None:
        self.report.enter(self.report.lost, replace(member.option, name=f"member ({what})"), member.section.name, why)


def target(interface: str) -> Optional[str]:
    """What a member's interface rings, in lower case: the section of a SIP device, or a number behind a Local channel."""
    found = re.fullmatch(r"(SIP|PJSIP)/([^/@]+)", interface, re.IGNORECASE) or re.fullmatch(r"(Local)/([0-9]+)@[^/]+(/[a-z]*)?", interface, re.IGNORECASE)
    return found[2].lower() if found else None
