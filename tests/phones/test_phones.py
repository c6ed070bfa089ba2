# SPDX-License-Identifier: GPL-3.0-or-later
"""The driver itself, against a plain Asterisk with a hand-written configuration: `python3 -m tests.bed run pytest tests/phones`."""

import subprocess
import textwrap

import pytest

from tests.bed import images, podman

from . import PhoneError, Phones, until

HOST = "phones-pbx"
NAME = 'Änna "Q" Müller; <x>'

LINE = """
    [{user}]
    type=endpoint
    context=phones
    disallow=all
    allow={codecs}
    auth={user}
    aors={user}
    direct_media=no
    callerid={caller}
    mailboxes={number}@default
    [{user}]
    type=auth
    username={user}
    password={user}secret
    [{user}]
    type=aor
    max_contacts=1
    remove_existing=yes
    maximum_expiration=90
"""
TRANSPORTS = "".join(f"\n[transport-{x}]\ntype=transport\nprotocol={x}\nbind=0.0.0.0\n" for x in ("udp", "tcp"))
FILES = {
    "pjsip.conf": TRANSPORTS
    + textwrap.dedent(LINE.format(user="anna", number=1001, codecs="ulaw,alaw", caller=r'"Änna \"Q\" Müller\; <x>" <1001>'))
    + textwrap.dedent(LINE.format(user="bo", number=1002, codecs="alaw,ulaw", caller='"Bo" <1002>')),
    "extensions.conf": """
        [phones]
        exten => 1001,1,Dial(PJSIP/anna,20)
        exten => 1002,1,Dial(PJSIP/bo,3)
         same => n,GotoIf($["${DIALSTATUS}" = "BUSY"]?busy)
         same => n,VoiceMail(1002@default,s)
         same => n(busy),Hangup(17)
        exten => 600,1,Answer
         same => n,Echo
        exten => 601,1,Answer
         same => n,Read(digits,,4,,1,10)
         same => n,GotoIf($["${digits}" = "42*7"]?600,1)
        """,
    "voicemail.conf": """
        [general]
        format=wav
        attach=yes
        mailcmd=/usr/local/bin/send
        [default]
        1002 => 1234,Bo,bo@example.org
        """,
    "modules.conf": "[modules]\nautoload=yes\nnoload => app_voicemail_odbc.so\nnoload => app_voicemail_imap.so\n",
}
SEND = """#!/usr/bin/python3
import email, email.policy, smtplib, sys
mail = email.message_from_bytes(sys.stdin.buffer.read())
with smtplib.SMTP("{sink}") as smtp: smtp.send_message(mail, "pbx@example.org", ["bo@example.org"])
"""


def on_pbx(command, text=""):
    return subprocess.run(["podman", "exec", "-i", HOST, "sh", "-c", command], input=text, text=True, capture_output=True, check=True).stdout


@pytest.fixture(scope="module", name="pbx")
def pbx_fixture():
    images.build("host")
    images.build("phone")
    podman.up(HOST, images.tag("host"))
    on_pbx("apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install --yes --no-install-recommends asterisk asterisk-core-sounds-en-wav")
    for name, text in FILES.items():
        on_pbx(f"cat > /etc/asterisk/{name}", textwrap.dedent(text))
    on_pbx("systemctl restart asterisk && asterisk -rx 'core waitfullybooted'")
    yield podman.address(HOST)
    podman.down([HOST])


@pytest.fixture(scope="module", name="phones")
def phones_fixture(pbx):
    with Phones() as phones:
        on_pbx("cat > /usr/local/bin/send; chmod +x /usr/local/bin/send", SEND.format(sink=phones.address))
        yield phones


@pytest.fixture(name="anna")
def anna_fixture(phones, pbx):
    phone = phones.baresip("anna", pbx, "annasecret", expires=300).registered()
    yield phone
    phone.quit()


@pytest.fixture(name="bo")
def bo_fixture(phones, pbx):
    phone = phones.baresip("bo", pbx, "bosecret", codecs=["alaw", "ulaw"], transport="tcp").registered()
    yield phone
    phone.quit()


def test_registration(anna, bo):
    assert (anna.expires, bo.expires) in ((90, 60), (89, 59))


def test_refusal_says_why_and_shows_the_log(phones, pbx):
    eve = phones.baresip("bo", pbx, "wrong")
    assert eve.refused() == 401
    with pytest.raises(PhoneError, match="(?s)not registered: 401.*REGISTER sip:"):
        eve.registered()
    assert phones.baresip("nobody", pbx, "wrong").refused() == 401


def test_call_with_audio_both_ways(anna, bo):
    anna.dial("1002").ringback()
    assert bo.ringing().caller == (NAME, "1001")
    bo.answer().established()
    anna.established().hears(bo)
    bo.hears(anna)
    assert anna.heard().has(bo.tone) and not anna.heard().has(anna.tone)
    anna.play(1000)
    bo.hears(1000)
    anna.hold()
    assert anna.last("INVITE", sent=True).body.count("a=sendonly") == 1
    anna.resume()
    bo.hears(anna)
    anna.hangup()
    bo.ended()
    bo.dial("1001")
    anna.ringing().answer()
    bo.established().hears(anna)
    anna.hears(bo)
    anna.dtmf("12*#")
    bo.wait(lambda: bo.digits == "12*#", 5, "getting four digits")
    bo.hangup()
    anna.ended()


def test_silence_is_not_taken_for_sound(anna, bo):
    anna.dial("1002")
    bo.ringing().answer()
    anna.established()
    bo.command("mute")
    until(lambda: anna.heard(0.5, 0).silent, 5, lambda: anna.complaint("hears something"))
    with pytest.raises(PhoneError, match="does not hear"):
        anna.hears(bo, timeout=1)
    anna.hangup()


def test_codecs_in_their_order(anna, phones, pbx):
    anna.dial("600").established().hears(anna)
    assert anna.last("INVITE", sent=True).codecs == ["PCMU", "PCMA"]
    anna.hangup()
    bo = phones.baresip("bo", pbx, "bosecret", codecs=["alaw", "ulaw"], answer="auto").registered()
    bo.dial("600").established().hears(bo)
    assert bo.last("INVITE", sent=True).codecs == ["PCMA", "PCMU"]
    assert bo.last("INVITE", 200).codecs[0] == "PCMA"
    bo.hangup()
    bo.ended()
    on_pbx("asterisk -rx 'channel originate PJSIP/bo extension 600@phones'")
    bo.established().hears(bo)
    assert bo.last("INVITE", sent=False).codecs == ["PCMA", "PCMU"]
    bo.quit()


def test_busy(anna, bo, phones, pbx):
    anna.dial("1002")
    bo.ringing().hangup()
    assert anna.ended().startswith("486")
    busy = phones.baresip("bo", pbx, "bosecret", answer="busy").registered()
    assert anna.dial("1002").ended().startswith("486")
    busy.quit()


def test_automatic_answer(anna, phones, pbx):
    auto = phones.baresip("bo", pbx, "bosecret", answer="auto").registered()
    anna.dial("1002").established().hears(auto)
    auto.quit()
    anna.ended()


def test_digits_reach_the_pbx(anna):
    anna.dial("601").established().dtmf("42*7")
    anna.hears(anna)
    anna.hangup()


def test_no_answer_voicemail_lamp_and_mail(anna, bo, phones):
    sink = phones.smtp()
    assert bo.lit(0).lamp == 0
    anna.dial("1002")
    bo.ringing()
    anna.established(10)
    bo.ended()
    anna.heard(3)
    anna.hangup()
    assert bo.lit(1).lamp == 1
    mail = sink.wait()[0]
    assert "bo@example.org" in mail["To"]
    recording = sink.recording(mail)
    assert recording.seconds > 2 and recording.has(anna.tone)


def test_single_requests(phones, pbx):
    assert phones.request("REGISTER", pbx, user="bo", password="bosecret", rport=False).status == 200
    assert phones.request("REGISTER", pbx, user="bo", password="wrong").status == 401
    assert phones.request("REGISTER", pbx, user="bo", password="bosecret", transport="tcp", headers=("Expires: 0",)).status == 200
    assert phones.request("INVITE", pbx, "1001", user="bo").status == 401
    assert phones.request("INVITE", pbx, "999", user="bo", password="bosecret").status == 404
    assert phones.request("MESSAGE", pbx, "1001", user="stranger", body="hello").status == 401
    assert phones.request("OPTIONS", pbx, user="bo").status in (200, 401)


def test_sipp(phones, pbx):
    scenario = """<scenario><send retrans="500"><![CDATA[
        OPTIONS sip:[remote_ip] SIP/2.0
        Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
        From: <sip:x@[local_ip]>;tag=[call_number]
        To: <sip:[remote_ip]>
        Call-ID: [call_id]
        CSeq: 1 OPTIONS
        Contact: <sip:x@[local_ip]:[local_port]>
        Content-Length: 0
        ]]></send><recv response="%d"/></scenario>"""
    scenario = textwrap.dedent(scenario)
    phones.sipp(scenario % 401, pbx)
    with pytest.raises(PhoneError, match="sipp"):
        phones.sipp(scenario % 202, pbx, timeout=5)
