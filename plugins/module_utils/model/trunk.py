# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A trunk: the way to a SIP provider, and from it."""
from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address, ip_interface
from typing import Any

from .errors import Wrong
from .fields import Choice, Flag, Host, Integer, List, Secret, Text, Whole, never
from .line import CODECS, NAT_MODES, OFFERED, device_id
from .nat import Address
from .resource import Resource

NOT_ADDRESSES = "must be IP addresses, or networks such as 192.0.2.0/24"
TRANSPORTS = ("udp", "tcp", "tls")


@dataclass(frozen=True)
class Server(Address):
    """Where a provider is: an address or a host name."""

    def check(self, value: Any) -> str:
        text = value.strip() if isinstance(value, str) else ""
        if ":" in text and "/" not in text:
            return Source("", "").check(text)
        return super().check(value)

    def claims(self, value: Any) -> str:
        return str(value) if value and is_literal(value) else ""


@dataclass(frozen=True)
class Source(Host):
    """An address or a network from which calls come."""
    default: Any = None

    def check(self, value: Any) -> str:
        try:
            text = super().check(value)
        except Wrong as wrong:
            kept, _colon, rest = wrong.rule.partition(": ")
            raise Wrong(NOT_ADDRESSES if kept.startswith("must be") else kept if "dynamic" in rest else wrong.rule) from None
        if text == "dynamic":
            raise Wrong(NOT_ADDRESSES)
        if ip_interface(text).is_loopback:
            raise Wrong(f"{text} is this host itself, by which every browser's call would come in")
        return text


@dataclass(frozen=True)
class ForeignPassword(Secret):
    """A password for somewhere else. Asterisk needs it in clear: a digest would hold the other side's realm, which nobody knows before it asks."""

    def check(self, value: Any) -> str:
        password: str = super().check(value)
        if password != password.strip():
            raise Wrong("begins or ends with a space, which Asterisk's files cannot carry")
        return password


def is_literal(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def outside_number(name: str, says: str) -> Text:
    """A number as others see it. YAML reads one that begins with + as a number and loses the sign: it needs quotes."""
    return Text(name, says, pattern=r"\+?[0-9]{2,20}", rule="must be 2 to 20 digits in quotes, with + before them if wanted")


def whoever_registers_has_a_name(trunk: Whole) -> None:
    if trunk["registers"] and not trunk["user"]:
        raise Wrong("is needed beside registers: it is what the provider knows this site by", "user")


def a_name_goes_with_a_password(trunk: Whole) -> None:
    if trunk["user"] and not trunk["password"]:
        raise Wrong("is needed beside user: both come from the provider", "password")


TRUNK = Resource("trunk", key="name", says="Trunks are the ways to SIP providers, and from them.", fields=(
    device_id("name", "The trunk's name, by which prefixes refer to it; also the id of its SIP device."),
    Text("description", "Free text."),
    Flag("disabled", "No call goes out or comes in over it; what there is ends at once."),
    Server("host", "Host name or IP address of the provider.", required=True, claim="address"),
    Integer("port", "Its port. When not given, 5060 (5061 for V(tls)), or what the name's SRV records say.", least=1, most=65535),
    Choice("transport", "With V(tls) audio must be encrypted too (SRTP).", choices=TRANSPORTS, default="udp"),
    Flag("registers", "Registers at the provider with O(config[].user), and again before that ends. Otherwise the provider knows this host by its address."),
    Text("user", "User name that the provider gave this site. With it the provider's challenges are answered, also without registration.",
         pattern=r"[A-Za-z0-9+*#._-]{1,64}", rule="must be at most 64 letters, digits, '+', '*', '#', '.', '_' or '-'"),
    ForeignPassword("password", "The password that goes with it. Kept in clear, which Asterisk needs.", shortest=1, longest=128, needed=never),
    Address("domain", "What the provider wants to be called in SIP addresses, where that is not its O(config[].host)."),
    outside_number("called_as", "Number that the provider is told at registration, and sends for calls to this site; O(config[].user) when not given."),
    Integer("sip_expires", "Life of a registration, as asked for.", default=600, least=60, most=86400, unit="seconds"),
    List("addresses", "IP addresses and networks from which the provider's calls come; its O(config[].host) when none is given. Calls from elsewhere "
                      "are not the trunk's, whatever they say. No other trunk, and no line with a fixed address, may share one.", each=Source("", "")),
    List("codecs", "Audio codecs offered, best first, and no others. The site's own are set by M(switchboard.asterisk.codecs).",
         each=Choice("", "", choices=CODECS), default=OFFERED["trunk"], filled=True),
    Choice("nat", "What is done about NAT between host and provider, which most need not: the values are those of chan_sip.", choices=NAT_MODES, default="no"),
    Flag("video", "Video (VP8, H.264) is passed through."),
    Integer("capacity", "So many calls at once, in and out together; 0 is without limit.", most=10000, default=0, unit="calls"),
    outside_number("caller_id", "Number that those see who are called over the trunk, unless the line has one of its own or the prefix says another; "
                                "O(config[].user) when not given. An internal number is never shown."),
    Flag("qualify", "Asks the provider every minute (OPTIONS) whether it is there. One that is not is passed over at once; without asking, a call first "
                    "waits half a minute for its answer.", default=True),
    Integer("emergency_order", "Emergency calls try the trunks from the lowest on; 0 never.", most=100, default=1),
), rules=(whoever_registers_has_a_name, a_name_goes_with_a_password))
