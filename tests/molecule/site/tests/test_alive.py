# SPDX-License-Identifier: GPL-3.0-or-later
"""A run on a host that is in use: what lives goes on, what is new works at once, what is gone is gone, and what is generated is known."""

import json
import re
import stat
import subprocess
import time

import pytest
import yaml

PASSWORD = "hunter2-long-enough"
ALL = {"scope": {"names": "n*"}, "max_deletions": "100%", "allow_empty": True}


def person(name, number, **fields):
    return {"username": name, "full_name": name.title(), "number": str(number), "typology": "external", "sip_password": PASSWORD, **fields}


def crowd(first, last, name="Crowd"):
    return [person(f"n{count:03}", 3000 + count, full_name=f"{name} {count}") for count in range(first, last)]


@pytest.fixture(autouse=True)
def nobody_is_left(pbx):
    yield
    pbx.agents(state="overridden", **ALL)


@pytest.fixture(name="call")
def call_fixture(phone):
    anna, bo = phone("anna"), phone("bo")
    anna.dial("1002")
    bo.ringing().answer().established()
    anna.established()
    return anna, bo


def hear_each_other(call):
    anna, bo = call
    anna.hears(bo)
    bo.hears(anna)


def state_of(pbx, device):
    return re.search(r"Endpoint: +\S+ +(\S.*?) +\d+ of", pbx.asterisk(f"pjsip show endpoint {device}"))[1]


def contacts(pbx):
    return set(re.findall(r"Contact: +(\w+)/", pbx.asterisk("pjsip show contacts")))


def wait(check, seconds, what):
    end = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < end, f"not {what} within {seconds} s"
        time.sleep(0.05)


# What lives goes on

def test_a_call_and_registrations_survive_what_happens_to_others(pbx, call):
    hear_each_other(call)
    assert contacts(pbx) >= {"anna", "bo"}
    steps = [
        {"config": crowd(0, 200)},
        {"config": crowd(100, 300, "Renamed"), "state": "overridden", **ALL},
        {"config": [{"username": f"n{count:03}"} for count in range(100, 300)], "state": "deleted"},
    ]
    for arguments in steps:
        run = pbx.start("agents", **arguments)
        heard = 0
        while run.poll() is None:       # also in the middle of it
            hear_each_other(call)
            heard += 1
        result = pbx.finish(run)
        assert result["changed"] and not result["failed"] and heard, result["output"]
        hear_each_other(call)
        assert contacts(pbx) >= {"anna", "bo"}
    assert pbx.asterisk("core show channels count").startswith("2 active channels")
    call[0].hangup()
    call[1].ended()


# What Asterisk says of a phone that wants to register in two places at once
KNOCKS = """
import sys, threading
line = "[2026-01-01 00:00:00.000] WARNING[66] res_pjsip_registrar.c: Registration attempt from endpoint 'n900' (192.0.2.9:5060) " \\
       "to AOR 'n900' will exceed max contacts of 1"
threading.Thread(target=lambda: (sys.stdin.read(), done.set())).start()
done = threading.Event()
while not done.wait(0.01):
    print(line, file=open("/var/log/asterisk/switchboard.log", "a"))
"""


def test_what_asterisk_says_of_phones_is_no_complaint_about_a_configuration(pbx):
    """There is always some phone that Asterisk warns of, and a run must not be refused for it."""
    knocks = subprocess.Popen(["podman", "exec", "-i", pbx.name, "python3", "-c", KNOCKS], stdin=subprocess.PIPE)
    try:
        result = pbx.attempt("agents", config=crowd(0, 100))
    finally:
        knocks.communicate()
    assert result["changed"] and not result["failed"], result["output"]


# What is new works at once

def test_a_new_phone_registers_within_a_second_and_a_queue_would_ring_it(pbx, phone, phones):
    pbx.agents(person("nils", 3500))
    end = time.monotonic() + 1
    while (status := phones.request("REGISTER", pbx.address, user="nils", password=PASSWORD).status) != 200:
        assert time.monotonic() < end, f"not registered within a second: {status}"
    phone("nils", PASSWORD)     # a real one, which answers when Asterisk asks whether it is there
    wait(lambda: state_of(pbx, "nils") == "Not in use", 2, "Not in use")


# What is gone is gone

def test_deleting_an_agent_ends_its_call_and_its_registration(pbx, phone):
    pbx.agents(person("nora", 3501))
    anna, nora = phone("anna"), phone("nora", PASSWORD)
    nora.dial("1001")
    anna.ringing().answer().established()
    nora.established()
    assert "nora" in contacts(pbx)
    pbx.agents({"username": "nora"}, state="deleted")
    nora.ended(timeout=3)
    anna.ended(timeout=3)
    assert "nora" not in contacts(pbx)
    pbx.agents(person("nora", 3501))
    assert "nora" not in contacts(pbx)      # nor does it come back to life with the name
    assert state_of(pbx, "nora") in ("Unavailable", "Invalid")      # as the last state of that name, until it registers
    phone("nora", PASSWORD)
    wait(lambda: state_of(pbx, "nora") == "Not in use", 2, "Not in use")


def test_a_mailbox_is_set_aside_with_its_owner(pbx):
    spool = "/var/spool/asterisk/voicemail"
    pbx.run(f"rm -rf {spool}/set-aside/3502-*")
    pbx.agents(person("nina", 3502, voicemail=True, voicemail_pin="2468"))
    pbx.run(f"install -d -o asterisk -g asterisk {spool}/default {spool}/default/3502 {spool}/default/3502/INBOX && "
            f"echo RIFF > {spool}/default/3502/INBOX/msg0000.wav && "
            f"echo '[message]' > {spool}/default/3502/INBOX/msg0000.txt && echo '[general]\npassword=1357' > {spool}/default/3502/secret.conf && "
            f"chown -R asterisk:asterisk {spool}/default/3502")
    pbx.agents({"username": "nina"}, state="deleted")
    pbx.agents(person("noel", 3502, voicemail=True, voicemail_pin="8642"))
    assert pbx.run(f"cat {spool}/set-aside/3502-nina-*/INBOX/msg0000.wav") == "RIFF\n"
    assert "1357" in pbx.run(f"cat {spool}/set-aside/3502-nina-*/secret.conf")
    assert not pbx.run(f"find {spool}/default/3502 -type f 2>/dev/null", check=False)
    users = pbx.asterisk("voicemail show users for default")
    assert re.search(r"^default +3502 +Noel .* 0$", users.replace("\r", ""), re.MULTILINE), users
    assert "3502=8642,Noel," in pbx.run("cat /etc/asterisk/switchboard/voicemail.conf")


# Again, and by hand

def test_a_hand_edit_is_reported_and_put_right(pbx):
    wanted = pbx.run("cat /etc/asterisk/switchboard/pjsip_endpoint.conf")
    pbx.run("sed -i 's/^callerid=\"Anna/callerid=\"Mallory/' /etc/asterisk/switchboard/pjsip_endpoint.conf; asterisk -rx 'module reload res_pjsip.so'")
    assert "Mallory" in pbx.asterisk("pjsip show endpoint anna")
    for options in (["--check"], []):
        result = pbx.apply("agents", *options, config=[{"username": "bo"}])
        assert result["changed"] and result["drifted"] == ["pjsip_endpoint.conf"], result["output"]
        assert re.search(r"\[WARNING\]: pjsip_endpoint\.conf: changed by hand", result["output"]) and not any(result["counts"].values())
    assert pbx.run("cat /etc/asterisk/switchboard/pjsip_endpoint.conf") == wanted
    assert "Anna Svensson" in pbx.asterisk("pjsip show endpoint anna")
    result = pbx.agents({"username": "bo"})
    assert not result["changed"] and not result.get("drifted")


def said(result):
    return {name: result.get(name) for name in ("changed", "counts", "created", "updated", "deleted", "before", "after", "reasons", "files", "numbers", "diff")}


def test_check_mode_says_the_same_and_writes_nothing(pbx):
    pbx.agents(*crowd(0, 4))
    change = {"config": [{**crowd(1, 2, "Renamed")[0], "sip_password": f"{PASSWORD}2"}, *crowd(2, 3), person("nemo", 3600)], "state": "overridden", **ALL}
    before = pbx.snapshot()
    checked = pbx.apply("agents", "--check", "--diff", **change)
    assert pbx.snapshot() == before
    real = pbx.apply("agents", "--diff", **change)
    assert said(checked) == said(real)
    assert real["created"] == ["nemo"] and real["updated"] == ["n001"] and real["deleted"] == ["n000", "n003"]
    assert real["reasons"] == {"n001": ["full_name", "sip_password"]}
    for each in (checked, real):
        assert PASSWORD not in each["output"]
        assert not re.search(r"[0-9a-f]{32}", json.dumps(said(each))), "a digest is a secret too"
    assert not pbx.apply("agents", **change)["changed"]


def test_check_mode_where_no_store_is(pbx):
    pbx.run("mv /var/lib/switchboard /root/state")
    try:
        result = pbx.apply("agents", "--check", config=crowd(0, 2))
        assert result["changed"] and result["created"] == ["n000", "n001"]
        assert pbx.run("ls -d /var/lib/switchboard", check=False) == ""
    finally:
        pbx.run("mv /root/state /var/lib/switchboard")


# Holds the lock as a run does that is at work, until its input ends
HOLDER = """
import fcntl, sys
lock = open("/var/lib/switchboard/lock", "r+")
fcntl.flock(lock, fcntl.LOCK_EX)
lock.truncate()
lock.write("process 1, since 2026-01-01 00:00:00 UTC")
lock.flush()
print(flush=True)
sys.stdin.read()
"""


def test_runs_at_once_all_end_right_and_say_for_whom_they_waited(pbx):
    holder = subprocess.Popen(["podman", "exec", "-i", pbx.name, "python3", "-c", HOLDER], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    holder.stdout.readline()
    runs = [pbx.start("agents", config=crowd(0, 300)), pbx.start("agents", config=crowd(300, 600)),
            pbx.start("extensions", config=[{"name": "nook", "sip_password": PASSWORD}])]
    try:
        wait(lambda: pbx.run("ls -l /proc/[0-9]*/fd 2>/dev/null | grep -c switchboard/lock", check=False).strip() == "4", 30, "all waiting")
        holder.communicate()
        results = [pbx.finish(run) for run in runs]
        assert all(result["changed"] and not result["failed"] for result in results), [result["output"] for result in results]
        told = [result["waited_for"] for result in results if "waited_for" in result]
        assert len(told) == 3 and all(re.fullmatch(r"process \d+, since .* UTC|another run", each) for each in told), told
        endpoints = pbx.asterisk("pjsip list endpoints")
        assert "nook" in endpoints and all(f"n{count:03}/" in endpoints for count in range(600))
        assert not pbx.agents(*crowd(0, 600))["changed"]
    finally:
        pbx.apply("extensions", config=[{"name": "nook"}], state="deleted")


# What is generated is known

def generated(pbx, tmp_path, name, *options, **arguments):
    path = tmp_path / "credentials.yml"
    config = [{"username": name, "full_name": name.title(), "typology": "external", "number": "3700", "voicemail": True}]
    return path, pbx.attempt("agents", *options, config=config, credentials_file=str(path), **arguments)


def test_a_generated_password_is_written_down_and_registers_a_phone(pbx, phone, tmp_path):
    path, result = generated(pbx, tmp_path, "nick")
    assert result["changed"] and not result["failed"], result["output"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    made = yaml.safe_load(path.read_text())[pbx.name]["agents"]["nick"]
    assert set(made) == {"password", "sip_password", "voicemail_pin"} and result["credentials"]["count"] == 3
    assert not any(secret in result["output"] for secret in made.values())
    assert list(tmp_path.iterdir()) == [path]       # nothing is left lying about
    phone("nick", made["sip_password"])
    _path, again = generated(pbx, tmp_path, "nick")
    assert not again["changed"] and yaml.safe_load(path.read_text())[pbx.name]["agents"]["nick"] == made


def test_credentials_are_encrypted_when_a_vault_id_is_named(pbx, phone, tmp_path):
    (tmp_path / "key").write_text("open sesame")
    path, result = generated(pbx, tmp_path, "nick", "--vault-id", f"staff@{tmp_path}/key", credentials_vault_id="staff")
    assert result["changed"] and not result["failed"], result["output"]
    assert path.read_text().startswith("$ANSIBLE_VAULT;1.2;AES256;staff\n")
    opened = subprocess.run(["ansible-vault", "view", "--vault-id", f"staff@{tmp_path}/key", path], capture_output=True, text=True, check=True).stdout
    phone("nick", yaml.safe_load(opened)[pbx.name]["agents"]["nick"]["sip_password"])


def test_a_vault_id_that_is_not_known_is_told_before_anything_is_done(pbx, tmp_path):
    before = pbx.snapshot()
    _path, result = generated(pbx, tmp_path, "nick", credentials_vault_id="staff")
    assert result["failed"] and "staff" in result["msg"], result["output"]
    assert pbx.snapshot() == before and not list(tmp_path.iterdir())


# On the host instead of Python: the module does its work, and is killed when it is about to say what it did
KILLED = """#!/bin/sh
/usr/bin/python3 "$@" > /run/answer; grep -q '"created"' /run/answer && kill -9 $$
cat /run/answer
"""


def test_a_run_killed_before_it_answers_costs_nobody_a_password(pbx, phone, tmp_path):
    pbx.run(f"cat > /usr/local/bin/killed-python <<'END'\n{KILLED}END\nchmod +x /usr/local/bin/killed-python")
    path, result = generated(pbx, tmp_path, "nick", "-e", "ansible_python_interpreter=/usr/local/bin/killed-python")
    assert result["failed"] and not path.exists(), result["output"]
    assert "nick/3700" in pbx.asterisk("pjsip list endpoints")
    path, result = generated(pbx, tmp_path, "nick")
    assert not result["failed"], result["output"]
    made = yaml.safe_load(path.read_text())[pbx.name]["agents"]["nick"]
    assert set(made) == {"password", "sip_password", "voicemail_pin"}
    phone("nick", made["sip_password"])
    assert f"3700={made['voicemail_pin']}," in pbx.run("cat /etc/asterisk/switchboard/voicemail.conf")
    assert list(tmp_path.iterdir()) == [path]
