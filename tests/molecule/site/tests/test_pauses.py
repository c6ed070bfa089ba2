# SPDX-License-Identifier: GPL-3.0-or-later
"""Agents sign in and out and pause by telephone: who rings then, what they see of it, and what keeps it."""

import re
import time

import pytest

from tests.phones import until

NUMBER = {"kit": "2601", "lou": "2602", "moe": "2603", "ned": "2604", "oda": "2605"}
FIELDS = {"lou": {"login_pause": True}, "moe": {"phone": {"dnd_on_pause": True}, "voicemail": True, "voicemail_pin": "4714"},
          "oda": {"phone": {"dnd_on_pause": True}}}
SIGN_IN, SIGN_OUT, PAUSE, UNPAUSE = "*45", "*46", "*47", "*48"


@pytest.fixture(name="people", scope="module", autouse=True)
def people_fixture(pbx, staff):
    pbx.apply("queues", config=[{"name": "bar"}, {"name": "cafe"}])
    staff(agents=[{"username": name, "number": number, **FIELDS.get(name, {})} for name, number in NUMBER.items()],
          extensions=[{"name": "hall", "number": "2609"}])
    yield
    pbx.apply("queues", config=[{"name": "bar"}, {"name": "cafe"}], state="deleted", cascade=True)


@pytest.fixture(name="bar")
def bar_fixture(pbx):
    """bar(agents=[...]) makes the queue; nobody of them has ever signed in."""
    def make(**fields):
        return pbx.apply("queues", config=[{"name": "bar", "number": "2600", "timeout": 4, "retry": 1, **fields}], state="replaced")

    make(agents=[])
    pbx.run("asterisk -rx 'database deltree pause'; asterisk -rx 'database deltree emergency'")
    yield make
    pbx.asterisk("channel request hangup all")


@pytest.fixture(name="code")
def code_fixture(pbx, ask):
    """code("kit", "*47"): kit has dialled it, and that call is over; a queue may ring her already."""
    def dial(who, dialled):
        assert ask("INVITE", who, dialled).status == 200
        until(lambda: not counted(who) - rung(who), 5, lambda: AssertionError("still counts"))

    def counted(who):
        return set(re.findall(rf"^PJSIP/{who}-\S+", pbx.asterisk("group show channels"), re.MULTILINE))

    def rung(who):
        return set(re.findall(rf"^(PJSIP/{who}-[^!]+)!(?:[^!]*!){{4}}AppQueue", pbx.asterisk("core show channels concise"), re.MULTILINE))

    return dial


def members(pbx, queue="bar"):
    """Member: what the queue shows of it."""
    shown = re.sub(r"\x1b\[[\d;]*m", "", pbx.asterisk(f"queue show {queue}"))
    return {re.search(r"\(PJSIP/([\w.-]+)\)", line)[1]: line for line in shown.splitlines() if "(PJSIP/" in line}


def paused(pbx, queue="bar"):
    """Member: the reason; of those who are not paused None."""
    found = {name: re.search(r"\(paused(?::(.*?))? was \d+ secs ago\)", line) for name, line in members(pbx, queue).items()}
    return {name: pause and (pause[1] or "") for name, pause in found.items()}


def kept(pbx):
    return dict(re.findall(r"^/pause/(\S+) +: (.*?) *$", pbx.asterisk("database show pause"), re.MULTILINE))


def waiting(pbx, count):
    until(lambda: f"has {count} calls" in pbx.asterisk("queue show bar"), 10, lambda: AssertionError(pbx.asterisk("queue show bar")))


def is_not_rung(phone, seconds=4):
    with pytest.raises(AssertionError):
        phone.ringing(seconds)


def rings(caller, number, phone):
    caller.dial(number)
    phone.ringing(10).answer().established()
    phone.hangup()
    caller.ended()


@pytest.mark.row("A4", "A28")
def test_who_pauses_is_not_rung_and_rings_after_it(pbx, bar, line, code):
    bar(agents=["kit"])
    ned, kit = line("ned"), line("kit")
    log = len(pbx.run("cat /var/log/asterisk/queue_log"))
    kit.dial(PAUSE + "2").established().ended()         # and a prompt says so
    assert paused(pbx) == {"kit": "lunch"} and kept(pbx) == {"kit": "lunch"}
    ned.dial("2600").established()
    waiting(pbx, 1)
    is_not_rung(kit)
    code("kit", UNPAUSE)
    kit.ringing().answer().established()
    ned.hears(kit)
    ned.hangup()
    assert paused(pbx) == {"kit": None} and kept(pbx) == {"kit": ""}
    logged = [each.split("|")[2:] for each in pbx.run("cat /var/log/asterisk/queue_log")[log:].splitlines()]
    assert ["bar", "kit", "PAUSE", "lunch"] in logged and ["bar", "kit", "UNPAUSE", ""] in logged, logged
    code("kit", PAUSE)
    assert paused(pbx) == {"kit": "pause"}


@pytest.mark.row("A4")
def test_a_paused_agents_own_line_rings(bar, line, code):
    bar(agents=["kit"])
    ned, kit = line("ned"), line("kit")
    code("kit", PAUSE)
    rings(ned, "2601", kit)


@pytest.mark.row("A4")
@pytest.mark.parametrize("dialled", [SIGN_IN, SIGN_OUT, PAUSE, PAUSE + "2", UNPAUSE])
def test_who_is_no_agent_is_refused(pbx, bar, ask, dialled):
    assert ask("INVITE", "hall", dialled).status == 403
    assert kept(pbx) == {}


def test_a_reason_that_nobody_named_is_none(bar, ask):
    assert ask("INVITE", "kit", PAUSE + "9").status == 404


@pytest.mark.parametrize("reasons", [{"x": "lunch"}, {"1": "lunch)"}, {"1": "signed out"}, {"1": ""}])
def test_reasons_that_would_be_something_else_are_refused(pbx, reasons):
    status, output = pbx.play("site", asterisk_pause_reasons=reasons)
    assert status and "asterisk_pause_reasons: what is dialled must be digits" in output, output


@pytest.mark.row("A4")
def test_who_signs_out_is_not_rung_until_the_next_sign_in(pbx, bar, line, ask, code):
    bar(agents=["kit"])
    ned, kit = line("ned"), line("kit")
    assert paused(pbx) == {"kit": None}         # as long as nobody says anything, a member is at work
    code("kit", SIGN_OUT)
    for dialled in (PAUSE, PAUSE + "1", UNPAUSE):
        assert ask("INVITE", "kit", dialled).status == 403
    assert paused(pbx) == {"kit": "signed out"}
    ned.dial("2600").established()
    waiting(pbx, 1)
    is_not_rung(kit)
    code("kit", SIGN_IN)
    kit.ringing().answer().established()
    ned.hangup()
    code("kit", PAUSE + "3")
    code("kit", SIGN_IN)                   # is signed in already: the pause goes on
    assert paused(pbx) == {"kit": "meeting"}


@pytest.mark.row("A4")
def test_with_login_pause_work_begins_after_the_pause(pbx, bar, line, code):
    bar(agents=["lou"])
    ned, lou = line("ned"), line("lou")
    for begin in ((), (SIGN_OUT, SIGN_IN)):
        for each in begin:
            code("lou", each)
        assert paused(pbx) == {"lou": "login" if begin else ""}
        ned.dial("2600").established()
        waiting(pbx, 1)
        is_not_rung(lou)
        code("lou", UNPAUSE)
        lou.ringing().answer().established()
        ned.hangup()
        lou.ended()


EVENTS = {
    "a reload": lambda pbx, bar: pbx.run("touch /etc/asterisk/queues.conf; asterisk -rx 'queue reload all'"),
    "a run about others": lambda pbx, bar: pbx.agents({"username": "ned", "queues": ["cafe"]}) and pbx.agents({"username": "ned", "queues": []}),
    "a run about the queue": lambda pbx, bar: bar(agents=["kit", "lou", "moe", "oda"], timeout=9),
    "a queue that is made anew": lambda pbx, bar: bar(agents=["kit", "lou", "moe", "oda"], strategy="linear"),
    "a failed run": lambda pbx, bar: pbx.attempt("queues", config=[{"name": "bar", "timeout": 7, "music": "opera"}]),
    "a restart": lambda pbx, bar: pbx.run("systemctl restart asterisk; asterisk -rx 'core waitfullybooted'"),
    "core restart now": lambda pbx, bar: again(pbx),
}


def again(pbx):
    """Asterisk starts itself anew; systemd has no part in it."""
    pbx.run("asterisk -rx 'core restart now'", check=False)
    time.sleep(2)
    until(lambda: "fully booted" in pbx.run("asterisk -rx 'core waitfullybooted'", check=False), 30, lambda: AssertionError("Asterisk is not back"))


@pytest.mark.row("A4", "A28")
@pytest.mark.parametrize("event", EVENTS)
def test_pauses_stay_after(pbx, bar, line, code, event):
    bar(agents=["kit", "lou", "moe", "oda"], strategy="ringall")
    ned, kit, lou, moe, oda = map(line, ("ned", "kit", "lou", "moe", "oda"))
    for who, dialled in (("kit", PAUSE + "2"), ("lou", UNPAUSE), ("moe", SIGN_OUT)):
        code(who, dialled)
    code("oda", PAUSE)
    code("oda", UNPAUSE)
    EVENTS[event](pbx, bar)
    expected = {"kit": "lunch", "lou": None, "moe": "signed out", "oda": None}
    if event == "a reload":     # Asterisk itself keeps the pause and forgets its reason, until the next run
        expected = {name: reason and "" for name, reason in expected.items()}
    until(lambda: paused(pbx) == expected, 10, lambda: AssertionError((paused(pbx), expected)))
    assert kept(pbx) == {"kit": "lunch", "lou": "", "moe": "signed out", "oda": ""}
    for phone in (lou, oda):        # after a start Asterisk takes up to a minute to ask who is there
        pbx.asterisk(f"pjsip qualify {phone.user}")
    until(lambda: all("(Not in use)" in members(pbx)[name] for name in ("lou", "oda")), 10, lambda: AssertionError(pbx.asterisk("queue show bar")))
    ned.dial("2600").established()
    for phone in ((lou,) if event == "a queue that is made anew" else (lou, oda)):
        phone.ringing()
    is_not_rung(kit, 1)
    is_not_rung(moe, 1)


@pytest.mark.row("A4")
def test_a_pause_that_the_queue_does_not_know_of_holds_all_the_same(pbx, bar, line, code):
    bar(agents=["kit"])
    ned, kit = line("ned"), line("kit")
    code("kit", PAUSE)
    pbx.asterisk("queue unpause member PJSIP/kit")
    ned.dial("2600").established()
    waiting(pbx, 1)
    is_not_rung(kit, 5)


@pytest.mark.row("A4", "A28")
def test_who_is_paused_is_so_in_a_queue_that_comes_later(pbx, bar, code):
    bar(agents=["kit"])
    code("kit", PAUSE + "4")
    pbx.agents({"username": "kit", "queues": ["bar", "cafe"]})
    assert paused(pbx) == paused(pbx, "cafe") == {"kit": "training"}


@pytest.mark.row("A4")
def test_login_pause_is_about_whoever_has_not_signed_in(pbx, bar, code):
    bar(agents=["kit", "ned"])
    code("ned", PAUSE)
    code("ned", UNPAUSE)
    try:
        pbx.agents({"username": "kit", "login_pause": True}, {"username": "ned", "login_pause": True})
        assert paused(pbx) == {"kit": "login", "ned": None}
    finally:
        pbx.agents({"username": "kit", "login_pause": False}, {"username": "ned", "login_pause": False})
    assert paused(pbx) == {"kit": None, "ned": None}


@pytest.mark.row("A4")
def test_a_waiting_caller_stays_while_a_run_changes_all(pbx, bar, line, code):
    bar(agents=["kit"])
    ned, kit = line("ned"), line("kit")
    code("kit", PAUSE)
    ned.dial("2600").established()
    waiting(pbx, 1)
    bar(agents=["kit"], strategy="linear")
    is_not_rung(kit)
    bar(agents=["kit"], strategy="linear", timeout=8)
    assert paused(pbx) == {"kit": "pause"}
    code("kit", UNPAUSE)
    kit.ringing().answer().established()
    ned.hears(kit)


# Not to be disturbed in a pause


def greeting(pbx, caller):
    """The mailbox and the greeting that the caller hears."""
    calls = until(lambda: [row.split("!") for row in pbx.asterisk("core show channels concise").splitlines() if "!VoiceMail!" in row], 5,
                  lambda: caller.complaint("no mailbox"))
    return calls[0][6]


@pytest.mark.row("A20", "A3")
@pytest.mark.parametrize("dialled", [PAUSE, SIGN_OUT])
def test_a_paused_agent_is_busy_inside(pbx, bar, line, ask, code, dialled):
    ned, moe, oda = line("ned"), line("moe"), line("oda")
    rings(ned, "2605", oda)
    rings(ned, "2603", moe)
    code("oda", dialled)
    code("moe", dialled)
    assert ask("INVITE", "ned", "2605").status == 486
    ned.dial("2603").established()
    assert greeting(pbx, ned) == "2603@default,b"
    ned.hangup()
    is_not_rung(oda, 1)
    is_not_rung(moe, 1)
    oda.dial("2604")            # calls of the agent's own go out
    ned.ringing().answer().established()
    ned.hangup()
    oda.ended()
    for who in ("oda", "moe"):
        code(who, SIGN_IN if dialled == SIGN_OUT else UNPAUSE)
    rings(ned, "2605", oda)
    rings(ned, "2603", moe)


@pytest.fixture(name="outside")
def outside_fixture(pbx):
    """A call from outside to a number, as the dialplan sees it."""
    added = ["outer,_X.,1,Set(__OUTSIDE=1)", "outer,_X.,2,Goto(internal,${EXTEN},1)"]
    for context, extension, priority, what in (each.split(",", 3) for each in added):
        pbx.asterisk(f"dialplan add extension {extension},{priority},{what} into {context}")
    yield lambda number: pbx.asterisk(f"channel originate Local/{number}@outer application Wait 20")
    pbx.asterisk("dialplan remove context outer")


@pytest.mark.row("A20", "A3")
def test_a_paused_agent_is_called_from_outside(pbx, bar, line, code, outside):
    moe, oda = line("moe"), line("oda")
    outside("2605")
    oda.ringing().hangup().ended()
    code("oda", PAUSE)
    code("moe", PAUSE)
    outside("2605")
    is_not_rung(oda, 2)
    outside("2603")
    assert greeting(pbx, moe) == "2603@default,b"
    is_not_rung(moe, 1)


@pytest.mark.row("A20", "A13")
@pytest.mark.parametrize("hindrance", ["pause", "capacity"])
def test_to_whoever_has_called_an_emergency_number_the_call_back_rings_through(pbx, bar, line, ask, code, outside, hindrance):
    if "does not exist" in pbx.asterisk("dialplan show emergency") or "There is no" in pbx.asterisk("dialplan show emergency"):
        pytest.skip("there are no emergency numbers on this host")
    oda = line("oda")
    if hindrance == "pause":
        code("oda", PAUSE)
    else:
        oda.dial("*43").established()
    outside("2605")
    is_not_rung(oda, 2)
    pbx.asterisk(f"database put emergency oda {int(time.time())}")
    outside("2605")
    oda.ringing().hangup()
    assert ask("INVITE", "ned", "2605").status == 486       # from inside nobody calls back
    pbx.asterisk(f"database put emergency oda {int(time.time()) - 7200}")
    outside("2605")
    is_not_rung(oda, 2)


# Whose pause it is


@pytest.mark.row("A4", "P8")
@pytest.mark.parametrize("way", ["deleted", "disabled"])
def test_nothing_is_left_of_who_is_gone(pbx, bar, code, way):
    pbx.agents({"username": "pia", "full_name": "Pia", "number": "2606", "typology": "external", "sip_password": "pia-secret-1", "queues": ["bar"]})
    code("pia", PAUSE + "2")
    assert paused(pbx) == {"pia": "lunch"}
    pbx.agents({"username": "pia"}, state="deleted") if way == "deleted" else pbx.agents({"username": "pia", "disabled": True})
    assert paused(pbx) == {} and kept(pbx) == {}
    pbx.agents({"username": "pia", "full_name": "Pia", "number": "2606", "typology": "external", "sip_password": "pia-secret-1", "queues": ["bar"],
                "disabled": False})
    assert paused(pbx) == {"pia": None}
    pbx.agents({"username": "pia"}, state="deleted")


@pytest.mark.row("A4")
def test_a_pause_goes_with_its_agent_to_another_name(pbx, bar, code):
    pbx.agents({"username": "pia", "full_name": "Pia", "number": "2606", "typology": "external", "sip_password": "pia-secret-1", "queues": ["bar"]})
    code("pia", PAUSE + "2")
    pbx.apply("rename", kind="agents", name="pia", to="pina", sip_password="pina-secret-1")
    assert paused(pbx) == {"pina": "lunch"} and kept(pbx) == {"pina": "lunch"}
    pbx.agents({"username": "pina"}, state="deleted")
    assert kept(pbx) == {}
