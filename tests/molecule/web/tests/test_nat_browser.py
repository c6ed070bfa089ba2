# SPDX-License-Identifier: GPL-3.0-or-later
"""Browsers and NAT: those that take the TURN server for their sound, told to or for want of another way; and a host behind NAT."""

import json
import re
import time

import pytest

from plugins.module_utils.model.turn import turn_credentials
from tests.bed.lab import Lab
from tests.phones import browser

WAYS = {"udp": "turn:{}:3478?transport=udp", "tcp": "turn:{}:3478?transport=tcp", "tls": "turns:{}:5349?transport=tcp"}


@pytest.fixture(name="people", scope="module", autouse=True)
def people_fixture(staff):
    staff(agents=[{"username": "ida", "number": "2831", "typology": "webrtc"}])


@pytest.fixture(name="lab", scope="module")
def lab_fixture(pbx):
    with Lab(pbx.name) as lab:
        yield lab


def browsers(pbx, lab, address):
    """A browser in the lab, which has no name server: it finds the host in a list of its own."""
    authority = pbx.run("cat /etc/switchboard/tls/ca.pem")
    return browser.Browsers(authority, network=lab.network, gateway=lab.gateway, options=("--add-host", f"{pbx.name}:{address}"))


@pytest.fixture(name="beyond", scope="module")
def beyond_fixture(pbx, lab):
    with browsers(pbx, lab, pbx.address) as made:
        yield made


@pytest.fixture(name="ida")
def ida_fixture(pbx, beyond):
    """ida("tls") is her phone, told of a relay that it reaches so and of no other way unless `only` is false."""
    made = []

    def make(way="", only=True):
        phone = beyond.browser("ida", pbx.address, "ida-secret-1", host=pbx.name).registered()
        made.append(phone)
        who = turn_credentials(pbx.run("sed -n s/^static-auth-secret=//p /etc/turnserver.conf").strip(), "ida", int(time.time()) + 600)
        servers = [{"urls": WAYS[way].format(pbx.address), **who}] if way else []
        connection = json.dumps({"iceServers": servers, "iceTransportPolicy": "relay" if only else "all"})
        phone.ask(f"void (phone.options = () => ({{mediaStream: new MediaStream(phone.tracks), pcConfig: {connection}}}))")
        return phone

    yield make
    for each in made:
        each.quit()


def chosen(phone):
    """The kind of address, of the browser's own, that its sound goes by."""
    return phone.ask("""phone.call.connection.getStats().then((report) => {
        const all = [...report.values()], pair = all.find((each) => each.type === "candidate-pair" && each.nominated && each.state === "succeeded");
        return pair ? all.find((each) => each.id === pair.localCandidateId).candidateType : ""; })""")


@pytest.mark.row("H4", "N7")
@pytest.mark.parametrize("way", WAYS)
def test_a_browser_that_takes_nothing_but_the_relay_hears(ida, way):
    phone = ida(way)
    phone.dial("*43").established().hears(phone)
    assert chosen(phone) == "relay"
    phone.hangup()


@pytest.mark.row("T3", "N7")
def test_a_browser_behind_nat_needs_no_help_while_udp_passes(ida):
    phone = ida(only=False)
    phone.dial("*43").established().hears(phone)
    phone.hangup()


@pytest.mark.row("H4", "N7")
@pytest.mark.parametrize("way", ["tcp", "tls"])
def test_a_browser_whose_network_lets_no_udp_out_hears(lab, ida, way):
    with lab.without_udp():
        phone = ida(way, only=False)
        phone.dial("*43").established().hears(phone)
        assert chosen(phone) == "relay"
        phone.hangup()


@pytest.mark.row("N7")
def test_a_browser_whose_network_lets_no_udp_out_hears_nothing_without_it(lab, ida):
    with lab.without_udp():
        phone = ida(only=False)
        phone.dial("*43").established()
        assert phone.heard(4)["packets"] == 0
        phone.hangup()


@pytest.mark.row("T3", "N7")
def test_a_browser_hears_a_host_behind_nat_at_its_address_outside(pbx, lab, house):
    lab.hide("host")
    inside = [f"{pbx.address}/32", f"{house.address}/32"]
    pbx.apply("nat", config={"external_media_address": lab.gateway, "external_signaling_address": lab.gateway, "local_networks": inside,
                             "ice": {"host_candidates": [f"{pbx.address} => {lab.gateway}"]}})
    try:
        with browsers(pbx, lab, lab.gateway) as outside:
            phone = outside.browser("ida", lab.gateway, "ida-secret-1", host=pbx.name).registered()
            phone.dial("*43").established().hears(phone)
            offered = re.findall(r"^a=candidate:\S+ \d+ \S+ \d+ (\S+) \d+ typ host", phone.last("INVITE", 200, sent=False).body, re.MULTILINE)
            assert {lab.gateway, pbx.address} <= set(offered)
            phone.hangup()
            phone.ended()
            phone.quit()
    finally:
        pbx.apply("nat", state="deleted")
        lab.hide("telephones")
