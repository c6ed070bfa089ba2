# SPDX-License-Identifier: GPL-3.0-or-later
"""Trunks, prefixes and inbound routes: what is refused, what the dialplan reads of them, and what a run tells of a registration."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from module_utils.compile import compile_site
from module_utils.control.log import complaints
from module_utils.model.agent import AGENT
from module_utils.model.codec import CODEC
from module_utils.model.errors import Refused, Wrong
from module_utils.model.extension import EXTENSION
from module_utils.model.inbound_route import INBOUND_ROUTE
from module_utils.model.prefix import PREFIX
from module_utils.model.queue import QUEUE
from module_utils.model.settings import SETTINGS
from module_utils.model.team import TEAM
from module_utils.model.trunk import TRUNK

from tests.unit.asterisk import devices, sections
from tests.unit.conftest import PHONE, SECRET, House, planned

GOLDEN = Path(__file__).parent / "golden"
NORTH: dict[str, Any] = {"name": "north", "host": "192.0.2.60", "user": "468100", "password": SECRET, "registers": True, "capacity": 30}
SOUTH: dict[str, Any] = {"name": "south", "host": "sip.example.org", "addresses": ["198.51.100.0/28"], "caller_id": "+468200", "emergency_order": 2}
PLAIN: dict[str, Any] = {"name": "plain", "prefix": "none", "digits": "6-12", "trunks": ["north"]}
ANNA: dict[str, Any] = {"username": "anna", "full_name": "Anna", "number": "1001", "teams": ["export"], "voicemail": True, "voicemail_pin": "4711", **PHONE}


@pytest.fixture(name="site")
def site_fixture(house: House) -> House:
    house.run("merged", [{"name": "export"}], TEAM)
    house.run("merged", [{"name": "shop", "number": "1800"}, {"name": "mute"}], QUEUE)
    house.run("merged", [ANNA, {"username": "bo", "full_name": "Bo", "number": "1002"}])
    house.run("merged", [{"name": "gate", "number": "1950", "host": "192.0.2.17"}], EXTENSION)
    house.run("merged", [NORTH, SOUTH], TRUNK)
    return house


def outside(house: House) -> dict[str, dict[str, str]]:
    return {name: dict(pairs) for name, _inherited, pairs in sections(house.files()["outside.conf"])}


# Refused


@pytest.mark.row("T6", "T7", "T8")
@pytest.mark.parametrize(("resource", "item", "wrong"), [
    (TRUNK, {"host": None}, "host: is needed"), (TRUNK, {"host": "127.0.0.1"}, "host: is not an address that others can reach"),
    (TRUNK, {"host": "::1"}, "host: ::1 is this host itself"), (TRUNK, {"registers": True}, "user: is needed beside registers"),
    (TRUNK, {"user": "x"}, "password: is needed beside user"), (TRUNK, {"user": "x", "password": " x"}, "password: begins or ends with a space"),
    (TRUNK, {"user": "x@y"}, "user: must be at most 64"), (TRUNK, {"addresses": ["dynamic"]}, "addresses: must be IP addresses"),
    (TRUNK, {"addresses": ["192.0.2.1/24"]}, "addresses: has host bits set"), (TRUNK, {"addresses": ["0.0.0.0/0"]}, "addresses: is every address there is"),
    (TRUNK, {"caller_id": "Anna"}, "caller_id: must be 2 to 20 digits"), (TRUNK, {"transport": "ws"}, "transport: 'ws' is none of"),
    (TRUNK, {"name": "anonymous"}, "name: anonymous means something"), (TRUNK, {"codecs": []}, "codecs: must not be empty"),
    (PREFIX, {"prefix": None}, "prefix: is needed"), (PREFIX, {"prefix": "9*"}, "prefix: must be at most 8 digits"),
    (PREFIX, {"digits": "9-3"}, "digits: must be"),
    (PREFIX, {"digits": "0-3"}, "digits: must be"), (PREFIX, {"digits": "3-99"}, "digits: must be"),
    (PREFIX, {"prefix": "9", "digits": "2-9", "strip": 4}, "strip: takes more away than the 3 digits"),
    (PREFIX, {"teams": ["export"]}, "teams: may be named with who: teams only"), (PREFIX, {"add": "+46;1"}, "add: must be at most 20 digits"),
    (INBOUND_ROUTE, {"called": None}, "called: is needed"), (INBOUND_ROUTE, {"called": "*97"}, "called: must be at most 32 digits"),
    (INBOUND_ROUTE, {"queue": "shop", "agent": "anna"}, "agent: cannot be beside queue"),
    (INBOUND_ROUTE, {"mailbox": True, "queue": "shop"}, "mailbox: needs agent"),
    (INBOUND_ROUTE, {"closed": {"queue": "shop"}}, "hours: is needed beside closed.queue"),
    (INBOUND_ROUTE, {"hours": ["mon-fri/17:00-08:00"]}, "hours: must end later"), (INBOUND_ROUTE, {"hours": ["mon/00:00-24:01"]}, "hours: must end later"),
    (INBOUND_ROUTE, {"hours": ["day/00:00-24:00"]}, "hours: must be days and times"), (INBOUND_ROUTE, {"time_zone": "../etc"}, "time_zone: must be the name"),
])
def test_what_makes_no_sense_is_refused(resource: Any, item: dict[str, Any], wrong: str) -> None:
    whole = {"trunk": {"name": "x", "host": "192.0.2.60"}, "prefix": {"name": "x", "prefix": "0"}, "inbound_route": {"name": "x", "called": "468100"}}
    with pytest.raises(Refused, match=wrong):
        planned("merged", [{**whole[resource.kind], **item}], resource=resource)


@pytest.mark.row("T6")
@pytest.mark.parametrize(("resource", "item", "wrong"), [
    (TRUNK, {"name": "x", "host": "192.0.2.60"}, "host: 192.0.2.60 is taken by trunk 'north'"),
    (TRUNK, {"name": "x", "host": "192.0.2.17"}, "host: 192.0.2.17 is taken by extension 'gate'"),
    (TRUNK, {"name": "x", "host": "a.example.org", "addresses": ["192.0.2.0/24"]}, "extension 'gate': host: 192.0.2.17 is where calls of trunk 'x' come from"),
    (TRUNK, {"name": "x", "host": "a.example.org", "addresses": ["192.0.2.60"]}, "trunk 'x': addresses: 192.0.2.60 is where calls of trunk 'north' come from"),
    (TRUNK, {"name": "x", "host": "a.example.org", "addresses": ["198.51.100.0/24"]}, "addresses: 198.51.100.0/24 is where calls of trunk 'south' come from"),
    (TRUNK, {"name": "bo", "host": "a.example.org"}, "name: bo is taken by agent 'bo'"),
    (EXTENSION, {"name": "x", "host": "198.51.100.7"}, "extension 'x': host: 198.51.100.7 is where calls of trunk 'south' come from"),
    (AGENT, {"username": "bo", "typology": "external", "host": "198.51.100.7"}, "agent 'bo': host: 198.51.100.7 is where calls of trunk 'south' come from"),
    (CODEC, {"lines": "trunk", "offered": ["g722"]}, None),
])
def test_an_address_belongs_to_one(site: House, resource: Any, item: dict[str, Any], wrong: str | None) -> None:
    before = site.everything()
    if wrong is None:
        assert site.run("merged", [item], resource)["changed"]
        assert {each["endpoint"]["allow"] for name, each in site.asterisk.devices.items() if name in ("north", "south")} == {"g722"}
        with pytest.raises(Refused, match="alaw is not among those that this site offers to trunks: g722"):
            site.run("merged", [{"name": "north", "codecs": ["alaw"]}], TRUNK)
        return
    with pytest.raises(Refused, match=wrong):
        site.run("merged", [item], resource)
    assert site.everything() == before


def test_what_others_refer_to_stays(site: House) -> None:
    site.run("merged", [PLAIN], PREFIX)
    with pytest.raises(Refused, match="trunk 'north': is referred to by prefix 'plain'"):
        site.run("deleted", [{"name": "north"}], TRUNK)
    with pytest.raises(Refused, match="queue 'mute' has no number, by which it could be reached"):
        site.run("merged", [{"name": "main", "called": "468100", "queue": "mute"}], INBOUND_ROUTE)
    site.run("merged", [{"name": "main", "called": "468100", "queue": "shop"}], INBOUND_ROUTE)
    with pytest.raises(Refused, match="inbound_route 'main': queue: queue 'shop' has no number"):
        site.run("merged", [{"name": "shop", "number": None}], QUEUE)
    with pytest.raises(Refused, match="called: 468100 is taken by inbound_route 'main'"):
        site.run("merged", [{"name": "again", "called": "+468100"}], INBOUND_ROUTE)
    with pytest.raises(Refused, match="prefix: none is taken by prefix 'plain'"):
        site.run("merged", [{"name": "again", "prefix": "none"}], PREFIX)


def test_emergency_numbers_are_nobodys(house: House) -> None:
    house.run("merged", [{"number_range": "100-999"}], SETTINGS)
    with pytest.raises(Refused, match="number: 112 is taken by settings 'emergency_numbers'"):
        house.run("merged", [{"name": "x", "number": "112"}], EXTENSION)
    made = house.run("merged", [{"name": f"x{count:02}"} for count in range(13)], EXTENSION)
    assert sorted(made["numbers"].values())[11:] == ["111", "113"]
    with pytest.raises(Refused, match="emergency_numbers: 113 is the number of extension 'x12'"):
        house.run("merged", [{"emergency_numbers": [112, "113"]}], SETTINGS)


def test_a_time_zone_must_be_there(site: House) -> None:
    with pytest.raises(Wrong, match="inbound_route 'main': time_zone: there is no time zone Europe/Atlantis on this host"):
        site.run("merged", [{"name": "main", "called": "468100", "time_zone": "Europe/Atlantis"}], INBOUND_ROUTE)


# What is compiled


@pytest.mark.row("T7", "T8", "A23")
def test_golden(site: House) -> None:
    """All that the dialplan knows of the outside, in full."""
    site.run("merged", [PLAIN, {"name": "abroad", "prefix": "00", "add": "+", "trunks": ["south", "north"], "who": "teams", "teams": ["export"]},
                        {"name": "expensive", "prefix": "0900", "digits": 1, "caller_id": "+468300", "strip": 2}], PREFIX)
    site.run("merged", [
        {"name": "main", "called": "+468100", "queue": "shop", "hours": ["mon-fri/8:00-17:00", "sat/10:00-24:00"], "time_zone": "Europe/Stockholm",
         "closed": {"agent": "anna", "mailbox": True}},
        {"name": "block", "called": "4682", "leading": True, "trunk": "south", "extension": "gate"},
        {"name": "bo", "called": "468209", "agent": "bo", "mailbox": True, "hours": "sun/00:00-12:00", "closed": {"announcement": "custom/closed"}},
        {"name": "rest", "called": "any"}], INBOUND_ROUTE)
    assert site.files()["outside.conf"] == (GOLDEN / "outside.conf").read_text(encoding="utf-8")


@pytest.mark.row("T6")
def test_nobody_gets_in_as_a_trunk_but_from_its_address(site: House) -> None:
    for name, match in (("north", "192.0.2.60"), ("south", "198.51.100.0/28")):
        trunk = site.asterisk.devices[name]
        assert trunk["endpoint"]["identify_by"] == "ip" and "auth" not in trunk["endpoint"] and trunk["aor"]["max_contacts"] == "0"
        assert trunk["identify"] == {"type": "identify", "endpoint": name, "match": match}
        assert trunk["endpoint"]["context"] == "from-trunk" and trunk["endpoint"]["allow_transfer"] == trunk["endpoint"]["allow_subscribe"] == "no"
        assert trunk["endpoint"]["message_context"] == trunk["endpoint"]["subscribe_context"] == "nowhere"
    assert "registration" in site.asterisk.devices["north"] and "registration" not in site.asterisk.devices["south"]


def test_what_is_disabled_is_nowhere(site: House) -> None:
    site.run("merged", [{**PLAIN, "trunks": ["north", "south"]}], PREFIX)
    site.run("merged", [{"name": "north", "disabled": True}], TRUNK)
    known = outside(site)
    assert known["prefix-"]["trunks"] == known["site"]["emergency"] == "south" and "trunk-north" not in known and "north" not in site.asterisk.devices
    site.run("merged", [{"name": "south", "emergency_order": 0}], TRUNK)
    assert "emergency" not in outside(site)["site"]


def test_a_prefix_for_teams_that_are_gone_is_nobodys(site: House) -> None:
    site.run("merged", [{"name": "abroad", "prefix": "00", "who": "teams", "teams": ["export"], "trunks": ["north"]}], PREFIX)
    assert outside(site)["allowed-01"] == {"1001": "abroad"}
    site.run("deleted", [{"name": "export"}], TEAM, cascade=True)
    assert outside(site)["prefix-00"]["who"] == "teams" and "allowed-01" not in outside(site)


def test_a_change_that_only_the_dialplan_reads_reloads_nothing(site: House) -> None:
    assert site.run("merged", [PLAIN], PREFIX)["reloaded"] == []
    assert site.run("merged", [{"name": "north", "capacity": 31}], TRUNK)["reloaded"] == []


def test_an_emergency_number_behind_a_prefix_is_no_internal_number() -> None:
    prefixes = {each: {"name": each, "prefix": each} for each in ("0", "9")}
    text = compile_site({"prefix": prefixes, "settings": {"site": {"name": "site", "emergency_numbers": ["112"]}}}).files["outside.conf"]
    assert dict(next(pairs for name, _inherited, pairs in sections(text) if name == "emergency")) == {"0112": "112", "112": "112"}     # 9112 is in 1000-9999


# What is told


@pytest.mark.row("T6")
def test_registrations_are_looked_at(house: House) -> None:
    house.asterisk.registration = "Registered"
    assert house.run("merged", [NORTH, SOUTH], TRUNK)["registered"] == ["north"]
    house.asterisk.registration = "Rejected"
    result = house.run("merged", [{"name": "north", "port": 5070}], TRUNK)
    assert result["registered"] == [] and "north (Rejected): not registered at the provider yet" in result["warnings"][-1]
    assert "registered" not in house.run("merged", [{"name": "south", "port": 5070}], TRUNK)


def test_a_password_asked_for_too_early_is_no_mistake() -> None:
    line = "[2026-01-01 00:00:00.000] WARNING[1] res_pjsip/pjsip_configuration.c: Auth object 'north' could not be found\n"
    assert complaints(line) == [] and complaints(line.replace("could not be found", "is odd"))


def test_the_password_is_in_one_file(site: House) -> None:
    files = site.files()
    assert [name for name, text in files.items() if SECRET in text] == ["pjsip_auth.conf"] and devices(files)["north"]["auth"]["password"] == SECRET
    assert "password" not in site.run("gathered", resource=TRUNK)["gathered"][0]
