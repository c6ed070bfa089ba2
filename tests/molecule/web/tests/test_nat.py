# SPDX-License-Identifier: GPL-3.0-or-later
"""NAT between telephone and host, on either side, with a router in between. What is heard is measured."""

import contextlib
import re
from pathlib import Path

import pytest

from tests.bed.lab import Lab
from tests.phones import PhoneError, Phones

SIPP = Path(__file__).parents[3] / "phones/sipp"

# The mode of a telephone behind a router; what it hears of itself when it calls the echo; what becomes of a call to it.
TABLE = {
    "no": ("nothing", "unreachable"),
    "never": ("nothing", "unreachable"),
    "force_rport": ("nothing", "answers, hears nothing"),
    "comedia": ("itself", "unreachable"),
    "yes": ("itself", "heard both ways"),
    "route": ("itself", "heard both ways"),
}
REPLIED = {"yes", "force_rport", "route"}       # to where a request came from, though it does not ask for that
ENOUGH = 100                                    # packets of sound: two seconds


def device(mode):
    return f"far-{mode[:5]}"                    # short, for Asterisk's lists cut names


@pytest.fixture(name="people", scope="module", autouse=True)
def people_fixture(staff):
    staff(agents=[*({"username": device(mode), "number": str(2801 + index), "nat": mode} for index, mode in enumerate(TABLE)),
                  {"username": "far-site", "number": "2811"}, {"username": "near", "number": "2812", "nat": "no"}])


def number(mode):
    return str(2801 + list(TABLE).index(mode))


@pytest.fixture(name="lab", scope="module")
def lab_fixture(pbx):
    with Lab(pbx.name) as lab:
        yield lab


@pytest.fixture(name="beyond", scope="module")
def beyond_fixture(lab):
    """Phones in the lab."""
    with Phones(network=lab.network, gateway=lab.gateway) as phones:
        yield phones


@pytest.fixture(name="far")
def far_fixture(pbx, beyond):
    """far("far-yes") is the telephone of one of them in the lab, registered, and switched off after the test."""
    made = []

    def make(name, at=pbx.address):
        made.append(beyond.baresip(name, at, f"{name}-secret-1"))
        return made[-1].registered()

    yield make
    for phone in made:
        phone.die()


@pytest.fixture(name="nat")
def nat_fixture(pbx):
    """nat(...) is what the site says of NAT, until the test is through."""
    yield lambda **config: pbx.apply("nat", config=config)
    pbx.apply("nat", state="deleted")


def sent(pbx, name):
    """How many packets of sound the host has sent to a device in its call."""
    found = re.search(rf"{name}-[0-9a-f]{{8}} +[\d:]+ +\S+ +\d+K? +\d+K? +\d+ +[\d.]+ +(\d+)", pbx.asterisk("pjsip show channelstats"))
    return int(found[1]) if found else 0


def hears_nothing(phone, pbx):
    """The host has sent it plenty, and nothing of that arrived."""
    phone.wait(lambda: sent(pbx, phone.user) >= ENOUGH, 15, f"sent {ENOUGH} packets of sound")
    assert phone.received == 0, phone.complaint("hears something")


def told(message):
    """What a telephone is told of the host: where to send SIP to, and sound."""
    return re.search(r"sip:(?:[^@>]+@)?([^:;>]+)", message["Contact"])[1], re.search(r"^c=IN IP4 (\S+)", message.body, re.MULTILINE)[1]


# The telephone is behind NAT


@pytest.mark.row("P15", "N7")
@pytest.mark.parametrize("mode", TABLE)
def test_a_telephone_behind_nat_calls(pbx, far, mode):
    phone = far(device(mode))
    phone.dial("*43").established()
    if TABLE[mode][0] == "itself":
        phone.hears(phone)
    else:
        hears_nothing(phone, pbx)
    phone.hangup()


@pytest.mark.row("P15", "N7")
@pytest.mark.parametrize("mode", TABLE)
def test_a_telephone_behind_nat_is_called(pbx, far, line, mode):
    phone, near = far(device(mode)), line("near")
    near.dial(number(mode))
    if TABLE[mode][1] == "unreachable":
        near.ended(20)
        assert phone.last("INVITE", sent=False) is None
        return
    phone.ringing().answer().established()
    near.established()
    if TABLE[mode][1] == "heard both ways":
        phone.hears(near)
    else:
        hears_nothing(phone, pbx)
    near.hears(phone)
    near.hangup()


@pytest.mark.row("P15")
@pytest.mark.parametrize("mode", TABLE)
def test_a_telephone_that_does_not_ask_where_it_is_seen_registers_only_where_that_is_forced(pbx, beyond, mode):
    """Its Via names its own address, which the host cannot reach: the host's first answer never comes back (RFC 3581 is what it lacks)."""
    name, sheet = device(mode), f"/run/phones/{device(mode)}.csv"
    beyond.write(sheet, f"SEQUENTIAL\n{name};[authentication username={name} password={name}-secret-1];5060\n")
    scenario = (SIPP / "register.xml").read_text(encoding="utf-8")
    assert ";rport" in scenario
    with contextlib.nullcontext() if mode in REPLIED else pytest.raises(PhoneError, match="sipp"):
        beyond.sipp(scenario.replace(";rport", ""), pbx.address, "-inf", sheet, timeout=5)


@pytest.mark.row("P15", "T3")
def test_the_sites_mode_is_that_of_lines_for_which_none_is_said(pbx, nat, far):
    nat(default_mode="no")
    phone = far("far-site")
    phone.dial("*43").established()
    hears_nothing(phone, pbx)
    phone.hangup()
    phone.ended()
    nat(default_mode="yes")
    phone.dial("*43").established().hears(phone)
    phone.hangup()


# The host is behind NAT


@pytest.fixture(name="hidden")
def hidden_fixture(lab):
    """The lab with the host behind NAT."""
    lab.hide("host")
    yield lab
    lab.hide("telephones")


def behind_nat(pbx, house, address):
    return {"external_media_address": address, "external_signaling_address": address, "local_networks": [f"{pbx.address}/32", f"{house.address}/32"]}


@pytest.mark.row("T3")
def test_a_host_behind_nat_that_says_nothing_of_it_is_not_heard(pbx, hidden, far, line):
    phone, near = far("far-yes", hidden.gateway), line("near")
    near.dial(number("yes"))
    phone.ringing()
    assert told(phone.last("INVITE", sent=False)) == (pbx.address, pbx.address)
    phone.answer().established()
    near.established()
    phone.hears(near)
    phone.heard(2)
    assert near.received == 0, near.complaint("hears something")
    near.hangup()


@pytest.mark.row("T3", "N7")
def test_a_host_behind_nat_is_heard_inside_and_outside(pbx, hidden, nat, house, far, line):
    nat(**behind_nat(pbx, house, hidden.gateway))
    phone, near = far("far-yes", hidden.gateway), line("near")
    phone.dial("*43").established().hears(phone)
    assert told(phone.last("INVITE", 200, sent=False)) == (hidden.gateway, hidden.gateway)
    phone.hangup()
    phone.ended()
    near.dial("*43").established().hears(near)
    assert told(near.last("INVITE", 200, sent=False)) == (pbx.address, pbx.address)
    near.hangup()
    near.ended()
    phone.dial("2812")
    near.ringing().answer().established().hears(phone)
    phone.established().hears(near)
    phone.hangup()
    near.ended()
    near.dial(number("yes"))
    phone.ringing().answer().established().hears(near)
    near.established().hears(phone)
    phone.hangup()
    near.ended()


@pytest.mark.row("T3", "N6")
def test_a_host_whose_address_outside_changes_keeps_its_calls(pbx, hidden, nat, house, far):
    nat(**behind_nat(pbx, house, hidden.gateway))
    before = far("far-yes", hidden.gateway)
    before.dial("*43").established().hears(before)
    another = hidden.another_gateway()
    assert nat(**behind_nat(pbx, house, another))["reloaded"] == ["res_pjsip.so"]
    after = far("far-route", another)
    after.dial("*43").established().hears(after)
    assert told(after.last("INVITE", 200, sent=False)) == (another, another)
    before.play(1330)       # so that it is no echo of what was before
    before.hears(before)
    before.hangup()
    before.ended()
