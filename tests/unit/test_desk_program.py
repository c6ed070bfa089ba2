# SPDX-License-Identifier: GPL-3.0-or-later
"""The desk's program: one zip, from which a host's Python imports it, and the model and the store beside it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from ansible_collections.switchboard.asterisk.plugins.action import program

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = {"desk": str(ROOT / "roles/desk/files/desk"), "module_utils": str(ROOT / "plugins/module_utils")}


def test_the_same_files_are_the_same_zip(tmp_path: Path) -> None:
    """Whenever they were written, in whatever order a folder lists them, and whoever may read them."""
    copy = tmp_path / "copy"
    for name, folder in PACKAGES.items():
        shutil.copytree(folder, copy / name)
    (copy / "desk/__pycache__").mkdir(exist_ok=True)
    (copy / "desk/__pycache__/web.cpython-313.pyc").write_bytes(b"x")
    (copy / "desk/notes.txt").write_text("x")
    for path in copy.rglob("*.py"):
        os.utime(path, (0, 10**9))
        path.chmod(0o600)
    one, other = tmp_path / "one.zip", tmp_path / "other.zip"
    program.packed(PACKAGES, str(one))
    program.packed({name: str(copy / name) for name in reversed(PACKAGES)}, str(other))
    assert one.read_bytes() == other.read_bytes()
    (copy / "desk/texts/en.json").write_text("{}")
    program.packed({name: str(copy / name) for name in PACKAGES}, str(other))
    assert one.read_bytes() != other.read_bytes()


def test_all_of_it_is_in_there(tmp_path: Path) -> None:
    program.packed(PACKAGES, str(tmp_path / "desk.zip"))
    with zipfile.ZipFile(tmp_path / "desk.zip") as made:
        names = {each.filename for each in made.infolist() if not each.is_dir()}
        assert made.testzip() is None and {each.external_attr >> 16 & 0o777 for each in made.infolist()} == {0o644, 0o755}
    wanted = {f"{name}/{path.relative_to(folder)}" for name, folder in PACKAGES.items() for path in Path(folder).rglob("*")
              if path.is_file() and path.suffix in (".py", ".html", ".json")}
    assert names == wanted and {"desk/web.py", "desk/templates/desk.html", "desk/texts/en.json", "module_utils/store/sqlite.py"} <= names


def test_a_folder_without_python_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="there is no Python in"):
        program.packed({"desk": str(tmp_path / "nothing")}, str(tmp_path / "desk.zip"))


def test_a_host_imports_it(tmp_path: Path) -> None:
    """With its pages and texts, and nothing of this checkout."""
    program.packed(PACKAGES, str(tmp_path / "desk.zip"))
    say = ("import desk.keeper, desk.web, module_utils.store.sqlite as store; print(desk.web.__file__, store.__file__); "
           "print(desk.web.page('sign_in.html', error='', username='').body.decode(), len(desk.web.TEXTS))")
    done = subprocess.run([sys.executable, "-P", "-c", say], cwd=tmp_path, capture_output=True, text=True, check=False,
                          env={"PATH": os.environ["PATH"], "PYTHONPATH": "desk.zip", "PYTHONDONTWRITEBYTECODE": "1", "LC_ALL": "C"})
    assert done.returncode == 0, done.stderr
    where, _newline, page = done.stdout.partition("\n")
    assert all("desk.zip" in each for each in where.split()) and '<form method="post" action="/sign-in">' in page and "Username" in page
