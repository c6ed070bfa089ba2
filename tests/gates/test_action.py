# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's half under each Ansible, with a host that is this machine and has a store but no Asterisk."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.gates.environments import Environment

PIN, PASSWORD = "471147", "correct-horse-battery"
BEN = {"username": "ben", "full_name": "Ben Ek", "typology": "external", "voicemail": True}

FILLED = """
import sys
sys.path[:0] = ["plugins"]
from module_utils.model.agent import AGENT
from module_utils.model.secrets import digests
from module_utils.store.sqlite import Store
store = Store(sys.argv[1])
store.prepare()
said = {"username": "ben", "full_name": "Ben Ek", "typology": "external", "number": "1000", "voicemail": True,
        "voicemail_pin": "471147", "sip_password": digests("ben", "switchboard", "correct-horse-battery")}
store.write(AGENT, {"ben": said}, {}, [], "switchboard")
"""


@pytest.fixture
def home(tmp_path: Path, newest: Environment) -> Path:
    (tmp_path / "state").mkdir()
    newest.run("python", "-c", FILLED, tmp_path / "state/store.db")
    return tmp_path


def task(ansible: Environment, home: Path, *options: str, fails: bool = False, **arguments: Any) -> str:
    """What a user sees of one task."""
    arguments = {"store": str(home / "state"), "asterisk_config_dir": str(home), "credentials_file": "credentials.yml", **arguments}
    command = ["ansible", "pbx", "-i", "pbx,", "-c", "local", "-e", f"ansible_python_interpreter={ansible.home}/bin/python",
               "-m", "switchboard.asterisk.agents", "-a", json.dumps(arguments), *options]
    if not fails:
        return ansible.run(*command, cwd=home, ANSIBLE_PIPELINING="true", ANSIBLE_DEBUG="true")
    with pytest.raises(AssertionError) as shown:
        ansible.run(*command, cwd=home, ANSIBLE_PIPELINING="true")
    return str(shown.value)


def test_gathered_secrets_go_to_the_file_and_nowhere_else(ansible: Environment, home: Path) -> None:
    """Debugging, Ansible shows what a module printed, as an SSH connection does at -vvv."""
    shown = task(ansible, home, "-vvv", state="gathered", with_secrets=True)
    made = yaml.safe_load((home / "credentials.yml").read_text())["pbx"]["agents"]["ben"]
    assert made["voicemail_pin"] == PIN and set(made["sip_password"]) == {"md5", "sha256", "realm"}
    assert '"veiled"' in shown.replace("\\", "") and "Ben Ek" in shown
    assert not any(secret in shown for secret in (PIN, made["sip_password"]["md5"], made["sip_password"]["sha256"]))


def test_runs_that_fail_leave_one_seed(ansible: Environment, home: Path) -> None:
    """There is no Asterisk to make it live."""
    task(ansible, home, "--check", config=[{**BEN, "username": "cleo"}])
    assert not list(home.glob("credentials.yml*"))
    for _each in range(2):
        shown = task(ansible, home, fails=True, config=[{**BEN, "username": "cleo"}, {**BEN, "sip_password": PASSWORD}])
        assert "manager.conf cannot be read" in shown and PASSWORD not in shown.partition("ended with")[2]
        (left,) = home.glob("credentials.yml*")
        assert left.name.startswith("credentials.yml.pending-") and left.stat().st_mode & 0o777 == 0o600
