# SPDX-License-Identifier: GPL-3.0-or-later
"""What became of calls, counted from logs that were counted by hand."""

from __future__ import annotations

import csv
import gzip
import io
import os
import re
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from module_utils import reporting
from module_utils.model.errors import Unready, Wrong
from module_utils.records.logs import EVENT, Logs
from module_utils.records.period import Clock, Period, days, midnight, moment
from module_utils.records.queues import OUTCOMES, visits
from module_utils.records.report import Names, report

from tests.unit.conftest import House

ROLE = Path(__file__).parents[2] / "roles" / "asterisk" / "templates"
NINE = 1_795_597_200.0      # 2026-11-25 09:00 UTC
DAY = Period(NINE - 9 * 3600, NINE + 15 * 3600)
NAMES = Names({"anna": {"full_name": "Anna Ek", "alias": "Anna"}, "bo": {"full_name": "Bo Alm"}}, frozenset({"door", "telco"}),
              {"sales": {"name": "sales", "display_name": "Sales", "service_level": 20}, "help": {"name": "help"}})


@pytest.fixture(name="zone", autouse=True)
def zone_fixture() -> Iterator[Callable[[str], None]]:
    before = os.environ.get("TZ")

    def put(name: str) -> None:
        os.environ["TZ"] = name
        time.tzset()

    put("UTC")
    yield put
    put(before or "UTC")
    if before is None:
        del os.environ["TZ"]
        time.tzset()


class Host:
    """The logs of one host, written as Asterisk writes them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for each in ("cel-custom", "cdr-custom", "records"):
            (folder / each).mkdir(parents=True)
        self.at = NINE

    def queue(self, *entries: str) -> None:
        """`20 c1 sales Anna CONNECT 20|c1b|3`: seconds since nine, then the columns."""
        with (self.folder / "queue_log").open("a", encoding="utf-8") as file:
            for entry in entries:
                after, call, queue, member, event, *more = entry.split(" ")
                file.write("|".join([str(int(self.at + float(after))), call, queue, member, event, *(more or [""])]) + "\n")

    def channels(self, *events: str) -> None:
        """`0.5 CHAN_START 2 1 anna [application] [extra]`: seconds, event, unique id, linked id, device."""
        with (self.folder / "cel-custom" / "events.csv").open("a", encoding="utf-8") as file:
            for each in events:
                after, event, unique, linked, device, *more = each.split(" ", 6)
                application, extra = [*more, "", ""][:2]
                row = [event, f"{self.at + float(after):.6f}", unique, linked, f"PJSIP/{device}-{int(unique):08x}", "+4670", "Eve", "s", "from-sip",
                       application, extra]
                line = io.StringIO()
                csv.writer(line, quoting=csv.QUOTE_ALL, lineterminator="\n").writerow(row)
                file.write(line.getvalue())

    def report(self, period: Period = DAY, names: Names = NAMES) -> dict[str, Any]:
        return report(Logs(str(self.folder)), period, names)


@pytest.fixture(name="host")
def host_fixture(tmp_path: Path) -> Host:
    return Host(tmp_path / "asterisk")


def only(found: list[dict[str, Any]], **said: Any) -> dict[str, Any]:
    (row,) = [each for each in found if all(each[name] == value for name, value in said.items())]
    return row


def test_queues(host: Host) -> None:
    """Ten callers of a queue with a target of 20 seconds: each kind of end once or twice."""
    host.queue(
        "0 NONE NONE NONE QUEUESTART",
        "0 c1 sales NONE ENTERQUEUE |+46701|1", "5 c1 sales Anna CONNECT 5|c1b|5", "65 c1 sales Anna COMPLETECALLER 5|60|1",         # in time
        "0 c2 sales NONE ENTERQUEUE |+46702|2", "15 c2 sales Anna RINGNOANSWER 15000", "20 c2 sales Bo CONNECT 20|c2b|3",              # just so
        "50 c2 sales Bo COMPLETEAGENT 20|30|2",
        "0 c3 sales NONE ENTERQUEUE |+46703|3", "21 c3 sales Bo CONNECT 21|c3b|3", "31 c3 sales Bo BLINDTRANSFER 2403|from-sip|21|10|3",   # late
        "0 c4 sales NONE ENTERQUEUE |4|4", "30 c4 sales Bo CONNECT 30|c4b|3", "50 c4 sales Bo ATTENDEDTRANSFER BRIDGE|30|20|4",        # late
        "0 c5 sales NONE ENTERQUEUE |5|5", "4 c5 sales Bo RINGCANCELED 2000", "4 c5 sales NONE ABANDON 1|1|4",                         # early
        "0 c6 sales NONE ENTERQUEUE |6|6", "90 c6 sales NONE ABANDON 1|1|90",
        "0 c7 sales NONE ENTERQUEUE |7|7", "100 c7 sales NONE EXITWITHTIMEOUT 1|1|100",
        "0 c8 sales NONE ENTERQUEUE |8|8", "7 c8 sales NONE EXITEMPTY 1|1|7",
        "9 c9 sales NONE REFUSED FULL",
        "99 c10 sales NONE ENTERQUEUE |9|1", "101 c10 sales Bo RINGNOANSWER 1000")
    made = host.report()
    sales = only(made["queues"], name="sales")
    assert {name: sales[name] for name in ("offered", *OUTCOMES, "refused", "within", "abandoned_early")} == {
        "offered": 10, "answered": 4, "abandoned": 2, "timed_out": 1, "left": 1, "lost": 0, "waiting": 1, "refused": 1, "within": 2, "abandoned_early": 1}
    assert sales["offered"] == sum(sales[each] for each in (*OUTCOMES, "refused"))
    assert sales["service_level"] == 25.0      # 2 of 8: all but who gave up early and who still waits
    assert (sales["wait_average"], sales["wait_longest"], sales["talk_average"]) == (19.0, 100, 30.0)
    assert (sales["display_name"], sales["target"], sales["gone"]) == ("Sales", 20, False)
    assert only(made["hours"], hour=9)["offered"] == made["total"]["offered"] == only(made["days"], day="2026-11-25")["offered"] == 10
    assert made["total"]["service_level"] == 25.0


def test_a_queue_without_a_target_has_no_service_level(host: Host) -> None:
    host.queue("0 c1 help NONE ENTERQUEUE |1|1", "5 c1 help Bo CONNECT 5|c1b|5", "9 c1 help Bo COMPLETECALLER 5|4|1",
               "0 c2 old NONE ENTERQUEUE |1|1", "5 c2 old NONE ABANDON 1|1|5")
    made = host.report()
    assert [(each["name"], each["service_level"], each["gone"]) for each in made["queues"]] == [("help", None, False), ("old", None, True)]
    assert made["total"]["service_level"] is None and made["total"]["offered"] == 2


def test_a_caller_who_comes_again_because_a_run_changes_the_queue_is_one_caller(host: Host) -> None:
    host.queue("0 c1 sales NONE ENTERQUEUE |1|1", "10 c1 sales NONE WITHDRAW 1|1|10|", "13 c1 sales NONE ENTERQUEUE |1|1",
               "18 c1 sales Bo CONNECT 5|c1b|5", "20 c1 sales Bo COMPLETECALLER 5|2|1")
    sales = only(host.report()["queues"], name="sales")
    assert (sales["offered"], sales["answered"], sales["within"], sales["wait_average"]) == (1, 1, 1, 18.0)


def test_a_caller_of_two_queues_is_one_of_each(host: Host) -> None:
    host.queue("0 c1 sales NONE ENTERQUEUE |1|1", "30 c1 sales NONE EXITWITHTIMEOUT 1|1|30", "31 c1 help NONE ENTERQUEUE |1|1",
               "40 c1 help Bo CONNECT 9|c1b|5", "50 c1 help Bo COMPLETECALLER 9|10|1")
    made = host.report()
    assert only(made["queues"], name="sales")["timed_out"] == only(made["queues"], name="help")["answered"] == 1 and made["total"]["offered"] == 2


def test_who_waited_or_spoke_when_asterisk_ended(host: Host) -> None:
    host.queue("0 c1 sales NONE ENTERQUEUE |1|1", "5 c1 sales Bo CONNECT 5|c1b|5", "6 c2 sales NONE ENTERQUEUE |1|1",
               "60 NONE NONE NONE QUEUESTART", "70 c2 sales NONE ABANDON 1|1|1")
    sales = only(host.report()["queues"], name="sales")
    assert (sales["answered"], sales["lost"], sales["abandoned"]) == (1, 1, 0)


def test_what_a_caller_calls_itself_forges_nothing(host: Host) -> None:
    """A number may hold the log's own sign; only what stands before it is certain."""
    host.queue("0 c1 sales NONE ENTERQUEUE |1|sales|Bo|CONNECT|1", "9 c1 sales NONE ABANDON 1|1|9")
    assert only(host.report()["queues"], name="sales")["abandoned"] == 1


def test_direct_calls(host: Host) -> None:
    host.channels(
        # 1: the door calls Anna, who takes it after 3 seconds and speaks for 40
        "0 CHAN_START 1 1 door", "0 CHAN_START 2 1 anna", "3 ANSWER 2 1 anna AppDial", "3 ANSWER 1 1 door Dial", "3 BRIDGE_ENTER 2 1 anna AppDial",
        "3 BRIDGE_ENTER 1 1 door Dial", "43 BRIDGE_EXIT 1 1 door", "43 HANGUP 1 1 door", "43 BRIDGE_EXIT 2 1 anna", "43 HANGUP 2 1 anna",
        # 2: Anna calls Bo, who does not answer; his mailbox does
        "50 CHAN_START 3 3 anna", "50 CHAN_START 4 3 bo", "70 HANGUP 4 3 bo AppDial", "70 ANSWER 3 3 anna VoiceMail", "90 HANGUP 3 3 anna",
        # 3: the door gives up while it rings at Bo
        "100 CHAN_START 5 5 door", "100 CHAN_START 6 5 bo", "104 HANGUP 6 5 bo AppDial", "104 HANGUP 5 5 door",
        # 4: Bo calls out by a trunk
        "200 CHAN_START 7 7 bo", "200 CHAN_START 8 7 telco", "205 ANSWER 8 7 telco AppDial", "205 ANSWER 7 7 bo Dial", "205 BRIDGE_ENTER 8 7 telco",
        "205 BRIDGE_ENTER 7 7 bo", "265 BRIDGE_EXIT 7 7 bo", "265 HANGUP 7 7 bo", "265 BRIDGE_EXIT 8 7 telco", "265 HANGUP 8 7 telco")
    agents = host.report()["agents"]
    assert only(agents, username="anna") == {"username": "anna", "name": "Anna", "gone": False, "answered": 1, "queued": 0, "missed": 0, "made": 0,
                                             "talk": 40, "talk_made": 0, "talk_average": 40.0}
    assert only(agents, username="bo") == {"username": "bo", "name": "Bo Alm", "gone": False, "answered": 0, "queued": 0, "missed": 2, "made": 1,
                                           "talk": 0, "talk_made": 60, "talk_average": None}
    assert len(agents) == 2     # neither the door nor the trunk is an agent


RINGS = ["0 CHAN_START 1 1 telco", "0 ANSWER 1 1 telco Answer", "1 CHAN_START 2 1 anna", "1 CHAN_START 3 1 bo"]


def test_a_queue_that_rings_all(host: Host) -> None:
    """Nobody takes it in the first round, which both miss; in the second Bo does: Anna has missed it, he has not."""
    host.channels(*RINGS, "16 HANGUP 2 1 anna AppQueue", "16 HANGUP 3 1 bo AppQueue", "21 CHAN_START 4 1 anna", "21 CHAN_START 5 1 bo",
                  "25 ANSWER 5 1 bo AppQueue", "25 HANGUP 4 1 anna AppQueue", "25 BRIDGE_ENTER 5 1 bo AppQueue", "25 BRIDGE_ENTER 1 1 telco Queue",
                  "35 BRIDGE_EXIT 5 1 bo", "35 HANGUP 5 1 bo", "35 HANGUP 1 1 telco")
    agents = host.report()["agents"]
    anna, bo = only(agents, username="anna"), only(agents, username="bo")
    assert (anna["answered"], anna["missed"], bo["answered"], bo["queued"], bo["missed"], bo["talk"]) == (0, 1, 1, 1, 0, 10)


def test_whom_a_colleague_was_faster_than_has_missed_nothing(host: Host) -> None:
    host.channels(*RINGS, "4 ANSWER 3 1 bo AppQueue", "4 HANGUP 2 1 anna AppQueue", "4 BRIDGE_ENTER 3 1 bo", "9 BRIDGE_EXIT 3 1 bo", "9 HANGUP 3 1 bo",
                  "9 HANGUP 1 1 telco")
    assert [(each["username"], each["missed"]) for each in host.report()["agents"]] == [("bo", 0)]


def test_a_call_that_is_passed_on_is_one_for_each(host: Host) -> None:
    """Anna speaks for 10 seconds and passes it on to Bo, who speaks for 20; his ringing is nobody's talk."""
    host.channels(
        "0 CHAN_START 1 1 telco", "0 CHAN_START 2 1 anna", "2 ANSWER 2 1 anna AppDial", "2 BRIDGE_ENTER 2 1 anna", "2 BRIDGE_ENTER 1 1 telco",
        '12 BLINDTRANSFER 2 1 anna AppDial {"extension":"2403"}', "12 BRIDGE_EXIT 2 1 anna", "12 BRIDGE_EXIT 1 1 telco", "12 HANGUP 2 1 anna",
        "12 CHAN_START 3 1 bo", "17 ANSWER 3 1 bo AppDial", "17 BRIDGE_ENTER 3 1 bo", "17 BRIDGE_ENTER 1 1 telco", "37 BRIDGE_EXIT 1 1 telco",
        "37 HANGUP 1 1 telco", "37 BRIDGE_EXIT 3 1 bo", "37 HANGUP 3 1 bo")
    agents = host.report()["agents"]
    assert [(each["username"], each["answered"], each["talk"], each["missed"]) for each in agents] == [("bo", 1, 20, 0), ("anna", 1, 10, 0)]


def test_a_call_that_somebody_picks_up(host: Host) -> None:
    """As on a real host: the one who picks up has called a number of the host, and answers another's call by it."""
    host.channels(
        "0 CHAN_START 1 1 telco", "0 CHAN_START 2 1 anna", "3 CHAN_START 3 3 bo", "3 ANSWER 3 3 bo",
        '3 PICKUP 2 1 anna AppDial {"pickup_channel":"PJSIP/bo-00000003","pickup_channel_uniqueid":"3"}', "3 ANSWER 1 1 telco Dial", "3 HANGUP 2 1 anna",
        "3 BRIDGE_ENTER 3 3 bo AppDial", "3 BRIDGE_ENTER 1 1 telco", "8 BRIDGE_EXIT 1 1 telco", "8 BRIDGE_EXIT 3 1 bo AppDial", "8 HANGUP 1 1 telco",
        "8 HANGUP 3 1 bo")
    agents = host.report()["agents"]
    assert [(each["username"], each["answered"], each["made"], each["talk"], each["missed"]) for each in agents] == [("bo", 1, 0, 5, 0)]


def test_listening_is_told(host: Host) -> None:
    host.channels("0 CHAN_START 1 1 bo", '2 SPY 1 1 bo ChanSpy {"extra":"whisper|anna"}', '3 SPYREFUSED 1 1 bo  {"extra":"barge|door"}',
                  "60 HANGUP 1 1 bo")
    made, when = host.report(), "2026-11-25 09:00 +0000"
    assert made["listened"] == [{"at": when, "who": "Bo Alm", "how": "whisper", "whom": "Anna"},
                                {"at": when, "who": "Bo Alm", "how": "refused: barge", "whom": "door"}]
    assert made["listened_times"] == 2


def test_what_ended_with_asterisk_is_not_counted_to_the_next_call(host: Host) -> None:
    host.channels("0 CHAN_START 1 1 telco", "0 CHAN_START 2 1 anna", "2 ANSWER 2 1 anna AppDial", "2 BRIDGE_ENTER 2 1 anna", "2 BRIDGE_ENTER 1 1 telco",
                  "30 CHAN_START 3 3 telco", "3000 CHAN_START 4 4 telco", "3001 HANGUP 4 4 telco")
    host.queue("60 NONE NONE NONE QUEUESTART")
    assert only(host.report()["agents"], username="anna")["talk"] == 28       # until the last that is known of then


def test_no_customer_is_in_it(host: Host) -> None:
    test_direct_calls(host)
    host.queue("0 c1 sales NONE ENTERQUEUE |+4670|1", "9 c1 sales NONE ABANDON 1|1|9")
    assert not re.search(r"4670|Eve", repr(host.report()))


def test_a_call_belongs_to_the_day_on_which_it_began(host: Host) -> None:
    """One that waits over midnight, and one that speaks over it."""
    night = 15 * 3600 - 10
    host.queue(f"{night} c1 sales NONE ENTERQUEUE |1|1", f"{night + 15} c1 sales Bo CONNECT 15|c1b|5", f"{night + 40} c1 sales Bo COMPLETECALLER 15|25|1",
               f"{night + 20} c2 sales NONE ENTERQUEUE |1|1", f"{night + 30} c2 sales NONE ABANDON 1|1|10")
    host.channels(f"{night} CHAN_START 1 1 telco", f"{night} CHAN_START 2 1 anna", f"{night} ANSWER 2 1 anna AppDial", f"{night} BRIDGE_ENTER 2 1 anna",
                  f"{night + 60} BRIDGE_EXIT 2 1 anna", f"{night + 60} HANGUP 2 1 anna", f"{night + 60} HANGUP 1 1 telco")
    before, after = host.report(), host.report(Period(DAY.end, DAY.end + 86400))
    assert (before["total"]["offered"], before["total"]["answered"], before["agents"][0]["talk"]) == (1, 1, 60)
    assert (after["total"]["offered"], after["total"]["abandoned"], after["agents"]) == (1, 1, [])
    both = host.report(Period(DAY.start, DAY.end + 86400))
    assert [(each["day"], each["offered"]) for each in both["days"]] == [("2026-11-25", 1), ("2026-11-26", 1)]


def test_days_of_twenty_three_and_twenty_five_hours(zone: Callable[[str], None], host: Host) -> None:
    zone("Europe/Stockholm")
    for day, hours in (("2026-03-29", 23), ("2026-10-25", 25), ("2026-11-25", 24)):
        assert moment(day, "end", last=True) - moment(day, "start") == hours * 3600
        assert days(Period(moment(day, "start"), moment(day, "end", last=True)), 9) == [day]
    twice = moment("2026-10-25 02:30", "start")
    assert [Clock().day_and_hour(twice + each) for each in (0, 3600, 7200)] == [("2026-10-25", 2), ("2026-10-25", 2), ("2026-10-25", 3)]
    assert Clock().day_and_hour(moment("2026-03-29 01:59", "start") + 60) == ("2026-03-29", 3)
    assert midnight(moment("2026-10-25 23:00", "start")) == moment("2026-10-25", "start")
    host.at = twice
    host.queue("0 c1 sales NONE ENTERQUEUE |1|1", "3600 c2 sales NONE ENTERQUEUE |1|1")
    made = host.report(Period(moment("2026-10-25", "start"), moment("2026-10-25", "end", last=True)))
    assert only(made["hours"], hour=2)["offered"] == 2 and (made["from"], made["to"]) == ("2026-10-25 00:00 +0200", "2026-10-26 00:00 +0100")


@pytest.mark.parametrize("text", ["yesterday", "2026-02-30", "2026-11-25 24:01", "2026-11-25 8:00", "20261125", "2026-11-25 08:00:00"])
def test_what_is_no_day(text: str) -> None:
    with pytest.raises(Wrong, match="start: "):
        moment(text, "start")


def test_rotated_logs_are_read_before_the_one_in_use(host: Host) -> None:
    host.queue("0 c1 sales NONE ENTERQUEUE |1|1", "1 c2 sales NONE ENTERQUEUE |1|1")
    old = host.folder / "records" / "queue_log-20261125-1795597200.gz"
    with gzip.open(old, "wb") as file:
        file.write((host.folder / "queue_log").read_bytes())
    os.utime(old, (NINE, NINE))
    older = host.folder / "records" / "queue_log-20261124-1795500000"
    older.write_text(f"{int(NINE)}|c9|sales|NONE|ENTERQUEUE||1|1\n", encoding="utf-8")     # ended before the period, as its time says
    os.utime(older, (DAY.start - 1, DAY.start - 1))
    (host.folder / "queue_log").unlink()
    host.queue("7 c1 sales Bo CONNECT 7|c1b|5", "8 c2 sales NONE ABANDON 1|1|8")
    sales = only(host.report()["queues"], name="sales")
    assert (sales["offered"], sales["answered"], sales["abandoned"]) == (2, 1, 1)


def test_halves_of_lines_cost_no_more_than_a_neighbour(host: Host) -> None:
    """What a full disk leaves: a line without its end, and the next one behind it."""
    test_direct_calls(host)
    log = host.folder / "cel-custom" / "events.csv"
    whole = log.read_text(encoding="utf-8")
    for cut in (3, 20, 40, 80):
        log.write_text('"CHAN_START","1795597200.5","9","9","PJSIP/anna-00000009","","","","","",""'[:cut] + "\n" + whole + '"HANG', encoding="utf-8")
        made = host.report()
        assert made["unreadable"] and only(made["agents"], username="bo")["missed"] == 2, cut
    log.write_bytes(b"\0" * 100 + b"\n" + whole.encode() + b'"\xff\xfe\n')
    assert only(host.report()["agents"], username="anna")["answered"] == 1


def test_a_damaged_rotated_log_is_told(host: Host) -> None:
    whole = gzip.compress(b"".join(f"{int(NINE)}|c{each}|sales|NONE|ENTERQUEUE||{each * 7919}|1\n".encode() for each in range(999)))
    (host.folder / "records" / "queue_log-1.gz").write_bytes(whole[:len(whole) // 2])
    (host.folder / "records" / "queue_log-2.gz").write_bytes(b"not gzip")
    host.queue("0 c1 help NONE ENTERQUEUE |1|1")
    made = host.report()
    assert sorted(made["damaged"]) == ["queue_log-1.gz", "queue_log-2.gz"] and only(made["queues"], name="help")["offered"] == 1


def test_a_hundred_thousand_calls_in_seconds_and_little_memory(host: Host) -> None:
    with (host.folder / "queue_log").open("w", encoding="utf-8") as file:
        for each in range(100_000):
            at = int(NINE) + each // 4
            file.write(f"{at}|c{each}|sales|NONE|ENTERQUEUE||0701234567|1\n{at + 3}|c{each}|sales|Anna|CONNECT|3|b{each}|3\n"
                       f"{at + 60}|c{each}|sales|Anna|COMPLETECALLER|3|57|1\n")
    start = time.process_time()
    made = host.report(Period(DAY.start, DAY.end + 86400))
    assert made["total"]["answered"] == 100_000 and time.process_time() - start < 10
    tracemalloc.start()
    assert sum(1 for each in visits(Logs(str(host.folder)).entries(NINE, NINE + 2500), Period(NINE, NINE + 2500))) == 10_000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20e6      # it follows two days on, and holds only who is in a call


def test_the_columns_are_those_that_asterisk_is_told_to_write() -> None:
    names = {"eventtype": "event", "eventtime": "time", "CHANNEL(uniqueid)": "unique_id", "CHANNEL(linkedid)": "linked_id", "CHANNEL(channame)": "channel",
             "CALLERID(num)": "caller", "CALLERID(name)": "name", "CHANNEL(exten)": "extension", "CHANNEL(context)": "context",
             "CHANNEL(appname)": "application", "eventextra": "extra"}
    told = re.search(r"^events.csv => (.*)$", (ROLE / "cel_custom.conf.j2").read_text(encoding="utf-8"), re.MULTILINE)
    assert told and tuple(names[re.sub(r"^\$\{(?:CSV_QUOTE\(\$\{)?|\}\)?\}?$", "", each)] for each in told[1].split(",")) == EVENT


def test_the_module(house: House, host: Host) -> None:
    house.run("merged", [{"username": "anna", "full_name": "Anna Ek", "alias": "A. from sales"}])
    test_direct_calls(host)
    params = {"start": "2026-11-25", "end": "2026-11-25", "time_zone": "Europe/Stockholm", "logs": str(host.folder), "store": house.host.state}
    before, result = house.written(), {"changed": False}
    reporting.run_report(params, True, False, result)
    made: Any = result["report"]
    assert only(made["agents"], username="anna")["name"] == "A. from sales" and only(made["agents"], username="bo")["gone"]
    assert made["time_zone"] == "Europe/Stockholm" and made["from"] == "2026-11-25 00:00 +0100" and result["changed"] is False
    assert house.written() == before


def test_whoever_is_called_like_a_team_is_an_agent_all_the_same(host: Host) -> None:
    test_direct_calls(host)
    names = Names.of({"agent": {"anna": {"username": "anna"}, "bo": {}}, "team": {"anna": {"name": "anna"}}, "trunk": {"telco": {}}, "extension": {"door": {}}})
    assert {each["username"] for each in host.report(names=names)["agents"]} == {"anna", "bo"}


@pytest.mark.parametrize(("given", "said"), [
    ({"end": "2026-11-24"}, "end: is not after the start"), ({"time_zone": "Mars/Base"}, "time_zone: Mars/Base is no time zone"),
    ({"time_zone": "../../etc/passwd"}, "time_zone: "), ({"logs": "/nowhere"}, "there is no /nowhere"),
])
def test_what_the_module_refuses(house: House, host: Host, given: dict[str, Any], said: str) -> None:
    params = {"start": "2026-11-25", "end": None, "time_zone": None, "logs": str(host.folder), "store": house.host.state, **given}
    with pytest.raises((Wrong, Unready), match=re.escape(said)):
        reporting.run_report(params, False, False, {})
