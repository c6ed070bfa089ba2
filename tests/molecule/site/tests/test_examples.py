# SPDX-License-Identifier: GPL-3.0-or-later
"""The documentation's examples, as they stand there: applied, unchanged when applied again, and taken away."""

import json
import os
import subprocess
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[4] / "docs/examples"
PEOPLE = "\ufeffusername;full_name;typology;codecs\r\ncarl.csv;Carl Å;external;alaw ulaw\r\n"     # as a spreadsheet writes it
GONE = {"agents": ["anna.svensson", "bo.ek", "carl.csv"], "extensions": ["reception", "door"]}


def play(pbx, folder, example):
    """The recap's counts of one run of an example's tasks."""
    (folder / "people.csv").write_text(PEOPLE, encoding="utf-8", newline="")
    (folder / "play.yml").write_text(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": [{"ansible.builtin.include_tasks": str(example)}]}]))
    command = ["ansible-playbook", "-i", f"{pbx.name},", "play.yml",
               "-e", "ansible_connection=containers.podman.podman ansible_python_interpreter=/usr/bin/python3"]
    environment = {**os.environ, "ANSIBLE_PIPELINING": "true", "ANSIBLE_NOCOLOR": "true"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("kind", sorted(GONE))
def test_examples_work_as_written(pbx, tmp_path, kind):
    shown = play(pbx, tmp_path, EXAMPLES / f"{kind}.yml")
    assert "changed=0" not in shown
    key = {"agents": "username", "extensions": "name"}[kind]
    pbx.apply(kind, state="deleted", config=[{key: name} for name in GONE[kind]])
