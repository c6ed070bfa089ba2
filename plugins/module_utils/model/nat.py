# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The site behind NAT: what it is called from outside, who is inside, and which ports carry sound."""
from __future__ import annotations

import functools
import importlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, ip_address
from typing import Any

from .errors import Unready, Wrong
from .fields import Choice, Field, Integer, List, Secret, Text, Whole, never
from .line import NAT_MODES
from .resource import Resource, single

FEWEST_PORTS = 100      # a call takes two to four
NAME = re.compile(r"(?=.*[a-z])([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?[.])*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
EXTERNAL = ("external_media_address", "external_signaling_address")


@functools.cache
def netaddr() -> Any:
    """Only when there are networks: a host that has none need not have it."""
    try:
        return importlib.import_module("netaddr")
    except ImportError:
        raise Unready("local_networks are reckoned with netaddr, which this Python has not: install python3-netaddr") from None


@dataclass(frozen=True)
class Address(Text):
    """An IPv4 address or a host name; with `port`, a port may follow. Asterisk's NAT, STUN and TURN know no IPv6."""
    port: bool = False

    def check(self, value: Any) -> str:
        place, colon, port = super().check(value).lower().partition(":")
        if colon and not (self.port and re.fullmatch("[0-9]{1,5}", port) and 0 < int(port) < 65536):
            raise Wrong("must be an IPv4 address or a host name" + (", and a port from 1 to 65535 behind a colon" if self.port else ", without a port"))
        try:
            address = IPv4Address(place)
        except ValueError:
            if not NAME.fullmatch(place):
                raise Wrong("must be an IPv4 address or a host name") from None
        else:
            if address.is_multicast or address.is_loopback or address.packed[0] in (0, 255):
                raise Wrong("is not an address that others can reach")
        return place + colon + (str(int(port)) if colon else "")


@dataclass(frozen=True)
class Network(Field):
    """A network in its one normal form, also given with a netmask, or a single address."""

    def check(self, value: Any) -> str:
        text = value.strip() if isinstance(value, str) else ""
        try:
            if not re.fullmatch(r"[0-9a-fA-F:]*[.:][0-9a-fA-F:.]*(/[0-9.]+)?", text):
                raise ValueError
            network = netaddr().IPNetwork(text)
        except (ValueError, netaddr().AddrFormatError):
            raise Wrong("must be networks such as 192.168.0.0/16") from None
        if network.ip != network.network:
            raise Wrong(f"{network} has host bits set: the network is {network.cidr}")
        if network.prefixlen == 0:
            raise Wrong(f"{network} is every address there is")
        return str(network)


@dataclass(frozen=True)
class Networks(List):
    each: Field = Network("", "")

    def check(self, value: Any) -> list[Any]:
        checked = super().check(value)
        networks = sorted(map(netaddr().IPNetwork, checked))
        for one, other in zip(networks, networks[1:]):      # in this order, what a network holds comes next to it
            if other in one:
                raise Wrong(f"{other} is within {one} already")
        return checked


@dataclass(frozen=True)
class HostCandidate(Field):
    """`local => advertised`, or a mapping of the two."""

    def check(self, value: Any) -> str:
        if isinstance(value, Mapping) and set(value) == {"local", "advertised"}:
            value = f"{value['local']} => {value['advertised']}"
        found = re.fullmatch(r"([0-9a-fA-F:.]+) *=> *([0-9a-fA-F:.]+)", value.strip()) if isinstance(value, str) else None
        try:
            local, advertised = (ip_address(each) for each in found.groups()) if found else (None, None)
        except ValueError:
            local = None
        if local is None or advertised is None or local.version != advertised.version:
            raise Wrong("must be two IP addresses of one version, such as 192.168.1.10 => 203.0.113.10")
        return f"{local} => {advertised}"

    def key_of(self, value: str) -> str:
        return value.partition(" ")[0]


def who_is_inside_must_be_known(nat: Whole) -> None:
    outside = next((each for each in EXTERNAL if nat[each]), None)
    if outside and not nat["local_networks"]:
        raise Wrong(f"is needed beside {outside}: telephones inside would be told the address outside", "local_networks")


def ports_are_a_range(nat: Whole) -> None:
    if nat["rtp.start"] % 2:
        raise Wrong("must be even: sound goes over even ports", "rtp.start")
    if nat["rtp.end"] - nat["rtp.start"] + 1 < FEWEST_PORTS:
        raise Wrong(f"must leave at least {FEWEST_PORTS} ports from rtp.start {nat['rtp.start']} on: a call takes two to four", "rtp.end")


def turn_is_whole(nat: Whole) -> None:
    missing = [each for each in ("turn.username", "turn.password") if nat["turn.server"] and not nat[each]]
    if missing:
        raise Wrong("is needed beside turn.server", missing[0])


NAT = Resource("nat", key="name", says="The site behind NAT.", single=True, fields=(
    single(),
    Address("external_media_address", "Address or host name of this site as others outside see it, where they send their sound to. A name must have "
                                      "an address when it is set; Asterisk asks for it again every five minutes. Browsers need "
                                      "O(config.ice.host_candidates) instead."),
    Address("external_signaling_address", "The same for SIP."),
    Networks("local_networks", "Networks inside, which need no address outside; the host's own address must be in one of them. "
                               "Checked with netaddr, which the host must have."),
    Integer("rtp.start", "First UDP port of sound and video, an even one.", least=1024, most=65535, default=10000),
    Integer("rtp.end", "Last UDP port of sound and video.", least=1024, most=65535, default=20000),
    Address("stun_server", "STUN server that Asterisk asks for its address outside, with port if it is not 3478, for lines that use ICE. "
                           "One that does not answer delays each such call.", port=True),
    Address("turn.server", "TURN server that Asterisk offers as a relay for lines that use ICE, with port if it is not 3478.", port=True),
    Text("turn.username", "What the TURN server knows this site by."),
    Secret("turn.password", "The password that goes with it.", shortest=1, longest=512, needed=never),
    List("ice.host_candidates", "Addresses that ICE advertises beside the host's own ones: V(local => advertised). "
                                "For browsers outside, where the host is behind NAT.", each=HostCandidate("", "")),
    Choice("default_mode", "What is done about NAT for lines for which nothing else is said.", choices=NAT_MODES, default="yes"),
), rules=(who_is_inside_must_be_known, ports_are_a_range, turn_is_whole))
