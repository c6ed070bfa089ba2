# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The store: what was said of each resource, kept in one SQLite file on the host.

documents   one row a resource: kind, key, an internal id that never changes, and what was said of it as JSON
secrets     the sealed secrets of a document, apart from it, so that whoever reads documents sees none
claims      everything that is unique over all kinds: numbers, device ids, mail addresses, fixed addresses
site        the realm, which is set once; the number of the last write, and the defaults in force then
states      what people change themselves: passwords, locks, API keys; a run writes only what it changes of them
"""
from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sqlite3
import time
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Optional

from ..model.errors import Unready
from ..model.fields import Said
from ..model.resource import Claim, Resource
from ..model.site import RESOURCES

Change = tuple[Said, Said]      # (before, after)
TOGETHER = 1000                 # documents that are parsed at once, so that they share their fields' names

VERSION = 2
STATES = """
CREATE TABLE states (document INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE, field TEXT NOT NULL, value TEXT NOT NULL,
                     PRIMARY KEY (document, field)) WITHOUT ROWID;
"""
SCHEMA = f"""
CREATE TABLE documents (id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL, UNIQUE (kind, key));
CREATE TABLE secrets (document INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE, field TEXT NOT NULL, value TEXT NOT NULL,
                      PRIMARY KEY (document, field)) WITHOUT ROWID;
CREATE TABLE claims (space TEXT NOT NULL, value TEXT NOT NULL, document INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
                     PRIMARY KEY (space, value)) WITHOUT ROWID;
CREATE INDEX claims_of_document ON claims (document);
CREATE TABLE site (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
{STATES}"""
UPGRADES: Mapping[int, str] = {1: STATES}        # version: what leads from it to the next one


def as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


class Keys(Mapping[Any, str]):
    """Keys by internal id, which may come as text."""

    def __init__(self, keys: Mapping[int, str]) -> None:
        self.keys_by_id = keys

    def __getitem__(self, number: Any) -> str:
        return self.keys_by_id[int(number)]

    def __iter__(self) -> Iterator[int]:
        return iter(self.keys_by_id)

    def __len__(self) -> int:
        return len(self.keys_by_id)


class Store:
    """Opened for one run. An absent store is an empty one; it is made by the first write."""

    def __init__(self, path: str, upgrades: Optional[Mapping[int, str]] = None, version: int = VERSION, shared: bool = False) -> None:
        """`shared`: by several threads, of which one at a time uses it."""
        self.path, self.upgrades, self.version, self.shared = path, UPGRADES if upgrades is None else upgrades, version, shared
        self.base: Optional[sqlite3.Connection] = None
        if self.exists():
            with self.in_words():
                self.base = self.connect("rw")
                try:
                    found = self.base.execute("PRAGMA user_version").fetchone()[0]
                    damage = self.base.execute("PRAGMA quick_check(1)").fetchone()[0]
                    if damage != "ok":
                        raise sqlite3.DatabaseError(damage)
                except BaseException:
                    self.close()        # the keeper tries again and again
                    raise
            if found == 0:      # left by a run that was killed before it wrote the tables
                self.base.close()
                self.base, found = None, version
            if found > version:
                self.close()
                raise Unready(f"the store {path} is of version {found}, newer than this collection's {version}: upgrade the collection")
            self.found = found
        else:
            self.found = version

    def exists(self) -> bool:
        try:
            os.stat(self.path)
        except FileNotFoundError:
            return False
        except OSError as wrong:
            raise Unready(f"the store {self.path} cannot be read ({wrong.strerror}): become root") from None
        return True

    def connect(self, mode: str) -> sqlite3.Connection:
        base = sqlite3.connect(f"file:{self.path}?mode={mode}", uri=True, isolation_level=None, timeout=10, check_same_thread=not self.shared)
        base.execute("PRAGMA foreign_keys = ON")
        base.execute("PRAGMA cache_spill = OFF")        # what is written stays here until the commit, and nobody is kept from reading
        return base

    def opened(self) -> sqlite3.Connection:
        if self.base is None:
            raise Unready(f"the store {self.path} does not exist yet")
        return self.base

    @contextlib.contextmanager
    def in_words(self) -> Iterator[None]:
        """SQLite's errors in the words of the person who has to do something about them."""
        try:
            yield
        except (sqlite3.Error, ValueError) as wrong:
            text = str(wrong)
            if "locked" in text:
                what = "is locked by another program"
            elif "readonly" in text or "unable to open" in text:
                what = "cannot be written"
            elif "full" in text:
                what = "cannot grow: the disk is full"
            elif "disk I/O" in text:
                what = "cannot be written or read: the disk is full or failing"
            elif isinstance(wrong, sqlite3.IntegrityError):
                what = "holds already what this run wanted to add: run it again"
            elif isinstance(wrong, sqlite3.OperationalError):
                what = "cannot be used"
            else:
                what = "is damaged: restore it from a backup"
            raise Unready(f"the store {self.path} {what} ({text})") from None

    @contextlib.contextmanager
    def reading(self) -> Iterator[None]:
        """All that is read within comes from one moment, whatever other runs commit meanwhile."""
        if self.base is None or self.base.in_transaction:
            yield
            return
        with self.in_words():
            self.base.execute("BEGIN")
        try:
            yield
        finally:
            self.undo()     # what is damaged or unreadable has ended it already

    def read(self) -> tuple[Optional[str], int, dict[str, dict[str, dict[str, Any]]], dict[Claim, tuple[str, str]]]:
        """Realm, revision, documents and claims of one moment."""
        with self.reading():
            return self.realm(), self.revision(), self.documents(), self.claims()

    def realm(self) -> Optional[str]:
        if self.base is None:
            return None
        with self.in_words():
            found = self.base.execute("SELECT value FROM site WHERE name = 'realm'").fetchone()
        return found and str(found[0])

    def revision(self) -> int:
        """Grows with each write, and is not to be met again in a copy that was brought back."""
        if self.base is None:
            return 0
        with self.in_words():
            found = self.base.execute("SELECT value FROM site WHERE name = 'revision'").fetchone()
        return int(found[0]) if found else 0

    def states(self, kind: str, fields: Collection[str]) -> str:
        """What people have now in some fields of a kind, as a digest."""
        if self.base is None or self.found < 2:
            return ""
        marks = ",".join("?" * len(fields))
        query = f"SELECT document, field, value FROM states JOIN documents ON id = document WHERE kind = ? AND field IN ({marks}) ORDER BY 1, 2"  # noqa: S608
        with self.in_words():
            return hashlib.sha256(as_json(self.base.execute(query, (kind, *fields)).fetchall()).encode()).hexdigest()

    def defaults(self) -> dict[str, dict[str, Any]]:
        """kind: field: the default in force at the last write; nothing of a store that does not know."""
        if self.base is None:
            return {}
        with self.in_words():
            found = self.base.execute("SELECT value FROM site WHERE name = 'defaults'").fetchone()
            return json.loads(found[0]) if found else {}

    def documents(self) -> dict[str, dict[str, dict[str, Any]]]:
        """kind: key: what was said, sealed secrets included."""
        kinds: dict[str, dict[str, dict[str, Any]]] = {}
        if self.base is None:
            return kinds
        by_id, keys = {}, {}
        with self.in_words():
            rows = self.base.execute("SELECT id, kind, key, body FROM documents ORDER BY id")
            while some := rows.fetchmany(TOGETHER):
                for (number, kind, key, _body), said in zip(some, json.loads(f"[{','.join(each[3] for each in some)}]")):
                    keys[number] = key
                    by_id[number] = kinds.setdefault(kind, {})[key] = said
            tables = "secrets", *(["states"] if self.found > 1 else [])
            both = " UNION ALL ".join(f"SELECT document, field, value FROM {each}" for each in tables)  # noqa: S608, two names of our own
            known = {each.name for resource in RESOURCES.values() for each in resource.fields if each.secret or each.apart}
            rows = self.base.execute(both)
            while some := rows.fetchmany(TOGETHER):
                for (number, name, _value), value in zip(some, json.loads(f"[{','.join(each[2] for each in some)}]")):
                    if name in known and number in by_id:       # others write states too, and may know more, or somebody who is just gone
                        by_id[number][name] = value
        named: Mapping[str, Mapping[Any, Any]] = defaultdict(lambda: Keys(keys))
        for kind, documents in kinds.items():
            for said in documents.values() if kind in RESOURCES and RESOURCES[kind].references else ():
                said.update(RESOURCES[kind].renamed(said, named))
        return kinds

    def claims(self) -> dict[Claim, tuple[str, str]]:
        """(space, value): (kind, key) of the owner."""
        if self.base is None:
            return {}
        with self.in_words():
            return {(space, value): (kind, key) for space, value, kind, key in
                    self.base.execute("SELECT space, value, kind, key FROM claims JOIN documents ON documents.id = document")}

    def owner(self, claim: Claim) -> Optional[int]:
        """The internal id of the document that occupies a device id, a number, a mail address, ..."""
        with self.in_words():
            found = self.opened().execute("SELECT document FROM claims WHERE space = ? AND value = ?", claim).fetchone()
        return int(found[0]) if found else None

    def single(self, kind: str) -> dict[str, Any]:
        """What was said of a kind that there is one of."""
        with self.in_words():
            found = self.opened().execute("SELECT id FROM documents WHERE kind = ?", (kind,)).fetchone()
        document = self.document(found[0]) if found else None
        return document[2] if document else {}

    def document(self, number: int) -> Optional[tuple[str, str, dict[str, Any]]]:
        """Kind, key and what was said of one document, with its secrets and what is people's own, but not to whom it refers."""
        with self.in_words():
            row = self.opened().execute("SELECT kind, key, body FROM documents WHERE id = ?", (number,)).fetchone()
            if row is None:
                return None
            both = self.opened().execute("SELECT field, value FROM secrets WHERE document = ?1 UNION ALL SELECT field, value FROM states WHERE document = ?1",
                                         (number,))
            said = {**json.loads(row[2]), **{name: json.loads(value) for name, value in both}}
        return row[0], row[1], {name: value for name, value in said.items() if name not in RESOURCES[row[0]].references}

    def set_states(self, number: int, values: Mapping[str, Any], still: Optional[Mapping[str, Any]] = None) -> bool:
        """What people change themselves, at once and beside all runs: nothing that is compiled. None forgets; nothing is kept of somebody who is gone.

        `still`: only where that is what some of these fields have by now, for somebody else may have changed them meanwhile. Whether it was done.
        """
        base = self.opened()
        with self.in_words():
            base.execute("BEGIN IMMEDIATE")
            try:
                known = dict(base.execute("SELECT field, value FROM states WHERE document = ?", (number,)).fetchall())
                as_it_was = all(name in known and json.loads(known[name]) == value for name, value in (still or {}).items())
                if as_it_was:
                    base.executemany("DELETE FROM states WHERE document = ? AND field = ?", ((number, name) for name in values))
                    base.executemany("INSERT INTO states SELECT id, ?, ? FROM documents WHERE id = ?",
                                     ((name, as_json(value), number) for name, value in values.items() if value is not None))
            except BaseException:
                self.undo()
                raise
        self.commit()
        return as_it_was

    def prepare(self) -> None:
        """Make the file, or upgrade it after a copy was made, and see that it can be written."""
        with self.in_words():
            if self.base is None:
                os.close(os.open(self.path, os.O_WRONLY | os.O_CREAT, 0o600))
                self.base, self.found = self.connect("rw"), 0
                self.migrate(SCHEMA, self.version)
            for version in range(self.found, self.version):
                self.copy(version)
                self.migrate(self.upgrades[version], version + 1)
            self.base.execute("BEGIN IMMEDIATE")
            self.base.execute("REPLACE INTO site VALUES ('probe', '')")
            self.base.execute("ROLLBACK")

    def migrate(self, script: str, version: int) -> None:
        self.opened().executescript(f"BEGIN IMMEDIATE; {script} PRAGMA user_version = {version}; COMMIT;")
        self.found = version

    def copy(self, version: int) -> None:
        path = f"{self.path}.version-{version}-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}"
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
        with contextlib.closing(sqlite3.connect(path)) as copy:
            self.opened().backup(copy)

    def write(self, resource: Resource, create: Mapping[str, Said], update: Mapping[str, Change], delete: Collection[str], realm: str,
              cascaded: Optional[Mapping[str, Mapping[str, Change]]] = None, renamed: Optional[Mapping[str, str]] = None) -> None:
        """All changes of a run in one transaction, which `commit` or `undo` ends: all of it is there afterwards, or nothing.

        `cascaded`: updates of other kinds. `renamed`: new key: old key, of what is updated.
        """
        base = self.opened()
        with self.in_words():
            base.execute("BEGIN IMMEDIATE")
            try:
                base.execute("INSERT OR IGNORE INTO site VALUES ('realm', ?)", (realm,))
                base.execute("REPLACE INTO site VALUES ('revision', ?)", (str(max(self.revision() + 1, time.time_ns())),))
                base.execute("REPLACE INTO site VALUES ('defaults', ?)", (as_json({kind: each.fallbacks() for kind, each in RESOURCES.items()}),))
                base.executemany("DELETE FROM documents WHERE kind = ? AND key = ?", ((resource.kind, key) for key in delete))
                base.executemany("UPDATE documents SET key = ? WHERE kind = ? AND key = ?", ((to, resource.kind, key) for to, key in (renamed or {}).items()))
                self.put(resource, create, update)
                for kind, documents in (cascaded or {}).items():
                    self.put(RESOURCES[kind], {}, documents)
            except BaseException:
                self.undo()
                raise

    def commit(self) -> None:
        with self.in_words():
            try:
                self.opened().execute("COMMIT")
            except BaseException:
                self.undo()
                raise

    def undo(self) -> None:
        if self.base is not None and self.base.in_transaction:
            self.base.execute("ROLLBACK")

    def put(self, resource: Resource, create: Mapping[str, Said], update: Mapping[str, Change]) -> None:
        base = self.opened()
        ids = self.ids(resource.kind)
        named = {kind: self.ids(kind) for kind in {each.to for each in resource.references.values()}}
        changed = [(ids[key], after) for key, (_before, after) in update.items()]
        states = [(ids[key], before, after) for key, (before, after) in update.items()]
        for forget in ("DELETE FROM secrets WHERE document = ?", "DELETE FROM claims WHERE document = ?"):
            base.executemany(forget, ((number,) for number, _after in changed))
        base.executemany("UPDATE documents SET body = ? WHERE id = ?", ((body(resource, after, named), number) for number, after in changed))
        for key, after in create.items():
            made = base.execute("INSERT INTO documents (kind, key, body) VALUES (?, ?, ?)", (resource.kind, key, body(resource, after, named)))
            changed.append((made.lastrowid or 0, after))
            states.append((made.lastrowid or 0, {}, after))
        base.executemany("INSERT INTO secrets VALUES (?, ?, ?)",
                         ((number, each.name, as_json(after[each.name])) for number, after in changed
                          for each in resource.secrets if not each.apart and after.get(each.name) is not None))
        base.executemany("INSERT INTO claims VALUES (?, ?, ?)", ((*each, number) for number, after in changed for each in resource.claims(after)))

        # what goes with another field is written whenever that is, for people may have changed it since this run read it
        apart = [(number, each.name, after.get(each.name)) for each in resource.fields if each.apart for number, before, after in states
                 if any(before.get(name) != after.get(name) for name in (each.name, each.beside))]
        base.executemany("DELETE FROM states WHERE document = ? AND field = ?", ((number, name) for number, name, value in apart if value is None))
        base.executemany("REPLACE INTO states VALUES (?, ?, ?)", ((number, name, as_json(value)) for number, name, value in apart if value is not None))

    def ids(self, kind: str) -> dict[str, int]:
        return dict(self.opened().execute("SELECT key, id FROM documents WHERE kind = ?", (kind,)))

    def close(self) -> None:
        if self.base is not None:
            self.base.close()


def body(resource: Resource, said: Said, ids: Mapping[str, Mapping[str, int]]) -> str:
    """What is said of a resource, but for its secrets and what is people's own.

    Whom it refers to stands in it by internal id (`ids`: kind: key: id), so that keys may change.
    """
    fields = resource.by_name
    kept = {name: value for name, value in said.items() if not fields[name].secret and not fields[name].apart}
    return as_json({**kept, **resource.renamed(kept, ids)})
