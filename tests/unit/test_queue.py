# SPDX-License-Identifier: GPL-3.0-or-later
"""Queues: what is refused, what each state does to them, who their members are, and what Asterisk is given and asked."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from module_utils.compile import compile_site
from module_utils.compile.writer import HEADER
from module_utils.control import live
from module_utils.control.log import complaints
from module_utils.model.agent import AGENT
from module_utils.model.errors import Refused, Trouble, Unready, Wrong
from module_utils.model.extension import EXTENSION
from module_utils.model.queue import ORDERED, QUEUE, STRATEGIES
from module_utils.model.team import TEAM
from module_utils.plan import Have

from tests.unit.asterisk import queues, sections
from tests.unit.conftest import ANNA, BEN, House, planned

SALES: dict[str, Any] = {"name": "sales"}
GOLDEN = Path(__file__).parent / "golden"


def people(*agents: dict[str, Any]) -> dict[str, Any]:
    return {each["username"]: {"full_name": "X", "sip_password": {"md5": "m", "sha256": "s", "realm": "r"}, "typology": "external", "number": str(1000 + count),
                               **each} for count, each in enumerate(agents)}


def compiled(queues_said: list[dict[str, Any]], *agents: dict[str, Any]) -> Any:
    """The queues as Asterisk reads them: options, and members as (device, penalty, name)."""
    text = compile_site({"queue": {each["name"]: each for each in queues_said}, "agent": people(*agents)}).files["queues.conf"]
    return queues(text)


def members(queue: dict[str, Any], *agents: dict[str, Any]) -> list[tuple[str, str]]:
    return [(interface, penalty) for interface, penalty, _name in compiled([queue], *agents)[queue["name"]][1]]


# What is refused


@pytest.mark.parametrize(("field", "value", "rule"), [
    ("strategy", "roundrobin", "is none of ringall"), ("timeout", -1, "whole number from 0 to 3600"), ("retry", 0, "whole number from 1"),
    ("channel", "carrier pigeon", "is none of"), ("weight", "heavy", "whole number"), ("longest", 10_001, "whole number"),
    ("music", "rock;roll", "must be letters"), ("announcement", "a,b", "name of a prompt"), ("announcement", "../../etc/passwd", "name of a prompt"),
    ("periodic_announcements", ["custom/../../../secret"], "name of a prompt"),
    ("announce_position", "maybe", "is none of"), ("join_empty", ["paused", "asleep"], "is none of"), ("join_empty", ["yes", "paused"], "is none of"),
    ("leave_when_empty", 7, "must be a list"), ("teams", ["night:101"], "a penalty must be a whole number from 0 to 100"),
    ("agents", [{"who": "anna"}], "as a mapping"),
    ("periodic_announcements", [f"p{count}" for count in range(11)], "at most 10"),
    ("name", "general", "means something to Asterisk itself"), ("number", "1", "2 to 15 digits"),
])
def test_values_that_asterisk_would_load_without_a_word(field: str, value: Any, rule: str) -> None:
    with pytest.raises(Refused, match=f"{field}: .*{rule}"):
        planned("merged", [{**SALES, field: value}], resource=QUEUE)


@pytest.mark.parametrize(("fields", "wrong"), [
    ({"channel": "chat", "number": "1800"}, "number: is what callers dial: channel chat has none"),
    ({"strategy": "linear", "timeout": 0}, "timeout: must be at least 1 second for strategy linear"),
    ({"periodic_announcements": ["wait"]}, "periodic_announcements: would never be heard: periodic_announce_frequency is 0"),
])
def test_fields_that_contradict_each_other(fields: dict[str, Any], wrong: str) -> None:
    with pytest.raises(Refused, match=wrong):
        planned("merged", [{**SALES, **fields}], resource=QUEUE)


@pytest.mark.parametrize(("said", "join", "leave"), [
    ("yes", [], ["paused", "penalty", "invalid"]), (True, [], ["paused", "penalty", "invalid"]), ("no", ["paused", "penalty", "invalid"], []),
    (False, ["paused", "penalty", "invalid"], []), ("loose", ["penalty", "invalid"], ["penalty", "invalid"]),
    (["strict"], *[["paused", "penalty", "unavailable", "invalid"]] * 2), ("inuse,paused", *[["paused", "inuse"]] * 2), ([], [], []),
])
def test_when_a_queue_is_empty_in_one_normal_form(said: Any, join: list[str], leave: list[str]) -> None:
    """As parse_empty_options of app_queue.c takes them."""
    assert QUEUE.by_name["join_empty"].check(said) == join and QUEUE.by_name["leave_when_empty"].check(said) == leave


def test_an_agent_that_cannot_be_called_is_in_no_queue(house: House) -> None:
    house.run("merged", [SALES], QUEUE)
    with pytest.raises(Refused, match="agent 'ben': queues: are not for type user: it cannot be called"):
        house.run("merged", [{**BEN, "type": "user", "queues": ["sales"]}])
    house.run("merged", [{**BEN, "type": "user"}])
    before = house.everything()
    with pytest.raises(Refused, match="agent 'ben': queues: are not for type user"):
        house.run("merged", [{**SALES, "agents": ["ben"]}], QUEUE)
    assert house.everything() == before


def test_a_number_is_unique_in_range_and_never_allocated(house: House) -> None:
    result = house.run("merged", [SALES, {"name": "help", "number": 1800}], QUEUE)
    assert result["numbers"] == {"help": "1800"} and "number" not in house.documents("queue")["sales"]
    with pytest.raises(Refused, match="number: 1800 is taken by queue 'help'"):
        house.run("merged", [{**ANNA, "number": "1800"}])
    with pytest.raises(Refused, match="number: 1800 is taken by queue 'help'"):
        house.run("merged", [{**SALES, "number": "1800"}], QUEUE)
    for name in ("sales", "new"):
        with pytest.raises(Refused, match="number: 77777 is not in number_range 1000-9999"):
            house.run("merged", [{"name": name, "number": "77777"}], QUEUE)
    house.run("merged", [{"name": "help", "number": "1801"}], QUEUE)
    assert house.run("merged", [{**ANNA, "number": "1800"}])["numbers"] == {"anna": "1800"}
    assert house.run("gathered", resource=EXTENSION)["numbers"] == {"1800": "agent anna", "1801": "queue help"}
    assert "\n1801=queue:help:\n" in house.files()["numbers.conf"]
    house.run("merged", [{"name": "help", "number": None}], QUEUE)
    assert "queue:" not in house.files()["numbers.conf"]


def test_channel_and_name_never_change(house: House) -> None:
    house.run("merged", [{**SALES, "channel": "chat"}], QUEUE)
    with pytest.raises(Refused, match="channel: never changes after creation: it is chat"):
        house.run("merged", [{**SALES, "channel": "voice"}], QUEUE)


# States


@pytest.fixture(name="full")
def full_fixture(house: House) -> House:
    """A team with anna in it, whose queue is sales; ben is in it by himself."""
    house.run("merged", [{"name": "day"}], TEAM)
    house.run("merged", [{**SALES, "number": "1800", "strategy": "random", "teams": ["day:2"]}, {"name": "help", "wrapup": 5}], QUEUE)
    house.run("merged", [{**ANNA, "teams": ["day"]}, {**BEN, "queues": ["sales:3", "help"]}])
    return house


@pytest.mark.parametrize(("state", "strategy", "teams", "left"), [
    ("merged", "random", ["day:2"], ["help", "sales"]), ("replaced", None, None, ["help", "sales"]), ("overridden", None, None, ["sales"]),
])
def test_states(full: House, state: str, strategy: Any, teams: Any, left: list[str]) -> None:
    if state == "overridden":
        full.run("merged", [{**BEN, "queues": ["sales:3"]}])
    result = full.run(state, [{**SALES, "number": "1800", "timeout": 9}], QUEUE, max_deletions="100%")
    after = full.documents("queue")
    assert result["changed"] and sorted(after) == left
    assert (after["sales"].get("strategy"), after["sales"].get("teams"), after["sales"]["timeout"]) == (strategy, teams, 9)
    assert full.documents()["ben"]["queues"][0] == "sales:3"        # no state touches who is a member
    assert full.run(state, [{**SALES, "number": "1800", "timeout": 9}], QUEUE, max_deletions="100%")["changed"] is False


def test_deleted_is_refused_while_agents_name_it_and_cascades(full: House) -> None:
    with pytest.raises(Refused, match="queue 'sales': is referred to by agent 'ben': change these first, or say cascade"):
        full.run("deleted", [SALES], QUEUE)
    result = full.run("deleted", [SALES], QUEUE, cascade=True)
    assert result["deleted"] == ["sales"] and result["cascaded"] == {"agents": ["ben"]} and full.documents()["ben"]["queues"] == ["help"]
    assert set(full.asterisk.queues) == {"help"}


def test_a_team_that_a_queue_names_stays(full: House) -> None:
    full.run("merged", [{**ANNA, "teams": []}])
    with pytest.raises(Refused, match="team 'day': is referred to by queue 'sales'"):
        full.run("deleted", [{"name": "day"}], TEAM)
    full.run("deleted", [{"name": "day"}], TEAM, cascade=True)
    assert full.documents("queue")["sales"]["teams"] == []


@pytest.mark.parametrize("field", ["teams", "agents"])
def test_what_a_queue_names_must_exist(full: House, field: str) -> None:
    with pytest.raises(Refused, match=rf"queue 'sales': {field}: there is no {field[:-1]} '(dya|bne)' \(did you mean (day|ben)\?\)"):
        full.run("merged", [{**SALES, field: [{"teams": "dya", "agents": "bne"}[field]]}], QUEUE)


def test_gathered_has_no_members_and_applied_again_changes_nothing(full: House) -> None:
    gathered = full.run("gathered", resource=QUEUE)["gathered"]
    assert gathered == [{"name": "help", "wrapup": 5}, {"name": "sales", "number": "1800", "strategy": "random", "teams": ["day:2"]}]
    for state in ("merged", "replaced", "overridden"):
        assert full.run(state, gathered, QUEUE)["changed"] is False
    assert full.run("gathered")["gathered"][1]["queues"] == ["sales:3", "help"]


def test_rendered(house: House) -> None:
    text = house.run("rendered", [{**SALES, "number": "1800", "agents": ["nobody"]}], QUEUE)["rendered"]
    assert queues(text["queues.conf"])["sales"][1] == [] and "1800=queue:sales:" in text["numbers.conf"]


def test_empty(house: House) -> None:
    assert house.run("merged", [], QUEUE)["counts"] == {"created": 0, "updated": 0, "deleted": 0}
    with pytest.raises(Trouble, match="would delete every queue"):
        house.run("overridden", [], QUEUE)


# The view


@pytest.mark.parametrize("state", ["merged", "replaced", "overridden"])
@pytest.mark.parametrize("check", [True, False])
def test_agents_are_written_into_the_agents(full: House, state: str, check: bool) -> None:
    before = full.everything()
    sales = {**SALES, "number": "1800", "strategy": "random", "teams": ["day:2"], "agents": ["anna:1", {"name": "ben"}]}
    result = full.run(state, [sales, {"name": "help", "wrapup": 5}], QUEUE, check=check)
    assert result["cascaded"] == {"agents": ["anna", "ben"]} and result["updated"] == ["sales"] and result["reasons"] == {"sales": ["agents"]}
    assert result["before"] == {"sales": {"name": "sales", "agents": ["ben:3"]}}
    assert result["after"] == {"sales": {"name": "sales", "agents": ["anna:1", "ben"]}}
    if check:
        assert full.everything() == before
        assert full.run("merged", [{**BEN, "queues": ["sales", "help"]}], check=True, planned=result["planned"])["counts"]["updated"] == 0
        return
    assert [each.get("queues") for each in full.documents().values()] == [["sales:1"], ["sales", "help"]]
    assert "agents" not in full.documents("queue")["sales"]
    assert full.run("merged", [{**SALES, "agents": ["ben", "anna:1"]}], QUEUE)["changed"] is False
    assert full.run("merged", [{**SALES, "agents": None}], QUEUE)["changed"] is False
    assert full.run("merged", [{**SALES, "agents": []}], QUEUE)["after"] == {"sales": {"name": "sales", "agents": []}}
    assert [each.get("queues") for each in full.documents().values()] == [[], ["help"]]


def test_a_new_queue_with_agents(full: House) -> None:
    result = full.run("merged", [{"name": "vip", "agents": ["anna"]}, {"name": "help", "agents": ["anna", "ben:4"]}], QUEUE)
    assert result["created"] == ["vip"] and result["updated"] == ["help"] and result["after"]["vip"] == {"name": "vip", "agents": ["anna"]}
    assert [each["queues"] for each in full.documents().values()] == [["vip", "help"], ["sales:3", "help:4"]]
    assert full.asterisk.queues["help"][1] == [["PJSIP/anna", "0", "anna"], ["PJSIP/ben", "4", "ben"]]


def test_a_view_and_a_cascade_in_one_run(full: House) -> None:
    full.run("overridden", [{"name": "help", "agents": ["anna"]}], QUEUE, cascade=True, max_deletions="100%")
    assert [each["queues"] for each in full.documents().values()] == [["help"], []] and set(full.documents("queue")) == {"help"}


def test_an_agent_may_be_in_so_many_queues_only(house: House) -> None:
    house.run("merged", [{"name": f"q{count}"} for count in range(65)], QUEUE)
    house.run("merged", [ANNA])
    with pytest.raises(Refused, match="agent 'anna': queues: must name at most 64 values, not 65"):
        house.run("merged", [{"name": f"q{count}", "agents": ["anna"]} for count in range(65)], QUEUE)


def test_views_are_written_in_time_that_grows_with_their_number() -> None:
    queues_said = {f"q{count}": {"name": f"q{count}"} for count in range(100)}
    agents = {f"a{count}": {"username": f"a{count}", "full_name": "A"} for count in range(5000)}
    wanted = [{"name": f"q{count}", "agents": [f"a{count + 100 * each}" for each in range(50)]} for count in range(100)]
    made = planned("merged", wanted, Have(queues_said, {}, {"queue": queues_said, "agent": agents}), QUEUE)
    assert len(made.cascaded["agent"]) == 5000 and len(made.update) == 100


def test_thousands_of_unknown_names_are_told_in_seconds() -> None:
    """Only what is told is worth a look at names that are like it."""
    agents = {f"agent{count}": {"username": f"agent{count}", "full_name": "A"} for count in range(2000)}
    wanted = [{"name": f"q{count}", "agents": [f"agnet{count * 50 + each}" for each in range(50)]} for count in range(100)]
    start = time.monotonic()
    with pytest.raises(Refused, match=r"there is no agent 'agnet0' \(did you mean agent0\?\)(.*\n){10}and 4990 more"):
        planned("merged", wanted, Have({}, {}, {"queue": {}, "agent": agents}), QUEUE)
    assert time.monotonic() - start < 20


def test_a_queue_may_have_more_agents_than_fit_into_a_line() -> None:
    agents = {f"agent{count}": {"username": f"agent{count}", "full_name": "A"} for count in range(500)}
    made = planned("merged", [{**SALES, "agents": [*agents]}], Have({}, {}, {"queue": {}, "agent": agents}), QUEUE)
    assert len(made.cascaded["agent"]) == 500


# Members


@pytest.mark.row("A27", "A28")
def test_own_penalty_wins_and_of_teams_the_lowest() -> None:
    sales = {**SALES, "teams": ["day:4", "night:2"]}
    assert members(sales, {"username": "a", "teams": ["day", "night"]}, {"username": "b", "teams": ["day", "night"], "queues": ["sales:9"]},
                   {"username": "c", "teams": ["day"]}, {"username": "d", "teams": ["day"], "queues": ["sales"]}, {"username": "e"}) == [
        ("PJSIP/d", "0"), ("PJSIP/a", "2"), ("PJSIP/c", "4"), ("PJSIP/b", "9")]


def test_who_is_no_member() -> None:
    """Disabled, never to be called, without a call at all; a telephone without a person has no queues."""
    agents = [{"username": "a", "queues": ["sales"], "disabled": True}, {"username": "b", "teams": ["day"], "type": "user"},
              {"username": "c", "teams": ["day"], "type": "peer"}, {"username": "d", "queues": ["sales"], "channels.voice.capacity": 0}]
    assert members({**SALES, "teams": ["day"]}, *agents) == [("PJSIP/c", "0")]


@pytest.mark.parametrize("channel", ["chat", "email", "sms", "open_channel", "fax"])
def test_other_channels_are_no_matter_of_asterisks(channel: str) -> None:
    assert compiled([{**SALES, "channel": channel}], {"username": "a", "queues": ["sales"]}) == {}


@given(st.text(min_size=1, max_size=20).map(lambda each: " ".join(each.split())).filter(bool))
def test_a_members_name_is_text(alias: str) -> None:
    try:
        said = AGENT.by_name["alias"].check(alias)
    except Wrong:
        return
    (interface, penalty, *name), = compiled([SALES], {"username": "a", "queues": ["sales:7"], "alias": said})["sales"][1]
    assert (interface, penalty, name) == ("PJSIP/a", "7", [" ".join(said.replace("|", " ").split()) or "a"])


# The file


@pytest.mark.row("T4")
def test_golden() -> None:
    queues_said = [
        {"name": "sales", "number": "1800", "strategy": "linear", "timeout": 20, "retry": 2, "wrapup": 10, "service_level": 30, "weight": 3, "longest": 9,
         "longest_wait": 600, "music": "jazz", "join_empty": ["paused", "invalid"], "leave_when_empty": ["unavailable"], "ring_in_use": False,
         "announcement": "sales-call", "announce_frequency": 10, "announce_position": "more", "announce_position_limit": 5, "announce_hold_time": "once",
         "periodic_announcements": ["please-wait", "custom/offer"], "periodic_announce_frequency": 45, "teams": ["day:1"]},
        {"name": "help"},
    ]
    agents = [{"username": "ben", "queues": ["sales", "help:2"], "alias": "Ben, the \"bear\"", "channels.voice.capacity": 2, "phone.ring_in_use": True},
              {"username": "anna", "teams": ["day"], "login_pause": True}]
    files = compile_site({"queue": {each["name"]: each for each in queues_said}, "agent": people(*agents)}).files
    assert files["queues.conf"] == (GOLDEN / "queues.conf").read_text(encoding="utf-8")
    assert sections(files["members.conf"]) == [("members", [], [("device", "anna"), ("device", "ben")])]
    assert "1800=queue:sales:600\n" in files["numbers.conf"] and files["queues.conf"].startswith(HEADER)
    turned = compile_site({"queue": {each["name"]: each for each in queues_said[::-1]}, "agent": people(*agents[::-1])}).files["queues.conf"]
    assert turned == files["queues.conf"]


@pytest.mark.row("T4")
@pytest.mark.parametrize("field", ["announce_frequency", "periodic_announce_frequency"])
def test_who_waits_alone_hears_announcements_too(field: str) -> None:
    """Asterisk's default is to tell all but the first, who may be the only one for long."""
    assert compiled([{**SALES, field: 30}])["sales"][0]["announce-to-first-user"] == "yes"
    assert "announce-to-first-user" not in compiled([SALES])["sales"][0]


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_each_queue_says_its_strategy(strategy: str) -> None:
    assert compiled([{**SALES, "strategy": strategy}])["sales"][0]["strategy"] == strategy


@pytest.mark.row("A13", "A22")
@pytest.mark.parametrize(("capacity", "queue", "rings"), [(1, True, []), (2, True, ["yes"]), (2, False, [])])
def test_who_rings_in_a_call_too(capacity: int, queue: bool, rings: list[str]) -> None:
    """app_queue knows but yes and no; how often is the dialplan's matter."""
    options, (member,) = compiled([{**SALES, "ring_in_use": queue}], {"username": "a", "queues": ["sales"], "channels.voice.capacity": capacity,
                                                                      "phone.ring_in_use": True})["sales"]
    assert member[4:] == rings and options["ringinuse"] == "no"


# Asterisk


@pytest.mark.parametrize("strategy", ORDERED)
def test_a_queue_that_needs_an_order_is_made_anew_and_its_callers_come_again(full: House, strategy: str) -> None:
    full.asterisk.waiting = [("sales", "PJSIP/x-1"), ("help", "PJSIP/y-2")]
    result = full.run("merged", [{**SALES, "strategy": strategy}], QUEUE)
    assert result["reloaded"] == ["app_queue.so"] and full.asterisk.lists == {"sales"} and full.asterisk.reloaded[-2:] == ["app_queue.so"] * 2
    assert ("QueueWithdrawCaller", {"Queue": "sales", "Caller": "PJSIP/x-1"}) in full.asterisk.did
    assert not any(name == "QueueWithdrawCaller" and headers["Queue"] == "help" for name, headers in full.asterisk.did)
    full.asterisk.did.clear()
    full.run("merged", [{**SALES, "timeout": 4}], QUEUE)
    assert full.asterisk.lists == {"sales"} and [name for name, _headers in full.asterisk.did].count("Reload") == 1


def test_nobody_is_sent_away_when_nothing_can_be_written(full: House, monkeypatch: pytest.MonkeyPatch) -> None:
    full.asterisk.waiting = [("help", "PJSIP/y-2")]
    monkeypatch.setattr(live.Generations, "write", lambda *_any: (_ for _ in ()).throw(Unready("no space left")))
    with pytest.raises(Unready, match="no space left"):
        full.run("deleted", [{"name": "help"}], QUEUE, cascade=True)
    assert not any(name == "QueueWithdrawCaller" for name, _headers in full.asterisk.did)


def test_callers_of_a_deleted_queue_are_sent_on(full: House) -> None:
    full.asterisk.waiting = [("help", "PJSIP/y-2")]
    full.run("deleted", [{"name": "help"}], QUEUE, cascade=True)
    assert ("QueueWithdrawCaller", {"Queue": "help", "Caller": "PJSIP/y-2"}) in full.asterisk.did


def test_only_queues_are_reloaded_for_a_member(full: House) -> None:
    result = full.run("merged", [{**ANNA, "queues": ["help"]}])
    assert result["reloaded"] == ["app_queue.so"] and result["files"] == ["queues.conf"]


@pytest.mark.row("A4")
def test_pauses_are_what_the_dialplan_keeps(full: House) -> None:
    """Whatever app_queue knows of them, and only where it knows something else."""
    full.asterisk.kept["pause"] = {"anna": "lunch", "ben": ""}
    full.asterisk.paused = {("sales", "PJSIP/anna"): "lunch", ("help", "PJSIP/ben"): "by hand"}
    full.run("merged", [{**SALES, "timeout": 4}], QUEUE)
    assert full.asterisk.paused == {("sales", "PJSIP/anna"): "lunch"}       # whose reason the reload forgot
    assert [headers["Queue"] for name, headers in full.asterisk.did if name == "QueuePause"] == ["help", "sales"]
    full.run("merged", [{**ANNA, "queues": ["help"]}])
    assert full.asterisk.paused == {("sales", "PJSIP/anna"): "lunch", ("help", "PJSIP/anna"): "lunch"}
    full.run("merged", [{**BEN, "login_pause": True}])      # he is at work
    assert ("help", "PJSIP/ben") not in full.asterisk.paused
    full.asterisk.kept["pause"] = {}
    full.run("merged", [{**SALES, "timeout": 5}], QUEUE)    # nobody has ever signed in
    assert full.asterisk.paused == {("sales", "PJSIP/ben"): "login", ("help", "PJSIP/ben"): "login"}
    full.run("merged", [{**BEN, "login_pause": False}])
    assert full.asterisk.paused == {}


@pytest.mark.row("A4")
def test_a_run_that_is_rolled_back_leaves_pauses(full: House, monkeypatch: pytest.MonkeyPatch) -> None:
    full.asterisk.kept["pause"] = {"ben": "lunch"}
    full.asterisk.paused = {("help", "PJSIP/ben"): "lunch", ("sales", "PJSIP/ben"): "lunch", ("sales", "PJSIP/anna"): ""}
    monkeypatch.setattr(live.Live, "queues_are_so", lambda *_any: (_ for _ in ()).throw(Unready("no")))
    with pytest.raises(Unready, match="no"):
        full.run("merged", [{**SALES, "strategy": "linear"}], QUEUE)
    assert {device for _queue, device in full.asterisk.paused} == {"PJSIP/ben"} and {*full.asterisk.paused.values()} == {"lunch"}


@pytest.mark.row("A4", "P8")
@pytest.mark.parametrize("way", ["deleted", "disabled", "renamed", "another number"])
def test_pauses_go_with_their_agent(full: House, way: str) -> None:
    """What the desk has lent to anna's page ends with her name."""
    lent = {"anna@desk": "{}", "ben@desk": "{}"}
    full.asterisk.kept = {"pause": {"anna": "lunch", "ben": "meeting"}, "emergency": {"anna": "1"}, "desk/auth": dict(lent)}
    if way == "renamed":
        full.once("rename", "anna", "anya", kind="agents")
        assert full.asterisk.kept == {"pause": {"anya": "lunch", "ben": "meeting"}, "emergency": {"anya": "1"}, "desk/auth": {"ben@desk": "{}"}}
        assert full.asterisk.paused[("sales", "PJSIP/anya")] == "lunch"
    elif way == "another number":
        full.once("renumber", "anna", "1900", kind="agents")
        assert full.asterisk.kept["pause"] == {"anna": "lunch", "ben": "meeting"} and full.asterisk.kept["desk/auth"] == lent
    else:
        full.run("deleted", [{"username": "anna"}]) if way == "deleted" else full.run("merged", [{**ANNA, "disabled": True}])
        assert full.asterisk.kept == {"pause": {"ben": "meeting"}, "emergency": {}, "desk/auth": {"ben@desk": "{}"}}


@pytest.mark.parametrize(("spoil", "wrong"), [
    (lambda queues: queues.pop("sales"), "does not have queue sales"), (lambda queues: queues.update(old=queues["help"]), "still has queue old"),
    (lambda queues: queues["sales"][0].update(strategy="ringall"), "kept another strategy of queue sales"),
    (lambda queues: queues["sales"][0].update(maxlen="5"), "kept another longest of queue sales"),
    (lambda queues: queues["sales"][1].pop(), r"other members of queue sales than were compiled \(ben\)"),
    (lambda queues: queues["help"][1].append(["PJSIP/eve", "0", "eve"]), r"other members of queue help than were compiled \(eve\)"),
])
def test_what_asterisk_does_not_have_is_rolled_back(full: House, monkeypatch: pytest.MonkeyPatch, spoil: Any, wrong: str) -> None:
    before, reload = full.files(), full.asterisk.Reload

    def spoiled(Module: str) -> Any:  # noqa: N803
        told = reload(Module)
        spoil(full.asterisk.queues)
        return told

    monkeypatch.setattr(full.asterisk, "Reload", spoiled)
    with pytest.raises(Unready, match=wrong):
        full.run("merged", [{**SALES, "timeout": 4}], QUEUE)
    assert full.files() == before and "timeout" not in full.documents("queue")["sales"]


def test_members_in_another_order_are_noticed(full: House) -> None:
    full.run("merged", [{**SALES, "strategy": "linear"}], QUEUE)
    full.asterisk.lists.clear()     # as where somebody else had made the queue
    with pytest.raises(Unready, match=r"other members of queue sales than were compiled \(in another order\)"):
        full.run("merged", [{**SALES, "agents": ["ben:2"], "teams": ["day:9"], "timeout": 4}], QUEUE)


def test_music_must_be_there(full: House) -> None:
    with pytest.raises(Wrong, match="queue 'sales': music: there is no class opera of music on hold on this host"):
        full.run("merged", [{**SALES, "music": "opera"}], QUEUE)
    full.asterisk.musics.add("opera")
    assert full.run("merged", [{**SALES, "music": "opera"}], QUEUE)["changed"]


def test_a_host_without_app_queue(house: House) -> None:
    house.asterisk.missing.add("app_queue.so")
    assert house.run("merged", [ANNA])["reloaded"] == ["res_pjsip.so", "res_rtp_asterisk.so", "app_voicemail.so", "pbx_config.so"]
    house.run("merged", [{"name": "mail", "channel": "email"}], QUEUE)
    with pytest.raises(Unready, match=r"Asterisk has not loaded app_queue.so: set the host up with role asterisk"):
        house.run("merged", [SALES], QUEUE)


def test_what_a_caller_meets_is_no_complaint_of_the_configuration() -> None:
    assert complaints("[2026-01-01 00:00:00.000] WARNING[7][C-0000001a] app_queue.c: Unable to join queue 'sales'\n") == []
    assert complaints("[2026-01-01 00:00:00.000] WARNING[7] app_queue.c: Unknown keyword in queue 'sales': x at line 3 of queues.conf\n")


# Another name or number


def test_members_stay_with_a_queue_of_another_name(full: House) -> None:
    full.asterisk.waiting = [("sales", "PJSIP/x-1")]
    before = full.asterisk.queues["sales"]
    result = full.once("rename", "sales", "shop", kind="queues")
    assert result["updated"] == ["shop"] and full.documents()["ben"]["queues"] == ["shop:3", "help"]
    assert set(full.asterisk.queues) == {"shop", "help"} and full.asterisk.queues["shop"] == before
    assert "1800=queue:shop:\n" in full.files()["numbers.conf"]
    assert ("QueueWithdrawCaller", {"Queue": "sales", "Caller": "PJSIP/x-1"}) in full.asterisk.did


def test_another_number(full: House) -> None:
    full.once("renumber", "sales", "1900", kind="queues")
    assert "1900=queue:sales:\n" in full.files()["numbers.conf"] and "1800" not in full.files()["numbers.conf"]
    full.once("renumber", "help", "1800", kind="queues")
    full.run("merged", [{"name": "mail", "channel": "email"}], QUEUE)
    with pytest.raises(Refused, match="queue 'mail': number: is what callers dial: channel email has none"):
        full.once("renumber", "mail", "1802", kind="queues")
