# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sessions: a signed word in a cookie. It says who, since when, and with which password, so that there is nothing to keep and nothing to lose.

A session ends with its time, with a sign-out, with another password, and with the person.
"""
from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import time
from dataclasses import dataclass
from typing import Optional

from itsdangerous import BadSignature, URLSafeSerializer

from .people import People, Person
from .refusal import Refusal

WORD = re.compile("[A-Za-z0-9_.-]{1,400}")      # who reads base64 skips whatever else stands there, so a word could have any length
AHEAD = 60.0        # seconds that a session may be begun in the future: a clock that was set back would let it last for longer


def key_in(path: str) -> str:
    """The host's own key, made where there is none. Without it nobody is signed in any more."""
    try:
        with open(path, encoding="ascii") as file:
            key = file.read()
        if re.fullmatch("[0-9a-f]{64}", key):
            return key
    except FileNotFoundError:
        pass
    # What a full disk cut short is no key: with an empty one anybody could sign.
    key, fresh = os.urandom(32).hex(), f"{path}.new"
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file:
        file.write(key)
        file.flush()
        os.fsync(file.fileno())
    os.replace(fresh, path)
    return key


@dataclass(frozen=True)
class Session:
    person: Person
    ends: float         # in seconds since 1970
    must_change: bool   # good for another password only


class Sessions:
    """`seconds` is how long one lasts."""

    def __init__(self, key: str, people: People, seconds: int) -> None:
        self.key, self.people, self.seconds = key.encode(), people, seconds
        self.signer = URLSafeSerializer(self.key, salt="session")

    def mark(self, person: Optional[Person]) -> str:
        """Another one with each password and after each sign-out, and no clock comes into it. It tells nothing of the password.
        Nothing of somebody who may not be signed in.
        """
        if person is None or person.whole["disabled"] or person.whole["authentication"] != "local":
            return ""
        told = json.dumps([person.said.get("password_hash"), person.said.get("signed_out")])
        return hmac.new(self.key, told.encode(), hashlib.sha256).hexdigest()[:32]

    def begin(self, person: Person, must_change: bool = False) -> str:
        return str(self.signer.dumps([person.id, time.time(), self.mark(person), must_change, os.urandom(9).hex()]))

    def end(self, person: Person) -> None:
        """All that this person has begun so far: there is one line, and one browser at a time that it rings in."""
        self.people.later(person, signed_out=os.urandom(9).hex())

    def of(self, word: str) -> Session:
        """Raises Refusal when it holds no longer."""
        try:
            number, since, mark, must_change, _random = self.signer.loads(word if WORD.fullmatch(word) else "")
        except (BadSignature, ValueError, TypeError):
            raise Refusal("signed_out", 401) from None
        person, now, ends = self.people.of(number), time.time(), since + self.seconds
        own = self.mark(person)
        if person is None or not own or not since - AHEAD <= now < ends or not hmac.compare_digest(mark, own):
            raise Refusal("signed_out", 401)
        return Session(person, ends, must_change)

    def token(self, word: str) -> str:
        """What a page of this session, and no other site's, knows and sends along with what it changes (CSRF)."""
        return hmac.new(self.key, b"csrf " + word.encode(), hashlib.sha256).hexdigest()
