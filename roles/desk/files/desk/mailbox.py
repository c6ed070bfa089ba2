# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The messages of a mailbox, as Asterisk keeps them (app_voicemail: a folder each for new and heard ones, a text and a sound file each).

They are read from its folders, and moved and removed by Asterisk itself, so that lamps follow.
"""
from __future__ import annotations

import configparser
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from module_utils.control.ami import Ami

from .refusal import Refusal

FOLDERS = {"INBOX": True, "Urgent": True, "Old": False}     # folder: whether what is in it is new
MESSAGE = re.compile(r"msg[0-9]{4}\.txt")
ID = re.compile(r"[0-9]+-[0-9a-f]+")
LONGEST = 64 * 1024         # characters of what is told of a message
LARGEST = 20 * 2**20        # bytes of a sound file that is sent


@dataclass(frozen=True)
class Message:
    id: str
    folder: str
    path: str           # without what tells the files of a message apart
    caller: str
    at: int
    seconds: int

    def told(self) -> dict[str, Any]:
        return {"id": self.id, "from": self.caller, "at": self.at, "seconds": self.seconds, "new": FOLDERS[self.folder]}


def messages(spool: str, number: str) -> list[Message]:
    """The latest first. A mailbox that was never called has no folder."""
    return sorted(found(os.path.join(spool, "default", number)), key=lambda each: -each.at)


def found(box: str) -> Iterator[Message]:
    for folder in FOLDERS:
        try:
            names = os.listdir(os.path.join(box, folder))
        except OSError:
            continue
        for name in filter(MESSAGE.fullmatch, names):
            path = os.path.join(box, folder, name)
            said = configparser.ConfigParser(strict=False, interpolation=None, comment_prefixes=(";",), inline_comment_prefixes=None)
            try:
                with open(path, encoding="utf-8", errors="replace") as file:        # a name comes from outside, in whatever encoding
                    said.read_string(file.read(LONGEST))
                text = said["message"]
                if ID.fullmatch(text.get("msg_id", "")):
                    yield Message(text["msg_id"], folder, path[:-4], text.get("callerid", ""), text.getint("origtime", 0), text.getint("duration", 0))
            except (configparser.Error, KeyError, ValueError, OSError):     # moved meanwhile, or not whole yet
                continue


def counts(spool: str, number: str) -> dict[str, int]:
    """How many there are, without a look into them."""
    def files(folder: str) -> int:
        try:
            return sum(1 for each in os.listdir(os.path.join(spool, "default", number, folder)) if MESSAGE.fullmatch(each))
        except OSError:
            return 0

    return {"new": files("INBOX") + files("Urgent"), "old": files("Old")}


def the(spool: str, number: str, name: str) -> Message:
    for each in messages(spool, number):
        if each.id == name:
            return each
    raise Refusal("not_found", 404)


def sound(spool: str, number: str, name: str) -> bytes:
    """As a WAV file. What is kept in another format only cannot be played by a browser."""
    path = the(spool, number, name).path + ".wav"
    try:
        with open(path, "rb") as file:
            return file.read(LARGEST)
    except FileNotFoundError:
        raise Refusal("no_sound", 404) from None


def act(ami: Ami, spool: str, number: str, name: str, what: str) -> None:
    message = the(spool, number, name)
    said = {"Mailbox": number, "Context": "default", "Folder": message.folder, "ID": message.id}
    if what == "delete":
        ami.action("VoicemailRemove", **said)
    elif what != "heard":
        raise Refusal("not_found", 404)
    elif message.folder != "Old":
        ami.action("VoicemailMove", **said, ToFolder="Old")
