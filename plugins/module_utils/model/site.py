# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The site: the kinds of resource there are, and what holds for all of them."""
from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .agent import AGENT
from .errors import Wrong
from .extension import EXTENSION
from .fields import Whole
from .numbers import NumberRange
from .resource import Resource
from .settings import SETTINGS
from .team import TEAM
from .user import USER
from .user_profile import USER_PROFILE

RESOURCES: dict[str, Resource] = {each.kind: each for each in (SETTINGS, USER_PROFILE, TEAM, EXTENSION, USER, AGENT)}


@dataclass(frozen=True)
class Site:
    realm: str
    numbers: NumberRange
    settings: Whole = field(default_factory=lambda: SETTINGS.complete({}))

    defaults: Mapping[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        named = {name.partition(".")[2]: value for name, value in self.settings.items() if name.startswith("defaults.")}
        object.__setattr__(self, "defaults", named)
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", self.realm):
            raise Wrong("must be at most 64 letters, digits, '.', '_' or '-'", "realm")

    def starts_with(self, resource: Resource) -> dict[str, Any]:
        """The site's own defaults, where they are other than the resource's. They are said of it, so that it keeps them when they change."""
        return {name: value for name, value in self.defaults.items() if name in resource.by_name and value != resource.defaults[name]}
