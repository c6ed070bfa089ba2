# SPDX-License-Identifier: GPL-3.0-or-later
"""The desk's telephone in a real Chromium, before a desk and a PBX of its own (roles/desk/phonebar/test); tests/molecule/web has it before real ones."""

import os
import re
import subprocess
from pathlib import Path

from tests.bed import images, npm

HERE = Path(__file__).parent


def test_the_page():
    images.build("browser")
    project = npm.built(npm.PHONEBAR, npm.ROOT / ".cache/phonebar")
    assert images.tag("browser") in (HERE / "chromium-in-container").read_text()
    done = subprocess.run(["npm", "test", "--silent", "--", "page"], cwd=project, env={**os.environ, "CHROMIUM": str(HERE / "chromium-in-container")},
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600, check=False)
    passed = re.search(r"(?m)^\W*pass ([0-9]+)$", done.stdout)
    assert done.returncode == 0 and passed and int(passed[1]) >= 16, f"not all of them ran, or passed:\n{done.stdout}"
