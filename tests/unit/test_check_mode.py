# SPDX-License-Identifier: GPL-3.0-or-later
"""Check mode tells what a real run then does, and does nothing."""

from __future__ import annotations

import re
from typing import Any

import pytest
from module_utils.model.errors import Trouble
from module_utils.store.lock import Lock

from tests.unit.conftest import ANNA, BEN, SECRET, TEAM, House
from tests.unit.samples import changed, every_kind, furnish, sample

TOLD = ("changed", "created", "updated", "deleted", "counts", "before", "after", "reasons", "files", "drifted", "numbers", "generated", "diff")


@pytest.fixture(autouse=True)
def same_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """A password's age is shown, and must not make the difference."""
    monkeypatch.setattr("module_utils.task.now", lambda: "2031-01-01T00:00:00Z")


@pytest.mark.parametrize(("state", "config", "more"), [
    ("merged", [ANNA, {**BEN, "nat": "no", "sip_password": SECRET + "2"}], {}),
    ("replaced", [{**BEN, "description": "x"}], {}),
    ("overridden", [ANNA, *TEAM[:5]], {"max_deletions": "100%"}),
    ("deleted", [{"username": "ben"}], {}),
    ("merged", [], {}),
])
@pytest.mark.parametrize("empty", [True, False])
def test_same_result(house: House, state: str, config: list[Any], more: dict[str, Any], empty: bool) -> None:
    if not empty:
        house.run("merged", [BEN, *TEAM])
    before, asked = house.everything(), len(house.asterisk.did)
    checked = house.run(state, config, check=True, diff=True, seed="s", **more)
    assert house.everything() == before and len(house.asterisk.did) == asked
    assert not empty or not any(house.state.iterdir())
    real = house.run(state, config, diff=True, seed="s", **more)
    assert {name: checked.get(name) for name in TOLD} == {name: real.get(name) for name in TOLD}


def test_same_refusal(house: House) -> None:
    house.run("merged", [BEN])
    told = []
    for check in (True, False):
        with pytest.raises(Trouble) as wrong:
            house.run("merged", [{**ANNA, "number": "1000"}, {"username": "x"}], check=check)
        told.append(str(wrong.value))
    assert told[0] == told[1] and "1000 is taken by agent 'ben'" in told[0]


@pytest.mark.parametrize("diff", [True, False])
def test_no_secret_in_it(house: House, diff: bool) -> None:
    house.run("merged", [BEN])
    result = house.run("merged", [{**BEN, "sip_password": "another-secret", "voicemail_pin": "909090"}], check=True, diff=diff)
    left = str(result.pop("planned"))       # for the tasks after it; the action plugin takes it out
    assert not any(secret in left for secret in (SECRET, "another-secret", "471147", "909090")) and not re.search("[0-9a-f]{32}", left)
    text = str(result)
    assert not any(secret in text for secret in (SECRET, "another-secret", "471147", "909090", "md5"))
    assert result["before"]["ben"] == result["after"]["ben"] == {"username": "ben", "sip_password": "********", "voicemail_pin": "********"}


def test_does_not_wait_for_a_run_at_work(house: House) -> None:
    house.run("merged", [BEN])
    with pytest.raises(Trouble, match="another run is at work"), Lock(f"{house.host.state}/lock", 0):
        assert house.run("merged", [ANNA], check=True)["created"] == ["anna"]
        house.run("merged", [ANNA])


@pytest.mark.row("N4")
@every_kind
@pytest.mark.parametrize("state", ["merged", "replaced", "overridden", "deleted"])
@pytest.mark.parametrize("there", [True, False])
def test_every_kind_has_the_same_result(house: House, state: str, kind: str, there: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("module_utils.task.time.strftime", lambda *_arguments: "2031-01-01T00:00:00Z")
    resource, those = sample(kind)
    furnish(house, kind, full=there)
    config = [changed(kind)] if there and state != "deleted" else those.items
    if there and state in ("replaced", "overridden") and not resource.single:
        config = [{**those.items[0], **({"description": "another"} if "description" in resource.by_name else those.change)}]
    before, written, asked = house.everything(), house.written(), len(house.asterisk.did)
    checked = house.run(state, config, resource, check=True, diff=True, seed="s", max_deletions="100%")
    assert house.everything() == before and house.written() == written and len(house.asterisk.did) == asked
    real = house.run(state, config, resource, diff=True, seed="s", max_deletions="100%")
    assert {name: checked.get(name) for name in TOLD} == {name: real.get(name) for name in TOLD}
    assert real["changed"] is (there or state != "deleted" or bool(real["files"]))
