# SPDX-License-Identifier: GPL-3.0-or-later
"""Valid resources out of the model's declarations, in the ways in which people write them. A new field or kind needs no line here."""

from __future__ import annotations

import functools
import hashlib
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from hypothesis import strategies as st
from module_utils.model.errors import Wrong
from module_utils.model.fields import Choice, Field, Flag, Integer, List, Number, Ranked, Reference, Secret, Text, Whole
from module_utils.model.pictures import file_of, name_of
from module_utils.model.resource import SINGLE, Resource
from module_utils.model.site import RESOURCES
from module_utils.task import REALM
from passlib.hash import pbkdf2_sha256

from tests.unit.conftest import House
from tests.unit.pictures import archive, jpeg, png

World = Mapping[str, list[str]]     # kind: keys that may be referred to
MOST = 4                            # values of a list
TRICKY = ["O'Brien; [x]", "a=b,c|d", "${EXTEN}", "#include x", "\u5f20\u4f1f", "A\u030asa", "=>", "true", "1001"]

# Contents that are on their way to the host with every run of `sent`
PICTURES = [png(colour=0xFF0000), png(colour=0x0000FF), jpeg()]

# What fields of a kind that is not known here may take: whatever of it they do take
TYPICAL: list[Any] = [
    "dynamic", "192.0.2.7", "2001:db8::7", "203.0.113.0/24", "2001:db8:1::/64", "sip.example.org", "sip.example.org:5060", "1000-9999", "0100-9999",
    "10000-20000", "2026-01-31T08:00:00Z", "/etc/ssl/own.pem", "https://id.example.org/site", "anna@example.org", "word", "1001", "yes", "12:30", 1, 10, 100,
    1000, 16000, True, ["word"], ["192.0.2.0/24"], {}, "192.0.2.10 => 203.0.113.10", ["192.0.2.10 => 203.0.113.10"], 40,
    "3-15", "mon-fri/08:00-17:00", "sat/10:00-14:00", "none", "any", "+46812345",
    *map(name_of, PICTURES),
]
# Where a value that is good by itself would leave too little for the others
FIT = {
    "codec.offered": [["alaw", "ulaw", "gsm", "g722", "opus", "g729"], ["g729", "opus", "gsm", "g722", "ulaw", "alaw"]],    # all that lines may name
    "settings.number_range": ["0000-9999", "1000-9999"],
    "nat.external_media_address": ["203.0.113.9"], "nat.external_signaling_address": ["203.0.113.10"],      # names have to resolve
    "nat.stun_server": ["203.0.113.11", "203.0.113.11:3479"], "nat.turn.server": ["203.0.113.12:5349"],
    "nat.local_networks": [["192.0.2.0/24", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"]],      # the host must be in one
    "settings.emergency_numbers": [["112"], ["112", "999"]],        # none that somebody has
    "trunk.addresses": [[]],        # whose calls could not be told apart from others' otherwise
    "inbound_route.queue": [None], "inbound_route.closed.queue": [None],    # it must have a number
    "inbound_route.time_zone": ["Europe/Stockholm", "UTC"],         # the host must have it
    "queue.music": ["jazz", "default"],     # the host must have it
}


def sent(house: House) -> dict[str, Any]:
    """What the action plugin would send along: the contents of pictures."""
    there = house.config.parent / "pictures.tar"
    if not there.exists():
        archive(there, {file_of(name_of(each)): each for each in PICTURES})
    return {"offered": list(map(name_of, PICTURES)), "archive": str(there)}


def takes(field: Field, value: Any) -> bool:
    try:
        field.check(value)
    except Wrong:
        return False
    return True


def normal(field: Field, value: Any) -> Any:
    return None if value is None else field.check(value)


@functools.cache
def some_hash(word: str) -> str:
    return str(pbkdf2_sha256.using(rounds=2, salt=b"made for a test.").hash(word))


def slot(resource: Resource, key: str) -> int:
    """A small number of its own for each that `names` gives out."""
    digits = "".join(each for each in key if each.isdigit())
    return 100 * list(RESOURCES).index(resource.kind) + int(digits[-2:] or 0) + 1


def names(resource: Resource, count: int) -> list[str]:
    """Keys of `count` resources, fewer when there cannot be as many."""
    field = resource.by_name[resource.key]
    if resource.single:
        return [SINGLE]
    if field.choices:
        return list(field.choices[:count])
    kind = resource.kind.replace("_", "-")
    ways: list[Callable[[int], str]] = [lambda each: f"{kind}.{each}", lambda each: f"{kind}{each}", lambda each: str(7000 + each)]
    way = next(way for way in ways if takes(field, way(1)))
    return [way(each) for each in range(count)]


def secret_values(field: Secret, label: str) -> list[Any]:
    """Secrets that stand out wherever they leak; a different one for each label."""
    coded = hashlib.sha256(label.encode()).hexdigest()
    digits = str(int(coded, 16))
    ways = [f"Geheim-1-{coded[:20]}", digits[-field.longest:][:9], coded, some_hash(label), [some_hash(label)],
            {"md5": coded[:32], "sha256": coded, "realm": REALM}]
    taken = [each for each in ways if takes(field, each)]
    return [taken[0], *(each for each in taken[1:] if isinstance(each, dict))]


def claimed_values(field: Field, resource: Resource, key: str) -> list[Any]:
    """Values that nobody else has."""
    number = slot(resource, key)
    ways = [str(2000 + number), f"p{number}@{resource.kind}.example.org".replace("_", "-"), f"P{number}@Example.Org",
            f"198.51.{number // 200}.{number % 200 + 1}", f"2001:db8:2::{number}", f"own{number}"]
    own = [each for each in ways if takes(field, each) and field.claims(field.check(each))]
    return own + [each for each in TYPICAL if takes(field, each) and not field.claims(field.check(each))]


words = st.one_of(st.sampled_from(TRICKY), st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=20))


def text_values(field: Field, _world: World) -> st.SearchStrategy[Any]:
    assert isinstance(field, Text)
    drawn = st.from_regex(field.pattern, fullmatch=True) if field.pattern else words
    return drawn.filter(lambda each: takes(field, each))


def integer_values(field: Field, _world: World) -> st.SearchStrategy[Any]:
    assert isinstance(field, Integer)
    return st.integers(field.least, field.most)


def list_values(field: Field, world: World) -> st.SearchStrategy[Any]:
    assert isinstance(field, List)
    each = field.each
    drawn = st.lists(values(each, world), min_size=1 if field.filled else 0, max_size=MOST, unique_by=lambda one: each.key_of(each.check(one)))
    return drawn.filter(lambda whole: takes(field, whole))


# By how it is checked: what checks in the same way takes the same values
BY_CHECK: dict[Any, Callable[[Field, World], st.SearchStrategy[Any]]] = {
    Text.check: text_values, Number.check: text_values, Integer.check: integer_values, List.check: list_values,
    Flag.check: lambda _field, _world: st.booleans(),
    Choice.check: lambda field, _world: st.sampled_from(field.choices),
}


def values(field: Field, world: World) -> st.SearchStrategy[Any]:
    """Valid values of a field that is neither secret nor unique."""
    if isinstance(field, Reference):
        keys = st.sampled_from(world.get(field.to) or [None])       # None: there is nothing to refer to
        return st.one_of(keys, st.tuples(keys, st.integers(0, field.most)).map(lambda each: f"{each[0]}:{each[1]}")) \
            if isinstance(field, Ranked) and world.get(field.to) else keys
    known = BY_CHECK.get(type(field).check)
    return known(field, world) if known else st.sampled_from(accepted(field))


def accepted(field: Field) -> list[Any]:
    found = [each for each in [*field.choices, *TYPICAL] if takes(field, each)]
    assert found, f"none of the typical values is one for {field.name}, a {type(field).__name__}: add one to TYPICAL"
    return found


def refers_to_nobody(field: Field, world: World) -> bool:
    inner = getattr(field, "each", field)
    return isinstance(inner, Reference) and not world.get(inner.to)


def forms(field: Field, value: Any) -> list[Any]:
    """The ways in which people write the same value: as YAML reads it, as a cell of a spreadsheet holds it."""
    ways = [value]
    if isinstance(value, bool):
        ways += ["yes", "True", "on", "1"] if value else ["no", "False", "off", "0"]
    elif isinstance(value, int):
        ways += [str(value), f" {value} "]
    elif isinstance(value, str) and not field.secret:
        ways += [f" {value} ", unicodedata.normalize("NFD", value), *([int(value)] if value.isdecimal() and value.isascii() and value[0] != "0" else [])]
        ways += [True] if value == "yes" else [False] if value == "no" else []
        name, _colon, penalty = value.partition(":")
        ways += [{"name": name, "penalty": penalty}] if penalty else []
    elif isinstance(value, list) and all(isinstance(each, str) and each.split() == [each] for each in value):
        ways += [" ".join(value), tuple(value)]
    checked = field.check(value)
    return [each for each in ways if takes(field, each) and field.check(each) == checked]


@st.composite
def field_values(draw: Any, field: Field, resource: Resource, key: str, world: World) -> Any:
    """A valid value of one field of the resource with this key, in one of its forms, or null."""
    if not field.required and draw(st.integers(0, 9)) == 0:
        return None
    fit = FIT.get(f"{resource.kind}.{field.name}")
    if fit:
        value = draw(st.sampled_from(fit))
    elif isinstance(field, Secret):
        value = draw(st.sampled_from(secret_values(field, f"{resource.kind} {key} {field.name} {draw(st.integers(0, 2))}")))
    elif field.claim:
        value = draw(st.sampled_from(claimed_values(field, resource, key)))
    else:
        value = draw(values(field, world))
    return None if value is None else draw(st.sampled_from(forms(field, value)))


def said(resource: Resource, item: Mapping[str, Any]) -> dict[str, Any]:
    """A flat item in its normal form, without what only instructs."""
    whole = {resource.key: SINGLE, **item} if resource.single else item
    return {name: normal(resource.by_name[name], value) for name, value in whole.items()}


def judged(resource: Resource, whole: Whole) -> list[Wrong]:
    return resource.judge(resource.complete(whole))


def mend(resource: Resource, item: dict[str, Any], world: World, seen: Callable[[dict[str, Any]], Mapping[str, Any]] | None = None,
         keep: frozenset[str] = frozenset(), turn: bool = False) -> dict[str, Any]:
    """The item with as little as need be taken out or put in until its rules are satisfied.

    `seen` is what it will be judged as, `keep` what is left alone; with `turn` other choices are tried too.
    """
    view = seen or (lambda each: said(resource, each))
    item = dict(item)
    while wrongs := list(map(str, judged(resource, view(item)))):
        tries = [*({name: each for name, each in item.items() if name != gone} for gone in reversed(list(item))
                   if gone not in keep and gone != resource.key and not resource.by_name[gone].required),
                 *additions(resource, item, judged(resource, view(item)), world, keep),
                 *({**item, field.name: way} for field in resource.fields if turn and field.name not in {*keep, resource.key} and not field.secret
                   for way in field.choices)]
        assert tries and len(item) <= len(resource.fields), f"no {resource.kind} can be made of what it declares: {wrongs[0]}"
        left = [list(map(str, judged(resource, view(each)))) for each in tries]
        best = min(range(len(tries)), key=lambda each: (len(left[each]), left[each] == wrongs))
        assert left[best] != wrongs, f"no {resource.kind} can be made of what it declares: {wrongs[0]}"
        item = tries[best]
    return item


def additions(resource: Resource, item: dict[str, Any], wrongs: list[Wrong], world: World, keep: frozenset[str]) -> Iterator[dict[str, Any]]:
    named = [each for each in resource.fields for wrong in wrongs if each.name == wrong.field]
    for field in [each for each in [*named, *(each for each in resource.fields for wrong in wrongs if each.name in wrong.rule)] if each.name not in keep]:
        inner = getattr(field, "each", field)
        ways = world.get(inner.to, []) if isinstance(inner, Reference) else secret_values(field, field.name) if isinstance(field, Secret) \
            else claimed_values(field, resource, str(item.get(resource.key))) if field.claim \
            else FIT.get(f"{resource.kind}.{field.name}") or [*field.choices, *TRICKY, *TYPICAL]
        yield from ({**item, field.name: way} for way in ways if takes(field, way))


@st.composite
def items(draw: Any, resource: Resource, key: str, world: World, most: int = 7, without: frozenset[str] = frozenset(),
          full: frozenset[str] = frozenset()) -> dict[str, Any]:
    """One valid item, flat. `without`: fields it leaves alone; `full`: fields it gives in any case."""
    may = [each.name for each in resource.fields if each.name != resource.key and each.name not in without and not refers_to_nobody(each, world)]
    must = [name for name in may if resource.by_name[name].required or name in full]
    chosen = dict.fromkeys([*must, *draw(st.lists(st.sampled_from(may), max_size=most, unique=True))]) if may else {}
    item = {} if resource.single else {resource.key: key}
    for name in chosen:
        value = draw(field_values(resource.by_name[name], resource, key, world))
        while value is None and name in full:
            value = draw(st.sampled_from(claimed_values(resource.by_name[name], resource, key)))
        item[name] = value
    if item.get("password_hash") is not None:
        item.pop("password", None)
    return mend(resource, item, world)


def as_written(resource: Resource, item: Mapping[str, Any], nested: bool) -> dict[str, Any]:
    """A flat item the way it is given: members in their groups, or as a spreadsheet names them."""
    if not nested:
        return dict(item)
    whole: dict[str, Any] = {}
    for name, value in item.items():
        *groups, last = name.split(".")
        inner = whole
        for group in groups:
            inner = inner.setdefault(group, {})
        inner[last] = value
    return whole


@st.composite
def configurations(draw: Any, resource: Resource, world: World, most: int = 3, without: frozenset[str] = frozenset(),
                   full: frozenset[str] = frozenset()) -> list[dict[str, Any]]:
    """Several valid items of one kind, flat, which may stand side by side."""
    keys = names(resource, most + 2)
    chosen = keys if resource.single else draw(st.lists(st.sampled_from(keys), unique=True, min_size=1, max_size=most))
    return [draw(items(resource, key, world, without=without, full=full)) for key in chosen]


def in_order() -> list[Resource]:
    """All kinds, each after those that it refers to; what holds for the whole site comes first."""
    left = sorted(RESOURCES.values(), key=lambda each: not each.single)
    done: list[Resource] = []
    while left:
        ready = next(each for each in left if {to.to for to in each.references.values()} <= {*(one.kind for one in done), each.kind})
        done.append(ready)
        left.remove(ready)
    return done


@st.composite
def sites(draw: Any, most: int = 3, without: frozenset[str] = frozenset(), full: frozenset[str] = frozenset()) -> dict[str, list[dict[str, Any]]]:
    """A whole site: kind: its items, flat, in an order that references allow."""
    world: dict[str, list[str]] = {}
    site = {}
    for resource in in_order():
        site[resource.kind] = draw(configurations(resource, world, most, without, full & set(resource.by_name)))
        world[resource.kind] = [SINGLE if resource.single else str(each[resource.key]) for each in site[resource.kind]]
    return site


def bare(resource: Resource, key: str, world: World) -> dict[str, Any]:
    """An item with nothing but what is needed, flat; also a number where none is allocated, by which others may lead to it."""
    needed = {each.name: "Somebody" if takes(each, "Somebody") else claimed_values(each, resource, key)[0] for each in resource.fields
              if each.name != resource.key and (each.required or isinstance(each, Number) and not each.allocated)}
    return mend(resource, needed if resource.single else {resource.key: key, **needed}, world)


def item_with(resource: Resource, key: str, field: Field, world: World) -> dict[str, Any]:
    """A valid item that gives this field another value than its default, flat."""
    inner = getattr(field, "each", field)
    ways = world.get(inner.to, []) if isinstance(inner, Reference) else \
        [*claimed_values(field, resource, key), *inner.choices, *TYPICAL] if field.claim else \
        [*FIT.get(f"{resource.kind}.{field.name}", []), *inner.choices, *TYPICAL, False]
    basis = bare(resource, key, world)
    default = resource.complete(said(resource, basis))[field.name]
    for way in [each for each in ways if takes(field, each) and field.check(each) != default]:
        try:
            return mend(resource, {**basis, field.name: way}, world, keep=frozenset([field.name]), turn=True)
        except AssertionError:      # not this one
            continue
    raise AssertionError(f"nothing to try {resource.kind}.{field.name} with: add a value to TYPICAL")
