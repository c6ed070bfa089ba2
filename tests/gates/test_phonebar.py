# SPDX-License-Identifier: GPL-3.0-or-later
"""The desk's telephone: its types, its own tests, and what it takes from others."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.bed.npm import PHONEBAR, built
from tests.gates.environments import CACHE


@pytest.fixture(name="project", scope="module")
def project_fixture() -> Path:
    """A copy with its dependencies, as the bundle is built from."""
    return built(PHONEBAR, CACHE / "phonebar")


def npm(project: Path, *arguments: str) -> str:
    __tracebackhide__ = True
    done = subprocess.run(["npm", *arguments], cwd=project, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    assert not done.returncode, f"npm {' '.join(arguments)}\nended with {done.returncode}:\n{done.stdout}"
    return done.stdout


def test_types(project: Path) -> None:
    npm(project, "run", "--silent", "check")


def test_its_own_tests(project: Path) -> None:
    """Those of the whole page need a Chromium, and are skipped without one on this machine: tests/phones has them in a container."""
    assert "pass 0\n" not in npm(project, "test", "--silent")


def test_no_known_holes_in_what_ships(project: Path) -> None:
    asked = subprocess.run(["npm", "audit", "--omit=dev", "--audit-level=high"], cwd=project, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                           check=False)
    if asked.returncode and ("audit endpoint returned an error" in asked.stdout or "ENOTFOUND" in asked.stdout or "ECONN" in asked.stdout):
        pytest.skip("the registry answers no audit")
    assert asked.returncode == 0, asked.stdout
