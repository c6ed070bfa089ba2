# SPDX-License-Identifier: GPL-3.0-or-later
"""A live host as files, and the files as a host: the same, byte for byte."""

import json
import os
import subprocess

import pytest

from tests.bed import podman

# All that the store holds, with names in the place of internal ids and without the counter of writes: text that can be compared
SAID = r"""
import json, sqlite3
base = sqlite3.connect("/var/lib/switchboard/store.db")
keys = {number: f"{kind} {key}" for number, kind, key in base.execute("SELECT id, kind, key FROM documents")}
REFERENCES = ("teams", "queues", "profile", "trunks", "trunk", "queue", "agent", "user", "extension", "closed.queue")
def named(value):
    number, colon, rank = str(value).partition(":")
    return keys[int(number)] + colon + rank
for kind, key, body in base.execute("SELECT kind, key, body FROM documents ORDER BY kind, key"):
    said = json.loads(body)
    for name in REFERENCES:
        if name in said:
            said[name] = [named(each) for each in said[name]] if isinstance(said[name], list) else named(said[name])
    print(kind, key, json.dumps(said, sort_keys=True))
for table in ("secrets", "states"):
    for line in sorted(f"{table} {keys[number]} {field} {value}" for number, field, value in base.execute(f"SELECT * FROM {table}")):
        print(line)
for line in sorted(f"claim {space} {value} {keys[number]}" for space, value, number in base.execute("SELECT * FROM claims")):
    print(line)
print("realm", base.execute("SELECT value FROM site WHERE name = 'realm'").fetchone(), base.execute("PRAGMA user_version").fetchone())
"""
PEOPLE = [
    {"username": "olga", "number": "2501", "full_name": "Ольга Ёлкина", "typology": "external", "sip_password": "olga-secret-1", "voicemail": True,
     "voicemail_pin": "012345", "teams": ["day"], "queues": ["desk:3"], "phone": {"auto_answer": True, "delay": 3}, "channels": {"chat": {"capacity": 4}},
     "password": "Winter-coat-42", "call_groups": ["hall"], "codecs": ["g722", "alaw"], "caller_id": "Olga <+4681234>", "sip_expires": 120,
     "mask_sensitive_data": True},
    {"username": "piet", "number": "2502", "full_name": "no", "disabled": True, "description": "007", "locked": True},     # what YAML would misread
    {"username": "quin", "number": "2503", "full_name": "Quin", "typology": "external", "host": "192.0.2.77", "alias": "12:30"},
]


@pytest.fixture(name="people", scope="module", autouse=True)
def people_fixture(pbx):
    pbx.apply("queues", config=[{"name": "desk", "number": "2590", "strategy": "linear", "teams": ["day:2"]}])
    pbx.apply("codecs", config=[{"lines": "trunk", "offered": ["alaw"]}])
    pbx.apply("nat", config={"rtp": {"end": 19999}})
    pbx.agents(*PEOPLE)
    pbx.apply("credentials", kind="users", names=["astrid"], act="generate_api_key", credentials_file="keys.yml")
    yield
    pbx.agents(*[{"username": each["username"]} for each in PEOPLE], state="deleted")
    pbx.apply("credentials", kind="users", names=["astrid"], act="remove_api_key")
    pbx.apply("queues", config=[{"name": "desk"}], state="deleted")
    pbx.apply("codecs", config=[{"lines": "trunk"}], state="deleted")
    pbx.apply("nat", state="deleted")


@pytest.fixture(name="empty", scope="module")
def empty_fixture(pbx):
    """A host that is set up and has nobody: a copy of the one under test, emptied."""
    image, name = "localhost/switchboard-empty", f"{pbx.name}-empty"
    subprocess.run(["podman", "commit", "--quiet", pbx.name, image], check=True, capture_output=True)
    try:
        podman.up(name, image)
        empty = type(pbx)(name, pbx.folder)
        empty.run("systemctl stop asterisk; rm -rf /var/lib/switchboard/store.db /var/lib/switchboard/generations /var/lib/switchboard/avatars "
                  "/etc/asterisk/switchboard /var/spool/asterisk/voicemail/default /var/lib/asterisk/astdb.sqlite3; systemctl start asterisk")
        empty.run("for _ in $(seq 100); do asterisk -rx 'core waitfullybooted' && exit; sleep 0.2; done; exit 1")
        yield empty
    finally:
        podman.down([name])
        subprocess.run(["podman", "rmi", "--force", image], check=False, capture_output=True)


def play(folder, host, playbook, *options):
    inventory = {"pbx": {"hosts": {host: {"ansible_connection": "containers.podman.podman", "ansible_python_interpreter": "/usr/bin/python3"}}}}
    (folder / "hosts.json").write_text(json.dumps(inventory))
    environment = {**os.environ, "ANSIBLE_PIPELINING": "true", "ANSIBLE_NOCOLOR": "true"}
    done = subprocess.run(["ansible-playbook", "-i", "hosts.json", f"switchboard.asterisk.{playbook}", *options], cwd=folder, env=environment,
                          text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def compiled(host):
    return host.run("cd /etc/asterisk/switchboard/ && for f in *.conf; do echo \"== $f\"; cat $f; done")


@pytest.fixture(name="folder", scope="module")
def folder_fixture(pbx, tmp_path_factory):
    """The export of the host under test."""
    folder = tmp_path_factory.mktemp("export")
    shown = play(folder, pbx.name, "export", "-e", f"export_folder={folder}/out")
    assert not any(secret in shown for secret in ("012345", "$scrypt$", "md5"))
    return folder


@pytest.mark.row("N3")
def test_an_empty_host_becomes_the_same(pbx, empty, folder, phones):
    files = folder / "out" / pbx.name
    options = ["-e", f"@{files}/vars.yml", "-e", f"staff_folder={files}"]
    dry = play(folder, empty.name, "staff", *options, "--check")
    shown = play(folder, empty.name, "staff", *options)
    assert "changed=" in dry and not any(secret in shown + dry for secret in ("012345", "$scrypt$"))
    assert empty.python(SAID) == pbx.python(SAID)
    assert compiled(empty) == compiled(pbx)
    again = play(folder, empty.name, "staff", *options, "-e", "staff_state=overridden")
    assert "changed=0" in again
    phones.baresip("olga", empty.address, "olga-secret-1").registered().quit()


def test_exported_again_nothing_changes(pbx, folder):
    assert "changed=0" in play(folder, pbx.name, "export", "-e", f"export_folder={folder}/out")


def test_only_the_owner_may_read_it(pbx, folder):
    files = folder / "out" / pbx.name
    assert files.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in files.glob("*.yml")} == {0o600}


def test_without_secrets_there_are_none(pbx, folder):
    play(folder, pbx.name, "export", "-e", f"export_folder={folder}/open", "-e", '{"export_secrets": false}')
    text = "".join(path.read_text() for path in (folder / "open" / pbx.name).glob("*.yml"))
    assert "olga" in text and not any(secret in text for secret in ("012345", "$scrypt$", "md5", "api_key"))


def test_a_pin_set_by_telephone_goes_along(pbx, folder):
    box = "/var/spool/asterisk/voicemail/default/2501"
    pbx.run(f"install -d -o asterisk -g asterisk {box} && printf '[general]\\npassword = 998877\\n' > {box}/secret.conf")
    try:
        play(folder, pbx.name, "export", "-e", f"export_folder={folder}/pins")
        assert "voicemail_pin: '998877'" in (folder / "pins" / pbx.name / "agents.yml").read_text()
    finally:
        pbx.run(f"rm -rf {box}")
