# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The site: the kinds of resource there are, and what holds for all of them."""
from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .agent import AGENT
from .codec import CODEC
from .errors import Wrong
from .extension import EXTENSION
from .fields import Depends, Said, Whole
from .line import KIND_OF
from .nat import NAT
from .numbers import NumberRange
from .queue import QUEUE
from .resource import SINGLE, Resource, Rule
from .settings import SETTINGS
from .team import TEAM
from .user import USER
from .user_profile import USER_PROFILE

RESOURCES: dict[str, Resource] = {each.kind: each for each in (SETTINGS, CODEC, NAT, USER_PROFILE, TEAM, QUEUE, EXTENSION, USER, AGENT)}
Documents = Mapping[str, Mapping[str, Said]]        # kind: key: what was said


def nat_of(documents: Documents) -> dict[str, Any]:
    return NAT.complete(documents.get(NAT.kind, {}).get(SINGLE, {}))


def codecs_of(documents: Documents) -> dict[str, Whole]:
    """By transport, what the site's codecs are for such a line."""
    said = documents.get(CODEC.kind, {})
    whole = {kind: CODEC.complete(said.get(kind, {"lines": kind})) for kind in set(KIND_OF.values())}
    return {transport: whole[kind] for transport, kind in KIND_OF.items()}


def has_line(resource: Resource) -> bool:
    return "sip_password" in resource.by_name


def only_offered(documents: Documents) -> Rule:
    """The rule that a line names no other codecs than its site offers, where the site has said which."""
    offered = {kind: said["offered"] for kind, said in documents.get(CODEC.kind, {}).items() if said.get("offered")}

    def names_only_offered(line: Whole) -> None:
        kind = KIND_OF[line["transport"]]
        others = [each for each in line["codecs"] if each not in offered[kind]] if kind in offered else []
        if others:
            raise Wrong(f"{others[0]} is not among those that this site offers to {kind} lines: {', '.join(offered[kind])}", "codecs")

    return names_only_offered


def at_site(resource: Resource, documents: Documents) -> Resource:
    """A resource as a site has it: where it has a line, with the site's defaults in the place of the declared ones, and with what the site demands."""
    if not has_line(resource):
        return resource
    defaults = {"nat": nat_of(documents)["default_mode"],
                "codecs": Depends("transport", {transport: codec["offered"] for transport, codec in codecs_of(documents).items()})}
    return replace(resource, rules=(*resource.rules, only_offered(documents)),
                   fields=tuple(replace(each, default=defaults[each.name]) if each.name in defaults else each for each in resource.fields))


def contradictions(before: Documents, after: Documents) -> list[Wrong]:
    """What is wrong with lines once the site says something else of codecs and NAT, and was not before."""
    def judged(documents: Documents) -> list[Wrong]:
        return [wrong for resource in RESOURCES.values() if has_line(resource) for seen in [at_site(resource, documents)]
                for said in documents.get(resource.kind, {}).values() for wrong in seen.judge(seen.complete(said))]

    wrongs = judged(after)
    known = {str(each) for each in judged(before)} if wrongs else set()
    return [each for each in wrongs if str(each) not in known]


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
