# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A resource: its fields, and the rules that hold between them."""
from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Optional

from .errors import Wrong, nearest
from .fields import Choice, Depends, Field, Reference, Said, Secret, View, Whole
from .pictures import Picture

Rule = Callable[[Whole], None]
Claim = tuple[str, str]         # (space, value): ("number", "1001")


SINGLE = "site"         # the name of that of which a site has only one


def single() -> Choice:
    """The key of such a resource."""
    return Choice("name", "", choices=(SINGLE,))


MANY = 10_000           # so many values are remembered: what there is more of is each one's own


def listed(default: Any) -> Any:
    """A default in its normal form: declared as a tuple, a list is a list."""
    return list(default) if isinstance(default, tuple) else default


@dataclass(frozen=True)
class Resource:
    """What one kind of thing is. A field whose name has a dot belongs to a group: given as a nested mapping, kept flat."""
    kind: str                       # the noun: module, store kind, test file and documentation page are called by it, in the plural
    key: str                        # the field that names one of them
    says: str                       # one sentence for the documentation
    fields: tuple[Field, ...]
    rules: tuple[Rule, ...] = ()
    single: bool = False            # a site has one of it, which need not be named
    many: str = ""                  # the plural, where it is not the kind with an s
    by_name: Mapping[str, Field] = field(init=False)
    groups: frozenset[str] = field(init=False)
    defaults: Mapping[str, Any] = field(init=False)
    references: Mapping[str, Reference] = field(init=False)             # fields that name resources of another kind: how
    secrets: tuple[Secret, ...] = field(init=False)
    views: Mapping[str, View] = field(init=False)                       # fields that are said by resources of another kind
    staying: frozenset[str] = field(init=False)                         # fields without a default to go back to
    touchy: frozenset[str] = field(init=False)                          # fields whose value may not just take the place of another one
    dependent: tuple[tuple[str, Depends], ...] = field(init=False)      # fields whose default follows from another one
    pictures: tuple[str, ...] = field(init=False)                       # fields whose content is kept beside the store

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {each.name: each for each in self.fields})
        object.__setattr__(self, "groups", frozenset(each.name[:dot] for each in self.fields
                                                     for dot, char in enumerate(each.name) if char == "."))
        object.__setattr__(self, "defaults", {each.name: None if isinstance(each.default, Depends) else listed(each.default) for each in self.fields})
        object.__setattr__(self, "references", {each.name: named for each in self.fields
                                                if isinstance(named := getattr(each, "each", each), Reference) and not isinstance(each, View)})
        object.__setattr__(self, "views", {each.name: each for each in self.fields if isinstance(each, View)})
        object.__setattr__(self, "secrets", tuple(each for each in self.fields if isinstance(each, Secret)))
        object.__setattr__(self, "staying", frozenset(each.name for each in self.fields if each.stays))
        object.__setattr__(self, "touchy", frozenset(each.name for each in self.fields if each.fixed or each.apart))
        object.__setattr__(self, "dependent", tuple((each.name, each.default) for each in self.fields if isinstance(each.default, Depends)))
        object.__setattr__(self, "pictures", tuple(each.name for each in self.fields if isinstance(each, Picture)))

    @property
    def plural(self) -> str:
        return self.kind if self.single else self.many or self.kind + "s"

    def flat(self, given: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
        """Nested groups as dotted names."""
        for name, value in given.items():
            if isinstance(name, str) and prefix + name in self.groups and isinstance(value, Mapping):
                yield from self.flat(value, prefix + name + ".")
            else:
                yield f"{prefix}{name}", value

    def nested(self, said: Said) -> dict[str, Any]:
        """Dotted names as nested groups: the way people write it, the key first, then in the order of declaration."""
        whole: dict[str, Any] = {}
        for name in self.by_name:
            if name in said and not (self.single and name == self.key):
                *groups, last = name.split(".")
                inner = whole
                for group in groups:
                    inner = inner.setdefault(group, {})
                inner[last] = said[name]
        return whole

    def label(self, given: Any) -> str:
        """How an item is called in an error, even when it is not much of an item."""
        if self.single:
            return self.kind
        key = given.get(self.key) if isinstance(given, Mapping) else None
        return f"{self.kind} {key!r:.60}" if key not in (None, "") and isinstance(key, (str, int)) else f"{self.kind} without {self.key}"

    def check(self, given: Any, known: Optional[Said] = None, memo: Optional[dict[Any, Any]] = None) -> tuple[dict[str, Any], list[Wrong]]:
        """The fields that were given, each in its normal form (None means back to the default), and all that is wrong with them.

        What `known` holds in the same form was checked when it was written. `memo` spares the checks of values that thousands have alike.
        """
        item = self.label(given)
        if not isinstance(given, Mapping):
            return {}, [Wrong(f"must be a mapping of fields, not {type(given).__name__}", item=item)]
        if self.single:
            given = {self.key: SINGLE, **given}
        checked: dict[str, Any] = {}
        wrongs = []
        memo = {} if memo is None else memo
        for name, value in given.items() if self.groups.isdisjoint(given) else self.flat(given):
            if known and value is not None and name in known and known[name] == value and type(known[name]) is type(value):
                checked[name] = known[name]
                continue
            field = self.by_name.get(name)
            alike = name, type(value), tuple(value) if isinstance(value, list) else value
            try:        # what thousands say alike
                checked[name] = memo[alike]
                continue
            except (KeyError, TypeError):       # what holds a mapping or a list is no key
                pass
            if field is None:
                shown = str(name) if str(name).isprintable() else ascii(name)
                wrongs.append(Wrong(f"is not a field of {self.plural}{nearest(str(name), tuple(self.by_name))}", f"{shown:.60}", item))
            elif value is None:
                checked[name] = None
            else:
                try:
                    checked[name] = field.check(value)
                except Wrong as wrong:
                    wrongs.append(Wrong(wrong.rule, name, item))
                else:
                    if len(memo) < MANY and not field.claim and not field.secret and (
                            type(value) in (str, bool, int) or isinstance(value, list) and {*map(type, value)} <= {str}):
                        memo[alike] = checked[name]
        if self.key not in given:
            wrongs.append(Wrong("is needed", self.key, item))
        elif given[self.key] is None:
            wrongs.append(Wrong("must not be empty", self.key, item))
        return checked, wrongs

    def complete(self, said: Said) -> dict[str, Any]:
        """All fields: what was said, and today's defaults for the rest. Read it only: its lists are shared."""
        whole = dict(self.defaults)
        for name, value in said.items():
            if value is not None:
                whole[name] = value
        for name, depends in self.dependent:
            if whole[name] is None:
                whole[name] = listed(depends.of(whole))
        return whole

    def fallbacks(self) -> dict[str, Any]:
        """Each field's default as JSON has it, or, where it follows from another field, that one's name with a default for each of its values."""
        dependent = {name: {depends.by: {value: listed(default) for value, default in depends.values.items()}} for name, depends in self.dependent}
        return {**self.defaults, **dependent}

    def referred(self, said: Said, kind: str) -> Iterator[tuple[str, str]]:
        """(field, key) of each resource of a kind that this one refers to."""
        for name, reference in self.references.items():
            if reference.to == kind and said.get(name):
                yield from ((name, reference.key_of(each)) for each in (said[name] if isinstance(said[name], list) else [said[name]]))

    def renamed(self, said: Said, keys: Mapping[str, Mapping[Any, Any]]) -> dict[str, Any]:
        """The fields in which it refers to others, with other keys in them (`keys`: kind: old: new)."""
        after: dict[str, Any] = {}
        for name, reference in self.references.items():
            known, value = keys[reference.to], said.get(name)
            if isinstance(value, list):
                after[name] = [reference.renamed(each, known[reference.key_of(each)]) for each in value]
            elif value is not None:
                after[name] = reference.renamed(value, known[reference.key_of(value)])
        return after

    def judge(self, whole: Whole) -> list[Wrong]:
        """What is wrong with the resource as a whole: needed fields, and rules between fields."""
        item = self.label(whole)
        wrongs = [Wrong("is needed", each.name, item) for each in self.fields if each.required and whole[each.name] in (None, "")]
        for rule in self.rules:
            try:
                rule(whole)
            except Wrong as wrong:
                wrongs.append(Wrong(wrong.rule, wrong.field, item))
        return wrongs

    def claims(self, said: Said) -> list[Claim]:
        """What the resource occupies: its number, its device id, its mail address, ..."""
        return [(each.claim, value) for each in self.fields if each.claim and (value := each.claims(said.get(each.name)))]
