# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the telephone in the page needs to know: whom it is, how it reaches Asterisk, and what its owner's fields say of it."""
from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Mapping
from typing import Any, Optional

from module_utils.model.turn import turn_credentials

from .loans import Loan, digest
from .people import Person


def session(person: Person, host: str, port: int, ends: float, turn_conf: str, loan: Optional[Loan]) -> dict[str, Any]:
    """As docs/desk.md says. `host` is by which name the browser came here, `port` where browsers' web sockets come in."""
    return {
        "version": version(person, port),
        "person": about(person),
        "expires": int(ends),
        "sip": sip(person, host, port, loan) if loan else None,
        "ice": {"servers": relays(turn_conf, person.username, host, int(ends)), "expires": int(ends)},
        "settings": settings(person.whole),
    }


def version(person: Person, port: int) -> str:
    """Another one once a run has changed what an open page goes by."""
    told = [about(person), person.whole["avatar"], settings(person.whole), person.has_browser and [web_port(person, port), expires(person), realm(person)]]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]


def about(person: Person) -> dict[str, Any]:
    whole = person.whole
    return {"username": person.username, "full_name": whole["full_name"], "alias": whole.get("alias") or "", "number": whole["number"],
            "kind": person.kind, "avatar": f"/avatar/{person.username}" if whole["avatar"] else None}


def sip(person: Person, host: str, port: int, loan: Loan) -> dict[str, Any]:
    port = web_port(person, port)
    place = host if port == 443 else f"{host}:{port}"
    return {"domain": host, "user": person.username, "ha1": digest(loan), "realm": realm(person), "websocket": f"wss://{place}/ws",
            "register_expires": expires(person)}


def web_port(person: Person, port: int) -> int:
    """Her own, or everybody's."""
    return int(person.whole.get("phone.wss_port") or port)


def expires(person: Person) -> int:
    return min(int(person.whole["sip_expires"]), 120)


def realm(person: Person) -> str:
    return str(person.said["sip_password"]["realm"])


def settings(whole: Mapping[str, Any]) -> dict[str, Any]:
    """An agent's own ones; a user has few of them."""
    def of(name: str, otherwise: Any) -> Any:
        return whole.get(name, otherwise)

    return {
        "auto_answer": of("phone.auto_answer", False), "auto_answer_delay": of("phone.delay", 0), "may_change_settings": of("phone.settings", True),
        "may_record": of("phone.recording", False), "dtmf_tones": of("phone.dtmf_tones", True),
        "messages": whole["messenger.enabled"], "message_sound": whole["messenger.sound"], "video": of("video", False),
        "calls_at_once": of("channels.voice.capacity", 1), "voicemail": of("voicemail", False), "masked": of("mask_sensitive_data", False),
        "log": whole["client_log"],
    }


def relays(turn_conf: str, person: str, host: str, expiry: int) -> list[dict[str, Any]]:
    """The host's own TURN server, where it has one (role turn), with credentials that hold until `expiry`."""
    try:
        with open(turn_conf, encoding="utf-8") as file:
            said = dict(re.findall(r"(?m)^([a-z-]+)=(.+)$", file.read()))
    except FileNotFoundError:
        return []
    if "static-auth-secret" not in said:
        return []
    place = f"{host}:{said.get('listening-port', '3478')}"
    urls = [f"turn:{place}?transport=udp", f"turn:{place}?transport=tcp"]
    if "tls-listening-port" in said:
        urls.append(f"turns:{host}:{said['tls-listening-port']}?transport=tcp")
    signed = turn_credentials(said["static-auth-secret"], person, max(expiry, int(time.time())))
    return [{"urls": urls, **signed}]
