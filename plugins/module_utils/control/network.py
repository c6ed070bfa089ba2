# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The host's place in its network, as far as it can tell by itself."""
from __future__ import annotations

import socket
from ipaddress import ip_address, ip_network
from typing import Optional

from ..model.errors import Wrong
from ..model.fields import Whole
from ..model.nat import EXTERNAL

SERVERS = ("stun_server", "turn.server")


def found(name: str) -> Optional[str]:
    """The IPv4 address of a name."""
    try:
        return str(socket.getaddrinfo(name, None, socket.AF_INET)[0][4][0])
    except OSError:
        return None


def own_address(towards: str) -> Optional[str]:
    """The address that this host has for another one. Nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((towards, 9))
        except OSError:     # there is no way there
            return None
        return str(probe.getsockname()[0])


def suits_host(nat: Whole) -> None:
    """Raises Wrong where Asterisk would silently do something else on this host than was meant."""
    for name in (*EXTERNAL, *SERVERS):
        place = (nat[name] or "").partition(":")[0]
        address = found(place) if place else None
        if place and not address:
            raise Wrong(f"{place} has no address that this host can find", name, "nat")
        own = own_address(address) if address and name in EXTERNAL else None
        if own and not any(ip_address(own) in ip_network(each) for each in nat["local_networks"]):
            raise Wrong(f"must hold {own}, the host's own address: otherwise Asterisk keeps telling it to those outside", "local_networks", "nat")
