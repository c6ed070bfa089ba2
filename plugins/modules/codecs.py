#!/usr/bin/python
# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Written by tests/gates/document.py from the declaration in module_utils/model/codec.py and docs/examples/codecs.yml."""
from __future__ import annotations

DOCUMENTATION = r"""
module: codecs
short_description: Manages codecs
version_added: 0.1.0
description:
  - Codecs are what the site offers to each kind of line, best first.
  - All of them in one task, by the thousand; what Asterisk has to know is made live and verified.
extends_documentation_fragment:
  - switchboard.asterisk.resource
  - switchboard.asterisk.ledger
  - switchboard.asterisk.host
options:
  config:
    description:
      - The codecs. For more than a few dozen O(config_file) is faster.
      - A field that is not given keeps its value with O(state=merged).
    type: list
    elements: dict
    suboptions:
      lines:
        description:
          - 'The kind of line: V(webrtc) is the phone in the browser, V(sip) a SIP telephone, V(trunk) a provider.'
          - Needed at creation.
          - Never changes after creation.
        type: str
        choices:
          - webrtc
          - sip
          - trunk
        required: true
      offered:
        description:
          - Audio codecs offered to a line for which none are said, best first. Once they are given, no line of this kind may name any other.
            Asterisk must be able to transcode them; V(g729) it may pass through only, which is told.
          - Defaults to V(opus ulaw alaw) when O(config[].lines) is V(webrtc).
          - Defaults to V(alaw ulaw g722) when O(config[].lines) is V(sip) or V(trunk).
        type: list
        elements: str
        choices:
          - ulaw
          - alaw
          - gsm
          - g722
          - g729
          - opus
      ptime:
        description:
          - 'How much sound goes into a packet: V(20), V(40) or V(60). It is asked for in the SDP, and what the telephone asks for is sent to
            it. Asterisk''s 20 when not given.'
        type: int
"""

EXAMPLES = r"""
- name: Two codecs for telephones, in packets of 40 milliseconds; Opus first for browsers
  switchboard.asterisk.codecs:
    config:
      - lines: sip
        offered: [alaw, g722]
        ptime: 40
      - lines: webrtc
        offered: [opus, alaw]

- name: Telephones with G.729 too, which Asterisk only passes through
  switchboard.asterisk.codecs:
    config:
      - lines: sip
        offered: [alaw, g722, g729]

- name: What is offered when nothing is said
  switchboard.asterisk.codecs:
    config:
      - lines: sip
      - lines: webrtc
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
passes_through:
  description: Codecs newly offered that Asterisk cannot transcode, only pass through.
  type: list
  elements: str
  returned: when there are any
  sample:
    - g729
"""

from ansible_collections.switchboard.asterisk.plugins.module_utils.bridge import main
from ansible_collections.switchboard.asterisk.plugins.module_utils.model.codec import CODEC

if __name__ == "__main__":
    main(CODEC)
