# SPDX-License-Identifier: GPL-3.0-or-later
"""How fast and how large: agents by the thousand onto a real host, beside the way a user would do it otherwise.

`make bench`, or with ansible-playbook on PATH: python3 -m tests.bed run python3 -m tests.bench [SIZE ...]
Writes docs/benchmark.md and docs/benchmark.svg. Machines are noisy: what counts is the ratio of rows of one run.
"""

import csv
import json
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.bed import images, podman
from tests.phones import Phones

from .chart import chart

ROOT = Path(__file__).resolve().parents[2]
HOST = "switchboard-bench"
SIZES = (1000, 10000)
LOOPED = 25             # agents of the looped template; what more would take is extrapolated
NUMBERS = "10000-39999"
PASSWORDS = 40          # given ones, whose hashing takes its time by design
HASHING = f"""
import os, time
from concurrent.futures import ThreadPoolExecutor
from passlib.hash import scrypt
slow = scrypt.using(rounds=14, block_size=8, parallelism=5)
start = time.perf_counter()
with ThreadPoolExecutor(os.cpu_count()) as pool:
    list(pool.map(slow.hash, ["Winter-coat-42"] * {PASSWORDS}))
print(time.perf_counter() - start)
"""
TIMES = 3               # of a run that can be had again; the median counts


@dataclass
class Row:
    """One run: wall and CPU in seconds, peak memory in MiB; of the controller, and of the module on the host."""

    what: str
    form: str
    size: int
    wall: float
    cpu: float
    memory: int
    module: float = 0.0
    module_memory: int = 0
    reload: float = 0.0         # seconds of the module's in which Asterisk read its files

    @property
    def own(self):
        """Seconds of the module without Asterisk's reload."""
        return self.module - self.reload


class Bench:
    def __init__(self, folder):
        self.folder = folder
        self.inventory = folder / "hosts.json"
        host = {"ansible_connection": "containers.podman.podman", "ansible_python_interpreter": "/usr/bin/python3"}
        self.inventory.write_text(json.dumps({"pbx": {"hosts": {HOST: host}}}))
        self.rows = []

    def play(self, tasks):
        """A playbook with these tasks, as (wall, cpu, memory, output)."""
        book = self.folder / "play.yml"
        book.write_text(json.dumps([{"hosts": "pbx", "gather_facts": False, "tasks": tasks}]))
        return self.run(str(book))

    def run(self, *arguments):
        environment = {**os.environ, "ANSIBLE_PIPELINING": "true", "ANSIBLE_CALLBACK_RESULT_FORMAT": "json", "ANSIBLE_NOCOLOR": "true"}
        with open(self.folder / "output", "w+", encoding="utf-8") as output:
            start = time.perf_counter()
            command = ["ansible-playbook", "-v", "-i", str(self.inventory), *arguments]
            process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)
            _pid, status, used = os.wait4(process.pid, 0)
            wall = time.perf_counter() - start
            process.returncode = os.waitstatus_to_exitcode(status)
            output.seek(0)
            said = output.read()
        if process.returncode:
            raise SystemExit(f"bench: ansible-playbook failed:\n{said[-3000:]}")
        return wall, used.ru_utime + used.ru_stime, used.ru_maxrss >> 10, said

    def measure(self, what, form, size, arguments, changed, times=1, cleared=False):
        """Add the median of several runs as a row; what must (not) have changed is looked at. `cleared`: each begins without an agent."""
        task = {"name": what, "switchboard.asterisk.agents": {"number_range": NUMBERS, "state": "overridden", "max_deletions": "100%", **arguments}}
        found = []
        for _each in range(times):
            if cleared:
                self.clear()
            wall, cpu, memory, said = self.play([task])
            counts = {name: int(re.search(rf'"{name}": (\d+)', said)[1]) for name in ("created", "deleted", "updated")}
            if counts != {"created": 0, "deleted": 0, "updated": 0, **changed}:
                raise SystemExit(f"bench: {what} {form} {size} changed {counts}, not {changed}")
            found.append(Row(what, form, size, wall, cpu, memory, float(re.search(r'"seconds": ([0-9.]+)', said)[1]),
                             int(re.search(r'"peak_memory_mib": (\d+)', said)[1]),
                             float((re.search(r'"reload_seconds": ([0-9.]+)', said) or (0, 0))[1])))
        self.add(sorted(found, key=lambda row: row.wall)[len(found) // 2])

    def add(self, row):
        self.rows.append(row)
        print(f"  {row.what:28} {row.form:5} {row.size:6}  wall {row.wall:7.2f} s  cpu {row.cpu:6.2f} s  {row.memory:4} MiB   "
              f"module {row.module:6.2f} s, {row.reload:5.2f} s of it reload  {row.module_memory:4} MiB", flush=True)

    def clear(self):
        self.play([{"name": "Clear", "switchboard.asterisk.agents": {"config": [], "state": "overridden", "allow_empty": True, "max_deletions": "100%"}}])

    def furnish(self):
        """The teams and queues that agents are in."""
        teams = [{"name": f"team{count}", "display_name": f"Team {count}"} for count in range(TEAMS)]
        queues = [{"name": f"queue{count}", "number": str(39000 + count), "strategy": "leastrecent", "teams": [f"team{count % TEAMS}:5"] if count < 5 else []}
                  for count in range(QUEUES)]
        self.play([{"name": "Teams", "switchboard.asterisk.teams": {"config": teams}},
                   {"name": "Queues", "switchboard.asterisk.queues": {"config": queues, "number_range": NUMBERS}}])

    def empty_playbook(self):
        runs = [self.play([]) for _each in range(TIMES)]
        wall, cpu, memory, _said = sorted(runs, key=lambda run: run[0])[TIMES // 2]
        self.add(Row("empty playbook", "", 0, wall, cpu, memory))

    def of_size(self, size):
        agents = people(size)
        files = {form: self.folder / f"agents.{form}" for form in ("json", "yaml", "csv")}
        files["json"].write_text(json.dumps(agents))
        files["yaml"].write_text("".join(f"- {as_yaml(agent)}\n" for agent in agents))
        with open(files["csv"], "w", encoding="utf-8", newline="") as file:
            sheet = csv.DictWriter(file, agents[0])
            sheet.writeheader()
            sheet.writerows({name: " ".join(value) if isinstance(value, list) else value for name, value in agent.items()} for agent in agents)
        for form, path in files.items():
            self.measure("cold", form, size, {"config_file": str(path)}, {"created": size}, TIMES if form == "json" else 1, cleared=True)
            self.measure("unchanged, read", form, size, {"config_file": str(path)}, {})
            self.measure("unchanged", form, size, {"config_file": str(path)}, {}, TIMES)
        one = {"state": "merged", "max_deletions": "0"}
        other = {"username": agents[0]["username"], "caller_id": "Somebody Else <+46800>"}
        self.measure("one changed", "json", size, {**one, "config": [other]}, {"updated": 1})
        for agent in agents[1::100]:
            agent["caller_id"] = f"II {agent['caller_id']}"
        agents[0].update(other)
        files["json"].write_text(json.dumps(agents))
        self.measure("1% changed", "json", size, {"config_file": str(files["json"])}, {"updated": size // 100})

    def passwords(self):
        """Seconds that given passwords add to a task, and those that hashing them takes by itself, on all cores of the host."""
        people_ = [{"username": f"secret{count}", "full_name": "S", "role": "admin", "number": str(38000 + count)} for count in range(PASSWORDS)]
        seconds = []
        for given in ({}, {}, {"password": "Winter-coat-42"}):     # made, unchanged, with passwords
            config = [{**each, **given} for each in people_]
            _wall, _cpu, _memory, said = self.play([{"name": "Passwords", "switchboard.asterisk.users": {
                "number_range": NUMBERS, "config": config, "state": "overridden", "max_deletions": "100%", "update_password": "always"}}])
            seconds.append(float(re.search(r'"seconds": ([0-9.]+)', said)[1]))
        alone = subprocess.run(["podman", "exec", HOST, "python3", "-c", HASHING], capture_output=True, text=True, check=True).stdout
        return seconds[2] - seconds[1], float(alone)

    def looped(self, sizes):
        """A template and a reload: one task, looped over some agents."""
        template = self.folder / "agent.conf.j2"
        template.write_text('[{{ item.username }}](line)\ncallerid="{{ item.full_name }}" <{{ item.number }}>\n'
                            'auth={{ item.username }}\naors={{ item.username }}\n')
        task = {"name": "One by one", "ansible.builtin.template": {"src": str(template), "dest": "/tmp/looped-{{ item.username }}.conf", "mode": "0640"},
                "loop": people(LOOPED), "loop_control": {"label": "{{ item.username }}"}}
        empty = self.rows[0]
        for what in ("looped template, cold", "looped template, unchanged"):
            wall, cpu, memory, _said = self.play([task])
            self.add(Row(what, "yaml", LOOPED, wall, cpu, memory))
            for size in sizes:
                grown = [start + (total - start) * size / LOOPED for start, total in ((empty.wall, wall), (empty.cpu, cpu))]
                self.add(Row(f"{what}, extrapolated", "yaml", size, *grown, memory))

    def registers_after(self):
        """Seconds from the end of the task that makes an agent until its telephone is registered, and what a queue would see."""
        secret = "bench-secret-1"
        with Phones() as phones:
            address = podman.address(HOST)
            self.play([{"name": "New", "switchboard.asterisk.agents": {"number_range": NUMBERS, "config": [
                {"username": "newcomer", "full_name": "New", "typology": "external", "sip_password": secret}]}}])
            end = time.perf_counter()
            phones.baresip("newcomer", address, secret).registered(30)
            seconds = time.perf_counter() - end
            state = ""
            until = time.perf_counter() + 5
            while state != "Not in use" and time.perf_counter() < until:
                ask = ["podman", "exec", HOST, "asterisk", "-rx", "pjsip show endpoint newcomer"]
                shown = subprocess.run(ask, capture_output=True, text=True, check=True).stdout
                state = re.search(r"Endpoint:\s+newcomer\S*\s+(\S.*?)\s{2,}", shown)[1]
        return seconds, state


# What all agents have alike: every field that is not one's own, most of them other than by default
ALIKE = {
    "authentication": "local", "update_password": "on_create", "must_change_password": True, "password_changed_at": "2026-01-31T08:00:00Z",
    "password_hash": "$pbkdf2-sha256$29000$c2FtcGxlc2FsdA$j6Xv1zGWjqa5KXd0kMoGxvPsQEZ1wvSU0EZVNq4lV8k", "locked": False, "nat": "yes", "disabled": False,
    "codecs": ["alaw", "ulaw"], "context": "from-sip", "call_groups": ["sales"], "pickup_groups": ["sales", "office"], "host": "dynamic", "type": "friend",
    "sip_expires": 600, "client_log": "warning", "login_pause": True, "mask_sensitive_data": True, "chanspy": True, "video": True, "record_calls": "wav",
    "prefix_required": True, "select_recall_campaign": True, "messenger.enabled": True, "messenger.sound": False, "phone.auto_answer": True, "phone.delay": 3,
    "phone.settings": False, "phone.recording": True, "phone.dtmf_tones": False, "phone.dnd_on_pause": True, "phone.preview_on_pause": True,
    "phone.ring_in_use": True, "phone.tls_certificate": "/etc/ssl/own.pem", "phone.tls_private_key": "/etc/ssl/own.key", "phone.wss_port": 8443,
    **{f"channels.{name}.{field}": value for name in ("voice", "chat", "email", "sms", "open_channel", "fax")
       for field, value in (("capacity", 2), ("auto_answer", True), ("delay", 5))},
    "downloads.attachments": True, "downloads.interactions": True, "downloads.recordings": True,
    "permissions.sections": ["contacts", "reports"], "permissions.channels": ["voice", "chat"], "permissions.plugins": ["crm"],
}
TEAMS, QUEUES = 50, 100


def people(size):
    """Agents with all their fields: every second one with a SIP telephone, every fourth with a mailbox, each in a team and in two queues."""
    return [{"username": f"agent{count}", "full_name": f"Agent Number {count}", "alias": f"A{count}", "email": f"agent{count}@example.org",
             "number": str(10000 + count), "typology": "external" if count % 2 else "webrtc", "transport": "udp" if count % 2 else "wss",
             "sip_password": f"made-up-{count:08}", "description": f"Desk {count}", "caller_id": f"Agent {count} <+4680{count}>",
             "voicemail": count % 4 == 0, "voicemail_pin": f"{count:06}", "teams": [f"team{count % TEAMS}"],
             "queues": [f"queue{count % QUEUES}", f"queue{(count + 1 + count // QUEUES % (QUEUES - 1)) % QUEUES}:2"], **ALIKE} for count in range(size)]


def as_yaml(agent):
    return json.dumps(agent)[1:-1].join("{}")


def table(rows):
    head = ["run", "from", "agents", "wall s", "CPU s", "peak MiB", "module s", "of it reload s", "module peak MiB"]
    lines = ["| " + " | ".join(head) + " |", "|---|---|" + "--:|" * 7]
    for row in rows:
        module = [f"{row.module:.2f}", f"{row.reload:.2f}" if row.reload else "", row.module_memory] if row.module else [""] * 3
        cells = [row.what, row.form, row.size or "", f"{row.wall:.2f}", f"{row.cpu:.2f}", row.memory, *module]
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines)


def goals(rows, site, registered, state, hashing):
    """The figures that were set, and what was measured: (what, goal, measured)."""
    def of(what, size=10000, form="json"):
        return next((row for row in rows if (row.what, row.size, row.form) == (what, size, form)), None)

    empty = rows[0].wall
    if not of("cold"):
        return []
    small = of("cold", 1000) or of("cold")
    peak = max(row.module_memory for row in rows)
    return [
        ("10,000 unchanged, beyond an empty playbook", "2 s",
         f"{of('unchanged').wall - empty:.1f} s; {of('unchanged, read').wall - empty:.1f} s the first time, when the input is still read"),
        ("10,000 cold, with reload and verification", "8 s", f"{of('cold').wall:.1f} s, {of('cold').wall / empty:.0f} times an empty playbook"),
        ("one of 10,000 changed", "5 s", f"{of('one changed').wall:.1f} s"),
        ("the module's peak memory", "250 MiB", f"{peak} MiB"),
        ("growth of the module's own time from 1,000 to 10,000, cold", "12 times",
         f"{of('cold').own / small.own:.1f} times; with Asterisk's reload in it {of('cold').module / small.module:.1f} times"),
        ("a new agent's telephone is registered after the task's end", "1 s", f"{registered:.2f} s, then it is `{state}`"),
        (f"{PASSWORDS} given passwords, beside nothing but hashing them on all cores", "1.2 times",
         f"{hashing[0] / hashing[1]:.2f} times ({hashing[1] / PASSWORDS * 1000:.0f} ms each)"),
        ("`site.yml` on an empty host", "180 s", f"{site[0]:.0f} s"),
        ("`site.yml` again", "25 s", f"{site[1]:.0f} s"),
    ]


def main():
    sizes = [int(each) for each in sys.argv[1:]] or list(SIZES)
    images.build("host")
    images.build("phone")
    podman.down([HOST])
    podman.up(HOST, images.tag("host"))
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        print("site.yml on an empty host, and again", flush=True)
        site = [bench.run("switchboard.asterisk.site")[0] for _each in range(2)]
        bench.furnish()
        bench.empty_playbook()
        for size in sizes:
            bench.of_size(size)
        registered, state = bench.registers_after()
        hashing = bench.passwords()
        bench.looped(sizes)
    podman.down([HOST])
    rows = bench.rows
    load = statistics.fmean(os.getloadavg())
    rated = "\n".join(f"| {what} | {goal} | {measured} |" for what, goal, measured in goals(rows, site, registered, state, hashing))
    day = time.strftime("%Y-%m-%d")
    (ROOT / "docs/benchmark.md").write_text(f"""# Benchmark

Written by `make bench` on {day}: {os.cpu_count()} cores, load {load:.1f}, Asterisk in a container on the same machine.
Noise is large; compare rows of one run with each other. Wall time includes the start of Ansible, which an empty playbook shows.

![Wall time by run](benchmark.svg)

## What was set out for

| figure | at most | measured |
|---|---|---|
{rated}

## All rows

{table(rows)}

An input that was read and changed nothing is not read again while nothing else changes: `unchanged, read` is the first such run, `unchanged` those after it.

The looped template is what a user would otherwise do: one task, one file an agent, measured at {LOOPED} and extrapolated in proportion from there.
It neither validates nor reloads nor verifies, which our rows do. Like them it goes over the podman connection, where each step starts a process.
""")
    bars = [(f"{row.what}, {row.form or 'nothing'}, {row.size:,}", row.wall, "extrapolated" in row.what) for row in rows]
    (ROOT / "docs/benchmark.svg").write_text(chart(bars))
    print(f"peak memory of this process {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10} MiB; written: docs/benchmark.md, docs/benchmark.svg")


main()
