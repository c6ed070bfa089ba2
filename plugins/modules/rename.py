#!/usr/bin/python
# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: rename
short_description: Gives another name to what is there already
version_added: 0.1.0
description:
  - People marry. Somebody gets another username, or a team, a queue, a telephone or a profile another name, and everything else stays with them,
    the number, the mailbox, the password for signing in, memberships and whatever refers to them.
  - A telephone's SIP password holds the name, so that it gets a new one. Its registration ends, as the line of the old name is gone. A call that it
    is in goes on, but whoever it then transfers to nobody does not come back to it.
  - When the old name is gone and the new one is there, that was done before, and nothing changes.
  - Write the new name into your files as well. A run with V(overridden) takes the old one for somebody new, and deletes whoever it does not find there.
extends_documentation_fragment: [switchboard.asterisk.ledger, switchboard.asterisk.host]
options:
  kind:
    description: What is renamed.
    type: str
    choices: [agents, extensions, inbound_routes, prefixes, queues, teams, trunks, user_profiles, users]
    default: agents
  name:
    description: The name it has.
    type: str
    required: true
  to:
    description: The name it gets.
    type: str
    required: true
  sip_password:
    description:
      - The telephone's new password. Made when not given, and then written to O(credentials_file), which only the phones in browsers do without.
    type: str
"""

EXAMPLES = r"""
- name: Anna Svensson has married
  switchboard.asterisk.rename:
    name: anna.svensson
    to: anna.ek
    credentials_file: credentials.yml
"""

RETURN = r"""
updated:
  description: The key of what changed, the new one.
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
  description: Where a new password was written, and how many there are.
  type: dict
  returned: when one was made
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

from ansible_collections.switchboard.asterisk.plugins.module_utils.bridge import main_rename

if __name__ == "__main__":
    main_rename()
