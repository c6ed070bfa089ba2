# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An agent: somebody who handles customers."""
from __future__ import annotations

from .account import ACCOUNT_RULES, account
from .errors import Wrong
from .fields import Choice, Depends, Field, Flag, Integer, List, Pin, Ranked, Reference, Text, Whole, Word
from .line import BY_TRANSPORT, LINE_RULES, SHOWN, WEB_TRANSPORTS, device_id, line
from .resource import Resource

TYPOLOGIES = ("webrtc", "phonebar", "external")
CHANNELS = ("voice", "chat", "email", "sms", "open_channel", "fax")
LONGEST_DELAY = 60      # seconds


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


def what_hears_the_call_needs_a_codec(agent: Whole) -> None:
    wants = {"voicemail": agent["voicemail"], "record_calls": agent["record_calls"] != "inactive", "phone.recording": agent["phone.recording"],
             "chanspy": agent["chanspy"]}
    if agent["codecs"] == ["g729"] and any(wants.values()):
        what = next(name for name, wanted in wants.items() if wanted)
        raise Wrong(f"need a second one beside g729 for {what}: Asterisk passes g729 through, it cannot hear or record it", "codecs")


def ring_in_use_suits_capacity(agent: Whole) -> None:
    if not agent["phone.ring_in_use"] and agent["channels.voice.capacity"] > 1:
        raise Wrong(f"contradicts channels.voice.capacity {agent['channels.voice.capacity']}: a second call would never ring", "phone.ring_in_use")


def a_queue_can_ring_it(agent: Whole) -> None:
    if agent["queues"] and agent["type"] == "user":
        raise Wrong("are not for type user: it cannot be called", "queues")


def both_files_or_none(agent: Whole) -> None:
    if bool(agent["phone.tls_certificate"]) != bool(agent["phone.tls_private_key"]):
        raise Wrong("goes with phone.tls_private_key: give both or none", "phone.tls_certificate")


# What an agent works with at the desk and in calls, by group
DESK: tuple[Field, ...] = (
    Choice("client_log", "What the phone in the browser tells the host of its doings.", choices=("off", "error", "warning", "info", "debug"), default="off"),
    Flag("login_pause", "Paused in every queue at sign-in, until unpaused."),
    Flag("mask_sensitive_data", "Does not see an outside customer's number, name and mail address."),
    Flag("chanspy", "May be listened to, by those who are allowed to; without it by nobody."),
    Flag("video", "Video calls, VP8 and H.264 passed through."),
    Choice("record_calls", "Records every call to the agent, both sides, in this format.", choices=("inactive", "wav", "wav49", "gsm"), default="inactive"),
    Flag("prefix_required", "Outside calls without a known prefix (M(switchboard.asterisk.prefixes)) are refused with a prompt; emergency calls are not."),
    Flag("select_recall_campaign", "Picks the campaign for a recall.", idle=True),
    Flag("messenger.enabled", "Messages between people; without it they are refused.", default=True),
    Flag("messenger.sound", "A message is heard when it arrives.", default=True),
    Flag("phone.auto_answer", "The phone answers by itself."),
    Integer("phone.delay", "How long it rings before that.", most=LONGEST_DELAY, default=0, unit="seconds"),
    Text("phone.tls_certificate", "Certificate that the phone in the browser is served with, a path on the host; the host's own when not given.",
         pattern="/.+", rule="must be a path from the root", idle=True),
    Text("phone.tls_private_key", "Its key, a path on the host.", pattern="/.+", rule="must be a path from the root", idle=True),
    Integer("phone.wss_port", "Port that the phone in the browser connects to; the host's own when not given.", least=1, most=65535),
    Flag("phone.settings", "Sees and changes automatic answer and audio devices.", default=True),
    Flag("phone.recording", "Starts and stops the recording of a call."),
    Flag("phone.dtmf_tones", "Hears tones when dialling.", default=True),
    Flag("phone.dnd_on_pause", "While paused, internal calls are refused."),
    Flag("phone.preview_on_pause", "May make a preview call while paused.", idle=True),
    Flag("phone.ring_in_use", "Rings in a call too, as often as the voice capacity allows."),
    *(field for name in CHANNELS for field in (
        Integer(f"channels.{name}.capacity", "How many at the same time; 0 is none.", most=100, default=1 if name == "voice" else 0, idle=name != "voice"),
        Flag(f"channels.{name}.auto_answer", "Assigned without asking.", idle=True),
        Integer(f"channels.{name}.delay", "How long before that.", most=LONGEST_DELAY, default=0, unit="seconds", idle=True),
    )),
    *(Flag(f"downloads.{name}", f"May fetch {name}.", idle=True) for name in ("attachments", "interactions", "recordings")),
    List("permissions.sections", "The sections that the agent may use.", each=Word("", ""), idle=True),
    List("permissions.channels", "The channels that the agent may use.", each=Choice("", "", choices=CHANNELS), idle=True),
    List("permissions.plugins", "The plugins that the agent may use. V(listen), V(whisper) and V(barge) are rights to the calls of agents with "
                                "O(config[].chanspy); on the others nothing acts yet.", each=Word("", "")),
)

AGENT = Resource("agent", key="username", says="Agents handle customers: a line, a number and, if wanted, a mailbox each.", fields=(
    device_id("username", "Signs in with it; also the id of the agent's SIP device."),
    Text("full_name", "Shown to those whom the agent calls, and by the mailbox.", required=True, bytes=SHOWN),
    Text("alias", "Shown instead of the username in queues, reports and to customers.", bytes=SHOWN),
    *account(),
    List("teams", "Teams that the agent belongs to; they must exist.", each=Reference("", "", to="team")),
    List("queues", "Queues that the agent is a member of, each with a penalty if wanted: V(sales:2), or a mapping of C(name) and C(penalty). "
                   "They must exist. The penalty wins over one that the agent has by a team.", each=Ranked("", "", to="queue")),
    Choice("typology", "How the agent phones: V(webrtc) and V(phonebar) in the browser, V(external) with a SIP telephone.",
           choices=TYPOLOGIES, default="webrtc"),
    *line(sip_codecs=BY_TRANSPORT, transport=Depends("typology", {"webrtc": "wss", "phonebar": "wss", "external": "udp"}), password_told=in_browser),
    *DESK,
    Flag("voicemail", "Unanswered and busy calls go to a mailbox under the agent's number."),
    Pin("voicemail_pin", "PIN of a fresh mailbox, generated when not given; a PIN changed by telephone stands.", needed=has_voicemail),
), rules=(transport_suits_typology, browser_has_no_g729, what_hears_the_call_needs_a_codec, ring_in_use_suits_capacity,
          both_files_or_none, a_queue_can_ring_it, *ACCOUNT_RULES, *LINE_RULES))
