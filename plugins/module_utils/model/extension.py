# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An extension: a number and the telephone behind it, which belongs to no person."""
from __future__ import annotations

from .fields import Text
from .line import BY_TRANSPORT, LINE_RULES, SHOWN, device_id, line, web_has_no_g729
from .resource import Resource

EXTENSION = Resource("extension", key="name", says="Extensions are numbers with a telephone behind them that belongs to no person.", fields=(
    device_id("name", "The telephone's name; also the id of its SIP device."),
    Text("display_name", "Shown to those whom the telephone calls; its name when not given.", bytes=SHOWN),
    *line(sip_codecs=BY_TRANSPORT, transport="udp"),
), rules=(web_has_no_g729, *LINE_RULES))
