# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A team: agents who belong together."""
from __future__ import annotations

from .fields import Text, Word
from .resource import Resource

TEAM = Resource("team", key="name", says="Teams are agents who belong together.", fields=(
    Word("name", "The team's name, by which agents refer to it.", required=True, fixed=True),
    Text("display_name", "How the team is shown; its name when not given."),
    Text("description", "Free text."),
))
