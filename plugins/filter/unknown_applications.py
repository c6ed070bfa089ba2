# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from collections.abc import Callable

from ansible_collections.switchboard.asterisk.plugins.module_utils.control.console import unknown_applications

DOCUMENTATION = r"""
name: unknown_applications
short_description: What a dialplan uses and no loaded module of Asterisk has
version_added: 0.1.0
author:
  - Switchboard (@switchboard)
description:
  - Asterisk reads a dialplan with a misspelt application without a word, and the call that comes there ends. This finds it before.
positional: _input, known
options:
  _input:
    description: What C(dialplan show) tells.
    type: str
    required: true
  known:
    description: What C(core show applications) tells.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Stop when the dialplan uses an application that nobody has
  ansible.builtin.assert:
    that: dialplan.stdout | switchboard.asterisk.unknown_applications(applications.stdout) | length == 0
"""

RETURN = r"""
_value:
  description: The application and, in brackets, file and line, of each.
  type: list
  elements: str
"""


class FilterModule:
    def filters(self) -> dict[str, Callable[[str, str], list[str]]]:
        return {"unknown_applications": unknown_applications}
