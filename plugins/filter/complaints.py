# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from collections.abc import Callable

from ansible_collections.switchboard.asterisk.plugins.module_utils.control.log import complaints

DOCUMENTATION = r"""
name: complaints
short_description: What Asterisk complained of in its configuration
version_added: 0.1.0
author:
  - Switchboard (@switchboard)
description:
  - Takes from Asterisk's log what it refused of its configuration. What it says of phones and calls is left out, and secrets are masked.
positional: _input
options:
  _input:
    description: Text of Asterisk's log.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Stop when Asterisk refused a file
  ansible.builtin.assert:
    that: log.stdout | switchboard.asterisk.complaints | length == 0
"""

RETURN = r"""
_value:
  description: One line each, without the time.
  type: list
  elements: str
"""


class FilterModule:
    def filters(self) -> dict[str, Callable[[str], list[str]]]:
        return {"complaints": complaints}
