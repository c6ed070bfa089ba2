# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asterisk's own log of warnings and errors, where the only word about a refused object stands."""
from __future__ import annotations

import os
import re

from ..model.errors import Unready

# The parts of Asterisk that read configuration: what they complain about during a reload is about what was just written.
# Not res_pjsip_registrar.c, app_voicemail.c and others that speak of phones and calls: somewhere there is always one that
# Asterisk warns of. Mailboxes are asked for instead.
READERS = re.compile(r"\b(config|config_options|config_(auth|domain_aliases|global|system|transport)|res_sorcery_config|sorcery|pbx_config"
                     r"|app_queue|loader|pjsip_configuration|res_pjsip_endpoint_identifier_ip|location|acl)\.c\b")
EARLY = re.compile(r"Auth object '.*' could not be found")       # asked for by a provider before it was read: registrations are looked at by themselves
CALL = re.compile(r"^\[.*?\] \w+\[\d+\]\[C-[0-9a-f]+\]")       # what happens to a caller, who finds a queue full, is no matter of configuration
SECRET = re.compile(r"((?:\w*password\w*|md5_cred|secret)['\"]?\s*[=:]?\s*|(?:MD5|SHA-256):)(['\"]?)[^\s'\"]+", re.IGNORECASE)


def complaints(text: str) -> list[str]:
    """The lines of a log in which Asterisk complains of its configuration, without their time and without a secret."""
    told = (line for line in text.splitlines() if ("ERROR" in line or "WARNING" in line) and READERS.search(line)
            and not CALL.search(line) and not EARLY.search(line))
    return [SECRET.sub(r"\1\2********", re.sub(r"^\[.*?\] ", "", line)) for line in told]


class Log:
    """Remembers where the log ended; `complaints` reads what came since."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.mark()

    def mark(self) -> None:
        try:
            found = os.stat(self.path)
            self.file, self.offset = found.st_ino, found.st_size
        except OSError:
            self.file, self.offset = 0, 0

    def complaints(self) -> list[str]:
        """Those since the mark. A log that was rotated meanwhile is read from its beginning."""
        try:
            with open(self.path, encoding="utf-8", errors="replace") as file:
                found = os.fstat(file.fileno())
                if found.st_ino == self.file and found.st_size >= self.offset:
                    file.seek(self.offset)
                return complaints(file.read())
        except OSError as wrong:
            raise Unready(f"{self.path}, where Asterisk says what it refuses, cannot be read ({wrong.strerror}): has role asterisk set this host up?") from None
