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
