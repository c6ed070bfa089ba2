# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Codecs: what a site offers to each kind of line, and in which order."""
from __future__ import annotations

from .errors import Wrong
from .fields import Choice, Depends, Integer, List, Whole
from .line import CODECS, OFFERED
from .resource import Resource

PACKET = 20     # milliseconds: what gsm and opus know is multiples of it


def browsers_have_no_g729(codec: Whole) -> None:
    if codec["lines"] == "webrtc" and "g729" in codec["offered"]:
        raise Wrong("g729 does not work for webrtc: browsers have none", "offered")


def packets_are_whole(codec: Whole) -> None:
    if codec["ptime"] is not None and codec["ptime"] % PACKET:
        raise Wrong("must be 20, 40 or 60 milliseconds", "ptime")


CODEC = Resource("codec", key="lines", says="Codecs are what the site offers to each kind of line, best first.", fields=(
    Choice("lines", "The kind of line: V(webrtc) is the phone in the browser, V(sip) a SIP telephone, V(trunk) a provider.",
           choices=tuple(OFFERED), required=True, fixed=True),
    List("offered", "Audio codecs offered to a line for which none are said, best first. Once they are given, no line of this kind may name any other. "
                    "Asterisk must be able to transcode them; V(g729) it may pass through only, which is told.",
         each=Choice("", "", choices=CODECS), default=Depends("lines", OFFERED), filled=True),
    Integer("ptime", "How much sound goes into a packet: V(20), V(40) or V(60). It is asked for in the SDP, and what the telephone asks for is sent to it. "
                     "Asterisk's 20 when not given.", least=PACKET, most=60, unit="milliseconds"),
), rules=(browsers_have_no_g729, packets_are_whole))
