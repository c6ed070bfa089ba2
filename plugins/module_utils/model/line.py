# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The line: the SIP side of a person or a telephone. Its fields and rules are shared by all that have one."""
from __future__ import annotations

from ipaddress import ip_address
from typing import Any

from .errors import Wrong
from .fields import Choice, Depends, Field, Flag, Host, Integer, List, Number, SipPassword, Text, Whole, Word, is_address, never

CODECS = ("ulaw", "alaw", "gsm", "g722", "g729", "opus")
NAT_MODES = ("yes", "no", "force_rport", "comedia", "never", "route")
TRANSPORTS = ("udp", "tcp", "tls", "ws", "wss")
WEB_TRANSPORTS = ("ws", "wss")
# kind of line: the codecs it is offered where the site says nothing
OFFERED = {"webrtc": ("opus", "ulaw", "alaw"), "sip": ("alaw", "ulaw", "g722"), "trunk": ("alaw", "ulaw", "g722")}

# ids that Asterisk, its dialplan or its command line take for something else
RESERVED = ("all", "anonymous", "authentication", "context", "default", "endpoint", "general", "global", "globals", "guest",
            "hints", "local", "nowhere", "switchboard", "system")
GROUP = Text("", "", pattern=r"[A-Za-z0-9_-]{1,40}", rule="a group is a name of letters, digits, '_' and '-', or a number")


SHOWN = 79      # bytes of a name that PJSIP keeps (caller_id_handler in res_pjsip/pjsip_configuration.c); more would be cut, maybe within a character


def device_id(name: str, says: str) -> Word:
    """The field that names a resource with a line: also the id of its SIP device."""
    return Word(name, says, required=True, fixed=True, claim="device", reserved=RESERVED)


def desk_auth(device: str) -> str:
    """The auth of a line in the browser that role desk lends to its page for as long as somebody is signed in."""
    return f"{device}@desk"


def needs_password(line: Whole) -> bool:
    return not is_address(line["host"])


def line(sip_codecs: Any, transport: Any, password_told: Any = never) -> tuple[Field, ...]:
    """The fields of a line. Codecs, transport and who learns a generated password differ between the kinds that have one."""
    return (
        Number("number", "Internal number that rings the line; the lowest free one of O(number_range) when not given. "
                         "With a leading zero it needs quotes in YAML.",
               fixed=True, claim="number", allocated=True),
        Text("description", "Free text."),
        Flag("disabled", "Can neither register nor call nor be called; its calls end and its registrations are dropped at once."),
        SipPassword("sip_password", "The telephone's own secret, generated when not given; only its digests are kept.",
                    needed=needs_password, told=password_told),
        Choice("transport", "Transport of the line, according to the telephone. With V(tls) its audio must be encrypted too (SRTP).",
               choices=TRANSPORTS, default=transport),
        Choice("nat", "What is done about NAT between telephone and host; the values are those of chan_sip. "
                      "The site's default is set by M(switchboard.asterisk.nat).", choices=NAT_MODES, default="yes"),
        List("codecs", "Audio codecs offered, best first, and no others. The site's own are set by M(switchboard.asterisk.codecs).",
             each=Choice("", "", choices=CODECS), default=sip_codecs, filled=True),
        Text("context", "Dialplan context that the line's calls enter; it must exist on the host.", default="from-sip",
             pattern=r"[A-Za-z0-9_][A-Za-z0-9_-]{0,78}", rule="must be letters, digits, '_' or '-'"),
        List("call_groups", "Groups whose members' calls ring here may be picked up by others; names or numbers.", each=GROUP),
        List("pickup_groups", "Groups of which the line may pick up calls.", each=GROUP),
        Host("host", "V(dynamic) registers with its password; an IP address is the line itself, with neither registration nor password; "
                     "a network registers with its password, and from inside that network only.", claim="address"),
        Choice("type", "V(user) may call only, V(peer) may be called only, V(friend) both.", choices=("friend", "user", "peer"), default="friend"),
        Text("caller_id", "Caller id shown to those it calls, instead of its own name and number: V(Name <number>), a name, or a number.",
             bytes=SHOWN, pattern=r'[^<>"\\]+|[^<>"\\]*<\+?[0-9*#]{1,32}>',
             rule="must be a name, a number, or Name <number>, without quotes and backslashes"),
        Integer("sip_expires", "Life of a registration.", default=300, least=30, most=86400, unit="seconds"),
    )


def host_suits_transport(whole: Whole) -> None:
    if whole["host"] != "dynamic" and whole["transport"] in WEB_TRANSPORTS:
        raise Wrong(f"must be dynamic for transport {whole['transport']}: browsers come through the host's own web server", "host")


def host_is_no_loopback(whole: Whole) -> None:
    if is_address(whole["host"]) and ip_address(whole["host"]).is_loopback:
        raise Wrong("is the host itself, by which every browser's call would come in", "host")


def web_has_no_g729(whole: Whole) -> None:
    if whole["transport"] in WEB_TRANSPORTS and "g729" in whole["codecs"]:
        raise Wrong(f"g729 does not work over {whole['transport']}: browsers have none", "codecs")


LINE_RULES = (host_suits_transport, host_is_no_loopback)
KIND_OF = {each: "webrtc" if each in WEB_TRANSPORTS else "sip" for each in TRANSPORTS}      # transport: kind of line
BY_TRANSPORT = Depends("transport", {each: OFFERED[kind] for each, kind in KIND_OF.items()})
