# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The people of the site, one at a time, as the store has them now."""
from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Optional

from module_utils.model.account import ACCOUNT_RULES
from module_utils.model.settings import SETTINGS
from module_utils.model.site import RESOURCES
from module_utils.store.sqlite import Store


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
        """Whether the line is a telephone in the browser."""
        return self.whole["transport"] in ("ws", "wss")


class People:
    """What is changed waits for a run that writes the store, for seconds; what is read does not."""

    def __init__(self, path: str) -> None:
        self.path, self.lock = path, threading.Lock()
        self.store: Optional[Store] = None
        self.file: Optional[tuple[int, int]] = None

    @contextmanager
    def opened(self) -> Iterator[Store]:
        """The store, for one thread at a time; anew when it is another file than before, of a backup maybe."""
        with self.lock:
            try:
                found = os.stat(self.path)
                file = found.st_dev, found.st_ino
            except FileNotFoundError:
                file = None
            if self.store is None or file != self.file:
                if self.store:
                    self.store.close()
                self.store, self.file = Store(self.path, shared=True), file
            yield self.store

    def settings(self) -> Mapping[str, Any]:
        with self.opened() as store:
            return SETTINGS.complete(store.single(SETTINGS.kind))

    def called(self, username: str) -> Optional[Person]:
        """Who signs in with this name; nobody of a telephone's."""
        with self.opened() as store:
            number = store.owner(("device", username))
            return None if number is None else self.read(store, number)

    def of(self, number: int) -> Optional[Person]:
        with self.opened() as store:
            return self.read(store, number)

    def read(self, store: Store, number: int) -> Optional[Person]:
        found = store.document(number)
        if found is None or not set(ACCOUNT_RULES) <= set(RESOURCES[found[0]].rules):
            return None
        kind, username, said = found
        return Person(number, kind, username, said, RESOURCES[kind].complete(said))

    def change(self, person: Person, **values: Any) -> Person:
        """Set what people change themselves; None forgets."""
        with self.opened() as store:
            store.set_states(person.id, values)
        said = {**person.said, **values}
        return replace(person, said=said, whole=RESOURCES[person.kind].complete({name: each for name, each in said.items() if each is not None}))
