# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The site behind NAT: options that each SIP transport takes over (res_pjsip), and RTP (res_rtp_asterisk).

Both are read again without a restart: of a transport, a reload leaves only its socket and its certificates as they are
(res/res_pjsip/config_transport.c).
"""
from __future__ import annotations

from ..model.fields import Whole
from ..model.nat import EXTERNAL
from .writer import HEADER, lines, section


def compile_nat(nat: Whole) -> dict[str, str]:
    transport = [(each, nat[each]) for each in EXTERNAL if nat[each]] + [("local_net", each) for each in nat["local_networks"]]
    rtp = [("rtpstart", str(nat["rtp.start"])), ("rtpend", str(nat["rtp.end"]))]
    rtp += [(option, nat[name]) for option, name in (("stunaddr", "stun_server"), ("turnaddr", "turn.server")) if nat[name]]
    if nat["turn.server"]:
        rtp += [("turnusername", nat["turn.username"]), ("turnpassword", nat["turn.password"])]
    candidates = [(local, f"{advertised},include_local_address") for local, _arrow, advertised in map(str.split, nat["ice.host_candidates"])]
    return {"pjsip_transport.conf": HEADER + lines(transport),       # within a section of the role's
            "rtp.conf": HEADER + "\n" + section("general", rtp, ["+"]) + ("\n" + section("ice_host_candidates", candidates) if candidates else "")}
