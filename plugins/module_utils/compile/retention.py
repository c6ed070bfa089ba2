# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long things are kept: a file of systemd-tmpfiles, whose own timer removes once a day what is older."""
from __future__ import annotations

from ..model.fields import Whole
from .writer import HEADER

# our field: where the files lie of which each is as old as its last byte. What is still written to is rotated into the first of them.
FOLDERS = {"retention.call_records": "/var/log/asterisk/records", "retention.recordings": "/var/spool/asterisk/monitor"}


def compile_retention(settings: Whole) -> str:
    kept = [f"e {folder} - - - mM:{settings[name]}d\n" for name, folder in FOLDERS.items() if settings[name]]
    return HEADER.replace(";", "#", 1) + "".join(kept)
