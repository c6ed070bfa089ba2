# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Agents sign in to their queues, pause and go on: as with the feature codes (role asterisk, dialplan_agent.conf), in the same place.

Asterisk's database says of each device why no queue is to ring it, family "pause": a reason, "signed out", or nothing.
"""
from __future__ import annotations

from typing import Any, Optional

from module_utils.control.ami import Ami
from module_utils.control.live import LOGIN

from .people import Person
from .refusal import Refusal

SIGNED_OUT = "signed out"


def reasons(ami: Ami) -> dict[str, str]:
    """By device, of all who ever signed in."""
    return {each.get("Key", [""])[0].rpartition("/")[2]: each.get("Val", [""])[0] for each in ami.listing("DBGetTree", Family="pause")}


def reason(ami: Ami, person: Person) -> Optional[str]:
    """Of one: to ask for all takes a tenth of a second where they are thousands. None of somebody who never signed in."""
    return next((each.get("Val", [""])[0] for each in ami.listing("DBGet", Family="pause", Key=person.username)), None)


def state(person: Person, kept: Optional[str], offered: list[str]) -> Optional[dict[str, Any]]:
    """With the reason that is kept. None of somebody who is no agent. Who never signed in is at work, or paused with login_pause."""
    if not person.is_agent:
        return None
    now = kept if kept is not None else LOGIN if person.whole["login_pause"] else ""
    signed_in = now != SIGNED_OUT
    return {"signed_in": signed_in, "paused": signed_in and now != "", "reason": now if signed_in else "", "reasons": offered}


def act(ami: Ami, person: Person, name: str, wanted: str, offered: list[str]) -> None:
    """Raises Refusal for what does not suit the state that the agent is in."""
    if not person.is_agent:
        raise Refusal("no_agent", 409)
    now = reason(ami, person)
    if name == "sign_in":
        if now in (None, SIGNED_OUT):       # whoever is there already stays paused, or at work
            tell(ami, person, LOGIN if person.whole["login_pause"] else "")
    elif name == "sign_out":
        tell(ami, person, SIGNED_OUT)
    elif now == SIGNED_OUT:
        raise Refusal("sign_in_first", 409)
    elif name == "unpause":
        tell(ami, person, "")
    elif name == "pause" and wanted in offered:
        tell(ami, person, wanted)
    else:
        raise Refusal("unknown_reason" if name == "pause" else "not_found", 404)


def tell(ami: Ami, person: Person, why: str) -> None:
    """First what is kept, then the queues, which forget it. Who is in no queue is kept too: a queue may come."""
    ami.action("DBPut", Family="pause", Key=person.username, Val=why)
    ami.ask("QueuePause", Interface=f"PJSIP/{person.username}", Paused="true" if why else "false", Reason=why)
