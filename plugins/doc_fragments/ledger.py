# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations


class ModuleDocFragment:
    """Options of modules that make secrets: where these are written down."""

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
"""
