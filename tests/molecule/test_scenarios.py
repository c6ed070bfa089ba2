# SPDX-License-Identifier: GPL-3.0-or-later
"""Each Molecule scenario as one test; its own output goes straight to the terminal, since it takes minutes."""

import os
import re
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
        "COLUMNS": "200",  # Molecule wraps what it shows
    }
    command = [sys.executable, "-m", "tests.bed", "run", str(NEWEST.home / "bin/molecule"), "test", "--scenario-name", scenario]
    told = []  # of what went wrong, to be said again at the very end
    with capfd.disabled():
        print(flush=True)
        with subprocess.Popen(command, cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as molecule:
            for line in molecule.stdout or ():
                print(line, end="", flush=True)
                said = re.sub(r"\x1b\[[0-9;]*m|^[ │]+", "", line)
                if re.match(r"(FAILED|ERROR|E  |fatal: |CRITICAL)", said):
                    told.append(said)
    assert molecule.returncode == 0, f"scenario {scenario} failed:\n{''.join(told)}"
