# SPDX-License-Identifier: GPL-3.0-or-later
"""What changes cost those who are on the telephone, and what a registration and a call cost beside a configuration written by hand.

With ansible-playbook on PATH: python3 -m tests.bed run python3 -m tests.bench.load
Writes docs/load.md. Machines are noisy: what counts is the ratio of rows of one run.
"""

import json
import math
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.bed import images, podman
from tests.phones import Phones, until
from tests.phones.sound import Sound

ROOT = Path(__file__).resolve().parents[2]
HOST = "switchboard-load"
TELEPHONES = 200                # every second one is called by its neighbour
CALLS = 50                      # at the same time, with sound both ways
SETUPS = 2                      # further calls a second, to see how long an answer takes
CHANGES = 20
OTHERS = 800                    # people of the site who are not on the telephone
REGISTRATIONS, SHORT_CALLS = 2000, 200      # whose CPU time is taken
TURNS = 8                       # of each configuration, in alternation; the median counts
QUIET = 6                       # seconds in which nobody calls, to see what that costs: telephones are asked whether they are there
CALLED_AT, CALLER_AT = 7000, 7100           # ports
PASSWORD = "made-up-1234"       # of telephones that live for minutes
FIRST = 20000                   # their numbers


def device(count):
    return f"load{count:03}"


def number(count):
    return str(FIRST + count)


def people(first, count):
    return [{"username": device(each), "full_name": f"Load {each}", "number": number(each), "typology": "external", "sip_password": PASSWORD,
             "nat": "no", "phone": {"ring_in_use": True}, "channels": {"voice": {"capacity": 2}}} for each in range(first, first + count)]


def on_host(*argv):
    return subprocess.run(["podman", "exec", HOST, *argv], capture_output=True, text=True, check=True).stdout


def asterisk(command):
    return on_host("asterisk", "-rx", command)


def cpu():
    """Seconds that Asterisk has used since it started."""
    used = on_host("sh", "-c", "cat /proc/$(cat /run/asterisk/asterisk.pid)/stat").rpartition(")")[2].split()[11:13]
    return sum(map(int, used)) / os.sysconf("SC_CLK_TCK")


def spent(meanwhile):
    """Seconds that Asterisk uses meanwhile."""
    before = cpu()
    meanwhile()
    return cpu() - before


def channels():
    """The names of all channels that are up."""
    return {line.partition("!")[0] for line in asterisk("core show channels concise").splitlines() if line.startswith("PJSIP/")}


def quiet():
    """Ends all calls."""
    asterisk("channel request hangup all")
    until(lambda: not channels(), 30, lambda: SystemExit(f"load: {channels()} do not end"))


def ansible(*arguments):
    environment = {**os.environ, "ANSIBLE_PIPELINING": "true", "ANSIBLE_NOCOLOR": "true"}
    done = subprocess.run(arguments, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"load: {arguments[0]} failed:\n{done.stdout[-3000:]}{done.stderr[-1000:]}")


def agents(config, state="merged"):
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(config, file)
        file.flush()
        ansible("ansible", HOST, "-i", f"{HOST},", "-m", "switchboard.asterisk.agents",
                "-a", json.dumps({"config_file": file.name, "state": state, "number_range": f"{FIRST}-{FIRST + 9999}"}),
                "-e", "ansible_connection=containers.podman.podman ansible_python_interpreter=/usr/bin/python3")


def changes():
    """Others are added, changed and deleted."""
    first = TELEPHONES + OTHERS
    for count in range(CHANGES):
        others = people(first + count // 3 * 5, 5)
        if count % 3 == 0:
            agents(others)
        elif count % 3 == 1:
            agents([{**each, "full_name": "Somebody Else", "sip_expires": 600} for each in others])
        else:
            agents([{"username": each["username"]} for each in others], "deleted")


@dataclass
class Seen:
    """How calls went meanwhile. Times in seconds."""
    what: str
    seconds: float
    dropped: int            # of the calls that were up
    unregistered: int
    setups: list
    failed: int             # of the calls that were set up meanwhile
    silence: float          # the longest in a call with a steady tone, or what is missing of it in all
    cpu: float              # of Asterisk, as a share of one core

    @property
    def row(self):
        times = sorted(self.setups)
        return (f"| {self.what} | {self.seconds:.0f} s | {self.dropped} | {self.unregistered} | {len(times)}, {self.failed} failed "
                f"| {statistics.median(times) * 1000:.0f} ms | {times[-1] * 1000:.0f} ms | {self.silence:.2f} s | {self.cpu * 100:.0f} % |")


class Load:
    """Telephones by the hundred: sipp in one container."""

    def __init__(self, phones):
        self.phones, self.address, self.count = phones, podman.address(HOST), 0
        rows = [f"{device(each)};[authentication username={device(each)} password={PASSWORD}];{CALLED_AT if each % 2 else CALLER_AT};{number(each + 1)}"
                for each in range(TELEPHONES)]
        for name, some in {"all": rows, "steady": rows[: 2 * CALLS : 2], "short": rows[2 * CALLS :: 2]}.items():
            phones.write(f"/run/phones/{name}.csv", "\n".join(["SEQUENTIAL", *some]) + "\n")
        phones.run("sox", "-n", "-r", "8000", "-c", "1", "-t", "al", "/run/phones/tone.al", "synth", "10", "sine", "440")
        quiet()
        for port in (CALLED_AT, CALLER_AT):
            self.start("answer", port, "-mp", str(port + 1000), "-aa", "-rtp_echo")

    def start(self, scenario, port, *options):
        """Its name. Ports of sound are above those of SIP."""
        self.count += 1
        name = f"{scenario}-{self.count}"
        self.phones.run("cp", f"/phones/sipp/{scenario}.xml", f"/run/phones/{name}.xml")      # its times are called like it
        argv = ["sipp", self.address, "-sf", f"/run/phones/{name}.xml", "-i", self.phones.address, "-p", str(port), "-nostdin",
                "-trace_stat", "-stf", f"/run/phones/{name}.stat", "-fd", "1",
                "-trace_err", "-error_file", f"/run/phones/{name}.errors", *options]
        self.phones.inside("start", name=name, argv=argv)
        return name

    def call(self, sheet, rate, *options):
        sound = 12000 + 2000 * (self.count % 10)
        return self.start("call", 6000 + self.count, "-inf", f"/run/phones/{sheet}.csv", "-r", str(rate), "-trace_rtt", "-rtt_freq", "1",
                          "-rtp_threadtasks", "10", "-min_rtp_port", str(sound), "-max_rtp_port", str(sound + 1998), *options)

    def finish(self, name):
        """Starts no more calls and lets those that are up come to their end."""
        self.phones.run("pkill", "-USR1", "-f", f"{name}.xml")
        return self.wait(name)

    def told(self, name):
        """What it has to say of its calls: (failed, answered after so many seconds each)."""
        head, *_rest, last = self.phones.read(f"/run/phones/{name}.stat").decode().splitlines()
        failed = int(dict(zip(head.split(";"), last.split(";")))["FailedCall(C)"])
        if failed:
            print(f"  {name}: {failed} failed, said sipp:\n{self.phones.run('head', '-c', '4000', f'/run/phones/{name}.errors')}", flush=True)
        found = self.phones.run("sh", "-c", f"cat /{name}_*_rtt.csv 2>/dev/null || true").splitlines()[1:]
        return failed, [float(line.split(";")[1]) / 1000 for line in found]

    def wait(self, name, timeout=300):
        end = time.monotonic() + timeout
        while self.phones.inside("ended", name=name) is None:
            if time.monotonic() > end:
                raise SystemExit(f"load: {name} did not end:\n{self.phones.read(f'/run/phones/{name}.log').decode(errors='replace')[-3000:]}")
            time.sleep(0.2)
        return self.told(name)

    def register(self, times=1):
        failed, _times = self.wait(self.start("register", 6000, "-inf", "/run/phones/all.csv", "-m", str(TELEPHONES * times), "-r", "150", "-l", "100"))
        if failed:
            raise SystemExit(f"load: {failed} registrations were refused")

    def registered(self):
        return len(re.findall(r"Contact: +load", asterisk("pjsip show contacts")))

    def seen(self, what, meanwhile):
        """What becomes of calls with sound while something goes on."""
        steady = self.call("steady", 25, "-m", str(CALLS), "-l", str(CALLS), "-d", "900000")
        one, other = (self.phones.baresip(device(each), self.address, PASSWORD, codecs=["alaw"], answer="auto").registered()
                      for each in (TELEPHONES, TELEPHONES + 1))
        one.dial(number(TELEPHONES + 1)).established().hears(other)
        until(lambda: len(channels()) == 2 * CALLS + 2, 20,
              lambda: SystemExit(f"load: {len(channels())} channels are up, not {2 * CALLS + 2}; {self.told(steady)[0]} calls failed"))
        before, registered = channels(), self.registered()
        short = self.call("short", SETUPS, "-d", "500", "-l", "200")
        path, used = max(self.sound(other)), cpu()
        start, heard = time.monotonic(), self.sound(other)[path]
        meanwhile()
        seconds, size = time.monotonic() - start, self.sound(other)[path]
        used = cpu() - used
        failed, setups = self.finish(short)
        pcm = self.phones.read(path, heard)[: size - heard]
        seen = Seen(what, seconds, len(before - channels()) // 2, registered - self.registered(), setups, failed, silence(pcm, seconds), used / seconds)
        self.phones.inside("stop", name=steady)
        for phone in (one, other):
            phone.quit()
        quiet()
        return seen

    def sound(self, phone):
        return dict(self.phones.inside("files", pattern=f"{phone.home}/*dec.wav"))

    def calls(self, count):
        failed, _times = self.wait(self.call("short", 20, "-m", str(count), "-d", "100", "-l", "100"))
        if failed:
            raise SystemExit(f"load: {failed} calls failed")
        time.sleep(1)       # until their records are written

    def costs(self):
        """CPU in milliseconds of Asterisk: of a registration, of a call. What it uses anyway is not counted."""
        self.register()
        self.calls(SHORT_CALLS // 4)        # the first ones cost more, whoever wrote the configuration
        idle = spent(lambda: time.sleep(QUIET)) / QUIET
        found = []
        for count, what in ((REGISTRATIONS, lambda: self.register(REGISTRATIONS // TELEPHONES)), (SHORT_CALLS, lambda: self.calls(SHORT_CALLS))):
            start = time.monotonic()
            used = spent(what)
            found.append((used - idle * (time.monotonic() - start)) * 1000 / count)
        return found


def silence(pcm, seconds):
    """Seconds of the longest silence in a tone, or of what is missing of it."""
    samples = Sound(pcm).samples
    loud = [math.sqrt(sum(x * x for x in samples[each : each + 160]) / 160) > 0.05 for each in range(0, len(samples) - 159, 160)]
    longest = max((len(each) for each in "".join("x" if each else " " for each in loud).split("x")), default=0) * 0.02
    return max(longest, seconds - len(samples) / 8000)


def by_hand():
    """The same telephones as somebody writes them who writes plain files: no templates, no checks, a number each."""
    endpoints, numbers = [], []
    for each in people(0, TELEPHONES + OTHERS):
        name = each["username"]
        endpoints.append(f"[{name}]\ntype=endpoint\ncontext=internal\ndisallow=all\nallow=alaw,ulaw,g722\nauth={name}\naors={name}\ndirect_media=no\n"
                         f"force_rport=no\nrewrite_contact=no\nrtp_symmetric=no\ncallerid=\"{each['full_name']}\" <{each['number']}>\n\n"
                         f"[{name}]\ntype=auth\nauth_type=userpass\nusername={name}\npassword={PASSWORD}\n\n"
                         f"[{name}]\ntype=aor\nmax_contacts=1\nremove_existing=yes\nqualify_frequency=60\n\n")
        numbers.append(f"exten => {each['number']},1,Dial(PJSIP/{name},25)\n same => n,Hangup()\n")
    transport = "[transport-udp]\ntype=transport\nprotocol=udp\nbind=0.0.0.0:5060\n\n"
    return {"pjsip.conf": transport + "".join(endpoints), "extensions.conf": "[internal]\n" + "".join(numbers), "sorcery.conf": "", "stasis.conf": ""}


def switch(folder):
    """Another folder becomes /etc/asterisk."""
    on_host("systemctl", "stop", "asterisk")
    on_host("sh", "-c", f"rm -rf /etc/asterisk && cp -a {folder} /etc/asterisk")
    on_host("systemctl", "start", "asterisk")
    asterisk("core waitfullybooted")


def costs(load):
    """[(ours, by hand, ratio)] of a registration and of a call: medians of some turns, in milliseconds of CPU; the ratio is of the two of a turn."""
    on_host("cp", "-a", "/etc/asterisk", "/etc/asterisk.ours")
    on_host("cp", "-a", "/etc/asterisk", "/etc/asterisk.plain")
    for name, text in by_hand().items():
        subprocess.run(["podman", "exec", "-i", HOST, "sh", "-c", f"cat > /etc/asterisk.plain/{name}"], input=text, text=True, check=True)
    turns = []
    for turn in range(TURNS):
        found = {}
        for which in ("ours", "plain") if turn % 2 else ("plain", "ours"):
            switch(f"/etc/asterisk.{which}")
            found[which] = load.costs()
            print(f"  {which:6} a registration {found[which][0]:.2f} ms, a call {found[which][1]:.2f} ms of CPU", flush=True)
        turns.append(list(zip(found["ours"], found["plain"])))
    return [tuple(statistics.median(each) for each in ([one for one, _other in some], [other for _one, other in some], [one / other for one, other in some]))
            for some in zip(*turns)]


def main():
    images.build("host")
    images.build("phone")
    podman.down([HOST])
    podman.up(HOST, images.tag("host"))
    with tempfile.TemporaryDirectory() as folder, Phones() as phones:
        inventory = Path(folder) / "hosts.json"
        host = {"ansible_connection": "containers.podman.podman", "ansible_python_interpreter": "/usr/bin/python3"}
        inventory.write_text(json.dumps({"pbx": {"hosts": {HOST: host}}}))
        ansible("ansible-playbook", "-i", str(inventory), "switchboard.asterisk.site")
        agents(people(0, TELEPHONES + OTHERS))
        load = Load(phones)
        load.register()
        rows = [load.seen("nothing else", lambda: time.sleep(60)), load.seen(f"{CHANGES} runs", changes)]
        for row in rows:
            print(row.row, flush=True)
        registration, call = costs(load)
    podman.down([HOST])
    (ROOT / "docs/load.md").write_text(f"""# Calls under load

Written by `make bench-load` on {time.strftime("%Y-%m-%d")}: {os.cpu_count()} cores, {TELEPHONES} registered telephones of {TELEPHONES + OTHERS} people,
{CALLS} calls with sound both ways for the whole time, {SETUPS} more set up each second; telephones, Asterisk and Ansible share the machine.
Meanwhile nothing else happens, or `agents` adds, changes and deletes others, {CHANGES} times.

| meanwhile | time | dropped calls | lost registrations | calls set up | median until answered | longest | silence in a call | CPU of Asterisk |
|---|--:|--:|--:|--:|--:|--:|--:|--:|
{chr(10).join(row.row for row in rows)}

What Asterisk pays, in milliseconds of CPU (medians of {TURNS} turns in alternation, {REGISTRATIONS} registrations and {SHORT_CALLS} short calls each;
the ratio is the median of the turns' own), beside the same telephones in plain files written by hand, without any of the checks:

| | this collection | by hand | ratio |
|---|--:|--:|--:|
| a registration | {registration[0]:.2f} | {registration[1]:.2f} | {registration[2]:.2f} |
| a call | {call[0]:.2f} | {call[1]:.2f} | {call[2]:.2f} |
""")
    print((ROOT / "docs/load.md").read_text())


if __name__ == "__main__":
    sys.exit(main())
