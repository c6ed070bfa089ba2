# SPDX-License-Identifier: GPL-3.0-or-later
"""What a site says of all its lines: the codecs they are offered, and what they are told of a host behind NAT. Seen by telephones."""

import re
import statistics

import pytest

from tests.phones import Phones, until

OUTSIDE = "203.0.113.10"
NAMES = {"PCMU": "ulaw", "PCMA": "alaw", "G722": "g722", "opus": "opus", "GSM": "gsm", "G729": "g729"}


@pytest.fixture(name="far", scope="module")
def far_fixture():
    """Phones at another address than those of `house`."""
    with Phones() as phones:
        yield phones


@pytest.fixture(name="people", scope="module", autouse=True)
def people_fixture(staff):
    staff(agents=[
        {"username": "kim", "number": "2301", "voicemail": True, "voicemail_pin": "4711471"},
        {"username": "lou", "number": "2302"},
        {"username": "own", "number": "2303", "codecs": ["ulaw"]},
        {"username": "tom", "number": "2304", "transport": "tcp"},
    ])


@pytest.fixture(name="codecs")
def codecs_fixture(pbx):
    """codecs({...}) is what the site says of codecs, until the test is through."""
    yield lambda *config: pbx.apply("codecs", config=list(config))
    pbx.apply("codecs", config=[{"lines": "sip"}], state="deleted")


@pytest.fixture(name="nat")
def nat_fixture(pbx):
    """nat(...) is what it says of NAT."""
    yield lambda *options, **config: pbx.apply("nat", *options, config=config)
    pbx.apply("nat", state="deleted")


def started(pbx):
    return pbx.run("systemctl show asterisk --property=MainPID,ActiveEnterTimestamp")


def offered(phone):
    return [NAMES[each] for each in phone.last("INVITE", sent=False).codecs]


def call(caller, called, number):
    caller.dial(number)
    called.ringing().answer().established()
    caller.established().hears(called)
    called.hears(caller)


def sdp(phones):
    """An offer of our own, which needs no telephone."""
    head = f"v=0\r\no=- 1 1 IN IP4 {phones.address}\r\ns=-\r\nc=IN IP4 {phones.address}\r\nt=0 0\r\n"
    return {"headers": ("Content-Type: application/sdp",), "body": head + "m=audio 4000 RTP/AVP 8 0\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n"}


def told(message):
    """What a telephone is told of the host: where to send SIP to, and sound."""
    signaling = re.search(r"sip:(?:[^@>]+@)?([^:;>]+)", message["Contact"])[1]
    media = re.search(r"^c=IN IP4 (\S+)", message.body, re.MULTILINE)[1]
    return signaling, media


# Codecs


@pytest.mark.row("T2", "P16")
def test_a_call_offers_exactly_the_sites_list_and_a_lines_own_list_wins(codecs, line):
    kim, lou, own = line("kim", codecs=["ulaw", "alaw", "g722", "gsm"]), line("lou", codecs=["gsm", "g722", "alaw"]), line("own")
    call(lou, kim, "2301")
    assert offered(kim) == ["alaw", "ulaw", "g722"]
    lou.hangup()
    kim.ended()
    result = codecs({"lines": "sip", "offered": ["gsm", "g722", "ulaw"]})
    assert result["changed"] and result["files"] == ["pjsip_endpoint.conf"] and result["reloaded"] == ["res_pjsip.so"], result["output"]
    assert "passes_through" not in result
    call(lou, kim, "2301")
    assert offered(kim) == ["gsm", "g722", "ulaw"]
    lou.hangup()
    kim.ended()
    call(lou, own, "2303")
    assert offered(own) == ["ulaw"]
    lou.hangup()
    own.ended()
    assert not codecs({"lines": "sip", "offered": ["gsm", "g722", "ulaw"]})["changed"]


def test_a_call_goes_on_while_the_list_changes(codecs, line):
    kim, lou = line("kim"), line("lou")
    call(lou, kim, "2301")
    codecs({"lines": "sip", "offered": ["ulaw", "g722"]})
    kim.hears(lou)
    lou.hears(kim)
    lou.hangup()
    kim.ended()


def packet_length(phones, pbx):
    """Milliseconds between the packets of sound that come from the host."""
    expression = f"src host {pbx.address} and udp and not port 5060 and greater 100"
    times = [1000 * float(each.split()[0]) for each in phones.run("sh", "-c", f"tcpdump -ttnni any -c 25 '{expression}' 2>/dev/null").splitlines()]
    return statistics.median(after - before for before, after in zip(times, times[1:], strict=False))


@pytest.mark.parametrize(("ptime", "asked", "length"), [(None, 40, 20), (40, 40, 40), (60, 60, 60), (40, 20, 20)])
def test_packets_are_as_long_as_the_telephone_asks_for_where_the_site_says_something(pbx, codecs, line, house, ptime, asked, length):
    """Asterisk's own sound, which comes in 20 milliseconds."""
    codecs({"lines": "sip", "ptime": ptime})
    kim = line("kim", options=f";ptime={asked}")
    kim.dial("*97").established()
    assert abs(packet_length(house, pbx) - length) < 4
    kim.hangup()


def test_packets_as_long_as_is_said_are_asked_for(codecs, line):
    codecs({"lines": "sip", "ptime": 40})
    kim, lou = line("kim"), line("lou")
    lou.dial("2301")
    assert "a=ptime:40" in kim.ringing().last("INVITE", sent=False).body
    lou.hangup()
    kim.ended()


def test_g729_passes_through_which_is_told(codecs, line):
    result = codecs({"lines": "sip", "offered": ["alaw", "ulaw", "g729"]})
    assert result["passes_through"] == ["g729"] and "[WARNING]: g729: Asterisk only passes it through" in result["output"], result["output"]
    kim, lou = line("kim"), line("lou")
    call(lou, kim, "2301")
    assert offered(kim) == ["alaw", "ulaw", "g729"]


def test_what_the_running_asterisk_cannot_transcode_is_refused(pbx):
    before = pbx.snapshot()
    pbx.asterisk("module unload codec_gsm.so")
    try:
        result = pbx.attempt("codecs", config=[{"lines": "sip", "offered": ["alaw", "ulaw", "gsm"]}])
    finally:
        pbx.asterisk("module load codec_gsm.so")
    assert result["failed"] and "codec 'sip': offered: the running Asterisk cannot transcode gsm" in result["msg"], result["output"]
    assert pbx.snapshot() == before


def test_a_list_that_a_line_contradicts_is_refused(pbx):
    before = pbx.snapshot()
    result = pbx.attempt("codecs", config=[{"lines": "sip", "offered": ["g722"]}])
    assert result["failed"] and "agent 'own': codecs: ulaw is not among those that this site offers to sip lines: g722" in result["msg"], result["output"]
    assert pbx.snapshot() == before


# NAT


def behind_nat(pbx, *inside, **more):
    networks = [f"{each}/32" for each in sorted([pbx.address, *inside])]
    return {"external_media_address": OUTSIDE, "external_signaling_address": OUTSIDE, "local_networks": networks, **more}


@pytest.mark.row("T3")
def test_those_outside_are_told_the_address_outside_and_those_inside_are_not(pbx, nat, house, far, ask, line):
    before = started(pbx)
    result = nat(**behind_nat(pbx, house.address))
    assert result["changed"] and result["files"] == ["pjsip_transport.conf"] and result["reloaded"] == ["res_pjsip.so"], result["output"]
    for user, transport in (("kim", "udp"), ("tom", "tcp")):        # Asterisk answers
        assert told(ask("INVITE", user, "*43", transport=transport, **sdp(house))) == (pbx.address, pbx.address)
        assert told(ask("INVITE", user, "*43", transport=transport, phones=far, **sdp(far))) == (OUTSIDE, OUTSIDE)
    kim = line("kim")                       # and Asterisk calls
    lou = far.baresip("lou", pbx.address, "lou-secret-1").registered()
    kim.dial("2302")
    assert told(lou.ringing().last("INVITE", sent=False)) == (OUTSIDE, OUTSIDE)
    kim.hangup()
    lou.ended()
    lou.dial("2301")
    assert told(kim.ringing().last("INVITE", sent=False)) == (pbx.address, pbx.address)
    lou.hangup()
    assert not nat(**behind_nat(pbx, house.address))["changed"]
    nat(**behind_nat(pbx, far.address))     # the other way round, with the phones where they are
    assert told(ask("INVITE", "kim", "*43", phones=far, **sdp(far))) == (pbx.address, pbx.address)
    assert told(ask("INVITE", "kim", "*43", **sdp(house))) == (OUTSIDE, OUTSIDE)
    pbx.apply("nat", state="deleted")
    assert told(ask("INVITE", "kim", "*43", **sdp(house))) == (pbx.address, pbx.address)
    assert started(pbx) == before           # all of it without a restart


@pytest.mark.row("T3")
def test_networks_come_and_go_without_a_restart(pbx, nat, house, ask):
    """Also where the first of several stays: by that one alone Asterisk's has_state_changed compares them."""
    before = started(pbx)
    nat(**behind_nat(pbx, house.address))
    few = behind_nat(pbx, house.address)["local_networks"]
    for networks in ([*few, "fd00::/8", "2001:db8::7"], few, [f"{pbx.address}/32"], few, few[::-1], [f"{pbx.address}/32"]):
        result = nat(**{**behind_nat(pbx), "local_networks": networks})
        assert result["reloaded"] == ["res_pjsip.so"], result["output"]
        assert told(ask("INVITE", "kim", "*43", **sdp(house))) == ((pbx.address, pbx.address) if f"{house.address}/32" in networks else (OUTSIDE, OUTSIDE))
    assert started(pbx) == before


def test_ports_that_the_role_no_longer_takes_are_refused(pbx):
    before = pbx.snapshot()
    code, output = pbx.play("site", asterisk_rtp_start=12000)
    assert code and "say them as rtp.start and rtp.end of the module" in output, output
    assert pbx.snapshot() == before


def test_a_server_without_an_address_is_refused(pbx):
    """Asterisk would say a word of it in its log and go on without."""
    refused = pbx.attempt("nat", config={"turn": {"server": "turn.invalid", "username": "x", "password": "y"}})
    assert refused["failed"] and "nat: turn.server: turn.invalid has no address that this host can find" in refused["msg"], refused["msg"]


def test_a_restart_finds_the_same(pbx, nat, house, ask):
    nat(**behind_nat(pbx, rtp={"start": 30000, "end": 30199}))
    pbx.run("systemctl restart asterisk && asterisk -rx 'core waitfullybooted'")
    answer = ask("INVITE", "kim", "*43", **sdp(house))
    assert told(answer) == (OUTSIDE, OUTSIDE) and 30000 <= int(re.search(r"^m=audio (\d+)", answer.body, re.MULTILINE)[1]) <= 30199
    assert not nat(**behind_nat(pbx, rtp={"start": 30000, "end": 30199}))["changed"]


def test_a_name_outside_is_looked_up_and_followed(pbx, nat, house, ask):
    """Every five minutes by itself; here it is told to look."""
    hosts = pbx.run("cat /etc/hosts")
    name = {"external_media_address": "pbx.example.org", "external_signaling_address": "pbx.example.org"}
    try:
        result = pbx.attempt("nat", config={**behind_nat(pbx), **name})
        assert result["failed"] and "external_media_address: pbx.example.org has no address that this host can find" in result["msg"], result["output"]
        pbx.run("echo 203.0.113.20 pbx.example.org >> /etc/hosts")
        nat(**{**behind_nat(pbx), **name})
        assert told(ask("INVITE", "kim", "*43", **sdp(house))) == ("203.0.113.20", "203.0.113.20")
        pbx.run(f"cat > /etc/hosts <<'END'\n{hosts}203.0.113.30 pbx.example.org\nEND\n")
        pbx.asterisk("dnsmgr refresh")
        until(lambda: told(ask("INVITE", "kim", "*43", **sdp(house))) == ("203.0.113.30", "203.0.113.30"), 5, lambda: AssertionError("not followed"))
    finally:
        pbx.run(f"cat > /etc/hosts <<'END'\n{hosts}END\n")


def test_networks_without_the_hosts_own_address_are_refused(pbx, house):
    before = pbx.snapshot()
    for options in (["--check"], []):
        result = pbx.attempt("nat", *options, config={**behind_nat(pbx), "local_networks": [f"{house.address}/32"]})
        assert result["failed"] and f"nat: local_networks: must hold {pbx.address}, the host's own address" in result["msg"], result["output"]
    assert pbx.snapshot() == before


def test_sound_goes_over_the_ports_that_are_said(pbx, nat, house, ask):
    result = nat(rtp={"start": 31000, "end": 31099})
    assert result["files"] == ["rtp.conf"] and result["reloaded"] == ["res_rtp_asterisk.so"], result["output"]
    ports = {int(re.search(r"^m=audio (\d+)", ask("INVITE", "kim", "*43", **sdp(house)).body, re.MULTILINE)[1]) for _each in range(5)}
    assert all(31000 <= each <= 31099 for each in ports), ports
    assert "Port start:      31000" in pbx.asterisk("rtp show settings")


def test_what_is_said_of_stun_turn_and_ice_is_taken_without_complaint(pbx, nat):
    """Who uses them are browsers."""
    config = {"stun_server": "192.0.2.3:3479", "turn": {"server": "192.0.2.4", "username": "pbx", "password": "turn-secret-1"},
              "ice": {"host_candidates": [f"{pbx.address} => {OUTSIDE}"]}}
    end = len(pbx.run("cat /var/log/asterisk/switchboard.log"))
    result = nat("--diff", **config)
    assert result["changed"] and "turn-secret-1" not in result["output"]
    assert "192.0.2.3:3479" in pbx.asterisk("rtp show settings")
    assert pbx.run("cat /var/log/asterisk/switchboard.log")[end:] == ""
    assert not nat(**config)["changed"]


@pytest.mark.row("T3", "P15")
def test_the_sites_nat_mode_is_that_of_lines_for_which_none_is_said(pbx, nat):
    def symmetric():
        return re.findall(r"^ rtp_symmetric +: (true|false)", "".join(pbx.asterisk(f"pjsip show endpoint {each}") for each in ("kim", "lou")), re.MULTILINE)

    pbx.agents({"username": "lou", "nat": "yes"})
    result = nat(default_mode="no")
    assert result["files"] == ["pjsip_endpoint.conf"] and symmetric() == ["false", "true"]
    assert not pbx.agents({"username": "lou", "nat": "yes"}, {"username": "kim"})["changed"]
    pbx.apply("nat", state="deleted")
    assert symmetric() == ["true", "true"]
    pbx.agents({"username": "lou", "nat": None})
