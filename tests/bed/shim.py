# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes podman work where a machine gives it too little; elsewhere it changes nothing.

Two things can be missing, found on machines that are containers themselves. Each is mended only where it is:
- the right to raise limits: podman gets a configuration with lower ones, by CONTAINERS_CONF, in a file of our own;
- a pure cgroup2 tree, which systemd in a container wants: a mount namespace of our own has one.
Everything is in one folder below /run and made anew when it does not work any more, as after a reboot.
"""

import os
import subprocess
import sys
import tempfile

from . import install
from .say import fail

FOLDER = ("/run" if os.geteuid() == 0 else os.environ.get("XDG_RUNTIME_DIR", "/tmp")) + "/switchboard-bed"
CONF = f"{FOLDER}/containers.conf"
NAMESPACE = f"{FOLDER}/mnt"
ENTERED = "SWITCHBOARD_BED"  # set for what runs inside
LOWER = """\
[containers]
default_ulimits = ["nofile=20000:20000", "nproc=32000:32000"]
pids_limit = 0
[engine]
runtime = "runc"
"""


def quiet(*argv, **options):
    return subprocess.run(argv, capture_output=True, text=True, check=False, **options)


def podman_runs(environment=None):
    """Whether a container starts. The machine's own files serve as its image, so none must have been built or fetched."""
    with tempfile.TemporaryDirectory(prefix="switchboard-probe-") as empty:
        for folder in ("bin", "proc", "sys", "dev", "etc", "run", "tmp"):
            os.mkdir(f"{empty}/{folder}")
        libraries = [x for path in ("/usr", "/lib", "/lib64", "/bin") if os.path.isdir(path) for x in ("-v", f"{path}:{path}:ro")]
        probe = quiet("podman", "run", "--rm", "--network", "none", *libraries, "--rootfs", empty, "/usr/bin/true", env=environment)
    return probe.returncode == 0, probe.stderr.strip().splitlines()[-1:] or ["podman run failed"]


def unified():
    """Whether the cgroup tree here is the new one."""
    return quiet("stat", "--file-system", "--format", "%T", "/sys/fs/cgroup").stdout.strip() == "cgroup2fs"


def namespace():
    """The path of a mount namespace with cgroup2 in it."""
    if quiet("nsenter", f"--mount={NAMESPACE}", "stat", "-f", "-c", "%T", "/sys/fs/cgroup").stdout.strip() == "cgroup2fs":
        return NAMESPACE
    # What holds a namespace must itself be on a private mount. Left-overs are harmless, and replaced
    script = f"""set -e
        mkdir -p {FOLDER}
        umount -l {NAMESPACE} 2>/dev/null || true
        mountpoint -q {FOLDER} || mount --bind {FOLDER} {FOLDER}
        mount --make-private {FOLDER}
        : > {NAMESPACE}
        unshare --mount={NAMESPACE} sh -c 'umount -R /sys/fs/cgroup; mount -t cgroup2 none /sys/fs/cgroup'
        """
    made = quiet("sh", "-c", script)
    if made.returncode:
        fail(f"no cgroup2 here, and none can be mounted: {made.stderr.strip()}")
    return NAMESPACE


def configure(environment):
    """Points podman to lower limits when it cannot run without."""
    runs, why = podman_runs(environment)
    if runs:
        return
    os.makedirs(FOLDER, exist_ok=True)
    with open(CONF, "w", encoding="utf-8") as file:
        file.write(LOWER)
    environment["CONTAINERS_CONF"] = CONF
    runs, why_still = podman_runs(environment)
    if not runs:
        fail(f"podman cannot run a container: {why[0]}; with lower limits: {why_still[0]}")


def run(argv):
    """Becomes that command, where podman works."""
    # An ordinary account's PATH lacks the folders where netavark looks for iptables
    environment = {**os.environ, ENTERED: "1", "PATH": install.PATH}
    if ENTERED not in os.environ:
        if install.missing():
            fail(f"missing: {' '.join(install.missing())}; run `python3 -m tests.bed install` as root")
        configure(environment)
    # Rootless podman cannot have another cgroup tree, but plain containers run
    if not unified() and os.geteuid() == 0:
        argv = ["nsenter", f"--mount={namespace()}", f"--wdns={os.getcwd()}", *argv]
    try:
        os.execvpe(argv[0], argv, environment)
    except OSError as error:
        fail(f"{argv[0]}: {error.strerror}")


def enter():
    """Starts this program anew where podman works, when it does not run there already."""
    if ENTERED not in os.environ:
        run([sys.executable, "-m", "tests.bed", *sys.argv[1:]])
