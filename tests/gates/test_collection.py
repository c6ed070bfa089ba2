# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection as a user gets it: built, installed, documented, and accepted by Ansible's own tests."""

from __future__ import annotations

import ast
import json
import shutil
import tarfile
from pathlib import Path

import pytest
import yaml

from tests.gates.environments import CACHE, ROOT, Environment

NAME = "switchboard.asterisk"
HOME = Path("ansible_collections/switchboard/asterisk")
MODULES = sorted(path.stem for path in (ROOT / "plugins/modules").glob("[!_]*.py"))
PLAYBOOKS = sorted((ROOT / "playbooks").glob("*.yml"))
# What ships, by its first folder; a new one is a decision, not an accident.
SHIPPED = {
    "COPYING",
    "CHANGELOG.md",
    "README.md",
    "changelogs",
    "docs",
    "inventory",
    "meta",
    "playbooks",
    "plugins",
    "requirements.txt",
    "roles",
    "tests",
}


# The desk's telephone, which is built and never committed.
BUNDLE = {"roles/desk/files/phonebar/phonebar.js", "roles/desk/files/phonebar/phonebar.css"}


def test_tarball_has_no_junk(tarball: Path, project_files: list[str]) -> None:
    with tarfile.open(tarball) as archive:
        names = {member.name for member in archive if member.isfile()}
    made_by_the_build = {"MANIFEST.json", "FILES.json", *BUNDLE}
    assert made_by_the_build <= names
    assert sorted(names - made_by_the_build - set(project_files)) == [], "not the project's"
    assert {name.partition("/")[0] for name in names - made_by_the_build} - SHIPPED == set()
    assert [name for name in names if name.startswith("tests/") and not name.startswith("tests/sanity/")] == []


def test_tarball_has_nobodys_own_inventory(project_files: list[str], newest: Environment, tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    for name in project_files:
        (checkout / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, checkout / name)
    own = ("mine/hosts.yml", "exam/hosts.yml", "east/hosts.yml", "example2/hosts.yml", "hosts.yml",
           "example/group_vars/pbx/vault.yml", "example/credentials.yml", "example/credentials.yml.pending-0")
    for name in own:
        (checkout / "inventory" / name).parent.mkdir(parents=True, exist_ok=True)
        (checkout / "inventory" / name).touch()
    newest.run("ansible-galaxy", "collection", "build", "--output-path", tmp_path, cwd=checkout)
    (built,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(built) as archive:
        names = {member.name for member in archive if member.isfile() and member.name.startswith("inventory/")}
    assert names == {name for name in project_files if name.startswith("inventory/example/")}


def test_tarball_has_what_it_needs(tarball: Path, project_files: list[str]) -> None:
    with tarfile.open(tarball) as archive:
        names = set(archive.getnames())
    needed = [name for name in project_files if name.startswith(("plugins/", "roles/", "meta/"))]
    assert sorted(set(needed) - names) == []
    assert {"README.md", "COPYING", "CHANGELOG.md", "requirements.txt"} <= names


def test_tarball_has_the_telephone(tarball: Path) -> None:
    """The two files that a host needs, as they were built; neither their sources nor what npm left."""
    with tarfile.open(tarball) as archive:
        found = {member.name: member.size for member in archive if member.isfile() and member.name.startswith("roles/desk/files/phonebar/")}
        names = archive.getnames()
    assert set(found) == BUNDLE and min(found.values()) > 1000
    assert found == {name: (ROOT / name).stat().st_size for name in BUNDLE}
    assert [name for name in names if "node_modules" in name or "/dist/" in name] == []


def test_tarball_installs_and_documents_itself(tarball: Path, ansible: Environment, tmp_path: Path) -> None:
    ansible.install(tarball, tmp_path)
    listed = json.loads(ansible.run("ansible-doc", "--list", "--json", NAME, ANSIBLE_COLLECTIONS_PATH=str(tmp_path), cwd=tmp_path))
    assert sorted(listed) == [f"{NAME}.{module}" for module in MODULES]
    for module in listed:
        shown = ansible.run("ansible-doc", "--json", module, ANSIBLE_COLLECTIONS_PATH=str(tmp_path), cwd=tmp_path)
        assert json.loads(shown)[module]["doc"]["options"]


def test_every_role_documents_its_variables(ansible: Environment) -> None:
    roles = sorted(path.name for path in (ROOT / "roles").iterdir() if path.is_dir())
    if not roles:
        pytest.skip("no roles yet")
    shown = json.loads(ansible.run("ansible-doc", "--type", "role", "--list", "--json", NAME))
    assert sorted(shown) == [f"{NAME}.{role}" for role in roles]


def test_every_resource_is_in_the_group_and_has_its_action() -> None:
    runtime = yaml.safe_load((ROOT / "meta/runtime.yml").read_text())
    # A resource takes its own action plugin; a module that takes none is not a resource.
    resources = [name for name in MODULES if "switchboard.asterisk.resource" in (ROOT / f"plugins/modules/{name}.py").read_text()]
    assert sorted(set(runtime["action_groups"]["all"]) - set(MODULES)) == [], "no such module"
    assert sorted(set(resources) - set(runtime["action_groups"]["all"])) == []
    routed = runtime["plugin_routing"]["modules"]
    actions = {**dict.fromkeys(runtime["action_groups"]["all"], "resource"), **dict.fromkeys(("credentials", "rename", "renumber"), "one_off"),
               "program": "program"}
    assert routed == {name: {"action_plugin": f"{NAME}.{action}"} for name, action in actions.items()}


def test_modules_are_thin() -> None:
    """A module is a spec and one call: what grows belongs below it."""
    strings = (ast.Assign, ast.Import, ast.ImportFrom)
    sizes = {}
    for module in MODULES:
        tree = ast.parse((ROOT / f"plugins/modules/{module}.py").read_text())
        code = [node for node in tree.body if not isinstance(node, strings)]
        sizes[module] = sum((node.end_lineno or 0) - node.lineno + 1 for node in code)
    assert {module: size for module, size in sizes.items() if size > 40} == {}


def test_generated_documentation_is_current(newest: Environment) -> None:
    """Option documentation is written from the model's declarations; a hand edit of either shows here."""
    if not (ROOT / "tests/gates/document.py").exists():
        pytest.skip("no generator yet")
    newest.run("python", "tests/gates/document.py", "--check")


def test_documentation_lint(newest: Environment, installed: Path) -> None:
    newest.run(
        "antsibull-docs",
        "lint-collection-docs",
        "--plugin-docs",
        "--skip-rstcheck",
        "--validate-collection-refs=self",
        "--disallow-unknown-collection-refs",
        installed / HOME,
    )


def test_changelog_lint(newest: Environment) -> None:
    newest.run("antsibull-changelog", "lint")


def test_sanity(ansible: Environment, installed: Path) -> None:
    """All of ansible-test's sanity tests, on what ships."""
    home = CACHE / "home"
    cache = home / ".ansible/test/cache"
    cache.mkdir(parents=True, exist_ok=True)
    # ansible-test downloads get-pip from a site of its own; what Python brings along does the same.
    for version in ("24_2", "25_2"):
        (cache / f"get_pip_{version}.py").write_text("import ensurepip\n\nensurepip.bootstrap(upgrade=True, default_pip=True)\n")
    # Its pip sees no PIP_* variables, only the user's settings.
    if not (home / ".config").is_symlink():
        (home / ".config").symlink_to(Path.home() / ".config")
    # On the environment's Python: others on PATH may be shims that don't run.
    ansible.run("ansible-test", "sanity", "--local", "--color=no", f"--python={ansible.python}", cwd=installed / HOME, HOME=str(home))


@pytest.mark.parametrize("playbook", PLAYBOOKS, ids=lambda path: path.name)
def test_playbook_syntax(playbook: Path, ansible: Environment) -> None:
    inventories = [f"--inventory={path}" for path in sorted((ROOT / "inventory").glob("*/hosts.yml"))]
    ansible.run("ansible-playbook", "--syntax-check", *inventories, playbook)


def test_execution_environment(newest: Environment, installed: Path, tarball: Path, tmp_path: Path) -> None:
    """ansible-builder reads what the collection needs, and makes an image's build folder with it."""
    asked = yaml.safe_load(newest.run("ansible-builder", "introspect", "--sanitize", installed))
    needed = " ".join(asked["python"])
    assert "netaddr" in needed
    assert "libpass" in needed

    definition = {
        "version": 3,
        "images": {"base_image": {"name": "localhost/any:latest"}},
        "dependencies": {
            "ansible_core": {"package_pip": f"ansible-core~={newest.core}.0"},
            "ansible_runner": {"package_pip": "ansible-runner"},
            "galaxy": {"collections": [{"name": str(tarball), "type": "file"}]},
        },
    }
    (tmp_path / "execution-environment.yml").write_text(yaml.safe_dump(definition))
    newest.run("ansible-builder", "create", "--context", tmp_path / "context", cwd=tmp_path)
    assert (tmp_path / "context/Containerfile").is_file()
    assert str(tarball) in (tmp_path / "context/_build/requirements.yml").read_text()
