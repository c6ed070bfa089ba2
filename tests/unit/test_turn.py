# SPDX-License-Identifier: GPL-3.0-or-later
"""Credentials of a TURN server."""

from __future__ import annotations

import pytest
from module_utils.model.errors import Wrong
from module_utils.model.turn import turn_credentials


def test_golden() -> None:
    """As `printf 1800000000:anna | openssl dgst -sha1 -hmac north -binary | base64` has it."""
    assert turn_credentials("north", "anna", 1800000000) == {"username": "1800000000:anna", "credential": "hcODHAE/R+P6eKoXy+CURRRDzsg="}


def test_everything_counts() -> None:
    made = [turn_credentials(*each)["credential"] for each in (("a", "anna", 1), ("b", "anna", 1), ("a", "bo", 1), ("a", "anna", 2))]
    assert len(set(made)) == 4


@pytest.mark.parametrize(("secret", "person", "rule"), [("", "anna", "secret: must not be empty"), ("a", "", "person: must not be empty")])
def test_nothing_is_signed_for_nobody_or_with_nothing(secret: str, person: str, rule: str) -> None:
    with pytest.raises(Wrong, match=rule):
        turn_credentials(secret, person, 1)
