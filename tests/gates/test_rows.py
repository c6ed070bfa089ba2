# SPDX-License-Identifier: GPL-3.0-or-later
"""Every row of docs/fields.md has a test, every field a row; the table itself is checked with the other documentation."""

from __future__ import annotations

from tests.gates.rows import PENDING, ROWS, complaints


def test_every_row_is_covered_and_every_field_has_one() -> None:
    assert complaints() == []


def test_what_is_pending_is_a_row() -> None:
    assert set(ROWS) >= PENDING
