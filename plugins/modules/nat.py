#!/usr/bin/python
# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Written by tests/gates/document.py from the declaration in module_utils/model/nat.py and docs/examples/nat.yml."""
from __future__ import annotations

DOCUMENTATION = r"""
module: nat
short_description: Manages nat
version_added: 0.1.0
description:
  - The site behind NAT.
extends_documentation_fragment:
  - switchboard.asterisk.resource
  - switchboard.asterisk.ledger
  - switchboard.asterisk.host
options:
  config:
    description:
      - The site behind NAT.
      - A field that is not given keeps its value with O(state=merged).
    type: dict
    suboptions:
      external_media_address:
        description:
          - Address or host name of this site as others outside see it, where they send their sound to. A name must have an address when it is
            set; Asterisk asks for it again every five minutes. Browsers need O(config.ice.host_candidates) instead.
        type: str
      external_signaling_address:
        description:
          - The same for SIP.
        type: str
      local_networks:
        description:
          - Networks inside, which need no address outside; the host's own address must be in one of them. Checked with netaddr, which the host
            must have.
        type: list
        elements: str
      rtp:
        description:
          - Settings of rtp.
        type: dict
        suboptions:
          start:
            description:
              - First UDP port of sound and video, an even one.
            type: int
            default: 10000
          end:
            description:
              - Last UDP port of sound and video.
            type: int
            default: 20000
      stun_server:
        description:
          - STUN server that Asterisk asks for its address outside, with port if it is not 3478, for lines that use ICE. One that does not answer
            delays each such call.
        type: str
      turn:
        description:
          - Settings of turn.
        type: dict
        suboptions:
          server:
            description:
              - TURN server that Asterisk offers as a relay for lines that use ICE, with port if it is not 3478.
            type: str
          username:
            description:
              - What the TURN server knows this site by.
            type: str
          password:
            description:
              - The password that goes with it.
              - Kept secret, never returned.
            type: str
      ice:
        description:
          - Settings of ice.
        type: dict
        suboptions:
          host_candidates:
            description:
              - 'Addresses that ICE advertises beside the host''s own ones: V(local => advertised). For browsers outside, where the host is behind
                NAT.'
            type: list
            elements: str
      default_mode:
        description:
          - What is done about NAT for lines for which nothing else is said.
        type: str
        choices:
          - 'yes'
          - 'no'
          - force_rport
          - comedia
          - never
          - route
        default: 'yes'
"""

EXAMPLES = r"""
- name: Behind a router with a fixed address, telephones inside and outside
  switchboard.asterisk.nat:
    config:
      external_media_address: 203.0.113.10
      external_signaling_address: 203.0.113.10
      local_networks: [10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16]
      rtp:
        start: 20000
        end: 24999
      default_mode: force_rport

- name: Browsers outside need the address too
  switchboard.asterisk.nat:
    config:
      ice:
        host_candidates:
          - 192.168.1.10 => 203.0.113.10

- name: What is set
  switchboard.asterisk.nat:
    state: gathered

- name: Not behind NAT any more
  switchboard.asterisk.nat:
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
from ansible_collections.switchboard.asterisk.plugins.module_utils.model.nat import NAT

if __name__ == "__main__":
    main(NAT)
