#!/usr/bin/python
# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Written by tests/gates/document.py from the declaration in module_utils/model/prefix.py and docs/examples/prefixes.yml."""
from __future__ import annotations

DOCUMENTATION = r"""
module: prefixes
short_description: Manages prefixes
version_added: 0.1.0
description:
  - Prefixes are what lines dial for outside calls. Nothing reaches a trunk that no prefix allows.
  - All of them in one task, by the thousand; what Asterisk has to know is made live and verified.
extends_documentation_fragment:
  - switchboard.asterisk.resource
  - switchboard.asterisk.ledger
  - switchboard.asterisk.host
options:
  config:
    description:
      - The prefixes. For more than a few dozen O(config_file) is faster.
      - A field that is not given keeps its value with O(state=merged).
    type: list
    elements: dict
    suboptions:
      name:
        description:
          - The prefix' name.
          - Needed at creation.
          - Never changes after creation.
        type: str
        required: true
      description:
        description:
          - Free text.
        type: str
      prefix:
        description:
          - Digits dialled first; with a leading zero they need quotes in YAML. Of several that fit the longest wins. V(none) is for outside calls
            without a prefix. Numbers of the site's own C(number_range) never go outside.
          - Needed at creation.
        type: str
      digits:
        description:
          - 'How many digits may follow it: V(3-15), or V(9).'
        type: str
        default: 3-15
      strip:
        description:
          - So many digits are taken away before the number goes to the provider; when not given, the prefix.
        type: int
      add:
        description:
          - Digits put in front of what is left, such as V(+46), in quotes.
        type: str
      trunks:
        description:
          - Trunks in the order in which they are tried; they must exist. The next one is tried when one cannot be reached, refuses for reasons
            of its own or is full, not when the called number is busy, unknown or does not answer. Without any, such calls are refused.
        type: list
        elements: str
      who:
        description:
          - 'Who may use it: V(everybody) with a line, or the agents of O(config[].teams).'
        type: str
        choices:
          - everybody
          - teams
        default: everybody
      teams:
        description:
          - Teams whose agents may use it, for V(teams); they must exist. Without any, nobody may.
        type: list
        elements: str
      caller_id:
        description:
          - Number that those see who are called with this prefix, whoever calls.
        type: str
"""

EXAMPLES = r"""
- name: Two providers
  switchboard.asterisk.trunks:
    config:
      - {name: north, host: 192.0.2.60, caller_id: "+46850000"}
      - {name: south, host: 192.0.2.70, caller_id: "+46850000"}

- name: A team that may call abroad
  switchboard.asterisk.teams:
    config:
      - name: export

- name: Outside calls with 0, over the second provider when the first one fails
  switchboard.asterisk.prefixes:
    config:
      - name: national
        prefix: "0"
        digits: 5-12
        add: "+46"
        trunks: [north, south]
      - name: abroad
        prefix: "00"
        digits: 7-15
        add: "+"
        trunks: [north, south]
        who: teams
        teams: [export]
      - name: expensive # without trunks: such calls are refused
        prefix: "0900"
        digits: 1-12

- name: Outside calls without a prefix, too
  switchboard.asterisk.prefixes:
    config:
      - name: plain
        prefix: none
        digits: 6-12
        trunks: [north]
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
from ansible_collections.switchboard.asterisk.plugins.module_utils.model.prefix import PREFIX

if __name__ == "__main__":
    main(PREFIX)
