# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A user: an administrator or a supervisor."""
from __future__ import annotations

from .account import ACCOUNT_RULES, API_KEY, account
from .errors import Wrong
from .fields import Choice, Flag, Reference, Text, Whole
from .line import BY_TRANSPORT, LINE_RULES, SHOWN, WEB_TRANSPORTS, device_id, line, web_has_no_g729
from .resource import Resource


def in_browser(user: Whole) -> bool:
    return user["transport"] in WEB_TRANSPORTS


def profile_suits_role(user: Whole) -> None:
    if user["role"] == "user" and not user["profile"]:
        raise Wrong("is needed for role user", "profile")
    if user["role"] == "admin" and user["profile"]:
        raise Wrong("goes with role user: an admin may do everything", "profile")


USER = Resource("user", key="username", says="Users are administrators and supervisors: an account, a line and a number each.", fields=(
    device_id("username", "Signs in with it; also the id of the user's SIP device."),
    Choice("role", "V(admin) may do everything, V(user) what the profile grants.", choices=("admin", "user"), default="user", fixed=True),
    Reference("profile", "User profile that grants what a user may do; it must exist. Needed for role V(user).", to="user_profile"),
    Text("full_name", "Shown to those whom the user calls.", required=True, bytes=SHOWN),
    *account(API_KEY),
    Choice("client_log", "What the phone in the browser tells the host of its doings.", choices=("off", "error", "warning", "info", "debug"), default="off"),
    Flag("messenger.enabled", "Messages between people; without it they are refused.", default=True),
    Flag("messenger.sound", "A message is heard when it arrives.", default=True),
    *line(sip_codecs=BY_TRANSPORT, transport="wss", password_told=in_browser),
), rules=(profile_suits_role, web_has_no_g729, *ACCOUNT_RULES, *LINE_RULES))
