# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a page's telephone proves itself with: no secret of the person's, but one that is lent for as long as she is signed in.

It stands in Asterisk's own database as an auth of the line (role asterisk, sorcery.conf), so that it comes and goes without a reload.
"""
from __future__ import annotations

import json
import os
import re
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
    """The one that her pages have in common, now good until `ends` at least. `mark`: of her sessions; what was lent to earlier ones is another.

    In a call that began with an earlier one it is that one, and for no longer than before: when it is taken back, pages ask again.
    """
    loan, realm = lent_to(ami, person.username), person.said["sip_password"]["realm"]
    if loan is not None and loan["realm"] != realm:
        loan = None
    if loan is None or not holds(loan, mark):
        if loan is not None and not is_idle(ami, person.username):
            return loan
        loan = {**auth(person.username, realm, os.urandom(16).hex()), "@mark": mark, "@ends": "0"}
    if int(loan["@ends"]) < int(ends):
        loan = {**loan, "@ends": str(int(ends))}
        ami.action("DBPut", Family=DESK, Key=desk_auth(person.username), Val=json.dumps(loan))
    return loan


def auth(username: str, realm: str, ha1: str) -> Loan:
    """What Asterisk reads of it. All are strings: it takes no others."""
    return {"auth_type": "digest", "username": username, "realm": realm, "password_digest": f"MD5:{ha1}"}


def digest(loan: Loan) -> str:
    """What JsSIP calls ha1 (RFC 2617, 3.2.2.2): here of no password at all."""
    return loan["password_digest"].partition(":")[2]


def lent(ami: Ami) -> dict[str, Optional[Loan]]:
    """By username, all that there are."""
    found = {}
    for each in ami.listing("DBGetTree", Family=DESK):
        username = each.get("Key", [""])[0].rpartition("/")[2].partition("@")[0]
        found[username] = read(username, each.get("Val", [""])[0])
    return found


def take_back(ami: Ami, username: str, loan: Optional[Loan]) -> None:
    """Not from a line that rings or is in a call, which may have to be handed over yet, nor what has been lent anew meanwhile."""
    if is_idle(ami, username) and lent_to(ami, username) == loan:
        ami.ask("DBDel", Family=DESK, Key=desk_auth(username))


def holds(loan: Optional[Loan], mark: str) -> bool:
    return loan is not None and loan["@mark"] == mark and int(loan["@ends"]) > time.time()


def lent_to(ami: Ami, username: str) -> Optional[Loan]:
    return next((read(username, each.get("Val", [""])[0]) for each in ami.listing("DBGet", Family=DESK, Key=desk_auth(username))), None)


def read(username: str, text: str) -> Optional[Loan]:
    """Nothing of what is none of ours, or Asterisk might complain of."""
    try:
        loan = json.loads(text)
        known = {**auth(username, loan["realm"], digest(loan)), "@mark": loan["@mark"], "@ends": loan["@ends"]}
        whole = (loan == known and all(isinstance(each, str) for each in known.values())
                 and re.fullmatch("[0-9a-f]{32}", digest(loan)) and loan["@ends"].isdigit())
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    return known if whole else None


def is_idle(ami: Ami, username: str) -> bool:
    answer, _events = ami.ask("Getvar", Variable=f"DEVICE_STATE(PJSIP/{username})")
    return answer.get("Value", [""])[0] in IDLE
