#!/usr/bin/python
# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: credentials
short_description: Resets, unlocks and hands out credentials
version_added: 0.1.0
description:
  - One-off acts on the credentials of people and telephones that are there already. What they are otherwise stays as it is.
  - Each task does what it says each time it runs, where that makes sense; see O(act).
extends_documentation_fragment: [switchboard.asterisk.ledger, switchboard.asterisk.host]
options:
  kind:
    description: Whose credentials they are.
    type: str
    choices: [agents, extensions, users]
    default: agents
  names:
    description: Usernames, or the telephones' names.
    type: list
    elements: str
    required: true
  act:
    description:
      - V(reset_password) makes a new one-time password for signing in, which has to be changed at the next sign-in, and unlocks. Each run makes another one.
      - V(expire_password) leaves the password, but it has to be changed at the next sign-in.
      - V(unlock) lets somebody sign in again who failed too often.
      - V(reset_sip_password) makes a new password for the telephone, at once. Registrations and calls stay; a telephone with the old one
        cannot register again.
      - V(reset_voicemail_pin) makes a new PIN for the mailbox, also where it was changed by telephone.
      - V(generate_api_key) makes an API key for a user who has none, V(regenerate_api_key) another one for whoever has one already, so that
        the old one is worth nothing, and V(remove_api_key) takes it away.
    type: str
    choices: [reset_password, expire_password, unlock, reset_sip_password, reset_voicemail_pin, generate_api_key, regenerate_api_key, remove_api_key]
    required: true
"""

EXAMPLES = r"""
- name: Anna forgot her password
  switchboard.asterisk.credentials:
    names: [anna.svensson]
    act: reset_password
    credentials_file: credentials.yml

- name: An API key for the administrator
  switchboard.asterisk.credentials:
    kind: users
    names: [ada.admin]
    act: generate_api_key
    credentials_file: credentials.yml
"""

RETURN = r"""
updated:
  description: Keys of those whose credentials changed.
  type: list
  elements: str
  returned: always
before:
  description: By key, the fields that change, as they were, without secrets.
  type: dict
  returned: always
after:
  description: By key, the fields that change, as they will be.
  type: dict
  returned: always
reasons:
  description: By key, the names of the fields that change.
  type: dict
  returned: always
credentials:
  description: Where new secrets were written, and how many.
  type: dict
  returned: when secrets were made
reloaded:
  description: Asterisk modules that were reloaded.
  type: list
  elements: str
  returned: when something changed
files:
  description: Compiled files that differ from what was in force.
  type: list
  elements: str
  returned: always
drifted:
  description: Compiled files that somebody had changed by hand.
  type: list
  elements: str
  returned: always
reload_seconds:
  description: How long Asterisk took to reload.
  type: float
  returned: when something was reloaded
waited_for:
  description: The run that this one had to wait for.
  type: str
  returned: when it had to
module:
  description: Peak memory in MiB, seconds and Python of the module on the host.
  type: dict
  returned: always
"""

from ansible_collections.switchboard.asterisk.plugins.module_utils.bridge import main_act

if __name__ == "__main__":
    main_act()
