# SPDX-License-Identifier: GPL-3.0-or-later
"""Each Molecule scenario as one test; its own output goes straight to the terminal, since it takes minutes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.gates.environments import CACHE, NEWEST, ROOT

SCENARIOS = sorted(path.parent.name for path in Path(__file__).parent.glob("*/molecule.yml"))


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_scenario(scenario: str, capfd: pytest.CaptureFixture[str]) -> None:
    environment = {
        **os.environ,
        "MOLECULE_GLOB": "tests/molecule/*/molecule.yml",
        "ANSIBLE_COLLECTIONS_PATH": str(CACHE / "collections"),
        "PATH": f"{NEWEST.home / 'bin'}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "LC_ALL": "C.UTF-8",
    }
    command = [sys.executable, "-m", "tests.bed", "run", str(NEWEST.home / "bin/molecule"), "test", "--scenario-name", scenario]
    with capfd.disabled():
        print(flush=True)
        done = subprocess.run(command, cwd=ROOT, env=environment, check=False)
    assert done.returncode == 0, f"scenario {scenario} failed: see above"
