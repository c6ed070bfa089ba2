# SPDX-License-Identifier: GPL-3.0-or-later
"""The desk: people sign in with a real Chromium, and are on the telephone with others in browsers and with SIP telephones."""

import re

import pytest
import yaml

from tests.phones import until
from tests.phones.desk import Desks

FIRST, OWN = "First-pass-word-1", "My-own-pass-word-2"
WEB = {"typology": "webrtc", "password": FIRST}
SIP = {"typology": "external", "codecs": ["alaw"]}
EMOJI = "Grüße 🦊 & <b>kein Fettdruck</b>"


@pytest.fixture(name="people", scope="module", autouse=True)
def people_fixture(pbx, staff):
    pbx.apply("queues", config=[{"name": "desk", "number": "2890", "strategy": "ringall"}])
    staff(agents=[
        {"username": "rosa", "number": "2801", "full_name": "Rosa Web", "voicemail": True, "voicemail_pin": "471182", "queues": ["desk"],
         "phone": {"recording": True}, "client_log": "info", **WEB},
        {"username": "sven", "number": "2802", "full_name": "<img src=x onerror=alert(1)>", "phone": {"auto_answer": True, "delay": 2, "settings": False},
         "messenger": {"sound": False}, **WEB},
        {"username": "tom", "number": "2803", "full_name": "Tom Phone", **SIP},
        {"username": "uma", "number": "2804", "full_name": "Uma Phone", **SIP},
        {"username": "vera", "number": "2805", "full_name": "Vera Web", "messenger": {"enabled": False}, "login_pause": True, "queues": ["desk"], **WEB},
    ])
    yield
    pbx.apply("agents", config=[{"username": name, "queues": []} for name in ("rosa", "vera")])
    pbx.apply("queues", config=[{"name": "desk"}], state="deleted")


@pytest.fixture(name="desks", scope="module")
def desks_fixture(pbx):
    """A container of browsers that trust the host's authority, as an administrator would have it."""
    with Desks(pbx.run("cat /etc/switchboard/tls/ca.pem"), name=f"{pbx.name}-desks", options=("--add-host", f"{pbx.name}:{pbx.address}")) as desks:
        yield desks


@pytest.fixture(name="desk")
def desk_fixture(pbx, desks):
    """desk() is an empty browser; desk("rosa") is hers, signed in with a password of her own and registered. Closed after the test."""
    made = []

    def make(name="", **options):
        made.append(desks.desk(pbx.name, **options))
        if name:
            enter(made[-1], name)
        return made[-1]

    yield make
    for each in made:
        each.quit()


def enter(desk, name):
    """Signs in, with a new password where the first one must be changed."""
    desk.sign_in(name, OWN)
    until(lambda: desk.path in ("/", "/password") or "do not go together" in desk.text, 8, lambda: desk.complaint("not signed in"))
    if desk.path == "/sign-in":
        desk.sign_in(name, FIRST)
        change(desk, FIRST, OWN)
    return desk.registered()


def change(desk, old, new):
    desk.wait(lambda: desk.path == "/password", 8, "asked for another password")
    desk.fill("Password until now", old).fill("New password", new).fill("New password, once more", new).press("Change")
    desk.wait(lambda: desk.path == "/", 8, "in with the new password")


@pytest.mark.row("P4", "P10", "A2")
def test_the_first_day(pbx, desk, tmp_path):
    """From a run that makes a one-time password to a registered telephone."""
    credentials = tmp_path / "credentials.yml"
    pbx.agents({"username": "wanda"}, state="deleted")
    pbx.agents({"username": "wanda", "full_name": "Wanda New", "number": "2806", "typology": "webrtc"}, credentials_file=str(credentials))
    once = yaml.safe_load(credentials.read_text())[pbx.name]["agents"]["wanda"]["password"]
    page = desk().sign_in("wanda", once)
    page.shows("This password was given to you")
    assert page.path == "/password"
    page.open("/")
    assert page.path == "/password", "nothing else can be done before"
    page.fill("Password until now", once).fill("New password", "short").fill("New password, once more", "short").press("Change")
    page.shows("must have at least 8 characters")
    change(page, once, OWN)
    page.registered()
    assert "wanda/sip:" in pbx.asterisk("pjsip show contacts")
    page.press("Sign out")
    page.shows("Sign in")
    assert page.path == "/sign-in"
    page.sign_in("wanda", once).shows("do not go together")
    pbx.agents({"username": "wanda"}, state="deleted")


@pytest.mark.row("A2", "P2")
def test_a_call_each_way(desk, line):
    rosa, tom = desk("rosa"), line("tom")
    rosa.fill("Number", "2803").press("Call")
    tom.ringing()
    assert tom.caller == ("Rosa Web", "2801")
    tom.answer().established()
    rosa.calls("talking", 5)
    rosa.hears(tom)
    tom.hears(rosa)

    rosa.press("Hold")
    rosa.shows("On hold")
    tom.hears_not(rosa)
    rosa.press("Resume")
    tom.hears(rosa)
    rosa.press("Mute")
    tom.hears_not(rosa)
    rosa.press("Unmute")
    tom.hears(rosa)
    rosa.press("Hang up")
    tom.ended()

    tom.dial("2801")
    rosa.press("Answer", timeout=8)
    tom.established()
    tom.hears(rosa)
    rosa.hears(tom)
    tom.hangup()
    rosa.wait(lambda: not rosa.calls(), 5, "out of the call")
