# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations


class ModuleDocFragment:
    """Options of all modules that change a host: where things are on it."""

    DOCUMENTATION = r"""
options:
  asterisk_config_dir:
    description: Where Asterisk's configuration is on the host.
    type: path
    default: /etc/asterisk
  store:
    description: Folder on the host of the store and the compiled files.
    type: path
    default: /var/lib/switchboard
  lock_timeout:
    description: How long to wait for another run on the same host, in seconds.
    type: int
    default: 120
attributes:
  check_mode:
    description: Says what would change, from the same plan as a real run, without asking Asterisk.
    support: full
  diff_mode:
    description: Shows before and after of what changes, without secrets.
    support: full
  async:
    description: Runs queue on the host; async is refused.
    support: none
requirements:
  - Python 3.9 or later on the host
notes:
  - The host is set up by P(switchboard.asterisk.asterisk#role).
  - The change is live when the task ends. What Asterisk refuses is rolled back.
author:
  - Switchboard (@switchboard)
"""
