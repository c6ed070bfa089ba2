# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The site: the kinds of resource there are, and what holds for all of them."""
from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any, Union

from .agent import AGENT
from .codec import CODEC
from .errors import Wrong
from .extension import EXTENSION
from .fields import Depends, Said, Whole, is_address
from .inbound_route import INBOUND_ROUTE
from .line import KIND_OF
from .nat import NAT
from .numbers import NumberRange
from .prefix import PREFIX
from .queue import QUEUE
from .resource import SINGLE, Resource, Rule
from .settings import SETTINGS
from .team import TEAM
from .trunk import TRUNK, is_literal
from .user import USER
from .user_profile import USER_PROFILE

RESOURCES: dict[str, Resource] = {each.kind: each for each in (SETTINGS, CODEC, NAT, USER_PROFILE, TEAM, QUEUE, EXTENSION, USER, AGENT, TRUNK, PREFIX,
                                                               INBOUND_ROUTE)}
Documents = Mapping[str, Mapping[str, Said]]        # kind: key: what was said
Network = Union[IPv4Network, IPv6Network]


def nat_of(documents: Documents) -> dict[str, Any]:
    return NAT.complete(documents.get(NAT.kind, {}).get(SINGLE, {}))


def settings_of(documents: Documents) -> Whole:
    return SETTINGS.complete(documents.get(SETTINGS.kind, {}).get(SINGLE, {}))


def codecs_for(documents: Documents, kind: str) -> Whole:
    """What the site's codecs are for a kind of line."""
    return CODEC.complete(documents.get(CODEC.kind, {}).get(kind, {"lines": kind}))


def codecs_of(documents: Documents) -> dict[str, Whole]:
    """By transport, what the site's codecs are for such a line."""
    whole = {kind: codecs_for(documents, kind) for kind in set(KIND_OF.values())}
    return {transport: whole[kind] for transport, kind in KIND_OF.items()}


def has_line(resource: Resource) -> bool:
    return "sip_password" in resource.by_name


def has_device(resource: Resource) -> bool:
    """Whether PJSIP has an endpoint of each of them: what has a line, and trunks."""
    return has_line(resource) or resource.kind == TRUNK.kind


def only_offered(documents: Documents, trunk: bool) -> Rule:
    """The rule that a line, or a trunk, names no other codecs than its site offers, where the site has said which."""
    offered = {kind: said["offered"] for kind, said in documents.get(CODEC.kind, {}).items() if said.get("offered")}

    def names_only_offered(line: Whole) -> None:
        kind = "trunk" if trunk else KIND_OF[line["transport"]]
        others = [each for each in line["codecs"] if each not in offered[kind]] if kind in offered else []
        if others:
            raise Wrong(f"{others[0]} is not among those that this site offers to {kind}{'s' if trunk else ' lines'}: {', '.join(offered[kind])}", "codecs")

    return names_only_offered


def at_site(resource: Resource, documents: Documents) -> Resource:
    """A resource as a site has it: what has a device, with the site's defaults in the place of the declared ones, and with what the site demands."""
    if not has_device(resource):
        return resource
    trunk = not has_line(resource)
    defaults: dict[str, Any] = {"codecs": codecs_for(documents, "trunk")["offered"]} if trunk else {
        "nat": nat_of(documents)["default_mode"],
        "codecs": Depends("transport", {transport: codec["offered"] for transport, codec in codecs_of(documents).items()})}
    return replace(resource, rules=(*resource.rules, only_offered(documents, trunk)),
                   fields=tuple(replace(each, default=defaults[each.name]) if each.name in defaults else each for each in resource.fields))


def contradictions(before: Documents, after: Documents) -> list[Wrong]:
    """What is wrong with lines once the site says something else of codecs and NAT, and was not before."""
    def judged(documents: Documents) -> list[Wrong]:
        return [wrong for resource in RESOURCES.values() if has_device(resource) for seen in [at_site(resource, documents)]
                for said in documents.get(resource.kind, {}).values() for wrong in seen.judge(seen.complete(said))]

    wrongs = judged(after)
    known = {str(each) for each in judged(before)} if wrongs else set()
    return [each for each in wrongs if str(each) not in known]


def sources(kind: str, said: Said) -> list[str]:
    """The addresses and networks by which a trunk or a line is known, without a password."""
    if kind == TRUNK.kind:
        return said.get("addresses") or [each for each in [said.get("host")] if each and is_literal(each)]
    return [each for each in [said.get("host")] if each and is_address(each)]


def overlaps(documents: Documents) -> Iterator[tuple[str, str, Wrong]]:
    """(kind, key, what is wrong with it) of each trunk, or line, that could not be told from a trunk by where its calls come from."""
    trunks = [(key, ip_network(each)) for key, said in documents.get(TRUNK.kind, {}).items() for each in sources(TRUNK.kind, said)]
    single: dict[Any, str] = {}     # an address alone is looked up; there are few networks
    nets: list[tuple[str, Network]] = []
    for key, net in trunks:
        if net.num_addresses == 1:
            single.setdefault(net.network_address, key)
        else:
            nets.append((key, net))
    for kind, resource in RESOURCES.items() if trunks else ():
        for key, said in documents.get(kind, {}).items() if has_device(resource) else ():
            for each in sources(kind, said):
                own = ip_network(each)
                other = next((name for name, net in nets if (kind, name) != (TRUNK.kind, key) and net.version == own.version and net.overlaps(own)),
                             single.get(own.network_address) if own.num_addresses == 1 else None)
                if other is not None and (kind, key) != (TRUNK.kind, other):
                    wrong = Wrong(f"{each} is where calls of trunk {other!r} come from: whose they are could not be told",
                                  "addresses" if said.get("addresses") else "host", f"{kind} {key!r}")
                    yield kind, key, wrong


def unreachable(documents: Documents) -> Iterator[Wrong]:
    """What is wrong with inbound routes that lead to a queue without a number: nothing could be dialled."""
    for key, said in documents.get(INBOUND_ROUTE.kind, {}).items():
        for name in ("queue", "closed.queue"):
            to = said.get(name)
            if to and to in documents.get(QUEUE.kind, {}) and not documents[QUEUE.kind][to].get("number"):
                yield Wrong(f"queue {to!r} has no number, by which it could be reached: give it one first", name, f"{INBOUND_ROUTE.kind} {key!r}")


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
