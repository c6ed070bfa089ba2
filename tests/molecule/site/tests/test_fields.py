# SPDX-License-Identifier: GPL-3.0-or-later
"""Fields of a line that decide what it may do: each in its allowed and its refused case."""

import re

import pytest

from tests.phones import Phones, until

# nat: force_rport, rewrite_contact, rtp_symmetric
NAT = {"yes": (1, 1, 1), "no": (0, 0, 0), "force_rport": (1, 1, 0), "comedia": (0, 0, 1), "never": (0, 0, 0), "route": (1, 1, 1)}
ELSEWHERE = "198.51.100.0/24"

# A phone that believes to be somewhere else registers
SAY = """<send retrans="500"><![CDATA[
REGISTER sip:[remote_ip] SIP/2.0
Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch];rport
From: <sip:[service]@[remote_ip]>;tag=[call_number]
To: <sip:[service]@[remote_ip]>
Call-ID: [call_id]
CSeq: {} REGISTER
Contact: <sip:[service]@192.0.2.1:5999>{}
Content-Length: 0

]]></send>"""
REGISTER = (
    f"<scenario>{SAY.format(1, '')}<recv response='401' auth='true'/>"
    + SAY.format(2, "\n[authentication]")
    + "<recv response='200'/></scenario>"
)

# Asks from one port and names another one in its Via, without rport: prints at which of the two the answer comes in
ASK = """
import select, socket, sys
pbx, user, own = sys.argv[1:]
here, there = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _each in "ab")
for each in here, there: each.bind((own, 0))
via = "%s:%d" % there.getsockname()
lines = ["REGISTER sip:" + pbx + " SIP/2.0", "Via: SIP/2.0/UDP " + via + ";branch=z9hG4bK1" + user, f"From: <sip:{user}@{pbx}>;tag=1",
         f"To: <sip:{user}@{pbx}>", "Call-ID: ask-" + user, "CSeq: 1 REGISTER", f"Contact: <sip:{user}@{via}>", "Content-Length: 0"]
here.sendto(("\\r\\n".join(lines) + "\\r\\n\\r\\n").encode(), (pbx, 5060))
ready, _w, _x = select.select([here, there], [], [], 5)
print("back" if here in ready else "via" if ready else "nowhere")
"""


# Answers one call with "call somebody else"
REDIRECT = """<scenario><recv request="INVITE"/><send><![CDATA[
SIP/2.0 302 Moved Temporarily
[last_Via:]
[last_From:]
[last_To:];tag=[call_number]
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:{}@[local_ip]>
Content-Length: 0

]]></send><recv request="ACK"/></scenario>"""


@pytest.fixture(name="far", scope="module")
def far_fixture():
    """Phones at another address, which one of the lines is."""
    with Phones() as phones:
        yield phones


@pytest.fixture(name="people", scope="module", autouse=True)
def people_fixture(staff, pbx, house, far):
    inside = re.sub(r"[.]\d+$", ".0/24", house.address)
    staff(
        agents=[
            {"username": "ada", "number": "2101", "call_groups": ["sales"]},
            {"username": "bea", "number": "2102", "pickup_groups": ["sales", "4"]},
            {"username": "cai", "number": "2103", "pickup_groups": ["support"], "call_groups": ["4"]},
            {"username": "dan", "number": "2104", "transport": "tcp"},
            {"username": "eve", "number": "2112", "transport": "tls"},
            {"username": "fix", "number": "2105", "host": far.address, "sip_password": None},
            {"username": "inside", "number": "2106", "host": inside},
            {"username": "outside", "number": "2107", "host": ELSEWHERE},
            {"username": "user", "number": "2108", "type": "user"},
            {"username": "peer", "number": "2109", "type": "peer"},
            {"username": "shut", "number": "2110", "context": "closed"},
            {"username": "off", "number": "2111", "disabled": True},
            *({"username": f"nat-{mode}", "number": str(2120 + index), "nat": mode} for index, mode in enumerate(NAT)),
        ],
        extensions=[{"name": "hall", "display_name": "Entrance Hall", "number": "2150"}, {"name": "next"}],
    )


def registered(pbx, user):
    return f" {user}/sip:" in pbx.asterisk("pjsip show contacts")


# disabled


def test_disabled_from_the_start(ask):
    assert ask("REGISTER", "off").status == 401
    assert ask("INVITE", "off", "*43").status == 401
    assert ask("INVITE", "ada", "2111").status == 404


@pytest.mark.row("P8")
def test_disabled_at_once_and_enabled_again(line, pbx, ask):
    ada, bea = line("ada"), line("bea", answer="auto")
    ada.dial("2102").established().hears(bea)
    pbx.agents({"username": "bea", "disabled": True})
    bea.ended(1)
    ada.ended(1)
    assert not registered(pbx, "bea")
    assert registered(pbx, "ada")
    assert ask("REGISTER", "bea").status == 401
    assert ask("INVITE", "bea", "2101").status == 401
    assert ada.dial("2102").ended().startswith("404")

    bea.die()
    pbx.agents({"username": "bea", "disabled": False})
    assert not registered(pbx, "bea")
    assert ada.dial("2102").ended().startswith("480")

    again = line("bea", answer="auto")
    ada.dial("2102").established().hears(again)
    again.hears(ada)
    ada.hangup()


# transport


@pytest.mark.row("P14")
def test_tcp_line_calls_and_is_called_over_tcp(line):
    ada, dan = line("ada"), line("dan", transport="tcp")
    for caller, called, number in ((dan, ada, "2101"), (ada, dan, "2104")):
        caller.dial(number)
        called.ringing().answer().established()
        caller.established().hears(called)
        called.hears(caller)
        caller.hangup()
        called.ended()
    assert dan.last("INVITE", sent=False)["Via"].startswith("SIP/2.0/TCP")


@pytest.mark.row("P14")
def test_tls_line_calls_and_is_called_over_tls_with_its_audio_encrypted(line, ask):
    ada, eve = line("ada"), line("eve", transport="tls", srtp=True)
    for caller, called, number in ((eve, ada, "2101"), (ada, eve, "2112")):
        caller.dial(number)
        called.ringing().answer().established()
        caller.established().hears(called)
        called.hears(caller)
        caller.hangup()
        called.ended()
    invite = eve.last("INVITE", sent=False)
    assert invite["Via"].startswith("SIP/2.0/TLS") and "RTP/SAVP" in invite.body and "a=crypto:" in invite.body
    assert ask("INVITE", "eve", "*43", transport="tcp").status == 403


@pytest.mark.row("P14")
@pytest.mark.parametrize("user, wrong", [("dan", "udp"), ("ada", "tcp")])
def test_calls_over_another_transport_are_refused(ask, line, user, wrong):
    right = {"udp": "tcp", "tcp": "udp"}[wrong]
    assert ask("INVITE", user, "*43", transport=right).status == 200
    assert ask("INVITE", user, "*43", transport=wrong).status == 403
    phone, caller = line(user, transport=wrong), line("cai")
    assert caller.dial({"ada": "2101", "dan": "2104"}[user]).ended().startswith(("403", "480"))
    assert phone.last("INVITE", sent=False) is None


# nat


@pytest.mark.row("P15")
@pytest.mark.parametrize("mode", NAT)
def test_nat_is_what_asterisk_has(pbx, mode):
    shown = pbx.asterisk(f"pjsip show endpoint nat-{mode}")
    has = {option: value == "true" for option, value in re.findall(r"^ (\w+) +: (true|false|yes|no)", shown.replace("yes", "true"), re.MULTILINE)}
    assert (has["force_rport"], has["rewrite_contact"], has["rtp_symmetric"]) == NAT[mode]


@pytest.mark.row("P15")
@pytest.mark.parametrize("mode", NAT)
def test_answer_goes_where_the_request_came_from_or_where_its_via_says(house, pbx, mode):
    assert house.run("python3", "-c", ASK, pbx.address, f"nat-{mode}", house.address).strip() == ("back" if NAT[mode][0] else "via")


@pytest.mark.parametrize("mode", NAT)
def test_phone_is_sought_where_it_registered_from_or_where_it_says(house, pbx, mode):
    name = f"nat-{mode}"
    house.sipp(REGISTER, pbx.address, "-s", name, "-au", name, "-ap", f"{name}-secret-1", timeout=10)
    contact = next(row for row in pbx.asterisk("database show registrar").splitlines() if f"/{name};" in row)     # uncut
    assert (house.address if NAT[mode][1] else "192.0.2.1:5999") in contact


# host


@pytest.mark.row("A6")
def test_fixed_address_calls_and_is_called_without_a_password(line, far, pbx):
    ada = line("ada")
    fix = far.baresip("fix", pbx.address, "unused", expires=0)
    fix.dial("2101")
    assert ada.ringing().caller == ("Fix", "2105")
    ada.answer().established().hears(fix)
    fix.established().hears(ada)
    fix.hangup()
    ada.ended()
    ada.dial("2105")
    fix.ringing().answer()
    ada.established().hears(fix)
    ada.hangup()
    fix.quit()


@pytest.mark.parametrize("target", ["2102", "PJSIP/bea", "Local/2102%40internal"])
def test_a_telephone_cannot_send_its_callers_elsewhere(line, far, pbx, target):
    """Its 302 would decide what this host dials: a number, any line or address, any context. It counts as busy."""
    ada, bea = line("ada"), line("bea")
    far.write("/run/phones/redirect.xml", REDIRECT.format(target))
    far.inside("start", name="redirect", argv=["sipp", "-sf", "/run/phones/redirect.xml", "-m", "1", "-i", far.address, "-p", "5060", "-nostdin", pbx.address])
    until(lambda: "5060" in far.run("ss", "-lnu"), 5, lambda: ada.complaint("nobody who answers 302"))
    assert ada.dial("2105").ended().startswith("486")
    assert bea.last("INVITE", sent=False) is None
    far.inside("stop", name="redirect")


@pytest.mark.row("A6")
@pytest.mark.parametrize("password", [None, "", "fix-secret-1"])
def test_fixed_address_is_nobody_elses(ask, far, password):
    for method in ("INVITE", "REGISTER"):
        assert ask(method, "fix", "*43" * (method == "INVITE"), password=password).status == 401
    assert ask("REGISTER", "fix", phones=far, password=password).status in (401, 403, 404)
    assert ask("INVITE", "ada", "*43", phones=far, password=None).status == 401


@pytest.mark.row("A6")
def test_network_registers_from_inside_only(line, ask, pbx):
    inside = line("inside")
    inside.dial("*43").established().hears(inside)
    inside.hangup()
    assert ask("REGISTER", "inside", password="wrong-secret-1").status == 401
    assert ask("REGISTER", "outside").status in (401, 403)
    assert ask("INVITE", "outside", "*43").status in (401, 403)
    assert not registered(pbx, "outside")


# type


@pytest.mark.row("A7")
def test_user_calls_and_is_not_called(line, ask):
    ada = line("ada", answer="auto")
    assert ask("INVITE", "user", "2101").status == 200
    assert ada.caller == ("User", "2108")
    assert ask("INVITE", "ada", "2108").status == 404
    assert ask("REGISTER", "user").status >= 400


@pytest.mark.row("A7")
def test_peer_is_called_and_does_not_call(line, ask):
    peer = line("peer", answer="auto")
    assert ask("INVITE", "ada", "2109").status == 200
    assert peer.caller == ("Ada", "2101")
    for number in ("2101", "*43", "*97", "*8"):
        assert ask("INVITE", "peer", number).status >= 400
    subscription = {"headers": ("Event: dialog", "Accept: application/dialog-info+xml", "Expires: 60")}
    assert ask("SUBSCRIBE", "peer", "2101", **subscription).status >= 400


# context, groups, lamps


@pytest.mark.row("P17")
def test_another_context_is_another_dialplan(line, ask):
    shut = line("shut", answer="auto")
    for number in ("2101", "*43", "*97"):
        assert ask("INVITE", "shut", number).status == 404
    assert ask("INVITE", "ada", "2110").status == 200
    assert shut.caller == ("Ada", "2101")


@pytest.mark.row("P18")
def test_pickup_inside_the_group_only(line):
    ada, bea, cai, peer = line("ada"), line("bea"), line("cai"), line("inside")
    peer.dial("2101")
    ada.ringing()
    assert cai.dial("*8").ended().startswith(("404", "403", "480"))
    bea.dial("*8").established()
    ada.ended()
    peer.established().hears(bea)
    bea.hears(peer)
    peer.hangup()
    bea.ended()


def test_pickup_without_a_call_to_pick_up(line):
    assert line("bea").dial("*8").ended().startswith(("404", "403", "480"))


def test_lamps(ask, line, pbx):
    """The number is watched by its line's state; what a lamp shows is Asterisk's."""
    subscription = {"headers": ("Event: dialog", "Accept: application/dialog-info+xml", "Expires: 60")}
    assert ask("SUBSCRIBE", "ada", "2102", password="wrong-secret-1", **subscription).status == 401
    assert ask("SUBSCRIBE", "ada", "2102", **subscription).status == 200

    def shows(state):
        return re.search(rf"2102@hints .*PJSIP/bea .*State:{state} .*Watchers  1", pbx.asterisk("core show hints"))

    bea = line("bea")
    until(lambda: shows("Idle"), 5, lambda: bea.complaint("not idle"))
    bea.dial("*43").established()
    until(lambda: shows("InUse"), 5, lambda: bea.complaint("not in use"))
    bea.hangup()


def test_a_lamp_shows_whom_the_number_belongs_to_now(ask, pbx):
    """It may be lit for a number before anybody has it, and the number may go to somebody else."""
    subscription = {"headers": ("Event: dialog", "Accept: application/dialog-info+xml", "Expires: 60")}
    assert ask("SUBSCRIBE", "ada", "2160", **subscription).status == 200
    for owner in ("new", "newer"):
        pbx.apply("extensions", config=[{"name": owner, "number": "2160", "sip_password": "lamp-secret-1"}])
        assert re.search(rf"2160@hints .*PJSIP/{owner} ", pbx.asterisk("core show hints"))
        pbx.apply("extensions", config=[{"name": owner}], state="deleted")


def test_a_deleted_lines_subscriptions_go_with_it(ask, pbx, staff):
    pbx.apply("extensions", config=[{"name": "gone", "sip_password": "gone-secret-1"}])
    subscription = {"headers": ("Event: dialog", "Accept: application/dialog-info+xml", "Expires: 60")}
    assert ask("SUBSCRIBE", "gone", "2101", **subscription).status == 200
    assert '"endpoint":"gone"' in pbx.asterisk("database show subscription_persistence")
    pbx.apply("extensions", config=[{"name": "gone"}], state="deleted")
    assert '"endpoint":"gone"' not in pbx.asterisk("database show subscription_persistence")


# extensions


@pytest.mark.row("T1")
def test_telephone_without_a_person(line):
    hall, ada = line("hall"), line("ada")
    hall.dial("2101")
    assert ada.ringing().caller == ("Entrance Hall", "2150")
    ada.answer().established()
    hall.established().hears(ada)
    hall.hangup()
    ada.ended()
    ada.dial("2150")
    hall.ringing().answer()
    ada.established().hears(hall)
    ada.hangup()


@pytest.mark.row("T1")
def test_extensions_show_whose_number_it_is(pbx):
    gathered = pbx.apply("extensions", state="gathered")
    assert {"name": "hall", "display_name": "Entrance Hall", "number": "2150"}.items() <= next(x for x in gathered["gathered"] if x["name"] == "hall").items()
    assert "ada" not in [x["name"] for x in gathered["gathered"]]
    assert gathered["numbers"]["2101"] == "agent ada"
    assert gathered["numbers"]["2150"] == "extension hall"


@pytest.mark.row("T1")
def test_extensions_do_not_change_a_persons_number(pbx):
    before = pbx.snapshot()[:2]
    wanted = [{"name": "thief", "number": "2101"}, {"name": "ada", "number": "2190"}, {"name": "bea", "description": "mine"}]
    refused = pbx.attempt("extensions", config=[{"sip_password": "thief-secret-1", **each} for each in wanted])
    assert refused["failed"]
    for rule in ("extension 'thief': number: 2101 is taken by agent 'ada'", "extension 'ada': name: ada is taken by agent 'ada'", "agent 'bea'"):
        assert rule in refused["msg"]
    assert "thief-secret-1" not in refused["msg"]
    assert pbx.snapshot()[:2] == before


def test_extensions_do_not_delete_a_person(pbx):
    assert not pbx.apply("extensions", config=[{"name": "ada"}], state="deleted")["changed"]
    assert "Endpoint:  ada/2101" in pbx.asterisk("pjsip show endpoint ada")


@pytest.mark.row("P6")
def test_an_allocated_number_stays(pbx):
    def number():
        return re.search(r"Endpoint: +next/(\d+)", pbx.asterisk("pjsip show endpoint next"))[1]

    first = number()
    assert pbx.apply("extensions", config=[{"name": "next", "description": "seen"}])["updated"] == ["next"]
    assert number() == first
    refused = pbx.attempt("extensions", config=[{"name": "next", "number": "2199"}])
    assert refused["failed"] and "extension 'next': number" in refused["msg"]
