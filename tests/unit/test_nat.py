# SPDX-License-Identifier: GPL-3.0-or-later
"""The site behind NAT: what may be said of it, what Asterisk reads of that, and that the host must be able to live with it."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from module_utils.compile import compile_site
from module_utils.control import network
from module_utils.control.console import network as as_network
from module_utils.control.console import parameters
from module_utils.model import nat as model
from module_utils.model.errors import Refused, Unready, Wrong
from module_utils.model.nat import NAT
from module_utils.plan import HELD

from tests.unit.asterisk import devices, sections, within
from tests.unit.conftest import ANNA, BEN, House, planned

OUTSIDE = {"external_media_address": "203.0.113.10", "external_signaling_address": "pbx.example.org", "local_networks": ["10.0.0.0/8", "192.168.7.0/24"]}


@pytest.fixture(autouse=True)
def placed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The host is 10.0.0.5, and asks nobody for names."""
    monkeypatch.setattr(network, "own_address", lambda _towards: "10.0.0.5")
    monkeypatch.setattr(network, "found", lambda name: None if name == "nowhere.example.org" else "203.0.113.10")


def compiled(**nat: Any) -> dict[str, str]:
    made = planned("merged", [nat], resource=NAT)
    return dict(compile_site({"nat": made.after}).files)


def test_golden() -> None:
    files = compiled(**OUTSIDE, rtp={"start": 20000, "end": 20999}, stun_server="stun.example.org", default_mode="no",
                     turn={"server": "192.0.2.4:5349", "username": "pbx", "password": "a;b"},
                     ice={"host_candidates": ["10.0.0.5 => 203.0.113.10", {"local": "fd00::5", "advertised": "2001:db8::5"}]})
    assert files["pjsip_transport.conf"].partition("\n")[2] == """\
external_media_address=203.0.113.10
external_signaling_address=pbx.example.org
local_net=10.0.0.0/8
local_net=192.168.7.0/24
"""
    assert files["rtp.conf"].partition("\n")[2] == """
[general](+)
rtpstart=20000
rtpend=20999
stunaddr=stun.example.org
turnaddr=192.0.2.4:5349
turnusername=pbx
turnpassword=a\\;b

[ice_host_candidates]
10.0.0.5=203.0.113.10,include_local_address
fd00::5=2001:db8::5,include_local_address
"""


def test_nothing_said() -> None:
    files = compile_site({}).files
    assert within(files["pjsip_transport.conf"]) == []
    assert sections(files["rtp.conf"]) == [("general", ["+"], [("rtpstart", "10000"), ("rtpend", "20000")])]


@pytest.mark.parametrize(("said", "normal"), [
    ("10.0.0.0/8", "10.0.0.0/8"), ("192.168.7.0/255.255.255.0", "192.168.7.0/24"), ("192.168.7.9", "192.168.7.9/32"),
    ("FD00:0::/8", "fd00::/8"), (" 172.16.0.0/12 ", "172.16.0.0/12"),
])
def test_networks_in_their_normal_form(said: str, normal: str) -> None:
    assert NAT.check({"local_networks": [said]})[0]["local_networks"] == [normal]


@pytest.mark.parametrize(("said", "rule"), [
    (["10.0.0.1/8"], "10.0.0.1/8 has host bits set: the network is 10.0.0.0/8"),
    (["10.0.0.0/8", "10.7.0.0/16"], "10.7.0.0/16 is within 10.0.0.0/8 already"),
    (["10.7.0.0/16", "192.168.0.0/16", "10.0.0.0/8"], "10.7.0.0/16 is within 10.0.0.0/8 already"),
    (["10.0.0.0/8", "10.0.0.0/255.0.0.0"], "names a value twice"), (["0.0.0.0/0"], "0.0.0.0/0 is every address there is"),
    (["::/0"], "::/0 is every address there is"), (["10"], "must be networks such as"), (["10.1/16"], "must be networks such as"),
    (["10.0.0.0/33"], "must be networks such as"), (["home"], "must be networks such as"),
    ([7], "must be networks such as"), (["300.0.0.0/8"], "must be networks such as"),
])
def test_networks_that_are_none(said: list[Any], rule: str) -> None:
    with pytest.raises(Refused, match=f"nat: local_networks: {rule}"):
        planned("merged", [{"local_networks": said}], resource=NAT)


def test_only_networks_miss_netaddr(monkeypatch: pytest.MonkeyPatch) -> None:
    model.netaddr.cache_clear()
    monkeypatch.setitem(sys.modules, "netaddr", None)
    try:
        planned("merged", [{"stun_server": "192.0.2.1"}], resource=NAT)
        with pytest.raises(Unready, match="install python3-netaddr"):
            planned("merged", [{"local_networks": ["10.0.0.0/8"]}], resource=NAT)
    finally:
        model.netaddr.cache_clear()


@pytest.mark.parametrize(("item", "rule"), [
    ({"external_media_address": "203.0.113.10"}, "local_networks: is needed beside external_media_address"),
    ({"external_signaling_address": "pbx.example.org"}, "local_networks: is needed beside external_signaling_address"),
    ({"external_media_address": "2001:db8::1"}, "external_media_address: must be an IPv4 address or a host name, without a port"),
    ({"external_media_address": "203.0.113.10:5060"}, "external_media_address: must be an IPv4 address or a host name, without a port"),
    ({"external_media_address": "203.0.113.300"}, "external_media_address: must be an IPv4 address or a host name"),
    ({"external_media_address": "pbx_1.example.org"}, "external_media_address: must be an IPv4 address or a host name"),
    ({"external_media_address": "0.0.0.0"}, "external_media_address: is not an address that others can reach"),
    ({"external_media_address": "127.0.0.1"}, "external_media_address: is not an address that others can reach"),
    ({"stun_server": "stun.example.org:99999"}, "stun_server: must be an IPv4 address or a host name, and a port from 1 to 65535"),
    ({"rtp": {"start": 10001}}, "rtp.start: must be even"),
    ({"rtp": {"start": 10000, "end": 10050}}, "rtp.end: must leave at least 100 ports from rtp.start 10000 on"),
    ({"rtp": {"start": 30000}}, "rtp.end: must leave at least 100 ports"),
    ({"rtp": {"start": 80}}, "rtp.start: must be a whole number from 1024 to 65535"),
    ({"turn": {"server": "192.0.2.1"}}, "turn.username: is needed beside turn.server"),
    ({"turn": {"server": "192.0.2.1", "username": "x"}}, "turn.password: is needed beside turn.server"),
    ({"ice": {"host_candidates": ["10.0.0.5"]}}, "ice.host_candidates: must be two IP addresses of one version"),
    ({"ice": {"host_candidates": ["10.0.0.5 => 2001:db8::1"]}}, "ice.host_candidates: must be two IP addresses of one version"),
    ({"ice": {"host_candidates": ["10.0.0.5 => 192.0.2.1", "10.0.0.5=>192.0.2.2"]}}, "ice.host_candidates: names a value twice"),
    ({"default_mode": "always"}, "default_mode: 'always' is none of"),
])
def test_rules(item: dict[str, Any], rule: str) -> None:
    with pytest.raises(Refused, match=rule):
        planned("merged", [item], resource=NAT)


@pytest.mark.row("T3")
def test_made_live_and_gathered(house: House) -> None:
    house.run("merged", [ANNA])
    nat = {**OUTSIDE, "rtp": {"start": 20000, "end": 20999}}
    result = house.run("merged", [nat], NAT)
    assert result["files"] == ["pjsip_transport.conf", "rtp.conf"] and result["reloaded"] == ["res_pjsip.so", "res_rtp_asterisk.so"]
    assert ("local_net", "10.0.0.0/8") in house.asterisk.transport and ("rtpstart", "20000") in house.asterisk.rtp
    gathered = house.run("gathered", resource=NAT)["gathered"]
    assert gathered == nat and not house.run("replaced", [gathered], NAT)["changed"]
    assert house.run("deleted", [{}], NAT)["changed"] and house.asterisk.transport == []


def test_what_asterisk_does_not_take_is_taken_back(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.run("merged", [ANNA])
    before = house.everything()
    monkeypatch.setattr(house.asterisk, "text", lambda name, real=house.asterisk.text: "" if name == "pjsip_transport.conf" else real(name))
    with pytest.raises(Unready, match="another external_media_address than was compiled: none instead of 203.0.113.10 .*role asterisk.*back in force"):
        house.run("merged", [OUTSIDE], NAT)
    assert house.everything() == before and house.documents("nat") == {}


def test_networks_of_ipv6_are_read_back(house: House) -> None:
    house.run("merged", [{**OUTSIDE, "local_networks": ["10.0.0.0/8", "fd00::/8", "2001:db8::7"]}], NAT)
    assert ("local_net", "2001:db8::7/128") in house.asterisk.transport


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(("change", "rule"), [
    ({"local_networks": ["192.168.7.0/24"]}, "local_networks: must hold 10.0.0.5, the host's own address"),
    ({"external_media_address": "nowhere.example.org"}, "external_media_address: nowhere.example.org has no address that this host can find"),
    ({"stun_server": "nowhere.example.org:3478"}, "stun_server: nowhere.example.org has no address that this host can find"),
    ({"turn": {"server": "nowhere.example.org", "username": "x", "password": "y"}}, "turn.server: nowhere.example.org has no address"),
])
def test_what_the_host_cannot_live_with(house: House, change: dict[str, Any], rule: str, check: bool) -> None:
    before = house.everything()
    with pytest.raises(Wrong, match=f"nat: {rule}"):
        house.run("merged", [{**OUTSIDE, **change}], NAT, check=check)
    assert house.everything() == before


def test_rendered_asks_no_host(house: House) -> None:
    nat = {**OUTSIDE, "local_networks": ["192.168.7.0/24"], "turn": {"server": "192.0.2.1", "username": "x", "password": "hunter2"}}
    rendered = house.run("rendered", [nat], NAT)["rendered"]
    assert "external_media_address=203.0.113.10\n" in rendered["pjsip_transport.conf"] and f"turnpassword={HELD}\n" in rendered["rtp.conf"]


def test_the_password_of_turn_is_a_secret(house: House) -> None:
    result = house.run("merged", [{"turn": {"server": "192.0.2.1", "username": "x", "password": "hunter2"}}], NAT, diff=True)
    assert "hunter2" not in str(result) and "turnpassword=hunter2\n" in house.files()["rtp.conf"]
    assert "hunter2" not in str(house.run("gathered", resource=NAT))
    assert not house.run("merged", [{"turn": {"password": "hunter2"}}], NAT)["changed"]


def test_default_mode_reaches_lines_for_which_nothing_is_said(house: House) -> None:
    house.run("merged", [ANNA, {**BEN, "nat": "yes"}])
    result = house.run("merged", [{"default_mode": "no"}], NAT)
    assert result["changed"] and result["files"] == ["pjsip_endpoint.conf"] and result["reloaded"] == ["res_pjsip.so"]
    assert {name: each["endpoint"]["rtp_symmetric"] for name, each in devices(house.files()).items()} == {"anna": "no", "ben": "yes"}
    assert house.asterisk.devices["anna"]["endpoint"]["force_rport"] == "no"
    assert not house.run("merged", [ANNA, {**BEN, "nat": "yes"}])["changed"]
    assert not house.run("merged", [{**ANNA, "nat": "no"}])["changed"]      # the same in other words


def test_own_address_and_names_are_the_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert network.own_address("127.0.0.1") == "127.0.0.1" and network.found("127.0.0.1") == "127.0.0.1" and network.found("nowhere.invalid") is None


@pytest.mark.parametrize(("told", "normal"), [
    ("10.0.0.0/255.0.0.0", "10.0.0.0/8"), ("192.168.7.9/255.255.255.255", "192.168.7.9/32"), ("fd00::/ff00::", "fd00::/8"), ("(null)", "(null)"),
])
def test_networks_of_the_console(told: str, normal: str) -> None:
    assert as_network(told) == normal


def test_parameters_of_the_console() -> None:
    text = "\nTransport:  t   udp  0\n\n local_net      : 10.0.0.0/255.0.0.0\n local_net     : 192.168.0.0/255.255.0.0\n password :\n  Port start:   10000\n"
    assert parameters(text) == {"Transport": ["t   udp  0"], "local_net": ["10.0.0.0/255.0.0.0", "192.168.0.0/255.255.0.0"], "Port start": ["10000"]}
