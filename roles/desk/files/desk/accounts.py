# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Signing in with a name and a password, and changing it."""
from __future__ import annotations

import hashlib
import os
import threading
import time
import unicodedata
from datetime import datetime, timezone
from typing import Any, Optional

from module_utils.accounts import hashes, history
from module_utils.model.errors import Wrong
from module_utils.model.numbers import NumberRange
from module_utils.model.passwords import QUICK, hashed, is_hash, verified
from module_utils.model.site import Site

from .audit import Audit
from .people import People, Person
from .refusal import Refusal
from .sessions import Sessions

LONGEST = 512       # characters of a password that is looked at
AT_ONCE = threading.BoundedSemaphore(os.cpu_count() or 1)       # a hash takes memory, and a core, by design


class Accounts:
    def __init__(self, people: People, sessions: Sessions, audit: Audit) -> None:
        self.people, self.sessions, self.audit = people, sessions, audit
        self.counting = threading.Lock()
        self.nobodys = hashed(os.urandom(16).hex())

    def is_password(self, person: Optional[Person], password: str) -> bool:
        """Whether it is this person's. It takes as long for whoever has none, and whoever is not there."""
        known = str(person.said.get("password_hash")) if person else ""
        slow = known if is_hash(known) and not known.startswith(QUICK) else self.nobodys
        try:
            with AT_ONCE:
                right = verified(slow, password)
                return right if slow is known else is_hash(known) and verified(known, password)
        except Wrong:       # a hash of a kind that nothing here can tell: role desk installs what can
            return False

    def proven(self, person: Optional[Person], password: str) -> tuple[Optional[Person], bool]:
        """The person as she is once the hash has taken its time, and whether it is her password: it may have changed, and she may be locked.

        So of many guesses at once none counts that comes after the last one that was free.
        """
        right = self.is_password(person, unicodedata.normalize("NFC", password)[:LONGEST])
        now = self.people.of(person.id) if person else None
        return now, right and now is not None and person is not None and now.said.get("password_hash") == person.said.get("password_hash")

    def sign_in(self, username: str, password: str, address: str) -> dict[str, Any]:
        """A session. Unknown, wrong, locked and disabled are one answer: who guesses learns nothing."""
        name = unicodedata.normalize("NFC", username).strip().casefold()
        person, right = self.proven(self.people.called(name) if name.isprintable() else None, password)
        if person is None:
            self.audit.note("sign_in", "", address, refused="unknown")
            raise Refusal("wrong", 401)
        why = next((each for each, so in (("disabled", person.whole["disabled"]), ("sso", person.whole["authentication"] != "local"),
                                          ("locked", person.whole["locked"]), ("wrong", not right)) if so), "")
        if why == "wrong":
            self.count_failure(person, address)
        if why:
            self.audit.note("sign_in", person.username, address, refused=why)
            raise Refusal("wrong", 401)
        if person.said.get("failed_sign_ins"):
            self.people.later(person, failed_sign_ins=None)
        self.audit.note("sign_in", person.username, address)
        must_change = self.must_change(person)
        return {"session": self.sessions.begin(person, must_change), "must_change": must_change}

    def count_failure(self, person: Person, address: str) -> None:
        """One after another, or of two that come at once one would not count. What was counted of another password counts no more."""
        most = self.people.settings()["sign_in.failures"]
        with self.counting:
            now = self.people.of(person.id)
            if now is None or not most or now.whole["locked"]:
                return
            password = hashlib.sha256(str(now.said.get("password_hash")).encode()).hexdigest()[:16]
            count, of = now.said.get("failed_sign_ins") or (0, password)
            count = count + 1 if of == password else 1
            if count < most:
                self.people.later(now, failed_sign_ins=[count, password])
            else:
                self.people.later(now, failed_sign_ins=None, locked=True)
                self.audit.note("locked", person.username, address, failures=count)

    def must_change(self, person: Person) -> bool:
        """Whether the password must be changed first. It is asked at the sign-in only: that it grows old, or is to be changed, ends nobody's call."""
        days, changed = self.people.settings()["password.days"], person.said.get("password_changed_at")
        if days and changed:
            made = datetime.strptime(changed, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc).timestamp()
            if time.time() - made > days * 86400:
                return True
        return bool(person.whole["must_change_password"])

    def change_password(self, person: Person, old: str, new: str, address: str) -> dict[str, Any]:
        """A session with the new password; all others end."""
        now, right = self.proven(person, old)
        if now is None or now.whole["locked"] or not right:
            self.count_failure(person, address)
            self.audit.note("change_password", person.username, address, refused="wrong")
            raise Refusal("old_is_wrong", 403)
        settings = self.people.settings()
        site = Site("desk", NumberRange.parse(settings["number_range"], ""), settings)
        password = unicodedata.normalize("NFC", new)
        if len(password) > LONGEST:
            raise Refusal("password_too_long", 422, longest=LONGEST)
        with AT_ONCE:
            made = hashes({now.username: password}, {now.username: now.said}, site)[now.username]
        if isinstance(made, Wrong):
            raise Refusal("password_rule", 422, rule=made.rule)
        if made is None:
            raise Refusal("password_is_the_same", 422)
        moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        # A run that gives her another one meanwhile, for this one is known to somebody else, has the last word.
        fresh = self.people.change(now, {"password_hash": now.said["password_hash"]}, password_hash=made, password_history=history(now.said, site),
                                   password_changed_at=moment, must_change_password=None, failed_sign_ins=None)
        if fresh is None:
            self.audit.note("change_password", person.username, address, refused="changed meanwhile")
            raise Refusal("old_is_wrong", 403)
        self.audit.note("change_password", person.username, address)
        return {"session": self.sessions.begin(fresh)}
