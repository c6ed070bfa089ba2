# SPDX-License-Identifier: GPL-3.0-or-later
"""One line a step, with its time; errors in one line."""

import contextlib
import fcntl
import subprocess
import sys
import threading
import time
from pathlib import Path

LOCK = Path(__file__).resolve().parents[2] / ".cache/bed.lock"


class BedError(Exception):
    """Said in one line, without a trace."""


def fail(text):
    raise BedError(text)


@contextlib.contextmanager
def step(what):
    """Says what goes on, every ten seconds that it still does, and how long it took."""
    start, over = time.monotonic(), threading.Event()
    print(f"bed: {what} ...", file=sys.stderr, flush=True)

    def still():
        while not over.wait(10):
            print(f"bed:   {what}: {time.monotonic() - start:.0f} s so far", file=sys.stderr, flush=True)

    threading.Thread(target=still, daemon=True).start()
    try:
        yield
    finally:
        over.set()
    print(f"bed: {what}: done in {time.monotonic() - start:.1f} s", file=sys.stderr, flush=True)


@contextlib.contextmanager
def turn():
    """One after the other: what several runs of the bed would otherwise make at the same time."""
    LOCK.parent.mkdir(exist_ok=True)
    with open(LOCK, "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def output(*argv, **options):
    """What a command prints; BedError with the line that says most when it fails."""
    try:
        done = subprocess.run(argv, capture_output=True, text=True, check=False, **options)
    except FileNotFoundError:
        fail(f"{argv[0]} is missing: run `bed install` as root")
    if done.returncode:
        lines = [x for x in (done.stderr + done.stdout).splitlines() if x.strip()]
        told = next((x for x in lines if x.startswith(("E:", "Error"))), lines[-1] if lines else f"exit code {done.returncode}")
        fail(f"{' '.join(argv[:3])}: {told}")
    return done.stdout.strip()
