# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Credentials for a TURN server that knows nobody, only a secret (coturn's use-auth-secret): a name that says until when it holds, and is signed."""
from __future__ import annotations

import base64
import hashlib
import hmac

from .errors import Wrong


def turn_credentials(secret: str, person: str, expiry: int) -> dict[str, str]:
    """`expiry` in seconds since 1970. Whose they are counts for the quota of a person."""
    if not secret or not person:
        raise Wrong("must not be empty", "person" if secret else "secret", "turn_credentials")
    username = f"{int(expiry)}:{person}"
    return {"username": username, "credential": base64.b64encode(hmac.new(secret.encode(), username.encode(), hashlib.sha1).digest()).decode()}
