# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A queue: where callers wait for one of several agents (apps/app_queue.c, which loads nonsense without a word: so it is refused here)."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .agent import CHANNELS
from .errors import Wrong
from .fields import Choice, Flag, Integer, List, Number, Ranked, Text, View, Whole, Word
from .line import RESERVED
from .resource import Resource

STRATEGIES = ("ringall", "leastrecent", "fewestcalls", "random", "rrmemory", "rrordered", "linear", "wrandom")
ORDERED = ("rrordered", "linear")       # ring members in the order of the file
REASONS = ("paused", "penalty", "inuse", "ringing", "unavailable", "invalid", "unknown", "wrapup")
LOOSE, STRICT = ("penalty", "invalid"), ("penalty", "paused", "invalid", "unavailable")
NOBODY = ("penalty", "paused", "invalid")
HOUR, DAY = 3600, 86400

REASON = Choice("", "", choices=REASONS)


@dataclass(frozen=True)
class Reasons(List):
    """Why a member does not count as being there. app_queue's short words are taken too, for what each of them means."""
    short: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def check(self, value: Any) -> list[str]:
        if isinstance(value, bool):
            value = "yes" if value else "no"
        words = value.replace(",", " ").split() if isinstance(value, str) else value
        if isinstance(words, (list, tuple)) and len(words) == 1 and isinstance(words[0], str) and words[0] in self.short:
            words = self.short[words[0]]
        checked = super().check(words)
        return [each for each in REASONS if each in checked]        # one normal form: their order means nothing


def prompt(name: str, says: str) -> Text:
    return Text(name, says, pattern=r"(?!.*[.][.])[A-Za-z0-9_-][A-Za-z0-9_./-]{0,127}",
                rule="must be the name of a prompt: letters, digits, '_', '-', '.' and '/', without '..' and the ending of its file")


def only_voice_has_a_number(queue: Whole) -> None:
    if queue["number"] and queue["channel"] != "voice":
        raise Wrong(f"is what callers dial: channel {queue['channel']} has none", "number")


def the_next_one_rings(queue: Whole) -> None:
    if queue["strategy"] != "ringall" and not queue["timeout"]:
        raise Wrong(f"must be at least 1 second for strategy {queue['strategy']}: the first agent would ring for ever, and nobody after", "timeout")


def periodic_announcements_need_a_frequency(queue: Whole) -> None:
    if queue["periodic_announcements"] and not queue["periodic_announce_frequency"]:
        raise Wrong("would never be heard: periodic_announce_frequency is 0", "periodic_announcements")


QUEUE = Resource("queue", key="name", says="Queues are where callers wait for one of several agents.", fields=(
    Word("name", "The queue's name, by which agents refer to it.", required=True, fixed=True, reserved=RESERVED),
    Text("display_name", "How the queue is shown; its name when not given."),
    Text("description", "Free text."),
    Number("number", "Internal number that reaches the queue; none when not given. With a leading zero it needs quotes in YAML.", claim="number"),
    Choice("channel", "What waits in it. Asterisk has the V(voice) queues; the others are kept for the desk.", choices=CHANNELS, default="voice", fixed=True),
    Choice("strategy", "Whom to ring: everybody (V(ringall)), whose last call is longest ago, who had the fewest, anybody, in turn "
                       "(V(rrmemory), V(rrordered)), from the first on (V(linear)), or anybody with the penalty as a weight (V(wrandom)). Members are in "
                       "the order of penalty and name.", choices=STRATEGIES, default="ringall"),
    Integer("timeout", "How long an agent rings before the next; 0 is without end, for V(ringall) only.", most=HOUR, default=15, unit="seconds"),
    Integer("retry", "Pause before it is tried again.", least=1, most=HOUR, default=5, unit="seconds"),
    Integer("wrapup", "How long an agent has after a call before the next.", most=HOUR, default=0, unit="seconds"),
    Integer("service_level", "Within this time a call should be answered; for statistics.", most=HOUR, default=0, unit="seconds"),
    Integer("weight", "Of an agent's several queues the one with the higher weight is served first.", most=1000, default=0),
    Integer("longest", "So many callers may wait, the next is told that it is busy; 0 is without limit.", most=10000, default=0),
    Integer("longest_wait", "How long a caller waits before the call is given up; 0 is without limit.", most=DAY, default=0, unit="seconds"),
    Text("music", "Class of music on hold that callers hear; it must exist on the host.", default="default",
         pattern=r"[A-Za-z0-9_-]{1,79}", rule="must be letters, digits, '_' or '-'"),
    Reasons("join_empty", "A caller is refused when each member is one of these. V(yes) refuses nobody; V(no), V(loose) and V(strict) are Asterisk's short "
                          "words for some of them.",
            each=REASON, short={"yes": (), "no": NOBODY, "loose": LOOSE, "strict": STRICT}),
    Reasons("leave_when_empty", "A caller who waits is sent away when each member is one of these. V(no) sends nobody away; V(yes), V(loose) and V(strict) "
                                "are Asterisk's short words for some of them.",
            each=REASON, short={"no": (), "yes": NOBODY, "loose": LOOSE, "strict": STRICT}),
    Flag("ring_in_use", "Agents in a call ring too, as often as their voice capacity allows.", default=True),
    prompt("announcement", "Prompt that the agent hears before the caller."),
    Integer("announce_frequency", "How often callers are told their position and waiting time, at first as soon as they come; 0 is never. "
                                  "Nobody rings for the first of them while it is told.", most=HOUR, default=0, unit="seconds"),
    Choice("announce_position", "Whether the position is told: V(limit) only up to O(config[].announce_position_limit), V(more) beyond it as more than that.",
           choices=("yes", "no", "limit", "more"), default="yes"),
    Integer("announce_position_limit", "The limit of V(limit) and V(more).", least=1, most=1000, default=10),
    Choice("announce_hold_time", "Whether the waiting time to be expected is told.", choices=("yes", "no", "once"), default="yes"),
    List("periodic_announcements", "Prompts that callers hear in turn while they wait; Asterisk's own when none is given.",
         each=prompt("", ""), most=10),
    Integer("periodic_announce_frequency", "How often one of them is heard; 0 is never.", most=HOUR, default=0, unit="seconds"),
    List("teams", "Teams whose agents are members, each with a penalty if wanted; they must exist.", each=Ranked("", "", to="team"), most=1000),
    View("agents", "Agents who are members by themselves, each with a penalty if wanted; they must exist. It is what these agents say in their own field "
                   "C(queues) that is changed; when not given, or null, that stays as it is, whatever the state.",
         each=Ranked("", "", to="agent"), through="queues"),
), rules=(only_voice_has_a_number, the_next_one_rings, periodic_announcements_need_a_frequency))
