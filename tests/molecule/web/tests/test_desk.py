# SPDX-License-Identifier: GPL-3.0-or-later
"""The desk: people sign in with a real Chromium, and are on the telephone with others in browsers and with SIP telephones."""

import base64
import json
import re
import time
from pathlib import Path

import pytest
import yaml

from tests.bed import npm
from tests.phones import until
from tests.phones.desk import Desks
from tests.unit.pictures import png

CACHE = Path(npm.__file__).parents[2] / ".cache"

FIRST, OWN = "First-pass-word-1", "My-own-pass-word-2"
WEB = {"typology": "webrtc", "password": FIRST}
SIP = {"typology": "external", "codecs": ["alaw"]}
EMOJI = "Grüße 🦊 & <b>kein Fettdruck</b>"


@pytest.fixture(name="people", scope="module", autouse=True)
def people_fixture(pbx, staff):
    pbx.apply("queues", config=[{"name": "desk", "number": "2890", "strategy": "ringall"}])
    (pbx.folder / "rosa.png").write_bytes(png(8, 8, 0x2050A0))
    staff(agents=[
        {"username": "rosa", "number": "2801", "full_name": "Rosa Web", "voicemail": True, "voicemail_pin": "471182", "queues": ["desk"],
         "phone": {"recording": True}, "client_log": "info", "video": True, "avatar": "rosa.png", **WEB},
        {"username": "sven", "number": "2802", "full_name": "<img src=x onerror=alert(1)>", "phone": {"auto_answer": True, "delay": 2, "settings": False,
         "dtmf_tones": False}, "messenger": {"sound": False}, **WEB},
        {"username": "tom", "number": "2803", "full_name": "Tom Phone", **SIP},
        {"username": "uma", "number": "2804", "full_name": "Uma Phone", **SIP},
        {"username": "vera", "number": "2805", "full_name": "Vera Web", "messenger": {"enabled": False}, "login_pause": True, "queues": ["desk"],
         "video": True, **WEB},
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
            made[-1].enter(name, FIRST, OWN)
        return made[-1]

    yield make
    for each in made:
        each.quit()


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
    page.change_password(once, OWN).registered()
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


@pytest.fixture(name="others")
def others_fixture(line):
    """Two SIP telephones."""
    return line("tom"), line("uma")


def talking(desk, phone, number):
    """The desk calls a SIP telephone, and they hear each other."""
    desk.fill("Number", number).press("Call")
    phone.ringing().answer().established()
    desk.calls("talking", 5)
    return desk


def test_a_blind_transfer(desk, others):
    tom, uma = others
    rosa = talking(desk("rosa"), tom, "2803")
    rosa.press("Transfer").fill("Transfer to", "2804").press("Transfer now")
    uma.ringing()
    uma.answer().established()
    uma.hears(tom)
    tom.hears(uma)
    rosa.wait(lambda: not rosa.calls(), 5, "out of the call")
    uma.hangup()
    tom.ended()


def test_an_attended_transfer(desk, others):
    """A second call while the first one is held, then both are connected."""
    tom, uma = others
    rosa = talking(desk("rosa"), tom, "2803")
    rosa.press("Transfer").fill("Transfer to", "2804").press("Ask first")
    uma.ringing().answer().established()
    rosa.wait(lambda: len(rosa.calls()) == 2, 5, "in two calls")
    uma.hears(rosa)
    tom.hears_not(rosa)
    rosa.press("Transfer").press("Connect with Uma Phone")
    uma.hears(tom)
    tom.hears(uma)
    rosa.wait(lambda: not rosa.calls(), 5, "out of both calls")
    uma.hangup()
    tom.ended()


def test_a_transfer_to_nobody_comes_back(desk, others):
    """Asterisk has taken the caller over by then, and rings whoever transferred."""
    tom, _uma = others
    rosa = talking(desk("rosa"), tom, "2803")
    rosa.press("Transfer").fill("Transfer to", "9999").press("Transfer now")
    rosa.calls("incoming", 8)
    rosa.shows("The transfer led nowhere: Tom Phone is calling you back.").press("Answer")
    rosa.wait(lambda: [each["state"] for each in rosa.calls()] == ["talking"], 5, "with Tom, and no other call")
    tom.hears(rosa)
    rosa.press("Hang up")
    tom.ended()


@pytest.mark.row("A19")
def test_keys(desk, line):
    """The other side gets them; who dials hears a tone for each, where the agent's field says so."""
    tom = line("tom")
    rosa, sven = desk("rosa"), desk("sven")
    for page, sounds in ((rosa, True), (sven, False)):
        before = page.tones
        for key in "2803":
            page.press(key)
        page.wait(lambda page=page: page.ask("document.getElementById('number').value") == "2803", 5, "with the number")
        assert (page.tones > before) is sounds
    talking(rosa, tom, "2803")
    rosa.press("Keys")
    for key in "147":
        rosa.press(key)
    until(lambda: tom.digits == "147", 5, lambda: rosa.complaint(f"sent 147, got {tom.digits!r}"))
    rosa.press("Hang up")
    tom.ended()


def test_refusals_have_words(desk, line):
    tom = line("tom")
    rosa = desk("rosa")
    for number, words in (("9999", "9999 is not a number that can be reached."), ("2804", "2804 cannot be reached now.")):
        rosa.fill("Number", number).press("Call")
        rosa.shows(words)
        rosa.wait(lambda: not rosa.calls(), 5, "out of the call")
    rosa.fill("Number", "2803").press("Call")
    tom.ringing().hangup()
    rosa.shows("2803 is busy.", 8)
    tom.dial("2801")
    rosa.press("Reject", timeout=8)
    tom.established()       # by her mailbox
    tom.hangup()
    rosa.wait(lambda: not rosa.calls(), 5, "out of the call")


@pytest.mark.row("P13")
def test_messages(desk):
    """With emoji, and shown as written; what cannot be delivered is told; whose messages are off has none."""
    rosa, sven = desk("rosa"), desk("sven")
    silent = sven.tones
    rosa.press("Messages").fill("Write to", "2802").press("New message").fill("Message", EMOJI).press("Send")
    rosa.shows("Sent")
    sven.press("Messages, 1 new")
    sven.press("Conversation with Rosa Web")
    sven.shows(EMOJI)
    assert sven.tones == silent, "whose field says that messages come without a sound"
    sven.fill("Message", "x" * 1024)
    sven.shows("Too long: 1024 of 1023 bytes")
    before = rosa.tones
    sven.fill("Message", "ok").press("Send")
    rosa.shows("ok")
    rosa.wait(lambda: rosa.tones > before, 3, "heard of it")
    assert rosa.has("heading", "<img src=x onerror=alert(1)>"), "a name is text, whatever it holds"
    assert not rosa.ask("document.querySelectorAll('img[src=x]').length")
    rosa.press("All messages").fill("Write to", "2805").press("New message").fill("Message", "hello").press("Send")
    rosa.shows("This number takes no messages.")
    rosa.press("All messages").fill("Write to", "2803").press("New message").fill("Message", "hello").press("Send")
    rosa.shows("Nobody is signed in there.")
    vera = desk("vera")
    assert not vera.has("button", "Messages")


@pytest.mark.row("A10")
def test_pictures(desk):
    """Both see each other; who may have none is not offered any."""
    rosa, vera, sven = desk("rosa"), desk("vera"), desk("sven")
    assert not sven.has("button", "Video call")
    vera.fill("Number", "2801").press("Video call")
    rosa.press("Answer with video", timeout=8)
    for page in (rosa, vera):
        page.wait(lambda page=page: page.ask("[...document.querySelectorAll('video:not(.own)')].some((each) => each.videoWidth > 0 && each.currentTime > 1)"),
                  15, "shown a moving picture")
        page.hears(vera if page is rosa else rosa)
    vera.press("Hang up")
    rosa.wait(lambda: not rosa.calls(), 5, "out of the call")


@pytest.mark.row("P12")
def test_ones_own_picture(desk):
    rosa, vera = desk("rosa"), desk("vera")
    rosa.wait(lambda: rosa.ask("(document.querySelector('img.avatar') || {}).naturalWidth") == 8, 5, "showing her picture")
    assert not vera.ask("document.querySelectorAll('img.avatar').length")


@pytest.mark.row("A15", "A17")
def test_answering_by_itself(desk, line):
    """After the countdown, which can be stopped; who may not change settings is shown none."""
    sven, tom = desk("sven"), line("tom")
    tom.dial("2802")
    sven.shows("Answers by itself in")
    tom.established(8)
    tom.hears(sven)
    tom.hangup()
    sven.wait(lambda: not sven.calls(), 5, "out of the call")
    tom.dial("2802")
    sven.press("Do not answer by itself", timeout=8)
    sven.press("Reject")
    tom.ended()
    sven.press("Settings")
    assert not sven.has("checkbox", "Answer calls by itself") and not sven.has("combobox", "Microphone")


@pytest.mark.row("A17")
def test_settings_of_ones_own(desk, line):
    rosa, tom = desk("rosa"), line("tom")
    rosa.press("Settings")
    for name in ("Microphone", "Speaker", "Ring on"):
        assert rosa.has("combobox", name)
    rosa.press("Test microphone")
    rosa.wait(lambda: rosa.ask("document.querySelector('meter').value") > 0.02, 5, "showing what the microphone hears")
    rosa.press("Stop the test")
    rosa.press("Answer calls by itself", role="checkbox").fill("After seconds", "0", role="spinbutton").key("Tab")
    tom.dial("2801")
    tom.established(8)
    tom.hears(rosa)
    tom.hangup()
    rosa.wait(lambda: not rosa.calls(), 5, "out of the call")
    rosa.press("Answer calls by itself", role="checkbox")


@pytest.mark.row("A18")
def test_recording_on_demand(pbx, desk, house, line):
    """A file of that part of the call only; who may not record has no button."""
    tom = line("tom")
    rosa = talking(desk("rosa"), tom, "2803")
    before = set(recordings(pbx))
    rosa.press("Record")
    rosa.hears(tom)
    tom.hears(rosa)
    rosa.press("Stop recording")
    until(lambda: set(recordings(pbx)) - before, 5, lambda: rosa.complaint("nothing was recorded"))
    rosa.press("Hang up")
    tom.ended()
    path, = set(recordings(pbx)) - before
    assert re.search(r"-2801-.+-1[.]wav$", path)
    sound = house.listen(base64.b64decode(pbx.run(f"base64 {path}")))
    assert 1 < sound.seconds < 20 and not sound.silent
    sven = talking(desk("sven"), tom, "2803")
    assert sven.has("button", "Hold") and not sven.has("button", "Record")
    sven.press("Hang up")


def recordings(pbx):
    return pbx.run("find /var/spool/asterisk/monitor -type f").split()


@pytest.mark.row("A4", "T4")
def test_queues_are_told(pbx, desk):
    """Signed in with the page, paused with a reason and on again; login_pause keeps the queue away until somebody says otherwise."""
    def member(name):
        return next(x for x in pbx.asterisk("queue show desk").splitlines() if f"PJSIP/{name}" in x or f"PJSIP/{name})" in x)

    rosa, vera = desk("rosa"), desk("vera")
    assert "paused" not in member("rosa")
    assert "paused:login" in member("vera")
    vera.shows("Ready")
    vera.choose("Queues", "Available")
    until(lambda: "paused" not in member("vera"), 5, lambda: vera.complaint("still paused"))
    rosa.choose("Queues", "Paused: lunch")
    until(lambda: "paused:lunch" in member("rosa"), 5, lambda: rosa.complaint("not paused"))
    rosa.open().registered()
    assert rosa.state["queue"] == {"signed_in": True, "paused": True, "reason": "lunch"}, "kept over a reload of the page"
    rosa.choose("Queues", "Signed out of queues")
    until(lambda: "signed out" in member("rosa"), 5, lambda: rosa.complaint("still there"))
    rosa.choose("Queues", "Available")
    until(lambda: "paused" not in member("rosa"), 5, lambda: rosa.complaint("still paused"))
    pbx.asterisk("database put pause rosa meeting")
    rosa.wait(lambda: rosa.state["queue"]["reason"] == "meeting", 8, "told what somebody else changed")
    rosa.choose("Queues", "Available")
    vera.press("Sign out").shows("Username")
    until(lambda: "signed out" in member("vera"), 5, lambda: vera.complaint("still in the queue"))


@pytest.mark.row("A3")
def test_voicemail(pbx, desk, line):
    """Left while she is away: the lamp, the list, the sound, and both gone when it was heard and deleted."""
    tom = line("tom")
    pbx.run("rm -rf /var/spool/asterisk/voicemail/default/2801/INBOX /var/spool/asterisk/voicemail/default/2801/Old")
    tom.dial("2801").established()
    tom.heard(0.3)
    tom.dtmf("#")       # past the greeting
    until(lambda: pbx.run("ls /var/spool/asterisk/voicemail/default/2801/tmp/*.wav", check=False), 10, lambda: tom.complaint("is not recorded"))
    tom.heard(4)
    tom.hangup()
    until(lambda: "msg0000.txt" in pbx.run("ls /var/spool/asterisk/voicemail/default/2801/INBOX 2>/dev/null", check=False), 10,
          lambda: tom.complaint("left no message"))
    rosa = desk("rosa")
    rosa.press("Voicemail, 1 new").press("Play message from Tom Phone")
    rosa.wait(lambda: rosa.ask("(document.querySelector('audio[controls]') || {}).currentTime") or 0 > 0.5, 10, "playing it")
    assert rosa.ask("document.querySelector('audio[controls]').duration") > 2
    rosa.press("Mark message from Tom Phone as heard")
    rosa.wait(lambda: rosa.has("button", "Voicemail"), 8, "without the lamp")
    assert pbx.run("ls /var/spool/asterisk/voicemail/default/2801/Old | grep -c txt").strip() == "1"
    rosa.press("Delete message from Tom Phone")
    rosa.shows("No voicemail.")
    assert "msg" not in pbx.run("ls /var/spool/asterisk/voicemail/default/2801/Old")


@pytest.mark.row("P8", "P9")
def test_who_is_disabled_is_out_at_once(pbx, desk):
    """The open page too. A lock keeps from signing in, and leaves who is in where she is."""
    vera = desk("vera")
    pbx.agents({"username": "vera", "locked": True})
    other = desk().sign_in("vera", OWN).shows("do not go together")
    assert vera.state["registered"]
    pbx.agents({"username": "vera", "locked": False})
    pbx.agents({"username": "vera", "disabled": True})
    vera.wait(lambda: vera.path == "/sign-in", 8, "signed out")
    other.sign_in("vera", OWN).shows("do not go together")
    pbx.agents({"username": "vera", "disabled": False})
    other.enter("vera", FIRST, OWN)


@pytest.mark.row("P4")
def test_what_proves_the_page_is_lent(pbx, desk, desks, line):
    """It is a digest of its own, which counts for no longer than the sign-in; a call may end first."""
    lends = "fetch('/api/session').then((answer) => answer.json()).then((session) => session.sip.ha1)"

    def registers(ha1):
        told = json.loads(desks.run("python3", "/phones/crowd.py", pbx.name, f"ha1:{ha1}", "/run/page/ca.pem", "rosa"))
        assert told["seconds"] or "401" in told["wrong"][0], told
        return bool(told["seconds"])

    def collected():
        """As the keeper does once a minute, in the order of names."""
        pbx.run("asterisk -rx 'database put desk/auth zoe@desk nothing'; systemctl restart switchboard-keeper")
        until(lambda: "zoe@desk" not in pbx.asterisk("database show desk"), 10, lambda: AssertionError("the keeper collects nothing"))
        return "rosa@desk" not in pbx.asterisk("database show desk")

    first, tom = desk("rosa"), line("tom")
    ha1 = first.ask(lends)
    assert ha1 not in pbx.run("cat /etc/asterisk/switchboard/pjsip_auth.conf")
    talking(first, tom, "2803")
    second = desk("rosa")
    assert second.ask(lends) == ha1 and not collected()
    second.press("Sign out")
    first.shows("This page closes when the call is over.", 10)
    assert not collected(), "in a call"
    first.press("Hold")
    first.shows("On hold")
    first.press("Resume")
    tom.hears(first)
    first.press("Hang up")
    tom.ended()
    first.wait(lambda: first.path == "/sign-in", 8, "signed out")
    assert collected() and not registers(ha1)
    again = desk("rosa")
    other = again.ask(lends)
    assert registers(other) and not registers(ha1)
    again.press("Sign out")
    again.shows("Sign in")
    assert collected() and not registers(other)


def test_somebody_with_another_telephone_has_queues_and_voicemail_here(pbx, desk, look):
    """Also who gets one while her page is open, and back again."""
    vera = desk("vera")
    complaints = vera.console
    pbx.agents({"username": "vera", "typology": "external", "sip_password": "vera-secret-1", "voicemail": True, "voicemail_pin": "471183"})
    vera.shows("Your calls ring on your own telephone")
    assert vera.has("region", "Voicemail") and not vera.has("button", "Call") and vera.console == complaints
    vera.choose("Queues", "Paused: lunch").choose("Queues", "Available")
    vera.open("/").shows("Another telephone")
    look(vera, "another-telephone")
    pbx.agents({"username": "vera", "typology": "webrtc", "sip_password": "vera-secret-1"})
    vera.registered()


def test_a_changed_setting_is_there_at_once(pbx, desk, line):
    """In an open page, also in a call, which goes on."""
    tom = line("tom")
    rosa = talking(desk("rosa"), tom, "2803")
    assert rosa.has("button", "Record")
    pbx.agents({"username": "rosa", "phone.recording": False})
    try:
        rosa.wait(lambda: not rosa.has("button", "Record"), 5, "without a button for recordings")
        tom.hears(rosa)
    finally:
        pbx.agents({"username": "rosa", "phone.recording": True})
    rosa.wait(lambda: rosa.has("button", "Record"), 5, "with it again")
    rosa.press("Hang up")
    tom.ended()


def test_who_is_renamed_stays(pbx, desk, line):
    """She is signed in as before, her call goes on, and after it her page's telephone becomes that of the new name by itself."""
    tom = line("tom")
    sven = talking(desk("sven"), tom, "2803")
    pbx.apply("rename", kind="agents", name="sven", to="sven.new", sip_password="sven-secret-1")
    try:
        tom.hears(sven)
        sven.hears(tom)
        sven.press("Hang up")
        tom.ended()
        sven.wait(lambda: "sven.new/sip:" in pbx.asterisk("pjsip show contacts") and (sven.state or {}).get("registered"), 10, "registered by another name")
        assert sven.path == "/"
    finally:
        pbx.apply("rename", kind="agents", name="sven.new", to="sven", sip_password="sven-secret-1")


@pytest.mark.row("P19")
def test_the_log_of_the_page_reaches_the_server(pbx, desk, line):
    """At the level of the field, and without a secret."""
    rosa, tom = desk("rosa"), line("tom")
    talking(rosa, tom, "2803").press("Hang up")
    tom.ended()
    path = "/var/log/switchboard-desk/phonebar.log"
    until(lambda: '"rosa"' in pbx.run(f"cat {path}"), 15, lambda: rosa.complaint("logged nothing"))
    log = pbx.run(f"cat {path}")
    assert '"info"' in log and '"debug"' not in log and '"person": "sven"' not in log
    assert not re.search(r"ha1|response=|credential|ice-pwd|" + OWN, log)


@pytest.mark.parametrize("service", ["nginx", "switchboard-desk switchboard-keeper", "asterisk"])
def test_it_comes_back_by_itself(pbx, desk, service):
    """Within 5 seconds of the service being there again."""
    rosa = desk("rosa")
    pbx.run(f"systemctl restart {service}")
    if service == "asterisk":
        pbx.run("asterisk -rx 'core waitfullybooted'")
    back = until(lambda: pbx.asterisk("pjsip show contacts").count("rosa/sip:") == 1 and (rosa.state or {}).get("registered"), 8,
                 lambda: rosa.complaint("not back"))
    assert back
    rosa.choose("Queues", "Paused: lunch").choose("Queues", "Available")


def test_a_call_outlives_the_web_server(pbx, desk, line):
    tom = line("tom")
    rosa = talking(desk("rosa"), tom, "2803")
    pbx.run("systemctl restart nginx")
    rosa.hears(tom)
    tom.hears(rosa)
    rosa.registered()
    rosa.press("Hang up")
    tom.ended()


def test_a_browser_that_vanishes_keeps_nobody_busy(desk, desks, line):
    """It says nothing when it crashes: its call ends when no sound has come for half a minute, and whoever calls then is not told that she is busy."""
    tom = line("tom")
    rosa = talking(desk("rosa"), tom, "2803")
    desks.inside("kill", name=rosa.id)
    tom.ended(60)


def test_who_leaves_in_a_call_leaves_nobody_in_silence(desk, line):
    """By the button, or with the page."""
    tom = line("tom")
    talking(desk("rosa"), tom, "2803").press("Sign out").shows("Sign in")
    tom.ended(3)
    talking(desk("rosa"), tom, "2803").shut()
    tom.ended(3)
    rosa = desk("rosa").fill("Number", "2803").press("Call")
    tom.ringing()
    rosa.shut()
    tom.ended(3)


def test_signed_in_elsewhere(desk):
    """The second browser has the telephone. The first one is told, or finds out when Asterisk asks for it no more; it says so, and can have it back."""
    first = desk("rosa")
    second = desk("rosa")
    first.shows("Signed in elsewhere", 3)
    assert second.state["registered"]
    first.press("Use the phone here")
    first.registered()
    second.shows("Signed in elsewhere", 3)
    first.call("Network.setBlockedURLs", urls=["*/api/events*"])
    first.call("Page.reload")
    first.shows("The desk does not answer")
    second.press("Use the phone here")
    second.registered()
    first.shows("Signed in elsewhere", 60)


def test_calls_go_on_where_the_line_is_no_longer(pbx, desk, line):
    """Also over a connection that is lost and found, which takes the line from nobody; and when the line comes back to them."""
    tom = line("tom")
    first = talking(desk("rosa"), tom, "2803")
    second = desk("rosa")
    first.shows("Signed in elsewhere", 3)
    pbx.run("systemctl restart nginx")
    second.wait(lambda: "rosa/sip:" in pbx.asterisk("pjsip show contacts") and second.state["registered"], 10, "back")
    first.hears(tom)
    tom.hears(first)
    assert first.state["line"] == "elsewhere" and second.state["registered"]
    first.press("Use the phone here").registered()
    second.shows("Signed in elsewhere", 3)
    first.hears(tom)
    tom.hears(first)
    first.press("Hang up")
    tom.ended()


AXE = "axe.run({ resultTypes: ['violations'] }).then((seen) => seen.violations.filter((each) => ['serious', 'critical'].includes(each.impact))" \
      ".map((each) => `${each.id}: ${each.nodes.map((node) => node.target).join(', ')}`))"


@pytest.fixture(name="look")
def look_fixture():
    """look(desk, "name") judges what is shown with axe, sees that nothing is wider than the screen, and keeps a picture of it."""
    axe = (npm.built(npm.PHONEBAR, CACHE / "phonebar") / "node_modules/axe-core/axe.min.js").read_text()
    pictures = CACHE / "screenshots"
    pictures.mkdir(exist_ok=True)

    def look(desk, name):
        desk.ask(f"{axe}; 0")
        assert desk.ask(AXE) == [], f"{name}: what axe finds serious"
        assert desk.ask("document.documentElement.scrollWidth <= innerWidth"), f"{name}: wider than the screen"
        desk.screenshot(pictures / f"{name}.png")

    return look


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_everybody_can_read_it(desk, line, look, dark, width):
    """On a telephone's screen and on a desktop, in both themes: no serious finding of axe, and nothing beside the screen."""
    name = f"{width}-{'dark' if dark else 'light'}"
    tom = line("tom")
    page = desk(dark=dark, width=width, height=780)
    page.open("/sign-in")
    look(page, f"sign-in-{name}")
    page.sign_in("rosa", "wrong").shows("do not go together")
    look(page, f"refused-{name}")
    page.enter("rosa", FIRST, OWN)
    look(page, f"ready-{name}")
    if width < 700:
        page.press("Keypad")
    talking(page, tom, "2803")
    page.press("Transfer")
    look(page, f"call-{name}")
    page.press("Cancel").press("Hang up")
    tom.ended()
    for section in ("Calls", "Messages", "Voicemail", "Settings"):
        page.node("button", section)
        page.press(section)
        look(page, f"{section.lower()}-{name}")
    page.open("/password")
    look(page, f"password-{name}")


def test_a_call_by_keyboard_only(desk, line):
    """Signed in, dialled, held, hung up and answered without a mouse."""
    tom, page = line("tom"), desk("rosa")
    for digit in "2803":
        page.key(digit)
    page.key("Enter")
    tom.ringing().answer().established()
    page.calls("talking", 5)

    def tab_to(name):
        for _again in range(60):
            if page.focused() == ("button", name):
                return page
            page.key("Tab")
        raise page.complaint(f"no way to {name} by Tab")

    tab_to("Hold").key("Enter")
    page.wait(lambda: page.calls()[0]["held"], 5, "on hold")
    tab_to("Resume").key(" ")
    page.wait(lambda: not page.calls()[0]["held"], 5, "off hold")
    tom.hears(page)
    tab_to("Hang up").key("Enter")
    tom.ended()
    tom.dial("2801")
    page.calls("incoming", 8)
    tab_to("Answer").key("Enter")
    tom.established()
    tom.hears(page)
    tom.hangup()


@pytest.fixture(name="hole")
def hole_fixture(pbx):
    """The TURN server cannot be reached: what is sent to it vanishes."""
    yield lambda: pbx.run("nft 'add table inet hole; add chain inet hole in { type filter hook input priority -300; }; "
                          "add rule inet hole in meta l4proto { tcp, udp } th dport { 3478, 5349 } drop'")
    pbx.run("nft delete table inet hole", check=False)


def test_a_relay_that_does_not_answer_costs_little(desk, line, hole):
    """A call is heard within a second of when it is heard otherwise."""
    rosa, tom = desk("rosa"), line("tom", answer="auto")

    def heard():
        start = time.monotonic()
        rosa.fill("Number", "2803").press("Call")
        until(lambda: rosa.ask("phonebar.heard(100)")["level"] > 0.01, 20, lambda: rosa.complaint("hears nothing"))
        seconds = time.monotonic() - start
        rosa.press("Hang up")
        tom.ended()
        rosa.wait(lambda: not rosa.calls(), 5, "out of the call")
        return seconds

    heard()     # the first one opens the microphone
    usual = heard()
    hole()
    assert heard() < usual + 1.3


@pytest.fixture(name="narrow")
def narrow_fixture(pbx, desks):
    """Nothing of the browsers' network reaches the host's ports of sound: only the relay's own."""
    pbx.run(f"nft 'add table inet narrow; add chain inet narrow in {{ type filter hook input priority -300; }}; "
            f"add rule inet narrow in iif != lo ip saddr {desks.address} udp dport 10000-20000 counter drop'")
    yield lambda: int(re.search(r"packets (\d+)", pbx.run("nft list table inet narrow"))[1])
    pbx.run("nft delete table inet narrow")


def test_where_there_is_no_other_way_the_call_goes_by_the_relay(desk, line, narrow):
    rosa, tom = desk("rosa"), line("tom")
    talking(rosa, tom, "2803")
    tom.hears(rosa)
    assert narrow() > 0 and rosa.heard()["level"] > 0.01
    rosa.press("Hang up")
    tom.ended()


def test_it_weighs_little(pbx):
    """All of the page, as it comes over the wire."""
    script = f"""
import gzip, ssl, urllib.request
context = ssl._create_unverified_context()
size = 0
for path in ("/sign-in", "/static/phonebar.js", "/static/phonebar.css"):
    request = urllib.request.Request("https://127.0.0.1" + path, headers={json.dumps({"Accept-Encoding": "gzip"})})
    size += len(urllib.request.urlopen(request, context=context).read())
print(size)
"""
    assert int(pbx.python(script)) < 150_000


def test_a_run_that_is_killed_leaves_word_to_the_next(pbx):
    """It ends after it has written a file and before that is read: the next run, which writes nothing, has it read."""
    options = {"desk_session_hours": 11, "asterisk_tls_certificate": "", "asterisk_tls_private_key": ""}

    def started():
        return pbx.run("systemctl show -P ExecMainStartTimestampMonotonic switchboard-keeper.service")

    def written():
        return '"session_seconds": 39600' in pbx.run("cat /etc/switchboard/desk.json")

    before = started()
    run = pbx.begin("site", "--tags", "desk", **options)
    until(written, 120, lambda: AssertionError(run.communicate()[0]))
    run.kill()
    run.communicate()
    assert started() == before, "it was killed too late to show anything"
    code, output = pbx.play("site", "--tags", "desk", **options)
    assert code == 0 and started() != before, output
    for _undone_and_unchanged in range(2):
        code, output = pbx.play("site", "--tags", "desk", **{**options, "desk_session_hours": 12})
    assert code == 0 and "changed=0" in output, output
