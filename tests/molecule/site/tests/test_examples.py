# SPDX-License-Identifier: GPL-3.0-or-later
"""The documentation's examples, as they stand there: each task applied, unchanged when applied again, and in the end taken away."""

import json
import os
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.unit.pictures import png

EXAMPLES = Path(__file__).resolve().parents[4] / "docs/examples"
PEOPLE_OF_THE_SITE = Path(__file__).resolve().parents[2] / "people"
PEOPLE = "\ufeffusername;full_name;typology;codecs\r\ncarl.csv;Carl Å;external;alaw ulaw\r\n"     # as a spreadsheet writes it
GONE = {"agents": ["anna.svensson", "bo.ek", "carl.csv"],
        "extensions": ["reception", "door", "night-bell"], "settings": [], "codecs": [], "nat": [], "queues": ["sales"],
        "teams": ["sales", "export"], "trunks": ["north", "south"],
        "user_profiles": ["team-leader", "trainee", "shift-lead"], "users": ["ada.admin", "sam.super"],
        "prefixes": ["national", "abroad", "expensive", "plain"], "inbound_routes": ["main", "block"]}
ORDER = ["inbound_routes", "prefixes", "agents", "codecs", "extensions", "nat", "queues", "settings", "teams", "trunks", "users",
         "user_profiles"]      # what refers to others goes before them


def twice(tasks):
    """Each task, and once more when it must find nothing to do."""
    for task in tasks:
        yield task
        yield {**task, "name": f"{task['name']}, again", "register": "again"}
        yield {"name": "Nothing was left to do", "ansible.builtin.assert": {"that": "again is not changed"}}


def play(pbx, folder, example):
    """What a user sees of an example's tasks."""
    (folder / "portraits").mkdir()
    (folder / "portraits/anna.png").write_bytes(png())
    (folder / "people.csv").write_text(PEOPLE, encoding="utf-8", newline="")
    (folder / "play.yml").write_text(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": list(twice(yaml.safe_load(example.read_text())))}]))
    command = ["ansible-playbook", "-i", f"{pbx.name},", "play.yml",
               "-e", "ansible_connection=containers.podman.podman ansible_python_interpreter=/usr/bin/python3"]
    environment = {**os.environ, "ANSIBLE_PIPELINING": "true", "ANSIBLE_NOCOLOR": "true"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_there_is_no_other_example():
    assert sorted(GONE) == sorted(ORDER) == sorted(path.stem for path in EXAMPLES.glob("*.yml"))


@pytest.mark.parametrize("kind", ORDER)
def test_examples_work_as_written(pbx, tmp_path, kind):
    shown = play(pbx, tmp_path, EXAMPLES / f"{kind}.yml")
    assert "changed=0" not in shown and "Nothing was left to do" in shown
    key = "username" if kind in ("agents", "users") else "name"
    if kind == "settings":
        pbx.apply(kind, config_file=str(PEOPLE_OF_THE_SITE / "settings.yml"))
    if GONE[kind]:
        pbx.apply(kind, state="deleted", config=[{key: name} for name in GONE[kind]])
