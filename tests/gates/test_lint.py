# SPDX-License-Identifier: GPL-3.0-or-later
"""The text of the project: style, types, and nothing of the machine that it was written on."""

from __future__ import annotations

import json
import re
import subprocess
from urllib.parse import urlsplit

import pytest

from tests.gates.environments import ROOT, Environment

SPDX = "SPDX-License-Identifier: GPL-3.0-or-later"
# As ansible-test wants it in what ships.
GNU = r"GNU General Public License v3\.0\+"


def test_ruff(newest: Environment) -> None:
    newest.run("ruff", "check", "--no-cache", "--output-format=concise", ".")


def test_mypy(newest: Environment, project_files: list[str]) -> None:
    """Strict for the pure core and the desk, see pyproject.toml."""
    typed = re.compile(r"(plugins/(action|filter|module_utils|plugin_utils)|roles/desk/files/desk|tests/(bed|bench|gates|phones))/.*\.py$")
    newest.run("mypy", *filter(typed.match, project_files))


def test_yamllint(newest: Environment) -> None:
    newest.run("yamllint", "--strict", ".")


def test_ansible_lint(newest: Environment) -> None:
    newest.run("ansible-lint", "--nocolor", "-q")


@pytest.mark.parametrize("script", ["Makefile", ".ci/run"])
def test_shell_syntax(script: str) -> None:
    command = ["make", "--dry-run", "--silent", "help"] if script == "Makefile" else ["bash", "-n", script]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def test_make_lists_every_target() -> None:
    makefile = (ROOT / "Makefile").read_text()
    (targets,) = re.findall(r"^\.PHONY: (help .*)$", makefile, re.MULTILINE)
    phony = set(targets.split())
    listed = subprocess.run(["make", "--silent"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert {name for name in phony if not re.search(rf"^\s*{name}\b", listed, re.MULTILINE)} == set()


def test_licence_is_said(project_files: list[str]) -> None:
    generated = {"changelogs/changelog.yaml"}
    ours = [ROOT / name for name in project_files if name.endswith((".py", ".sh", ".yml", ".yaml"))]
    texts = {str(path.relative_to(ROOT)): path.read_text() for path in ours}
    silent = {name for name, text in texts.items() if text and not re.search(f"{SPDX}|{GNU}", text[:600])}
    assert sorted(silent - generated) == []


def registry_hosts() -> set[str]:
    """The hosts that this machine installs packages from, read from its own settings."""
    asked = (
        ["apt-get", "indextargets", "--format", "$(REPO_URI)"],
        ["npm", "config", "get", "registry"],
        ["python3", "-c", "from pip._internal.models.index import PyPI; print(PyPI.url)"],
        ["python3", "-m", "pip", "config", "list"],
    )
    answers = []
    for command in asked:
        try:
            answers.append(subprocess.run(command, capture_output=True, text=True, check=False).stdout)
        except FileNotFoundError:
            continue  # a machine without npm has no npm registry
    urls = re.findall(r"https?://[^\s'\"]+", "\n".join(answers))
    return {host for host in (urlsplit(url).hostname for url in urls) if host and "." in host}


def test_names_nothing_of_this_machine(project_files: list[str]) -> None:
    """A registry's host comes from the system's settings, a path from where the checkout is."""
    paths = [str(ROOT)] if len(ROOT.parts) > 2 else []
    names = sorted(registry_hosts()) + paths
    pattern = re.compile("|".join(rf"(?<![\w.-]){re.escape(name)}(?![\w-])" for name in names))
    found = {}
    for name in project_files:
        try:
            hits = pattern.findall((ROOT / name).read_text())
        except UnicodeDecodeError:
            continue  # a recording, a picture
        if names and hits:
            found[name] = hits
    assert found == {}, json.dumps(found, indent=1)
