# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The file on the controller that generated secrets are written to: host, resource, key, field.

A run first leaves its seed in a file of its own beside it, which it holds a lock on while it lives, and takes that away once
the secrets are written. So a run that ends in between costs nobody a password: the next one finds the seed without its lock,
and the module tells again what was derived from it.
"""
from __future__ import annotations

import fcntl
import glob
import hashlib
import json
import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import yaml

from .people import LOADER

PERSON, SEEDS = 4, 1        # levels: host, resource, key, field; "host resource"

Written = dict[str, dict[str, dict[str, dict[str, Any]]]]


class Unwritable(Exception):
    """The file cannot be used; the text says why."""


@dataclass
class Run:
    """What a run derives secrets from, and what runs before it have left."""
    seed: str
    recover: list[str] = field(default_factory=list)    # the seeds of runs that could not write their secrets down
    files: list[str] = field(default_factory=list)      # where all these seeds are, until the secrets are written


class Credentials:
    """`seal` and `open` turn text to what stands in the file and back: vault encryption, or nothing.

    `is_of` says whether digests are those of a user's password: is_of(digests, user, password).
    """

    def __init__(self, path: str, seal: Callable[[str], bytes], open_: Callable[[bytes], str], is_of: Callable[[Mapping[str, Any], str, str], bool]) -> None:
        self.path, self.seal, self.open, self.is_of = os.path.realpath(path), seal, open_, is_of
        self.folder = os.path.dirname(self.path)

    def pending(self, whose: str = "") -> list[str]:
        """The files with seeds of runs that have not ended well, or have not ended yet. `whose`: of one host and resource only."""
        return sorted(glob.glob(f"{glob.escape(self.path)}.pending-{tag(whose) if whose else ''}*"))

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Several hosts' forks may write one file; its folder is what they queue for."""
        try:
            folder = os.open(self.folder, os.O_RDONLY)
        except OSError as wrong:
            raise Unwritable(f"credentials_file: {self.folder} must be an existing folder: {wrong.strerror}") from None
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield
        except OSError as wrong:
            raise Unwritable(f"credentials_file: {self.path}: {wrong.strerror}") from None
        finally:
            os.close(folder)

    def load(self, path: str, levels: int) -> Any:
        """A file's mapping of so many levels of mappings; what somebody emptied is empty."""
        try:
            with open(path, "rb") as file:
                found = yaml.load(self.open(file.read()), Loader=LOADER)     # noqa: S506, one of the two safe loaders
        except FileNotFoundError:
            return {}
        except (yaml.YAMLError, ValueError, RecursionError):
            raise Unwritable(f"credentials_file: {path} is not a YAML file of ours") from None
        try:
            return shaped(found, levels)
        except TypeError:
            raise Unwritable(f"credentials_file: {path} is not a YAML file of ours") from None

    def save(self, path: str, text: str) -> None:
        fresh = f"{self.path}.new"
        with suppress(FileNotFoundError):       # of a run that was killed
            os.unlink(fresh)
        number = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with open(number, "wb") as file:
                file.write(self.seal(text))
                file.flush()
                os.fsync(number)
            os.replace(fresh, path)
        except BaseException:
            os.unlink(fresh)
            raise

    @contextmanager
    def run(self, host: str, plural: str, check: bool) -> Iterator[Run]:
        """A run that may make secrets, from before it does. Raises Unwritable."""
        whose = f"{host} {plural}"
        with ExitStack() as held:       # a lock on each file of the run goes with its descriptor
            with self.locked():
                if not os.access(self.folder, os.W_OK) or os.path.exists(self.path) and not os.access(self.path, os.W_OK):
                    raise Unwritable(f"credentials_file: {self.path} cannot be written")
                if os.path.exists(self.path) and os.path.getsize(self.path) < 1 << 16:      # a large one takes seconds to read: at the end then
                    self.load(self.path, PERSON)
                files = [each for each in self.pending(whose) if is_ours(each, held)]
                recover = [str(seed) for each in files for seed in self.load(each, SEEDS).values()]
                # a dead run's seed serves this one too: runs that fail one after the other leave one file, not many
                run = Run(recover[0] if recover else secrets.token_hex(32), recover, files)
                if not recover and not check:
                    mine = f"{self.path}.pending-{tag(whose)}{secrets.token_hex(8)}"
                    self.save(mine, json.dumps({whose: run.seed}))
                    is_ours(mine, held)
                    files.append(mine)
            yield run

    def finish(self, host: str, plural: str, fresh: Mapping[str, Mapping[str, Any]], run: Run) -> None:
        """Merge what was made into the file, and forget the seeds of the run. Raises Unwritable; the seeds are kept then."""
        with self.locked():
            if fresh:
                whole: Written = self.load(self.path, PERSON)
                people = whole.setdefault(host, {}).setdefault(plural, {})
                for key, fields in fresh.items():
                    known = people.setdefault(key, {})
                    known.update((name, value) for name, value in fields.items() if not self.is_told(key, known.get(name), value))
                self.save(self.path, as_text(whole))
            for each in run.files:
                with suppress(FileNotFoundError):
                    os.unlink(each)

    def is_told(self, key: str, known: Any, value: Any) -> bool:
        """A password in clear is worth more than its digests, which a gathering brings, as long as they are its own."""
        return isinstance(known, str) and isinstance(value, Mapping) and self.is_of(value, key, known)


def tag(whose: str) -> str:
    """What the names of a host and resource's pending files begin with: no other has to be opened, which with a vault takes its time."""
    return hashlib.sha256(whose.encode()).hexdigest()[:16]


def is_ours(path: str, held: ExitStack) -> bool:
    """Take a pending file's lock, unless its run is alive and has it."""
    number = os.open(path, os.O_RDWR)
    held.callback(os.close, number)
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def shaped(found: Any, levels: int) -> dict[str, Any]:
    """Mappings within mappings, so many levels of them, None being an empty one. Raises TypeError for anything else."""
    if found is not None and (not isinstance(found, dict) or not all(isinstance(key, str) for key in found)):
        raise TypeError
    return {key: shaped(each, levels - 1) if levels > 1 else each for key, each in (found or {}).items()}


def as_text(whole: Written) -> str:
    """YAML with one line a person: JSON's notation is YAML too, and fast to write."""
    lines = ["# Secrets made by switchboard.asterisk. Hand them out, then keep this file safe or delete it.\n---\n"]
    for host, kinds in sorted(whole.items()):
        lines.append(f"{json.dumps(host)}:\n")
        for plural, people in sorted(kinds.items()):
            lines.append(f"  {json.dumps(plural)}:\n")
            lines += (f"    {json.dumps(key)}: {json.dumps(fields)}\n" for key, fields in sorted(people.items()))
    return "".join(lines)
