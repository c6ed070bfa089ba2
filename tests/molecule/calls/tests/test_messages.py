# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages between people: what arrives and from whom, and that whoever sends one that does not arrive is told."""

import contextlib
import time

import pytest

from tests.phones import PhoneError, until

TEXT = ("Content-Type: text/plain;charset=UTF-8",)


@pytest.fixture(name="people", scope="module", autouse=True)
def people_fixture(pbx, staff):
    pbx.apply("queues", config=[{"name": "post", "number": "2500"}])
    staff(
        agents=[
            {"username": "pim", "number": "2501", "full_name": 'Pim "P" Önn, <x>; \\y'},
            {"username": "rex", "number": "2502", "caller_id": "Desk <+46812345>"},
            {"username": "mum", "number": "2503", "messenger": {"enabled": False}},
            {"username": "away", "number": "2504"},
            {"username": "only-calls", "number": "2505", "type": "user"},
            {"username": "only-called", "number": "2506", "type": "peer"},
            {"username": "wall", "number": "2507", "host": "198.51.100.9", "sip_password": None},
            {"username": "tcp", "number": "2508", "transport": "tcp"},
        ],
    )
    yield
    pbx.apply("queues", config=[{"name": "post"}], state="deleted", cascade=True)


@pytest.fixture(name="send")
def send_fixture(ask):
    """send("pim", "2502", "hello") is the status with which it was taken."""
    return lambda user, number, text, headers=TEXT, **parts: ask("MESSAGE", user, number, body=text, headers=headers, **parts).status


def messages(phone):
    return [each for each in phone.sip if each.method == "MESSAGE" and each.status is None and not each.sent]


def arrived(phone, count=1):
    return until(lambda: len(messages(phone)) >= count and messages(phone), 5, lambda: phone.complaint(f"was not sent {count} messages"))[-1]


@pytest.mark.row("P13")
@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_a_message_arrives_as_it_was_written(line, send, transport):
    text = "Smörgås 😀👩‍💻 <b>&amp;</b> \"x\" 'y' 50 %; a,b|c\r\nsecond line \\ {}"
    user, number = {"udp": ("rex", "2502"), "tcp": ("tcp", "2508")}[transport]
    phone = line(user, transport=transport)
    assert send("pim", number, text) == 202
    message = arrived(phone)
    assert message.body.rstrip("\n") == text.replace("\r\n", "\n")
    assert message.caller == ('Pim "P" Önn, <x>; \\y', "2501") and "sip:2501@" in message["From"]
    assert message["Content-Type"].startswith("text/plain")


@pytest.mark.row("P13")
def test_the_number_that_shows_can_be_answered(line, send):
    """A caller id of one's own is for calls; who is written to has to be able to write back."""
    pim = line("pim")
    assert send("rex", "2501", "hello") == 202
    assert arrived(pim).caller == ("Desk", "2502")


@pytest.mark.row("P13")
def test_whose_message_it_is_can_not_be_forged(pbx, line, send):
    rex = line("rex")
    host = pbx.address
    claims = [
        f'"Chief" <sip:pim@{host}>',
        f"<sip:nobody@{host}>",
        f"<sip:wall@{host}>",
        f"<sip:tcp%3Ax@{host}>",
        f"<sip:tcp%40x@{host}>",
        f"<sip:tcp;x@{host}>",
        f"<sip:TCP@{host}>",
        f"<sip:x%3Csip:tcp@{host}>",
        f"<sip:tcp@x%3E@{host}>",
        f'"x\\" <sip:tcp@x> \\"" <sip:pim@{host}>',
        f'"<sip:tcp@x>" <sip:pim@{host}>',
        f"<sip:pim%22@{host}>",
        f"<sip:pim$%7BDB_DELETE(trap/caught)%7D@{host}>",
        f"<sip:2508@{host}>",
        f"<sip:pim@{host}>",
    ]
    pbx.asterisk("database put trap caught no")
    for number, claim in enumerate(claims):
        for more in (), (f"From: {claim};tag=1", "PJSIP_ENDPOINT: tcp", "PJSIP_RECVADDR: 198.51.100.9:5060"):
            with contextlib.suppress(PhoneError):       # what is no SIP at all gets no answer
                send("pim", "2502", f"claim {number}", (*TEXT, *more), timeout=1, **({} if more else {"sender": claim}))
    until(lambda: messages(rex) and messages(rex)[-1].body.startswith(f"claim {len(claims) - 1}"), 5, lambda: rex.complaint("not told of the last one"))
    assert {(each.caller[1], each["From"].partition("sip:")[2].partition("@")[0]) for each in messages(rex)} == {("2501", "2501")}
    assert "Chief" not in "".join(str(each.headers) for each in messages(rex))
    assert "Value: no" in pbx.asterisk("database get trap caught")


@pytest.mark.row("P13")
def test_another_ones_name_in_the_from_demands_that_ones_password(pbx, send):
    assert send("pim", "2502", "not mine", sender=f"<sip:tcp@{pbx.address}>") == 401


@pytest.mark.row("P13")
@pytest.mark.parametrize(
    ("number", "text", "why"),
    [
        ("2999", "hello", "there is no such number"),
        ("2504", "hello", "nobody is signed in there"),
        ("2503", "hello", "it takes no messages"),
        ("2500", "hello", "it takes no messages"),
        ("2505", "hello", "it takes no messages"),
        ("2502", "", "it is longer than 1023 bytes or empty"),
        ("2502", "é" * 512, "it is longer than 1023 bytes or empty"),
    ],
)
def test_who_sends_what_does_not_arrive_is_told_why(line, send, number, text, why):
    pim, rex = line("pim"), line("rex")
    assert send("pim", number, text) == 202
    told = arrived(pim)
    assert told.body.strip() == f"Your message to {number} was not delivered: {why}."
    assert "sip:switchboard@" in told["From"] and not messages(rex)
    time.sleep(0.5)
    assert len(messages(pim)) == 1


@pytest.mark.row("P13")
def test_the_longest(line, send):
    rex = line("rex")
    text = "é" * 511 + "x"
    assert send("pim", "2502", text) == 202
    assert arrived(rex).body.strip() == text


@pytest.mark.row("P13")
def test_an_answer_to_what_the_host_says_goes_nowhere(line, send):
    pim = line("pim")
    for name in ("switchboard", "messages", "rex", "%2A43", "%2A552502"):
        assert send("pim", name, "I am away") == 404
    time.sleep(0.5)
    assert not messages(pim)


@pytest.mark.row("P13", "A7")
@pytest.mark.parametrize("user", ["mum", "only-calls", "only-called"])
def test_who_may_not_send_messages_is_refused(line, send, user):
    rex = line("rex")
    assert send(user, "2502", "hello") == 404
    time.sleep(0.5)
    assert not messages(rex)


@pytest.mark.row("P13")
def test_messages_are_switched_on_and_off_by_a_run(pbx, line, send):
    rex, mum = line("rex"), line("mum")
    pbx.agents({"username": "mum", "messenger": {"enabled": True}})
    assert send("mum", "2502", "hello") == 202 and arrived(rex).caller[1] == "2503"
    assert send("rex", "2503", "hello") == 202 and arrived(mum).caller[1] == "2502"
    pbx.agents({"username": "mum", "messenger": {"enabled": False}})
    assert send("mum", "2502", "again") == 404
    assert send("rex", "2503", "again") == 202
    assert "it takes no messages" in arrived(rex, 2).body and len(messages(mum)) == 1


@pytest.mark.row("P13")
def test_what_is_written_is_never_evaluated_nor_logged(pbx, line, send):
    rex = line("rex")
    pbx.asterisk("database put trap caught no")
    text = "secret-words ${DB_DELETE(trap/caught)} $[1+1] ${SHELL(touch /tmp/caught)} ${MESSAGE(from)})},1)"
    assert send("pim", "2502", text) == 202
    assert arrived(rex).body.strip() == text
    assert send("pim", "2503", text) == 202
    assert "Value: no" in pbx.asterisk("database get trap caught")
    found = "ls /tmp/caught 2>/dev/null; grep -rla secret-words /var/log /var/spool/asterisk /var/lib/asterisk; journalctl | grep secret-words"
    assert not pbx.run(found, check=False)


@pytest.mark.row("P13", "P8")
def test_who_is_disabled_neither_sends_nor_gets_messages(pbx, line, send):
    pim, rex = line("pim"), line("rex")
    pbx.agents({"username": "rex", "disabled": True})
    assert send("rex", "2501", "hello") == 401
    assert send("pim", "2502", "hello") == 202
    assert "there is no such number" in arrived(pim).body and not messages(rex)
    rex.die()
    pbx.agents({"username": "rex", "disabled": False})


def test_what_is_no_text_is_refused(send):
    assert send("pim", "2502", "<x/>", headers=("Content-Type: application/xml",)) == 415
