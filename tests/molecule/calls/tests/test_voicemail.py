# SPDX-License-Identifier: GPL-3.0-or-later
"""A mailbox from the message to the mail: left, lit, listened to, and who may listen."""

import pytest
import yaml

from tests.phones import until

PIN, CHANGED = "4713", "808182"


@pytest.fixture(name="people", scope="module", autouse=True)
def people_fixture(staff):
    staff(
        agents=[
            {"username": "mia", "number": "2201", "full_name": "Mia Müller", "email": "mia@example.org", "voicemail": True, "voicemail_pin": PIN},
            {"username": "nils", "number": "2202", "full_name": "Nils, the Caller"},
        ]
    )


def in_folder(pbx, folder="INBOX"):
    return int(pbx.run(f"ls /var/spool/asterisk/voicemail/default/2201/{folder}/msg*.txt 2>/dev/null | wc -l"))


def sign_in(phone, pin):
    """To the menu of its own mailbox. The first prompts can be typed over, a moment after the answer."""
    phone.dial("*97").established()
    phone.heard(0.3)
    phone.dtmf(f"{pin}#")


def is_refused(phone, pin):
    sign_in(phone, pin)
    for _again in range(2):
        phone.heard(2.5)
        phone.dtmf(f"{pin}#")
    phone.ended(15)


def leave_message(pbx, phone, seconds=3):
    phone.dial("2201").established()
    phone.heard(0.3)
    phone.dtmf("#")  # past the greeting
    recording = "ls /var/spool/asterisk/voicemail/default/2201/tmp/*.wav"
    until(lambda: pbx.run(recording, check=False), 10, lambda: phone.complaint("is not recorded"))
    phone.heard(seconds)
    phone.hangup()


@pytest.fixture(name="message", scope="module")
def message_fixture(house, pbx, people, mail_to):
    """One message in the mailbox, left while its owner was away; its mail, and the tone in it."""
    nils = house.baresip("nils", pbx.address, "nils-secret-1").registered()
    leave_message(pbx, nils)
    mail = mail_to("mia@example.org")
    nils.quit()
    return mail, nils.tone


@pytest.mark.row("P3", "A3")
def test_mail_with_a_recording_that_has_what_was_said(message, sink):
    mail, tone = message
    recording = sink.recording(mail)
    assert recording.seconds > 2
    assert recording.has(tone)
    assert "pbx@example.org" in mail["From"]
    assert "Nils, the Caller" in mail["Subject"] and "2202" in mail["Subject"]
    text = mail.get_body(("plain",)).get_content()
    assert "Mia Müller" in text and "2201" in text


@pytest.mark.usefixtures("message")
def test_a_wrong_pin_hears_nothing(line, pbx):
    is_refused(line("mia").lit(1), "0000")
    assert in_folder(pbx) == 1


@pytest.mark.row("A3")
def test_lamp_lights_and_goes_off_when_the_message_was_heard(message, line, pbx):
    _mail, tone = message
    mia = line("mia").lit(1)
    sign_in(mia, PIN)
    mia.dtmf("1")
    mia.hears(tone, timeout=30)
    mia.hangup()
    mia.lit(0)
    assert in_folder(pbx) == 0
    assert in_folder(pbx, "Old") == 1


def test_nobody_listens_to_what_is_not_theirs(line):
    assert line("nils").dial("*97").ended().startswith("404")


@pytest.mark.row("A3")
def test_a_pin_changed_by_phone_survives_the_next_run(message, line, pbx):
    _mail, tone = message
    mia = line("mia")
    sign_in(mia, PIN)
    for key in "05":  # options, password
        mia.heard(1)
        mia.dtmf(key)
    for _twice in range(2):
        mia.heard(1.5)
        mia.dtmf(f"{CHANGED}#")
    mia.heard(1.5)
    mia.hangup()
    assert f"={CHANGED}" in pbx.run("cat /var/spool/asterisk/voicemail/default/2201/secret.conf").replace(" ", "")

    assert not pbx.agents({"username": "mia", "voicemail_pin": PIN})["changed"]
    pbx.agents({"username": "mia", "full_name": "Mia Meyer"})
    sign_in(mia, PIN)
    mia.heard(2.5)
    mia.dtmf(f"{CHANGED}#1")  # the second attempt; in the menu it would end the call
    mia.hears(tone, timeout=30)
    mia.hangup()


def test_a_pin_that_was_changed_by_phone_is_reset(message, line, pbx, tmp_path):
    _mail, tone = message
    mia, ledger = line("mia"), tmp_path / "credentials.yml"
    result = pbx.apply("credentials", names=["mia"], act="reset_voicemail_pin", credentials_file=str(ledger))
    fresh = yaml.safe_load(ledger.read_text())[pbx.name]["agents"]["mia"]["voicemail_pin"]
    assert result["changed"] and fresh not in result["output"] and len(fresh) == 6
    is_refused(mia, CHANGED)
    sign_in(mia, fresh)
    mia.dtmf("1")
    mia.hears(tone, timeout=30)
    mia.hangup()
    assert "secret.conf" not in pbx.run("ls /var/spool/asterisk/voicemail/default/2201")
