# SPDX-License-Identifier: GPL-3.0-or-later
"""The desk's telephone in a real Chromium, before a desk and a PBX of its own (roles/desk/phonebar/test); tests/molecule/web has it before real ones."""

import os
import subprocess
from pathlib import Path

from tests.bed import npm
from tests.bed.images import tag

HERE = Path(__file__).parent


def test_the_page():
    project = npm.built(npm.PHONEBAR, npm.ROOT / ".cache/phonebar")
    assert tag("browser") in (HERE / "chromium-in-container").read_text()
    done = subprocess.run(["npm", "test", "--silent", "--", "page"], cwd=project, env={**os.environ, "CHROMIUM": str(HERE / "chromium-in-container")},
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600, check=False)
    assert done.returncode == 0 and "SKIP" not in done.stdout, done.stdout
