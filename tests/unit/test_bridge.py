# SPDX-License-Identifier: GPL-3.0-or-later
"""What a module says on its standard output: nothing of what it was given, whichever way it ends."""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any

import pytest
from ansible.module_utils.common.parameters import PASS_VARS
from ansible.module_utils.testing import patch_module_args
from module_utils import bridge
from module_utils.model.agent import AGENT

from tests.unit.conftest import ANNA, SECRET, House

# an Ansible that has to be asked to print the parameters too is asked
SHOWN = {"_ansible_inject_invocation": True} if "inject_invocation" in PASS_VARS else {}


@pytest.mark.parametrize(("more", "told"), [
    ({"state": "rendered"}, "rendered"),
    ({"state": "gathered", "with_secrets": True}, "veiled"),
    ({"state": "merged", "store": "/nowhere"}, "msg"),
    ({"state": "nosuch"}, "msg"),       # refused by Ansible itself
    ({"nosuch": "x"}, "msg"),
])
def test_nothing_that_was_shipped_is_printed(house: House, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
                                             more: dict[str, Any], told: str) -> None:
    monkeypatch.setattr(bridge.gc, "disable", lambda: None)
    house.run("merged", [{**ANNA, "voicemail": True, "voicemail_pin": "471147"}])
    load = {"items": [{**ANNA, "sip_password": SECRET}], "places": [], "seed": "the seed of the run", "recording": False, "recover": [], "planned": {}}
    shipped = base64.b64encode(zlib.compress(json.dumps(load).encode())).decode()
    arguments = {"store": str(house.state), "asterisk_config_dir": str(house.config), "_shipped": shipped, **SHOWN, **more}
    with patch_module_args(arguments), pytest.raises(SystemExit):
        bridge.main(AGENT)
    printed, complaints = capsys.readouterr()
    assert told in json.loads(printed) and not complaints
    assert not any(secret in printed for secret in (shipped, SECRET, "471147", "the seed", "md5"))
