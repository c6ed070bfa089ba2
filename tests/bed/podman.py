# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts: containers that boot systemd, in a network of their own."""

import subprocess
import time

from .say import fail, output, step, turn

NETWORK = "switchboard"
CAPABILITIES = [
    "NET_ADMIN",  # a host has a firewall
    "NET_RAW",  # and pings
]


def inspect(name, what):
    found = subprocess.run(["podman", "container", "inspect", name, "--format", what], capture_output=True, text=True, check=False)
    return found.stdout.strip() if found.returncode == 0 else ""


def address(name):
    return inspect(name, f'{{{{(index .NetworkSettings.Networks "{NETWORK}").IPAddress}}}}') or fail(f"no host {name} runs")


def network():
    with turn():
        if subprocess.run(["podman", "network", "exists", NETWORK], capture_output=True, check=False).returncode:
            output("podman", "network", "create", NETWORK)


def up(name, image, ip=None, capabilities=()):
    if inspect(name, "{{.State.Running}}") == "true":
        return
    with step(f"starting host {name}"):
        network()
        output("podman", "rm", "--force", "--ignore", "--time", "0", name)
        options = ["--hostname", name, "--network", NETWORK, *(["--ip", ip] if ip else [])]
        for capability in [*CAPABILITIES, *capabilities]:
            options += ["--cap-add", capability]
        output("podman", "run", "--detach", "--name", name, "--systemd=always", *options, image, "/sbin/init")
        boot(name)


def boot(name):
    """Waits until systemd is through, be it "degraded": some units cannot start in any container."""
    state = ""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        state = subprocess.run(["podman", "exec", name, "systemctl", "is-system-running"], capture_output=True, text=True, check=False).stdout.strip()
        if state in ("running", "degraded"):
            return
        if inspect(name, "{{.State.Running}}") != "true":
            fail(f"host {name} ended while it booted: see `podman logs {name}`")
        time.sleep(0.2)
    fail(f"host {name} did not boot within 60 s: {state or 'no systemd answers'}")


def down(names):
    for name in names:
        with step(f"removing host {name}"):
            output("podman", "rm", "--force", "--ignore", "--volumes", "--time", "0", name)
