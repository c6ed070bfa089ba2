#!/usr/bin/python
# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Written by tests/gates/document.py from the declaration in module_utils/model/user.py and docs/examples/users.yml."""
from __future__ import annotations

DOCUMENTATION = r"""
module: users
short_description: Manages users
version_added: 0.1.0
description:
  - 'Users are administrators and supervisors: an account, a line and a number each.'
  - All of them in one task, by the thousand; what Asterisk has to know is made live and verified.
extends_documentation_fragment:
  - switchboard.asterisk.resource
  - switchboard.asterisk.ledger
  - switchboard.asterisk.host
options:
  config:
    description:
      - The users. For more than a few dozen O(config_file) is faster.
      - A field that is not given keeps its value with O(state=merged).
    type: list
    elements: dict
    suboptions:
      username:
        description:
          - Signs in with it; also the id of the user's SIP device.
          - Needed at creation.
          - Never changes after creation.
        type: str
        required: true
      role:
        description:
          - V(admin) may do everything, V(user) what the profile grants.
          - Never changes after creation.
        type: str
        choices:
          - admin
          - user
        default: user
      profile:
        description:
          - User profile that grants what a user may do; it must exist. Needed for role V(user).
        type: str
      full_name:
        description:
          - Shown to those whom the user calls.
          - Needed at creation.
        type: str
      email:
        description:
          - Where voicemail and new passwords are sent to.
        type: str
      avatar:
        description:
          - 'Picture shown at the desk: the path of a PNG or JPEG file on the controller, of at most 8 MiB, or what O(state=gathered) says of
            one (C(sha256:) and a file name, which is looked for in a folder C(avatars) if the host does not have it).'
        type: str
      authentication:
        description:
          - Signs in with a password of this site, or at an OpenID Connect provider.
          - It is checked, kept and given back; nothing acts on it yet.
        type: str
        choices:
          - local
          - sso
        default: local
      sso_subject:
        description:
          - Who this is at the provider (the claim C(sub)).
          - It is checked, kept and given back; nothing acts on it yet.
        type: str
      password:
        description:
          - First password for signing in, as the policy in M(switchboard.asterisk.settings) wants it. Only its hash is kept. Generated at creation
            when not given and there is a O(credentials_file); without one nobody can sign in yet.
          - Kept secret, never returned.
        type: str
      update_password:
        description:
          - Overrules O(update_password) for this item.
        type: str
        choices:
          - on_create
          - always
      must_change_password:
        description:
          - Has to change the password at the next sign-in; true for each password that a run sets. Taken only where a password is set.
        type: bool
        default: false
      password_hash:
        description:
          - Instead of O(config[].password), for people who bring theirs from elsewhere.
          - Kept secret, never returned.
        type: str
      password_history:
        description:
          - Hashes of earlier passwords, the latest first. Taken only beside O(config[].password_hash).
          - Kept secret, never returned.
        type: str
      password_changed_at:
        description:
          - When the password was set, in UTC. Read only; taken only beside O(config[].password_hash).
        type: str
      locked:
        description:
          - Cannot sign in, after too many failed tries. False unlocks.
        type: bool
        default: false
      api_key_hash:
        description:
          - SHA-256 of the API key, to move a site. It takes another's place as O(update_password) says. Keys are made by M(switchboard.asterisk.credentials).
          - Kept secret, never returned.
        type: str
      client_log:
        description:
          - What the phone in the browser tells the host of its doings.
        type: str
        choices:
          - 'off'
          - error
          - warning
          - info
          - debug
        default: 'off'
      messenger:
        description:
          - Settings of messenger.
        type: dict
        suboptions:
          enabled:
            description:
              - Messages between people; without it they are refused.
            type: bool
            default: true
          sound:
            description:
              - A message is heard when it arrives.
            type: bool
            default: true
      number:
        description:
          - Internal number that rings the line; the lowest free one of O(number_range) when not given. With a leading zero it needs quotes in
            YAML.
          - Never changes after creation.
        type: str
      description:
        description:
          - Free text.
        type: str
      disabled:
        description:
          - Can neither register nor call nor be called; its calls end and its registrations are dropped at once.
        type: bool
        default: false
      sip_password:
        description:
          - The telephone's own secret, generated when not given; only its digests are kept.
          - Kept secret, never returned.
        type: str
      transport:
        description:
          - Transport of the line, according to the telephone. With V(tls) its audio must be encrypted too (SRTP).
        type: str
        choices:
          - udp
          - tcp
          - tls
          - ws
          - wss
        default: wss
      nat:
        description:
          - What is done about NAT between telephone and host; the values are those of chan_sip. The site's default is set by M(switchboard.asterisk.nat).
        type: str
        choices:
          - 'yes'
          - 'no'
          - force_rport
          - comedia
          - never
          - route
        default: 'yes'
      codecs:
        description:
          - Audio codecs offered, best first, and no others. The site's own are set by M(switchboard.asterisk.codecs).
          - Defaults to V(alaw ulaw g722) when O(config[].transport) is V(udp) or V(tcp) or V(tls).
          - Defaults to V(opus ulaw alaw) when O(config[].transport) is V(ws) or V(wss).
        type: list
        elements: str
        choices:
          - ulaw
          - alaw
          - gsm
          - g722
          - g729
          - opus
      context:
        description:
          - Dialplan context that the line's calls enter; it must exist on the host.
        type: str
        default: from-sip
      call_groups:
        description:
          - Groups whose members' calls ring here may be picked up by others; names or numbers.
        type: list
        elements: str
      pickup_groups:
        description:
          - Groups of which the line may pick up calls.
        type: list
        elements: str
      host:
        description:
          - V(dynamic) registers with its password; an IP address is the line itself, with neither registration nor password; a network registers
            with its password, and from inside that network only.
        type: str
        default: dynamic
      type:
        description:
          - V(user) may call only, V(peer) may be called only, V(friend) both.
        type: str
        choices:
          - friend
          - user
          - peer
        default: friend
      caller_id:
        description:
          - 'Caller id shown to those it calls, instead of its own name and number: V(Name <number>), a name, or a number.'
        type: str
      sip_expires:
        description:
          - Life of a registration.
        type: int
        default: 300
"""

EXAMPLES = r"""
- name: A profile for shift leaders
  switchboard.asterisk.user_profiles:
    config:
      - name: shift-lead
        sections:
          agents: read
        listen: true

- name: An administrator and a supervisor, with one-time passwords in a file
  switchboard.asterisk.users:
    config:
      - username: ada.admin
        full_name: Ada Admin
        role: admin
        email: ada@example.org
      - username: sam.super
        full_name: Sam Super
        profile: shift-lead
        description: Night shift
    credentials_file: credentials.yml

- name: Sam brings the password that he had elsewhere, by its hash
  switchboard.asterisk.users:
    config:
      - username: sam.super
        password_hash: $pbkdf2-sha256$29000$c2FtcGxlc2FsdA$j6Xv1zGWjqa5KXd0kMoGxvPsQEZ1wvSU0EZVNq4lV8k
        update_password: always
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
from ansible_collections.switchboard.asterisk.plugins.module_utils.model.user import USER

if __name__ == "__main__":
    main(USER)
