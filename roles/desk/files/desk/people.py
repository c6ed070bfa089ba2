# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The people of the site, one at a time, as the store has them now."""
from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Optional

from module_utils.model.account import ACCOUNT_RULES
from module_utils.model.errors import Trouble, Unready
from module_utils.model.line import WEB_TRANSPORTS
from module_utils.model.settings import SETTINGS
from module_utils.model.site import RESOURCES
from module_utils.store.sqlite import Store

AGAIN = 1.0         # seconds after which what could not be written is tried again


@dataclass(frozen=True)
class Person:
    id: int                         # the store's own, which never changes and is never used again
    kind: str
    username: str
    said: Mapping[str, Any]         # of each field, secrets and what people change themselves included
    whole: Mapping[str, Any]        # likewise, with the defaults

    @property
    def is_agent(self) -> bool:
        return self.kind == "agent"

    @property
    def has_browser(self) -> bool:
        """Whether the line is a telephone in the browser, and proves who it is."""
        return self.whole["transport"] in WEB_TRANSPORTS and bool(self.said.get("sip_password"))

    def having(self, values: Mapping[str, Any]) -> Person:
        """The same with other values; None is nothing said."""
        said = {name: each for name, each in {**self.said, **values}.items() if each is not None}
        return replace(self, said=said, whole=RESOURCES[self.kind].complete(said))


class Connection:
    """A connection to the store, for one thread at a time; anew when it is another file than before, of a backup maybe."""

    def __init__(self, path: str) -> None:
        self.path, self.lock = path, threading.Lock()
        self.store: Optional[Store] = None
        self.file: Optional[tuple[int, int]] = None

    @contextmanager
    def opened(self) -> Iterator[Store]:
        with self.lock:
            file = self.found()
            if self.store is not None and file != self.file:
                self.store.close()
                self.store = None
            if self.store is None:
                self.store, self.file = Store(self.path, shared=True), file
            yield self.store

    def close(self) -> None:
        with self.lock:
            if self.store is not None:
                self.store.close()
                self.store = None

    def found(self) -> Optional[tuple[int, int]]:
        try:
            found = os.stat(self.path)
        except FileNotFoundError:
            return None
        except OSError as wrong:
            raise Unready(f"the store {self.path} cannot be read ({wrong.strerror})") from None
        return found.st_dev, found.st_ino


class People:
    """A run that writes the store keeps others from writing for seconds. So what is read has a connection of its own, which never waits for
    that, and what nobody waits for (`later`) counts at once and is written as soon as may be.
    """

    def __init__(self, path: str) -> None:
        self.reader, self.writer = Connection(path), Connection(path)
        self.changed = threading.Condition()
        self.unwritten: dict[int, dict[str, Any]] = {}      # by person
        self.closing = False
        threading.Thread(target=self.keep_writing, daemon=True).start()

    def settings(self) -> Mapping[str, Any]:
        with self.reader.opened() as store, store.reading():
            return SETTINGS.complete(store.single(SETTINGS.kind))

    def called(self, username: str) -> Optional[Person]:
        """Who signs in with this name; nobody of a telephone's."""
        with self.reader.opened() as store, store.reading():
            number = store.owner(("device", username))
            return None if number is None else self.read(store, number)

    def of(self, number: int) -> Optional[Person]:
        with self.reader.opened() as store, store.reading():
            return self.read(store, number)

    def read(self, store: Store, number: int) -> Optional[Person]:
        found = store.document(number)
        if found is None or not set(ACCOUNT_RULES) <= set(RESOURCES[found[0]].rules):
            return None
        kind, username, said = found
        with self.changed:
            unwritten = dict(self.unwritten.get(number, {}))
        return Person(number, kind, username, said, {}).having(unwritten)

    def change(self, person: Person, still: Mapping[str, Any], **values: Any) -> Optional[Person]:
        """Set what people change themselves, in the store before anything else is done; None forgets. Only where `still` is so: else None."""
        with self.writer.opened() as store:
            if not store.set_states(person.id, values, still):
                return None
            self.written(person.id, values, in_vain=True)
        return person.having(values)

    def later(self, person: Person, **values: Any) -> Person:
        """Likewise, but without waiting."""
        with self.changed:
            self.unwritten.setdefault(person.id, {}).update(values)
            self.changed.notify_all()
        return person.having(values)

    def keep_writing(self) -> None:
        told = False
        while True:
            with self.changed:
                self.changed.wait_for(lambda: self.unwritten or self.closing)
                if self.closing:
                    return
                number = next(iter(self.unwritten))
            try:
                with self.writer.opened() as store:
                    with self.changed:
                        values = dict(self.unwritten.get(number, {}))
                    store.set_states(number, values)
                    self.written(number, values)
                told = False
            except Trouble as trouble:
                if not told:
                    print(f"what people changed is not written yet: {trouble}", file=sys.stderr, flush=True)
                told = True
                time.sleep(AGAIN)

    def written(self, number: int, values: Mapping[str, Any], in_vain: bool = False) -> None:
        """These need not be written any more; `in_vain`: nor any others of these fields."""
        with self.changed:
            left = {name: each for name, each in self.unwritten.pop(number, {}).items() if name not in values or each != values[name] and not in_vain}
            if left:
                self.unwritten[number] = left
            self.changed.notify_all()

    def flush(self, seconds: float) -> bool:
        """Wait for what is to be written; whether it is."""
        with self.changed:
            return self.changed.wait_for(lambda: not self.unwritten, seconds)

    def close(self, seconds: float = 10) -> None:
        """With what is to be written written, where that can be by then."""
        self.flush(seconds)
        with self.changed:
            self.closing = True
            self.changed.notify_all()
        self.writer.close()
        self.reader.close()
