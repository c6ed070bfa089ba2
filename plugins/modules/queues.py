#!/usr/bin/python
# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Written by tests/gates/document.py from the declaration in module_utils/model/queue.py and docs/examples/queues.yml."""
from __future__ import annotations

DOCUMENTATION = r"""
module: queues
short_description: Manages queues
version_added: 0.1.0
description:
  - Queues are where callers wait for one of several agents.
  - All of them in one task, by the thousand; what Asterisk has to know is made live and verified.
extends_documentation_fragment:
  - switchboard.asterisk.resource
  - switchboard.asterisk.ledger
  - switchboard.asterisk.host
options:
  config:
    description:
      - The queues. For more than a few dozen O(config_file) is faster.
      - A field that is not given keeps its value with O(state=merged).
    type: list
    elements: dict
    suboptions:
      name:
        description:
          - The queue's name, by which agents refer to it.
          - Needed at creation.
          - Never changes after creation.
        type: str
        required: true
      display_name:
        description:
          - How the queue is shown; its name when not given.
        type: str
      description:
        description:
          - Free text.
        type: str
      number:
        description:
          - Internal number that reaches the queue; none when not given. With a leading zero it needs quotes in YAML.
        type: str
      channel:
        description:
          - What waits in it. Asterisk has the V(voice) queues; the others are kept for the desk.
          - Never changes after creation.
        type: str
        choices:
          - voice
          - chat
          - email
          - sms
          - open_channel
          - fax
        default: voice
      strategy:
        description:
          - 'Whom to ring: everybody (V(ringall)), whose last call is longest ago, who had the fewest, anybody, in turn (V(rrmemory), V(rrordered)),
            from the first on (V(linear)), or anybody with the penalty as a weight (V(wrandom)). Members are in the order of penalty and name.'
        type: str
        choices:
          - ringall
          - leastrecent
          - fewestcalls
          - random
          - rrmemory
          - rrordered
          - linear
          - wrandom
        default: ringall
      timeout:
        description:
          - How long an agent rings before the next; 0 is without end, for V(ringall) only.
        type: int
        default: 15
      retry:
        description:
          - Pause before it is tried again.
        type: int
        default: 5
      wrapup:
        description:
          - How long an agent has after a call before the next.
        type: int
        default: 0
      service_level:
        description:
          - Within this time a call should be answered; for statistics.
        type: int
        default: 0
      weight:
        description:
          - Of an agent's several queues the one with the higher weight is served first.
        type: int
        default: 0
      longest:
        description:
          - So many callers may wait, the next is told that it is busy; 0 is without limit.
        type: int
        default: 0
      longest_wait:
        description:
          - How long a caller waits before the call is given up; 0 is without limit.
        type: int
        default: 0
      music:
        description:
          - Class of music on hold that callers hear; it must exist on the host.
        type: str
        default: default
      join_empty:
        description:
          - A caller is refused when each member is one of these. V(yes) refuses nobody; V(no), V(loose) and V(strict) are Asterisk's short words
            for some of them.
        type: list
        elements: str
        choices:
          - paused
          - penalty
          - inuse
          - ringing
          - unavailable
          - invalid
          - unknown
          - wrapup
      leave_when_empty:
        description:
          - A caller who waits is sent away when each member is one of these. V(no) sends nobody away; V(yes), V(loose) and V(strict) are Asterisk's
            short words for some of them.
        type: list
        elements: str
        choices:
          - paused
          - penalty
          - inuse
          - ringing
          - unavailable
          - invalid
          - unknown
          - wrapup
      ring_in_use:
        description:
          - Agents in a call ring too, as often as their voice capacity allows.
        type: bool
        default: true
      announcement:
        description:
          - Prompt that the agent hears before the caller.
        type: str
      announce_frequency:
        description:
          - How often callers are told their position and waiting time, at first as soon as they come; 0 is never. Nobody rings for the first
            of them while it is told.
        type: int
        default: 0
      announce_position:
        description:
          - 'Whether the position is told: V(limit) only up to O(config[].announce_position_limit), V(more) beyond it as more than that.'
        type: str
        choices:
          - 'yes'
          - 'no'
          - limit
          - more
        default: 'yes'
      announce_position_limit:
        description:
          - The limit of V(limit) and V(more).
        type: int
        default: 10
      announce_hold_time:
        description:
          - Whether the waiting time to be expected is told.
        type: str
        choices:
          - 'yes'
          - 'no'
          - once
        default: 'yes'
      periodic_announcements:
        description:
          - Prompts that callers hear in turn while they wait; Asterisk's own when none is given.
        type: list
        elements: str
      periodic_announce_frequency:
        description:
          - How often one of them is heard; 0 is never.
        type: int
        default: 0
      teams:
        description:
          - Teams whose agents are members, each with a penalty if wanted; they must exist.
        type: list
        elements: str
      agents:
        description:
          - Agents who are members by themselves, each with a penalty if wanted; they must exist. It is what these agents say in their own field
            C(queues) that is changed; when not given, or null, that stays as it is, whatever the state.
        type: list
        elements: str
"""

EXAMPLES = r"""
- name: A queue for sales, reached by its number
  switchboard.asterisk.queues:
    config:
      - name: sales
        display_name: Sales
        number: "1980"
        strategy: rrmemory
        timeout: 20
        wrapup: 10
        service_level: 30
        longest_wait: 600
        announce_frequency: 60
        join_empty: [paused, unavailable, invalid]

- name: Some time later, no caller waits for agents who are all away
  switchboard.asterisk.queues:
    config:
      - name: sales
        leave_when_empty: [unavailable, invalid]

- name: Its only members by themselves, apart from those of its teams
  switchboard.asterisk.queues:
    config:
      - name: sales
        agents: []

- name: No such queue any more, and nobody in it
  switchboard.asterisk.queues:
    config:
      - name: sales
    state: deleted
    cascade: true
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
from ansible_collections.switchboard.asterisk.plugins.module_utils.model.queue import QUEUE

if __name__ == "__main__":
    main(QUEUE)
