#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Virtual environments for the oldest and the newest ansible-core that this machine's Pythons allow.

Standard library only: it runs before anything is installed. Each environment carries a stamp of what went into it, so
that a second run has nothing to do. The links .cache/oldest and .cache/newest say which is which.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache"
REQUIREMENTS = ROOT / "tests/requirements"

# ansible-core: the controller Pythons it supports, the ones to prefer first.
RELEASES = {
    "2.19": ("3.11", "3.12", "3.13"),
    "2.21": ("3.13", "3.12", "3.14"),
}


@dataclass(frozen=True)
class Environment:
    """The virtual environment of one ansible-core."""

    home: Path

    @property
    def core(self) -> str:
        return self.home.name.removeprefix("ansible-")

    @property
    def python(self) -> str:
        (libraries,) = self.home.glob("lib/python3.*")
        return libraries.name.removeprefix("python")

    def run(self, program: str, *arguments: str | Path, cwd: Path = ROOT, **variables: str) -> str:
        """Run one of its programs; fail the test with what it printed when it fails."""
        __tracebackhide__ = True
        environment = {
            **os.environ,
            "LC_ALL": "C.UTF-8",  # ansible refuses the C locale
            "ANSIBLE_COLLECTIONS_PATH": str(CACHE / "collections"),
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "PATH": f"{self.home / 'bin'}:{os.environ['PATH']}",
            **variables,
        }
        command = [str(self.home / "bin" / program), *map(str, arguments)]
        done = subprocess.run(command, cwd=cwd, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        if done.returncode:
            raise AssertionError(f"{' '.join(command)}\nended with {done.returncode}:\n{done.stdout}")
        return done.stdout

    def install(self, tarball: Path, path: Path) -> None:
        """Install the collection, without the checkout on the path, where it would count as installed already."""
        self.run("ansible-galaxy", "collection", "install", "--offline", tarball, "-p", path, ANSIBLE_COLLECTIONS_PATH=str(path))


# The same one when the machine's Pythons allow only one.
OLDEST, NEWEST = (Environment((CACHE / name).resolve()) for name in ("oldest", "newest"))


def say(text: str) -> None:
    print(f"[environments] {text}", flush=True)


def real_python(path: str, version: str) -> str | None:
    """Where it really is, if it is that version: pyenv's shims refuse to run, a virtual environment may be ours."""
    ask = "import os, sys; print('%d.%d' % sys.version_info[:2], os.path.realpath(sys.executable))"
    answer = subprocess.run([path, "-c", ask], capture_output=True, text=True, check=False).stdout.strip()
    said, _, real = answer.partition(" ")
    return real if said == version else None


def find_python(version: str) -> str | None:
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    candidates = [shutil.which(f"python{version}"), shutil.which("python3"), *map(str, pyenv.glob(f"versions/{version}.*/bin/python3"))]
    return next(filter(None, (real_python(path, version) for path in candidates if path)), None)


def apt_knows(*packages: str) -> bool:
    return subprocess.run(["apt-cache", "show", *packages], capture_output=True, check=False).returncode == 0


def apt_install(*packages: str) -> bool:
    """Install with apt, where this is a Debian, we are root, and it has the packages."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    if not apt_knows("python3-venv"):  # a fresh machine has no package lists yet
        subprocess.run(["apt-get", "update", "-qq"], check=False)
    if not apt_knows(*packages):
        return False
    say(f"apt-get install {' '.join(packages)}")
    install = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "-y", "-qq", *packages]
    return subprocess.run(install, stdout=subprocess.DEVNULL, check=False).returncode == 0


def provide_python(versions: tuple[str, ...]) -> str | None:
    found = next(filter(None, map(find_python, versions)), None)
    if found:
        return found
    installed = (version for version in versions if apt_install(f"python{version}", f"python{version}-venv"))
    return next(map(find_python, installed), None)


def build(core: str, python: str, files: list[Path]) -> Path:
    """The environment of one ansible-core, made anew when what should be in it has changed."""
    home = CACHE / f"ansible-{core}"
    stamp = home / "stamp"
    content = python + hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
    if stamp.exists() and stamp.read_text() == content:
        return home
    say(f"ansible-core {core} with {python}: installing, about a minute")
    version = subprocess.run([python, "--version"], capture_output=True, text=True, check=True).stdout.split()[1]
    package = f"python{version.rpartition('.')[0]}-venv"
    make = [python, "-m", "venv", "--clear", str(home)]
    if subprocess.run(make, capture_output=True, check=False).returncode:
        if not apt_install(package):
            sys.exit(f"{python} can't make virtual environments: install {package}.")
        subprocess.run(make, check=True)
    pip = [
        str(home / "bin/python"),
        "-m",
        "pip",
        "--disable-pip-version-check",
        "install",
        "-qq",
        "--no-warn-script-location",
    ]
    subprocess.run([*pip, *(f"--requirement={file}" for file in files)], check=True)
    stamp.write_text(content)
    return home


def link(name: str, target: Path | str) -> None:
    path = CACHE / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.is_symlink() or path.readlink() != Path(target):
        path.unlink(missing_ok=True)
        path.symlink_to(target)


def main() -> None:
    found = {core: provide_python(versions) for core, versions in RELEASES.items()}
    pythons = {core: python for core, python in found.items() if python}
    cores = list(pythons)
    if not cores:
        sys.exit("No Python that Ansible supports was found: install Python 3.11 to 3.14.")
    for core in (core for core in RELEASES if core not in cores):
        say(f"ansible-core {core} is left out: it needs Python {' or '.join(RELEASES[core])}, and there is none here")

    CACHE.mkdir(exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for core in cores:
            names = [f"ansible-{core}", "units"] + (["tools"] if core == cores[-1] else [])
            build(core, pythons[core], [REQUIREMENTS / f"{name}.txt" for name in names])
        link("oldest", f"ansible-{cores[0]}")
        link("newest", f"ansible-{cores[-1]}")
        # Where Ansible finds the checkout as a collection.
        link("collections/ansible_collections/switchboard/asterisk", ROOT)


if __name__ == "__main__":
    main()
