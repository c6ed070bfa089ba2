# SPDX-License-Identifier: GPL-3.0-or-later
"""What is kept of calls, and what a report makes of it: real calls of real telephones, each as it was."""

import csv
import io
import re
import time

import pytest

from tests.phones import until

LINES = ("ulla", "vera", "wim")     # ulla calls; the other two are members of the queue
NUMBER = {"ulla": "2501", "vera": "2502", "wim": "2503"}
MARKUP = "<img src=x onerror=alert(1)>"
LOGS = "/var/log/asterisk"
COLUMNS = ("unique_id", "linked_id", "start", "answer", "end", "duration", "billed", "disposition", "source", "caller", "dialled", "channel", "called_channel",
           "application", "direction", "queue", "trunk", "recording")


@pytest.fixture(name="people", scope="module", autouse=True)
def people_fixture(pbx, staff):
    pbx.apply("queues", config=[{"name": "fair", "display_name": MARKUP, "number": "2500", "timeout": 30, "service_level": 20}])
    group = {"call_groups": ["fair"], "pickup_groups": ["fair"]}
    members = {"ulla": {}, "vera": {"alias": MARKUP, "queues": ["fair"], **group},
               "wim": {**group, "queues": ["fair"], "voicemail": True, "voicemail_pin": "471182"}}
    staff(agents=[{"username": name, "number": NUMBER[name], **members[name]} for name in LINES])
    yield
    pbx.apply("queues", config=[{"name": "fair"}], state="deleted", cascade=True)


@pytest.fixture(name="since")
def since_fixture(pbx):
    """Logs of this test alone."""
    pbx.run(f"cd {LOGS} && rm -f cdr-custom/* cel-custom/* queue_log records/* && asterisk -rx 'logger reload'")


def report(pbx, **options):
    return pbx.apply("call_report", logs=LOGS, **options)["report"]


def settled(pbx):
    """Once the last call is over, all of it stands in the files within a moment."""
    until(lambda: "0 active channels" in pbx.asterisk("core show channels count"), 45, lambda: AssertionError(pbx.asterisk("core show channels")))
    time.sleep(1)


def calls(pbx):
    """The legs of calls as the host keeps them (CDR)."""
    return [dict(zip(COLUMNS, row)) for row in csv.reader(io.StringIO(pbx.run(f"cat {LOGS}/cdr-custom/calls.csv")))]


def speak(caller, called, seconds, number):
    caller.dial(number)
    called.ringing().answer().established()
    time.sleep(seconds)
    caller.hangup()
    called.ended()


@pytest.mark.row("T4", "A1")
@pytest.mark.usefixtures("since")
def test_a_report_has_exactly_the_calls_that_were(pbx, line):
    ulla, vera, wim = map(line, LINES)
    speak(ulla, vera, 3, "2502")                    # direct, answered
    wim.quit()
    ulla.dial("2500").established()                 # queued: Vera rings, and takes it
    vera.ringing().answer().established()
    time.sleep(2)
    vera.hangup()
    ulla.ended()
    ulla.dial("2500").established()                 # queued: nobody takes it, and Ulla gives up
    vera.ringing()
    time.sleep(1)
    ulla.hangup()
    vera.ended()
    wim = line("wim")
    ulla.dial("2503")                               # direct, not answered: the mailbox takes it
    wim.ringing()
    ulla.established(20)
    time.sleep(2)
    ulla.hangup()
    settled(pbx)

    made = report(pbx)
    (fair,) = made["queues"]
    assert (fair["name"], fair["display_name"], fair["target"]) == ("fair", MARKUP, 20)
    counted = {"offered": 2, "answered": 1, "within": 1, "abandoned": 1, "abandoned_early": 1}
    assert counted == {each: fair[each] for each in counted} and not any(fair[each] for each in ("timed_out", "left", "lost", "waiting", "refused"))
    assert fair["service_level"] == 100.0
    agents = {each["username"]: each for each in made["agents"]}
    seen = {name: tuple(agents[name][each] for each in ("answered", "queued", "missed", "made")) for name in LINES}
    assert seen == {"ulla": (0, 0, 0, 2), "vera": (2, 1, 1, 0), "wim": (0, 0, 1, 0)}
    assert 5 <= agents["vera"]["talk"] <= 7 and agents["vera"]["name"] == MARKUP and agents["wim"]["name"] == "Wim"
    assert sum(each["offered"] for each in made["hours"]) == 2 and made["unreadable"] == 0
    assert report(pbx, start="2020-01-01", end="2020-01-01")["total"]["offered"] == 0

    legs = calls(pbx)
    direct = next(each for each in legs if each["dialled"] == "2502")
    assert (direct["source"], direct["caller"], direct["disposition"]) == ("2501", '"Ulla" <2501>', "ANSWERED")
    assert re.fullmatch(r"PJSIP/ulla-[0-9a-f]{8}", direct["channel"]) and re.fullmatch(r"PJSIP/vera-[0-9a-f]{8}", direct["called_channel"])
    assert 3 <= float(direct["billed"]) <= 5 and float(direct["end"]) - float(direct["answer"]) == pytest.approx(float(direct["billed"]), abs=0.01)
    assert direct["unique_id"] == direct["linked_id"] and direct["application"] == "Dial"
    assert {each["queue"] for each in legs if each["dialled"] == "2500"} == {"fair"} and direct["queue"] == direct["direction"] == direct["trunk"] == ""
    rung, taken = [each for each in legs if each["dialled"] == "2503"]
    assert (rung["disposition"], float(rung["billed"])) == ("NO ANSWER", 0) and "PJSIP/wim-" in rung["called_channel"]
    assert (taken["disposition"], taken["application"], taken["linked_id"]) == ("ANSWERED", "VoiceMail", rung["linked_id"])
    assert pbx.run(f"stat -c '%U %a' {LOGS}/cdr-custom/calls.csv {LOGS}/cel-custom/events.csv") == "asterisk 640\n" * 2


@pytest.mark.usefixtures("since")
def test_who_is_not_let_in_is_counted(pbx, line, ask):
    pbx.apply("queues", config=[{"name": "fair", "longest": 1}])
    try:
        line("ulla").dial("2500").established()
        assert ask("INVITE", "vera", "2500").status == 486
    finally:
        pbx.apply("queues", config=[{"name": "fair", "longest": None}])
    (fair,) = report(pbx)["queues"]
    assert (fair["offered"], fair["refused"], fair["waiting"]) == (2, 1, 1)


@pytest.mark.usefixtures("since")
def test_who_picks_up_and_who_is_passed_a_call_have_answered_it(pbx, line):
    ulla, vera, wim = map(line, LINES)
    ulla.dial("2502")
    vera.ringing()
    wim.dial("*8").established()
    ulla.established().hears(wim)
    ulla.hangup()
    wim.ended()
    vera.ended()
    ulla.dial("2502")
    vera.ringing().answer().established().hears(ulla)
    vera.transfer("2503")
    vera.wait(lambda: vera.last("REFER", 202, sent=False), 5, "told that its transfer is accepted")
    wim.ringing().answer().established()
    wim.hears(ulla)
    ulla.hangup()
    wim.ended()
    settled(pbx)
    seen = {each["username"]: (each["answered"], each["missed"], each["made"]) for each in report(pbx)["agents"]}
    assert seen == {"ulla": (0, 0, 2), "vera": (1, 0, 0), "wim": (2, 0, 0)}
    assert {"PICKUP", "BLINDTRANSFER"} <= {row.split(",")[0].strip('"') for row in pbx.run(f"cat {LOGS}/cel-custom/events.csv").splitlines()}


@pytest.mark.usefixtures("since")
def test_who_is_handed_a_call_has_answered_it(pbx, line):
    """Attended transfer: vera's question to wim is a call that she made."""
    ulla, vera, wim = line("ulla"), line("vera"), line("wim", answer="auto")
    ulla.dial("2502")
    vera.ringing().answer().established()
    vera.attend("2503")
    wim.hears(ulla)
    ulla.hangup()
    wim.ended()
    settled(pbx)
    seen = {each["username"]: (each["answered"], each["missed"], each["made"]) for each in report(pbx)["agents"]}
    assert seen == {"ulla": (0, 0, 1), "vera": (1, 0, 1), "wim": (1, 0, 0)}
    assert "ATTENDEDTRANSFER" in {row.split(",")[0].strip('"') for row in pbx.run(f"cat {LOGS}/cel-custom/events.csv").splitlines()}


@pytest.mark.usefixtures("since")
def test_what_the_dialplan_says_of_a_call_stands_in_each_of_its_legs(pbx, line):
    """As the contexts of queues, trunks and recordings say it: on the caller's channel, and on one that is called."""
    steps = ("*61,1,Set(CDR(direction)=inbound)", "*61,2,Set(CDR(trunk)=telco)", "*61,3,Set(CDR(queue)=fair)", "*61,4,Dial(PJSIP/wim,1)",
             "*61,5,Dial(PJSIP/vera,20,b(test-recording^s^1))")
    for step in steps:
        pbx.asterisk(f"dialplan add extension {step} into internal")
    for step in ("s,1,Set(CDR(recording)=2026/a.wav)", "s,2,Return()"):
        pbx.asterisk(f"dialplan add extension {step} into test-recording")
    try:
        ulla, vera, _wim = map(line, LINES)
        speak(ulla, vera, 1, "*61")
    finally:
        pbx.asterisk("dialplan reload")
    settled(pbx)
    told = [(each["disposition"], each["direction"], each["trunk"], each["queue"], each["recording"]) for each in calls(pbx)]
    assert told == [("NO ANSWER", "inbound", "telco", "fair", ""), ("ANSWERED", "inbound", "telco", "fair", "2026/a.wav")]


def test_the_page(pbx, tmp_path):
    code, output = pbx.play("report", report_dest=str(tmp_path / "report.html"), report_title="A & B")
    assert code == 0, output
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>") and "<h1>A &amp; B</h1>" in page and "</html>" in page and "{{" not in page
    assert "<img" not in page and not re.search(r"<script|https?:|url\(|@import|src=\"|href=", page.replace("src=x onerror", ""))
    assert "2501" not in page


@pytest.mark.usefixtures("since")
def test_a_name_that_is_markup_stays_text(pbx, line, tmp_path):
    ulla, vera = line("ulla"), line("vera")
    ulla.dial("2500").established()
    vera.ringing().answer().established()
    ulla.hangup()
    settled(pbx)
    code, output = pbx.play("report", report_dest=str(tmp_path / "report.html"))
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert code == 0 and page.count("&lt;img src=x onerror=alert(1)&gt;") == 2 and "<img" not in page, output


@pytest.mark.usefixtures("since")
def test_calls_go_on_when_nothing_can_be_written(pbx, line):
    """A full disk: a call costs its record, nothing else; afterwards all is as before."""
    ulla, vera = line("ulla"), line("vera")
    logs = ("cdr-custom/calls.csv", "cel-custom/events.csv", "queue_log")
    pbx.run(f"cd {LOGS}; " + "".join(f"ln -sf /dev/full {each}; " for each in logs) + "asterisk -rx 'logger reload'")
    try:
        for number in ("2502", "2500"):
            ulla.dial(number)
            vera.ringing().answer().established()
            ulla.established().hears(vera)
            vera.hears(ulla)
            ulla.hangup()
            vera.ended()
        settled(pbx)
    finally:
        pbx.run(f"cd {LOGS}; rm {' '.join(logs)}; asterisk -rx 'logger reload'")
    speak(ulla, vera, 1, "2502")
    settled(pbx)
    assert [each["disposition"] for each in calls(pbx)] == ["ANSWERED"]
    (agent,) = [each for each in report(pbx)["agents"] if each["username"] == "vera"]
    assert agent["answered"] == 1


@pytest.mark.usefixtures("since")
def test_what_a_killed_asterisk_loses(pbx, line):
    """Calls in progress: of these there is no leg (CDR), but what had happened to them; what was over stands in all three."""
    ulla, vera = line("ulla"), line("vera")
    speak(ulla, vera, 1, "2502")
    settled(pbx)
    ulla.dial("2500").established()
    vera.ringing().answer().established()
    time.sleep(2)
    pbx.run("kill -KILL $(pidof asterisk); sleep 1; systemctl reset-failed asterisk; systemctl restart asterisk; asterisk -rx 'core waitfullybooted'")
    assert [each["dialled"] for each in calls(pbx)] == ["2502"]
    made = report(pbx)
    (agent,) = [each for each in made["agents"] if each["username"] == "vera"]
    assert (agent["answered"], agent["queued"]) == (2, 1) and made["total"]["answered"] == 1 and made["unreadable"] == 0


@pytest.mark.usefixtures("since")
def test_rotation_loses_nothing(pbx, line):
    ulla, vera = line("ulla"), line("vera")
    speak(ulla, vera, 1, "2502")
    ulla.dial("2500").established()
    vera.ringing().answer().established()
    pbx.run("logrotate --force /etc/logrotate.d/asterisk")
    ulla.hangup()
    vera.ended()
    settled(pbx)
    pbx.run("sleep 1; logrotate --force /etc/logrotate.d/asterisk")
    rotated = pbx.run(f"ls {LOGS}/records").split()
    assert sorted({re.sub(r"-.*", "", each) for each in rotated}) == ["calls.csv", "events.csv", "queue_log"] and any(each.endswith(".gz") for each in rotated)
    made = report(pbx)
    (agent,) = [each for each in made["agents"] if each["username"] == "vera"]
    assert (agent["answered"], agent["queued"], made["total"]["answered"], made["total"]["offered"]) == (2, 1, 1, 1)
    assert pbx.run(f"stat -c '%U %a' {LOGS}/queue_log {LOGS}/records/*") == "asterisk 640\n" * (len(rotated) + 1)


@pytest.mark.row("T9")
@pytest.mark.usefixtures("since")
def test_what_is_too_old_goes(pbx):
    old = [f"{LOGS}/records/calls.csv-1", "/var/spool/asterisk/monitor/test-old/a.wav"]
    fresh = [f"{LOGS}/records/calls.csv-2", "/var/spool/asterisk/monitor/test-new/b.wav"]
    clean = "systemd-tmpfiles --clean --prefix=/var/log/asterisk --prefix=/var/spool/asterisk"
    there = f"ls {' '.join([*old, *fresh])} 2>/dev/null"
    before = pbx.apply("settings", state="gathered")["gathered"].get("retention", {})
    pbx.run("".join(f"mkdir -p $(dirname {each}); touch {each}; " for each in [*old, *fresh]) + f"touch -d '40 days ago' {' '.join(old)}")
    try:
        pbx.apply("settings", config={"retention": {"call_records": 0, "recordings": 0}})
        pbx.run(clean)
        assert len(pbx.run(there, check=False).split()) == 4
        made = pbx.apply("settings", config={"retention": {"call_records": 30, "recordings": 30}})
        assert made["files"] == ["retention.tmpfiles"] and made["reloaded"] == []
        pbx.run(clean)
        assert sorted(pbx.run(there, check=False).split()) == sorted(fresh)
        assert pbx.run("systemctl is-active systemd-tmpfiles-clean.timer").strip() == "active"
    finally:
        pbx.apply("settings", config={"retention": {"call_records": before.get("call_records", 0), "recordings": before.get("recordings", 0)}})
        pbx.run("rm -rf /var/spool/asterisk/monitor/test-*")


def test_records_are_for_nobody_else(pbx):
    assert pbx.run(f"stat -c '%U %a' {LOGS}/cdr-custom {LOGS}/cel-custom {LOGS}/records") == "asterisk 750\n" * 3
