# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook for people under ansible-runner, which is what AWX uses: inventory, extra variables, check mode."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.gates.environments import ROOT, Environment

PEOPLE = ROOT / "inventory/demo/people"


def write(path: Path, content: Any) -> None:
    path.parent.mkdir()
    path.write_text(json.dumps(content))


def test_staff_in_check_mode(newest: Environment, tmp_path: Path) -> None:
    """On a host that has nothing yet: an absent store is an empty one."""
    host = {"ansible_connection": "local", "ansible_python_interpreter": f"{newest.home}/bin/python"}
    credentials = tmp_path / "credentials.yml"
    write(tmp_path / "inventory/hosts.json", {"pbx": {"hosts": {"empty": host}}})
    write(
        tmp_path / "env/extravars",
        {
            "staff_teams_file": f"{PEOPLE}/teams.yml",
            "staff_queues_file": f"{PEOPLE}/queues.yml",
            "staff_extensions_file": f"{PEOPLE}/extensions.yml",
            "staff_agents_file": f"{PEOPLE}/agents.yml",
            "staff_credentials_file": str(credentials),
        },
    )

    playbook = ROOT / "playbooks/staff.yml"
    newest.run("ansible-runner", "run", tmp_path, "--ident=staff", "--playbook", playbook, "--cmdline=--check --diff")

    events = [json.loads(path.read_text()) for path in (tmp_path / "artifacts/staff/job_events").glob("*-*.json")]
    results = {event["event_data"]["task"]: event["event_data"]["res"] for event in events if event["event"] == "runner_on_ok"}
    assert len(results["Set up the teams"]["created"]) == 2
    assert len(results["Set up the queues"]["created"]) == 2
    assert len(results["Set up the telephones"]["created"]) == 2
    assert len(results["Set up the agents"]["created"]) == 10
    assert not credentials.exists()
