# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sessions: a signed word in a cookie. It says who, since when, and with which password, so that there is nothing to keep and nothing to lose.

A session ends with its time, with a sign-out, with another password, and with the person.
"""
from __future__ import annotations

import hashlib
import hmac
import os
import time

from itsdangerous import BadSignature, URLSafeSerializer

from .people import People, Person
from .refusal import Refusal


def key_in(path: str) -> str:
    """The host's own key, made where there is none. Without it nobody is signed in any more."""
    try:
        with open(path, encoding="ascii") as file:
            return file.read()
    except FileNotFoundError:
        key = os.urandom(32).hex()
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(key)
        return key


class Sessions:
    """`seconds` is how long one lasts."""

    def __init__(self, key: str, people: People, seconds: int) -> None:
        self.key, self.people, self.seconds = key.encode(), people, seconds
        self.signer = URLSafeSerializer(self.key, salt="session")

    def password_mark(self, person: Person) -> str:
        """Another one with each password, of which it tells nothing."""
        return hmac.new(self.key, str(person.said.get("password_hash")).encode(), hashlib.sha256).hexdigest()[:16]

    def begin(self, person: Person) -> str:
        return str(self.signer.dumps([person.id, time.time(), self.password_mark(person), os.urandom(9).hex()]))

    def end(self, person: Person) -> None:
        """All that this person has begun so far: there is one line, and one browser at a time that it rings in."""
        self.people.change(person, signed_out_at=time.time())

    def person(self, session: str) -> tuple[Person, float]:
        """Whose it is, and when it ends (seconds since 1970). Raises Refusal when it holds no longer."""
        try:
            number, since, mark, _random = self.signer.loads(session)
        except (BadSignature, ValueError, TypeError):
            raise Refusal("signed_out", 401) from None
        person = self.people.of(number)
        ends = since + self.seconds
        if (person is None or time.time() > ends or person.whole["disabled"] or person.whole["authentication"] != "local"
                or since <= person.said.get("signed_out_at", 0) or not hmac.compare_digest(mark, self.password_mark(person))):
            raise Refusal("signed_out", 401)
        return person, ends

    def token(self, session: str) -> str:
        """What a page of this session, and no other site's, knows and sends along with what it changes (CSRF)."""
        return hmac.new(self.key, b"csrf " + session.encode(), hashlib.sha256).hexdigest()
