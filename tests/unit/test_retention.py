# SPDX-License-Identifier: GPL-3.0-or-later
"""How long things are kept, in the words of systemd-tmpfiles."""

from __future__ import annotations

from typing import Any

import pytest
from module_utils.compile import compile_site
from module_utils.model.resource import SINGLE
from module_utils.model.settings import SETTINGS

from tests.unit.conftest import House


def kept(**said: Any) -> list[str]:
    text = compile_site({"settings": {SINGLE: {f"retention.{name}": value for name, value in said.items()}}}).files["retention.tmpfiles"]
    return [line for line in text.splitlines() if not line.startswith("#")]


@pytest.mark.row("T9")
def test_what_is_kept_for_good_is_nobodys_to_remove() -> None:
    assert kept() == kept(call_records=0, recordings=0) == []


@pytest.mark.row("T9")
def test_what_is_old_goes() -> None:
    assert kept(call_records=90) == ["e /var/log/asterisk/records - - - mM:90d"]
    assert kept(recordings=30, call_records=0) == ["e /var/spool/asterisk/monitor - - - mM:30d"]


def test_a_change_of_it_asks_nothing_of_asterisk(house: House) -> None:
    house.run("merged", [])
    made = house.run("merged", [{"retention": {"call_records": 30}}], SETTINGS)
    assert made["changed"] and made["files"] == ["retention.tmpfiles"] and made["reloaded"] == []
    assert "records - - - mM:30d" in (house.config / "switchboard" / "retention.tmpfiles").read_text(encoding="utf-8")
    assert house.run("merged", [{"retention": {"call_records": 30}}], SETTINGS)["changed"] is False
