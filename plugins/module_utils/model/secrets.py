# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets that nobody has to send back: both ends derive them from one random seed."""
from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

# no characters that are mistaken for one another when read aloud or typed into a telephone
LETTERS = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
DIGITS = "0123456789"


def derive(seed: str, kind: str, key: str, field: str, alphabet: str, length: int) -> str:
    """The secret of one field of one resource: `length` characters of `alphabet` from HMAC-SHA-256 (RFC 2104) of `seed`."""
    said = f"{kind}\0{key}\0{field}".encode()
    number = int.from_bytes(hmac.new(seed.encode(), said, hashlib.sha256).digest(), "big")
    drawn = []
    for _each in range(length):
        number, rest = divmod(number, len(alphabet))
        drawn.append(alphabet[rest])
    return "".join(drawn)


def digests(user: str, realm: str, password: str) -> dict[str, str]:
    """HA1 of HTTP digest authentication (RFC 7616, RFC 8760), both algorithms, since neither can be made from the other."""
    whole = f"{user}:{realm}:{password}".encode()
    return {"md5": hashlib.md5(whole, usedforsecurity=False).hexdigest(), "sha256": hashlib.sha256(whole).hexdigest(), "realm": realm}


def is_of(sealed: Mapping[str, Any], user: str, password: str) -> bool:
    """Whether digests are those of a password in clear. There may be an MD5 one only."""
    return all(sealed[name] == each for name, each in digests(user, sealed["realm"], password).items() if name in sealed)


def covered(seed: str, text: bytes) -> bytes:
    """`text` XORed with what `seed` makes of a counter (HMAC-SHA-256); twice gives the text back."""
    count = -(-len(text) // hashlib.sha256().digest_size)
    stream = b"".join(hmac.digest(seed.encode(), b"veil\0%d" % each, "sha256") for each in range(count))[:len(text)]
    return (int.from_bytes(text, "big") ^ int.from_bytes(stream, "big")).to_bytes(len(text), "big")


def veil(seed: str, said: Any) -> str:
    """What only the holder of the seed can read, for the connection logs what it carries. A seed veils one thing, once."""
    return base64.b64encode(covered(seed, json.dumps(said).encode())).decode()


def unveil(seed: str, veiled: str) -> Any:
    return json.loads(covered(seed, base64.b64decode(veiled)))
