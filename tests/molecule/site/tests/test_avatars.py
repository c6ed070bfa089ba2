# SPDX-License-Identifier: GPL-3.0-or-later
"""Avatars on a host that is in use: from files on the controller to files on the host, each content once and no longer than somebody has it."""

import hashlib
import json
import os
import re
import subprocess

import pytest

from tests.unit.pictures import GIF, jpeg, large, png

FOLDER = "/var/lib/switchboard/avatars"
PASSWORD = "hunter2-long-enough"
RED, BLUE, GREY = png(colour=0xFF0000), png(colour=0x0000FF), jpeg(64, 48)
BIG = large(3 << 20)


def name(content):
    return f"sha256:{hashlib.sha256(content).hexdigest()}.{'png' if content[1:4] == b'PNG' else 'jpg'}"


def file(content):
    return name(content).partition(":")[2]


def kim(**fields):
    return {"username": "kim", "full_name": "Kim", "typology": "external", "sip_password": PASSWORD, **fields}


@pytest.fixture(name="album", scope="module")
def album_fixture(pbx):
    """Pictures on the controller, where a playbook's files are."""
    folder = pbx.folder / "files/portraits"
    folder.mkdir(parents=True)
    for path, content in {"red.png": RED, "blue.png": BLUE, "grey.jpg": GREY, "gif.png": GIF, "large.png": large(9 << 20), "big.png": BIG}.items():
        (folder / path).write_bytes(content)
    return folder


@pytest.fixture(autouse=True)
def nobody_is_left(pbx, album):
    yield
    pbx.apply("agents", config=[{"username": "kim"}, {"username": "kai"}], state="deleted")
    pbx.apply("users", config=[{"username": "una"}], state="deleted")
    assert files(pbx) == {}


def files(pbx):
    """What the host keeps: by name, what is in it, and whose it is."""
    listed = pbx.run(f"cd {FOLDER} 2>/dev/null && sha256sum $(ls -A) && stat -c '%n %U:%G %a' $(ls -A) && stat -c '. %U:%G %a' .", check=False).splitlines()
    modes = {line.split()[0]: line.split(maxsplit=1)[1] for line in listed if ":" in line}
    digests = {line.split()[1]: line.split()[0] for line in listed if ":" not in line}
    assert modes.pop(".", "root:asterisk 750") == "root:asterisk 750" and set(modes.values()) <= {"root:asterisk 640"}, listed
    assert all(each.partition(".")[0] == digest for each, digest in digests.items()), listed
    return digests


def remains(pbx):
    return pbx.run("ls -A /root/.ansible/tmp 2>/dev/null; find / -xdev -name '*avatars.tar*' 2>/dev/null", check=False)


@pytest.mark.row("P12")
@pytest.mark.row("P12")
def test_from_the_controller_to_the_host_and_gone_with_the_last(pbx):
    config = [kim(avatar="portraits/red.png"), kim(username="kai", avatar="portraits/red.png")]
    checked = pbx.apply("agents", "--check", "--diff", config=config)
    assert checked["changed"] and checked["after"]["kim"]["avatar"] == name(RED) and files(pbx) == {}
    result = pbx.apply("agents", "--diff", config=config)
    assert {each: result[each] for each in ("after", "created", "counts", "files")} == {each: checked[each] for each in ("after", "created", "counts", "files")}
    assert set(files(pbx)) == {file(RED)} and remains(pbx) == ""
    assert not pbx.agents(*config)["changed"]
    pbx.apply("users", config=[{"username": "una", "full_name": "Una", "role": "admin", "avatar": "portraits/red.png"}])
    result = pbx.agents(kim(avatar="portraits/grey.jpg"))
    assert result["reasons"] == {"kim": ["avatar"]} and result["reloaded"] == [] and set(files(pbx)) == {file(RED), file(GREY)}
    pbx.agents({"username": "kai"}, state="deleted")
    assert set(files(pbx)) == {file(RED), file(GREY)}
    pbx.apply("users", config=[{"username": "una", "avatar": None}])
    assert set(files(pbx)) == {file(GREY)}
    gathered = [each for each in pbx.apply("agents", state="gathered")["gathered"] if each["username"] == "kim"]
    assert gathered[0]["avatar"] == name(GREY) and not pbx.agents(*gathered)["changed"]


@pytest.mark.row("P12")
def test_what_is_no_picture_is_refused_before_anything_is_changed(pbx):
    before = pbx.snapshot()
    config = [kim(avatar="portraits/gif.png"), kim(username="kai", avatar="portraits/large.png", nat="comdia")]
    for options in (["--check"], ["-vvv"]):
        result = pbx.attempt("agents", *options, config=config)
        assert result["failed"] and result["msg"].splitlines()[:2] == [
            "item 1: agent 'kim': avatar: 'portraits/gif.png': is neither PNG nor JPEG by its content, whatever its name says",
            "item 2: agent 'kai': avatar: 'portraits/large.png': is larger than 8 MiB"], result["msg"]
        assert "agent 'kai': nat: 'comdia' is none of" in result["msg"]
    assert pbx.snapshot() == before and files(pbx) == {} and remains(pbx) == ""


def test_what_asterisk_refuses_leaves_them_as_they_were(pbx):
    pbx.agents(kim(avatar="portraits/red.png"))
    store, compiled, _endpoints = pbx.snapshot()
    pbx.run("systemctl stop asterisk")
    try:
        result = pbx.attempt("agents", config=[kim(avatar="portraits/blue.png"), kim(username="kai", avatar="portraits/grey.jpg")])
        assert result["failed"] and "Asterisk" in result["msg"], result["msg"]
        assert set(files(pbx)) == {file(RED)}
    finally:
        pbx.run("systemctl start asterisk; asterisk -rx 'core waitfullybooted'")
    assert pbx.snapshot()[:2] == (store, compiled)       # of the telephones, a started Asterisk knows only who registers again


def test_what_somebody_deleted_is_drift(pbx):
    pbx.agents(kim(avatar="portraits/red.png"))
    pbx.run(f"rm {FOLDER}/*; echo half > {FOLDER}/{file(BLUE)}.new; echo orphan > {FOLDER}/{file(GREY)}")
    result = pbx.agents({"username": "kim", "avatar": name(RED)})
    assert not result["changed"] and f"avatars/{file(RED)}: gone from the host, and this run does not bring it" in result["output"]
    for options in (["--check"], []):
        result = pbx.apply("agents", *options, config=[kim(avatar="portraits/red.png")])
        assert result["changed"] and result["drifted"] == [f"avatars/{file(RED)}"] and "this run puts it right" in result["output"]
    assert set(files(pbx)) == {file(RED)} and not pbx.agents(kim(avatar="portraits/red.png"))["changed"]


def test_a_full_disk(pbx):
    """The store's folder has no room for a picture; the run says so, and all is as it was."""
    pbx.agents(kim())
    before = pbx.snapshot()
    pid = subprocess.run(["podman", "container", "inspect", pbx.name, "--format", "{{.State.Pid}}"], capture_output=True, text=True, check=True).stdout.strip()
    inside = ["nsenter", f"--target={pid}", "--mount", "--pid", *([] if os.geteuid() == 0 else ["--user", "--preserve-credentials"])]
    pbx.run(f"mkdir {FOLDER}")
    subprocess.run([*inside, "mount", "-t", "tmpfs", "-o", "size=1m", "none", FOLDER], check=True)
    try:
        result = pbx.attempt("agents", "-vvv", config=[kim(avatar="portraits/big.png"), kim(username="kai", avatar="portraits/red.png")])
        assert result["failed"] and f"the avatars cannot be kept in {FOLDER}: No space left on device" in result["msg"], result["msg"]
        assert pbx.run(f"ls -A {FOLDER}") == "" and "Traceback" not in result["output"]
    finally:
        subprocess.run([*inside, "umount", FOLDER], check=True)
    assert pbx.snapshot() == before and remains(pbx) == ""
    pbx.agents(kim(avatar="portraits/big.png"))
    assert set(files(pbx)) == {file(BIG)}


def run(pbx, *options, pipelining="true", **arguments):
    """A run of another user's, or otherwise than usual."""
    command = ["ansible", pbx.name, "-i", f"{pbx.name},", "-m", "switchboard.asterisk.agents", "-a", json.dumps(arguments),
               "-e", "ansible_connection=containers.podman.podman", *options]
    environment = {**os.environ, "ANSIBLE_PIPELINING": pipelining, "ANSIBLE_NOCOLOR": "true"}
    done = subprocess.run(command, cwd=pbx.folder, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.mark.parametrize("pipelining", ["true", "false"])
def test_whatever_the_way_to_the_host(pbx, pipelining):
    """A user of the host's who becomes root, whose umask lets nobody read anything; and there and back."""
    pbx.run("command -v sudo || apt-get -o Acquire::Check-Valid-Until=false install --yes --no-install-recommends sudo >/dev/null")
    pbx.run("id ops 2>/dev/null || useradd --create-home ops; echo 'ops ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/ops; chmod 440 /etc/sudoers.d/ops")
    pbx.run("printf '#!/bin/sh\\numask 077\\nexec /usr/bin/python3 \"$@\"\\n' > /usr/local/bin/strict; chmod 755 /usr/local/bin/strict")
    ops = ["-e", "ansible_user=ops ansible_python_interpreter=/usr/local/bin/strict", "--become"]
    try:
        shown = run(pbx, *ops, pipelining=pipelining, config=[kim(avatar="portraits/red.png"), kim(username="kai", avatar="portraits/grey.jpg")])
        assert "CHANGED" in shown and set(files(pbx)) == {file(RED), file(GREY)}
        again = run(pbx, *ops, "-vvv", pipelining=pipelining, config=[kim(avatar="portraits/red.png"), kim(username="kai", avatar="portraits/grey.jpg")])
        assert '"changed": false' in again and "avatars.tar" not in again
        shown = run(pbx, *ops, "-vvv", pipelining=pipelining, state="gathered", scope={"names": "k*"}, avatars_dest=f"copy-{pipelining}")
        assert {each.name: each.read_bytes() for each in (pbx.folder / f"copy-{pipelining}").iterdir()} == {file(RED): RED, file(GREY): GREY}
        assert re.search(r'"fetched": 2\b', shown) and "ihdr" not in shown.lower() and "JFIF" not in shown
        assert pbx.run("ls -A /home/ops/.ansible/tmp; find / -xdev -name '*avatars.tar*'", check=False) == ""
    finally:
        pbx.run("rm -f /etc/sudoers.d/ops /usr/local/bin/strict; userdel --remove ops 2>/dev/null", check=False)


def test_an_export_moves_to_a_site_that_does_not_have_them(pbx):
    """What was gathered, with the pictures beside it."""
    pbx.agents(kim(avatar="portraits/grey.jpg"))
    (pbx.folder / "export").mkdir()
    result = pbx.apply("agents", state="gathered", scope={"names": "kim"}, avatars_dest="export/avatars")
    assert result["avatars"]["fetched"] == 1
    (pbx.folder / "export/agents.json").write_text(json.dumps([{**each, "sip_password": PASSWORD} for each in result["gathered"]]))
    pbx.agents({"username": "kim"}, state="deleted")
    refused = pbx.attempt("agents", config=[kim(avatar=name(GREY))])
    assert refused["failed"] and f"item 1: agent 'kim': avatar: {name(GREY)} is neither on the host nor, by that name" in refused["msg"], refused["msg"]
    assert pbx.apply("agents", config_file="export/agents.json")["created"] == ["kim"] and set(files(pbx)) == {file(GREY)}


def test_thousands_in_one_go(pbx):
    """No more trips to the host for many than for one, and none of their contents a second time."""
    (pbx.folder / "files/many").mkdir()
    for count in range(2000):
        (pbx.folder / f"files/many/{count}.png").write_bytes(png(64, 64, count))
    (pbx.folder / "many.json").write_text(json.dumps([{"username": f"k{count:04}", "full_name": "K", "avatar": f"many/{count}.png"} for count in range(2000)]))
    try:
        first = pbx.apply("agents", "-vvv", config_file="many.json")
        assert first["counts"]["created"] == 2000 and len(files(pbx)) == 2000
        again = pbx.apply("agents", "-vvv", config_file="many.json")
        assert not again["changed"] and "avatars.tar" in first["output"] and "avatars.tar" not in again["output"]
    finally:
        pbx.agents(state="overridden", scope={"names": "k[0-9]*"}, max_deletions="100%", allow_empty=True)
