# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures on the controller: those that items name become the names of their contents, and archives take contents to a host and back."""
from __future__ import annotations

import os
import tarfile
from collections.abc import Callable, Collection, Iterable
from typing import Any, Optional

from ansible_collections.switchboard.asterisk.plugins.module_utils.model.errors import Wrong
from ansible_collections.switchboard.asterisk.plugins.module_utils.model.pictures import LARGEST, NAME, file_of, name_of


class Pictures:
    """`find` gives the path of what an item calls a file, decrypted if need be, or None; `beside` is a folder of contents by their own names."""

    def __init__(self, find: Callable[[str], Optional[str]], beside: Optional[str]) -> None:
        self.find, self.beside = find, beside
        self.contents = set(os.listdir(beside)) if beside else set()
        self.paths: dict[str, str] = {}             # name of a content: a file that has it
        self.names: dict[str, Any] = {}             # what an item says: the name of its content, or what is wrong with it

    def name(self, items: Iterable[Any], fields: Collection[str]) -> None:
        """Put names of contents in the place of files, and {wrong: rule} where there is something wrong with one."""
        for item in items if fields else ():
            for field in fields:
                said = item.get(field) if isinstance(item, dict) else None
                if isinstance(said, str) and said:
                    if said not in self.names:
                        self.names[said] = self.judged(said)
                    item[field] = self.names[said]

    def judged(self, said: str) -> Any:
        known = NAME.fullmatch(said)
        if known and known[1] not in self.contents:
            return said         # the host may have it
        try:
            path = os.path.join(self.beside or "", known[1]) if known else self.find(said)
            if path is None:
                raise Wrong("there is no such file on the controller")
            name = name_of(read(path))
        except Wrong as wrong:
            return {"wrong": f"{said!r:.200}: {wrong.rule}"}
        if known and name != said:
            return {"wrong": f"{path} has another content than its name says"}
        self.paths[name] = path
        return name

    def pack(self, archive: str, present: Collection[str]) -> bool:
        """Write an archive of the contents that are not `present`, if there are any."""
        missing = sorted(set(self.paths) - set(present))
        if missing:
            with tarfile.open(archive, "w", dereference=True) as tar:
                for name in missing:
                    tar.add(self.paths[name], arcname=file_of(name), filter=anonymous)
        return bool(missing)


def anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Who has it on the controller is nobody's business."""
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member


def read(path: str) -> bytes:
    """A whole file, but no more of it than a picture may have. Raises Wrong."""
    try:
        if not os.path.isfile(path):
            raise Wrong("is not a file")
        with open(path, "rb") as file:
            return file.read(LARGEST + 1)
    except OSError as wrong:
        raise Wrong(f"cannot be read: {wrong.strerror}") from None


def has(folder: str, name: str) -> bool:
    """Whether a folder has a content under its own name."""
    try:
        return name_of(read(os.path.join(folder, file_of(name)))) == name
    except Wrong:
        return False


def unpack(archive: str, folder: str) -> int:
    """Put all contents of an archive into a folder, each under its own name; how many. Raises OSError, or Wrong when it is not what was sent."""
    count = 0
    try:
        with tarfile.open(archive, "r:") as tar:
            for member in tar:
                file = tar.extractfile(member) if member.isreg() and member.size <= LARGEST else None
                content = file.read() if file else b""
                if file_of(name_of(content)) != member.name:
                    raise Wrong("did not arrive as they were sent")
                path = os.path.join(folder, member.name)
                with open(f"{path}.new", "wb") as written:
                    written.write(content)
                os.replace(f"{path}.new", path)
                count += 1
    except tarfile.TarError:
        raise Wrong("did not arrive whole") from None
    return count
