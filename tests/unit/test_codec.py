# SPDX-License-Identifier: GPL-3.0-or-later
"""Codecs of a site: what lines get for which none are said, what lines may name, and what the running Asterisk must have."""

from __future__ import annotations

import time
from typing import Any

import pytest
from module_utils.compile import compile_site
from module_utils.control.console import codecs
from module_utils.model.agent import AGENT
from module_utils.model.codec import CODEC
from module_utils.model.errors import Refused, Wrong
from module_utils.model.extension import EXTENSION
from module_utils.model.secrets import digests
from module_utils.model.site import at_site, contradictions

from tests.unit.asterisk import devices
from tests.unit.conftest import ANNA, BEN, PHONE, House, planned

SIP = {"lines": "sip", "offered": ["g722", "ulaw"]}
WEB = {"lines": "webrtc", "offered": ["alaw", "opus"]}
CAI = {"username": "cai", "full_name": "Cai", **PHONE, "codecs": ["ulaw"]}


def allowed(house: House) -> dict[str, str]:
    return {name: objects["endpoint"]["allow"] for name, objects in devices(house.files()).items()}


@pytest.fixture(name="staffed")
def staffed_fixture(house: House) -> House:
    """anna in the browser, ben at a telephone, cai at one with a list of his own."""
    house.run("merged", [ANNA, BEN, CAI])
    return house


@pytest.mark.row("T2")
def test_lines_for_which_nothing_is_said_get_the_sites(staffed: House) -> None:
    assert allowed(staffed) == {"anna": "opus,ulaw,alaw", "ben": "alaw,ulaw,g722", "cai": "ulaw"}
    result = staffed.run("merged", [SIP, WEB], CODEC)
    assert result["changed"] and result["created"] == ["sip", "webrtc"]
    assert result["files"] == ["pjsip_endpoint.conf"] and result["reloaded"] == ["res_pjsip.so"]
    assert allowed(staffed) == {"anna": "alaw,opus", "ben": "g722,ulaw", "cai": "ulaw"}
    assert staffed.asterisk.devices["ben"]["endpoint"]["allow"] == "g722,ulaw"
    assert not staffed.run("merged", [SIP, WEB], CODEC)["changed"]
    assert not staffed.run("merged", [ANNA, BEN, CAI])["changed"]
    staffed.run("deleted", [SIP, WEB], CODEC)
    assert allowed(staffed) == {"anna": "opus,ulaw,alaw", "ben": "alaw,ulaw,g722", "cai": "ulaw"}


def test_check_mode_says_the_same(staffed: House) -> None:
    before = staffed.everything()
    result = staffed.run("merged", [SIP], CODEC, check=True)
    assert result["changed"] and result["files"] == ["pjsip_endpoint.conf"] and staffed.everything() == before


@pytest.mark.parametrize(("said", "codecs"), [(None, "g722,ulaw"), (["ulaw"], "ulaw"), (["ulaw", "g722"], "ulaw,g722")])
def test_a_new_lines_own_list_wins(house: House, said: Any, codecs: str) -> None:
    house.run("merged", [SIP], CODEC)
    house.run("merged", [{**BEN, "codecs": said}])
    house.run("merged", [{"name": "hall", "sip_password": "long-enough", "codecs": said}], EXTENSION)
    assert allowed(house) == {"ben": codecs, "hall": codecs}


def test_a_line_names_no_other_than_its_site_offers(house: House) -> None:
    house.run("merged", [SIP], CODEC)
    with pytest.raises(Refused, match="agent 'ben': codecs: gsm is not among those that this site offers to sip lines: g722, ulaw"):
        house.run("merged", [{**BEN, "codecs": ["ulaw", "gsm"]}])
    house.run("merged", [{**ANNA, "codecs": ["gsm"]}])      # of webrtc lines nothing is said


@pytest.mark.parametrize("check", [True, False])
def test_a_change_that_lines_contradict_is_refused_with_their_names(staffed: House, check: bool) -> None:
    staffed.run("merged", [{"name": "hall", "sip_password": "long-enough", "codecs": ["gsm"], "disabled": True}], EXTENSION)
    before = staffed.everything()
    with pytest.raises(Refused) as refused:
        staffed.run("merged", [{"lines": "sip", "offered": ["g722"]}], CODEC, check=check)
    assert str(refused.value) == ("extension 'hall': codecs: gsm is not among those that this site offers to sip lines: g722\n"
                                  "agent 'cai': codecs: ulaw is not among those that this site offers to sip lines: g722")
    assert staffed.everything() == before


def test_other_rules_of_lines_hold_for_the_sites_list_too(staffed: House) -> None:
    """ben has a mailbox, into which nobody can speak over g729 alone."""
    staffed.run("deleted", [CAI])
    with pytest.raises(Refused, match="^agent 'ben': codecs: need a second one beside g729 for voicemail"):
        staffed.run("merged", [{"lines": "sip", "offered": ["g729"]}], CODEC)


def test_the_default_list_binds_too_once_it_is_said(staffed: House) -> None:
    staffed.run("merged", [{"lines": "sip", "ptime": 40}], CODEC)
    staffed.run("merged", [{**BEN, "codecs": ["gsm"]}])
    with pytest.raises(Refused, match="^agent 'ben': codecs: gsm is not among those"):
        staffed.run("merged", [{"lines": "sip", "offered": ["alaw", "ulaw", "g722"]}], CODEC)


def test_what_was_wrong_before_is_no_contradiction() -> None:
    broken = {"agent": {"x": {"username": "x", "full_name": "X", "transport": "udp"}}}
    assert contradictions(broken, {**broken, "codec": {"sip": SIP}}) == []


@pytest.mark.parametrize(("item", "rule"), [
    ({"lines": "webrtc", "offered": ["opus", "g729"]}, "codec 'webrtc': offered: g729 does not work for webrtc"),
    ({"lines": "sip", "offered": []}, "codec 'sip': offered: must not be empty"),
    ({"lines": "sip", "offered": ["alaw", "alaw"]}, "codec 'sip': offered: names a value twice"),
    ({"lines": "sip", "offered": ["ilbc"]}, "codec 'sip': offered: 'ilbc' is none of"),
    ({"lines": "fax"}, "lines: 'fax' is none of webrtc, sip, trunk"),
    ({"lines": "sip", "ptime": 30}, "codec 'sip': ptime: must be 20, 40 or 60 milliseconds"),
    ({"lines": "sip", "ptime": 80}, "codec 'sip': ptime: must be a whole number from 20 to 60 milliseconds"),
])
def test_rules(item: dict[str, Any], rule: str) -> None:
    with pytest.raises(Refused, match=rule):
        planned("merged", [item], resource=CODEC)


@pytest.mark.parametrize("ptime", [None, 20, 40, 60])
def test_packets(staffed: House, ptime: int | None) -> None:
    staffed.run("merged", [{"lines": "sip", "ptime": ptime}], CODEC)
    endpoints = {name: objects["endpoint"] for name, objects in devices(staffed.files()).items()}
    behind = f":{ptime}" if ptime else ""
    assert endpoints["cai"]["allow"] == f"ulaw{behind}" and endpoints["ben"]["allow"] == f"alaw{behind},ulaw{behind},g722{behind}"
    assert endpoints["ben"].get("use_ptime") == ("yes" if ptime else None)
    assert endpoints["anna"]["allow"] == "opus,ulaw,alaw" and "use_ptime" not in endpoints["anna"]
    staffed.run("merged", [{**BEN, "codecs": ["gsm"]}])     # of the list nothing was said: it binds nobody


def test_trunk_is_kept_only(house: House) -> None:
    house.run("merged", [ANNA])
    result = house.run("merged", [{"lines": "trunk", "offered": ["alaw"]}], CODEC)
    assert result["changed"] and result["files"] == []
    assert house.run("gathered", resource=CODEC)["gathered"] == [{"lines": "trunk", "offered": ["alaw"]}]


def test_g729_passes_through(staffed: House) -> None:
    result = staffed.run("merged", [{"lines": "sip", "offered": ["ulaw", "g729"]}], CODEC)
    assert result["passes_through"] == ["g729"] and any(each.startswith("g729: Asterisk only passes it through") for each in result["warnings"])
    result = staffed.run("merged", [{"lines": "sip", "offered": ["ulaw", "g729"]}], CODEC)
    assert not result["changed"] and "passes_through" not in result and result["warnings"] == []


@pytest.mark.parametrize("people", [[], [ANNA]])
def test_what_asterisk_cannot_transcode_is_refused(house: House, people: list[Any]) -> None:
    """Also where no line would get it yet."""
    house.run("merged", people)
    house.asterisk.transcodes.remove("gsm")
    before = house.everything()
    with pytest.raises(Wrong, match="codec 'sip': offered: the running Asterisk cannot transcode gsm: the module for it is not loaded"):
        house.run("merged", [{"lines": "sip", "offered": ["ulaw", "gsm"]}], CODEC)
    assert house.everything() == before and house.documents("codec") == {}


def test_tables_of_the_console() -> None:
    listed = "      ID TYPE  NAME\n---\n       4 audio g723   g723    20 (G.723.1)\n      30 audio opus         opus       75 (Opus Codec)\n"
    table = ("  Source Format (Rows) Destination Format (Columns)\n\n       ulaw  gsm  opus\n  ulaw    -   -  9150\n   gsm    -   -     -\n"
             "  opus 9150   -     -\nDisclaimer: this\n\tIt does not\n")
    assert codecs(listed, table) == (frozenset({"g723", "opus"}), frozenset({"ulaw", "opus"}))


def test_the_declarations_stay_as_they_are() -> None:
    assert at_site(AGENT, {"codec": {"sip": SIP}}).complete({"typology": "external"})["codecs"] == SIP["offered"]
    assert AGENT.complete({"typology": "external"})["codecs"] == ["alaw", "ulaw", "g722"] and at_site(CODEC, {}) is CODEC


def test_ten_thousand_lines_are_asked_in_seconds() -> None:
    same = {"full_name": "A", "typology": "external", "sip_password": digests("a", "realm", "x")}
    agents = {f"a{each}": {"username": f"a{each}", "number": f"{each:05}", **same} for each in range(10_000)}
    start = time.process_time()
    assert contradictions({"agent": agents}, {"agent": agents, "codec": {"sip": SIP}}) == []
    text = compile_site({"agent": agents, "codec": {"sip": SIP}}).files["pjsip_endpoint.conf"]
    assert text.count("allow=g722,ulaw\n") == 10_000 and time.process_time() - start < 8
