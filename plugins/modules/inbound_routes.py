#!/usr/bin/python
# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Written by tests/gates/document.py from the declaration in module_utils/model/inbound_route.py and docs/examples/inbound_routes.yml."""
from __future__ import annotations

DOCUMENTATION = r"""
module: inbound_routes
short_description: Manages inbound routes
version_added: 0.1.0
description:
  - Inbound routes say where calls from outside lead to. A number that none names is not in use.
  - All of them in one task, by the thousand; what Asterisk has to know is made live and verified.
extends_documentation_fragment:
  - switchboard.asterisk.resource
  - switchboard.asterisk.ledger
  - switchboard.asterisk.host
options:
  config:
    description:
      - The inbound routes. For more than a few dozen O(config_file) is faster.
      - A field that is not given keeps its value with O(state=merged).
    type: list
    elements: dict
    suboptions:
      name:
        description:
          - The route's name.
          - Needed at creation.
          - Never changes after creation.
        type: str
        required: true
      description:
        description:
          - Free text.
        type: str
      called:
        description:
          - Number that is called, as the provider sends it, with or without +; V(any) is whatever no other route names.
          - Needed at creation.
        type: str
      leading:
        description:
          - Longer numbers that begin with it, too. Of several the longest wins.
        type: bool
        default: false
      trunk:
        description:
          - Only what comes over this trunk; it must exist.
        type: str
      queue:
        description:
          - Leads to this queue, which must have a number. It, and whom the others name, must exist.
        type: str
      agent:
        description:
          - Leads to this agent.
        type: str
      user:
        description:
          - Leads to this user.
        type: str
      extension:
        description:
          - Leads to this telephone.
        type: str
      mailbox:
        description:
          - Leads to the mailbox of O(config[].agent) at once.
        type: bool
        default: false
      hours:
        description:
          - 'When it is open: V(mon-fri/08:00-17:00), in the host''s time or that of O(config[].time_zone); 17:00 is closed. Always, when not
            given.'
        type: list
        elements: str
      time_zone:
        description:
          - Time zone of the hours, such as V(Europe/Stockholm).
        type: str
      closed:
        description:
          - Settings of closed.
        type: dict
        suboptions:
          queue:
            description:
              - Where it leads to outside of these hours; nowhere, when nothing is said.
            type: str
          agent:
            description:
              - Likewise.
            type: str
          user:
            description:
              - Likewise.
            type: str
          extension:
            description:
              - Likewise.
            type: str
          mailbox:
            description:
              - Leads to the mailbox of O(config[].closed.agent) at once.
            type: bool
            default: false
          announcement:
            description:
              - Prompt that the caller hears then, before the call ends.
            type: str
"""

EXAMPLES = r"""
- name: A queue and who answers the telephone
  switchboard.asterisk.queues:
    config:
      - {name: sales, number: "1880"}

- name: A telephone
  switchboard.asterisk.extensions:
    config:
      - {name: night-bell, number: "1881", sip_password: night-bell-secret}

- name: By day to a queue, otherwise to a telephone
  switchboard.asterisk.inbound_routes:
    config:
      - name: main
        called: "+46850000"
        queue: sales
        hours: [mon-fri/08:00-17:00, sat/10:00-14:00]
        time_zone: Europe/Stockholm
        closed:
          extension: night-bell

- name: All other numbers of the block to the telephone
  switchboard.asterisk.inbound_routes:
    config:
      - name: block
        called: "+468500"
        leading: true
        extension: night-bell
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
from ansible_collections.switchboard.asterisk.plugins.module_utils.model.inbound_route import INBOUND_ROUTE

if __name__ == "__main__":
    main(INBOUND_ROUTE)
