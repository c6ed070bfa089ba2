# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An agent: somebody who handles customers."""
from __future__ import annotations

from .errors import Wrong
from .fields import Choice, Depends, Flag, Mail, Pin, Text, Whole
from .line import BY_TRANSPORT, LINE_RULES, SHOWN, WEB_TRANSPORTS, device_id, line
from .resource import Resource

TYPOLOGIES = ("webrtc", "phonebar", "external")


def in_browser(agent: Whole) -> bool:
    return bool(agent["typology"] != "external")


def has_voicemail(agent: Whole) -> bool:
    return bool(agent["voicemail"])


def transport_suits_typology(agent: Whole) -> None:
    if in_browser(agent) != (agent["transport"] in WEB_TRANSPORTS):
        fit = "ws or wss" if in_browser(agent) else "udp, tcp or tls"
        raise Wrong(f"must be {fit} for typology {agent['typology']}", "transport")


def browser_has_no_g729(agent: Whole) -> None:
    if in_browser(agent) and "g729" in agent["codecs"]:
        raise Wrong(f"g729 does not work for typology {agent['typology']}, only for external", "codecs")


def voicemail_needs_a_codec(agent: Whole) -> None:
    if agent["voicemail"] and agent["codecs"] == ["g729"]:
        raise Wrong("need a second one beside g729 for voicemail: Asterisk passes g729 through, it cannot record it", "codecs")


AGENT = Resource("agent", key="username", says="Agents handle customers: a line, a number and, if wanted, a mailbox each.", fields=(
    device_id("username", "Signs in with it; also the id of the agent's SIP device."),
    Text("full_name", "Shown to those whom the agent calls, and by the mailbox.", required=True, bytes=SHOWN),
    Text("alias", "Shown instead of the username in queues, reports and to customers.", longest=80),
    Mail("email", "Where voicemail is sent to.", claim="mail"),
    Choice("typology", "How the agent phones: V(webrtc) and V(phonebar) in the browser, V(external) with a SIP telephone.",
           choices=TYPOLOGIES, default="webrtc"),
    *line(sip_codecs=BY_TRANSPORT, transport=Depends("typology", {"webrtc": "wss", "phonebar": "wss", "external": "udp"}), password_told=in_browser),
    Flag("voicemail", "Unanswered and busy calls go to a mailbox under the agent's number."),
    Pin("voicemail_pin", "PIN of a fresh mailbox, generated when not given; a PIN changed by telephone stands.", needed=has_voicemail),
), rules=(transport_suits_typology, browser_has_no_g729, voicemail_needs_a_codec, *LINE_RULES))
