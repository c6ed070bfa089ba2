# SPDX-License-Identifier: GPL-3.0-or-later
"""rendered: the compiled files of the given resources, without a host and without a secret."""

from __future__ import annotations

import json
import re

import pytest
from module_utils.model.errors import Trouble

from tests.unit.asterisk import devices
from tests.unit.conftest import ANNA, BEN, SECRET, House
from tests.unit.samples import every_kind, sample


def test_needs_no_host_and_touches_none(house: House) -> None:
    before = house.everything()
    result = house.run("rendered", [ANNA, BEN], store="/nowhere", asterisk_config_dir="/nowhere")
    assert result["changed"] is False and set(devices(result["rendered"])) == {"anna", "ben"}
    assert house.everything() == before and not house.asterisk.did and result["module"]["python"]


def test_holds_no_secret(house: House) -> None:
    text = json.dumps(house.run("rendered", [ANNA, BEN]))
    assert SECRET not in text and "471147" not in text and not re.search("[0-9a-f]{32}", text)


def test_differs_from_the_real_thing_in_secrets_only(house: House) -> None:
    rendered = house.run("rendered", [ANNA, BEN])["rendered"]
    house.run("merged", [ANNA, BEN])
    for name, text in house.files().items():
        differing = [(ours, theirs) for ours, theirs in zip(rendered[name].splitlines(), text.splitlines(), strict=True) if ours != theirs]
        assert all("********" in ours for ours, _theirs in differing)
        assert all(re.match("password_digest=|realm=|1001=471147,", theirs) for _ours, theirs in differing)


def test_is_checked_like_the_rest(house: House) -> None:
    with pytest.raises(Trouble, match="agent 'anna': full_name: is needed"):
        house.run("rendered", [{"username": "anna"}])


@every_kind
def test_every_kind_needs_no_host_and_tells_no_secret(house: House, kind: str) -> None:
    resource, those = sample(kind)
    result = house.run("rendered", those.items, resource, store="/nowhere", asterisk_config_dir="/nowhere")
    text = json.dumps(result)
    assert result["changed"] is False and set(result["rendered"]) == set(house.run("rendered", [])["rendered"])
    assert SECRET not in text and "471147" not in text and not re.search("[0-9a-f]{32}", text)
    assert not house.asterisk.did and not house.documents(kind)
