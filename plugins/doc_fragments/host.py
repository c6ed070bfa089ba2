# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations


class ModuleDocFragment:
    """Options of all modules that change a host: where things are on it, and where secrets go."""

    DOCUMENTATION = r"""
options:
  credentials_file:
    description:
      - File on the controller that generated secrets are written to, by host, resource, key and field. It is made with mode 0600, or merged with
        what it has. Its folder must exist.
      - A run that ends before it could write leaves a file beside it, its name followed by C(.pending-); the next run writes what is missing.
      - Without it a secret is not generated when nobody could learn it.
    type: path
  credentials_vault_id:
    description: Vault id that O(credentials_file) is encrypted with.
    type: str
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
