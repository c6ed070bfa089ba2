# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where things are on a host."""
from __future__ import annotations

from dataclasses import dataclass

ZONES = "/usr/share/zoneinfo"       # time zones, also where Asterisk looks for them


@dataclass(frozen=True)
class Host:
    config: str = "/etc/asterisk"
    state: str = "/var/lib/switchboard"
    log: str = "/var/log/asterisk/switchboard.log"
    mailboxes: str = "/var/spool/asterisk/voicemail"
