# SPDX-License-Identifier: GPL-3.0-or-later
"""For every resource, any two configurations and any state: the store holds what the state's definition says, once and for all, and nobody sees a secret."""

from __future__ import annotations

import contextlib
import functools
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import given as drawn
from hypothesis import strategies as st
from module_utils import accounts
from module_utils.model.numbers import NumberRange
from module_utils.model.passwords import quickly_hashed, verified
from module_utils.model.resource import Resource
from module_utils.model.site import RESOURCES
from module_utils.task import REALM

from tests.unit import made
from tests.unit.conftest import House, fresh

STATES = ("merged", "replaced", "overridden", "deleted")
TOLD = ("changed", "created", "updated", "deleted", "counts", "before", "after", "reasons", "files", "drifted", "numbers", "generated", "diff", "warnings")
# What fails is small as it is; making it smaller takes minutes
MODEST = settings(max_examples=5, phases=[Phase.generate], suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
# The only compiled files in which what is kept of a secret has to stand
BELONGS = {"sip_password": {"pjsip_auth.conf"}, "voicemail_pin": {"voicemail.conf"}, "password": {"pjsip_auth.conf"}}

Items = list[dict[str, Any]]


@contextlib.contextmanager
def quick_house() -> Iterator[House]:
    """Where passwords cost little and time stands still."""
    with fresh() as house, pytest.MonkeyPatch.context() as patch:
        patch.setattr(accounts, "hashed", quickly_hashed)
        patch.setattr("module_utils.task.time.strftime", lambda *_arguments: "2031-01-01T00:00:00Z")
        yield house


def kept(house: House, resource: Resource) -> dict[str, Any]:
    """What the store has of a kind. A single resource of which nothing is said is as good as one that is not there."""
    documents = house.documents(resource.kind)
    return documents or ({made.SINGLE: {resource.key: made.SINGLE}} if resource.single else {})


def apply(house: House, state: str, resource: Resource, items: Items, nested: bool = True, **more: Any) -> dict[str, Any]:
    options = {"allow_empty": True, "max_deletions": "100%", "diff": True, "pictures": made.sent(house), **more}
    return house.run(state, [made.as_written(resource, each, nested) for each in items], resource, **options)


def founded(house: House, resource: Resource) -> made.World:
    """What the resource may refer to, made beforehand."""
    needed: set[str] = set()
    for each in reversed(made.in_order()):
        if each.kind == resource.kind or each.kind in needed:
            needed |= {to.to for to in each.references.values()} - {resource.kind}
    world: dict[str, list[str]] = {}
    for other in [each for each in made.in_order() if each.kind in needed]:
        world[other.kind] = made.names(other, 3)
        apply(house, "merged", other, [made.bare(other, key, world) for key in world[other.kind]])
    return world


def should_be(resource: Resource, state: str, before: Mapping[str, Any] | None, item: Mapping[str, Any]) -> dict[str, Any]:
    """What one resource is to be, by the definition of the state: a null, and with replaced what is not given, is the default, which some have not."""
    has_none = {each.name for each in resource.fields if each.fixed or each.secret}
    keeps = {each.name for each in resource.fields if each.fixed or each.secret or each.apart or state == "merged"}
    whole = {name: value for name, value in (before or {}).items() if name in keeps}
    for name, value in made.said(resource, item).items():
        if value is not None:
            whole[name] = value
        elif name not in has_none:
            whole.pop(name, None)
    return whole


def fitting(resource: Resource, state: str, before: Mapping[str, Mapping[str, Any]], items: Items, world: made.World) -> Items:
    """The items without what may not be said of those who are there already."""
    found, fixed = [], frozenset(each.name for each in resource.fields if each.fixed)
    for item in items:
        known = before.get(made.SINGLE if resource.single else item[resource.key])
        free = {name: value for name, value in item.items() if name == resource.key or not resource.by_name[name].fixed}
        found.append(item if known is None else made.mend(resource, free, world, functools.partial(should_be, resource, state, known), fixed))
    return found


def holds_what_is_said(resource: Resource, state: str, before: Mapping[str, Any], items: Items, after: Mapping[str, Any],
                       generated: set[tuple[str, str]]) -> None:
    given = {made.SINGLE if resource.single else item[resource.key]: item for item in items}
    if state == "deleted":
        bare = {made.SINGLE: {resource.key: made.SINGLE}} if resource.single else {}
        assert after == ({key: each for key, each in before.items() if key not in given} or bare)
        return
    assert set(after) == set(given) | (set() if state == "overridden" else set(before))
    assert {key: each for key, each in after.items() if key not in given} == {key: before[key] for key in after if key not in given}
    for key, item in given.items():
        whole, was, has = should_be(resource, state, before.get(key), item), before.get(key, {}), after[key]
        if "number" in has and whole.get("number") is None:     # not every kind is given one
            assert "number" not in was
            assert has["number"] in NumberRange.parse("1000-9999", "")
            whole["number"] = has["number"]
        wanted, complete = resource.complete(whole), resource.complete(has)
        for field in [each for each in resource.fields if not each.secret and not each.beside and not each.passing]:
            assert complete[field.name] == wanted[field.name], field.name
        passwords_stand = was.get("password_hash") and item.get("update_password") != "always"
        for secret in resource.secrets:
            value, name = made.normal(secret, item.get(secret.name)), secret.name
            if secret.passing:
                if value is not None and not passwords_stand:
                    assert verified(has["password_hash"], value)
                assert name not in has
            elif name == "password_hash" or secret.beside:
                assert not passwords_stand or has[name] == was[name] if name in was else True
            elif name == "api_key_hash" and name in was and item.get("update_password") != "always":
                assert has[name] == was[name]
            elif value is not None:
                assert has[name] == secret.seal(value, key, REALM)
            elif name in was:
                assert has[name] == was[name]
            else:
                assert ((key, name) in generated) == (name in has) == secret.needed(complete)


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield from [value] if len(value) > 5 and value != REALM else []
    elif isinstance(value, (list, Mapping)):
        for each in value.values() if isinstance(value, Mapping) else value:
            yield from strings(each)


STORE = "the store"


def secrets_of(resource: Resource, items: Items, documents: Mapping[str, Any], results: list[dict[str, Any]], seeds: list[str]) -> dict[str, set[str]]:
    """All secrets of a run, each with the places where it may stand."""
    found: dict[str, set[str]] = {}
    for secret in resource.secrets:
        for item in items:
            found.update((each, set()) for each in strings(item.get(secret.name)))
        for result in results:
            found.update((secret.make(seed, resource.kind, key), set()) for key, name, _count in result.get("generated", []) if name == secret.name
                         for seed in seeds)
    for secret in resource.secrets:
        for said in documents.values():
            found.update((each, {STORE, *BELONGS.get(secret.name, ())}) for each in strings(said.get(secret.name)))
    return found


def nobody_sees(secrets: Mapping[str, set[str]], results: list[Any], house: House) -> None:
    shown, files, store = json.dumps(results), house.files(), Path(house.store).read_bytes()
    for secret, belongs in secrets.items():
        assert secret not in shown
        assert {name for name, text in files.items() if secret in text} <= belongs
        assert STORE in belongs or secret.encode() not in store


@pytest.mark.row("P7", "N3", "N4", "T5", "T9", "U3")
@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("kind", RESOURCES)
def test_any_two_configurations(kind: str, state: str) -> None:
    resource = RESOURCES[kind]

    @MODEST
    @drawn(st.data())
    def holds(data: Any) -> None:
        with quick_house() as house:
            world = founded(house, resource)
            first, nested = data.draw(made.configurations(resource, world)), data.draw(st.booleans())
            started = apply(house, "merged", resource, first, nested, seed="first seed")
            before = kept(house, resource)
            second = fitting(resource, state, before, data.draw(made.configurations(resource, world)), world)

            everything, written = house.everything(), house.written()
            checked = apply(house, state, resource, second, nested, check=True, seed="second seed")
            assert house.everything() == everything and house.written() == written
            real = apply(house, state, resource, second, nested, seed="second seed")
            told = [name for name in TOLD if kind != "codec" or name != "warnings"]     # what can only pass through, Asterisk alone knows
            assert {name: checked.get(name) for name in told} == {name: real.get(name) for name in told}

            after = kept(house, resource)
            holds_what_is_said(resource, state, before, second, after, {(key, name) for key, name, _seed in real.get("generated", [])})
            means = [{key: {**resource.complete(said), **said} for key, said in documents.items()} for documents in (before, after)]
            assert resource.single or real["changed"] == (means[0] != means[1] or bool(real["files"]))

            written = house.written()
            again = apply(house, state, resource, second, nested, seed="third seed")
            gathered = house.run("gathered", resource=resource)["gathered"]
            back = apply(house, "overridden", resource, [gathered] if resource.single else gathered, seed="fourth seed")
            assert not again["changed"] and not back["changed"] and house.written() == written and kept(house, resource) == after

            if state != "deleted":
                read = apply(house, state, resource, second, nested, applied="second")
                recalled = house.run(state, None, resource, diff=True, applied="second")
                pictured = any(name in item for item in second for name in resource.pictures)
                assert recalled == {"changed": False, "unknown": True, "module": recalled["module"]} if pictured or read["warnings"] else \
                    {name: recalled.get(name) for name in TOLD} == {name: read.get(name) for name in TOLD}

            secrets = secrets_of(resource, [*first, *second], {**before, **{f"{key} now": said for key, said in after.items()}}, [started, real],
                                 ["first seed", "second seed"])
            rendered = house.run("rendered", [made.as_written(resource, each, nested) for each in first], resource)
            nobody_sees(secrets, [started, checked, real, again, gathered, back, rendered], house)

    holds()


def fixed_part(documents: Mapping[str, Any]) -> Any:
    """The documents without hashes, which never come out the same."""
    return {kind: {key: {name: value for name, value in said.items() if not RESOURCES[kind].by_name[name].apart} for key, said in each.items()}
            for kind, each in documents.items()}


def some_order(data: Any) -> list[Resource]:
    """The kinds in any order that references allow; what holds for the whole site comes first."""
    singles = [each for each in RESOURCES.values() if each.single]
    done = list(data.draw(st.permutations(singles)))
    while len(done) < len(RESOURCES):
        there = {each.kind for each in done}
        ready = [each for each in RESOURCES.values() if each.kind not in there and {to.to for to in each.references.values()} <= {*there, each.kind}]
        done.append(data.draw(st.sampled_from(ready)))
    return done


@pytest.mark.row("N3")
def test_any_order_makes_the_same_site() -> None:
    @settings(MODEST, max_examples=10)
    @drawn(st.data())
    def holds(data: Any) -> None:
        site = data.draw(made.sites(full=frozenset({"number"})))
        found = []
        for _each in range(2):
            with quick_house() as house:
                for resource in some_order(data):
                    apply(house, "merged", resource, data.draw(st.permutations(site[resource.kind])), seed="seed")
                documents, claims, _revision, files, *_rest = house.everything()
                found.append((fixed_part(documents), claims, files))
                for resource in some_order(data):
                    assert apply(house, "overridden", resource, site[resource.kind], seed="seed")["changed"] is False
        assert found[0] == found[1]

    holds()
