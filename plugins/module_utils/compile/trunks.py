# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Trunks as sections of PJSIP's configuration: an endpoint that is known by its address, where it is, and whether this host registers there."""
from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..model.fields import Said, Whole
from ..model.site import at_site, codecs_for
from ..model.trunk import TRUNK
from .pjsip import ENCRYPTED, Section, address, allowed, in_uri


def trunks(documents: Mapping[str, Mapping[str, Said]]) -> dict[str, dict[str, Any]]:
    """The trunks that are not disabled, in a stable order, each with how much sound it puts into a packet."""
    complete, ptime = at_site(TRUNK, documents).complete, codecs_for(documents, "trunk")["ptime"]
    whole = {key: {**complete(said), "ptime": ptime} for key, said in sorted(documents.get(TRUNK.kind, {}).items())}
    return {key: each for key, each in whole.items() if not each["disabled"]}


def shown(trunk: Whole) -> str:
    """The number that those see who are called over a trunk, when nothing says another."""
    return trunk["caller_id"] or trunk["user"] or ""


def domain_of(trunk: Whole) -> str:
    """What the provider is called in SIP addresses."""
    return trunk["domain"] or in_uri(trunk["host"])


def sections(key: str, trunk: Whole) -> Iterator[Section]:
    """What a trunk consists of."""
    transport, has_account = trunk["transport"], bool(trunk["user"] and trunk["password"])
    domain = domain_of(trunk)
    yield "endpoint", ["_trunk", f"_nat-{trunk['nat']}", *(["_packets"] if trunk["ptime"] else [])], [
        ("transport", f"transport-{transport}"), *ENCRYPTED.get(transport, ()), ("allow", allowed(trunk, trunk["ptime"])), ("from_domain", domain),
        ("aors", key), *([("outbound_auth", key)] if has_account else [])]
    if has_account:
        yield "auth", ["_auth"], [("username", trunk["user"]), ("password", trunk["password"])]
    server = address(trunk["host"], trunk["port"], transport)
    yield "aor", ["_aor-fixed", *(["_aor-asked"] if trunk["qualify"] else [])], [("contact", server)]
    yield "identify", ["_identify"], [("endpoint", key), *(("match", each) for each in trunk["addresses"] or [trunk["host"]])]
    if trunk["registers"] and has_account:
        yield "registration", ["_registration"], [
            ("transport", f"transport-{transport}"), ("outbound_auth", key), ("server_uri", server), ("client_uri", f"sip:{trunk['user']}@{domain}"),
            ("contact_user", trunk["called_as"] or trunk["user"]), ("expiration", str(trunk["sip_expires"]))]
