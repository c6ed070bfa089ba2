#!/usr/bin/python
# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Written by tests/gates/document.py from the declaration in module_utils/model/settings.py and docs/examples/settings.yml."""
from __future__ import annotations

DOCUMENTATION = r"""
module: settings
short_description: Manages settings
version_added: 0.1.0
description:
  - What holds for the whole site.
extends_documentation_fragment:
  - switchboard.asterisk.resource
  - switchboard.asterisk.ledger
  - switchboard.asterisk.host
options:
  config:
    description:
      - What holds for the whole site.
      - A field that is not given keeps its value with O(state=merged).
    type: dict
    suboptions:
      number_range:
        description:
          - Internal numbers, all of one length. Those that are given already stay.
        type: str
        default: 1000-9999
      emergency_numbers:
        description:
          - Numbers that are emergency calls, from every line, also behind a prefix. By default those that telephones know all over the world;
            add the country's own. None of them can be an internal number.
        type: list
        elements: str
        default:
          - '112'
          - '911'
      password:
        description:
          - Settings of password.
        type: dict
        suboptions:
          length:
            description:
              - Fewest characters of a password.
            type: int
            default: 8
          lower:
            description:
              - A password must hold a lower case letter.
            type: bool
            default: false
          upper:
            description:
              - A password must hold an upper case letter.
            type: bool
            default: false
          digit:
            description:
              - A password must hold a digit.
            type: bool
            default: false
          symbol:
            description:
              - A password must hold a character that is neither letter nor digit.
            type: bool
            default: false
          history:
            description:
              - So many earlier passwords may not come again.
            type: int
            default: 5
          days:
            description:
              - How long a password is good; 0 for ever.
            type: int
            default: 0
      sign_in:
        description:
          - Settings of sign_in.
        type: dict
        suboptions:
          failures:
            description:
              - Failed tries after which a person is locked; 0 never.
            type: int
            default: 10
      defaults:
        description:
          - Settings of defaults.
        type: dict
        suboptions:
          voicemail:
            description:
              - An agent for whom nothing else is said has a mailbox. Those who are there already keep what they have.
            type: bool
            default: false
          record_calls:
            description:
              - Recording of the calls to an agent for whom nothing else is said. Those who are there already keep what they have.
            type: str
            choices:
              - inactive
              - wav
              - wav49
              - gsm
            default: inactive
      retention:
        description:
          - Settings of retention.
        type: dict
        suboptions:
          recordings:
            description:
              - How long recordings are kept; 0 for good.
            type: int
            default: 0
          voicemail:
            description:
              - How long voicemail messages are kept; 0 for good.
              - It is checked, kept and given back; nothing acts on it yet.
            type: int
            default: 0
          call_records:
            description:
              - How long call records are kept; 0 for good.
            type: int
            default: 0
      sso:
        description:
          - Settings of sso.
        type: dict
        suboptions:
          issuer:
            description:
              - Address of the OpenID Connect provider.
              - It is checked, kept and given back; nothing acts on it yet.
            type: str
          client_id:
            description:
              - What the provider knows this site by.
              - It is checked, kept and given back; nothing acts on it yet.
            type: str
          client_secret:
            description:
              - The secret that goes with it.
              - Kept secret, never returned.
            type: str
"""

EXAMPLES = r"""
- name: Numbers of the site, and what passwords have to be like
  switchboard.asterisk.settings:
    config:
      number_range: 1000-9999
      password:
        length: 12
        digit: true
        history: 8
      sign_in:
        failures: 5
      defaults:
        record_calls: wav

- name: What is set
  switchboard.asterisk.settings:
    state: gathered

- name: Everything as it comes
  switchboard.asterisk.settings:
    state: deleted
"""

RETURN = r"""
counts:
  description: How many were created, updated and deleted.
  type: dict
  returned: when applying
  sample:
    created: 2
    deleted: 0
    updated: 1
created:
  description: Keys of what was created, at most 1000; RV(counts) is whole. Likewise RV(updated) and RV(deleted).
  type: list
  elements: str
  returned: when applying
updated:
  description: Keys of what was updated.
  type: list
  elements: str
  returned: when applying
deleted:
  description: Keys of what was deleted.
  type: list
  elements: str
  returned: when applying
before:
  description: By key, the fields that change, as they were; the first hundred, without secrets.
  type: dict
  returned: when applying
after:
  description: By key, the fields that change, as they will be.
  type: dict
  returned: when applying
reasons:
  description: By key, the names of the fields that made an update necessary.
  type: dict
  returned: when applying
  sample:
    anna:
      - full_name
cascaded:
  description: 'By resource, the keys of others that change too: they no longer refer to what was deleted, or say what was written through a view.'
  type: dict
  returned: when there are such
numbers:
  description: By key, the numbers of what was created. With O(state=gathered), by number, its owner, people and telephones alike.
  type: dict
  returned: when applying or gathering
  sample:
    anna: '1001'
files:
  description: Compiled files that differ from what was in force, and avatars that are put back.
  type: list
  elements: str
  returned: when applying
drifted:
  description: Compiled files that somebody had changed by hand, and avatars that were gone.
  type: list
  elements: str
  returned: when applying
defaults_changed:
  description: By resource and field, how many follow a default that this release has changed. Say the old value to keep it.
  type: dict
  returned: when there are any
  sample:
    agents:
      sip_expires: 12
reloaded:
  description: Asterisk modules that were reloaded.
  type: list
  elements: str
  returned: when something changed
reload_seconds:
  description: How long Asterisk took for that.
  type: float
  returned: when something changed
avatars:
  description: Where avatars were copied to, and how many.
  type: dict
  returned: with O(avatars_dest)
credentials:
  description: Where generated secrets were written, and how many.
  type: dict
  returned: when secrets were generated
waited_for:
  description: The run that this one had to wait for.
  type: str
  returned: when it had to
gathered:
  description: What the host has, without secrets; applied again, it changes nothing.
  type: dict
  returned: with state gathered
realm:
  description: The realm of the site's passwords.
  type: str
  returned: with state gathered
parsed:
  description: What an old installation has of the module's kind, without secrets.
  type: list
  elements: dict
  returned: with state parsed
report:
  description: Every option of the old installation that was not carried over or changed its meaning, new sign-in names, and counts. At most 1000
    of each.
  type: dict
  returned: with state parsed
rendered:
  description: The compiled files by name, secrets as stars.
  type: dict
  returned: with state rendered
module:
  description: Peak memory in MiB, seconds and Python of the module on the host.
  type: dict
  returned: always
"""

from ansible_collections.switchboard.asterisk.plugins.module_utils.bridge import main
from ansible_collections.switchboard.asterisk.plugins.module_utils.model.settings import SETTINGS

if __name__ == "__main__":
    main(SETTINGS)
