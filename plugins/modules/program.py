#!/usr/bin/python
# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: program
short_description: Brings Python packages to a host as one file
version_added: 0.1.0
description:
  - Packs folders with Python packages into one zip, from which Python imports them when it is in E(PYTHONPATH).
  - Role C(switchboard.asterisk.desk) brings its service to a host so, with the collection's own model and store beside it. One file is compared and
    copied in one go, where a hundred would take a minute.
  - The same files are the same zip, so a second run changes nothing.
author:
  - Switchboard (@switchboard)
options:
  packages:
    description: Folders on the controller, each by the name of the package that it is.
    type: dict
    required: true
  dest:
    description: Path of the file on the host.
    type: path
    required: true
  owner:
    description: Its owner.
    type: str
  group:
    description: Its group.
    type: str
  mode:
    description: Its mode.
    type: raw
attributes:
  check_mode:
    description: Says whether the file would change.
    support: full
  diff_mode:
    description: There is nothing to read in a zip.
    support: none
"""

EXAMPLES = r"""
- name: Bring the program and what it imports
  switchboard.asterisk.program:
    packages:
      desk: "{{ role_path }}/files/desk"
      module_utils: "{{ role_path }}/../../plugins/module_utils"
    dest: /usr/local/lib/switchboard/desk.zip
    owner: root
    group: root
    mode: "0644"
"""

RETURN = r"""
dest:
  description: Path of the file.
  type: str
  returned: always
checksum:
  description: SHA-1 of its content.
  type: str
  returned: always
"""
