# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The site's settings: what holds for all of it."""
from __future__ import annotations

from .errors import Wrong
from .fields import Choice, Field, Flag, Integer, List, Number, Secret, Text, Whole, never
from .numbers import NumberRange
from .passwords import KINDS
from .resource import Resource, single

LONGEST_KEPT = 3660     # days


class Numbers(Text):
    """A range of internal numbers."""

    def check(self, value: object) -> str:
        return str(NumberRange.parse(str(value), ""))


def keeps(name: str, what: str, idle: bool = False) -> Field:
    return Integer(f"retention.{name}", f"How long {what} are kept; 0 for good.", most=LONGEST_KEPT, default=0, unit="days", idle=idle)


def sso_is_whole(settings: Whole) -> None:
    missing = [each for each in ("sso.client_id", "sso.client_secret") if settings["sso.issuer"] and not settings[each]]
    if missing:
        raise Wrong("is needed beside sso.issuer", missing[0])


SETTINGS = Resource("settings", key="name", says="What holds for the whole site.", single=True, fields=(
    single(),
    Numbers("number_range", "Internal numbers, all of one length. Those that are given already stay.", default="1000-9999"),
    List("emergency_numbers", "Numbers that are emergency calls, from every line, also behind a prefix. By default those that telephones know "
                              "all over the world; add the country's own. None of them can be an internal number.",
         each=Number("", "", pattern="[0-9]{2,8}", rule="must be 2 to 8 digits"), default=("112", "911")),
    Integer("password.length", "Fewest characters of a password.", least=8, most=20, default=8, unit="characters"),
    *(Flag(f"password.{name}", f"A password must hold {what}.") for name, (_is_one, what) in KINDS.items()),
    Integer("password.history", "So many earlier passwords may not come again.", most=24, default=5),
    Integer("password.days", "How long a password is good; 0 for ever.", most=LONGEST_KEPT, default=0, unit="days"),
    Integer("sign_in.failures", "Failed tries after which a person is locked; 0 never.", most=1000, default=10),
    Flag("defaults.voicemail", "An agent for whom nothing else is said has a mailbox. Those who are there already keep what they have."),
    Choice("defaults.record_calls", "Recording of the calls to an agent for whom nothing else is said. Those who are there already keep what they have.",
           choices=("inactive", "wav", "wav49", "gsm"), default="inactive"),
    keeps("recordings", "recordings"),
    keeps("voicemail", "voicemail messages", idle=True),
    keeps("call_records", "call records"),
    Text("sso.issuer", "Address of the OpenID Connect provider.", pattern=r"https://[^\s?#]+", rule="must begin with https:// and hold no query", idle=True),
    Text("sso.client_id", "What the provider knows this site by.", idle=True),
    Secret("sso.client_secret", "The secret that goes with it.", shortest=1, longest=512, needed=never),
), rules=(sso_is_whole,))
