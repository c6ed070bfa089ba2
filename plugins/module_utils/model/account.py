# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The account: how a person signs in. Its fields and rules are shared by users and agents.

What people change themselves (password, lock, API key) is kept apart from what a run says of them: see Field.apart.
"""
from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .errors import Wrong
from .fields import Choice, Field, Flag, Mail, Said, Secret, Text, Whole, never
from .passwords import QUICK, is_hash, made, quickly_hashed, verified
from .pictures import Picture

HISTORY = 24                        # old hashes kept at most


def has_password(person: Whole) -> bool:
    return bool(person["authentication"] == "local")


def age(now: str) -> dict[str, Any]:
    """What goes with a password that a run sets."""
    return {"password_changed_at": now, "must_change_password": True}


@dataclass(frozen=True)
class Password(Secret):
    """A sign-in password. It is never kept: `password_hash` is what is made of it."""

    def check(self, value: Any) -> Any:
        return super().check(unicodedata.normalize("NFC", value) if isinstance(value, str) else value)      # whichever keyboard it is typed on

    def make(self, seed: str, kind: str, key: str) -> str:
        return made(seed, kind, key, self.name)

    def is_made(self, said: Said, seed: str, kind: str, key: str, realm: str) -> bool:
        known = str(said.get("password_hash") or "")
        return known.startswith(QUICK) and verified(known, self.make(seed, kind, key))

    def kept(self, password: str, now: str) -> dict[str, Any]:
        """What is said of somebody to whom a generated password is given."""
        return {"password_hash": quickly_hashed(password), **age(now)}


@dataclass(frozen=True)
class PasswordHash(Secret):
    """The hash of a sign-in password, as passlib writes it."""

    def check(self, value: Any) -> str:
        if not is_hash(value):
            raise Wrong("must be a hash of scrypt, pbkdf2_sha256, pbkdf2_sha512, sha256_crypt, sha512_crypt, bcrypt or argon2")
        return str(value)


@dataclass(frozen=True)
class PasswordHashes(Secret):
    """Hashes of earlier passwords, the latest first."""

    def check(self, value: Any) -> list[str]:
        if not isinstance(value, list) or len(value) > HISTORY or not all(map(is_hash, value)):
            raise Wrong(f"must be a list of at most {HISTORY} password hashes")
        return value


@dataclass(frozen=True)
class ApiKey(Secret):
    """The SHA-256 of an API key: the key itself has some 230 random bits, so that nobody finds it by guessing."""
    length: int = 40

    def check(self, value: Any) -> str:
        if not isinstance(value, str) or not re.fullmatch("[0-9a-f]{64}", value):
            raise Wrong("must be the SHA-256 of the key: 64 hex digits")
        return value

    def seal(self, checked: Any, key: str, realm: str) -> str:
        return checked if len(checked) == 64 else hashlib.sha256(checked.encode()).hexdigest()


@dataclass(frozen=True)
class Moment(Field):
    """A moment in UTC, to the second (ISO 8601)."""

    def check(self, value: Any) -> str:
        try:
            return datetime.strptime(str(value), "%Y-%m-%dT%H:%M:%SZ").strftime("%Y-%m-%dT%H:%M:%SZ")
        except ValueError:
            raise Wrong("must be a moment in UTC such as 2026-01-31T08:00:00Z") from None


def account(*more: Field) -> tuple[Field, ...]:
    """The fields of an account, with those of its own that only some people have."""
    return (
        Mail("email", "Where voicemail and new passwords are sent to.", claim="mail"),
        Picture("avatar", "Picture shown at the desk: the path of a PNG or JPEG file on the controller, of at most 8 MiB, or what O(state=gathered) "
                          "says of one (C(sha256:) and a file name, which is looked for in a folder C(avatars) if the host does not have it)."),
        Choice("authentication", "Signs in with a password of this site, or at an OpenID Connect provider.", choices=("local", "sso"), default="local",
               idle=True),
        Text("sso_subject", "Who this is at the provider (the claim C(sub)).", claim="subject", idle=True),
        Password("password", "First password for signing in, as the policy in M(switchboard.asterisk.settings) wants it. Only its hash is kept. "
                             "Generated at creation when not given and there is a O(credentials_file); without one nobody can sign in yet.",
                 needed=has_password, passing=True),
        Choice("update_password", "Overrules O(update_password) for this item.", choices=("on_create", "always"), passing=True),
        Flag("must_change_password", "Has to change the password at the next sign-in; true for each password that a run sets. "
                                     "Taken only where a password is set.", apart=True, beside="password_hash"),
        PasswordHash("password_hash", "Instead of O(config[].password), for people who bring theirs from elsewhere.", needed=never, apart=True),
        PasswordHashes("password_history", "Hashes of earlier passwords, the latest first. Taken only beside O(config[].password_hash).", needed=never,
                       apart=True, beside="password_hash"),
        Moment("password_changed_at", "When the password was set, in UTC. Read only; taken only beside O(config[].password_hash).", apart=True,
               beside="password_hash"),
        Flag("locked", "Cannot sign in, after too many failed tries. False unlocks.", apart=True),
        *more,
    )


def sso_needs_a_subject(person: Whole) -> None:
    if (person["authentication"] == "sso") != bool(person["sso_subject"]):
        raise Wrong("goes with authentication sso, and is needed there: it is who this is at the provider", "sso_subject")


API_KEY = ApiKey("api_key_hash", "SHA-256 of the API key, to move a site. It takes another's place as O(update_password) says. "
                                 "Keys are made by M(switchboard.asterisk.credentials).",
                 needed=never, apart=True, written_as="api_key")
ACCOUNT_RULES = (sso_needs_a_subject,)
