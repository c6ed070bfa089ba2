# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sign-in passwords: how they are hashed, and what the site demands of them."""
from __future__ import annotations

import functools
import importlib
import re
from collections.abc import Callable, Mapping
from typing import Any

from .errors import Unready, Wrong
from .fields import Whole
from .secrets import LETTERS, derive

# What passlib verifies, so that a site can be moved with its people's passwords; the last two need python3-bcrypt and python3-argon2 on the host.
SCHEMES = ("scrypt", "pbkdf2_sha256", "pbkdf2_sha512", "sha512_crypt", "sha256_crypt", "bcrypt", "argon2")
# Whoever signs in has one verified: at a cost that a host can bear.
CODED = r"[A-Za-z0-9./+]"
HASHES = re.compile("|".join((
    rf"\$scrypt\$ln=(\d|1[0-8]),r=(\d|1[0-6]),p=(\d|1[0-6])\${CODED}+\${CODED}{{43}}",
    rf"\$pbkdf2-sha(256|512)\$\d{{1,7}}\${CODED}+\${CODED}{{43,86}}",
    rf"\$5\$(rounds=\d{{4,7}}\$)?{CODED}{{1,16}}\${CODED}{{43}}",
    rf"\$6\$(rounds=\d{{4,7}}\$)?{CODED}{{1,16}}\${CODED}{{86}}",
    rf"\$2[aby]\$(0[4-9]|1[0-6])\${CODED}{{53}}",
    rf"\$argon2(id|i|d)\$v=\d+\$m=\d{{1,6}},t=\d{{1,2}},p=\d{{1,2}}\${CODED}+\${CODED}+",
)))
QUICK = "$pbkdf2-sha256$1$"        # how the hash of a generated password begins
LIBRARIES = {"$2": "python3-bcrypt", "$argon2": "python3-argon2"}      # how a hash begins: what verifies it


def is_symbol(char: str) -> bool:
    return not char.isalnum() and not char.isspace()


KINDS: Mapping[str, tuple[Callable[[str], bool], str]] = {
    "lower": (str.islower, "a lower case letter"), "upper": (str.isupper, "an upper case letter"), "digit": (str.isdecimal, "a digit"),
    "symbol": (is_symbol, "a character that is neither letter nor digit"),
}


def holds(password: str, kind: str) -> bool:
    """Whether there is such a character in it, of any alphabet."""
    return any(map(KINDS[kind][0], password))


@functools.cache
def library() -> tuple[Any, Any, Any]:
    """passlib's (slow hash, quick hash, context that verifies), only when there is a password: it takes its time to load, and may be missing.

    The slow one is scrypt (RFC 7914) at the cost that OWASP asks for. One round is enough for a password of a hundred random bits: nobody
    guesses it, however fast the guessing is.
    """
    try:
        schemes, context = importlib.import_module("passlib.hash"), importlib.import_module("passlib.context")
    except ImportError:
        raise Unready("passwords are hashed with passlib, which this Python has not: install python3-passlib") from None
    return schemes.scrypt.using(rounds=14, block_size=8, parallelism=5), schemes.pbkdf2_sha256.using(rounds=1), context.CryptContext(SCHEMES)


def hashed(password: str) -> str:
    """The hash of a password that a person chose."""
    slow, _quick, _context = library()
    return str(slow.hash(password))


def quickly_hashed(password: str) -> str:
    """The hash of a password that nobody could guess: see made."""
    _slow, quick, _context = library()
    return str(quick.hash(password))


def verified(known: str, password: str) -> bool:
    """Whether a hash is a password's. Raises Wrong when nothing here can tell: bcrypt and argon2 need a library of their own."""
    _slow, _quick, context = library()
    try:
        return bool(context.verify(password, known))
    except Exception as wrong:      # passlib knows many errors, without a common root
        needed = "".join(f"install {each} or " for begins, each in LIBRARIES.items() if known.startswith(begins))
        raise Wrong(f"cannot be compared with a hash that is kept ({type(wrong).__name__}): {needed}reset it with module credentials") from None


def made(seed: str, kind: str, key: str, field: str) -> str:
    """A one-time password: four groups of five, some 117 random bits, with a character of each kind that a policy may ask for."""
    for count in range(1000):
        drawn = derive(seed, kind, key, f"{field} {count}", LETTERS, 20)
        if all(holds(drawn, each) for each in ("lower", "upper", "digit")):
            break
    return "-".join(drawn[each:each + 5] for each in range(0, 20, 5))


def objection(settings: Whole, key: str, password: str) -> str:
    """What the site's policy has against a password, or nothing."""
    if len(password) < settings["password.length"]:
        return f"must have at least {settings['password.length']} characters"
    for name, (_is_one, what) in KINDS.items():
        if settings[f"password.{name}"] and not holds(password, name):
            return f"must hold {what}"
    if len(key) > 3 and key.casefold() in password.casefold():
        return "must not hold the username"
    return ""


def is_hash(text: Any) -> bool:
    return isinstance(text, str) and bool(HASHES.fullmatch(text))
