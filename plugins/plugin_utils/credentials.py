# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The file on the controller that generated secrets are written to: host, resource, key, field.

A run first leaves its seed in a file beside it and takes that away once the secrets are written. So a run that ends in
between costs nobody a password: the next one finds the seed, and the module tells again what was derived from it.
"""
from __future__ import annotations

import fcntl
import json
import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import yaml

from .people import LOADER

PERSON, SEEDS = 4, 1        # levels: host, resource, key, field; "host resource"

Written = dict[str, dict[str, dict[str, dict[str, Any]]]]


class Unwritable(Exception):
    """The file cannot be used; the text says why."""


class Credentials:
    """`seal` and `open` turn text to what stands in the file and back: vault encryption, or nothing."""

    def __init__(self, path: str, seal: Callable[[str], bytes], open_: Callable[[bytes], str]) -> None:
        self.path, self.pending, self.seal, self.open = path, path + ".pending", seal, open_
        self.folder = os.path.dirname(os.path.abspath(path))

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
        fresh = f"{path}.new"
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

    def begin(self, host: str, plural: str, check: bool) -> tuple[str, bool]:
        """The seed of this run, and whether it is that of a run which could not write its secrets down. Raises Unwritable."""
        with self.locked():
            if not os.access(self.folder, os.W_OK) or os.path.exists(self.path) and not os.access(self.path, os.W_OK):
                raise Unwritable(f"credentials_file: {self.path} cannot be written")
            if os.path.exists(self.path) and os.path.getsize(self.path) < 1 << 16:      # a large one takes seconds to read: at the end then
                self.load(self.path, PERSON)
            waiting = self.load(self.pending, SEEDS)
            left = waiting.get(f"{host} {plural}")
            seed = str(left or secrets.token_hex(32))
            if not check:
                self.save(self.pending, json.dumps({**waiting, f"{host} {plural}": seed}))
            return seed, left is not None

    def finish(self, host: str, plural: str, fresh: Mapping[str, Mapping[str, Any]], begun: bool = True) -> None:
        """Merge what was made into the file, and forget the seed of a run that was begun. Raises Unwritable; the seed is kept then."""
        with self.locked():
            if fresh:
                whole: Written = self.load(self.path, PERSON)
                people = whole.setdefault(host, {}).setdefault(plural, {})
                for key, fields in fresh.items():
                    known = people.setdefault(key, {})
                    # a password in clear is worth more than its digests, which a gathering brings
                    known.update((name, value) for name, value in fields.items() if not (isinstance(value, Mapping) and isinstance(known.get(name), str)))
                self.save(self.path, as_text(whole))
            if not begun:
                return
            waiting = self.load(self.pending, SEEDS)
            waiting.pop(f"{host} {plural}", None)
            if waiting:
                self.save(self.pending, json.dumps(waiting))
            elif os.path.exists(self.pending):
                os.unlink(self.pending)


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
