# SPDX-License-Identifier: GPL-3.0-or-later
"""Registering and calling: what is let in and what is not, who is shown, which codecs, and how a call ends that nobody takes."""

import pytest

from tests.phones import until

# Whatever is in a name stays a name
NAMES = {
    "quote": 'Änna "Q" O\'Brien',
    "semicolon": "Semi; colon",
    "section": "[general](!)",
    "function": "${EXTEN} $[1+1] ${SHELL(id)}",
    "comma": "Ek, Bo | 50 % & more = x",
    "angle": "Kim <sip:eve@example.org>",
    "backslash": "back\\slash\\",
    "arrow": "=> Zoë",
    "scripts": "Łukasz 李小龍 שלום Ελένη",
    "emoji": "Wim 😀👩‍💻",
    "long": "L" * 70,
}
LINES = [
    {"username": "kim", "number": "2001", "full_name": "Kim Caller", "codecs": ["gsm", "ulaw"], "sip_expires": 120},
    {"username": "lee", "number": "2002", "full_name": "Lee Called", "codecs": ["g722", "g729", "alaw"]},
    {"username": "box", "number": "2003", "voicemail": True, "voicemail_pin": "4712"},
    {"username": "own-id", "number": "2004", "caller_id": "Front Desk <+4681000>"},
    {"username": "own-name", "number": "2005", "full_name": "Not Shown", "caller_id": "Sales; Team"},
    {"username": "own-number", "number": "2006", "full_name": "Own Number", "caller_id": "+4682000"},
    {"username": "opus", "number": "2007", "codecs": ["opus"]},
    *({"username": f"name-{key}", "number": str(2010 + index), "full_name": name} for index, (key, name) in enumerate(NAMES.items())),
]


@pytest.fixture(name="people", scope="module", autouse=True)
def people_fixture(staff):
    staff(agents=LINES)


# Who is let in


@pytest.mark.row("P1", "P5", "A12")
def test_right_password_registers_for_as_long_as_said(ask):
    for asked in (30, 3600):
        for user, granted in (("kim", "120"), ("lee", "300")):
            assert ask("REGISTER", user, headers=(f"Expires: {asked}",))["Expires"] == granted


def test_refusals_do_not_tell_which_names_exist(ask):
    def shape(answer):
        return answer.status, [name for name, _value in answer.headers], [value.partition("nonce")[0] for value in answer.all("WWW-Authenticate")]

    known = shape(ask("REGISTER", "kim", password="wrong-secret-1"))
    assert known[0] == 401
    for stranger in ("nobody", "2001", "anonymous", "general"):
        assert shape(ask("REGISTER", stranger)) == known


@pytest.mark.row("P5")
@pytest.mark.parametrize("method", ["INVITE", "MESSAGE", "SUBSCRIBE"])
@pytest.mark.parametrize("user", ["kim", "nobody", "anonymous"])
def test_nothing_without_the_password(ask, method, user):
    parts = {"headers": ("Event: dialog", "Expires: 60")} if method == "SUBSCRIBE" else {}
    assert ask(method, user, "2002", password="wrong-secret-1", **parts).status == 401
    assert ask(method, user, "2002", password=None, **parts).status == 401


def test_browser_line_is_refused_from_outside(ask, pbx):
    shown = pbx.asterisk("pjsip show endpoint web")
    assert "webrtc                             : yes" in shown
    for password in ("web-secret-1", "wrong-secret-1"):
        assert ask("REGISTER", "web", password=password).status in (401, 403)
    assert "No objects found" in pbx.asterisk("pjsip show contacts like web")


# Calls


@pytest.mark.row("P6")
def test_call_by_number_with_audio_both_ways(line):
    kim, lee = line("kim", codecs=["gsm", "ulaw"]), line("lee", codecs=["g722", "alaw"])
    for caller, called, number in ((kim, lee, "2002"), (lee, kim, "2001")):
        caller.dial(number).ringback()
        called.ringing().answer().established()
        caller.established().hears(called)
        called.hears(caller)
        called.hangup()
        caller.ended()


@pytest.mark.row("P16")
def test_codecs_in_the_lines_own_order_and_no_other(line):
    kim, lee = line("kim", codecs=["ulaw", "alaw", "gsm"]), line("lee", codecs=["alaw", "ulaw", "gsm", "g722"], answer="auto")
    kim.dial("2002").established()
    assert lee.last("INVITE", sent=False).codecs == ["G722", "G729", "PCMA"]
    assert kim.last("INVITE", 200).codecs == ["GSM", "PCMU"]
    kim.hangup()
    lee.ended()


def test_a_call_without_a_common_codec_is_refused(line):
    assert line("opus", codecs=["ulaw"]).dial("*43").ended().startswith("488")


def test_opus(line):
    opus = line("opus", codecs=["opus"])
    opus.dial("*43").established().hears(opus)
    assert opus.last("INVITE", 200).codecs == ["opus"]
    opus.hangup()


@pytest.mark.row("P2", "A8")
@pytest.mark.parametrize(
    "caller, shown",
    [
        ("kim", ("Kim Caller", "2001")),
        ("own-id", ("Front Desk", "+4681000")),
        ("own-name", ("Sales; Team", "2005")),
        ("own-number", ("Own Number", "+4682000")),
        *((f"name-{key}", (name, str(2010 + index))) for index, (key, name) in enumerate(NAMES.items())),
    ],
)
def test_the_callee_sees_the_caller_as_written(line, ask, caller, shown):
    lee = line("lee", codecs=["alaw"], answer="auto")
    assert ask("INVITE", caller, "2002").status == 200
    assert lee.caller == shown


def test_a_name_too_long_for_asterisk_is_refused_by_its_field(pbx):
    refused = pbx.attempt("agents", config=[{"username": "kim", "full_name": "Ü" * 80}])
    assert refused["failed"] and "agent 'kim': full_name" in refused["msg"]


def test_what_the_phone_says_of_itself_is_not_believed(line, ask):
    lee = line("lee", codecs=["alaw"], answer="auto")
    claims = ('P-Asserted-Identity: "Chief" <sip:1@example.org>', 'Remote-Party-ID: "Chief" <sip:1@example.org>')
    assert ask("INVITE", "kim", "2002", headers=claims).status == 200
    assert lee.caller == ("Kim Caller", "2001")


# Calls that nobody takes


@pytest.mark.parametrize("number", ["2999", "77", "0046812345", "*55", "kim", "lee"])
def test_what_is_no_number_in_use_is_not_found(ask, number):
    assert ask("INVITE", "kim", number).status == 404


def mailbox_greeting(pbx):
    """The mailbox and the greeting that the caller hears, of the call in progress."""
    calls = [row.split("!") for row in pbx.asterisk("core show channels concise").splitlines()]
    return next((row[6] for row in calls if row[5] == "VoiceMail"), None)


def test_busy(line, pbx):
    kim = line("kim")
    line("lee", codecs=["alaw"], answer="busy")
    assert kim.dial("2002").ended().startswith("486")
    line("box", answer="busy")
    kim.dial("2003").established()
    assert until(lambda: mailbox_greeting(pbx), 5, lambda: kim.complaint("no mailbox")) == "2003@default,b"
    kim.hangup()


def test_no_answer(line, pbx):
    kim, lee, box = line("kim"), line("lee", codecs=["alaw"]), line("box")
    kim.dial("2002")
    lee.ringing()
    assert kim.ended(15).startswith("480")
    lee.ended()
    kim.dial("2003")
    box.ringing()
    kim.established(15)
    assert until(lambda: mailbox_greeting(pbx), 5, lambda: kim.complaint("no mailbox")) == "2003@default,u"
    box.ended()
    kim.hangup()


def test_not_registered(line, pbx):
    kim = line("kim")
    assert kim.dial("2002").ended().startswith("480")
    kim.dial("2003").established()
    assert until(lambda: mailbox_greeting(pbx), 5, lambda: kim.complaint("no mailbox")) == "2003@default,u"
    kim.hangup()


def test_a_call_given_up_leaves_nothing_behind(line, pbx):
    kim, lee = line("kim"), line("lee", codecs=["alaw"])
    kim.dial("2002")
    lee.ringing()
    kim.hangup()
    lee.ended()
    until(lambda: "0 active channels" in pbx.asterisk("core show channels"), 5, lambda: lee.complaint("channels are left"))


@pytest.mark.parametrize("dialled", ["1%3Acall-line,2002,1", "1%3A2002", "1%24%7BDB_DELETE(trap/caught)%7D", "1)%7D%24%7BDB_DELETE(trap/caught)%7D"])
def test_what_is_dialled_is_never_evaluated(pbx, ask, dialled):
    pbx.asterisk("database put trap caught no")
    assert ask("INVITE", "kim", dialled).status == 484
    ask("SUBSCRIBE", "kim", dialled, headers=("Event: dialog", "Expires: 60"))
    assert "Value: no" in pbx.asterisk("database get trap caught")
