#!/usr/bin/python
# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: renumber
short_description: Gives another number to what is there already
version_added: 0.1.0
description:
  - Offices renumber. The mailbox comes along with its messages, its greeting and its PIN; registrations and calls stay.
    The voicemail lamp follows at once; that of a telephone which subscribes to it (RFC 3842), with its next subscription.
  - The old number is free at once.
extends_documentation_fragment: [switchboard.asterisk.host]
options:
  kind:
    description: What gets another number.
    type: str
    choices: [agents, extensions, queues, users]
    default: agents
  name:
    description: Its name.
    type: str
    required: true
  to:
    description: The number it gets. With a leading zero it needs quotes in YAML.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Bo moves to another floor
  switchboard.asterisk.renumber:
    name: bo.ek
    to: "1043"
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

from ansible_collections.switchboard.asterisk.plugins.module_utils.bridge import main_renumber

if __name__ == "__main__":
    main_renumber()
