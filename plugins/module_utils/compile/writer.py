# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One writer a file format. Whatever a person wrote stays text: it never becomes an option, a section, a comment or a function."""
from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ..model.errors import Trouble

Options = Sequence[tuple[str, str]]

HEADER = "; Written by the Ansible collection switchboard.asterisk. A hand edit is put right by the next run.\n"

SPECIAL = re.compile(r"[;\n\r\0]")
APART = re.compile(r"[;\r\0]|=>")        # in lines that are no more than their options: what makes one of them special
LONGEST = 4000          # characters, half of what a line may have


class CannotCarry(Trouble):
    """A format has no way to say this; the model should have refused it. The text shows no value: it may be a secret."""


def value(text: str) -> str:
    """A value of an Asterisk configuration file (main/config.c): one line, where only ';' begins a comment."""
    if not SPECIAL.search(text) and len(text) <= LONGEST:
        return text
    if len(text) > LONGEST or "\n" in text or "\r" in text or "\0" in text:
        raise CannotCarry("a configuration file cannot carry a value that is too long or holds a line break")
    return text.replace(";", "\\;")


def section(name: str, options: Options, templates: Iterable[str] = ()) -> str:
    """`[name](templates)` and its options. A template is a section that inherits from '!'; one that inherits from '+' adds to what there is."""
    inherited = ",".join(templates)
    return (f"[{name}]({inherited})\n" if inherited else f"[{name}]\n") + lines(options)


def lines(options: Options) -> str:
    plain = "".join([f"{option}={text}\n" for option, text in options])
    if len(plain) <= LONGEST and plain.count("\n") == len(options) and not APART.search(plain):     # one look instead of one for each of 200,000 options
        return plain
    return "".join(f"{option}={' ' if text.startswith('>') else ''}{value(text)}\n" for option, text in options)


def caller(name: str, number: str) -> str:
    """A caller id as Asterisk splits it (main/callerid.c): quoted name, number in angle brackets."""
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}" <{number}>'


def member_name(name: str) -> str:
    """What Asterisk's queue log can carry of a name: it holds it as it is, between '|'."""
    return " ".join(name.replace("|", " ").split())


def member(device: str, penalty: int, name: str, in_use: bool, paused: bool) -> str:
    """A member of a queue (apps/app_queue.c): arguments separated by commas, where a backslash makes the next character mere text."""
    text = re.sub(r'[\\",()\[\]]', r"\\\g<0>", member_name(name))
    return f"PJSIP/{device},{penalty},{text},,{'yes' if in_use else ''},,{'yes' if paused else ''}".rstrip(",")


def mailbox(pin: str, name: str, mail: str) -> str:
    """An entry of voicemail.conf (apps/app_voicemail.c): fields separated by commas, which no field can carry, nor '|' in a mail address' place."""
    plain = " ".join(name.replace(",", " ").split())
    if "," in pin + mail:
        raise CannotCarry("a mailbox cannot carry a comma")
    return f"{pin},{plain},{mail}"
