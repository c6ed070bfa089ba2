# SPDX-License-Identifier: GPL-3.0-or-later
"""How soon a page at the desk is ready, and what it costs the host when everybody signs in at once.

With ansible-playbook on PATH: python3 -m tests.bed run python3 -m tests.bench.desk
Writes docs/desk-load.md. Browsers, people and host share the machine.
"""

import gzip
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from tests.bed import images, npm, podman
from tests.phones import HERE, Phones, until
from tests.phones.desk import Desks

ROOT = Path(__file__).resolve().parents[2]
HOST = "switchboard-desk"
PEOPLE = 200
TIMES = 20
PASSWORD = "Made-up-pass-word-1"
SERVICES = {"desk": "switchboard-desk", "keeper": "switchboard-keeper", "nginx": "nginx", "Asterisk": "asterisk"}

READY = """new Promise((resolve) => { const timer = setInterval(() => {
  if (window.phonebar && phonebar.state().registered) { clearInterval(timer); resolve(performance.now()); } }, 5); })"""

# From the press of the button to the first sound that is more than silence
AUDIBLE = """(async () => {
  const start = performance.now();
  [...document.querySelectorAll('button[type=submit]')].find((each) => each.textContent.trim() === 'Call').click();
  let analyser = null, element = null;
  const wave = new Float32Array(256);
  for (;;) {
    await new Promise((on) => setTimeout(on, 5));
    if (performance.now() - start > 15000) throw new Error('nothing is heard');
    const found = [...document.querySelectorAll('audio')].find((each) => each.srcObject && each.srcObject.getAudioTracks().length);
    if (found && found.srcObject !== element) {
      element = found.srcObject;
      analyser = new AnalyserNode(context, { fftSize: 256 });
      context.createMediaStreamSource(element).connect(analyser);
    }
    if (analyser) {
      analyser.getFloatTimeDomainData(wave);
      if (Math.max(...wave.map(Math.abs)) > 0.02) return performance.now() - start;
    }
  }
})()"""


def on_host(command):
    return subprocess.run(["podman", "exec", HOST, "sh", "-c", command], capture_output=True, text=True, check=True).stdout


def processes(service):
    return on_host(f"cat /sys/fs/cgroup/system.slice/{service}.service/cgroup.procs 2>/dev/null || "
                   f"systemctl show -p MainPID --value {service}; pgrep -P $(systemctl show -p MainPID --value {service}) || true").split()


def cpu(service):
    """Seconds that its processes have used."""
    used = 0
    for each in set(processes(service)):
        used += sum(map(int, on_host(f"cat /proc/{each}/stat").rpartition(")")[2].split()[11:13]))
    return used / os.sysconf("SC_CLK_TCK")


def memory(service):
    """MiB of its processes, pages that they share counted in each."""
    return sum(int(found[1]) for each in set(processes(service)) if (found := re.search(r"VmRSS:\s+(\d+)", on_host(f"cat /proc/{each}/status")))) / 1024


def ansible(*arguments):
    environment = {**os.environ, "ANSIBLE_PIPELINING": "true", "ANSIBLE_NOCOLOR": "true"}
    done = subprocess.run(arguments, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"desk: {arguments[0]} failed:\n{done.stdout[-3000:]}{done.stderr[-1000:]}")


def name(count):
    return f"person{count:03}"


def set_up():
    """A contact centre with its desk. Passwords are known, and need not be changed."""
    podman.down([HOST])
    podman.up(HOST, images.tag("host"), None, ["NET_ADMIN"])
    people = [{"username": name(count), "full_name": f"Person {count}", "number": str(2000 + count), "password": PASSWORD, "must_change_password": False}
              for count in range(PEOPLE)]
    people.append({"username": "phone", "full_name": "Phone", "number": "1999", "typology": "external", "codecs": ["alaw"], "sip_password": PASSWORD})
    with tempfile.TemporaryDirectory() as folder:
        inventory, agents = Path(folder) / "hosts.json", Path(folder) / "agents.json"
        host = {"ansible_connection": "containers.podman.podman", "ansible_python_interpreter": "/usr/bin/python3", "site_desk": True, "site_turn": True,
                "staff_agents_file": str(agents)}
        inventory.write_text(json.dumps({"pbx": {"hosts": {HOST: host}}}))
        agents.write_text(json.dumps(people))
        ansible("ansible-playbook", "-i", str(inventory), "switchboard.asterisk.site")


def morning(desks, address):
    """Everybody signs in at once: times, and what the services used until all were registered."""
    for each in ("morning.py", "crowd.py", "sip.py"):
        desks.write(f"/run/page/{each}", (HERE / each).read_text())
    before, most, over = {each: cpu(service) for each, service in SERVICES.items()}, {}, threading.Event()

    def watch():
        while not over.wait(2):
            for each, service in SERVICES.items():
                most[each] = max(most.get(each, 0), memory(service))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        told = json.loads(desks.run("python3", "/run/page/morning.py", address, PASSWORD, "/run/page/ca.pem", *map(name, range(PEOPLE)), timeout=180))
    finally:
        over.set()
        watcher.join()
    if told["wrong"]:
        raise SystemExit(f"desk: {len(told['wrong'])} did not get in: {told['wrong'][:3]}")
    return told, {each: cpu(service) - before[each] for each, service in SERVICES.items()}, most


def page(desks, address, phone):
    """(seconds until registered, seconds until a call is heard), of a page that was opened before."""
    desk = desks.desk(address).sign_in(name(0), PASSWORD).registered()
    ready, heard = [], []
    for _each in range(TIMES):
        desk.open("/")
        ready.append(desk.ask(READY) / 1000)
    desk.ask("window.context = new AudioContext(), 0")
    for _each in range(TIMES + 1):
        desk.fill("Number", "1999")
        until(lambda: desk.has("button", "Call"), 5, lambda: desk.complaint("no button"))
        heard.append(desk.ask(AUDIBLE) / 1000)
        desk.press("Hang up")
        phone.ended()
        desk.wait(lambda: not desk.calls(), 5, "out of the call")
    desk.quit()
    return ready, heard[1:]


def shown(times):
    return f"{statistics.median(times):.2f} s | {max(times):.2f} s"


def main():
    for each in ("host", "phone", "browser"):
        images.build(each)
    npm.phonebar()
    set_up()
    address = podman.address(HOST)
    with Phones() as phones, Desks(on_host("cat /etc/switchboard/tls/ca.pem")) as desks:
        phone = phones.baresip("phone", address, PASSWORD, codecs=("alaw",), answer="auto").registered()
        ready, heard = page(desks, address, phone)
        told, used, most = morning(desks, address)
    podman.down([HOST])
    weight = sum(len(gzip.compress((npm.BUNDLE / each).read_bytes(), 6)) for each in ("phonebar.js", "phonebar.css"))
    signed_in, registered = told["signed_in"], told["registered"]
    rows = "\n".join(f"| {each} | {used[each]:.1f} s | {used[each] / PEOPLE * 1000:.0f} ms | {most.get(each, 0):.0f} MiB |" for each in SERVICES)
    text = f"""# The desk under load

Written by `make bench-desk` on {time.strftime("%Y-%m-%d")}: {os.cpu_count()} cores, which browsers, people and host share.

| {TIMES} times | median | longest | goal |
|---|--:|--:|--:|
| page opened, until its telephone is registered | {shown(ready)} | 1 s |
| dialled, until the other side is heard | {shown(heard)} | 0.6 s |

The page's script and style are {weight / 1000:.0f} kB compressed (goal: 150).

{PEOPLE} people sign in at the same moment, each with a password that takes scrypt's time, an open stream of events and a registered telephone:
{PEOPLE / max(signed_in):.1f} sign-ins a second; the median waits {statistics.median(signed_in):.1f} s, the last one {max(signed_in):.1f} s, and is
registered after {max(registered):.1f} s. What the services take meanwhile:

| | CPU | each | memory at most |
|---|--:|--:|--:|
{rows}
"""
    (ROOT / "docs/desk-load.md").write_text(text)
    print(text)


if __name__ == "__main__":
    sys.exit(main())
