# SPDX-License-Identifier: GPL-3.0-or-later
"""The site's settings: what they do to those who come, and not to those who are there."""

from __future__ import annotations

from typing import Any

import pytest
from module_utils.model.errors import Refused, Wrong
from module_utils.model.extension import EXTENSION
from module_utils.model.settings import SETTINGS
from module_utils.model.user import USER
from module_utils.model.user_profile import USER_PROFILE

from tests.unit.conftest import ANNA, BEN, House

ADA = {"username": "ada", "full_name": "Ada", "role": "admin"}
SAM = {"username": "sam", "full_name": "Sam", "profile": "lead"}


def test_there_is_one_and_it_has_no_name(house: House) -> None:
    assert house.run("gathered", resource=SETTINGS)["gathered"] == {}
    assert house.run("merged", [{"password": {"length": 12}, "number_range": "200-299"}], SETTINGS)["changed"] is True
    assert house.run("gathered", resource=SETTINGS)["gathered"] == {"number_range": "200-299", "password": {"length": 12}}
    assert house.run("merged", [{"password": {"digit": True}}], SETTINGS)["reasons"] == {"site": ["password.digit"]}
    assert house.run("overridden", [{"number_range": "200-299"}], SETTINGS)["reasons"] == {"site": ["password.length", "password.digit"]}
    assert house.run("deleted", None, SETTINGS)["changed"] is True and house.run("deleted", None, SETTINGS)["changed"] is False
    assert house.run("gathered", resource=SETTINGS)["gathered"] == {}


def test_needs_no_asterisk(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(_host: Any) -> None:
        raise AssertionError("asked Asterisk")

    house.run("merged", [ANNA])
    monkeypatch.setattr("module_utils.task.connect", connect)
    assert house.run("merged", [{"password": {"length": 12}}], SETTINGS)["changed"] is True


def test_numbers_come_from_its_range(house: House) -> None:
    house.run("merged", [{"number_range": "300-301"}], SETTINGS)
    assert house.run("merged", [ANNA, BEN])["numbers"] == {"anna": "300", "ben": "301"}
    with pytest.raises(Refused, match="extension 'door': number: no number is free in 300-301"):
        house.run("merged", [{"name": "door", "sip_password": "door-secret-1"}], EXTENSION)
    with pytest.raises(Refused, match="number: 1000 is not in number_range 300-301"):
        house.run("merged", [{"name": "door", "number": "1000", "sip_password": "door-secret-1"}], EXTENSION)
    assert house.run("merged", [{"name": "door", "number": "1000", "sip_password": "door-secret-1"}], EXTENSION, number_range="1000-1999")["changed"]
    assert house.run("merged", [{"name": "door", "display_name": "Door"}], EXTENSION)["changed"], "a number that is given already stays"


def test_a_default_is_for_those_who_come(house: House) -> None:
    house.run("merged", [ANNA])
    house.run("merged", [{"defaults": {"record_calls": "gsm"}}], SETTINGS)
    assert house.run("overridden", [ANNA], check=True)["reasons"] == {"anna": ["record_calls"]}, "what is not given goes back to today's default, said aloud"
    assert house.run("merged", [ANNA])["changed"] is False
    house.run("merged", [BEN])
    assert "record_calls" not in house.documents()["anna"] and house.documents()["ben"]["record_calls"] == "gsm"
    house.run("merged", [{"defaults": {"record_calls": None}}], SETTINGS)
    assert house.documents()["ben"]["record_calls"] == "gsm" and house.run("merged", [BEN])["changed"] is False


def test_the_sites_default_is_what_null_goes_back_to(house: House) -> None:
    house.run("merged", [{"defaults": {"record_calls": "gsm"}}], SETTINGS)
    for state in ("merged", "replaced", "overridden"):
        house.run(state, [{**ANNA, "record_calls": None}])
        assert house.documents()["anna"]["record_calls"] == "gsm"
        assert house.run(state, [ANNA])["changed"] is False
        house.run("merged", [{"username": "anna", "record_calls": "wav"}])


@pytest.mark.parametrize(("given", "error"), [
    ({"number_range": "9-1"}, "settings: number_range: must be LOWEST-HIGHEST"),
    ({"password": {"length": 4}}, "settings: password.length: must be a whole number from 8 to 20 characters"),
    ({"pasword": {"length": 9}}, r"settings: pasword: is not a field of settings \(did you mean password"),
    ({"name": "other"}, "settings: name: 'other' is none of site"),
    ({"sso": {"issuer": "https://id.example.org"}}, "settings: sso.client_id: is needed beside sso.issuer"),
    ({"sso": {"issuer": "http://id.example.org", "client_id": "x", "client_secret": "y"}}, "settings: sso.issuer: must begin with https://"),
])
def test_mistakes(house: House, given: dict[str, Any], error: str) -> None:
    with pytest.raises((Refused, Wrong), match=error):
        house.run("merged", [given], SETTINGS)


def test_the_providers_secret_is_kept_apart(house: House) -> None:
    result = house.run("merged", [{"sso": {"issuer": "https://id.example.org", "client_id": "x", "client_secret": "hush-hush"}}], SETTINGS, diff=True)
    assert "hush-hush" not in str(result) and house.documents("settings")["site"]["sso.client_secret"] == "hush-hush"
    assert house.run("gathered", resource=SETTINGS)["gathered"] == {"sso": {"issuer": "https://id.example.org", "client_id": "x"}}


def test_a_supervisor_needs_a_profile_and_an_administrator_none(house: House) -> None:
    house.run("merged", [{"name": "lead", "sections": {"agents": "edit"}, "listen": True}], USER_PROFILE)
    house.run("merged", [ADA, SAM], USER)
    for given, error in (({**SAM, "profile": None}, "user 'sam': profile: is needed for role user"),
                         ({**ADA, "profile": "lead"}, "user 'ada': profile: goes with role user"),
                         ({**SAM, "role": "admin"}, "user 'sam': role: never changes after creation: it is user"),
                         ({**SAM, "profile": "leed"}, r"there is no user_profile 'leed' \(did you mean lead\?\)")):
        with pytest.raises(Refused, match=error):
            house.run("merged", [given], USER)
    with pytest.raises(Refused, match="user_profile 'lead': is referred to by user 'sam'"):
        house.run("deleted", [{"name": "lead"}], USER_PROFILE, cascade=True)


def test_a_fresh_profile_grants_nothing(house: House) -> None:
    house.run("merged", [{"name": "fresh"}], USER_PROFILE)
    whole = USER_PROFILE.complete(house.documents("user_profile")["fresh"])
    granted = {name: value for name, value in whole.items() if value not in (None, False, "none") and name != "name"}
    assert granted == {}


def test_a_user_has_a_line_and_a_number(house: House) -> None:
    assert house.run("merged", [ADA], USER)["numbers"] == {"ada": "1000"}
    assert house.asterisk.devices["ada"]["endpoint"]["callerid"] == '"Ada" <1000>'
    assert house.run("merged", [{"username": "ada", "disabled": True}], USER)["changed"] and "ada" not in house.asterisk.devices
    with pytest.raises(Refused, match="agent 'ada': username: ada is taken by user 'ada'"):
        house.run("merged", [{"username": "ada", "full_name": "A"}])
