# SPDX-License-Identifier: GPL-3.0-or-later
"""An agent's own rules, and the groups that some of its fields stand in."""

from __future__ import annotations

from typing import Any

import pytest
from module_utils.model.agent import AGENT, CHANNELS
from module_utils.model.errors import Refused

from tests.unit.conftest import ANNA, PHONE, House, planned

G729 = {**PHONE, "codecs": ["g729"]}


@pytest.mark.parametrize(("item", "rule"), [
    ({**G729, "voicemail": True}, "codecs: need a second one beside g729 for voicemail"),
    ({**G729, "record_calls": "wav"}, "codecs: need a second one beside g729 for record_calls"),
    ({**G729, "phone": {"recording": True}}, "codecs: need a second one beside g729 for phone.recording"),
    ({**G729, "chanspy": True}, "codecs: need a second one beside g729 for chanspy"),
    ({"channels": {"voice": {"capacity": 2}}}, "phone.ring_in_use: contradicts channels.voice.capacity 2"),
    ({"authentication": "sso"}, "sso_subject: goes with authentication sso, and is needed there"),
    ({"sso_subject": "x"}, "sso_subject: goes with authentication sso"),
    ({"phone": {"tls_certificate": "/etc/ssl/a.pem"}}, "phone.tls_certificate: goes with phone.tls_private_key"),
    ({"phone": {"tls_certificate": "a.pem", "tls_private_key": "/a"}}, "phone.tls_certificate: must be a path from the root"),
    ({"phone": {"wss_port": 70000}}, "phone.wss_port: must be a whole number from 1 to 65535"),
    ({"phone": {"delay": 61}}, "phone.delay: must be a whole number from 0 to 60 seconds"),
    ({"channels": {"voice": {"capacity": -1}}}, "channels.voice.capacity: must be a whole number from 0 to 100"),
    ({"channels": {"voise": {"capacity": 1}}}, r"channels.voise: is not a field of agents"),
    ({"phone": {"ring_in_us": True}}, r"phone.ring_in_us: is not a field of agents .did you mean phone.ring_in_use"),
    ({"client_log": "loud"}, "client_log: 'loud' is none of off, error"),
    ({"record_calls": "mp3"}, "record_calls: 'mp3' is none of inactive, wav"),
    ({"permissions": {"channels": ["voice", "telex"]}}, "permissions.channels: 'telex' is none of voice"),
    ({"permissions": {"sections": ["Any thing"]}}, "permissions.sections: must be at most 40 lower case"),
    ({"phone": "loud"}, "phone: is not a field of agents"),
])
def test_refused(item: dict[str, Any], rule: str) -> None:
    with pytest.raises(Refused, match=f"agent 'anna': {rule}"):
        planned("merged", [{**ANNA, **item}])


@pytest.mark.row("P11")
@pytest.mark.parametrize("item", [
    {"channels": {"voice": {"capacity": 3}}, "phone": {"ring_in_use": True}},
    {"channels": {"voice": {"capacity": 0}}},
    {"authentication": "sso", "sso_subject": "00u1abcd"},
    {"client_log": False},       # YAML's off
])
def test_taken(item: dict[str, Any]) -> None:
    assert planned("merged", [{**ANNA, **item}]).create


def test_a_group_is_merged_member_by_member(house: House) -> None:
    house.run("merged", [{**ANNA, "phone": {"auto_answer": True, "delay": 3}, "channels": {"chat": {"capacity": 4}}}])
    house.run("merged", [{"username": "anna", "phone": {"delay": "5"}}])
    (anna,) = house.run("gathered")["gathered"]
    assert anna["phone"] == {"auto_answer": True, "delay": 5} and anna["channels"] == {"chat": {"capacity": 4}}
    house.run("merged", [{"username": "anna", "phone": {"delay": None}}])
    assert house.run("gathered")["gathered"][0]["phone"] == {"auto_answer": True}
    assert house.run("replaced", [{"username": "anna", "full_name": "Anna Öberg"}])["reasons"]["anna"] == [
        "email", "phone.auto_answer", "channels.chat.capacity"]


def test_a_spreadsheet_names_members_with_a_dot(house: House) -> None:
    house.run("merged", [{**ANNA, "phone.delay": "7", "permissions.channels": "voice chat"}])
    (anna,) = house.run("gathered")["gathered"]
    assert anna["phone"] == {"delay": 7} and anna["permissions"] == {"channels": ["voice", "chat"]}


def test_what_nothing_acts_on_yet_is_said_once_and_only_when_it_is_set(house: House) -> None:
    assert house.run("merged", [ANNA])["warnings"] == []
    said = {"username": "anna", "select_recall_campaign": True, "channels": {"chat": {"delay": 5}}, "phone": {"settings": True}}
    (warning,) = house.run("merged", [said])["warnings"]
    assert warning == "select_recall_campaign, channels.chat.delay: kept, but nothing in this release acts on it yet"
    assert house.run("merged", [{"username": "anna", "select_recall_campaign": True}])["warnings"] == []
    assert house.run("merged", [{"username": "anna", "select_recall_campaign": False}])["warnings"] == []


def test_every_channel_has_the_same_members() -> None:
    assert {name.rpartition(".")[2] for name in AGENT.by_name if name.startswith("channels.")} == {"capacity", "auto_answer", "delay"}
    assert {name.split(".")[1] for name in AGENT.by_name if name.startswith("channels.")} == set(CHANNELS)
