# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines as sections of PJSIP's configuration that inherit from a few templates (res_pjsip, Asterisk documentation)."""
from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from ..model.agent import AGENT
from ..model.errors import Unready
from .lines import Line
from .writer import HEADER, Options, caller, section

Objects = dict[str, Options]        # object type: its options

# chan_sip's nat= in PJSIP: force_rport, rewrite_contact, rtp_symmetric
NAT = {
    "yes": ("yes", "yes", "yes"), "no": ("no", "no", "no"), "force_rport": ("yes", "yes", "no"),
    "comedia": ("no", "no", "yes"), "never": ("no", "no", "no"), "route": ("yes", "yes", "yes"),
}
LIFE: int = AGENT.by_name["sip_expires"].default
ENCRYPTED = {"tls": (("media_encryption", "sdes"),)}


def expiration(seconds: int) -> list[tuple[str, str]]:
    """What a registration is granted, whatever the telephone asks for."""
    return [(f"{each}_expiration", str(seconds)) for each in ("default", "minimum", "maximum")]


# object type: its templates, which say what its lines have in common
TEMPLATES: dict[str, tuple[tuple[str, Options], ...]] = {
    "endpoint": (
        ("_line", (
            ("type", "endpoint"), ("disallow", "all"), ("context", "from-sip"), ("message_context", "nowhere"), ("subscribe_context", "hints"),
            ("identify_by", "auth_username,username"), ("direct_media", "no"), ("allow_subscribe", "yes"), ("mwi_subscribe_replaces_unsolicited", "yes"),
            # offer what is configured, in that order, whatever the other side of the call speaks; Asterisk transcodes
            ("outgoing_call_offer_pref", "local_merge"), ("incoming_call_offer_pref", "local"),
        )),
        ("_sip", (("dtmf_mode", "rfc4733"),)),
        # browsers come through the web server on this host, and nobody else may use their names
        ("_web", (("webrtc", "yes"), ("dtls_auto_generate_cert", "yes"), ("dtmf_mode", "rfc4733"), ("max_audio_streams", "1"),
                  ("deny", "0.0.0.0/0.0.0.0,::/0"), ("permit", "127.0.0.1,::1"))),
        *((f"_{each}", (("transport", f"transport-{each}"), *ENCRYPTED.get(each, ()))) for each in ("udp", "tcp", "tls")),
        *((f"_nat-{mode}", tuple(zip(("force_rport", "rewrite_contact", "rtp_symmetric"), options))) for mode, options in NAT.items()),
        # what is said behind a codec is only asked for; this gives the telephone what it asks for
        ("_packets", (("use_ptime", "yes"),)),
        # without identify_by=ip and with contacts left to register, whoever knows the name would be let in
        ("_fixed", (("identify_by", "ip"),)),
        # may be called only
        ("_silent", (("context", "nowhere"), ("subscribe_context", "nowhere"), ("allow_transfer", "no"), ("allow_subscribe", "no"))),
    ),
    "auth": (("_auth", (("type", "auth"), ("auth_type", "digest"))),),
    "aor": (
        ("_aor", (("type", "aor"), *expiration(LIFE), ("max_contacts", "1"), ("remove_existing", "yes"), ("remove_unavailable", "yes"),
                  ("qualify_frequency", "60"), ("qualify_timeout", "3.0"))),
        ("_aor-web", (("qualify_frequency", "30"),)),
        # not qualified: it never registers, so a telephone that was off for a moment would stay unreachable until it is asked again
        ("_aor-fixed", (("type", "aor"), ("max_contacts", "0"))),
    ),
    "identify": (("_identify", (("type", "identify"),)),),
}


def caller_id(line: Line) -> str:
    said = line.whole["caller_id"]
    if not said:
        return caller(line.display_name, line.number)
    name, _bracket, number = said.rstrip(">").partition("<")
    if not number and re.fullmatch(r"\+?[0-9*#]+", name):
        name, number = line.display_name, name
    return caller(name.strip(), number or line.number)


def endpoint(line: Line) -> tuple[list[str], list[tuple[str, str]]]:
    """The templates and the options of a line's endpoint."""
    whole = line.whole
    templates = ["_line", "_web" if line.in_browser else "_sip"]
    if not line.in_browser:
        templates.append(f"_{whole['transport']}")
    templates.append(f"_nat-{whole['nat']}")
    if line.ptime:
        templates.append("_packets")
    options = [("callerid", caller_id(line)), ("allow", ",".join(f"{each}:{line.ptime}" if line.ptime else each for each in whole["codecs"]))]
    if whole["context"] != "from-sip":
        options.append(("context", whole["context"]))
    if whole["call_groups"]:
        options.append(("named_call_group", ",".join(whole["call_groups"])))
    if whole["pickup_groups"] and whole["type"] != "peer":      # a pickup is no matter of contexts
        options.append(("named_pickup_group", ",".join(whole["pickup_groups"])))
    if line.mailbox:
        options.append(("mailboxes", f"{line.number}@default"))
    if whole["type"] == "peer":
        templates.append("_silent")
        options = [each for each in options if each[0] != "context"]
    if line.address:
        templates.append("_fixed")
    elif "/" in whole["host"]:
        options += [("deny", "0.0.0.0/0.0.0.0,::/0"), ("permit", whole["host"])]
    if not line.address:
        options.append(("auth", line.device))
    if whole["type"] != "user":
        options.append(("aors", line.device))
    options += [("set_var", f"LINE_NUMBER={line.number}"), ("set_var", f"LINE_TRANSPORT={whole['transport']}")]
    return templates, options


def auth(device: str, digests: Mapping[str, str]) -> list[tuple[str, str]]:
    return [("username", device), ("realm", digests["realm"]),
            *(("password_digest", f"{algorithm}:{digests[name]}") for name, algorithm in (("md5", "MD5"), ("sha256", "SHA-256")) if name in digests)]


def aor(line: Line) -> tuple[list[str], list[tuple[str, str]]]:
    """The templates and the options of a line's address of record: where it can be reached."""
    if line.address:
        host = f"[{line.address}]" if ":" in line.address else line.address
        port = ":5061" if line.whole["transport"] == "tls" else ""
        way = "" if line.whole["transport"] == "udp" else f";transport={line.whole['transport']}"
        return ["_aor-fixed"], [("contact", f"sip:{line.device}@{host}{port}{way}")]
    options = [] if line.whole["sip_expires"] == LIFE else expiration(line.whole["sip_expires"])
    if line.mailbox:
        options.append(("mailboxes", f"{line.number}@default"))
    return ["_aor", "_aor-web"] if line.in_browser else ["_aor"], options


def sections(line: Line) -> Iterator[tuple[str, list[str], Options]]:
    """(object type, templates, own options) of each section that a line consists of."""
    yield ("endpoint", *endpoint(line))
    if not line.address:
        if not line.digests:
            raise Unready(f"the store has no password of {line.device}, and a line without one is open to the world: restore the store from a backup")
        yield "auth", ["_auth"], auth(line.device, line.digests)
    if line.whole["type"] != "user":
        yield ("aor", *aor(line))
    if line.address and line.whole["type"] != "peer":
        yield "identify", ["_identify"], [("endpoint", line.device), ("match", line.address)]


def file_of(kind: str) -> str:
    return f"pjsip_{kind}.conf"


def compile_pjsip(site: Iterable[Line]) -> tuple[dict[str, str], dict[str, Objects]]:
    """The files, and by device id the objects of each line with the options that are their own, to be asked for afterwards.

    One file an object type: Asterisk reads a file once for each type that may stand in it, and not at all when it has not
    changed since (res/res_sorcery_config.c).
    """
    texts = {kind: [HEADER, *(f"\n{section(name, options, ['!'])}" for name, options in templates)] for kind, templates in TEMPLATES.items()}
    devices: dict[str, Objects] = {}
    for line in site:
        objects = devices[line.device] = {}
        for kind, templates, options in sections(line):
            objects[kind] = options
            texts[kind] += "\n", section(line.device, options, templates)
    return {file_of(kind): "".join(text) for kind, text in texts.items()}, devices
