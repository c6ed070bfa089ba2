# SPDX-License-Identifier: GPL-3.0-or-later
"""The images: a host to set up, and phones to call it with. Built from the distribution's packages, no other registry."""

import hashlib
import json
import os
import subprocess
import tempfile

from .say import fail, output, step, turn

SUITE = "forky"  # the oldest Debian with a current Asterisk
LABEL = "switchboard.recipe"

# No weight that no test needs; the mirror's snapshot may be older than its index allows
OPTIONS = [
    "--variant=minbase",
    '--aptopt=Acquire::Check-Valid-Until "false"',
    "--dpkgopt=path-exclude=/usr/share/man/*",
    "--dpkgopt=path-exclude=/usr/share/locale/*",
    "--dpkgopt=path-exclude=/usr/share/doc/*",
    "--dpkgopt=path-include=/usr/share/doc/*/copyright",
]
RECIPES = {
    # As a freshly installed machine: systemd, and what Ansible needs to get in
    "host": ["systemd", "systemd-sysv", "dbus", "python3", "ca-certificates", "iproute2", "procps"],
    "router": ["nftables", "iproute2"],
    # Telephones, and who else is out there: a provider, a mail server, an authority that certifies by ACME
    "phone": ["baresip-core", "sip-tester", "sox", "libsox-fmt-base", "tcpdump", "python3", "python3-aiosmtpd", "iproute2", "iputils-ping", "procps",
              "pebble", "openssl"],
    # A browser that trusts whom its NSS database says (certutil), and the phones' web sockets without one
    "browser": ["chromium", "libnss3-tools", "ca-certificates", "python3", "python3-websockets", "iproute2"],
}


def tag(name):
    return f"localhost/switchboard-{name}"


def recipe(name):
    return hashlib.sha256(json.dumps([SUITE, OPTIONS, RECIPES[name]]).encode()).hexdigest()[:16]


def built(name):
    """The recipe of the image that is there."""
    label = f'{{{{index .Labels "{LABEL}"}}}}'
    found = subprocess.run(["podman", "image", "inspect", tag(name), "--format", label], capture_output=True, text=True, check=False)
    return found.stdout.strip() if found.returncode == 0 else ""


def mirror():
    """The machine's own, so that proxies and local mirrors are used. SWITCHBOARD_MIRROR where its apt knows no Debian."""
    if given := os.environ.get("SWITCHBOARD_MIRROR"):
        return given
    lines = output("apt-get", "indextargets", "--format", "$(ORIGIN) $(LABEL) $(REPO_URI)", "Created-By: Packages").splitlines()
    for origin, label, address in (x.split(maxsplit=2) for x in lines if len(x.split()) == 3):
        if origin == label == "Debian":
            return address
    # An index that was never fetched has no origin
    addresses = output("apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages").splitlines()
    for address in addresses:
        if address.rstrip("/").endswith("/debian"):
            return address
    return fail("no Debian mirror in apt's configuration: set SWITCHBOARD_MIRROR to one")


def build(name):
    with turn():
        if built(name) != recipe(name):
            make(name)


def make(name):
    with step(f"building image {tag(name)}"), tempfile.TemporaryDirectory(prefix="switchboard-", dir="/var/tmp") as folder:
        root = os.path.join(folder, "root.tar")
        keyring = [f"--keyring={os.environ['SWITCHBOARD_KEYRING']}"] if "SWITCHBOARD_KEYRING" in os.environ else []
        command = ["mmdebstrap", "--quiet", *OPTIONS, *keyring, f"--include={','.join(RECIPES[name])}", SUITE, root, mirror()]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            told = [x for x in done.stderr.splitlines() if x.strip()]
            if "NO_PUBKEY" in done.stderr or "not signed" in done.stderr or "Missing key" in done.stderr:
                fail(f"this machine's keyring does not know {SUITE}'s keys: update debian-archive-keyring, or set SWITCHBOARD_KEYRING to a newer one")
            fail(f"mmdebstrap: {next((x for x in told if x.startswith('E:')), told[-1] if told else 'failed')}")
        output("podman", "import", "--change", f"LABEL {LABEL}={recipe(name)}", root, tag(name))
