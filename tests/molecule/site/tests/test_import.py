# SPDX-License-Identifier: GPL-3.0-or-later
"""An old installation taken over: its files imported, applied to the host, and its telephones calling each other with their old passwords."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.phones import Phones, until

SAMPLES = Path(__file__).resolve().parents[4] / "tests/unit/legacy/samples"
SOURCES = ("sip.conf", "sip.d/night.conf", "users.conf", "voicemail.conf", "queues.conf")
PIN = "471101"


@pytest.fixture(name="far", scope="module")
def far_fixture():
    """The address that one of the old telephones had."""
    with Phones() as phones:
        yield phones


@pytest.fixture(name="old", scope="module")
def old_fixture(tmp_path_factory, far):
    """The samples with this host's free numbers, and with an address where there is a telephone."""
    folder = tmp_path_factory.mktemp("old")
    for name in SOURCES:
        text = re.sub(r"\b10(\d\d)\b", r"26\1", (SAMPLES / name).read_text()).replace("192.0.2.77", far.address)
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text.replace("@example.org", "@office.example.org"))
    return folder


def bring(old, *options):
    """What a user sees of the import, run beside the old files."""
    variables = {"import_sources": [name for name in SOURCES if "/" not in name], "import_folder": "new"}
    command = ["ansible-playbook", "switchboard.asterisk.import", "-i", "nowhere.example.org,", "-e", json.dumps(variables), *options]
    done = subprocess.run(command, cwd=old, env={**os.environ, "ANSIBLE_NOCOLOR": "true"}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(name="new", scope="module")
def new_fixture(old, pbx):
    """The imported files, applied to the host; who is in them is gone afterwards."""
    assert "changed=4" in bring(old, "--check") and not (old / "new").exists()
    assert "changed=4" in bring(old)
    folder = old / "new"
    for kind in ("queues", "extensions", "agents"):
        pbx.apply(kind, config_file=str(folder / f"{kind}.yml"), credentials_file=str(folder / "credentials.yml"))
    yield folder
    for kind, key in (("agents", "username"), ("extensions", "name"), ("queues", "name")):
        config = [{key: each[key]} for each in yaml.safe_load((folder / f"{kind}.yml").read_text())[kind]]
        pbx.apply(kind, config=config, state="deleted")


def test_again_nothing_changes(new, old, pbx):
    assert "changed=0" in bring(old)
    files = ("agents.yml", "credentials.yml", "extensions.yml", "queues.yml")
    assert {path.name: path.stat().st_mode & 0o777 for path in new.glob("*.yml")} == dict.fromkeys(files, 0o600)
    for kind in ("queues", "extensions", "agents"):
        result = pbx.apply(kind, config_file=str(new / f"{kind}.yml"), credentials_file=str(new / "credentials.yml"))
        assert result["changed"] is False, result


def test_the_report_names_the_new_sign_in_names_and_no_password(new):
    report = (new / "report.md").read_text()
    assert "| 2601 | anna.svensson | 2601 | as before |" in report and "anna-old-secret" not in report and PIN not in report


@pytest.fixture(name="phone_of", scope="module")
def phone_of_fixture(new, pbx, house):
    made = {}

    def phone(name, password):
        if name not in made:
            made[name] = house.baresip(name, pbx.address, password)
        return made[name].registered()

    yield phone
    for each in made.values():
        each.quit()


@pytest.mark.row("N5")
def test_old_telephones_call_each_other_with_their_old_passwords(phone_of):
    anna, night = phone_of("anna.svensson", "anna-old-secret"), phone_of("night.watch", "night-old-secret")
    for caller, called, number, shown in ((anna, night, "2620", ("Anna Svensson", "2601")), (night, anna, "2601", ("Night Watch", "2620"))):
        caller.dial(number)
        assert called.ringing().caller == shown
        called.answer().established().hears(caller)
        caller.established().hears(called)
        caller.hangup()
        called.ended()


@pytest.mark.row("N5", "T4")
def test_old_queues_have_their_members(new, pbx):
    queues = yaml.safe_load((new / "queues.yml").read_text())["queues"]
    agents = yaml.safe_load((new / "agents.yml").read_text())["agents"]
    assert queues and any(agent.get("queues") for agent in agents)
    for queue in queues:
        shown = pbx.asterisk(f"queue show {queue['name']}")
        for agent in [each for each in agents if not each.get("disabled") and queue["name"] in [one.partition(":")[0] for one in each.get("queues", [])]]:
            assert f"PJSIP/{agent['username']}" in shown, shown


def test_old_passwords_and_no_others(new, ask):
    for name, password in (("bo.ek", "bo;old-secret"), ("eva.lind", "eva-old-secret"), ("phone-2604", "hall-old-secret")):
        assert ask("REGISTER", name, password=password).status == 200
        assert ask("REGISTER", name, password=f"{password}-not").status == 401
    assert ask("REGISTER", "2601", password="anna-old-secret").status == 401
    assert ask("REGISTER", "cleo.oberg", password="cleo-old-secret").status in (401, 403)  # not inside of its network


def test_an_md5secret_still_signs_in(new, ask, phone_of):
    assert ask("REGISTER", "door", password="door-not-secret").status == 401
    door, anna = phone_of("door", "door-old-secret"), phone_of("anna.svensson", "anna-old-secret")
    door.dial("2601")
    anna.ringing().answer()
    door.established().hears(anna)
    door.hangup()
    anna.ended()


def test_a_telephone_with_a_fixed_address(new, far, pbx, phone_of):
    anna, fixed = phone_of("anna.svensson", "anna-old-secret"), far.baresip("phone-2607", pbx.address, "unused", expires=0)
    fixed.dial("2601")
    assert anna.ringing().caller[1] == "2607"
    anna.answer().established().hears(fixed)
    fixed.hangup()
    anna.ended()
    anna.dial("2607")
    fixed.ringing().answer()
    anna.established().hears(fixed)
    anna.hangup()
    fixed.quit()


def test_the_old_pin_opens_the_mailbox(new, house, pbx, phone_of):
    night, anna = phone_of("night.watch", "night-old-secret"), phone_of("anna.svensson", "anna-old-secret")
    night.dial("2601")
    anna.ringing()
    night.established(15)  # nobody answers
    anna.ended()
    night.heard(0.3)
    night.dtmf("#")  # past the greeting
    until(lambda: pbx.run("ls /var/spool/asterisk/voicemail/default/2601/tmp/*.wav", check=False), 10, lambda: night.complaint("is not recorded"))
    night.heard(3)
    night.hangup()
    anna.lit(1)
    anna.dial("*97").established()
    anna.heard(0.3)
    anna.dtmf(f"{PIN}#1")
    anna.hears(night.tone, timeout=30)
    anna.hangup()


def test_a_host_that_cannot_be_reached_is_no_hindrance(old):
    """state parsed is the controller's alone, also in a play for hosts."""
    arguments = json.dumps({"state": "parsed", "sources": [str(old / "sip.conf")]})
    command = ["ansible", "all", "-i", "nowhere.invalid,", "-m", "switchboard.asterisk.agents", "-a", arguments]
    done = subprocess.run(command, cwd=old, env={**os.environ, "ANSIBLE_NOCOLOR": "true"}, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "anna.svensson" in done.stdout and "old-secret" not in done.stdout, done.stdout + done.stderr
