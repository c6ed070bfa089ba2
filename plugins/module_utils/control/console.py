# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What only Asterisk's console tells. The manager's account has no right to it: it could start programs there."""
from __future__ import annotations

import os
import re
import subprocess
from ipaddress import ip_address, ip_network
from typing import NamedTuple

from ..model.errors import Unready

PATIENCE = 30       # seconds


class Codecs(NamedTuple):
    known: frozenset[str]
    transcoded: frozenset[str]


def console(config: str, command: str) -> str:
    """What Asterisk's console answers to a command."""
    try:
        done = subprocess.run(["asterisk", "-C", os.path.join(config, "asterisk.conf"), "-rx", command], capture_output=True, timeout=PATIENCE, check=False)
    except (OSError, subprocess.TimeoutExpired) as wrong:
        raise Unready(f"Asterisk's console does not answer ({type(wrong).__name__}): is it running?") from None
    if done.returncode:
        raise Unready(f"Asterisk's console refused {command!r}: {done.stderr.decode('utf-8', 'replace').strip()[:200]}")
    return done.stdout.decode("utf-8", "replace")


def parameters(text: str) -> dict[str, list[str]]:
    """`name : value` lines, of which some names come more than once."""
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r"^ *(\w[\w ]*?) *: *(.*?) *$", text, re.MULTILINE):
        if value:
            found.setdefault(name, []).append(value)
    return found


def network(told: str) -> str:
    """A network in its normal form: Asterisk tells its mask as an address, which of IPv6 nothing else reads. What is none stays as it is."""
    place, _slash, mask = told.partition("/")
    try:
        return str(ip_network(f"{place}/{bin(int(ip_address(mask))).count('1')}"))
    except ValueError:
        return told


def codecs(listed: str, translation: str) -> Codecs:
    """Of `core show codecs audio`, and of `core show translation`: a table of how long the way takes from each codec to each other.

    A codec whose module was unloaded stays in the table, without a way.
    """
    known = re.findall(r"^ *[0-9]+ audio +\S+ +(\S+)", listed, re.MULTILINE)
    rows = dict(re.findall(r"^ *(\S+)((?: +(?:-|[0-9]+))+) *$", translation, re.MULTILINE))
    return Codecs(frozenset(known), frozenset(codec for codec, ways in rows.items() if re.search("[0-9]", ways)))


def unknown_applications(dialplan: str, known: str) -> list[str]:
    """Of `dialplan show` and `core show applications`: "application (where it stands)" of each that no loaded module has.

    Asterisk reads such a dialplan without a word, and the call that comes there ends.
    """
    names = {each.lower() for each in re.findall(r"^ *(\w+): ", known, re.MULTILINE)}
    used = re.findall(r"^.* [0-9]+\. (\w+)\(.*\) *\[(.+?)\] *$", dialplan, re.MULTILINE)
    return sorted({f"{name} ({where})" for name, where in used if name.lower() not in names})
