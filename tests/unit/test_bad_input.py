# SPDX-License-Identifier: GPL-3.0-or-later
"""What cannot be taken, in more than five hundred ways that follow from the declarations: each refused by item, field and rule, with nothing changed."""

from __future__ import annotations

import csv
import functools
import io
import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from module_utils.model.errors import Refused, Trouble, Wrong
from module_utils.model.fields import Choice, Field, Flag, Host, Integer, List, Number, Reference, Secret, Text
from module_utils.model.resource import Resource
from module_utils.model.site import RESOURCES
from plugin_utils.people import Unreadable, read

from tests.unit.conftest import House, fresh
from tests.unit.made import accepted, as_written, bare, claimed_values, mend, names, takes
from tests.unit.samples import SAMPLES, every_kind, furnish, keys, sample

NAN, ENDLESS, HUGE = float("nan"), float("inf"), 10**30
HIDDEN = "hunter2-Topsecret"
DEEP: Any = "x"
for _each in range(60):
    DEEP = [DEEP]
TYPES: list[Any] = [1.5, NAN, ENDLESS, -ENDLESS, HUGE, True, ["x", ["y"]], {"a": {"b": 1}}, DEEP]
MARKS = ["a\x00b", "a\nb", "a\rb", "a\x1bb", "a\u202eb", "a\u200bb", "a\u2028b", "a\ud800b", "a\ufeffb"]
MANGLED = ["1001.0", "1,001", "1.0E+03", "1.001E+06", 1001.0, 1.5, NAN, ENDLESS]


@dataclass(frozen=True)
class Mistake:
    """Items of a kind, of which one is bad, and what must be told of it."""
    kind: str
    what: str
    items: list[Any]
    field: str
    told: str = ""
    hidden: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.kind} {self.field} {self.what}"


def bad_values(field: Field) -> Iterator[tuple[str, Any, str]]:
    """(what is wrong, value, what is told) by the kind of field, as far as it is known here."""
    check = type(field).check
    if check in (Text.check, Number.check):
        assert isinstance(field, Text)
        for value in TYPES:
            if check is Number.check and isinstance(value, (int, float)):
                continue
            yield "wrong type", value, f"must be text, not {type(value).__name__}"
        yield from (("control or direction", value, "holds a control character, a line break or a mark") for value in MARKS)
        long = "x" * (field.longest + 1)
        yield "too long", long, f"is longer than {field.longest} characters"
        if 4 * field.longest > field.bytes and field.bytes < 4 * (field.bytes // 4 + 1) <= 4 * field.longest:
            yield "too many bytes", "\U0001f600" * (field.bytes // 4 + 1), f"is longer than {field.bytes} bytes"
        if field.pattern:
            yield from (("not of its form", value, field.rule) for value in ["\u0430bc \u0661", '"<;[|', "a b\u00e5,", "\\"]
                        if not re.fullmatch(field.pattern, value))
        yield from (("reserved", value, "means something to Asterisk") for value in field.reserved)
        if check is Number.check:
            yield from (("mangled", value, "looks mangled by a spreadsheet") for value in MANGLED)
            yield from (("no number", value, field.rule) for value in ["1", "1" * 16, "-100", "12a4", HUGE, -5])
    elif check is Integer.check:
        assert isinstance(field, Integer)
        told = f"must be a whole number from {field.least} to {field.most}"
        yield from (("out of range", value, told) for value in [field.least - 1, field.most + 1, str(field.most + 1), -HUGE])
        yield from (("wrong type", value, told) for value in [*TYPES, "12:30", "1e3", "0x10", "\u0663", "", "ten", "1 0"])
    elif check is Flag.check:
        yield from (("wrong type", value, "must be true or false") for value in [*TYPES, 2, "maybe", "", "ye", "a\u202eb"] if value is not True)
    elif check is Choice.check:
        for choice in field.choices:
            near = choice + "x"
            yield "near miss", near, f"'{near}' is none of"
            yield "capitals", choice.upper(), f"'{choice.upper()}' is none of"
        yield from (("unknown", value, "is none of") for value in ["", "nosuch", "a\nb", "a\u202eb", "a\ud800b"])
        yield from (("wrong type", value, f"a {type(value).__name__} is none of") for value in TYPES if value is not True)
    elif check is List.check:
        assert isinstance(field, List)
        yield from (("wrong type", value, "must be a list") for value in TYPES if not isinstance(value, list))
        yield from ((f"in it: {what}", [value], told) for what, value, told in bad_values(field.each))
        good = [each for each in accepted(field.each) if isinstance(each, str)][:1] or ["a"]
        if not isinstance(field.each, Reference):
            yield "twice", good * 2, "names a value twice"
            if not any(" " in each for each in good):
                yield "twice in a cell", " ".join(good * 2), "names a value twice"
        yield "too many", [f"v{count}" for count in range(field.most + 1)], f"must name at most {field.most} values, not {field.most + 1}"
        if field.filled:
            yield "empty", [], "must not be empty"
    elif check is Host.check:
        told = "must be dynamic, an IP address, or a network"
        names = ["dynamc", "192.0.2", "192.0.2.256", "192.0.2.1/33", "2001:db8:::1", "phone.example.org", ""]
        yield from (("wrong type", value, told) for value in [*TYPES, *MARKS, *names])
        yield from (("no telephone's", value, told) for value, told in [
            ("0.0.0.0/0", "is every address"), ("192.0.2.1/24", "has host bits set"), ("224.0.0.1", "is not an address"), ("0.0.0.0", "is not an address"),
            ("::ffff:192.0.2.0/120", "written as IPv6")])
    elif isinstance(field, Secret):
        yield from (("wrong type", value, "") for value in [*TYPES, 12345678, *MARKS] if not takes(field, value))
        sizes = [HIDDEN[:max(field.shortest - 1, 0)], (HIDDEN * 40)[:field.longest + 1]]
        shapes = [f"{HIDDEN}\nx", f"{HIDDEN}\u202e", f"{HIDDEN}\ud800", [HIDDEN], {HIDDEN: 1}]
        yield from (("no secret of its form", value, "") for value in sizes + shapes if not takes(field, value))
        coded = {"md5": "c0ffee" * 5 + "ab", "sha256": "c0ffee" * 10 + "abcd", "realm": "switchboard"}
        for bad in ({"md5": coded["md5"] + "0"}, {"sha256": "C0FFEE" * 10 + "ABCD"}, {"realm": 7}, {"md5": None}, {"more": HIDDEN}, {"untold": HIDDEN}):
            yield "bad digests", {**coded, **bad}, "as digests must be" if takes(field, coded) and "untold" not in bad else ""
        for bad_hash in ("$pbkdf2-sha256$1$c2FsdA$tooshort", "$6$salt$" + "x" * 85, "$2b$12$" + "." * 52, "{SSHA}c0ffee", "$1$md5$isnotgoodenough"):
            if not takes(field, bad_hash):
                yield "bad hash", bad_hash, ""
    else:
        yield from (("not its kind", value, "") for value in [*TYPES, *MARKS, "", "nosuch\u00e5"] if not takes(field, value))


def some_of_each(resource: Resource, field: Field) -> Iterator[tuple[str, Any, str]]:
    """All bad values for the first field of its kind in the resource, and some of each sort, not always the same, for the others."""
    first = next(each for each in resource.fields if type(each) is type(field)) is field
    place = resource.fields.index(field)
    by_what: dict[str, list[tuple[str, Any, str]]] = {}
    for each in bad_values(field):
        by_what.setdefault(each[0], []).append(each)
    for lot in by_what.values():
        yield from lot if first else (lot[(place + count) % len(lot)] for count in range(min(2, len(lot))))


def spoilt(resource: Resource, field: Field, value: Any, world: Mapping[str, list[str]]) -> dict[str, Any]:
    key = names(resource, 99)[-1]
    return as_written(resource, {**bare(resource, key, world), field.name: value}, nested=True)


def hidden_in(field: Field, value: Any) -> tuple[str, ...]:
    text = str(value)
    return tuple(each for each in (HIDDEN[:7], "c0ffee", "C0FFEE", "12345678") if field.secret and each in text)


def of_fields(resource: Resource, world: Mapping[str, list[str]]) -> Iterator[Mistake]:
    for field in resource.fields:
        if not (resource.single and field.name == resource.key):
            for what, value, told in some_of_each(resource, field):
                yield Mistake(resource.kind, what, [spoilt(resource, field, value, world)], field.name, told, hidden_in(field, value))
    for field in [each for each in resource.fields if each.required]:
        item = bare(resource, names(resource, 99)[-1], world)
        without = {name: value for name, value in item.items() if name != field.name}
        yield Mistake(resource.kind, "missing", [without], field.name, "is needed")
        yield Mistake(resource.kind, "null", [{**item, field.name: None}], field.name, "must not be empty" if field.name == resource.key else "is needed")


def of_names(resource: Resource, world: Mapping[str, list[str]]) -> Iterator[Mistake]:
    item = bare(resource, names(resource, 99)[-1], world)
    for field in resource.fields:
        near = field.name + field.name[-1]
        yield Mistake(resource.kind, "near miss", [{**item, near: HIDDEN}], near, f"is not a field of {resource.plural}", (HIDDEN,))
    for name in ("nosuch", "__class__", "a.b.c", "", "\u0430", *sorted(resource.groups)):
        yield Mistake(resource.kind, "unknown", [{**item, name: HIDDEN}], name, f"is not a field of {resource.plural}", (HIDDEN,))
    for name in MARKS:
        yield Mistake(resource.kind, "name no text", [{**item, name: HIDDEN}], "", f"is not a field of {resource.plural}", (HIDDEN,))
    for what in (1, "x", [], [1], True, 1.5, DEEP):
        yield Mistake(resource.kind, "no item", [what], "", "must be a mapping of fields")
    yield Mistake(resource.kind, "null", [None], "", "must be a mapping of fields")
    if not resource.single:
        yield Mistake(resource.kind, "twice", [item, item], resource.key, "is named twice")
        yield Mistake(resource.kind, "empty", [{}], resource.key, "is needed")


def of_what_is_there(resource: Resource, world: Mapping[str, list[str]]) -> Iterator[Mistake]:
    """Of fields that are taken, never change, or refer to what is not there; the kind's samples are."""
    there = None if resource.single else {**dict(resource.flat(SAMPLES[resource.kind].items[0]))}
    key = names(resource, 99)[-1]
    for field in resource.fields:
        inner = getattr(field, "each", field)
        if field.claim and field.name != resource.key and there is not None:
            taken = {**bare(resource, key, world), field.name: claimed_values(field, resource, "thief1")[0]}
            taken = mend(resource, taken, world, keep=frozenset([field.name]), turn=True)
            yield Mistake(resource.kind, "taken", [taken, {**taken, resource.key: names(resource, 99)[-2]}], field.name, "is taken by")
        if isinstance(inner, Reference) and field.name in resource.references:
            for to in ("nosuch", world[inner.to][0] + "x", "a" * 40):
                item = {**bare(resource, key, world), field.name: [to] if inner is not field else to}
                item = mend(resource, item, world, keep=frozenset([field.name]), turn=True)
                yield Mistake(resource.kind, "refers to nobody", [item], field.name, f"there is no {inner.to} '{to}'")
            for to in ("Capital", "a b", "x" * 41, "a\u202eb", "1001"):
                item = {**bare(resource, key, world), field.name: [to] if inner is not field else to}
                yield Mistake(resource.kind, "no name", [item], field.name, "")
        if field.fixed and there is not None and field.name != resource.key:
            for value in [each for each in [*claimed_values(field, resource, "other1"), *field.choices] if takes(field, each)
                          and field.check(each) not in (there.get(field.name), field.default)]:
                item = mend(resource, {**there, field.name: value}, world, keep=frozenset([field.name]), turn=True)
                yield Mistake(resource.kind, "fixed", [item], field.name, "never changes after creation")


class Asked(dict):      # type: ignore[type-arg]
    """A whole resource that knows what it was asked for."""
    asked: set[str]

    def __getitem__(self, name: str) -> Any:
        self.asked.add(name)
        return super().__getitem__(name)


def some_values(field: Field) -> list[Any]:
    if isinstance(field, List):
        return [[each] for each in accepted(field.each)[:6]]
    if isinstance(field, Integer):
        return [each for each in (0, 1, 2, field.least + 1, field.most) if takes(field, each)]
    return [True, False] if isinstance(field, Flag) else [*accepted(field), "127.0.0.1"] if isinstance(field, Host) else accepted(field)[:6]


def broken(resource: Resource, rule: Any, item: dict[str, Any]) -> tuple[dict[str, Any], Wrong]:
    """An item with as few fields changed as it takes to break one rule."""
    def verdict(given: Mapping[str, Any], asked: set[str]) -> Wrong | None:
        whole = Asked(resource.complete({name: resource.by_name[name].check(value) for name, value in given.items()}))
        whole.asked = asked
        try:
            rule(whole)
        except Wrong as wrong:
            return wrong
        return None

    asked: set[str] = set()
    verdict(item, asked)
    for count in (1, 2, 3):
        for _again in range(3):     # each answer may lead to another question
            for changed in itertools.combinations(sorted(asked - {resource.key}), count):
                fields = [resource.by_name[name] for name in changed]
                ways = [some_values(each) if not each.secret else ["Geheim-1-password"] for each in fields]
                for values in itertools.product(*ways):
                    given = {**item, **dict(zip(changed, values))}
                    wrong = verdict(given, asked)
                    if wrong:       # of what there is one already, what it has is taken back
                        return {**(dict.fromkeys(asked - {resource.key}) if resource.single else {}), **given}, wrong
    raise AssertionError(f"nothing breaks {resource.kind}'s rule {rule.__name__}")


def broken_by_some(resource: Resource, rule: Any, world: Mapping[str, list[str]]) -> tuple[dict[str, Any], Wrong]:
    """Where keys are choices, a rule may be for one of them only."""
    *others, last = names(resource, 99) if resource.by_name[resource.key].choices else names(resource, 99)[-1:]
    for key in others:
        try:
            return broken(resource, rule, bare(resource, key, world))
        except AssertionError:
            continue
    return broken(resource, rule, bare(resource, last, world))


def of_rules(resource: Resource, world: Mapping[str, list[str]]) -> Iterator[Mistake]:
    for rule in resource.rules:
        item, wrong = broken_by_some(resource, rule, world)
        yield Mistake(resource.kind, rule.__name__, [as_written(resource, item, nested=True)], wrong.field, wrong.rule)


@functools.cache
def mistakes(kind: str) -> list[Mistake]:
    resource = RESOURCES[kind]
    world = {each.to: keys(each.to) for each in resource.references.values()}
    return [mistake for some in (of_fields, of_names, of_what_is_there, of_rules) for mistake in some(resource, world)]


def is_refused(house: House, mistake: Mistake, items: list[Any], places: list[str], before: Any) -> str:
    """What is wrong with how it is refused, or nothing."""
    resource = RESOURCES[mistake.kind]
    try:
        house.run("merged", items, resource, places=places)
    except Refused as refused:
        text = str(refused)
    except Trouble as trouble:
        return f"is refused as a whole: {trouble}"
    except Exception as wrong:
        return f"ends in {wrong!r:.300}"
    else:
        return "is taken"
    place = rf"({'|'.join(map(re.escape, places))})" if places else r"item \d+"
    for line in text.split("\n"):
        if not re.match(rf"{place}: {mistake.kind}( without {resource.key}| .{{1,60}})?: ", line) and not line.startswith("and "):
            return f"is told without item and place: {line!r}"
        if not line.isprintable():
            return f"is told with what nobody can read: {line!r}"
    field = f": {mistake.field}: " if mistake.field else ": "
    if not any(field in line and mistake.told in line.split(field, 1)[1] for line in text.split("\n")):
        return f"is told in other words: {text!r}"
    if any(each in text for each in mistake.hidden):
        return f"shows a secret: {text!r}"
    return "" if house.written() == before else "changes something"


@pytest.mark.row("P1", "P2", "P3", "P6")
@every_kind
def test_every_mistake_is_refused_by_item_field_and_rule(kind: str) -> None:
    with fresh() as house:
        furnish(house, kind)
        everything, written = house.everything(), house.written()
        found = {f"{each}: {each.items!r:.150}": told for each in mistakes(kind) if (told := is_refused(house, each, each.items, [], written))}
        assert found or house.everything() == everything
    assert not found, "\n".join(f"{name}\n    {told}" for name, told in list(found.items())[:20]) + f"\n{len(found)} in all"


def cell(value: Any) -> str | None:
    """What stands in a spreadsheet, if it can."""
    if isinstance(value, str) and value.strip() and not re.search("[\0\r\n\ud800-\udfff]", value):
        return value
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


@every_kind
def test_every_mistake_in_a_spreadsheet_is_refused_by_its_line(kind: str) -> None:
    """Of those that a cell can hold."""
    resource, _those = sample(kind)
    if resource.single:
        return
    world = {each.to: keys(each.to) for each in resource.references.values()}
    with fresh() as house:
        furnish(house, kind)
        before, found, count = house.written(), {}, 0
        for field in [each for each in resource.fields if each.name != resource.key]:
            for what, value, told in some_of_each(resource, field):
                text = cell(value)
                if text is None or takes(field, text):
                    continue
                item = {**bare(resource, names(resource, 99)[-1], world), field.name: text}
                file = io.StringIO(newline="")
                csv.writer(file, delimiter=";").writerows([list(item), list(item.values())])
                items, places = read("/somewhere/p.csv", file.getvalue().encode(), resource.plural, str)
                assert places == ["p.csv: line 2"]
                mistake = Mistake(kind, what, items, field.name, told if isinstance(value, str) else "", hidden_in(field, value))
                count += 1
                wrong = is_refused(house, mistake, items, places, before)
                if wrong:
                    found[f"{mistake}: {text!r:.100}"] = wrong
    assert not found, "\n".join(f"{name}\n    {told}" for name, told in list(found.items())[:20]) + f"\n{len(found)} in all"
    assert count or len(resource.fields) < 5


def test_there_are_more_than_five_hundred() -> None:
    found = {kind: len(mistakes(kind)) for kind in RESOURCES}
    assert sum(found.values()) >= 500 and all(found.values()), found


def test_a_list_of_many_mistakes_tells_ten(house: House) -> None:
    furnish(house, "agent")
    before = house.everything()
    items = [item for mistake in mistakes("agent")[:200] for item in mistake.items]
    with pytest.raises(Refused) as refused:
        house.run("merged", items)
    assert len(str(refused.value).splitlines()) == 11 and house.everything() == before


TRICKS = [
    ("p.yml", "- username: *hunter2-Topsecret\n"), ("p.yml", "- sip_password: *hunter2-Topsecret\n"), ("p.yml", "- sip_password: !hunter2-Topsecret x\n"),
    ("p.yml", "- sip_password: %hunter2-Topsecret\n"), ("p.yml", "- sip_password: @hunter2-Topsecret\n"), ("p.yml", "- sip_password: `hunter2-Topsecret`\n"),
    ("p.yml", "- sip_password: 'hunter2-Topsecret\n"), ("p.yml", '- sip_password: "hunter2-Topsecret\\q"\n'), ("p.yml", "- sip_password: {hunter2-Topsecret\n"),
    ("p.yml", "- !include hunter2-Topsecret\n"), ("p.yml", "- username: a\n  username: hunter2-Topsecret\n"),
    ("p.yml", "- {username: a, username: hunter2-Topsecret}\n"),
    ("p.yml", "- [username, a]: hunter2-Topsecret\n"), ("p.yml", "- <<: hunter2-Topsecret\n"), ("p.yml", "- <<: [hunter2-Topsecret]\n"),
    ("p.yml", "- &a [*a]\n"), ("p.yml", "- &a {b: *a}\n"), ("p.yml", "- a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"- {chr(98 + count)}: &{chr(98 + count)} [{','.join(['*' + chr(97 + count)] * 9)}]\n" for count in range(12))),
    ("p.yml", "- a\n---\n- b\n"), ("p.yml", "\tusername: a\n"), ("p.yml", "- a: b: c\n"), ("p.yml", "- username: a\n full_name: b\n"),
    ("p.yml", "- a: 'x\x07y'\n"),
    ("p.yml", "- " * 200 + "x\n"), ("p.yml", "[" * 3000), ("p.yml", "{a: " * 50 + "x" + "}" * 50), ("p.yml", "agents: hunter2-Topsecret\n"),
    ("p.yml", "username: a\n"),
    ("p.yml", "agents: []\nmore: []\n"), ("p.yml", "hunter2-Topsecret\n"), ("p.yml", b"- username: \xff\n"), ("p.yml", "- username: a\x00\n"),
    ("p.json", "[{"), ("p.json", '[{"username": "a", "username": "hunter2-Topsecret"}]'), ("p.json", "[" * 100000), ("p.json", '{"username": "a"}'),
    ("p.json", "[1" + "0" * 5000 + "]"), ("p.json", '"hunter2-Topsecret"'), ("p.json", "[hunter2-Topsecret]"), ("p.json", b"\xff\xfe[\x00]\x00"),
    ("p.json", ""),
    ("p.csv", ""), ("p.csv", ";;\n"), ("p.csv", "username;username\na;b\n"), ("p.csv", "username;\na;hunter2-Topsecret\n"),
    ("p.csv", "username;x\na;b;hunter2-Topsecret\n"),
    ("p.csv", 'username;x\n"a";"b"hunter2-Topsecret\n'), ("p.csv", 'username;x\na;"hunter2-Topsecret\n'), ("p.csv", b"username;full_name\na;\xe5sa\n"),
    ("p.txt", "- username: a\n"), ("p", "- username: a\n"), ("p.yml.bak", "- username: a\n"), ("p.ini", "[a]\n"), ("p.xlsx", b"PK\x03\x04"),
]


@pytest.mark.parametrize(("name", "text"), TRICKS, ids=[f"{name}-{count}" for count, (name, _text) in enumerate(TRICKS)])
def test_files_that_cannot_be_read(name: str, text: str | bytes) -> None:
    with pytest.raises(Unreadable) as refused:
        read(f"/somewhere/{name}", text if isinstance(text, bytes) else text.encode(), "agents", str)
    told = str(refused.value)
    assert told.startswith(f"{name}: ") and told.isprintable() and "Topsecret" not in told


LOOKS_RIGHT = [
    ("- !!python/object/apply:os.system ['true']\n", ""), ("- username: !!python/name:os.system Os\n", "username"),
    ("- username: Yes\n  full_name: A\n", "username"), ("- username: ~\n  full_name: A\n", "username"), ("- username: a\n  full_name: \n", "full_name"),
    ("- username: a\n  full_name: A\n  number: 1_001\n", "number"), ("- username: a\n  full_name: A\n  number: 0x3e9\n", "number"),
    ("- username: a\n  full_name: A\n  number: 1e3\n", "number"), ("- username: a\n  full_name: A\n  number: 12:30\n", "number"),
    ("- username: a\n  full_name: A\n  sip_expires: .inf\n", "sip_expires"), ("- username: a\n  full_name: A\n  sip_expires: .nan\n", "sip_expires"),
    ("- username: a\n  full_name: A\n  disabled: y\n", "disabled"), ("- username: a\n  full_name: A\n  codecs: {ulaw: 1}\n", "codecs"),
    ("- username: a\n  full_name: A\n  phone: [delay]\n", "phone"), ("- username: a\n  full_name: A\n  ? [x]\n  : y\n", ""),
    ("- username: a\n  full_name: |\n    two\n    lines\n", "full_name"), ('- username: a\n  full_name: "a\\u202Eb"\n', "full_name"),
    ("- username: a\n  full_name: A\n  email: !unsafe '{{ x }}'\n", "email"), ("- username: a\n  full_name: A\n  teams: sales nosuch\n", "teams"),
    ("- username: a\n  full_name: A\n  sip_password: hunter2\n", "sip_password"), ("- username: a\n  full_name: A\n  voicemail_pin: 0x12\n", "voicemail_pin"),
]


@pytest.mark.parametrize(("text", "field"), LOOKS_RIGHT)
def test_files_that_say_what_cannot_be(house: House, text: str, field: str) -> None:
    furnish(house, "agent")
    before = house.everything()
    with pytest.raises((Refused, Unreadable)) as refused:
        items, places = read("/somewhere/p.yml", text.encode(), "agents", str)
        house.run("merged", items, places=places)
    told = str(refused.value)
    assert told.startswith("p.yml: line ") and f": {field}" in told and told.isprintable() and "hunter2" not in told
    assert house.everything() == before
