# SPDX-License-Identifier: GPL-3.0-or-later
"""The guides in docs name options that there are, say truly what does not act yet, and show what can be applied."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from module_utils.model.resource import Resource
from module_utils.model.site import RESOURCES

from tests.unit.conftest import House

DOCS = Path(__file__).parents[2] / "docs"
GUIDES = {"create-an-agent.md": "agent", "create-a-supervisor.md": "user"}


def rows(guide: str) -> list[list[str]]:
    lines = [line for line in (DOCS / guide).read_text(encoding="utf-8").splitlines() if line.startswith("| ") and "| option |" not in line]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def named(cell: str) -> list[str]:
    return re.findall("`([^`]+)`", cell)


@pytest.mark.parametrize(("guide", "kind"), GUIDES.items())
def test_every_option_named_exists(guide: str, kind: str) -> None:
    options = [name for _field, cell, _what in rows(guide) for name in named(cell)]
    assert [name for name in options if name not in RESOURCES[kind].by_name] == [] and len(options) == len(set(options)) > 15


@pytest.mark.parametrize(("guide", "kind"), GUIDES.items())
def test_what_does_not_act_yet_is_told(guide: str, kind: str) -> None:
    for _field, cell, what in rows(guide):
        for name in named(cell):
            assert ("*Not yet" in what) is RESOURCES[kind].by_name[name].idle, f"{guide}: {name}"


def unmentioned(guide: str, resource: Resource) -> set[str]:
    text = (DOCS / guide).read_text(encoding="utf-8")
    return {name for name in resource.by_name if f"`{name}`" not in text and not re.match(r"channels\.", name)}


def test_every_field_of_an_agent_is_in_the_guide() -> None:
    moving = {"update_password", "must_change_password", "password_hash", "password_history"}     # for moving a site, see docs/resources
    assert unmentioned("create-an-agent.md", RESOURCES["agent"]) == moving
    assert unmentioned("create-a-supervisor.md", RESOURCES["user"]) == {*moving, "api_key_hash"}


@pytest.mark.parametrize("guide", GUIDES)
def test_the_example_can_be_applied(house: House, guide: str) -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", (DOCS / guide).read_text(encoding="utf-8"), re.DOTALL)
    for task in yaml.safe_load(example):
        (module,) = [name for name in task if name.startswith("switchboard.asterisk.")]
        resource = next(each for each in RESOURCES.values() if module == f"switchboard.asterisk.{each.plural}")
        assert house.run("merged", task[module]["config"], resource)["counts"]["created"] == len(task[module]["config"])


def test_links_lead_somewhere() -> None:
    for page in [*DOCS.glob("*.md"), *DOCS.glob("resources/*.md")]:
        for target in re.findall(r"\]\(([^)#:]+\.md)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).is_file(), f"{page.name}: {target}"
