# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must change, decided before anything does. Pure: check mode, diff and the real run all come from here."""
from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from math import floor
from typing import Any, Optional, cast

from .accounts import set_passwords
from .model.account import Password
from .model.errors import Refused, Wrong, nearest
from .model.fields import Reference, Said
from .model.numbers import NumberRange
from .model.resource import Claim, Resource
from .model.settings import SETTINGS
from .model.site import RESOURCES, Site, at_site, contradictions, has_device, overlaps, settings_of, unreachable
from .model.trunk import TRUNK

HELD = "********"       # stands for a secret wherever a person or a log can see it
MANY = 100              # so many changed resources are shown with their fields


@dataclass(frozen=True)
class Scope:
    """What a run may see, change and delete. None: everything."""
    names: Optional[str] = None
    numbers: Optional[NumberRange] = None

    @classmethod
    def parse(cls, given: Mapping[str, Any]) -> Scope:
        unknown = sorted(set(given) - {"names", "numbers"})
        if unknown:
            raise Wrong(f"{unknown[0]} is neither names nor numbers", "scope")
        numbers = given.get("numbers")
        return cls(given.get("names"), None if numbers is None else NumberRange.parse(numbers, "scope.numbers"))

    def holds(self, key: str, number: Optional[str]) -> bool:
        return ((self.names is None or fnmatchcase(key, self.names))
                and (self.numbers is None or number is None or number in self.numbers))

    def __str__(self) -> str:
        return " and ".join(f"{what} {each}" for what, each in (("names", self.names), ("numbers", self.numbers)) if each is not None)


@dataclass(frozen=True)
class Order:
    """How a run was asked to go about it."""
    state: str
    scope: Scope = Scope()
    max_deletions: Optional[str] = None     # "7" or "10%"; None: 10 % for overridden, no limit for deleted
    allow_empty: bool = False
    renew: bool = False                     # whether a given password is set for somebody who has one already
    now: str = ""                           # UTC (ISO 8601), for the age of passwords; empty: none are made, given ones are judged only
    seed: str = ""                          # generated secrets are derived from it
    recording: bool = False                 # whether somebody writes generated secrets down
    recover: Sequence[str] = ()             # the seeds of runs that could not do so
    cascade: bool = False                   # whether references to what is deleted are taken out


@dataclass
class Have:
    """What the store holds: the resources of one kind, the claims of all kinds with their owners, (kind, key), and all kinds' resources."""
    documents: Mapping[str, Said] = field(default_factory=dict)
    claims: Mapping[Claim, tuple[str, str]] = field(default_factory=dict)
    others: Optional[Mapping[str, Mapping[str, Said]]] = None       # None: nothing is known of them
    pictures: Optional[Container[str]] = None       # names of the contents that are there or come with the run; None: nothing is known of them


@dataclass
class Plan:
    """Keys to what is said of them, secrets sealed.

    `generated` names (key, field, seed) of derived secrets; the seed 0 is the order's own, 1 the first of those to recover, and so on.
    """
    resource: Resource
    create: dict[str, Said] = field(default_factory=dict)
    update: dict[str, tuple[Said, Said]] = field(default_factory=dict)      # (before, after)
    delete: dict[str, Said] = field(default_factory=dict)
    restate: dict[str, Said] = field(default_factory=dict)                  # said in other words, with the same meaning today: no change
    generated: list[tuple[str, str, int]] = field(default_factory=list)
    after: dict[str, Said] = field(default_factory=dict)                    # all of the kind, once the plan is carried out
    renewed: set[str] = field(default_factory=set)                          # numbers of mailboxes whose PIN is new, even if it was changed by telephone
    renamed: dict[str, str] = field(default_factory=dict)                   # new key: old key, of what is updated
    moved: dict[str, str] = field(default_factory=dict)                     # old number: new number, of mailboxes that come along
    cascaded: dict[str, dict[str, Said]] = field(default_factory=dict)      # kind: key: what is said of it once others' changes reached it
    viewed: dict[str, tuple[Said, Said]] = field(default_factory=dict)      # key: its views that change, before and after

    @property
    def changed(self) -> bool:
        return bool(self.create or self.update or self.delete)

    def laid_over(self, documents: Mapping[str, Said]) -> dict[str, Said]:
        """All of the kind, once this was carried out on what the store has of it."""
        after = {key: said for key, said in documents.items() if key not in self.delete}
        after.update(self.create)
        after.update((key, will_be) for key, (_before, will_be) in self.update.items())
        after.update(self.restate)
        return after

    def differences(self, before: Optional[Said], after: Optional[Said]) -> list[str]:
        """The names of the fields in which two resources differ, in the order of declaration."""
        was, will = before or {}, after or {}
        return [name for name in self.resource.by_name if was.get(name) != will.get(name)]

    def idle(self) -> list[str]:
        """Fields that are newly given another value than their default, though nothing acts on them yet."""
        fields = [each.name for each in self.resource.fields if each.idle]
        given = [(before or {}, after) for _what, _key, before, after in self.changes() if after is not None] if fields else []
        return [name for name in fields if any(after.get(name, default) not in (default, before.get(name)) for before, after in given
                                               for default in [self.resource.defaults[name]])]

    def changes(self) -> Iterator[tuple[str, str, Optional[Said], Optional[Said]]]:
        """(what happens, key, before, after), in a stable order."""
        for key, after in sorted(self.create.items()):
            yield "create", key, None, after
        for key, (before, after) in sorted(self.update.items()):
            yield "update", key, before, after
        for key, before in sorted(self.delete.items()):
            yield "delete", key, before, None

    def shown(self) -> Iterator[tuple[str, Optional[Said], Optional[Said]]]:
        """(key, before, after) of the changes as people see them: with the views that change."""
        for _what, key, before, after in self.changes():
            was, will = self.viewed.get(key, ({}, {}))
            yield key, before and {**before, **was}, after and {**after, **will}


def masked(resource: Resource, said: Said) -> dict[str, Any]:
    """The way a resource may be shown: nested as people write it, without a secret."""
    return resource.nested({name: HELD if resource.by_name[name].secret and value is not None else value for name, value in said.items()})


def merged(resource: Resource, key: str, before: Said, given: Said, start: Said) -> tuple[dict[str, Any], list[Wrong]]:
    """What is said after `given` is laid over `before`: None takes a field back to its default (the site's, in `start`), a fixed field stays."""
    wrongs = []
    after = {**before, **given}
    for name, value in given.items():
        if value is not None and name not in resource.touchy:
            continue
        each = resource.by_name[name]
        nothing = value is None or each.apart and value == resource.defaults[name]
        if nothing and (each.secret or each.fixed) and name in before:
            after[name] = before[name]      # it has no default to go back to, and a new one each time would never be the same
        elif nothing and name in start:
            after[name] = start[name]
        elif nothing:
            after.pop(name)
        was = before.get(name, resource.defaults[name] if resource.key in before else None)     # what was never said is its default for good
        if each.fixed and was is not None and value not in (None, was):
            wrongs.append(Wrong(f"never changes after creation: it is {was}", name, f"{resource.kind} {key!r}"))
    return after, wrongs


def deletions_allowed(order: Order, present: int) -> Optional[int]:
    """How many of the `present` resources in scope may go. None: all of them."""
    said = order.max_deletions if order.max_deletions is not None else "10%" if order.state == "overridden" else None
    if said is None:
        return None
    found = re.fullmatch(r"([0-9]{1,9})(%?)", str(said).strip())
    if not found or found[2] and int(found[1]) > 100:
        raise Wrong("must be a number, or one from 0 to 100 with a percent sign behind it", "max_deletions")
    return floor(present * int(found[1]) / 100) if found[2] else int(found[1])


def plan(resource: Resource, order: Order, want: Iterable[Any], have: Have, site: Site) -> Plan:
    """The changes that turn what the store has into what is wanted. Raises Refused, naming all that is wrong, before any is made."""
    want, declared = list(want), resource
    resource = at_site(declared, have.others or {})
    made = Plan(resource)
    wrongs: list[Wrong] = []
    places: dict[str, str] = {}
    viewed: dict[str, dict[str, Any]] = {}
    given_by_key = read(resource, want, have.documents, places, wrongs)
    in_scope = {key: said for key, said in have.documents.items() if order.scope.holds(key, said.get("number"))}
    if order.state == "overridden":
        if not given_by_key and not wrongs and not order.allow_empty:
            raise Wrong(f"is empty, which with state overridden would delete every {resource.kind}: say allow_empty if that is meant", "config")
        made.delete = {key: said for key, said in in_scope.items() if key not in given_by_key}
    if order.state != "deleted":
        set_passwords(resource, order.renew, order.now, given_by_key, have.documents, site, wrongs,
                      see_the_rest=lambda: plan(declared, replace(order, now=""), want, have, site))
    for key in list(given_by_key):
        before, given = have.documents.get(key), given_by_key.pop(key)      # thousands of them are not held longer than need be
        if before is not None and key not in in_scope or not order.scope.holds(key, given.get("number")):
            wrongs.append(Wrong(f"is outside of the scope of this run ({order.scope})", item=f"{resource.kind} {key!r}"))
        elif order.state == "deleted":
            if before is not None:
                made.delete[key] = before
        else:
            viewed[key] = {name: given.pop(name) for name in resource.views if name in given}
            settle(made, order, key, before, given, site, wrongs)
    write_through(made, have, viewed, wrongs)
    refer(made, have, wrongs)
    picture(made, have, wrongs)
    suit_lines(made, have, wrongs)
    stand_apart(made, have, wrongs)
    let_go(made, order, have, wrongs)
    claim(made, order, have, site, wrongs)
    if wrongs:
        raise Refused([Wrong(each.rule, each.field, each.item, each.place or places.get(each.item, "")) for each in wrongs])
    allowed = deletions_allowed(order, len(in_scope))
    if allowed is not None and len(made.delete) > allowed:
        raise Wrong(f"would delete {len(made.delete)} of {len(in_scope)} {resource.plural}"
                    f"{' in scope' if str(order.scope) else ''}, more than the {allowed} that max_deletions allows "
                    f"({', '.join(sorted(made.delete)[:5])}{', ...' if len(made.delete) > 5 else ''})", "max_deletions")
    made.after = made.laid_over(have.documents)
    recover(made, order, site)
    return made


def read(resource: Resource, want: Iterable[Any], documents: Mapping[str, Said], places: dict[str, str], wrongs: list[Wrong]) -> dict[str, dict[str, Any]]:
    """The wanted resources by key, each checked. An item may come with its place in a file: (place, item); `places` is filled with them."""
    by_key: dict[str, dict[str, Any]] = {}
    memo: dict[Any, Any] = {}
    for count, each in enumerate(want, 1):
        place, item = each if isinstance(each, tuple) else (f"item {count}", each)
        before = said_of(resource, item, documents)
        given, found = (item, []) if is_said(item, before) else resource.check(item, before, memo)
        for wrong in found:
            wrongs.append(Wrong(wrong.rule, wrong.field, wrong.item, place))
        key = given.get(resource.key)
        if key is None:
            continue
        places.setdefault(resource.label(given), place)
        if key in by_key:
            wrongs.append(Wrong("is named twice", resource.key, f"{resource.kind} {key!r}", place))
        elif not found:
            by_key[key] = given
    return by_key


def said_of(resource: Resource, item: Any, documents: Mapping[str, Said]) -> Optional[Said]:
    """What the store says of an item, if it can be told."""
    key = item.get(resource.key) if isinstance(item, dict) else None
    return documents.get(key) if isinstance(key, str) else None


def is_said(item: Any, before: Optional[Said]) -> bool:
    """Whether an item says nothing but what the store says in the same form: it was checked when that was written, and most are so."""
    return before is not None and all(name in before and before[name] == value and type(before[name]) is type(value) for name, value in item.items())


def settle(made: Plan, order: Order, key: str, before: Optional[Said], given: dict[str, Any], site: Site, wrongs: list[Wrong]) -> None:
    """Decide on one wanted resource: create it, update it, or leave it as it is."""
    resource = made.resource
    for each in resource.secrets:
        if given.get(each.name) is not None:
            try:
                given[each.name] = each.seal(given[each.name], key, site.realm)
            except Wrong as wrong:
                wrongs.append(Wrong(wrong.rule, each.name, f"{resource.kind} {key!r}"))
    start = site.starts_with(resource)
    if before is None:
        kept: Said = start
    elif order.state == "merged":
        kept = before
    else:   # replaced, overridden: what is not given goes back to its default, which what is fixed, secret or people's own has not
        kept = {**start, **{name: value for name, value in before.items() if name in resource.staying}}
    after, found = merged(resource, key, kept, given, start)
    wrongs.extend(found)
    if after == before or resource.single and before is None and set(after) == {resource.key}:     # of nothing said there is nothing to keep
        return
    whole = resource.complete(after)
    found = resource.judge(whole)
    wrongs.extend(found)
    if found:
        return
    for each in resource.secrets:
        if isinstance(each, Password):
            if before is None and order.recording and order.now and not after.get("password_hash") and each.needed(whole):
                after.update(each.kept(each.make(order.seed, resource.kind, key), order.now))
                made.generated.append((key, each.name, 0))
            continue
        if each.is_marked(after.get(each.name)) and not each.told(whole):
            after.pop(each.name)        # the browser that knew it is what the line no longer is for
        if each.name not in after and each.needed(whole):
            if not order.recording and not each.told(whole):
                wrongs.append(Wrong("is needed: give one, or name a credentials_file that a generated one is written to, "
                                    "else nobody would know it", each.name, f"{resource.kind} {key!r}"))
            else:
                sealed = each.seal(each.make(order.seed, resource.kind, key), key, site.realm)
                after[each.name] = sealed if order.recording else each.mark(sealed)
                made.generated.append((key, each.name, 0))
    if before is None:
        made.create[key] = after
    elif {**whole, **after} != resource.complete(before):
        made.update[key] = (before, after)
    elif after != before:
        made.restate[key] = after


def write_through(made: Plan, have: Have, viewed: Mapping[str, Mapping[str, Any]], wrongs: list[Wrong]) -> None:
    """Write the views that were given into the fields that they are views of. A view that was not given is left alone, in every state."""
    for name, view in made.resource.views.items():
        given = {key: views[name] for key, views in viewed.items() if views.get(name) is not None and (key in made.create or key in have.documents)}
        if not given or have.others is None:
            continue
        here = cast(Reference, view.each)
        other = RESOURCES[here.to]
        there, known = other.references[view.through], have.others.get(other.kind, {})
        wanted: dict[str, dict[str, str]] = {}      # key of the other: key of this one: entry
        for key, entries in given.items():
            for entry in entries:
                to = here.key_of(entry)
                wanted.setdefault(to, {})[key] = there.renamed(entry, key)
                if to not in known:
                    wrongs.append(Wrong(f"there is no {other.kind} {to!r}{nearest(to, tuple(known), wrongs)}", name, f"{made.resource.kind} {key!r}"))
        before: dict[str, list[str]] = {key: [] for key in given}
        for to, said in known.items():
            was = {there.key_of(entry): entry for entry in said.get(view.through) or []}
            asked = wanted.get(to, {})
            will = {**{key: asked.get(key, entry) for key, entry in was.items() if key not in given or key in asked}, **asked}
            for key in was.keys() & given.keys():
                before[key].append(here.renamed(was[key], to))
            if will != was:
                after = made.cascaded.setdefault(other.kind, {})[to] = {**said, view.through: list(will.values())}
                wrongs += other.check({other.key: to, view.through: after[view.through]})[1] or other.judge(other.complete(after))
        for key, entries in given.items():
            if sorted(before[key]) != sorted(entries):
                was_shown, will_be = made.viewed.get(key, ({}, {}))
                made.viewed[key] = {**was_shown, name: sorted(before[key])}, {**will_be, name: sorted(entries)}
                if key not in made.create and key not in made.update:
                    made.update[key] = have.documents[key], made.restate.pop(key, have.documents[key])


def refer(made: Plan, have: Have, wrongs: list[Wrong]) -> None:
    """See that what a resource newly refers to is there."""
    if have.others is None:
        return
    for kind in dict.fromkeys(each.to for each in made.resource.references.values()):
        known = have.others.get(kind, {})
        for key, before, after in [*((key, {}, after) for key, after in made.create.items()),
                                   *((key, before, after) for key, (before, after) in made.update.items())]:
            for name, to in made.resource.referred(after, kind):
                if to not in known and before.get(name) != after[name]:
                    wrongs.append(Wrong(f"there is no {kind} {to!r}{nearest(to, tuple(known), wrongs)}", name, f"{made.resource.kind} {key!r}"))


def picture(made: Plan, have: Have, wrongs: list[Wrong]) -> None:
    """See that the content of each picture that is newly said is at hand."""
    if have.pictures is None:
        return
    for _what, key, before, after in made.changes() if made.resource.pictures else ():
        for name in made.resource.pictures:
            said = (after or {}).get(name)
            if said is not None and said != (before or {}).get(name) and said not in have.pictures:
                wrongs.append(Wrong(f"{said} is neither on the host nor, by that name without sha256:, in a folder avatars on the controller",
                                    name, f"{made.resource.kind} {key!r}"))


def suit_lines(made: Plan, have: Have, wrongs: list[Wrong]) -> None:
    """See that no line contradicts what its site would say from now on of all lines."""
    if made.resource.kind in ("codec", "nat") and (made.changed or made.restate) and not wrongs and have.others:
        wrongs.extend(contradictions(have.others, {**have.others, made.resource.kind: made.laid_over(have.documents)}))


def stand_apart(made: Plan, have: Have, wrongs: list[Wrong]) -> None:
    """See that calls of trunks and of fixed addresses can be told apart by where they come from, that a queue which is called from
    outside keeps its number, and that no number of somebody is one for emergency calls."""
    kind = made.resource.kind
    if wrongs or have.others is None or not made.changed:
        return
    after = {**have.others, kind: made.laid_over(have.documents)}
    if has_device(made.resource) and (kind == TRUNK.kind or have.others.get(TRUNK.kind)):
        for of, key, wrong in overlaps(after):
            if kind == TRUNK.kind or of == kind and (key in made.create or key in made.update):
                wrongs.append(wrong)
    if kind in ("queue", "inbound_route"):
        wrongs.extend(unreachable(after))
    if kind == SETTINGS.kind:
        for number in settings_of(after)["emergency_numbers"]:
            if owner := have.claims.get(("number", number)):
                wrongs.append(Wrong(f"{number} is the number of {owner[0]} {owner[1]!r}", "emergency_numbers", made.resource.label({})))


def let_go(made: Plan, order: Order, have: Have, wrongs: list[Wrong]) -> None:
    """See that nothing refers to what is deleted, or take it out of all that does."""
    kind = made.resource.kind
    holders: dict[str, list[str]] = {}
    for resource in [each for each in RESOURCES.values() if made.delete and any(named.to == kind for named in each.references.values())]:
        for key, said in (have.others or {}).get(resource.kind, {}).items():
            held = [(name, to) for name, to in resource.referred(said, kind) if to in made.delete]
            for name, to in held:
                if order.cascade and isinstance(said[name], list):
                    rest = made.cascaded.setdefault(resource.kind, {}).get(key, said)
                    made.cascaded[resource.kind][key] = {**rest, name: [each for each in rest[name] if resource.references[name].key_of(each) != to]}
                else:
                    holders.setdefault(to, []).append(f"{resource.kind} {key!r}")
    for to, by in holders.items():
        more = f" and {len(by) - 5} more" if len(by) > 5 else ""
        wrongs.append(Wrong(f"is referred to by {', '.join(by[:5])}{more}: change these first, or say cascade to take it out of them", item=f"{kind} {to!r}"))


def shifted(known: Mapping[str, Mapping[str, Any]], documents: Mapping[str, Mapping[str, Said]]) -> dict[str, dict[str, int]]:
    """resource: field: how many say nothing of a field whose default is no longer the `known` one (kind: field: default), and follow it."""
    found: dict[str, dict[str, int]] = {}
    for kind, resource in RESOURCES.items():
        was = known.get(kind, {})
        for name, default in resource.fallbacks().items():
            follow = [said for said in documents.get(kind, {}).values() if said.get(name) is None] if was.get(name, default) != default else []
            if follow:
                found.setdefault(resource.plural, {})[name] = len(follow)
    return found


def recover(made: Plan, order: Order, site: Site, former: Optional[Mapping[str, Said]] = None) -> None:
    """Tell again which secrets came from the seeds of runs that ended before they wrote them down.

    `former`: what is said of somebody by the name that it had; what was made for that name is told under it.
    """
    told = {(key, name) for key, name, _seed in made.generated}
    made.generated += [(key, each.name, count) for count, seed in enumerate(order.recover, 1)
                       for key, said in {**made.after, **(former or {})}.items() for each in made.resource.secrets
                       if (key, each.name) not in told and each.is_made(said, seed, made.resource.kind, key, site.realm)]


def claim(made: Plan, order: Order, have: Have, site: Site, wrongs: list[Wrong]) -> None:
    """See that nothing unique is had twice, and allocate a number to each new resource that needs one and gives none."""
    resource = made.resource
    taken = dict(have.claims)
    if "number" in resource.by_name:
        taken.update({("number", number): (SETTINGS.kind, "emergency_numbers") for number in site.settings["emergency_numbers"]})
    for said in [*made.delete.values(), *(before for before, _after in made.update.values())]:
        for each in resource.claims(said):
            taken.pop(each, None)
    waiting = []
    for key, (before, after) in [*((key, ({}, after)) for key, after in made.create.items()), *made.update.items()]:
        item = f"{resource.kind} {key!r}"
        for space, value in resource.claims(after):
            owner = taken.setdefault((space, value), (resource.kind, key))
            if owner != (resource.kind, key):
                name = next(each.name for each in resource.fields if each.claim == space)
                wrongs.append(Wrong(f"{value} is taken by {owner[0]} {owner[1]!r}", name, item))
        number = after.get("number")
        if number is None:
            if key in made.create and getattr(resource.by_name.get("number"), "allocated", False):
                waiting.append(key)
        elif number != before.get("number") and number not in site.numbers:
            wrongs.append(Wrong(f"{number} is not in number_range {site.numbers}", "number", item))
    if waiting:
        allocate(made, waiting, taken, order.scope.numbers or site.numbers, site, wrongs)


def allocate(made: Plan, waiting: list[str], taken: Mapping[Claim, tuple[str, str]], numbers: NumberRange, site: Site, wrongs: list[Wrong]) -> None:
    """The lowest free number of the range to each, in the order in which they were given."""
    low, high = max(numbers.low, site.numbers.low), min(numbers.high, site.numbers.high)
    if numbers.digits != site.numbers.digits:
        high = low - 1
    free = (number for number in (f"{each:0{numbers.digits}}" for each in range(low, high + 1)) if ("number", number) not in taken)
    for key in waiting:
        number = next(free, None)
        if number is None:
            wrongs.append(Wrong(f"no number is free in {numbers}", "number", f"{made.resource.kind} {key!r}"))
            return
        made.create[key] = {**made.create[key], "number": number}
