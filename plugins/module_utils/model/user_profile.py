# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A user profile: what supervisors may do."""
from __future__ import annotations

from .fields import Choice, Flag, Text, Word
from .resource import Resource

# What there is to look at, change and delete. Users, profiles and settings are an administrator's matter.
SECTIONS = ("agents", "extensions", "teams", "queues", "trunks", "prefixes", "inbound_routes", "codecs", "nat", "recordings", "voicemail", "reports",
            "accounts", "campaigns", "contacts", "ivr")
# What a supervisor may do to an agent's call
LISTENING = {
    "listen": "May listen to calls of agents who may be listened to.",
    "whisper": "May speak to the agent in such a call, unheard by the other side.",
    "barge": "May join such a call.",
}

USER_PROFILE = Resource("user_profile", key="name", says="User profiles say what users of role V(user) may do. A fresh one grants nothing.", fields=(
    Word("name", "The profile's name, by which users refer to it.", required=True, fixed=True),
    Text("display_name", "How the profile is shown; its name when not given."),
    Text("description", "Free text."),
    *(Choice(f"sections.{name}", f"What may be done with {name}: each right holds those before it.", choices=("none", "read", "edit", "delete"),
             default="none", idle=True) for name in SECTIONS),
    *(Flag(name, says) for name, says in LISTENING.items()),
))
