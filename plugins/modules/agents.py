#!/usr/bin/python
# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Written by tests/gates/document.py from the declaration in module_utils/model/agent.py and docs/examples/agents.yml."""
from __future__ import annotations

DOCUMENTATION = r"""
module: agents
short_description: Manages agents
version_added: 0.1.0
description:
  - 'Agents handle customers: a line, a number and, if wanted, a mailbox each.'
  - All of them in one task, by the thousand; what Asterisk has to know is made live and verified.
extends_documentation_fragment:
  - switchboard.asterisk.resource
  - switchboard.asterisk.ledger
  - switchboard.asterisk.host
options:
  config:
    description:
      - The agents. For more than a few dozen O(config_file) is faster.
      - A field that is not given keeps its value with O(state=merged).
    type: list
    elements: dict
    suboptions:
      username:
        description:
          - Signs in with it; also the id of the agent's SIP device.
          - Needed at creation.
          - Never changes after creation.
        type: str
        required: true
      full_name:
        description:
          - Shown to those whom the agent calls, and by the mailbox.
          - Needed at creation.
        type: str
      alias:
        description:
          - Shown instead of the username in queues, reports and to customers.
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
      teams:
        description:
          - Teams that the agent belongs to; they must exist.
        type: list
        elements: str
      queues:
        description:
          - 'Queues that the agent is a member of, each with a penalty if wanted: V(sales:2), or a mapping of C(name) and C(penalty). They must
            exist. The penalty wins over one that the agent has by a team.'
        type: list
        elements: str
      typology:
        description:
          - 'How the agent phones: V(webrtc) and V(phonebar) in the browser, V(external) with a SIP telephone.'
        type: str
        choices:
          - webrtc
          - phonebar
          - external
        default: webrtc
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
          - Defaults to V(wss) when O(config[].typology) is V(webrtc) or V(phonebar).
          - Defaults to V(udp) when O(config[].typology) is V(external).
        type: str
        choices:
          - udp
          - tcp
          - tls
          - ws
          - wss
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
      login_pause:
        description:
          - Paused in every queue at sign-in, until unpaused.
        type: bool
        default: false
      mask_sensitive_data:
        description:
          - Does not see an outside customer's number, name and mail address.
        type: bool
        default: false
      chanspy:
        description:
          - May be listened to, by those who are allowed to; without it by nobody.
        type: bool
        default: false
      video:
        description:
          - Video calls, VP8 and H.264 passed through.
        type: bool
        default: false
      record_calls:
        description:
          - Records every call to the agent, both sides, in this format.
        type: str
        choices:
          - inactive
          - wav
          - wav49
          - gsm
        default: inactive
      prefix_required:
        description:
          - Outside calls without a known prefix (M(switchboard.asterisk.prefixes)) are refused with a prompt; emergency calls are not.
        type: bool
        default: false
      select_recall_campaign:
        description:
          - Picks the campaign for a recall.
          - It is checked, kept and given back; nothing acts on it yet.
        type: bool
        default: false
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
      phone:
        description:
          - Settings of phone.
        type: dict
        suboptions:
          auto_answer:
            description:
              - The phone answers by itself.
            type: bool
            default: false
          delay:
            description:
              - How long it rings before that.
            type: int
            default: 0
          tls_certificate:
            description:
              - Certificate that the phone in the browser is served with, a path on the host; the host's own when not given.
              - It is checked, kept and given back; nothing acts on it yet.
            type: str
          tls_private_key:
            description:
              - Its key, a path on the host.
              - It is checked, kept and given back; nothing acts on it yet.
            type: str
          wss_port:
            description:
              - Port that the phone in the browser connects to; the host's own when not given.
            type: int
          settings:
            description:
              - Sees and changes automatic answer and audio devices.
            type: bool
            default: true
          recording:
            description:
              - Starts and stops the recording of a call.
            type: bool
            default: false
          dtmf_tones:
            description:
              - Hears tones when dialling.
            type: bool
            default: true
          dnd_on_pause:
            description:
              - While paused, internal calls are refused.
            type: bool
            default: false
          preview_on_pause:
            description:
              - May make a preview call while paused.
              - It is checked, kept and given back; nothing acts on it yet.
            type: bool
            default: false
          ring_in_use:
            description:
              - Rings in a call too, as often as the voice capacity allows.
            type: bool
            default: false
      channels:
        description:
          - Settings of channels.
        type: dict
        suboptions:
          voice:
            description:
              - Settings of voice.
            type: dict
            suboptions:
              capacity:
                description:
                  - How many at the same time; 0 is none.
                type: int
                default: 1
              auto_answer:
                description:
                  - Assigned without asking.
                  - It is checked, kept and given back; nothing acts on it yet.
                type: bool
                default: false
              delay:
                description:
                  - How long before that.
                  - It is checked, kept and given back; nothing acts on it yet.
                type: int
                default: 0
          chat:
            description:
              - Settings of chat.
            type: dict
            suboptions:
              capacity:
                description:
                  - How many at the same time; 0 is none.
                  - It is checked, kept and given back; nothing acts on it yet.
                type: int
                default: 0
              auto_answer:
                description:
                  - Assigned without asking.
                  - It is checked, kept and given back; nothing acts on it yet.
                type: bool
                default: false
              delay:
                description:
                  - How long before that.
                  - It is checked, kept and given back; nothing acts on it yet.
                type: int
                default: 0
          email:
            description:
              - Settings of email.
            type: dict
            suboptions:
              capacity:
                description:
                  - How many at the same time; 0 is none.
                  - It is checked, kept and given back; nothing acts on it yet.
                type: int
                default: 0
              auto_answer:
                description:
                  - Assigned without asking.
                  - It is checked, kept and given back; nothing acts on it yet.
                type: bool
                default: false
              delay:
                description:
                  - How long before that.
                  - It is checked, kept and given back; nothing acts on it yet.
                type: int
                default: 0
          sms:
            description:
              - Settings of sms.
            type: dict
            suboptions:
              capacity:
                description:
                  - How many at the same time; 0 is none.
                  - It is checked, kept and given back; nothing acts on it yet.
                type: int
                default: 0
              auto_answer:
                description:
                  - Assigned without asking.
                  - It is checked, kept and given back; nothing acts on it yet.
                type: bool
                default: false
              delay:
                description:
                  - How long before that.
                  - It is checked, kept and given back; nothing acts on it yet.
                type: int
                default: 0
          open_channel:
            description:
              - Settings of open_channel.
            type: dict
            suboptions:
              capacity:
                description:
                  - How many at the same time; 0 is none.
                  - It is checked, kept and given back; nothing acts on it yet.
                type: int
                default: 0
              auto_answer:
                description:
                  - Assigned without asking.
                  - It is checked, kept and given back; nothing acts on it yet.
                type: bool
                default: false
              delay:
                description:
                  - How long before that.
                  - It is checked, kept and given back; nothing acts on it yet.
                type: int
                default: 0
          fax:
            description:
              - Settings of fax.
            type: dict
            suboptions:
              capacity:
                description:
                  - How many at the same time; 0 is none.
                  - It is checked, kept and given back; nothing acts on it yet.
                type: int
                default: 0
              auto_answer:
                description:
                  - Assigned without asking.
                  - It is checked, kept and given back; nothing acts on it yet.
                type: bool
                default: false
              delay:
                description:
                  - How long before that.
                  - It is checked, kept and given back; nothing acts on it yet.
                type: int
                default: 0
      downloads:
        description:
          - Settings of downloads.
        type: dict
        suboptions:
          attachments:
            description:
              - May fetch attachments.
              - It is checked, kept and given back; nothing acts on it yet.
            type: bool
            default: false
          interactions:
            description:
              - May fetch interactions.
              - It is checked, kept and given back; nothing acts on it yet.
            type: bool
            default: false
          recordings:
            description:
              - May fetch recordings.
              - It is checked, kept and given back; nothing acts on it yet.
            type: bool
            default: false
      permissions:
        description:
          - Settings of permissions.
        type: dict
        suboptions:
          sections:
            description:
              - The sections that the agent may use.
              - It is checked, kept and given back; nothing acts on it yet.
            type: list
            elements: str
          channels:
            description:
              - The channels that the agent may use.
              - It is checked, kept and given back; nothing acts on it yet.
            type: list
            elements: str
            choices:
              - voice
              - chat
              - email
              - sms
              - open_channel
              - fax
          plugins:
            description:
              - The plugins that the agent may use. V(listen), V(whisper) and V(barge) are rights to the calls of agents with O(config[].chanspy);
                on the others nothing acts yet.
            type: list
            elements: str
      voicemail:
        description:
          - Unanswered and busy calls go to a mailbox under the agent's number.
        type: bool
        default: false
      voicemail_pin:
        description:
          - PIN of a fresh mailbox, generated when not given; a PIN changed by telephone stands.
          - Kept secret, never returned.
        type: str
"""

EXAMPLES = r"""
- name: Two agents; numbers are allocated, generated secrets go to a file
  switchboard.asterisk.agents:
    config:
      - username: anna.svensson
        full_name: Anna Svensson
        email: anna.svensson@example.org
        voicemail: true
      - username: bo.ek
        full_name: Bo Ek
        typology: external
        nat: force_rport
        codecs: [g722, alaw]
        number: "1042"
    credentials_file: credentials.yml

- name: Anna sends her picture, a file beside the playbook
  switchboard.asterisk.agents:
    config:
      - username: anna.svensson
        avatar: portraits/anna.png

- name: Bo leaves for a while
  switchboard.asterisk.agents:
    config:
      - username: bo.ek
        disabled: true

- name: Exactly the people of a file, and nobody else in the range of numbers
  switchboard.asterisk.agents:
    config_file: people.csv
    state: overridden
    scope:
      numbers: 2000-2999
    max_deletions: 5%
    credentials_file: credentials.yml

- name: What is there
  switchboard.asterisk.agents:
    state: gathered
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
from ansible_collections.switchboard.asterisk.plugins.module_utils.model.agent import AGENT

if __name__ == "__main__":
    main(AGENT)
