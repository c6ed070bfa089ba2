# SPDX-License-Identifier: GPL-3.0-or-later
"""Telephones that answer by themselves, when and when not; and video, offered only to those who have it."""

import re
import time

import pytest

HEADERS = ("Call-Info", "Alert-Info")
LINES = [
    {"username": "ada", "number": "2701", "phone.auto_answer": True},
    {"username": "ben", "number": "2702", "phone.auto_answer": True, "phone.delay": 3},
    {"username": "cat", "number": "2703", "phone.delay": 3},
    {"username": "vic", "number": "2704", "video": True},
    {"username": "val", "number": "2705", "video": True},
]


@pytest.fixture(name="people", scope="module", autouse=True)
def people_fixture(pbx, staff):
    pbx.apply("queues", config=[{"name": "bell", "number": "2700", "retry": 1}])
    staff(agents=LINES)
    yield
    pbx.apply("queues", config=[{"name": "bell"}], state="deleted", cascade=True)


def understanding(line, name):
    """A telephone that does what such headers say."""
    return line(name, options=";sip_autoanswer=yes")


def asked(phone):
    """The headers by which it was asked to answer, of the newest call."""
    invite = phone.wait(lambda: phone.last("INVITE", sent=False), 5, "called")
    return [invite[each] for each in HEADERS if invite[each]]


@pytest.mark.row("A15")
def test_a_call_is_up_without_a_touch(line):
    cat, ada = line("cat"), understanding(line, "ada")
    cat.dial("2701").established(3).hears(ada)
    ada.hears(cat)
    call_info, alert_info = asked(ada)
    assert re.fullmatch(r"<sip:[^>]+>;answer-after=0", call_info) and re.fullmatch(r"<http:[^>]+>;info=alert-autoanswer;delay=0", alert_info)
    cat.hangup()


@pytest.mark.row("A15")
def test_after_the_delay(line):
    cat, ben = line("cat"), understanding(line, "ben")
    start = time.monotonic()
    cat.dial("2702").established().hears(ben)
    assert time.monotonic() - start > 2.9
    assert all(each.endswith("=3") for each in asked(ben)) and len(asked(ben)) == 2
    cat.hangup()


@pytest.mark.row("A15")
def test_a_delay_alone_asks_nothing(line):
    ada, cat = line("ada"), understanding(line, "cat")
    ada.dial("2703")
    cat.ringing()
    assert asked(cat) == []
    ada.hangup()


@pytest.mark.row("A15")
@pytest.mark.parametrize("strategy", ["ringall", "linear", "rrmemory"])
def test_in_a_queue_only_where_one_rings_at_a_time(pbx, line, strategy):
    pbx.apply("queues", config=[{"name": "bell", "agents": ["ada"], "strategy": strategy}])
    cat, ada = line("cat"), understanding(line, "ada")
    cat.dial("2700").established()
    ada.ringing()
    if strategy == "ringall":
        assert asked(ada) == []
        ada.answer()
    else:
        assert len(asked(ada)) == 2
    ada.established()
    cat.hears(ada)
    cat.hangup()


@pytest.mark.row("A15")
def test_whoever_is_paused_is_asked_nothing(pbx, line):
    cat, ada = line("cat"), understanding(line, "ada")
    pbx.asterisk("database put pause ada lunch")
    try:
        cat.dial("2701")
        ada.ringing()
        assert asked(ada) == []
        cat.hangup()
    finally:
        pbx.asterisk("database del pause ada")


# Video

OFFER = "\r\n".join((
    "v=0", "o=- 1 1 IN IP4 192.0.2.1", "s=-", "c=IN IP4 192.0.2.1", "t=0 0", "m=audio 4000 RTP/AVP 0 8", "a=rtpmap:0 PCMU/8000", "a=rtpmap:8 PCMA/8000",
    "m=video 4002 RTP/AVP 100 101", "a=rtpmap:100 VP8/90000", "a=rtpmap:101 H264/90000", "a=fmtp:101 profile-level-id=42801F;packetization-mode=1", ""))


def pictures(message):
    """The codecs of the video that an SDP has, or nothing when it has none or refuses it."""
    found = re.search(r"^m=video ([1-9]\d*) ", message.body, re.MULTILINE)
    return re.findall(r"^a=rtpmap:\d+ (VP8|H264)/", message.body, re.MULTILINE) if found else []


@pytest.mark.row("A10")
@pytest.mark.parametrize("caller, called, number, offered, answered", [
    ("vic", "val", "2705", ["VP8", "H264"], ["VP8", "H264"]),
    ("vic", "cat", "2703", [], ["VP8", "H264"]),
    ("cat", "val", "2705", [], []),
])
def test_video_is_in_the_sdp_of_those_who_have_it(line, ask, caller, called, number, offered, answered):
    phone = line(called, answer="auto")
    answer = ask("INVITE", caller, number, headers=("Content-Type: application/sdp",), body=OFFER)
    assert answer.status == 200
    assert pictures(phone.last("INVITE", sent=False)) == offered
    assert pictures(answer) == answered


@pytest.mark.row("A10")
def test_pictures_arrive(line):
    vic, val, cat = line("vic", video=True), line("val", video=True, answer="auto"), line("cat", video=True, answer="auto")
    vic.dial("2705").established()
    for phone in (vic, val):
        phone.wait(lambda seen=phone: seen.pictures > 5, 10, "shown pictures")
    vic.hangup()
    val.ended()
    vic.dial("2703").established().hears(cat)
    cat.heard(1)
    assert cat.pictures == 0
