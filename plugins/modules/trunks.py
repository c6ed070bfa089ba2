#!/usr/bin/python
# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Written by tests/gates/document.py from the declaration in module_utils/model/trunk.py and docs/examples/trunks.yml."""
from __future__ import annotations

DOCUMENTATION = r"""
module: trunks
short_description: Manages trunks
version_added: 0.1.0
description:
  - Trunks are the ways to SIP providers, and from them.
  - All of them in one task, by the thousand; what Asterisk has to know is made live and verified.
extends_documentation_fragment:
  - switchboard.asterisk.resource
  - switchboard.asterisk.ledger
  - switchboard.asterisk.host
options:
  config:
    description:
      - The trunks. For more than a few dozen O(config_file) is faster.
      - A field that is not given keeps its value with O(state=merged).
    type: list
    elements: dict
    suboptions:
      name:
        description:
          - The trunk's name, by which prefixes refer to it; also the id of its SIP device.
          - Needed at creation.
          - Never changes after creation.
        type: str
        required: true
      description:
        description:
          - Free text.
        type: str
      disabled:
        description:
          - No call goes out or comes in over it; what there is ends at once.
        type: bool
        default: false
      host:
        description:
          - Host name or IP address of the provider.
          - Needed at creation.
        type: str
      port:
        description:
          - Its port. When not given, 5060 (5061 for V(tls)), or what the name's SRV records say.
        type: int
      transport:
        description:
          - With V(tls) audio must be encrypted too (SRTP).
        type: str
        choices:
          - udp
          - tcp
          - tls
        default: udp
      registers:
        description:
          - Registers at the provider with O(config[].user), and again before that ends. Otherwise the provider knows this host by its address.
        type: bool
        default: false
      user:
        description:
          - User name that the provider gave this site. With it the provider's challenges are answered, also without registration.
        type: str
      password:
        description:
          - The password that goes with it. Kept in clear, which Asterisk needs.
          - Kept secret, never returned.
        type: str
      domain:
        description:
          - What the provider wants to be called in SIP addresses, where that is not its O(config[].host).
        type: str
      called_as:
        description:
          - Number that the provider is told at registration, and sends for calls to this site; O(config[].user) when not given.
        type: str
      sip_expires:
        description:
          - Life of a registration, as asked for.
        type: int
        default: 600
      addresses:
        description:
          - IP addresses and networks from which the provider's calls come; its O(config[].host) when none is given. Calls from elsewhere are
            not the trunk's, whatever they say. No other trunk, and no line with a fixed address, may share one.
        type: list
        elements: str
      codecs:
        description:
          - Audio codecs offered, best first, and no others. The site's own are set by M(switchboard.asterisk.codecs).
        type: list
        elements: str
        choices:
          - ulaw
          - alaw
          - gsm
          - g722
          - g729
          - opus
        default:
          - alaw
          - ulaw
          - g722
      nat:
        description:
          - 'What is done about NAT between host and provider, which most need not: the values are those of chan_sip.'
        type: str
        choices:
          - 'yes'
          - 'no'
          - force_rport
          - comedia
          - never
          - route
        default: 'no'
      video:
        description:
          - Video (VP8, H.264) is passed through.
        type: bool
        default: false
      capacity:
        description:
          - So many calls at once, in and out together; 0 is without limit.
        type: int
        default: 0
      caller_id:
        description:
          - Number that those see who are called over the trunk, unless the line has one of its own or the prefix says another; O(config[].user)
            when not given. An internal number is never shown.
        type: str
      qualify:
        description:
          - Asks the provider every minute (OPTIONS) whether it is there. One that is not is passed over at once; without asking, a call first
            waits half a minute for its answer.
        type: bool
        default: true
      emergency_order:
        description:
          - Emergency calls try the trunks from the lowest on; 0 never.
        type: int
        default: 1
"""

EXAMPLES = r"""
- name: A provider that this site registers at, and one that knows its address
  switchboard.asterisk.trunks:
    config:
      - name: north
        host: 192.0.2.60
        user: "46850000"
        password: "{{ vault_north_password | default('only-an-example') }}"
        registers: true
        caller_id: "+46850000"
        capacity: 30
      - name: south
        host: 192.0.2.70
        addresses: [192.0.2.70, 192.0.2.80/28]
        transport: tcp
        codecs: [alaw]
        caller_id: "+46850100"

- name: No calls over one of them until further notice
  switchboard.asterisk.trunks:
    config:
      - name: south
        disabled: true
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
from ansible_collections.switchboard.asterisk.plugins.module_utils.model.trunk import TRUNK

if __name__ == "__main__":
    main(TRUNK)
