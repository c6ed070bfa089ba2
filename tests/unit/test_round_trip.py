# SPDX-License-Identifier: GPL-3.0-or-later
"""gathered applied again changes nothing; what was planned is what is wanted."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from module_utils.compile import compile_site
from module_utils.model.agent import AGENT
from module_utils.model.extension import EXTENSION
from module_utils.model.fields import Field
from module_utils.model.line import CODECS, NAT_MODES
from module_utils.model.resource import SINGLE, Resource
from module_utils.model.secrets import unveil
from module_utils.model.site import RESOURCES
from module_utils.plan import Have

from tests.unit.conftest import ANNA, BEN, SECRET, House, kept, planned
from tests.unit.made import as_written, item_with, names, said, sent
from tests.unit.samples import every_kind, furnish, keys, sample

words = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=30)
groups = st.lists(st.from_regex("[a-z0-9_-]{1,5}", fullmatch=True), unique=True, max_size=3)
LINE = {
    "description": words, "disabled": st.booleans(), "nat": st.sampled_from(NAT_MODES), "context": st.just("from-sip"), "call_groups": groups,
    "pickup_groups": groups, "type": st.sampled_from(("friend", "user", "peer")), "sip_expires": st.integers(30, 86400),
}
SIP = {**LINE, "transport": st.sampled_from(("udp", "tcp", "tls")), "host": st.sampled_from(("dynamic", "198.51.100.0/24", "2001:db8::/64")),
       "codecs": st.permutations(CODECS).map(lambda each: each[:2])}
WEB = {**LINE, "transport": st.sampled_from(("ws", "wss")), "codecs": st.permutations([each for each in CODECS if each != "g729"]).map(lambda each: each[:2])}
DELAY = st.integers(0, 60)
DESK = {
    **{name: st.booleans() for name in ("login_pause", "mask_sensitive_data", "chanspy", "video", "prefix_required", "messenger.sound", "phone.settings",
                                        "phone.ring_in_use", "channels.voice.auto_answer", "downloads.recordings")},
    "client_log": st.sampled_from(("off", "error", "debug")), "record_calls": st.sampled_from(("inactive", "wav49")), "phone.delay": DELAY,
    "channels.chat.capacity": st.integers(0, 100), "permissions.sections": groups.map(lambda each: [f"s{word}" for word in each if word[0].isalnum()]),
}
PERSON = {**DESK, "alias": words, "voicemail": st.booleans(), "voicemail_pin": st.from_regex("[0-9]{4,10}", fullmatch=True)}
NAMES = [f"p{count}" for count in range(6)]


def one_of_each(key: str, needed: dict[str, Any], may: dict[str, Any]) -> Any:
    """Lists of resources, each with a name of its own and some of the fields that it may have."""
    return st.lists(st.fixed_dictionaries({key: st.sampled_from(NAMES), **needed}, optional=may), unique_by=lambda each: each[key], max_size=6)


PHONES = one_of_each("username", {"full_name": words, "typology": st.just("external")}, {**SIP, **PERSON})
BROWSERS = one_of_each("username", {"full_name": words}, {**WEB, **PERSON})
EXTENSIONS = one_of_each("name", {}, {**SIP, "display_name": words})


@pytest.mark.parametrize(("resource", "items"), [(AGENT, PHONES), (AGENT, BROWSERS), (EXTENSION, EXTENSIONS)], ids=["phones", "browsers", "extensions"])
@pytest.mark.parametrize("state", ["merged", "replaced", "overridden"])
def test_planned_is_what_was_wanted(resource: Resource, items: Any, state: str) -> None:
    @settings(max_examples=15)
    @given(first=items, second=items)
    def holds(first: list[Any], second: list[Any]) -> None:
        made = planned("overridden", first, resource=resource, allow_empty=True)
        have = kept(made)
        again = planned(state, second, have, resource, allow_empty=True, max_deletions="100%")
        for item in second:
            whole = resource.complete(again.after[item[resource.key]])
            shown = {name: value for name, value in item.items() if not resource.by_name[name].secret}
            assert {name: whole[name] for name in shown} == {**shown, **{name: resource.by_name[name].check(value) for name, value in shown.items()}}
            if state != "merged":
                unsaid = [name for name, each in resource.by_name.items() if name not in item and not each.secret and not each.fixed]
                fresh = resource.complete(item)
                assert {name: whole[name] for name in unsaid} == {name: fresh[name] for name in unsaid}
        expected = {item[resource.key] for item in second} | (set() if state == "overridden" else set(have.documents))
        assert set(again.after) == expected
        numbers = [each["number"] for each in again.after.values()]
        assert len(set(numbers)) == len(numbers)
        assert not planned(state, second, kept(again), resource, allow_empty=True, seed="other").changed
        gathered = [resource.nested({name: value for name, value in each.items() if not resource.by_name[name].secret}) for each in again.after.values()]
        assert not planned("overridden", json.loads(json.dumps(gathered)), kept(again), resource, allow_empty=True, seed="other").changed
        compile_site({resource.kind: again.after})

    holds()


def test_gathered_applied_again_changes_nothing(house: House) -> None:
    house.run("merged", [ANNA, {**BEN, "codecs": "alaw g729", "host": "192.0.2.0/24"}])
    house.run("merged", [{"name": "door", "sip_password": SECRET}], EXTENSION)
    for resource in (AGENT, EXTENSION):
        gathered = house.run("gathered", resource=resource)["gathered"]
        for state in ("merged", "replaced", "overridden"):
            assert house.run(state, gathered, resource)["changed"] is False


@pytest.mark.parametrize("recording", [True, False])
def test_gathered_with_secrets_moves_a_site(house: House, recording: bool) -> None:
    house.run("merged", [ANNA, BEN], recording=recording)
    told = house.run("gathered", with_secrets=True, seed="a seed")
    secrets = unveil("a seed", told["veiled"])
    moved = [{**each, **secrets[each["username"]]} for each in told["gathered"]]
    made = planned("overridden", moved, Have(), realm="switchboard")
    assert made.after == house.documents()


@every_kind
@pytest.mark.parametrize("state", ["merged", "replaced", "overridden"])
def test_every_kind_gathered_and_applied_again(house: House, state: str, kind: str) -> None:
    resource, _those = sample(kind)
    furnish(house, kind)
    before, gathered = house.everything(), house.run("gathered", resource=resource)["gathered"]
    assert house.run(state, [gathered] if resource.single else gathered, resource)["changed"] is False and house.everything() == before


def shown_fields(resource: Resource) -> list[Field]:
    return [each for each in resource.fields if each.name not in {resource.key, *resource.views} and not each.secret and not each.passing and not each.beside]


@pytest.mark.row("P7", "P11", "P13", "P19", "U2", "U3", "A1", "A4", "A5", "A9", "A10", "A11", "A13",
                 "A14", "A15", "A16", "A17", "A18", "A19", "A20", "A21", "A22", "A23", "A24", "A25", "A26", "T9")
@every_kind
def test_every_field_comes_back_and_goes_back_to_its_default(house: House, kind: str) -> None:
    """Each resource of the kind gives a field of its own, as many at a time as there can be."""
    resource = RESOURCES[kind]
    furnish(house, kind, full=False)
    world = {each.to: keys(each.to) for each in resource.references.values()}
    left, there = shown_fields(resource), names(resource, len(resource.fields))
    while left:
        fields, left = dict(zip(there, left)), left[len(there):]
        items = {key: item_with(resource, key, field, world) for key, field in fields.items()}
        house.run("overridden", [as_written(resource, each, nested=False) for each in items.values()], resource, max_deletions="100%",
                  pictures=sent(house))
        gathered = house.run("gathered", resource=resource)["gathered"]
        found = {each.get(resource.key, SINGLE): dict(resource.flat(each)) for each in ([gathered] if resource.single else gathered)}
        assert {key: found[key][field.name] for key, field in fields.items()} == {key: field.check(items[key][field.name]) for key, field in fields.items()}
        without = {key: {name: each for name, each in items[key].items() if name != field.name} for key, field in fields.items()}
        free = {key: each for key, each in without.items() if not fields[key].required and not fields[key].fixed
                and not resource.judge(resource.complete(said(resource, each)))}        # else another field needs it
        house.run("merged", [{**each, fields[key].name: None} for key, each in free.items()], resource)
        whole = {key: resource.complete(each) for key, each in house.documents(kind).items()}
        default = {key: resource.complete(said(resource, each))[fields[key].name] for key, each in free.items()}
        assert {key: whole[key][fields[key].name] for key in free} == default
