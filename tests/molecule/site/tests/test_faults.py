# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong on a host: killed runs, full and read-only disks, a store that cannot be used, an Asterisk that is down, slow or refuses."""

import json
import os
import re
import shlex
import subprocess
import textwrap
import time

import pytest

PASSWORD = "hunter2-long-enough"
STATE = "/var/lib/switchboard"
LINK = "/etc/asterisk/switchboard"

# What a site is, without the numbers that count its changes: what the store says, what the files say, what Asterisk has.
SITE = textwrap.dedent('''
    import glob, hashlib, json, sqlite3, subprocess
    def said():
        base = sqlite3.connect("/var/lib/switchboard/store.db")
        if base.execute("PRAGMA integrity_check").fetchone() != ("ok",) or base.execute("PRAGMA foreign_key_check").fetchone():
            return "damaged"
        made = base.execute("SELECT 1 FROM sqlite_master WHERE name = 'documents'").fetchone()
        documents = made and base.execute("SELECT kind, key, body FROM documents ORDER BY kind, key").fetchall()
        if not documents:
            return "empty"
        secrets = base.execute("SELECT kind, key, field, value FROM secrets JOIN documents ON document = id ORDER BY 1, 2, 3").fetchall()
        claims = base.execute("SELECT space, claims.value, kind, key FROM claims JOIN documents ON document = id ORDER BY 1, 2").fetchall()
        return hashlib.sha256(json.dumps([documents, secrets, claims]).encode()).hexdigest()
    def files():
        return {path: hashlib.sha256(open(path, "rb").read()).hexdigest() for path in sorted(glob.glob("/etc/asterisk/switchboard/*.conf"))}
    def endpoints():
        told = subprocess.run(["asterisk", "-rx", "pjsip list endpoints"], capture_output=True, text=True).stdout
        return sorted(line.split()[1] for line in told.splitlines() if line.startswith(" Endpoint:  ") and "<" not in line)
    def site():
        return {"store": said(), "files": files(), "endpoints": endpoints()}
''')


def on_host(pbx, script, *arguments):
    """What a Python script on the host prints, from JSON."""
    return json.loads(pbx.run(" ".join(map(shlex.quote, ["python3", "-c", SITE + textwrap.dedent(script), *map(str, arguments)]))))


def site(pbx):
    return on_host(pbx, "print(json.dumps(site()))")


def mount(pbx, *arguments):
    """Asks the kernel from outside: the host itself may not."""
    inspect = ["podman", "container", "inspect", pbx.name, "--format", "{{.State.Pid}}"]
    number = subprocess.run(inspect, capture_output=True, text=True, check=True).stdout.strip()
    rights = [] if os.geteuid() == 0 else ["--user", "--preserve-credentials"]
    subprocess.run(["nsenter", f"--target={number}", "--mount", "--pid", *rights, *arguments], check=True)


def until(check, seconds, what):
    end = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < end, f"not {what} within {seconds} s"
        time.sleep(0.1)


def is_up(pbx):
    return "fully booted" in pbx.run("asterisk -rx 'core waitfullybooted'", check=False)


def asterisk_has(pbx, wanted):
    until(lambda: is_up(pbx) and site(pbx) == wanted, 60, "as it was, in Asterisk too")


def people(first, last, name):
    """A set of agents by number, made to differ from another set in who there is and in how they are called."""
    return [{"username": f"k{count:03}", "full_name": f"{name} {count}", "number": str(2000 + count), "typology": "external", "sip_password": PASSWORD}
            for count in range(first, last)]


def task(first, last, name):
    """That exactly these agents are there: it creates, updates and deletes."""
    return {"config": people(first, last, name), "state": "overridden", "scope": {"names": "k*"}, "max_deletions": "100%", "allow_empty": True}


@pytest.fixture(autouse=True)
def nobody_is_left(pbx):
    yield
    pbx.apply("agents", config=[], state="overridden", scope={"names": "k*"}, max_deletions="100%", allow_empty=True)


def refused(pbx, error, **arguments):
    """A run that fails with these words and nothing else, and leaves everything as it was."""
    before = pbx.snapshot()
    result = pbx.attempt("agents", "-vvv", **(arguments or task(0, 3, "New")))
    assert result["failed"] and re.search(error, result["msg"]), result["output"]
    assert "Traceback" not in result["output"] and PASSWORD not in result["output"], result["output"]
    assert pbx.snapshot() == before


# Killed

@pytest.fixture(name="kept")
def kept_fixture(pbx, monkeypatch):
    """kept(task) runs it and gives the path of the module that Ansible brought to the host, to be run again there."""
    def run(arguments):
        monkeypatch.setenv("ANSIBLE_KEEP_REMOTE_FILES", "1")
        pbx.apply("agents", **arguments)
        monkeypatch.delenv("ANSIBLE_KEEP_REMOTE_FILES")
        return pbx.run("ls -td /root/.ansible/tmp/ansible-tmp-*/AnsiballZ_agents.py | head -1").strip()
    yield run
    pbx.run("rm -rf /root/.ansible/tmp/ansible-tmp-*")


@pytest.fixture(name="strace", scope="module")
def strace_fixture(pbx):
    pbx.run("command -v strace || apt-get -o Acquire::Check-Valid-Until=false install --yes --no-install-recommends strace")


# The system calls by which a run changes what others see: folders and links, what is brought to the disk, what Asterisk is told
CALLS = "trace=mkdir,mkdirat,rename,renameat,renameat2,symlink,symlinkat,unlink,unlinkat,fsync,fdatasync,pwrite64,sendto"

POINTS = """
    import collections, os, re, sys
    module, calls = sys.argv[1:]
    subprocess.run(["strace", "-f", "-qq", "-o", "/tmp/trace", "-e", calls, "python3", module], check=True, capture_output=True)
    counts, points = collections.Counter(), []
    for line in open("/tmp/trace"):
        if found := re.match(r"\\d+ +(\\w+)\\((.*)", line):
            counts[found[1]] += 1
            if found[1] in ("fsync", "fdatasync", "pwrite64", "sendto") or "switchboard" in found[2]:
                points.append((found[1], counts[found[1]]))
    print(json.dumps(points))
"""

KILL = """
    import sys
    module, call, count = sys.argv[1:]
    died = subprocess.run(["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=" + call,
                           "-e", f"inject={call}:signal=KILL:when={count}", "python3", module], capture_output=True)
    left = site()
    again = subprocess.run(["python3", module], capture_output=True, text=True)
    print(json.dumps({"died": died.returncode, "left": left, "again": again.stdout + again.stderr, "after": site()}))
"""


def spread(points, count):
    """About so many of the points, each place in the run among them: the same call many times over is one place."""
    places = [[]]
    for point in points:
        if places[-1] and places[-1][-1][0] != point[0]:
            places.append([])
        places[-1].append(point)
    chosen = [each for place in places for each in {0: place[0], len(place) // 2: place[len(place) // 2], len(place) - 1: place[-1]}.values()]
    return sorted(chosen, key=points.index)[:: max(1, len(chosen) // count)]


def test_a_run_killed_at_any_point_leaves_old_or_new_and_the_next_one_mends_the_rest(pbx, kept, strace):
    modules = [kept(task(0, 120, "Old")), kept(task(60, 200, "New"))]
    points = [on_host(pbx, POINTS, modules[0], CALLS)]
    sites = [site(pbx)]
    points.append(on_host(pbx, POINTS, modules[1], CALLS))
    sites.append(site(pbx))
    assert sites[0] != sites[1] and len(points[0]) > 20
    names = {call for call, _count in points[0]}
    assert names >= {"fsync", "pwrite64", "sendto"} and any(name.startswith("symlink") for name in names)
    now = 1
    killed = 0
    for call, count in spread(points[0], 20):
        now = 1 - now       # there and back again: each point kills a run that creates, updates and deletes
        told = on_host(pbx, KILL, modules[now], call, count)
        where = f"killed before {call} number {count}"
        killed += told["died"] != 0
        assert told["left"]["store"] in (sites[0]["store"], sites[1]["store"]), where
        assert told["left"]["files"] in (sites[0]["files"], sites[1]["files"]), where
        assert told["left"]["endpoints"] in (sites[0]["endpoints"], sites[1]["endpoints"]), where
        assert '"failed": true' not in told["again"] and "Traceback" not in told["again"], f"{where}: {told['again']}"
        assert told["after"] == sites[now], where
    assert killed >= 15
    assert not pbx.agents(*people(60, 200, "New") if now else people(0, 120, "Old"))["changed"]


@pytest.fixture(name="first_day")
def first_day_fixture(pbx):
    """A host on which no resource was ever made; afterwards all of it is back."""
    wanted = site(pbx)
    pbx.run(f"readlink {LINK} > /root/link; mv {STATE} /root/state; install -d -g asterisk -m 0750 {STATE}; rm {LINK}; "
            "asterisk -rx 'module reload res_pjsip.so'")
    yield
    pbx.run(f"rm -rf {STATE}; mv /root/state {STATE}; ln -sfn $(cat /root/link) {LINK}; asterisk -rx 'module reload res_pjsip.so'; "
            "asterisk -rx 'module reload app_voicemail.so'")
    asterisk_has(pbx, wanted)


def test_the_very_first_run_killed_at_any_point(pbx, kept, strace, first_day):
    module = kept({"config": people(0, 3, "First")})
    wanted = site(pbx)
    pbx.run(f"rm -rf {STATE}/* {LINK}")
    points = on_host(pbx, POINTS, module, CALLS)
    assert site(pbx) == wanted
    for call, count in spread(points, 15):
        pbx.run(f"rm -rf {STATE}/* {LINK}")
        told = on_host(pbx, KILL, module, call, count)
        assert told["left"]["store"] in ("empty", wanted["store"]), f"killed before {call} number {count}"
        assert told["left"]["files"] in ({}, wanted["files"]), f"killed before {call} number {count}"
        assert told["after"] == wanted, f"killed before {call} number {count}: {told['again']}"


# The disk

@pytest.fixture(name="small")
def small_fixture(pbx):
    """small(): the state folder is on a disk of its own with so many KiB left."""
    pbx.run(f"cp -a {STATE} /root/state")
    mount(pbx, "mount", "-t", "tmpfs", "-o", "size=4m,mode=0750", "none", STATE)
    pbx.run(f"cp -a /root/state/. {STATE}; chgrp asterisk {STATE}")

    def left(kibibytes):
        pbx.run(f"rm -f {STATE}/filler; free=$(df --output=avail -k {STATE} | tail -1); head -c $(((free - {kibibytes}) * 1024)) /dev/zero > {STATE}/filler")
    link = pbx.run(f"readlink {LINK}").strip()
    yield left
    mount(pbx, "umount", STATE)
    pbx.run(f"rm -rf /root/state; ln -sfn {link} {LINK}; asterisk -rx 'module reload res_pjsip.so'")


def test_full_disk(pbx, small):
    """Wherever in the run the disk gets full: a clear error, nothing changed, and Asterisk serves what it served."""
    errors = []
    for kibibytes in (0, 24, 40, 56, 72, 96):
        small(kibibytes)
        before = pbx.snapshot()
        result = pbx.attempt("agents", **task(0, 100, "New"))
        if not result["failed"]:
            break
        assert re.search("No space left|disk is full", result["msg"]) and "Traceback" not in result["output"], result["output"]
        assert pbx.snapshot() == before, f"{kibibytes} KiB left: {result['msg']}"
        errors.append(result["msg"])
    assert {error.split(" ")[1] for error in errors} >= {"configuration", "store"}, errors     # both were met
    small(2000)
    pbx.apply("agents", **task(0, 100, "New"))
    assert "k099/2099" in site(pbx)["endpoints"]


@pytest.mark.parametrize("folder, error", [(STATE, "the lock file .* cannot be opened: Read-only file system"),
                                           ("/etc/asterisk", "/etc/asterisk/switchboard cannot be pointed .*Read-only file system")])
def test_read_only_file_system(pbx, folder, error):
    mount(pbx, "mount", "--bind", folder, folder)
    mount(pbx, "mount", "-o", "remount,bind,ro", folder)
    try:
        refused(pbx, error)
    finally:
        mount(pbx, "umount", folder)


# The store

def test_store_locked_by_another_program(pbx):
    script = f"import sqlite3, sys; sqlite3.connect('{STATE}/store.db', isolation_level=None).execute('BEGIN EXCLUSIVE'); print(flush=True); sys.stdin.read()"
    before = pbx.snapshot()
    holder = subprocess.Popen(["podman", "exec", "-i", pbx.name, "python3", "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    holder.stdout.readline()
    result = pbx.attempt("agents", **task(0, 3, "New"))
    holder.communicate()
    assert result["failed"] and re.search("the store .* is locked by another program", result["msg"]), result["output"]
    assert pbx.snapshot() == before


@pytest.mark.parametrize("damage, error", [
    ("dd if=/dev/urandom of={store} bs=4096 seek=1 count=3 conv=notrunc", "is damaged: restore it from a backup"),
    ("truncate -s 5000 {store}", "is damaged: restore it from a backup"),
    ("echo no store at all, and long enough to be read as one................ > {store}", "is damaged: restore it from a backup"),
    ("python3 -c \"import sqlite3; sqlite3.connect('{store}').execute('PRAGMA user_version = 99')\"",
     "is of version 99, newer than this collection's .*: upgrade the collection"),
])
def test_store_that_cannot_be_used(pbx, damage, error):
    before = pbx.snapshot()
    store = f"{STATE}/store.db"
    pbx.run(f"cp -a {store} /root/store; {damage.format(store=store)}; sha256sum {store} > /root/sum")
    try:
        for options in ((), ("--check",)):
            result = pbx.attempt("agents", *options, **task(0, 3, "New"))
            assert result["failed"] and re.search(f"the store {store} {error}", result["msg"]), result["output"]
            assert "Traceback" not in result["output"]
        pbx.run("sha256sum -c /root/sum")      # what is left of it was not touched
    finally:
        pbx.run(f"mv /root/store {store}")
    assert pbx.snapshot() == before


# Asterisk

def test_asterisk_is_stopped(pbx):
    before = pbx.snapshot()
    pbx.run("systemctl stop asterisk")
    try:
        result = pbx.attempt("agents", **task(0, 3, "New"))
    finally:
        pbx.run("systemctl start asterisk")
    assert result["failed"] and re.search("Asterisk does not answer on its manager interface .*: is it running?", result["msg"]), result["output"]
    until(lambda: is_up(pbx) and pbx.snapshot() == before, 30, "as it was")


@pytest.fixture(name="call")
def call_fixture(phone):
    """Two phones in a call, which is heard both ways before and after the test."""
    anna, bo = phone("anna"), phone("bo")
    anna.dial("1002")
    bo.ringing().answer().established()
    anna.established()
    anna.hears(bo)
    yield
    bo.hears(anna)
    anna.hears(bo)
    anna.hangup()


@pytest.mark.parametrize("kind", ["endpoint", "aor"])
def test_asterisk_refuses_the_new_configuration(pbx, call, kind):
    """A hand-written section stands in the way of a new agent's."""
    file = f"/etc/asterisk/pjsip_{kind}.conf"
    pbx.run(f"cp -a {file} /root/file; sed -i 's|^#tryinclude|[k001]\\ntype={kind}\\n\\n&|' {file}")
    try:
        pbx.asterisk("module reload res_pjsip.so")
        refused(pbx, f"^Asterisk refused the new configuration; the old one is back in force:\nERROR.* duplicate object: 'k001' of type '{kind}'$")
    finally:
        pbx.run(f"cp -a /root/file {file}")
        pbx.asterisk("module reload res_pjsip.so")
    wanted = site(pbx)
    assert pbx.apply("agents", **task(0, 3, "New"))["changed"]
    assert set(site(pbx)["endpoints"]) - set(wanted["endpoints"]) == {"k000/2000", "k001/2001", "k002/2002"}


def test_after_a_refusal_a_restarted_asterisk_has_what_it_had(pbx):
    wanted = site(pbx)
    refused(pbx, "there is no dialplan context nosuch", config=[{**people(1, 2, "New")[0], "context": "nosuch"}])
    pbx.run("systemctl restart asterisk")
    asterisk_has(pbx, wanted)


def test_asterisk_is_killed_during_the_reload(pbx):
    before = site(pbx)
    pbx.run(f"""python3 -c "
import os, signal, subprocess, time
link, asterisk = os.readlink('{LINK}'), int(subprocess.check_output(['systemctl', 'show', '--property=MainPID', '--value', 'asterisk']))
if not os.fork():
    os.setsid()
    for number in (0, 1, 2):
        os.dup2(os.open('/dev/null', os.O_RDWR), number)
    end = time.monotonic() + 60
    while os.readlink('{LINK}') == link and time.monotonic() < end:
        pass
    os.kill(asterisk, signal.SIGKILL)
" """)
    result = pbx.attempt("agents", **task(0, 400, "New"))
    assert result["failed"], result["output"]
    assert re.search("Asterisk (closed|stopped)", result["msg"]) and "The old configuration is back in its place" in result["msg"], result["msg"]
    pbx.run("systemctl start asterisk")
    asterisk_has(pbx, before)
    assert pbx.apply("agents", **task(0, 400, "New"))["changed"]


def test_asterisk_that_does_not_answer(pbx):
    """A run does not wait for ever, and another one is told which run it waits for."""
    before = pbx.snapshot()
    asterisk = pbx.run("systemctl show --property=MainPID --value asterisk").strip()
    pbx.run(f"kill -STOP {asterisk}")
    try:
        first = pbx.start("agents", **task(0, 3, "New"))
        lock = f"import fcntl; fcntl.flock(open('{STATE}/lock'), fcntl.LOCK_EX | fcntl.LOCK_NB)"
        until(lambda: "BlockingIOError" in pbx.run(f'python3 -c "{lock}" 2>&1', check=False), 20, "at work")
        second = pbx.attempt("agents", **task(0, 3, "New"), lock_timeout=1)
        result = pbx.finish(first)
    finally:
        pbx.run(f"kill -CONT {asterisk}")
    assert second["failed"], second["output"]
    assert re.search(r"another run is at work on this host \(process \d+, since .* UTC\), and it was still so after 1 seconds", second["msg"])
    assert result["failed"] and re.search("Asterisk .*timed out", result["msg"]), result["output"]
    until(lambda: pbx.snapshot() == before, 20, "as it was")
