# SPDX-License-Identifier: GPL-3.0-or-later
"""The unit tests once more, with the oldest Ansible and Python; the session itself runs them on the newest."""

from __future__ import annotations

import pytest

from tests.gates.environments import NEWEST, OLDEST, ROOT


@pytest.mark.skipif(OLDEST == NEWEST, reason="this machine's Pythons allow one ansible-core only")
def test_unit_tests_on_the_oldest() -> None:
    if not any((ROOT / "tests/unit").rglob("test_*.py")):
        pytest.skip("no unit tests yet")
    OLDEST.run("python", "-m", "pytest", "-q", "tests/unit")
