# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mailboxes (apps/app_voicemail.c). The PIN serves a fresh mailbox; one changed by telephone is kept in its spool."""
from __future__ import annotations

from collections.abc import Iterable

from .lines import Line
from .writer import HEADER, mailbox, section


def compile_voicemail(site: Iterable[Line]) -> tuple[str, list[str]]:
    """The text of voicemail.conf, and the numbers that have a mailbox."""
    boxes = sorted((line.number, mailbox(line.mailbox, line.display_name, line.mail)) for line in site if line.mailbox)
    return HEADER + "\n" + section("default", boxes), [number for number, _entry in boxes]
