# SPDX-License-Identifier: GPL-3.0-or-later
"""Each Molecule scenario as one test. Two at a time run side by side, each on its own host; their output goes straight to the terminal, since it
takes minutes."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.gates.environments import CACHE, NEWEST, ROOT

AT_A_TIME = 2       # on two cores a third one makes telephones miss what they are to hear
SCENARIOS = sorted(path.parent.name for path in Path(__file__).parent.glob("*/molecule.yml"))
Outcome = tuple[int, list[str]]     # exit code, what was told of what went wrong, to be said again at the very end


def run(name: str, running: dict[str, subprocess.Popen[str]]) -> Outcome:
    environment = {
        **os.environ,
        "MOLECULE_GLOB": "tests/molecule/*/molecule.yml",
        "ANSIBLE_COLLECTIONS_PATH": str(CACHE / "collections"),
        "PATH": f"{NEWEST.home / 'bin'}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "LC_ALL": "C.UTF-8",
        "COLUMNS": "200",  # Molecule wraps what it shows
    }
    command = [sys.executable, "-m", "tests.bed", "run", str(NEWEST.home / "bin/molecule"), "test", "--scenario-name", name]
    told = []
    with subprocess.Popen(command, cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          start_new_session=True) as running[name]:
        for line in running[name].stdout or ():
            print(f"{name:8}| {line}", end="", flush=True)
            said = re.sub(r"\x1b\[[0-9;]*m", "", line).lstrip(" │")
            if re.match(r"(FAILED|ERROR|E  |fatal: |CRITICAL)", said):
                told.append(said)
    return running[name].returncode, told


@pytest.fixture(scope="module", name="scenarios")
def scenarios_fixture(request: pytest.FixtureRequest) -> Iterator[dict[str, Future[Outcome]]]:
    chosen = [item.callspec.params["scenario"] for item in request.session.items if item.path == Path(__file__) and hasattr(item, "callspec")]
    running: dict[str, subprocess.Popen[str]] = {}
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        yield {name: pool.submit(run, name, running) for name in chosen}
        pool.shutdown(wait=False, cancel_futures=True)
        for each in running.values():
            if each.poll() is None:     # somebody stops the tests: it ends with all that it has started
                os.killpg(each.pid, signal.SIGTERM)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_scenario(scenario: str, scenarios: dict[str, Future[Outcome]], capfd: pytest.CaptureFixture[str]) -> None:
    with capfd.disabled():
        code, told = scenarios[scenario].result()
    assert code == 0, f"scenario {scenario} failed:\n{''.join(told)}"
