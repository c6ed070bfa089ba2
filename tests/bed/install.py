# SPDX-License-Identifier: GPL-3.0-or-later
"""The packages that the test bed needs."""

import os
import shutil

from .say import fail, output, step

# A command that shows that the package is there, and the package
NEEDED = {
    "podman": "podman",
    "runc": "runc",  # needs fewer rights than crun where a machine gives few
    "crun": "crun",
    "/usr/lib/podman/netavark": "netavark",
    "/usr/lib/podman/aardvark-dns": "aardvark-dns",
    "iptables": "iptables",
    "nft": "nftables",
    "ssh": "openssh-client",  # a controller that a firewall can shut out
    "newuidmap": "uidmap",
    "mmdebstrap": "mmdebstrap",
    "npm": "npm",  # builds the telephones in browsers
    "/usr/share/keyrings/debian-archive-keyring.gpg": "debian-archive-keyring",
}
PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"


def missing():
    return [package for proof, package in NEEDED.items() if not (os.path.exists(proof) or shutil.which(proof, path=PATH))]


def install():
    packages = missing()
    if not packages:
        return
    if os.geteuid():
        fail(f"missing: {' '.join(packages)}; as root: apt-get install {' '.join(packages)}")
    if not shutil.which("apt-get"):
        fail(f"missing: {' '.join(packages)}, and no apt-get here to install them")
    apt = ["apt-get", "-qq", "-o", "Dpkg::Use-Pty=0", "-o", "DPkg::Lock::Timeout=120"]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with step(f"installing {' '.join(packages)}"):
        output(*apt, "update", env=environment)
        output(*apt, "install", "--yes", "--no-install-recommends", *packages, env=environment)
    if still := missing():
        fail(f"installed, but still missing: {' '.join(still)}")
