# SPDX-License-Identifier: GPL-3.0-or-later
"""What Asterisk reads, read back with a parser of its own rules: what people wrote stays text, and each value says what it should."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from module_utils.compile import Compiled, compile_site
from module_utils.compile.pjsip import TEMPLATES, file_of
from module_utils.compile.writer import HEADER, CannotCarry, mailbox, section, value
from module_utils.model.agent import AGENT, TYPOLOGIES
from module_utils.model.errors import Unready
from module_utils.model.extension import EXTENSION
from module_utils.model.fields import FORBIDDEN
from module_utils.model.line import CODECS, NAT_MODES
from module_utils.model.secrets import digests
from module_utils.model.trunk import TRUNK
from module_utils.model.user import USER
from module_utils.model.user_profile import USER_PROFILE

from tests.unit.asterisk import caller, devices, sections
from tests.unit.conftest import ANNA, BEN, PHONE, SECRET, planned

GOLDEN = Path(__file__).parent / "golden"
PEOPLE = [
    {**ANNA, "number": "1001", "sip_password": SECRET, "voicemail": True, "voicemail_pin": "4711", "call_groups": ["sales"], "pickup_groups": ["sales", "1"]},
    {**BEN, "number": "1002", "transport": "tls", "host": "192.0.2.0/24", "codecs": ["g722", "alaw"], "caller_id": "Front desk <+4681234>", "sip_expires": 120,
     "channels": {"voice": {"capacity": 2}}, "phone": {"ring_in_use": True, "auto_answer": True, "delay": 5}, "record_calls": "wav49",
     "mask_sensitive_data": True, "chanspy": True, "messenger": {"enabled": False}, "permissions": {"plugins": ["crm", "listen"]}},
    {"username": "cleo", "full_name": 'Cleo "; [x](!) ${Y}', "number": "1101", **PHONE, "type": "peer", "nat": "no"},
    {"username": "dan", "full_name": "Dan", "number": "1003", **PHONE, "disabled": True, "voicemail": True, "voicemail_pin": "4711"},
]
PHONES = [
    {"name": "gate", "number": "2001", "host": "2001:db8::7", "transport": "tcp", "context": "gate"},
    {"name": "alarm", "number": "2002", "host": "192.0.2.9", "type": "user"},
]


TRUNKS = [
    {"name": "north", "host": "sip.example.org", "user": "468100", "password": SECRET + ";", "registers": True, "capacity": 4},
    {"name": "south", "host": "192.0.2.65", "port": 5070, "transport": "tls", "addresses": ["192.0.2.64/28", "2001:db8::5"], "caller_id": "+468200",
     "video": True, "codecs": ["alaw"], "nat": "comedia", "qualify": False, "domain": "south.example.org"},
    {"name": "west", "host": "2001:db8::9", "disabled": True},
]


def site(agents: Any = (), extensions: Any = (), trunks: Any = ()) -> Compiled:
    return compile_site({"agent": planned("merged", agents).create, "extension": planned("merged", extensions, resource=EXTENSION).create,
                         "trunk": planned("merged", trunks, resource=TRUNK).create})


def one(item: Mapping[str, Any]) -> Mapping[str, Any]:
    return devices(site([{"username": "x", "full_name": "X", **item}]).files)["x"]


@pytest.mark.parametrize("name", [*map(file_of, TEMPLATES), "voicemail.conf", "numbers.conf"])
def test_golden(name: str) -> None:
    """The lines of a small site, in full: who changes the compiler reads here what that means."""
    text = site(PEOPLE, PHONES, TRUNKS).files[name]
    if name.startswith("pjsip"):        # its templates are tested by what lines inherit
        text = text.rpartition("](!)\n")[2].partition("\n\n")[2]
    assert text == (GOLDEN / name).read_text(encoding="utf-8")


def test_the_same_site_gives_the_same_bytes_in_any_order() -> None:
    assert site(PEOPLE, PHONES).files == site(PEOPLE[::-1], PHONES[::-1]).files


def test_a_template_is_no_device() -> None:
    compiled = site(PEOPLE, PHONES)
    assert set(devices(compiled.files)) == set(compiled.devices) == {"anna", "ben", "cleo", "gate", "alarm"}
    assert all(name.startswith("_") for templates in TEMPLATES.values() for name, _options in templates)
    with pytest.raises(Exception, match="lower case"):
        planned("merged", [{"username": "_line", "full_name": "x"}])


@pytest.mark.row("P15")
@pytest.mark.parametrize(("nat", "options"), [
    ("yes", ("yes", "yes", "yes")), ("no", ("no", "no", "no")), ("force_rport", ("yes", "yes", "no")),
    ("comedia", ("no", "no", "yes")), ("never", ("no", "no", "no")), ("route", ("yes", "yes", "yes")),
])
def test_nat(nat: str, options: tuple[str, ...]) -> None:
    endpoint = one({**PHONE, "nat": nat})["endpoint"]
    assert tuple(endpoint[each] for each in ("force_rport", "rewrite_contact", "rtp_symmetric")) == options and nat in NAT_MODES


@pytest.mark.row("A2")
@pytest.mark.parametrize("typology", TYPOLOGIES)
def test_typology(typology: str) -> None:
    whole = one({"typology": typology, "sip_password": SECRET})
    endpoint = whole["endpoint"]
    if typology == "external":
        assert endpoint["transport"] == "transport-udp" and endpoint["allow"] == "alaw,ulaw,g722" and "webrtc" not in endpoint
    else:
        assert endpoint["webrtc"] == "yes" and endpoint["allow"] == "opus,ulaw,alaw" and "transport" not in endpoint
        assert endpoint["permit"] == "127.0.0.1,::1" and whole["aor"]["qualify_frequency"] == "30"
    assert endpoint["disallow"] == "all" and endpoint["aors"] == "x" and endpoint["auth"] == ("x" if typology == "external" else "x,x@desk")


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
def test_transport(transport: str) -> None:
    endpoint = one({**PHONE, "transport": transport})["endpoint"]
    assert endpoint["transport"] == f"transport-{transport}" and endpoint.get("media_encryption") == ("sdes" if transport == "tls" else None)
    assert f"LINE_TRANSPORT={transport}" in endpoint["set_var"].split(",")


@pytest.mark.parametrize("transport", ["ws", "wss"])
def test_web_transport(transport: str) -> None:
    endpoint = one({"transport": transport})["endpoint"]
    assert "transport" not in endpoint and f"LINE_TRANSPORT={transport}" in endpoint["set_var"].split(",")


@pytest.mark.row("A10")
@pytest.mark.parametrize("kind", [PHONE, {"typology": "webrtc", "sip_password": SECRET}])
def test_video_comes_behind_the_audio(kind: Mapping[str, Any]) -> None:
    audio, seen = (one({**kind, "codecs": ["alaw", "ulaw"], "video": video})["endpoint"]["allow"] for video in (False, True))
    assert (audio, seen) == ("alaw,ulaw", "alaw,ulaw,vp8,h264")


@pytest.mark.row("A5")
def test_a_masked_line_is_told_of_nobody() -> None:
    """The template that says so comes behind the one that says the opposite: of two values Asterisk takes the last."""
    told, masked = (one({**PHONE, "mask_sensitive_data": each})["endpoint"] for each in (False, True))
    assert told["send_pai"] == "yes" and told["subscribe_context"] == "hints"
    assert all(masked[each] == "no" for each in ("send_pai", "send_connected_line", "send_diversion"))
    assert "send_rpid" not in masked and "send_history_info" not in masked and masked["subscribe_context"] == "nowhere"      # off by themselves


@pytest.mark.parametrize(("kind", "context", "aors", "dialled"),
    [("friend", "from-sip", "x", True), ("user", "from-sip", None, False), ("peer", "nowhere", "x", True)])
@pytest.mark.parametrize("own", [None, "sales"])
def test_type(kind: str, context: str, aors: str | None, dialled: bool, own: str | None) -> None:
    compiled = site([{"username": "x", "full_name": "X", **PHONE, "type": kind, "context": own}])
    endpoint = devices(compiled.files)["x"]["endpoint"]
    assert endpoint["context"] == (own if own and kind != "peer" else context) and endpoint.get("aors") == aors
    assert ("aor" in devices(compiled.files)["x"]) == dialled
    assert f"={'line' if dialled else 'caller'}:x:" in compiled.files["numbers.conf"]


def test_who_may_listen_to_others() -> None:
    """An administrator, a user as the profile says, an agent as the own permissions name it."""
    users = [{"username": "ada", "full_name": "A", "role": "admin", "number": "1501"},
             {"username": "sue", "full_name": "S", "role": "user", "profile": "floor", "number": "1502"},
             {"username": "tom", "full_name": "T", "role": "user", "profile": "fresh", "number": "1503"}]
    made = {"user": planned("merged", users, resource=USER).create, "agent": planned("merged", PEOPLE).create,
            "user_profile": planned("merged", [{"name": "floor", "listen": True, "barge": True}, {"name": "fresh"}], resource=USER_PROFILE).create}
    text = compile_site(made).files["numbers.conf"]
    for entry in ("1501=line:ada:::::listen+whisper+barge", "1502=line:sue:::::listen+barge", "1503=line:tom", "1001=line:anna:1:1"):
        assert f"\n{entry}\n" in text


@pytest.mark.parametrize(("host", "transport", "contact"), [
    ("192.0.2.1", "udp", "sip:x@192.0.2.1"), ("192.0.2.1", "tcp", "sip:x@192.0.2.1;transport=tcp"), ("192.0.2.1", "tls", "sip:x@192.0.2.1:5061;transport=tls"),
    ("2001:db8::1", "udp", "sip:x@[2001:db8::1]"), ("2001:db8::1", "tls", "sip:x@[2001:db8::1]:5061;transport=tls"),
])
@pytest.mark.parametrize("kind", ["friend", "user", "peer"])
def test_fixed_address(host: str, transport: str, contact: str, kind: str) -> None:
    whole = one({**PHONE, "host": host, "transport": transport, "type": kind})
    assert whole["endpoint"]["identify_by"] == "ip" and "auth" not in whole and "auth" not in whole["endpoint"]
    if kind != "user":
        assert whole["aor"]["contact"] == contact and whole["aor"]["max_contacts"] == "0"
    assert whole.get("identify") == (None if kind == "peer" else {"type": "identify", "endpoint": "x", "match": host})


@pytest.mark.parametrize("host", ["192.0.2.0/24", "2001:db8::/32"])
def test_network(host: str) -> None:
    whole = one({**PHONE, "host": host})
    assert whole["endpoint"]["deny"] == "0.0.0.0/0.0.0.0,::/0" and whole["endpoint"]["permit"] == host and whole["endpoint"]["auth"] == "x"
    assert "identify" not in whole and "contact" not in whole["aor"]


def test_password_is_digests_only() -> None:
    compiled = site(PEOPLE)
    assert SECRET not in "".join(compiled.files.values())
    auth = devices(compiled.files)["ben"]["auth"]
    assert auth["username"] == "ben" and auth["realm"] == "realm" and "password" not in auth
    md5, sha = auth["password_digest"].split(",")
    assert md5.startswith("MD5:") and len(md5) == 36 and sha.startswith("SHA-256:") and len(sha) == 72


def test_an_older_site_has_md5_digests_only() -> None:
    whole = one({**PHONE, "sip_password": {"md5": "c0ffee" * 5 + "ab", "realm": "realm"}})
    assert whole["auth"]["password_digest"] == "MD5:" + "c0ffee" * 5 + "ab" and whole["auth"]["realm"] == "realm"


@pytest.mark.parametrize(("said", "name", "number"), [
    (None, "X", "1000"), ("Desk", "Desk", "1000"), ("+4681234", "X", "+4681234"), ("*98", "X", "*98"), ("Desk <12>", "Desk", "12"),
        ("Route 66 North", "Route 66 North", "1000"), ("<77>", "", "77"),
])
def test_caller_id(said: str | None, name: str, number: str) -> None:
    assert caller(one({"caller_id": said})["endpoint"]["callerid"]) == (name, number)


@pytest.mark.parametrize("seconds", [None, 60, 300, 86400])
def test_registration_life(seconds: int | None) -> None:
    aor = one({**PHONE, "sip_expires": seconds})["aor"]
    assert {aor[f"{each}_expiration"] for each in ("default", "minimum", "maximum")} == {str(seconds or 300)}


@pytest.mark.row("P13")
@pytest.mark.parametrize(("said", "writes"), [
    ({}, True), ({"messenger": {"enabled": False}}, False), ({"type": "user"}, False), ({"type": "peer"}, False), ({"host": "192.0.2.1"}, False),
    ({"host": "192.0.2.0/24"}, True),
])
def test_who_sends_messages_proves_who_it_is_and_can_be_answered(said: Mapping[str, Any], writes: bool) -> None:
    made = site([{"username": "x", "full_name": "X", "number": "1001", "typology": "external", "transport": "udp", "sip_password": SECRET, **said}])
    assert ("\n[senders-x]\nx=1001\n" in made.files["numbers.conf"]) is writes
    assert devices(made.files)["x"]["endpoint"]["message_context"] == ("messages" if writes else "nowhere")


def test_disabled_is_not_there_at_all() -> None:
    assert not any(each in text for text in site(PEOPLE).files.values() for each in ("dan", "Dan", "1003"))


NASTY = st.sampled_from([*'";,|[](){}$\\<>=#!&%+-:@/ aZ09', "\u00e5", "\u5f20", "\U0001f469"])
texts = st.one_of(st.lists(NASTY, max_size=20).map("".join), st.text(st.characters(codec="utf-8"), max_size=60)).filter(
    lambda each: not FORBIDDEN.search(each) and each.strip() == each)


@given(name=texts.filter(bool), alias=texts, description=texts, caller_id=texts)
def test_what_people_write_stays_text(name: str, alias: str, description: str, caller_id: str) -> None:
    usual = site([{**PEOPLE[0], "caller_id": "x"}, {**PEOPLE[1], "caller_id": None}])
    odd = {"full_name": name, "alias": alias, "description": description}
    if AGENT.check({"username": "anna", "caller_id": caller_id})[1]:
        caller_id = "x"
    compiled = site([{**PEOPLE[0], **odd, "caller_id": caller_id}, {**PEOPLE[1], **odd, "caller_id": None}])
    for file, text in [each for each in compiled.files.items() if each[0].endswith(".conf")]:
        plain, ours = sections(usual.files[file]), sections(text)
        assert [(name, inherited, [option for option, _value in pairs]) for name, inherited, pairs in ours] == [
            (name, inherited, [option for option, _value in pairs]) for name, inherited, pairs in plain]
        same = [(option, told) for each in ours for option, told in each[2] if option not in ("callerid", "1001", "1002")]
        assert same == [(option, told) for each in plain for option, told in each[2] if option not in ("callerid", "1001", "1002")]
    kept = AGENT.check({"username": "x", "full_name": name})[0]["full_name"]
    assert caller(devices(compiled.files)["ben"]["endpoint"]["callerid"]) == (kept, "1002")
    (box,) = [told for option, told in sections(compiled.files["voicemail.conf"])[0][2] if option == "1001"]
    pin, told, mail = box.split(",")
    assert (pin, mail) == ("4711", "anna@example.org") and told.split() == kept.replace(",", " ").split()


ODD = [">x", ";", "\\;x", "a\\;b;", "--;;--x", "=", "a=>b", "[x](!)", "#exec x", 'a"b\\',
       ",,", "1234,x|attach=yes", "<1>", "${SHELL(x)}", "\\", "%s", "(a,b)", "\u5f20;\u4f1f"]


@pytest.mark.parametrize("text", ODD)
def test_odd_names(text: str) -> None:
    """The same two properties for what is known to be odd, in every place at once."""
    test_what_people_write_stays_text.hypothesis.inner_test(text, text, text, text)
    test_value_comes_back.hypothesis.inner_test(text)


@given(texts)
def test_value_comes_back(text: str) -> None:
    assert sections(section("x", [("a", text), ("b", "1")])) == [("x", [], [("a", text), ("b", "1")])]


@pytest.mark.parametrize("text", ["a\nb", "a\rb", "a\0b", "x" * 4001])
def test_what_a_file_cannot_carry(text: str) -> None:
    with pytest.raises(CannotCarry):
        value(text)
    with pytest.raises(CannotCarry):
        mailbox("12,34", "x", "")


@pytest.mark.row("N1")
def test_ten_thousand_lines_cost_ten_times_a_thousand() -> None:
    """Counted, not timed: calls of functions, Python's and C's."""
    cost = {}
    for count in (1000, 10000):
        same = {"full_name": "A", "voicemail": True, "voicemail_pin": "1234", "sip_password": digests("a", "realm", SECRET)}
        documents = {"agent": {f"a{each}": {"username": f"a{each}", "number": f"{each:05}", **same} for each in range(count)}}
        calls = [0]

        def counted(_frame: Any, event: str, _argument: Any, calls: list[int] = calls) -> None:
            calls[0] += event in ("call", "c_call")

        sys.setprofile(counted)
        try:
            text = compile_site(documents).files
        finally:
            sys.setprofile(None)
        cost[count] = calls[0], sum(map(len, text.values()))
    assert cost[10000][0] < 10.5 * cost[1000][0] and cost[10000][1] < 10.5 * cost[1000][1]


def test_a_line_without_its_password_is_never_written() -> None:
    with pytest.raises(Unready, match="no password of x, and a line without one is open to the world"):
        compile_site({"agent": {"x": {"username": "x", "full_name": "X", "number": "1001"}}})


def test_a_peer_picks_nothing_up() -> None:
    assert "named_pickup_group" not in one({**PHONE, "pickup_groups": ["sales"], "type": "peer"})["endpoint"]


def test_codecs_in_their_order() -> None:
    assert one({**PHONE, "codecs": list(CODECS[::-1])})["endpoint"]["allow"] == ",".join(CODECS[::-1])


def test_every_file_says_who_wrote_it() -> None:
    assert all(text.startswith((HEADER, HEADER.replace(";", "#", 1))) for text in site().files.values())
