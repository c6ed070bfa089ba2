# SPDX-License-Identifier: GPL-3.0-or-later
"""An empty config, and none at all, in every state."""

from __future__ import annotations

import pytest
from module_utils import bridge
from module_utils.compile.pjsip import TEMPLATES, file_of
from module_utils.model.errors import Wrong

from tests.unit.conftest import ANNA, TEAM, House
from tests.unit.samples import every_kind, furnish, of_many, of_one, sample


@pytest.mark.parametrize("state", ["merged", "replaced", "deleted"])
def test_changes_nothing(house: House, state: str) -> None:
    house.run("merged", [ANNA])
    before = house.everything()
    assert house.run(state, [])["changed"] is False
    assert house.everything() == before


def test_overridden_is_refused_unless_asked_for_in_so_many_words(house: House) -> None:
    house.run("merged", TEAM)
    before = house.everything()
    with pytest.raises(Wrong, match="config: is empty, .*would delete every agent: say allow_empty"):
        house.run("overridden", [], max_deletions="100%")
    with pytest.raises(Wrong, match="max_deletions: would delete 20 of 20"):
        house.run("overridden", [], allow_empty=True)
    assert house.everything() == before
    assert house.run("overridden", [], allow_empty=True, max_deletions="20")["counts"]["deleted"] == 20


def test_rendered_is_templates_only(house: House) -> None:
    assert "anna" not in "".join(house.run("rendered", [])["rendered"].values())


@pytest.mark.parametrize("state", bridge.STATES)
def test_none_at_all_is_an_error_except_to_gather(house: House, state: str) -> None:
    if state == "gathered":
        assert house.run(state)["gathered"] == []
    else:
        with pytest.raises(Wrong, match=f"config: is needed for state {state}"):
            house.run(state)


def test_an_empty_host_gets_its_files_once(house: House) -> None:
    assert house.run("merged", [])["changed"] is True
    assert set(house.files()) == {*map(file_of, TEMPLATES), "pjsip_transport.conf", "rtp.conf", "voicemail.conf", "numbers.conf", "queues.conf",
                                  "members.conf", "outside.conf"}
    assert house.run("merged", [])["changed"] is False


@every_kind
@pytest.mark.parametrize("state", ["merged", "replaced", "deleted"])
def test_every_kind_stays_as_it_is(house: House, state: str, kind: str) -> None:
    resource, _those = sample(kind)
    furnish(house, kind)
    before = house.everything()
    assert house.run(state, [], resource)["changed"] is False and house.everything() == before
    with pytest.raises(Wrong, match=f"config: is empty, .*would delete every {kind}: say allow_empty"):
        house.run("overridden", [], resource, max_deletions="100%")
    assert house.everything() == before


@of_one
def test_an_empty_mapping_says_nothing(house: House, kind: str) -> None:
    resource, those = sample(kind)
    house.run("merged", [], resource)
    before = house.everything()
    for state in ("merged", "replaced", "overridden"):
        assert house.run(state, [{}], resource)["changed"] is False and house.everything() == before
    house.run("merged", those.items, resource)
    assert house.run("merged", [{}], resource)["changed"] is False


@of_many
def test_every_kind_goes_as_a_whole_when_that_is_meant(house: House, kind: str) -> None:
    resource, those = sample(kind)
    furnish(house, kind)
    assert house.run("overridden", [], resource, allow_empty=True, max_deletions="100%")["counts"]["deleted"] == len(those.items)
    assert house.documents(kind) == {}
