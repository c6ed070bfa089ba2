# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The calls of a line that Asterisk has, whether or not a page knows of them."""
from __future__ import annotations

from collections.abc import Container

from module_utils.control.ami import Ami


def channels(ami: Ami, device: str) -> list[str]:
    """Also of a line that is no more, as by another name."""
    found = (each.get("Channel", [""])[0] for each in ami.listing("CoreShowChannels"))
    return [each for each in found if each.rpartition("-")[0] == f"PJSIP/{device}"]


def hang_up(ami: Ami, device: str, calls: Container[str]) -> None:
    """Those of its calls that have one of these ids (Call-ID, RFC 3261, 8.1.1.4)."""
    for each in channels(ami, device):
        answer, _events = ami.ask("Getvar", Channel=each, Variable="CHANNEL(pjsip,call-id)")
        if answer.get("Value", [""])[0] in calls:
            ami.ask("Hangup", Channel=each, Cause="16")     # gone by itself meanwhile is as good
