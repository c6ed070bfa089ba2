# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who did what, when and from where: a line of JSON each, never with a secret."""
from __future__ import annotations

import json
import os
import sys
import threading
import time


class Audit:
    """Opened anew for each line, so that whoever rotates the file need tell nobody."""

    def __init__(self, path: str) -> None:
        self.path, self.lock = path, threading.Lock()

    def note(self, act: str, person: str, address: str, **more: object) -> None:
        """`person` is the name of somebody who exists, or nothing: what strangers type may be a password.

        What cannot be written, on a full disk, is told to the journal: nobody could work otherwise.
        """
        line = json.dumps({"at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "act": act, "person": person, "from": address, **more})
        try:
            with self.lock:
                file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
                try:
                    os.write(file, line.encode() + b"\n")
                finally:
                    os.close(file)
        except OSError as wrong:
            print(f"{self.path} cannot be written ({wrong.strerror}): {line}", file=sys.stderr, flush=True)
