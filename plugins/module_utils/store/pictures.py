# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pictures of a site, beside its store: each content once, in a file that is called by its hash."""
from __future__ import annotations

import contextlib
import hashlib
import os
import tarfile
from collections.abc import Callable, Collection, Iterable, Iterator

from ..model.errors import Unready
from ..model.pictures import LARGEST, NAME, file_of

FRESH = ".new"          # ends the name of a file that is not whole yet


class Pictures:
    """`folder` holds them, for root and the group that `group` gives: others read them, nobody else writes."""

    def __init__(self, folder: str, group: Callable[[], int]) -> None:
        self.folder, self.group = folder, group

    def path(self, name: str) -> str:
        return os.path.join(self.folder, file_of(name))

    def present(self) -> set[str]:
        """The names of the contents that are there."""
        return {f"sha256:{each}" for each in self.files() if NAME.fullmatch(f"sha256:{each}")}

    def files(self) -> list[str]:
        """All that is in the folder."""
        try:
            return sorted(os.listdir(self.folder))
        except FileNotFoundError:
            return []
        except OSError as wrong:
            raise Unready(f"{self.folder} cannot be read ({wrong.strerror}): become root") from None

    @contextlib.contextmanager
    def brought(self, archive: str, names: Collection[str], used: Callable[[], Collection[str]]) -> Iterator[None]:
        """Have the named contents, from an archive that was shipped, while a run goes on; afterwards only what is `used` then.

        So a run that fails leaves them as they were, and what a killed one left goes with the next.
        """
        try:
            if names:
                self.take(archive, names)
            yield
        except BaseException:
            with contextlib.suppress(Unready):      # what went wrong first is what has to be told
                self.sweep(used)
            raise
        self.sweep(used)

    def take(self, archive: str, names: Collection[str]) -> None:
        """All of the named contents are there afterwards, or what is there is as it was."""
        wanted = {file_of(each) for each in names}
        fresh: list[str] = []
        try:
            os.makedirs(self.folder, mode=0o750, exist_ok=True)
            group = self.group()
            os.chown(self.folder, 0, group)
            os.chmod(self.folder, 0o750)  # noqa: S103, whatever the umask
            for file, content in contents(archive, wanted):
                path = os.path.join(self.folder, file + FRESH)
                fresh.append(path)
                with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o640), "wb") as kept:
                    os.fchown(kept.fileno(), 0, group)
                    os.fchmod(kept.fileno(), 0o640)
                    kept.write(content)
            if len(fresh) < len(wanted):
                raise Unready("avatars that were on this host are gone, and did not come with this run: run it again")
            os.sync()       # once for all of them: a file of its own name must be whole, also after the power went
            for path in fresh:
                os.replace(path, path[:-len(FRESH)])
            number = os.open(self.folder, os.O_RDONLY)
            os.fsync(number)
            os.close(number)
        except OSError as wrong:
            raise Unready(f"the avatars cannot be kept in {self.folder}: {wrong.strerror}") from None
        finally:
            for path in fresh:
                with contextlib.suppress(OSError):
                    os.unlink(path)

    def sweep(self, used: Callable[[], Collection[str]]) -> None:
        """Remove what is not used, half files included, and the folder when there is nothing left."""
        try:
            found = os.listdir(self.folder)
        except FileNotFoundError:
            return
        kept = {file_of(each) for each in used()}
        with contextlib.suppress(OSError):      # the next run tries again
            for each in found:
                if each not in kept and NAME.fullmatch(f"sha256:{each[:-len(FRESH)] if each.endswith(FRESH) else each}"):
                    os.unlink(os.path.join(self.folder, each))
            if not kept:
                os.rmdir(self.folder)

    def pack(self, archive: str, names: Iterable[str]) -> None:
        """Put the named contents into an archive, for whoever owns its folder to read."""
        try:
            owner = os.stat(os.path.dirname(archive)).st_uid
            with open(os.open(archive, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                os.fchown(file.fileno(), owner, -1)
                with tarfile.open(fileobj=file, mode="w", dereference=True) as tar:
                    for name in sorted(names):
                        tar.add(self.path(name), arcname=file_of(name))
        except OSError as wrong:
            raise Unready(f"the avatars cannot be put together in {archive}: {wrong.strerror}") from None


def contents(archive: str, wanted: Collection[str]) -> Iterator[tuple[str, bytes]]:
    """(file name, content) of what is wanted of an archive, each once and seen to be what its name says. Raises Unready."""
    left = set(wanted)
    if not archive:
        return
    try:
        with tarfile.open(archive, "r:") as tar:
            for member in tar:
                if member.name in left and member.isreg() and member.size <= LARGEST:
                    file = tar.extractfile(member)
                    content = file.read() if file else b""
                    if hashlib.sha256(content).hexdigest() != member.name.partition(".")[0]:
                        raise Unready(f"avatar {member.name} did not arrive as it was sent")
                    left.remove(member.name)
                    yield member.name, content
    except tarfile.TarError:
        raise Unready("the avatars did not arrive whole") from None
