# SPDX-License-Identifier: GPL-3.0-or-later
"""What a plan decides: who may have what, which number is next, which secret is made."""

from __future__ import annotations

import signal
from typing import Any

import pytest
from module_utils.model.agent import AGENT
from module_utils.model.errors import Refused, Wrong
from module_utils.model.extension import EXTENSION
from module_utils.model.fields import List
from module_utils.model.secrets import LETTERS, derive, digests
from module_utils.plan import Have, Plan, Scope

from tests.unit.conftest import ANNA, BEN, SECRET, TEAM, kept, planned

DOOR = {"name": "door", "sip_password": SECRET}


def numbers(made: Plan) -> dict[str, str]:
    return {key: said["number"] for key, said in made.after.items()}


def refusal(*arguments: Any, **more: Any) -> list[str]:
    with pytest.raises(Refused) as wrong:
        planned(*arguments, **more)
    return str(wrong.value).splitlines()


@pytest.mark.parametrize(("first", "second", "told"), [
    ({"name": "door", "number": "1005"}, {"number": "1005"}, "number: 1005 is taken by extension 'door'"),
    ({"name": "anna"}, {}, "username: anna is taken by extension 'anna'"),
    ({"name": "door", "host": "192.0.2.1"}, {**BEN, "host": "192.0.2.1"}, "host: 192.0.2.1 is taken by extension 'door'"),
])
def test_claims_over_kinds(first: dict[str, Any], second: dict[str, Any], told: str) -> None:
    have = Have({}, kept(planned("merged", [{"sip_password": SECRET, **first}], resource=EXTENSION)).claims)
    item = {**ANNA, **second}
    assert refusal("merged", [item], have) == [f"item 1: agent {item['username']!r}: {told}"]


@pytest.mark.parametrize("stored", [True, False])
@pytest.mark.parametrize(("field", "one", "other"), [("email", "A@x.org", "a@X.ORG"), ("number", "1005", 1005), ("host", "192.0.2.1", "192.0.2.1/32"),
    ("host", "2001:db8::1", "2001:DB8::1")])
def test_claims_within_a_kind(stored: bool, field: str, one: Any, other: Any) -> None:
    first, second = {**BEN, field: one}, {**BEN, "username": "cleo", field: other}
    told = refusal("merged", [second], kept(planned("merged", [first]))) if stored else refusal("merged", [first, second])
    assert len(told) == 1 and f"agent 'cleo': {field}: " in told[0] and "is taken by agent 'ben'" in told[0]


def test_networks_and_dynamic_hosts_are_shared() -> None:
    assert len(planned("merged", [{**BEN, "host": "192.0.2.0/24"}, {**BEN, "username": "cleo", "host": "192.0.2.0/24"}, {**BEN, "username": "d"}]).create) == 3


def test_swap_within_one_run() -> None:
    made = planned("merged", [{**BEN, "email": "b@x.org", "host": "192.0.2.1"}, {**BEN, "username": "cleo", "email": "c@x.org", "host": "192.0.2.2"}])
    swapped = planned("merged", [{"username": "ben", "email": "c@x.org", "host": "192.0.2.2"}, {"username": "cleo", "email": "b@x.org", "host": "192.0.2.1"}],
        kept(made))
    assert {key: (said["email"], said["host"]) for key, said in swapped.after.items()} == {"ben": ("c@x.org", "192.0.2.2"), "cleo": ("b@x.org", "192.0.2.1")}


def test_what_is_deleted_is_free_for_what_is_created() -> None:
    have = kept(planned("merged", [{**ANNA, "number": "1000"}, *TEAM[:9]]))
    assert numbers(planned("overridden", [{**BEN, "email": ANNA["email"], "number": "1000"}, *TEAM[:9]], have))["ben"] == "1000"


def test_lowest_free_in_the_order_given() -> None:
    have = kept(planned("merged", [{**ANNA, "number": "1001"}]))
    made = planned("merged", [{"username": "z", "full_name": "Z"}, {"username": "a", "full_name": "A"}, {**BEN, "number": "1000"}], have)
    assert numbers(made) == {"anna": "1001", "z": "1002", "a": "1003", "ben": "1000"}
    assert numbers(planned("merged", [{"username": "a", "alias": "x"}], kept(made))) == numbers(made)


def test_a_number_of_another_kind_is_skipped_and_leading_zeros_stay() -> None:
    have = Have({}, kept(planned("merged", [{**DOOR, "number": "0010"}], resource=EXTENSION, numbers="0010-0099")).claims)
    assert numbers(planned("merged", [ANNA], have, numbers="0010-0099")) == {"anna": "0011"}


def test_range_exhausted() -> None:
    assert refusal("merged", TEAM[:4], numbers="1000-1002") == ["item 4: agent 'agent03': number: no number is free in 1000-1002"]


def test_numbers_of_the_scope() -> None:
    scope = Scope.parse({"numbers": "2000-2001"})
    assert numbers(planned("merged", TEAM[:2], scope=scope)) == {"agent00": "2000", "agent01": "2001"}
    assert "no number is free in 2000-2001" in refusal("merged", TEAM[:3], scope=scope)[0]
    assert "outside of the scope of this run (numbers 2000-2001)" in refusal("merged", [{**ANNA, "number": "1000"}], scope=scope)[0]


def test_a_scope_far_outside_of_the_range_takes_no_eternity() -> None:
    def enough(_signal: int, _frame: Any) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, enough)
    signal.alarm(2)
    try:
        assert "no number is free in" in refusal("merged", [ANNA], scope=Scope.parse({"numbers": "100000000000-999999999999"}))[0]
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def test_scope_of_names() -> None:
    told = refusal("merged", [*TEAM[:1], ANNA], scope=Scope.parse({"names": "agent*"}))
    assert told == ["item 2: agent 'anna': is outside of the scope of this run (names agent*)"]
    with pytest.raises(Wrong, match="scope: teams is neither names nor numbers"):
        Scope.parse({"teams": "x"})
    with pytest.raises(Wrong, match="scope.numbers: must be LOWEST-HIGHEST"):
        Scope.parse({"numbers": "10"})


def test_an_existing_number_stays_though_the_range_moved() -> None:
    have = kept(planned("merged", [ANNA]))
    assert numbers(planned("replaced", [{**ANNA, "alias": "A"}], have, numbers="5000-5999")) == {"anna": "1000"}


@pytest.mark.parametrize(("state", "field"), [("merged", "number"), ("replaced", "number"), ("overridden", "number")])
def test_fixed(state: str, field: str) -> None:
    have = kept(planned("merged", [ANNA]))
    assert refusal(state, [{**ANNA, field: "1999"}], have) == [f"item 1: agent 'anna': {field}: never changes after creation: it is 1000"]
    assert not planned(state, [{**ANNA, field: 1000}], have).changed


def test_errors_are_ten_with_their_places_and_the_rest_counted() -> None:
    want = [(f"people.csv: line {count}", {"username": f"a{count}", "full_name": "x", "nat": "maybe"}) for count in range(2, 14)]
    told = refusal("merged", want)
    assert told[0].startswith("people.csv: line 2: agent 'a2': nat: ") and len(told) == 11 and told[-1] == "and 2 more"


@pytest.mark.parametrize(("more", "told"), [
    ({"number": "1999", "alias": "x"}, "number: never changes"),             # found when laid over the store
    ({"email": "b@x.org"}, "email: b@x.org is taken"),                        # found among the claims
    ({"transport": "udp"}, "transport: must be"),                             # found by a rule of the whole
    ({"nosuch": 1}, "nosuch: is not a field"),                                # found at once
    ({"sip_password": {"md5": "0" * 32, "sha256": "0" * 64, "realm": "other"}}, "sip_password: has digests of another realm"),
])
def test_every_error_has_its_place(more: dict[str, Any], told: str) -> None:
    have = kept(planned("merged", [ANNA, {**BEN, "email": "b@x.org"}]))
    assert refusal("merged", [("f: line 1", {"username": "ben"}), ("f: line 9", {"username": "anna", **more})],
        have)[0].startswith(f"f: line 9: agent 'anna': {told}")


def test_what_many_say_alike_is_taken_for_the_same_only_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """1 and True are one key of a dictionary to Python, and a list is none."""
    checked: list[Any] = []
    monkeypatch.setattr(List, "check", lambda field, value, real=List.check: (checked.append(value), real(field, value))[1])
    says = [["1", "b"], ["1", "b"], ["1", "b"], [1, "b"], [True, "b"], [["1"], "b"], [{"1": "b"}], "1 b"]
    with pytest.raises(Refused) as wrong:
        planned("merged", [{**ANNA, "username": f"a{count}", "email": None, "call_groups": each} for count, each in enumerate(says)])
    assert [each.item for each in wrong.value.wrongs] == [f"agent 'a{count}'" for count in (3, 4, 5, 6)]
    assert checked == [says[0], *says[3:]]


def test_named_twice() -> None:
    assert refusal("merged", [ANNA, BEN, ANNA]) == ["item 3: agent 'anna': username: is named twice"]


def test_secrets_are_made_once_and_only_when_needed() -> None:
    made = planned("merged", [ANNA, {**ANNA, "username": "cleo", "email": None, "voicemail": True}, BEN,
        {"username": "fix", "full_name": "F", "typology": "external", "host": "192.0.2.9"}])
    assert sorted(made.generated) == [("anna", "sip_password", 0), ("cleo", "sip_password", 0), ("cleo", "voicemail_pin", 0)]
    for state in ("merged", "replaced"):
        again = planned(state, [{**ANNA, "voicemail": True}], kept(made), seed="other")
        assert again.generated == [("anna", "voicemail_pin", 0)]
        assert again.after["anna"]["sip_password"] == made.after["anna"]["sip_password"]


@pytest.mark.parametrize(("item", "resource", "told"), [
    ({**ANNA, "typology": "external"}, AGENT, "sip_password: is needed: give one, or name a credentials_file"),
    ({**ANNA, "voicemail": True}, AGENT, "voicemail_pin: is needed"),
    ({"name": "door"}, EXTENSION, "sip_password: is needed"),
    ({"name": "door", "transport": "wss"}, EXTENSION, "sip_password: is needed"),
])
def test_a_secret_that_nobody_could_learn_is_refused(item: Any, resource: Any, told: str) -> None:
    assert told in refusal("merged", [item], resource=resource, recording=False)[0]
    assert planned("merged", [item], resource=resource).changed
    assert planned("merged", [ANNA], recording=False).generated == [("anna", "sip_password", 0)]


def test_secrets_of_interrupted_runs_are_told_again() -> None:
    """Each by its seed, whatever the run itself has made."""
    first = planned("merged", [ANNA, BEN], seed="s")
    second = planned("merged", [{**ANNA, "username": "cleo", "email": None}], kept(first), seed="t")
    have = kept(second)
    again = planned("merged", [ANNA, BEN], have, seed="u", recover=["t", "s"])
    assert not again.changed and again.generated == [("cleo", "sip_password", 1), ("anna", "sip_password", 2)]
    assert planned("merged", [ANNA, BEN], have, seed="u", recover=["other"]).generated == []
    assert planned("merged", [ANNA, BEN], have, seed="s").generated == []
    more = planned("merged", TEAM[:1], have, seed="s", recover=["s"])
    assert more.generated == [("agent00", "sip_password", 0), ("anna", "sip_password", 1)]


TO_A_TELEPHONE = {"username": "anna", "typology": "external"}


@pytest.mark.parametrize("recording", [True, False])
@pytest.mark.parametrize("made", [
    planned("merged", [{**ANNA, "sip_password": SECRET}], recording=False),                         # given
    planned("merged", [ANNA], recording=True),                                                      # generated, and written down
    planned("merged", [{**ANNA, "sip_password": digests("anna", "realm", SECRET)}], recording=False),
])
def test_a_password_that_somebody_knows_stays_when_the_browser_goes(made: Plan, recording: bool) -> None:
    moved = planned("merged", [TO_A_TELEPHONE], kept(made), seed="other", recording=recording)
    assert moved.generated == [] and moved.after["anna"]["sip_password"] == made.after["anna"]["sip_password"]


def test_a_password_that_only_the_browser_knew_goes_with_it() -> None:
    have = kept(planned("merged", [ANNA], recording=False))
    assert "sip_password: is needed: give one" in refusal("merged", [TO_A_TELEPHONE], have, recording=False)[0]
    moved = planned("merged", [TO_A_TELEPHONE], have, seed="other")
    assert moved.generated == [("anna", "sip_password", 0)]
    assert moved.after["anna"]["sip_password"] == digests("anna", "realm", derive("other", "agent", "anna", "sip_password", LETTERS, 20))
    assert not planned("merged", [TO_A_TELEPHONE], kept(moved), seed="third", recording=False).changed


def test_that_nobody_knows_a_password_moves_with_a_site() -> None:
    made = planned("merged", [ANNA], recording=False)
    for untold in (True, "true"):       # YAML is read as text
        item = {**ANNA, "sip_password": {**made.after["anna"]["sip_password"], "untold": untold}}
        moved = planned("merged", [item], recording=False)
        assert moved.after == made.after and moved.after["anna"]["sip_password"]["untold"] is True
    assert not planned("merged", [{**ANNA, "alias": "A"}], kept(made), seed="other").generated
    told = planned("merged", [{"username": "anna", "sip_password": SECRET}], kept(made))
    assert told.after["anna"]["sip_password"] == digests("anna", "realm", SECRET)


def test_a_plan_leaves_its_input_alone() -> None:
    want, have = [dict(ANNA), dict(BEN)], kept(planned("merged", [ANNA]))
    before = repr((want, have))
    planned("overridden", want, have)
    assert repr((want, have)) == before
