#!/usr/bin/python
# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Written by tests/gates/document.py from the declaration in module_utils/model/user_profile.py and docs/examples/user_profiles.yml."""
from __future__ import annotations

DOCUMENTATION = r"""
module: user_profiles
short_description: Manages user profiles
version_added: 0.1.0
description:
  - User profiles say what users of role V(user) may do. A fresh one grants nothing.
  - All of them in one task, by the thousand; what Asterisk has to know is made live and verified.
extends_documentation_fragment:
  - switchboard.asterisk.resource
  - switchboard.asterisk.ledger
  - switchboard.asterisk.host
options:
  config:
    description:
      - The user profiles. For more than a few dozen O(config_file) is faster.
      - A field that is not given keeps its value with O(state=merged).
    type: list
    elements: dict
    suboptions:
      name:
        description:
          - The profile's name, by which users refer to it.
          - Needed at creation.
          - Never changes after creation.
        type: str
        required: true
      display_name:
        description:
          - How the profile is shown; its name when not given.
        type: str
      description:
        description:
          - Free text.
        type: str
      sections:
        description:
          - Settings of sections.
        type: dict
        suboptions:
          agents:
            description:
              - 'What may be done with agents: each right holds those before it.'
              - It is checked, kept and given back; nothing acts on it yet.
            type: str
            choices:
              - none
              - read
              - edit
              - delete
            default: none
          extensions:
            description:
              - 'What may be done with extensions: each right holds those before it.'
              - It is checked, kept and given back; nothing acts on it yet.
            type: str
            choices:
              - none
              - read
              - edit
              - delete
            default: none
          teams:
            description:
              - 'What may be done with teams: each right holds those before it.'
              - It is checked, kept and given back; nothing acts on it yet.
            type: str
            choices:
              - none
              - read
              - edit
              - delete
            default: none
          queues:
            description:
              - 'What may be done with queues: each right holds those before it.'
              - It is checked, kept and given back; nothing acts on it yet.
            type: str
            choices:
              - none
              - read
              - edit
              - delete
            default: none
          trunks:
            description:
              - 'What may be done with trunks: each right holds those before it.'
              - It is checked, kept and given back; nothing acts on it yet.
            type: str
            choices:
              - none
              - read
              - edit
              - delete
            default: none
          prefixes:
            description:
              - 'What may be done with prefixes: each right holds those before it.'
              - It is checked, kept and given back; nothing acts on it yet.
            type: str
            choices:
              - none
              - read
              - edit
              - delete
            default: none
          inbound_routes:
            description:
              - 'What may be done with inbound_routes: each right holds those before it.'
              - It is checked, kept and given back; nothing acts on it yet.
            type: str
            choices:
              - none
              - read
              - edit
              - delete
            default: none
          codecs:
            description:
              - 'What may be done with codecs: each right holds those before it.'
              - It is checked, kept and given back; nothing acts on it yet.
            type: str
            choices:
              - none
              - read
              - edit
              - delete
            default: none
          nat:
            description:
              - 'What may be done with nat: each right holds those before it.'
              - It is checked, kept and given back; nothing acts on it yet.
            type: str
            choices:
              - none
              - read
              - edit
              - delete
            default: none
          recordings:
            description:
              - 'What may be done with recordings: each right holds those before it.'
              - It is checked, kept and given back; nothing acts on it yet.
            type: str
            choices:
              - none
              - read
              - edit
              - delete
            default: none
          voicemail:
            description:
              - 'What may be done with voicemail: each right holds those before it.'
              - It is checked, kept and given back; nothing acts on it yet.
            type: str
            choices:
              - none
              - read
              - edit
              - delete
            default: none
          reports:
            description:
              - 'What may be done with reports: each right holds those before it.'
              - It is checked, kept and given back; nothing acts on it yet.
            type: str
            choices:
              - none
              - read
              - edit
              - delete
            default: none
          accounts:
            description:
              - 'What may be done with accounts: each right holds those before it.'
              - It is checked, kept and given back; nothing acts on it yet.
            type: str
            choices:
              - none
              - read
              - edit
              - delete
            default: none
          campaigns:
            description:
              - 'What may be done with campaigns: each right holds those before it.'
              - It is checked, kept and given back; nothing acts on it yet.
            type: str
            choices:
              - none
              - read
              - edit
              - delete
            default: none
          contacts:
            description:
              - 'What may be done with contacts: each right holds those before it.'
              - It is checked, kept and given back; nothing acts on it yet.
            type: str
            choices:
              - none
              - read
              - edit
              - delete
            default: none
          ivr:
            description:
              - 'What may be done with ivr: each right holds those before it.'
              - It is checked, kept and given back; nothing acts on it yet.
            type: str
            choices:
              - none
              - read
              - edit
              - delete
            default: none
      listen:
        description:
          - May listen to calls of agents who may be listened to.
        type: bool
        default: false
      whisper:
        description:
          - May speak to the agent in such a call, unheard by the other side.
        type: bool
        default: false
      barge:
        description:
          - May join such a call.
        type: bool
        default: false
"""

EXAMPLES = r"""
- name: Team leaders see everybody, change agents and listen
  switchboard.asterisk.user_profiles:
    config:
      - name: team-leader
        display_name: Team leader
        sections:
          agents: edit
          queues: read
          reports: read
        listen: true
        whisper: true

- name: A profile that grants nothing yet
  switchboard.asterisk.user_profiles:
    config:
      - name: trainee
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
  type: list
  elements: dict
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
from ansible_collections.switchboard.asterisk.plugins.module_utils.model.user_profile import USER_PROFILE

if __name__ == "__main__":
    main(USER_PROFILE)
