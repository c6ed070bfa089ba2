# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls to the outside and from it, with providers that are real SIP peers: who is let out, over which trunk and as whom; who is let in, and where to."""

import re
import time

import pytest

from tests.phones import PhoneError, Phones, Provider, until

PASSWORD = "north's own; secret"
AGENTS = [
    {"username": "oda", "number": "2601", "full_name": "Oda Ek", "chanspy": True, "teams": ["export"], "voicemail": True, "voicemail_pin": "4713"},
    {"username": "per", "number": "2602", "full_name": "Per", "prefix_required": True},
    {"username": "ulf", "number": "2603", "full_name": "Ulf", "caller_id": "Ulf <+46850003>"},
    {"username": "eve", "number": "2604", "full_name": "Eve", "context": "closed"},
]


@pytest.fixture(name="north", scope="module")
def north_fixture():
    """A provider that this site registers at."""
    with Phones() as phones:
        yield Provider(phones, "46850000", PASSWORD)


@pytest.fixture(name="south", scope="module")
def south_fixture():
    """A provider that knows this site by its address."""
    with Phones() as phones:
        yield Provider(phones)


@pytest.fixture(name="site", scope="module", autouse=True)
def site_fixture(pbx, staff, north, south):
    pbx.apply("teams", config=[{"name": "export"}])
    staff(agents=AGENTS, users=[{"username": "boss", "number": "2605", "role": "admin"}])
    pbx.apply("queues", config=[{"name": "front", "number": "2690", "timeout": 3, "agents": ["ulf"]}])
    made = pbx.apply("trunks", config=[
        {"name": "north", "host": north.host, "user": "46850000", "password": PASSWORD, "registers": True, "caller_id": "+46850000", "called_as": "46850000"},
        {"name": "south", "host": south.host, "caller_id": "+46860000", "emergency_order": 2, "codecs": ["ulaw"]}])
    pbx.apply("prefixes", config=[
        {"name": "plain", "prefix": "none", "digits": "6-12", "trunks": ["south"]},
        {"name": "national", "prefix": "7", "digits": "5-12", "add": "+46", "trunks": ["north", "south"]},
        {"name": "southern", "prefix": "77", "digits": "5-12", "trunks": ["south"], "strip": 3, "add": "00", "caller_id": "+46869999"},
        {"name": "abroad", "prefix": "700", "digits": "5-12", "add": "+", "trunks": ["south"], "who": "teams", "teams": ["export"]},
        {"name": "expensive", "prefix": "7900", "digits": "1-12"}])
    yield made
    for kind, keys in (("prefixes", ["plain", "national", "southern", "abroad", "expensive"]), ("trunks", ["north", "south"])):
        pbx.apply(kind, state="deleted", config=[{"name": key} for key in keys])
    pbx.apply("queues", state="deleted", config=[{"name": "front"}], cascade=True)
    pbx.apply("teams", state="deleted", config=[{"name": "export"}], cascade=True)


@pytest.fixture(autouse=True)
def usual_fixture(pbx, north, south):
    """Both providers answer, and nobody calls any more."""
    north.answers()
    south.answers()
    yield
    until(lambda: "0 active channels" in pbx.asterisk("core show channels"), 10, lambda: PhoneError("channels are left"))


@pytest.fixture(name="inbound")
def inbound_fixture(pbx):
    """inbound({...}, ...) are the routes that there are for a test."""
    made = []

    def routes(*config):
        made.extend(config)
        pbx.apply("inbound_routes", config=[{"name": f"r{count}", **each} for count, each in enumerate(config)])

    yield routes
    if made:
        pbx.apply("inbound_routes", state="deleted", config=[{"name": f"r{count}"} for count in range(len(made))])


def called(provider, since=0):
    """What a provider was asked for: number, number shown."""
    return [(re.search(r"sip:([^@]*)@", call.start)[1], re.search(r"sip:([^@>]*)", call["From"])[1]) for call in provider.calls(since)]


def dialled(ask, provider, user, number):
    """The status of one call, and what the provider was asked for by it."""
    since = len(provider.seen)
    return ask("INVITE", user, number).status, called(provider, since)


# Out


@pytest.mark.row("T6")
def test_it_registers_with_the_password_that_only_the_provider_knows(pbx, site, north):
    assert site["registered"] == ["north"]
    asked = [x for x in north.seen if x.method == "REGISTER"]
    assert asked[0]["Authorization"] == "" and 'username="46850000"' in asked[-1]["Authorization"] and asked[-1]["Contact"].startswith("<sip:46850000@")
    assert re.search(r"north\S* .*Registered", pbx.asterisk("pjsip show registrations"))
    assert PASSWORD not in site["output"] and pbx.run("stat -L -c %a%U%G /etc/asterisk/switchboard/pjsip_auth.conf").strip() == "640rootasterisk"


@pytest.mark.row("T6", "T7")
def test_a_call_over_a_trunk_is_heard_both_ways(line, north, south):
    oda = line("oda", codecs=["alaw", "ulaw"])
    for number in ("7812345", "7781234567"):
        oda.dial(number).established().hears(oda)      # it comes back from the provider
        oda.hangup()
    assert called(north)[-1] == ("+46812345", "+46850000") and called(south)[-1] == ("001234567", "+46869999")


@pytest.mark.row("A9", "T6")
def test_a_call_over_a_trunk_can_be_listened_to(line, ask):
    oda, boss = line("oda"), line("boss")
    oda.dial("7812345").established().hears(oda)
    boss.dial("*552601").established().hears(oda)
    assert ask("INVITE", "ulf", "*552601").status == 403


@pytest.mark.row("T7")
def test_what_the_called_see(ask, north, south):
    assert dialled(ask, north, "oda", "7812345") == (200, [("+46812345", "+46850000")])
    asked = north.calls()[-1]
    assert "2601" not in asked.start + str(asked.headers) + asked.body and "Oda" not in str(asked.headers)
    assert re.search(r"\+46850000@", asked["P-Asserted-Identity"])
    assert dialled(ask, north, "ulf", "7812345") == (200, [("+46812345", "+46850003")])
    assert north.calls()[-1]["From"].startswith('"Ulf" <sip:+46850003@')
    assert dialled(ask, south, "ulf", "7781234567") == (200, [("001234567", "+46869999")])


@pytest.mark.row("T7", "P17")
@pytest.mark.parametrize("user, number, status", [
    ("oda", "7001234567", 200), ("ulf", "7001234567", 403),         # for a team
    ("oda", "790012345", 503), ("oda", "78", 404), ("oda", "781234567890123456", 404), ("oda", "12345", 404),
    ("oda", "2698", 404), ("oda", "9999", 404),                     # internal numbers that nobody has
    ("eve", "7812345", 404), ("eve", "112", 404),                   # in a context without a door
    ("oda", "*7812345", 404), ("oda", "7812345*1", 404),
])
def test_who_may_dial_what(ask, north, south, user, number, status):
    since = len(north.seen), len(south.seen)
    assert ask("INVITE", user, number).status == status
    assert bool(called(north, since[0]) + called(south, since[1])) == (status == 200)


@pytest.mark.row("A23")
def test_who_has_to_choose_a_prefix_is_told_so(line, ask, north, south):
    assert dialled(ask, south, "oda", "812345") == (200, [("812345", "+46860000")])
    assert dialled(ask, south, "per", "812345") == (403, [])
    assert dialled(ask, north, "per", "7812345") == (200, [("+46812345", "+46850000")])
    per = line("per")
    per.dial("812345")
    per.wait(lambda: per.last("INVITE", 183), 5, "told anything")
    assert per.heard(1.5).rms > 0.01
    assert per.ended(15).startswith("403")


@pytest.mark.row("T7")
@pytest.mark.parametrize("status, then", [(503, 200), (486, 486), (404, 404), (480, 480), (603, 403), (403, 200)])
def test_the_next_trunk_is_tried_when_it_may_do_better(ask, north, south, status, then):
    north.answers(**{"+46812345": status})
    since = len(south.seen)
    assert ask("INVITE", "oda", "7812345").status == then
    assert called(south, since) == ([("+46812345", "+46860000")] if then == 200 else [])


@pytest.mark.row("T6", "A13")
def test_capacity_and_the_next_trunk(pbx, line, ask, north, south):
    pbx.apply("trunks", config=[{"name": "north", "capacity": 1}])
    oda = line("oda").dial("7812345").established()
    assert "oda" in pbx.asterisk("group show channels")
    assert dialled(ask, south, "ulf", "7812345") == (200, [("+46812345", "+46850003")])
    assert north.phones.request("INVITE", pbx.address, "46850000", user="46701234567").status == 486
    oda.hangup()
    assert dialled(ask, north, "ulf", "7812345")[0] == 200
    pbx.apply("trunks", config=[{"name": "north", "capacity": None}])


@pytest.mark.row("T7")
def test_emergency_calls_go_out_whatever_stands_against_them(pbx, ask, line, north, south):
    pbx.apply("trunks", config=[{"name": "north", "capacity": 1}])
    oda = line("oda").dial("7812345").established()
    assert dialled(ask, north, "per", "112") == (200, [("112", "+46850000")])      # full, and without a prefix
    assert dialled(ask, north, "ulf", "77112") == (200, [("112", "+46850003")])     # behind one
    north.answers(**{"112": 503})
    assert dialled(ask, south, "per", "112") == (200, [("112", "+46860000")])
    assert int(pbx.asterisk("database get emergency per").split()[-1]) > time.time() - 60
    north.answers()
    assert ask("INVITE", "per", "2601", transport="tcp").status == 403 and ask("INVITE", "per", "112", transport="tcp").status == 200
    oda.hangup()
    pbx.apply("trunks", config=[{"name": "north", "capacity": None}])
    refused = pbx.attempt("settings", config={"emergency_numbers": ["112", "2601"]})
    assert refused["failed"] and "2601 is the number of agent 'oda'" in refused["msg"]


# In


@pytest.mark.row("T6", "T8")
def test_a_call_from_outside_is_heard_both_ways(pbx, line, north, inbound):
    inbound({"called": "+46850000", "agent": "oda"})
    oda = line("oda", codecs=["alaw", "ulaw"])
    customer = north.phones.baresip("46701234567", pbx.address, expires=0, name="Customer")
    customer.dial("46850000").ringback()
    assert oda.ringing().caller == ("Customer", "46701234567")
    oda.answer().established()
    customer.established().hears(oda)
    oda.hears(customer)
    shown = customer.last("INVITE", 200)
    assert "2601" not in str(shown.headers) and "Oda" not in str(shown.headers)
    since = len(north.seen)
    customer.transfer("7812345")        # nobody outside decides where a call goes; this telephone hangs up when it is refused
    refused = customer.wait(lambda: next((x for x in customer.sip if x.method == "REFER" and x.status), None), 5, "told what became of it")
    assert refused.status == 603
    oda.ended()
    assert not called(north, since)
    customer.quit()


@pytest.mark.row("T8")
def test_where_a_number_leads(pbx, line, north, south, inbound):
    never = [time.strftime("%a/03:00-03:01", time.localtime(time.time() + 3 * 86400)).lower()]
    inbound({"called": "4685001", "queue": "front", "leading": True}, {"called": "46850012", "agent": "oda", "mailbox": True},
            {"called": "46850013", "agent": "oda", "hours": never, "closed": {"queue": "front"}}, {"called": "46850014", "agent": "oda", "hours": never},
            {"called": "46850015", "queue": "front", "trunk": "south"},
            {"called": "46850016", "queue": "front", "hours": never, "closed": {"announcement": "vm-goodbye"}},
            {"called": "46850017", "agent": "oda", "hours": ["mon-sun/00:00-24:00"], "time_zone": "Europe/Stockholm", "closed": {"queue": "front"}})
    ulf, oda = line("ulf", answer="auto"), line("oda", answer="busy")

    def answer(number, provider=north):
        return provider.phones.request("INVITE", pbx.address, number, user="46701234567").status

    customer = north.phones.baresip("46701234569", pbx.address, expires=0)
    for number in ("46850011", "+46850011999", "46850013"):     # leading, and when closed
        customer.dial(number).established()
        ulf.established()
        customer.hangup()
        ulf.ended()
    customer.quit()
    assert answer("46850012") == 200 and not oda.last("INVITE", sent=False)
    assert answer("46850014") == 480
    assert answer("46850015") == 404 and answer("46850015", south) == 200
    assert answer("46850016") == 200
    assert answer("46850017") == 200 and oda.last("INVITE", sent=False)     # busy, so her mailbox answers
    assert answer("46850099") == 404


@pytest.mark.row("T8")
def test_nobody_outside_gets_anything_but_the_routes(pbx, north, inbound):
    inbound({"called": "46850000", "agent": "oda"})
    for number in ("7812345", "812345", "2601", "*97", "*43", "112", "s", "known", "leaves", "46850000%2C1", "46850000%26Local"):
        assert north.phones.request("INVITE", pbx.address, number, user="46701234567").status in (404, 484), number
    for method in ("MESSAGE", "SUBSCRIBE", "REFER"):
        headers = {"SUBSCRIBE": ("Event: dialog", "Expires: 60"), "REFER": ("Refer-To: <sip:7812345@x>",)}.get(method, ())
        assert north.phones.request(method, pbx.address, "2601", user="46701234567", headers=headers).status >= 400, method


@pytest.mark.row("T6")
def test_a_stranger_gets_nothing_by_the_trunks_name(pbx, house, inbound):
    inbound({"called": "any", "agent": "oda"})
    for user in ("north", "46850000", "south"):
        for method in ("INVITE", "REGISTER", "MESSAGE"):
            for password in (None, PASSWORD):
                assert house.request(method, pbx.address, "46850000", user=user, password=password).status == 401


def test_who_was_brought_in_is_not_let_out(pbx, line, north, south, inbound):
    """A customer who is transferred reaches colleagues, not the outside, and comes back from there."""
    inbound({"called": "46850000", "agent": "oda"})
    oda, ulf = line("oda"), line("ulf")
    customer = north.phones.baresip("46701234568", pbx.address, expires=0)
    customer.dial("46850000")
    oda.ringing().answer().established()
    customer.established()
    since = len(north.seen), len(south.seen)
    oda.transfer("7812345")
    assert oda.ringing().caller[1] == "46701234568"
    oda.answer().established()
    customer.hears(oda)
    assert not called(north, since[0]) + called(south, since[1])
    oda.transfer("2603")
    assert ulf.ringing().caller[1] == "46701234568"
    ulf.answer().established()
    customer.hears(ulf)
    customer.hangup()
    customer.quit()


# What the module tells


@pytest.mark.row("T6")
def test_a_registration_that_the_provider_does_not_take_is_told(pbx, north):
    made = pbx.apply("trunks", config=[{"name": "north", "password": "wrong"}])
    assert made["changed"] and made["registered"] == [] and "not registered at the provider yet" in made["output"]
    assert pbx.apply("trunks", config=[{"name": "north", "password": PASSWORD}])["registered"] == ["north"]


@pytest.mark.row("T6")
def test_a_trunk_that_is_no_more_is_gone_at_once(pbx, ask, north, south):
    pbx.apply("trunks", config=[{"name": "north", "disabled": True}])
    assert "north" not in pbx.asterisk("pjsip show registrations") + pbx.asterisk("pjsip show endpoints")
    assert north.phones.request("INVITE", pbx.address, "46850000", user="46701234567").status == 401
    assert dialled(ask, south, "oda", "7812345")[0] == 200
    pbx.apply("trunks", config=[{"name": "north", "disabled": False}])
    refused = pbx.attempt("trunks", state="deleted", config=[{"name": "north"}])
    assert refused["failed"] and "is referred to by prefix 'national'" in refused["msg"]


@pytest.mark.row("T6")
def test_a_provider_that_is_gone_is_passed_over(pbx, ask, north, south):
    """With qualify off a call would wait for it; asked every minute, it is known to be away."""
    pbx.apply("trunks", config=[{"name": "north", "port": 5999}])      # nobody is there
    pbx.asterisk("pjsip qualify north")
    until(lambda: "Unavail" in pbx.asterisk("pjsip show contacts like north"), 15, lambda: PhoneError(pbx.asterisk("pjsip show contacts")))
    start = time.monotonic()
    assert dialled(ask, south, "oda", "7812345") == (200, [("+46812345", "+46860000")])
    assert time.monotonic() - start < 5
    pbx.apply("trunks", config=[{"name": "north", "port": None}])
