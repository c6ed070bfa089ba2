# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asterisk's compiled files: each run that changes them makes a new folder, and one symlink says which is in force."""
from __future__ import annotations

import contextlib
import grp
import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from typing import Any, Optional

from ..model.errors import Unready

KEPT = 3                    # old generations, to look at
PROVEN = ".proven"          # in a generation that Asterisk was seen to have in force


class Generations:
    """`folder` holds the generations, `link` points to the one in force. Files belong to root and Asterisk's group, 0640."""

    def __init__(self, folder: str, link: str, group: str = "asterisk") -> None:
        self.folder, self.link, self.group = folder, link, group

    def current(self) -> Optional[str]:
        """The path of the generation in force."""
        try:
            path = os.path.join(os.path.dirname(self.link), os.readlink(self.link))
        except OSError:
            return None
        return path if os.path.isdir(path) else None

    def differing(self, files: Mapping[str, str]) -> list[str]:
        """The files whose text is not what is in force, hand edits included; all of them when what is in force was never proven."""
        current = self.current()
        if current is None or not os.path.exists(os.path.join(current, PROVEN)):
            return sorted(files)
        return sorted(name for name, text in files.items() if self.text(os.path.join(current, name)) != text.encode())

    def drifted(self) -> list[str]:
        """The files of the generation in force that somebody else than a run has changed since it was proven."""
        current = self.current() or ""
        return sorted(name for name, digest in self.proof().get("files", {}).items() if self.digest(os.path.join(current, name)) != digest)

    def is_proven(self, origin: str) -> bool:
        """Whether the generation in force was compiled from `origin` and Asterisk was seen to have it."""
        return bool(self.proof().get("origin") == origin)

    def proof(self) -> dict[str, Any]:
        try:
            with open(os.path.join(self.current() or "", PROVEN), encoding="utf-8") as file:
                found = json.load(file)
                return found if isinstance(found, dict) else {}
        except (OSError, ValueError):
            return {}

    @staticmethod
    def text(path: str) -> Optional[bytes]:
        try:
            with open(path, "rb") as file:
                return file.read()
        except OSError:
            return None

    @classmethod
    def digest(cls, path: str) -> Optional[str]:
        text = cls.text(path)
        return None if text is None else hashlib.sha256(text).hexdigest()

    def write(self, files: Mapping[str, str]) -> str:
        """A new generation, whole and on the disk, not yet in force. Nothing is left of it when it cannot be written."""
        path = ""
        try:
            os.makedirs(self.folder, mode=0o750, exist_ok=True)
            group = self.group_id()
            os.chown(self.folder, 0, group)
            os.chmod(self.folder, 0o750)  # noqa: S103, whatever the umask: Asterisk's group reads it
            numbers = [int(name) for name in os.listdir(self.folder) if name.isdigit()]
            path = os.path.join(self.folder, f"{max(numbers, default=0) + 1:06}")
            os.mkdir(path, 0o750)
            os.chown(path, 0, group)
            os.chmod(path, 0o750)  # noqa: S103
            for name, text in files.items():
                number = os.open(os.path.join(path, name), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640)
                with open(number, "w", encoding="utf-8") as file:
                    os.fchown(number, 0, group)
                    os.fchmod(number, 0o640)
                    file.write(text)
                    file.flush()
                    self.keep_time(name, text, number)
                    os.fsync(number)
            return path
        except OSError as wrong:
            if path:
                shutil.rmtree(path, ignore_errors=True)
            raise Unready(f"the configuration cannot be written below {self.folder}: {wrong.strerror}") from None

    def keep_time(self, name: str, text: str, number: int) -> None:
        """A file that says what Asterisk was seen to have is as old as it was: by its time Asterisk knows that there is nothing to read."""
        before = os.path.join(self.current() or "", name)
        if name in self.proof().get("files", {}) and self.text(before) == text.encode():
            found = os.stat(before)
            os.utime(number, ns=(found.st_atime_ns, found.st_mtime_ns))

    def group_id(self) -> int:
        try:
            return grp.getgrnam(self.group).gr_gid
        except KeyError:
            raise Unready(f"there is no group {self.group}: has role asterisk set this host up?") from None

    def put_in_force(self, path: Optional[str]) -> None:
        """Point the symlink to a generation, in one step; to nothing when there was none before."""
        if path and path == self.current():
            return      # also where nothing can be written: whoever rolls back what never came into force must not fail
        fresh = self.link + ".new"
        try:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(fresh if path else self.link)
            if path:
                os.symlink(path, fresh)
                os.replace(fresh, self.link)
        except OSError as wrong:
            raise Unready(f"{self.link} cannot be pointed to the new configuration: {wrong.strerror}") from None

    def prove(self, path: str, origin: str) -> None:
        """Asterisk has this generation in force, which was compiled from `origin`."""
        proof = {"origin": origin, "files": {name: self.digest(os.path.join(path, name)) for name in sorted(os.listdir(path)) if not name.startswith(".")}}
        self.note(path, json.dumps(proof).encode())

    @staticmethod
    def note(path: str, proof: bytes) -> None:
        with contextlib.suppress(OSError):      # on a full disk the next run asks again
            number = os.open(os.path.join(path, PROVEN + ".new"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with open(number, "wb") as file:
                file.write(proof)
            os.replace(os.path.join(path, PROVEN + ".new"), os.path.join(path, PROVEN))

    def doubt(self, path: Optional[str]) -> Optional[bytes]:
        """Forget that Asterisk was seen to have a generation; returns what `trust` takes back."""
        if path is None:
            return None
        proof = self.text(os.path.join(path, PROVEN))
        with contextlib.suppress(FileNotFoundError):
            os.unlink(os.path.join(path, PROVEN))
        return proof

    def trust(self, path: Optional[str], proof: Optional[bytes]) -> None:
        """Asterisk has the old generation again, after all."""
        if path is not None and proof is not None:
            self.note(path, proof)

    def drop(self, path: str) -> None:
        """Remove a generation that is not in force."""
        if path != self.current():
            shutil.rmtree(path, ignore_errors=True)

    def tidy(self) -> None:
        """Leave only the latest few; what a killed run left behind goes with the others."""
        paths = sorted(os.path.join(self.folder, name) for name in os.listdir(self.folder) if name.isdigit())
        for path in paths[:-KEPT]:
            self.drop(path)
