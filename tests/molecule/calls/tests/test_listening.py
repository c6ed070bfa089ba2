# SPDX-License-Identifier: GPL-3.0-or-later
"""Listening to calls: who may, to whom, what each of the three hears, and what is written down of it."""

import re

import pytest

from tests.phones import until

CODE = {"listen": "*55", "whisper": "*56", "barge": "*57"}


@pytest.fixture(name="people", scope="module", autouse=True)
def people_fixture(pbx, staff):
    pbx.apply("queues", config=[{"name": "desk", "number": "2300", "timeout": 30}])
    pbx.apply("user_profiles", config=[{"name": "ears", "listen": True}])
    staff(
        agents=[
            {"username": "ida", "number": "2301", "chanspy": True, "queues": ["desk"]},
            {"username": "ida-lisa", "number": "2302", "chanspy": True},
            {"username": "nils", "number": "2303"},
            {"username": "coach", "number": "2305", "chanspy": True, "permissions": {"plugins": ["listen", "whisper", "barge"]},
             "mask_sensitive_data": True},
            {"username": "plain", "number": "2306", "chanspy": True},
        ],
        users=[{"username": "chief", "number": "2307", "role": "admin"}, {"username": "super", "number": "2308", "profile": "ears"}],
        extensions=[{"name": "customer", "number": "2304"}],
    )
    yield
    pbx.apply("queues", config=[{"name": "desk"}], state="deleted", cascade=True)
    pbx.apply("users", config=[{"username": "super"}], state="deleted")
    pbx.apply("user_profiles", config=[{"name": "ears"}], state="deleted")


@pytest.fixture(name="log")
def log_fixture(pbx):
    """log() is what Asterisk has written down since the test began."""
    before = pbx.run("wc -l < /var/log/asterisk/messages.log").strip()
    return lambda: pbx.run(f"tail -n +{int(before) + 1} /var/log/asterisk/messages.log")


def talk(caller, called, number):
    caller.dial(number)
    called.ringing().answer().established()
    caller.established().hears(called)
    called.hears(caller)


def heard(phone, *others):
    """Of these, those whose tones the phone hears."""
    sound = phone.heard(1)
    return {each.user for each in others if sound.has(each.tone)}


def hears_only(phone, wanted, others):
    until(lambda: heard(phone, *others) == wanted, 8, lambda: phone.complaint(f"does not hear {wanted} but {heard(phone, *others)}"))


@pytest.mark.row("A9", "U3")
@pytest.mark.parametrize("way", ["direct", "queued", "outgoing"])
def test_who_hears_whom(line, way):
    customer, ida, chief = line("customer"), line("ida"), line("chief")
    all_three = (customer, ida, chief)
    if way == "queued":
        customer.dial("2300").established()
        ida.ringing().answer().established()
        customer.hears(ida)
    elif way == "direct":
        talk(customer, ida, "2301")
    else:
        talk(ida, customer, "2304")
    for right, by_ida, by_customer in (("listen", {"customer"}, {"ida"}), ("whisper", {"customer", "chief"}, {"ida"}),
                                       ("barge", {"customer", "chief"}, {"ida", "chief"})):
        chief.dial(f"{CODE[right]}2301").established()
        hears_only(chief, {"customer", "ida"}, all_three)
        hears_only(ida, by_ida, all_three)
        hears_only(customer, by_customer, all_three)
        chief.hangup()
    hears_only(ida, {"customer"}, all_three)
    hears_only(customer, {"ida"}, all_three)
    chief.dial("*552301").established()
    customer.hangup()
    ida.ended()
    chief.ended()


@pytest.mark.row("A9", "U3")
@pytest.mark.parametrize(("user", "may"), [("chief", "listen whisper barge"), ("coach", "listen whisper barge"), ("super", "listen"), ("plain", ""),
                                           ("nils", "")])
def test_who_may(line, ask, user, may):
    customer, ida = line("customer"), line("ida")
    talk(customer, ida, "2301")
    for right, code in CODE.items():
        assert ask("INVITE", user, f"{code}2301").status == (200 if right in may.split() else 403)
    customer.hangup()
    ida.ended()


@pytest.mark.row("A9")
def test_who_may_not_be_listened_to(line, ask):
    customer, nils = line("customer"), line("nils")
    talk(customer, nils, "2303")
    for number in ("2303", "2304", "2307", "2300", "2399"):      # off; a telephone; a user; a queue; nobody
        assert ask("INVITE", "chief", f"*55{number}").status == 403
    customer.hangup()
    nils.ended()


@pytest.mark.row("A9")
def test_a_name_that_another_one_begins_with_is_another_one(line, ask):
    customer, lisa, ida, chief = line("customer"), line("ida-lisa"), line("ida"), line("chief")
    talk(customer, lisa, "2302")
    assert ask("INVITE", "chief", "*552301").status == 480
    nils = line("nils")
    talk(nils, ida, "2301")
    chief.dial("*552301").established()
    hears_only(chief, {"nils", "ida"}, (customer, lisa, ida, nils))
    chief.hangup()
    chief.dial("*552302").established()
    hears_only(chief, {"customer", "ida-lisa"}, (customer, lisa, ida, nils))
    for phone in (chief, customer, nils):
        phone.hangup()


@pytest.mark.row("A9")
def test_nobody_in_a_call_is_told_and_nothing_is_answered(line, log):
    line("ida")
    super_ = line("super")
    assert super_.dial("*552301").ended(15).startswith("480")
    assert super_.last("INVITE", 183) is not None
    assert "listen: super to 2301 ida who is in no call" in log()


@pytest.mark.row("A9")
def test_the_call_that_is_not_on_hold_comes_first(pbx, line):
    customer, ida, nils, chief = line("customer"), line("ida"), line("nils"), line("chief")
    talk(ida, customer, "2304")
    ida.hold()
    talk(ida, nils, "2303")
    chief.dial("*552301").established()
    hears_only(chief, {"ida", "nils"}, (customer, ida, nils))
    chief.hangup()
    customer.hangup()
    nils.hangup()


@pytest.mark.row("A9", "U3")
def test_a_right_that_is_taken_away_is_gone_with_the_next_try(pbx, line, ask):
    customer, ida = line("customer"), line("ida")
    talk(customer, ida, "2301")
    assert ask("INVITE", "super", "*552301").status == 200
    pbx.apply("user_profiles", config=[{"name": "ears", "listen": False}])
    assert ask("INVITE", "super", "*552301").status == 403
    pbx.apply("user_profiles", config=[{"name": "ears", "listen": True}])
    assert ask("INVITE", "super", "*552301").status == 200
    pbx.agents({"username": "ida", "chanspy": False})
    assert ask("INVITE", "super", "*552301").status == 403
    pbx.agents({"username": "ida", "chanspy": True})
    ida.hears(customer)
    customer.hangup()
    ida.ended()


@pytest.mark.row("A9")
def test_each_use_and_each_refused_try_is_written_down(pbx, line, ask, log):
    customer, ida, chief = line("customer"), line("ida"), line("chief")
    talk(customer, ida, "2301")
    chief.dial("*562301").established()
    chief.heard(1.5)
    chief.hangup()
    until(lambda: re.search(r"whisper: chief to 2301 ida has ended after [1-9]\d* s", log()), 5, lambda: chief.complaint(log()))
    assert re.search(r"\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[.]\d+] NOTICE.*whisper: chief to 2301 ida$", log(), re.MULTILINE)
    assert ask("INVITE", "plain", "*572301").status == 403
    assert "barge: plain to 2301 ida was refused" in log()
    events = pbx.run("tail -n 30 /var/log/asterisk/cel-custom/events.csv")
    for noted in '"SPY",.*PJSIP/chief-.*whisper[|]ida', '"SPYREFUSED",.*PJSIP/plain-.*barge[|]ida':
        assert re.search(f"^{noted}", events, re.MULTILINE), events
    customer.hangup()


@pytest.mark.row("A9", "P8")
def test_who_is_disabled_listens_no_longer(pbx, line, ask):
    customer, ida, coach = line("customer"), line("ida"), line("coach")
    talk(customer, ida, "2301")
    coach.dial("*552301").established()
    pbx.agents({"username": "coach", "disabled": True})
    coach.ended(2)
    assert ask("INVITE", "coach", "*552301").status == 401
    ida.hears(customer)
    chief = line("chief")
    chief.dial("*552301").established()
    pbx.agents({"username": "ida", "disabled": True})
    chief.ended(2)
    assert ask("INVITE", "chief", "*552301").status == 403
    pbx.agents({"username": "ida", "disabled": False}, {"username": "coach", "disabled": False})


@pytest.mark.row("A9", "A5")
def test_who_listens_is_not_shown_who_is_heard(line):
    customer, ida, coach = line("customer"), line("ida"), line("coach")
    talk(customer, ida, "2301")
    coach.dial("*552301").established()
    hears_only(coach, {"customer", "ida"}, (customer, ida, coach))
    coach.hangup()
    told = "\n".join(f"{message.start}\n{message.headers}\n{message.body}" for message in coach.sip if not message.sent)
    assert "2301" in told and "2304" not in told and "customer" not in told
    customer.hangup()


@pytest.mark.row("A9")
def test_whoever_listens_can_not_be_listened_to_for_that(line, ask):
    """Not even an agent who may be: a call to listen has no other side."""
    customer, ida, coach = line("customer"), line("ida"), line("coach")
    talk(customer, ida, "2301")
    coach.dial("*552301").established()
    assert ask("INVITE", "chief", "*552305").status == 480
    coach.hangup()
    customer.hangup()
