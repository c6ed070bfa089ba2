# SPDX-License-Identifier: GPL-3.0-or-later
"""Two or three of each resource, written by hand, for the tests that go through all kinds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from module_utils.model.resource import SINGLE, Resource
from module_utils.model.site import RESOURCES

from tests.unit.conftest import ANNA, BEN, SECRET, House


@dataclass(frozen=True)
class Sample:
    items: list[dict[str, Any]]             # of a single resource the only one
    change: dict[str, Any]                  # fields of the first one that then come out otherwise, as they are written
    differs: list[str]                      # the same by name, in the order of declaration
    before: dict[str, Any] = field(default_factory=dict)    # the same in their normal form, as `items` has them or by default
    after: dict[str, Any] = field(default_factory=dict)     # and as they become


SAMPLES = {
    "settings": Sample(
        [{"number_range": "1000-8999", "password": {"length": 12}, "sso": {"issuer": "https://id.example.org", "client_id": "x", "client_secret": SECRET}}],
        {"password": {"length": "14", "digit": "yes"}, "number_range": None}, ["number_range", "password.length", "password.digit"],
        {"number_range": "1000-8999", "password.length": 12, "password.digit": False},
        {"number_range": "1000-9999", "password.length": 14, "password.digit": True}),
    "codec": Sample(
        [{"lines": "sip", "offered": ["alaw", "g722"], "ptime": 40}, {"lines": "webrtc", "offered": ["opus"]}],
        {"offered": "g722 alaw ulaw", "ptime": None}, ["offered", "ptime"],
        {"offered": ["alaw", "g722"], "ptime": 40}, {"offered": ["g722", "alaw", "ulaw"], "ptime": None}),
    "nat": Sample(
        [{"local_networks": ["192.0.2.0/24"], "rtp": {"end": 18000}, "turn": {"server": "192.0.2.9", "username": "x", "password": SECRET}}],
        {"local_networks": "192.0.2.0/25 10.0.0.0/8", "rtp": {"start": "12000", "end": None}, "turn": {"server": None}},
        ["local_networks", "rtp.start", "rtp.end", "turn.server"],
        {"local_networks": ["192.0.2.0/24"], "rtp.start": 10000, "rtp.end": 18000, "turn.server": "192.0.2.9"},
        {"local_networks": ["192.0.2.0/25", "10.0.0.0/8"], "rtp.start": 12000, "rtp.end": 20000, "turn.server": None}),
    "user_profile": Sample(
        [{"name": "leader", "sections": {"agents": "edit"}, "listen": True}, {"name": "trainee"}],
        {"sections": {"queues": "read"}, "listen": "no"}, ["sections.queues", "listen"],
        {"sections.queues": "none", "listen": True}, {"sections.queues": "read", "listen": False}),
    "team": Sample(
        [{"name": "sales", "display_name": "Sales"}, {"name": "night"}],
        {"display_name": None, "description": "Sells"}, ["display_name", "description"],
        {"display_name": "Sales", "description": None}, {"display_name": None, "description": "Sells"}),
    "queue": Sample(
        [{"name": "support", "number": "1800", "teams": ["sales:2"], "join_empty": ["paused"], "timeout": 20}, {"name": "help"}],
        {"number": None, "timeout": "25", "join_empty": "strict", "teams": [{"name": "night", "penalty": 1}, "sales"]},
        ["number", "timeout", "join_empty", "teams"],
        {"number": "1800", "timeout": 20, "join_empty": ["paused"], "teams": ["sales:2"]},
        {"number": None, "timeout": 25, "join_empty": ["paused", "penalty", "unavailable", "invalid"], "teams": ["night:1", "sales"]}),
    "extension": Sample(
        [{"name": "door", "number": "1950", "sip_password": SECRET, "codecs": ["alaw"]}, {"name": "hall", "host": "192.0.2.17"}],
        {"codecs": "g722 alaw", "nat": False}, ["nat", "codecs"], {"nat": "yes", "codecs": ["alaw"]}, {"nat": "no", "codecs": ["g722", "alaw"]}),
    "user": Sample(
        [{"username": "sam", "full_name": "Sam", "profile": "leader", "email": "sam@example.org"}, {"username": "ada", "full_name": "Ada", "role": "admin"}],
        {"profile": "trainee", "email": None}, ["profile", "email"], {"profile": "leader", "email": "sam@example.org"}, {"profile": "trainee", "email": None}),
    "agent": Sample(
        [{**BEN, "teams": ["sales"], "phone": {"delay": 3}}, {**ANNA, "number": "1042"}],
        {"teams": "night sales", "phone": {"delay": None, "auto_answer": True}, "alias": "B"}, ["alias", "teams", "phone.auto_answer", "phone.delay"],
        {"alias": None, "teams": ["sales"], "phone.auto_answer": False, "phone.delay": 3},
        {"alias": "B", "teams": ["night", "sales"], "phone.auto_answer": True, "phone.delay": 0}),
    "trunk": Sample(
        [{"name": "north", "host": "sip.example.org", "user": "468100", "password": SECRET, "registers": True, "capacity": 4, "addresses": ["192.0.2.96/29"]},
         {"name": "south", "host": "192.0.2.65", "transport": "tls", "caller_id": "+468200"}],
        {"codecs": "g722 alaw", "capacity": None, "addresses": "192.0.2.96/28", "caller_id": "+468100"}, ["addresses", "codecs", "capacity", "caller_id"],
        {"addresses": ["192.0.2.96/29"], "codecs": ["alaw", "ulaw", "g722"], "capacity": 4, "caller_id": None},
        {"addresses": ["192.0.2.96/28"], "codecs": ["g722", "alaw"], "capacity": 0, "caller_id": "+468100"}),
    "prefix": Sample(
        [{"name": "abroad", "prefix": "00", "trunks": ["north", "south"], "who": "teams", "teams": ["sales"], "add": "+"},
         {"name": "plain", "prefix": "none", "trunks": ["north"]}],
        {"prefix": "09", "digits": "7", "trunks": "south", "who": None, "teams": []}, ["prefix", "digits", "trunks", "who", "teams"],
        {"prefix": "00", "digits": "3-15", "trunks": ["north", "south"], "who": "teams", "teams": ["sales"]},
        {"prefix": "09", "digits": "7-7", "trunks": ["south"], "who": "everybody", "teams": []}),
    "inbound_route": Sample(
        [{"name": "main", "called": "468100", "queue": "support", "hours": ["mon-fri/08:00-17:00"], "closed": {"agent": "ben", "mailbox": True}},
         {"name": "rest", "called": "any", "extension": "door"}],
        {"called": "468101", "queue": None, "agent": "ben", "hours": "sat/09:00-12:00", "closed": {"agent": None, "mailbox": "no", "announcement": "closed"}},
        ["called", "queue", "agent", "hours", "closed.agent", "closed.mailbox", "closed.announcement"],
        {"called": "468100", "queue": "support", "agent": None, "hours": ["mon-fri/08:00-17:00"], "closed.agent": "ben", "closed.mailbox": True,
         "closed.announcement": None},
        {"called": "468101", "queue": None, "agent": "ben", "hours": ["sat/09:00-12:00"], "closed.agent": None, "closed.mailbox": False,
         "closed.announcement": "closed"}),
}

every_kind = pytest.mark.parametrize("kind", RESOURCES)
of_many = pytest.mark.parametrize("kind", [kind for kind, resource in RESOURCES.items() if not resource.single])
of_one = pytest.mark.parametrize("kind", [kind for kind, resource in RESOURCES.items() if resource.single])


def sample(kind: str) -> tuple[Resource, Sample]:
    assert kind in SAMPLES, f"tests/unit/samples.py has none of {RESOURCES[kind].plural}"
    return RESOURCES[kind], SAMPLES[kind]


def keys(kind: str) -> list[str]:
    resource = RESOURCES[kind]
    return [SINGLE] if resource.single else [each[resource.key] for each in SAMPLES[kind].items]


def changed(kind: str) -> dict[str, Any]:
    """The first item as `change` alone has it."""
    resource, those = sample(kind)
    return those.change if resource.single else {resource.key: keys(kind)[0], **those.change}


def furnish(house: House, kind: str, full: bool = True) -> None:
    """What the samples of a kind refer to, and themselves when `full`."""
    for other in {each.to for each in RESOURCES[kind].references.values()} - {kind}:
        furnish(house, other)
    if full:
        house.run("merged", sample(kind)[1].items, RESOURCES[kind])
