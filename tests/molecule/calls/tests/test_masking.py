# SPDX-License-Identifier: GPL-3.0-or-later
"""Agents who are not to know who calls: all that their telephones and mailboxes are told, and what others are told of the same calls."""

import re

import pytest

from tests.phones import until

NUMBER, NAME, DIVERTED = "+46701234567", "Zoe Quist", "+46709876543"
SECRETS = re.compile(r"701234567|quist|zoe|709876543|\b2601\b")
HIDDEN, OPEN = ("Customer", "anonymous"), (NAME, NUMBER)
LINES = [
    {"username": "zoe-abroad", "number": "2601", "full_name": NAME, "caller_id": f"{NAME} <{NUMBER}>", "context": "abroad"},
    {"username": "max", "number": "2602", "mask_sensitive_data": True, "pickup_groups": ["shop"], "record_calls": "wav",
     "voicemail": True, "voicemail_pin": "4715", "email": "max@example.org"},
    {"username": "una", "number": "2603", "call_groups": ["shop"]},
    {"username": "ola", "number": "2604", "pickup_groups": ["shop"], "full_name": "Ola Open"},
]


@pytest.fixture(name="people", scope="module", autouse=True)
def people_fixture(pbx, staff):
    pbx.apply("queues", config=[{"name": "veil", "number": "2600", "retry": 1}])
    staff(agents=LINES)
    yield
    pbx.apply("queues", config=[{"name": "veil"}], state="deleted", cascade=True)


def told(phone):
    """All that a telephone has received, in small letters."""
    received = [each for each in phone.sip if not each.sent]
    return "\n".join("\n".join((each.start, *map(": ".join, each.headers), each.body)) for each in received).lower()


def knows_nothing(phone):
    text = told(phone)
    assert "invite" in text, text
    assert SECRETS.findall(text) == [], text


def shown(phone):
    """(name, number) as last told, by a call, an answer or an update."""
    return [each.caller for each in phone.sip if not each.sent and (each["P-Asserted-Identity"] or (each.method == "INVITE" and each.status is None))][-1]


def is_shown(phone, caller):
    phone.wait(lambda: shown(phone) == caller, 5, f"shown {caller}")


def is_up(caller, called):
    called.ringing().answer().established()
    caller.established().hears(called)


@pytest.mark.row("A5")
def test_a_call_from_outside(line, ask):
    """With all that a provider may say of who calls, and who was called before."""
    claims = (f"Diversion: <sip:{DIVERTED}@example.org>;reason=unconditional", f'History-Info: <sip:{DIVERTED}@example.org>;index=1',
              f'P-Asserted-Identity: "{NAME}" <sip:{NUMBER}@example.org>')
    agent, una = line("max", answer="auto"), line("una", answer="auto")
    for number in ("2602", "2603"):
        assert ask("INVITE", "zoe-abroad", number, headers=claims).status == 200
    knows_nothing(agent)
    assert shown(agent) == HIDDEN
    assert una.caller == OPEN and DIVERTED[1:] in told(una)


@pytest.mark.row("A5")
def test_a_call_by_a_queue(pbx, line):
    pbx.apply("queues", config=[{"name": "veil", "agents": ["max"]}])
    zoe, agent = line("zoe-abroad"), line("max")
    zoe.dial("2600").established()
    agent.ringing().answer().established()
    zoe.hears(agent)
    knows_nothing(agent)
    assert shown(agent) == HIDDEN
    zoe.hangup()
    agent.ended()


def test_colleagues_are_shown(line):
    ola, agent = line("ola"), line("max")
    ola.dial("2602")
    is_up(ola, agent)
    assert agent.caller == ("Ola Open", "2604")
    ola.hangup()


@pytest.mark.row("A5")
def test_a_call_that_a_colleague_hands_over(line):
    zoe, ola, agent, una = line("zoe-abroad"), line("ola"), line("max", answer="auto"), line("una", answer="auto")
    for called, number, who in ((agent, "2602", HIDDEN), (una, "2603", OPEN)):
        zoe.dial("2604")
        is_up(zoe, ola)
        ola.transfer(number)
        zoe.hears(called)
        is_shown(called, who)
        zoe.hangup()
        called.ended()
    knows_nothing(agent)


@pytest.mark.row("A5")
def test_a_call_that_a_colleague_hands_over_after_a_word(line):
    zoe, ola, agent, una = line("zoe-abroad"), line("ola"), line("max", answer="auto"), line("una", answer="auto")
    for called, number, who in ((agent, "2602", ("Ola Open", "2604")), (una, "2603", OPEN)):
        zoe.dial("2604")
        is_up(zoe, ola)
        ola.attend(number)
        zoe.hears(called)
        is_shown(called, who)
        zoe.hangup()
        called.ended()
    knows_nothing(agent)


@pytest.mark.row("A5")
def test_a_call_that_a_masked_agent_hands_over(line):
    """Both ways of it. Whoever takes it over sees the customer."""
    zoe, agent, una = line("zoe-abroad"), line("max"), line("una", answer="auto")
    for hand_over in (agent.attend, agent.transfer):
        zoe.dial("2602")
        is_up(zoe, agent)
        hand_over("2603")
        zoe.hears(una)
        is_shown(una, OPEN)
        zoe.hangup()
        una.ended()
    knows_nothing(agent)


@pytest.mark.row("A5")
def test_a_call_that_rang_at_a_colleagues_and_was_picked_up(line):
    zoe, una, agent, ola = line("zoe-abroad"), line("una"), line("max"), line("ola")
    for picker in (ola, agent):
        zoe.dial("2603")
        una.ringing()
        picker.dial("*8").established()
        zoe.established().hears(picker)
        zoe.hangup()
        picker.ended()
    assert shown(ola) == OPEN
    agent.heard(0.5)
    text = told(agent)
    assert SECRETS.findall(text) == [], text


@pytest.mark.row("A5")
def test_lamps_are_for_those_who_see_customers(ask):
    parts = {"headers": ("Event: dialog", "Expires: 60")}
    assert ask("SUBSCRIBE", "ola", "2603", **parts).status == 200
    assert ask("SUBSCRIBE", "max", "2603", **parts).status == 404


@pytest.mark.row("A5")
def test_a_message_in_the_mailbox(pbx, line, sink, mail_to):
    """The mail, and the file that the envelope is read from."""
    zoe = line("zoe-abroad")
    zoe.dial("2602").established()
    zoe.heard(0.3)
    zoe.dtmf("#")
    until(lambda: pbx.run("ls /var/spool/asterisk/voicemail/default/2602/tmp/*.wav", check=False), 10, lambda: zoe.complaint("is not recorded"))
    zoe.heard(3)
    zoe.hangup()
    mail = mail_to("max@example.org")
    assert sink.recording(mail).has(zoe.tone)
    head = "".join(f"{name}: {value}\n" for name, value in mail.items())
    note = pbx.run("cat /var/spool/asterisk/voicemail/default/2602/INBOX/msg0000.txt")
    text = (head + mail.get_body(("plain",)).get_content() + note).lower()
    assert "customer" in text
    assert SECRETS.findall(text) == [], text


@pytest.mark.row("A5", "A11")
def test_the_call_record_knows_and_the_recording_tells_nothing(pbx, line):
    pbx.run("rm -rf /var/spool/asterisk/monitor/*")
    zoe, agent = line("zoe-abroad"), line("max")
    zoe.dial("2602")
    is_up(zoe, agent)
    zoe.hangup()
    agent.ended()
    record = until(lambda: [each for each in pbx.run("tail -qn 3 /var/log/asterisk/cdr-c*/*.csv").splitlines() if "PJSIP/max-" in each], 5,
                   lambda: agent.complaint("no record"))[-1]
    assert NUMBER in record and NAME in record
    names = pbx.run("find /var/spool/asterisk/monitor")
    assert "-2602-" in names and not SECRETS.search(names.lower()), names
