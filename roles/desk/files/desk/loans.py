# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a page's telephone proves itself with: no secret of the person's, but one that is lent for as long as she is signed in.

It stands in Asterisk's own database as an auth of the line (role asterisk, sorcery.conf), so that it comes and goes without a reload.
"""
from __future__ import annotations

import json
import os
import time
from typing import Optional

from module_utils.control.ami import Ami
from module_utils.control.live import DESK
from module_utils.model.line import desk_auth

from .people import Person

# What DEVICE_STATE says of a line that nobody is talking on, nor is called
IDLE = ("NOT_INUSE", "UNAVAILABLE", "INVALID", "UNKNOWN")

Loan = dict[str, str]       # options of the auth; Asterisk does not look at what begins with '@'


def lend(ami: Ami, person: Person, mark: str, ends: float) -> Loan:
    """The one that her pages have in common, now good until `ends` at least; another where that was of an earlier time. `mark`: of her sessions."""
    loan, realm = lent_to(ami, person.username), person.said["sip_password"]["realm"]
    if loan is None or loan["realm"] != realm or not holds(loan, mark) and is_idle(ami, person.username):
        loan = {"auth_type": "digest", "username": person.username, "realm": realm, "password_digest": f"MD5:{os.urandom(16).hex()}", "@ends": "0"}
    wanted = {**loan, "@mark": mark, "@ends": str(max(int(loan["@ends"]), int(ends)))}
    if wanted != loan:
        ami.action("DBPut", Family=DESK, Key=desk_auth(person.username), Val=json.dumps(wanted))
    return wanted


def digest(loan: Loan) -> str:
    """What JsSIP calls ha1 (RFC 2617, 3.2.2.2): here of no password at all."""
    return loan["password_digest"].partition(":")[2]


def lent(ami: Ami) -> dict[str, Optional[Loan]]:
    """By username, all that there are."""
    return {each.get("Key", [""])[0].rpartition("/")[2].partition("@")[0]: read(each.get("Val", [""])[0]) for each in ami.listing("DBGetTree", Family=DESK)}


def take_back(ami: Ami, username: str, loan: Optional[Loan]) -> None:
    """Not from a line in a call, whose end must still be believed, nor what has been lent anew meanwhile."""
    if is_idle(ami, username) and lent_to(ami, username) == loan:
        ami.ask("DBDel", Family=DESK, Key=desk_auth(username))


def holds(loan: Optional[Loan], mark: str) -> bool:
    return loan is not None and loan["@mark"] == mark and int(loan["@ends"]) > time.time()


def lent_to(ami: Ami, username: str) -> Optional[Loan]:
    return next((read(each.get("Val", [""])[0]) for each in ami.listing("DBGet", Family=DESK, Key=desk_auth(username))), None)


def read(text: str) -> Optional[Loan]:
    """Nothing of what is none of ours."""
    try:
        loan = json.loads(text)
    except ValueError:
        return None
    whole = isinstance(loan, dict) and {"realm", "password_digest", "@mark", "@ends"} <= loan.keys() and str(loan["@ends"]).isdigit()
    return loan if whole else None


def is_idle(ami: Ami, username: str) -> bool:
    answer, _events = ami.ask("Getvar", Variable=f"DEVICE_STATE(PJSIP/{username})")
    return answer.get("Value", [""])[0] in IDLE
