# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run at a time on one host."""
from __future__ import annotations

import errno
import fcntl
import os
import time
from collections.abc import Callable
from types import TracebackType
from typing import Optional

from ..model.errors import Unready


class Lock:
    """A lock file that queues runs. The kernel lets go of it when its holder ends, however it ends.

    `timeout` in seconds. `waited` says for whom this run had to wait, or is empty.
    """

    def __init__(self, path: str, timeout: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.path, self.timeout, self.clock = path, timeout, clock
        self.waited = ""
        self.file = -1

    def __enter__(self) -> Lock:
        try:
            self.file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as wrong:
            raise Unready(f"the lock file {self.path} cannot be opened: {wrong.strerror}") from None
        end = self.clock() + self.timeout
        while True:
            try:
                fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError as wrong:
                if wrong.errno not in (errno.EAGAIN, errno.EACCES):
                    raise Unready(f"the lock file {self.path} cannot be locked: {wrong.strerror}") from None
            self.waited = os.pread(self.file, 100, 0).decode("utf-8", "replace").strip() or "another run"
            if self.clock() >= end:
                os.close(self.file)
                raise Unready(f"another run is at work on this host ({self.waited}), and it was still so after {self.timeout:g} seconds: see lock_timeout")
            time.sleep(0.1)
        try:
            os.ftruncate(self.file, 0)
            os.pwrite(self.file, f"process {os.getpid()}, since {time.strftime('%Y-%m-%d %H:%M:%S UTC', time.gmtime())}".encode(), 0)
        except OSError:
            pass        # only the name of the holder is lost, on a full disk
        return self

    def __exit__(self, kind: Optional[type[BaseException]], wrong: Optional[BaseException], trace: Optional[TracebackType]) -> None:
        os.close(self.file)
