# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations


class ModuleDocFragment:
    """Options that all resource modules have."""

    DOCUMENTATION = r"""
options:
  config_file:
    description:
      - File on the controller that holds the items, for hundreds and thousands of them. A list, or a mapping with nothing but the
        list under the module's name.
      - The ending says what it is, V(.json), V(.yml), V(.yaml) or V(.csv). It may be encrypted with Ansible Vault as a whole, and YAML in
        single values.
      - YAML and CSV are read as text, so that C(0712), C(no) and C(12:30) stay what was written.
      - CSV is UTF-8 with V(;), V(,) or a tab between the cells and the fields' names in the first row. Members of a group are named as
        C(group.member), lists are words separated by spaces, and an empty cell says nothing.
    type: path
  state:
    description:
      - V(merged) changes only the fields given; C(null) takes a field back to its default.
      - V(replaced) makes the given items exactly as given. What is not given goes back to its default, but for what never changes and for secrets.
      - V(overridden) is V(replaced), and deletes all other items within O(scope).
      - V(deleted) deletes the items whose key is given.
      - V(gathered) returns what the host has, as it can be applied again.
      - V(rendered) returns the compiled files of the given items without touching the host.
      - V(parsed) reads the files of an old installation, O(sources), and returns what they say as items, with a report of what they could not say. It
        works on the controller only.
    type: str
    choices: [merged, replaced, overridden, deleted, gathered, rendered, parsed]
    default: merged
  scope:
    description: What the run may see, change and delete. An item outside of it is an error.
    type: dict
    suboptions:
      names:
        description: Pattern of keys, such as V(sales-*). It is asked of the module's own kind only, also where O(state=gathered) shows numbers.
        type: str
      numbers:
        description: Range of numbers, such as V(2000-2999). Numbers are allocated from it, and others are not shown by O(state=gathered).
        type: str
  max_deletions:
    description:
      - Guard. A run that would delete more fails before anything is touched. A number, or a percentage of what is in scope.
      - When not given, V(10%) with O(state=overridden) and no limit with O(state=deleted).
    type: str
  allow_empty:
    description: Take an empty list with O(state=overridden) at its word, which deletes everything in scope that O(max_deletions) allows.
    type: bool
    default: false
  cascade:
    description: What is deleted is taken out of all that refers to it. Otherwise nothing is deleted while something refers to it.
    type: bool
    default: false
  with_secrets:
    description: With O(state=gathered), write the sealed secrets (digests and hashes, and PINs) into O(dest), or to O(credentials_file).
    type: bool
    default: false
  avatars_dest:
    description:
      - With O(state=gathered), folder on the controller that the gathered people's avatars are copied to, each content once, under the name that
        C(avatar) gives it without C(sha256:). It is made when it is not there; what it has already is not copied again.
      - Called C(avatars), in the folder of a O(config_file) or where the playbook's files are, it is where C(avatar) is looked for when that
        comes back in the gathered form to a host that does not have the content.
    type: path
  update_password:
    description:
      - Whether a given sign-in password is set for somebody who has one already. With V(always) a password that somebody has changed is
        set back by each run that gives one.
      - A password that is set already is no change.
    type: str
    choices: [on_create, always]
    default: on_create
  number_range:
    description: The site's internal numbers, all of one length, where they are to be others than M(switchboard.asterisk.settings) says.
    type: str
  realm:
    description:
      - The realm of the site's passwords. It is set by the first run that writes, for good, since the digests of passwords hold it.
      - When not given, the one that was set; before that what role P(switchboard.asterisk.asterisk#role) told Asterisk, or else V(switchboard).
    type: str
  sources:
    description:
      - With O(state=parsed), files on the controller that an old installation left. C(sip.conf), C(users.conf), C(voicemail.conf) and C(queues.conf) of
        Asterisk are known by how their names begin, and what they include is read from their own folder.
      - A file that ends in C(.csv) is a spreadsheet, the export of FreePBX's extensions or one with columns for number and name.
      - All of them are read together, so that a mailbox finds its owner. They may be encrypted with Ansible Vault.
    type: list
    elements: path
  dest:
    description:
      - File on the controller that the items of the module's own kind are written to, as O(config_file) takes them. With O(state=parsed) their
        secrets are among them, with O(state=gathered) when O(with_secrets) says so.
      - Its mode is 0600, and its folder must exist. It is encrypted when O(credentials_vault_id) names a vault id.
      - The task is changed only when what the file says changes.
    type: path
  report_file:
    description: With O(state=parsed), file on the controller that the whole report is written to, in Markdown. It holds no secret.
    type: path
  import_as:
    description:
      - With O(state=parsed), what a line of the old installation becomes.
      - V(auto) makes it an agent when there is a mailbox, a name of a person or a mail address, or when it is in a queue, else an extension. V(agents)
        and V(extensions) make all lines one or the other.
      - Trunks become nothing and are reported.
    type: str
    choices: [auto, agents, extensions]
    default: auto
  import_contexts:
    description: With O(state=parsed), names or patterns of old dialplan contexts that the new host has too. Other lines enter C(from-sip).
    type: list
    elements: str
    default: []
"""
