# SPDX-License-Identifier: GPL-3.0-or-later
"""Several hosts, and the ways in which a play goes over them: each host gets what is its own, and one credentials file loses nothing."""

import json
import os
import subprocess

import pytest
import yaml

from tests.bed import podman

BOOTED = "for _ in $(seq 100); do asterisk -rx 'core waitfullybooted' && exit; sleep 0.2; done; exit 1"
PEOPLE = [{"username": f"temp{count}", "full_name": f"Temp {count}", "typology": "external", "number": str(7000 + count)} for count in range(5)]
TASK = {"name": "Staff", "switchboard.asterisk.agents": {"config": PEOPLE, "credentials_file": "credentials.yml"}, "tags": ["people"]}
GONE = {"name": "Nobody", "switchboard.asterisk.agents": {"config": [{"username": each["username"]} for each in PEOPLE], "state": "deleted"}}


@pytest.fixture(name="hosts", scope="module")
def hosts_fixture(pbx):
    """Three hosts that are set up already: copies of the one under test, each with a telephone system of its own."""
    image = "localhost/switchboard-copy"
    names = [f"{pbx.name}-copy-{count}" for count in range(3)]
    subprocess.run(["podman", "commit", "--quiet", pbx.name, image], check=True, capture_output=True)
    try:
        for name in names:
            podman.up(name, image)
            subprocess.run(["podman", "exec", name, "sh", "-c", BOOTED], check=True, capture_output=True)
        yield names
    finally:
        podman.down(names)
        subprocess.run(["podman", "rmi", "--force", image], check=False, capture_output=True)


@pytest.fixture(name="play")
def play_fixture(hosts, tmp_path):
    """play(task, ..., serial=1) runs a play over the hosts; what the user saw, and the credentials file's content."""
    hosts_of = {name: {"ansible_connection": "containers.podman.podman", "ansible_python_interpreter": "/usr/bin/python3"} for name in hosts}
    (tmp_path / "hosts.json").write_text(json.dumps({"pbx": {"hosts": hosts_of}}))

    def run(*tasks, options=(), fails=False, **play):
        (tmp_path / "play.yml").write_text(json.dumps([{"hosts": "pbx", "gather_facts": False, "tasks": list(tasks), **play}]))
        environment = {**os.environ, "ANSIBLE_PIPELINING": "true", "ANSIBLE_NOCOLOR": "true", "ANSIBLE_FORKS": "3"}
        done = subprocess.run(["ansible-playbook", "-i", "hosts.json", "play.yml", *options], cwd=tmp_path, env=environment,
                              text=True, capture_output=True, check=False)
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        ledger = tmp_path / "credentials.yml"
        assert fails or not list(tmp_path.glob("credentials.yml.pending-*")), "a run left its seed behind"
        return done.stdout + done.stderr, yaml.safe_load(ledger.read_text()) if ledger.exists() else {}

    yield run
    run(GONE)


def registers(phones, host, secrets):
    """A telephone of the last of the people knows its password, and that of no other host."""
    name = PEOPLE[-1]["username"]
    phone = phones.baresip(name, podman.address(host), secrets[host]["agents"][name]["sip_password"]).registered()
    phone.quit()


@pytest.mark.parametrize("how", [{}, {"strategy": "free"}, {"serial": 1}, {"serial": 2}], ids=str)
def test_each_host_gets_its_own_secrets(hosts, play, phones, how):
    shown, secrets = play(TASK, **how)
    assert shown.count("changed=1") == 3 and sorted(secrets) == sorted(hosts)
    passwords = [fields[name] for host in hosts for fields in secrets[host]["agents"].values() for name in ("sip_password", "password")]
    assert len(set(passwords)) == 3 * len(PEOPLE) * 2 and not any(each in shown for each in passwords)
    registers(phones, hosts[1], secrets)
    again, same = play(TASK, **how)
    assert again.count("changed=0") == 3 and same == secrets


def test_limit_and_tags(hosts, play):
    shown, secrets = play(TASK, {**TASK, "name": "Others", "tags": ["others"]}, options=["--limit", hosts[2], "--tags", "people"])
    assert list(secrets) == [hosts[2]] and "Others" not in shown
    _shown, none = play(TASK, options=["--tags", "nothing"])
    assert none == secrets


def test_run_once_is_once(hosts, play):
    _shown, secrets = play({**TASK, "run_once": True})
    assert list(secrets) == [hosts[0]]
    assert PEOPLE[0]["username"] not in subprocess.run(["podman", "exec", hosts[1], "asterisk", "-rx", "pjsip list endpoints"],
                                                       capture_output=True, text=True, check=True).stdout


def test_delegated_secrets_stand_under_the_host_that_has_them(hosts, play, phones):
    _shown, secrets = play({**TASK, "delegate_to": hosts[1], "run_once": True})
    assert list(secrets) == [hosts[1]]
    registers(phones, hosts[1], secrets)


def test_hosts_that_all_delegate_to_one_queue_there(hosts, play, phones):
    """Each play's host has its own people; all are made on the first host, at once."""
    mine = {"username": "{{ 'temp' ~ groups.pbx.index(inventory_hostname) }}", "full_name": "Temp", "typology": "external"}
    task = {"name": "Staff", "switchboard.asterisk.agents": {"config": [mine], "credentials_file": "credentials.yml"}, "delegate_to": hosts[0]}
    shown, secrets = play(task, strategy="free")
    assert shown.count("changed=1") == 3 and list(secrets) == [hosts[0]]
    assert sorted(secrets[hosts[0]]["agents"]) == ["temp0", "temp1", "temp2"]
    phones.baresip("temp2", podman.address(hosts[0]), secrets[hosts[0]]["agents"]["temp2"]["sip_password"]).registered().quit()


def test_check_mode_writes_nothing_anywhere(hosts, play):
    shown, secrets = play(TASK, options=["--check", "--diff"])
    assert shown.count("changed=1") == 3 and secrets == {}
    assert play(TASK)[0].count("changed=1") == 3


def test_one_host_that_fails_leaves_the_others_right(hosts, play, phones):
    def asterisk(command):
        subprocess.run(["podman", "exec", hosts[0], "sh", "-c", command], check=True, capture_output=True)

    asterisk("systemctl stop asterisk")
    shown, secrets = play(TASK, fails=True)
    assert "Asterisk does not answer" in shown and sorted(secrets) == sorted(hosts[1:])
    asterisk(f"systemctl start asterisk && {BOOTED}")
    _shown, whole = play(TASK)
    assert sorted(whole) == sorted(hosts) and {host: whole[host] for host in hosts[1:]} == secrets
    registers(phones, hosts[0], whole)
