# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files on the controller that a task writes: resources with their secrets, as a config_file takes them, and what goes with them."""
from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import yaml

from .credentials import Unwritable

DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
PRIVATE, COMMON = 0o600, 0o644


def as_text(plural: str, whole: Sequence[Any] | Mapping[str, Any]) -> str:
    """YAML that reads back as what it was: read as text or by any YAML reader. `whole`: the items, or that of which a site has one."""
    text = yaml.dump({plural: whole}, Dumper=DUMPER, allow_unicode=True, sort_keys=False, width=160)
    return f"# Written by switchboard.asterisk. It may hold secrets: keep it safe.\n---\n{text}"


class File:
    """A file to be made what it is to be, if it is not so already. `seal` and `open` turn text to what stands in it and back, as vaults do."""

    def __init__(self, path: str, option: str, seal: Callable[[str], bytes], open_: Callable[[bytes], str], mode: int = PRIVATE) -> None:
        self.path, self.option, self.seal, self.open, self.mode = os.path.realpath(path), option, seal, open_, mode

    def holds(self, text: str, sealed: bool) -> bool:
        """Whether the file says that already, is sealed or not as it is to be, and nobody may read it who should not."""
        try:
            with open(self.path, "rb") as file:
                found = file.read()
                mode = os.fstat(file.fileno()).st_mode & 0o777
        except FileNotFoundError:
            return False
        except OSError as wrong:
            raise Unwritable(f"{self.option}: {self.path}: {wrong.strerror}") from None
        try:
            said = self.open(found)
        except ValueError:
            return False
        return said == text and (found != text.encode()) == sealed and not mode & ~self.mode

    def write(self, text: str, sealed: bool, check: bool) -> bool:
        """Whether there was, or in check mode would be, something to change. Raises Unwritable."""
        if self.holds(text, sealed):
            return False
        if not os.path.isdir(os.path.dirname(self.path)):
            if check:       # an earlier task makes it
                return True
            raise Unwritable(f"{self.option}: {os.path.dirname(self.path)} must be an existing folder")
        if not check:
            fresh = f"{self.path}.new"
            try:
                with suppress(FileNotFoundError):       # of a run that was killed
                    os.unlink(fresh)
                with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, self.mode), "wb") as file:
                    file.write(self.seal(text))
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(fresh, self.path)
            except OSError as wrong:
                with suppress(OSError):
                    os.unlink(fresh)
                raise Unwritable(f"{self.option}: {self.path}: {wrong.strerror}") from None
        return True
