# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from collections.abc import Callable

from ansible_collections.switchboard.asterisk.plugins.module_utils.model.turn import turn_credentials

DOCUMENTATION = r"""
name: turn_credentials
short_description: What somebody signs in with at a TURN server, for a while
version_added: 0.1.0
author:
  - Switchboard (@switchboard)
description:
  - Makes a name and its password from the secret of a TURN server with C(use-auth-secret), such as role P(switchboard.asterisk.turn#role) sets up.
  - The server need not be told; what has expired is refused by it.
positional: _input, person, expiry
options:
  _input:
    description: The secret of the server.
    type: str
    required: true
  person:
    description: Who it is for. All credentials of a person share the person's quota.
    type: str
    required: true
  expiry:
    description: Until when they hold, in seconds since 1970.
    type: int
    required: true
"""

EXAMPLES = r"""
- name: Let Anna use the relay for an hour
  ansible.builtin.set_fact:
    anna_turn: "{{ turn_secret | switchboard.asterisk.turn_credentials('anna', now(utc=true).timestamp() | int + 3600) }}"
  no_log: true
"""

RETURN = r"""
_value:
  description: What a browser takes as C(username) and C(credential) of an ICE server.
  type: dict
  sample:
    credential: hcODHAE/R+P6eKoXy+CURRRDzsg=
    username: 1800000000:anna
"""


class FilterModule:
    def filters(self) -> dict[str, Callable[[str, str, int], dict[str, str]]]:
        return {"turn_credentials": turn_credentials}
