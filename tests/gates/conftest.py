# SPDX-License-Identifier: GPL-3.0-or-later
"""What the gates share: the checkout, the environments, and the collection as users get it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.bed import npm
from tests.gates.environments import NEWEST, OLDEST, ROOT, Environment


@pytest.fixture(params=sorted({OLDEST.home, NEWEST.home}), ids=lambda home: home.name)
def ansible(request: pytest.FixtureRequest) -> Environment:
    """Each ansible-core in turn."""
    return Environment(request.param)


@pytest.fixture(scope="session")
def newest() -> Environment:
    return NEWEST


@pytest.fixture(scope="session")
def project_files() -> list[str]:
    """Every file of the project, committed or about to be."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    return [name for name in listed.stdout.decode().split("\0") if (ROOT / name).is_file()]


@pytest.fixture(scope="session")
def tarball(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As "make build" has it: with the desk's telephone, which npm builds."""
    npm.phonebar()
    folder = tmp_path_factory.mktemp("build")
    NEWEST.run("ansible-galaxy", "collection", "build", "--output-path", folder)
    (built,) = folder.glob("*.tar.gz")
    return built


@pytest.fixture(scope="session")
def installed(tarball: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A collections path with the tarball installed: real folders, since ansible-test refuses a linked checkout."""
    path = tmp_path_factory.mktemp("installed")
    NEWEST.install(tarball, path)
    return path
