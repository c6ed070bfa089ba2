# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory that a user copies: every variable in it has a value, once its vault is there."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.gates.environments import ROOT, Environment


def test_the_examples_variables_all_have_values(newest: Environment, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    shutil.copytree(ROOT / "inventory/example", mine)
    (tmp_path / "key").write_text("open sesame")
    vault = ["ansible-vault", "encrypt", "--vault-password-file", str(tmp_path / "key"), "--output", "group_vars/pbx/vault.yml"]
    subprocess.run([newest.home / "bin" / vault[0], *vault[1:]], cwd=mine, input=b"vault_relay_password: hunter2-long-enough\n", check=True)
    names = list(yaml.safe_load((mine / "group_vars/pbx/main.yml").read_text()))
    show = {"ansible.builtin.copy": {"dest": f"{tmp_path}/shown", "content": "{{ names | map('extract', vars) | zip(names) | to_json }}"}}
    play = [{"hosts": "pbx", "connection": "local", "gather_facts": False, "become": False, "vars": {"names": names, "ansible_become": False}, "tasks": [show]}]
    (tmp_path / "play.json").write_text(json.dumps(play))
    newest.run("ansible-playbook", "-i", mine / "hosts.yml", "--vault-password-file", tmp_path / "key", tmp_path / "play.json")
    shown = {name: value for value, name in json.loads((tmp_path / "shown").read_text())}
    assert shown["voicemail_relay_password"] == "hunter2-long-enough"
    assert Path(shown["staff_agents_file"]) == mine / "people/agents.yml"


@pytest.mark.parametrize("name", ["example", "demo"])
def test_the_people_can_be_set_up_on_an_empty_host(newest: Environment, tmp_path: Path, name: str) -> None:
    """All files together and in the order of a run, those included that stand in a comment."""
    files = {f"staff_{path.stem}_file": str(path) for path in (ROOT / "inventory" / name / "people").iterdir()}
    said = "".join(path.read_text() for path in (ROOT / "inventory" / name / "group_vars").rglob("*.yml"))
    assert [variable for variable in files if f"{variable}: " not in said] == []
    variables = {**files, "staff_credentials_file": f"{tmp_path}/credentials.yml", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}
    nat = files.pop("staff_nat_file", None)
    if nat:         # on a host it must hold the host's own address
        arguments = json.dumps({"state": "rendered", "config_file": variables.pop("staff_nat_file")})
        rendered = newest.run("ansible", "pbx", "-i", "pbx,", "-c", "local", "-m", "switchboard.asterisk.nat", "-a", arguments)
        assert "external_media_address=203.0.113.10" in rendered
    assert f"changed={len(files)} " in tried(newest, variables)


def test_files_without_anybody_or_anything_are_meant_when_that_is_said(newest: Environment, tmp_path: Path) -> None:
    """As an export of a small site has them."""
    variables: dict[str, Any] = {"staff_state": "overridden", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}
    for kind in ("codecs", "user_profiles", "teams", "trunks", "prefixes", "queues", "extensions", "users", "agents", "inbound_routes"):
        (tmp_path / f"{kind}.yml").write_text(f"{kind}: []\n")
        variables[f"staff_{kind}_file"] = f"{tmp_path}/{kind}.yml"
    with pytest.raises(AssertionError, match="would delete every codec: say allow_empty"):
        tried(newest, variables)
    assert "failed=0 " in tried(newest, {**variables, "staff_allow_empty": True})


def tried(newest: Environment, variables: dict[str, Any]) -> str:
    """What playbook staff says in check mode of a host where nothing is yet."""
    return newest.run("ansible-playbook", "--check", "-i", "pbx,", "-c", "local", "-e", json.dumps(variables), "switchboard.asterisk.staff")
