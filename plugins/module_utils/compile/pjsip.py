# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines as sections of PJSIP's configuration that inherit from a few templates (res_pjsip, Asterisk documentation)."""
from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Optional

from ..model.agent import AGENT
from ..model.errors import Unready
from ..model.fields import Whole
from ..model.line import desk_auth
from .lines import Line
from .writer import HEADER, Options, caller, section

Objects = dict[str, Options]        # object type: its options
Section = tuple[str, list[str], Options]        # object type, templates, own options

# chan_sip's nat= in PJSIP: force_rport, rewrite_contact, rtp_symmetric
NAT = {
    "yes": ("yes", "yes", "yes"), "no": ("no", "no", "no"), "force_rport": ("yes", "yes", "no"),
    "comedia": ("no", "no", "yes"), "never": ("no", "no", "no"), "route": ("yes", "yes", "yes"),
}
VIDEO = ("vp8", "h264")
LIFE: int = AGENT.by_name["sip_expires"].default
ENCRYPTED = {"tls": (("media_encryption", "sdes"),)}


def expiration(seconds: int) -> list[tuple[str, str]]:
    """What a registration is granted, whatever the telephone asks for."""
    return [(f"{each}_expiration", str(seconds)) for each in ("default", "minimum", "maximum")]


# object type: its templates, which say what its lines have in common
TEMPLATES: dict[str, tuple[tuple[str, Options], ...]] = {
    "endpoint": (
        ("_line", (
            ("type", "endpoint"), ("disallow", "all"), ("context", "from-sip"), ("message_context", "messages"), ("subscribe_context", "hints"),
            ("identify_by", "auth_username,username"), ("direct_media", "no"), ("allow_subscribe", "yes"), ("mwi_subscribe_replaces_unsolicited", "yes"),
            # offer what is configured, in that order, whatever the other side of the call speaks; Asterisk transcodes
            ("outgoing_call_offer_pref", "local_merge"), ("incoming_call_offer_pref", "local"),
            # who is at the other end, also when that changes in a call
            ("send_pai", "yes"),
            # a telephone's button for recording; the dialplan says for whom these codes stand for something (features.conf)
            ("one_touch_recording", "yes"), ("record_on_feature", "record-on"), ("record_off_feature", "record-off"),
        )),
        ("_sip", (("dtmf_mode", "rfc4733"),)),
        # browsers come through the web server on this host, and nobody else may use their names; one that vanishes says nothing of the call
        # it was in, which would keep its agent busy
        ("_web", (("webrtc", "yes"), ("dtls_auto_generate_cert", "yes"), ("dtmf_mode", "rfc4733"), ("max_audio_streams", "1"),
                  ("rtp_timeout", "30"), ("rtp_timeout_hold", "600"), ("deny", "0.0.0.0/0.0.0.0,::/0"), ("permit", "127.0.0.1,::1"))),
        *((f"_{each}", (("transport", f"transport-{each}"), *ENCRYPTED.get(each, ()))) for each in ("udp", "tcp", "tls")),
        *((f"_nat-{mode}", tuple(zip(("force_rport", "rewrite_contact", "rtp_symmetric"), options))) for mode, options in NAT.items()),
        # what is said behind a codec is only asked for; this gives the telephone what it asks for
        ("_packets", (("use_ptime", "yes"),)),
        # without identify_by=ip and with contacts left to register, whoever knows the name would be let in
        ("_fixed", (("identify_by", "ip"),)),
        # is not told who is at the other end: it hears of callers by the dialplan alone, and a lamp would show whoever calls a colleague
        ("_masked", (("send_connected_line", "no"), ("send_pai", "no"), ("send_diversion", "no"), ("subscribe_context", "nowhere"))),
        # A provider: known by its address only, and what it sends starts nothing but a call: neither transfers nor subscriptions nor messages.
        # It is shown who calls (by the dialplan), never who answers.
        ("_trunk", (
            ("type", "endpoint"), ("disallow", "all"), ("context", "from-trunk"), ("message_context", "nowhere"), ("subscribe_context", "nowhere"),
            ("identify_by", "ip"), ("direct_media", "no"), ("allow_subscribe", "no"), ("allow_transfer", "no"), ("dtmf_mode", "rfc4733"),
            ("outgoing_call_offer_pref", "local_merge"), ("incoming_call_offer_pref", "local"),
            ("send_connected_line", "no"), ("send_diversion", "no"),
        )),
        # may be called only
        ("_silent", (("context", "nowhere"), ("subscribe_context", "nowhere"), ("allow_transfer", "no"), ("allow_subscribe", "no"))),
        # sends no messages
        ("_mute", (("message_context", "nowhere"),)),
    ),
    "auth": (("_auth", (("type", "auth"), ("auth_type", "digest"))),),
    "aor": (
        ("_aor", (("type", "aor"), *expiration(LIFE), ("max_contacts", "1"), ("remove_existing", "yes"), ("remove_unavailable", "yes"),
                  ("qualify_frequency", "60"), ("qualify_timeout", "3.0"))),
        ("_aor-web", (("qualify_frequency", "30"),)),
        # not qualified: it never registers, so a telephone that was off for a moment would stay unreachable until it is asked again
        ("_aor-fixed", (("type", "aor"), ("max_contacts", "0"))),
        ("_aor-asked", (("qualify_frequency", "60"), ("qualify_timeout", "3.0"))),
    ),
    "identify": (("_identify", (("type", "identify"),)),),
    # it never gives up: a provider that was down, or had locked the account, comes back
    "registration": (("_registration", (("type", "registration"), ("retry_interval", "30"), ("forbidden_retry_interval", "300"),
                                        ("fatal_retry_interval", "300"), ("max_retries", "1000000"), ("auth_rejection_permanent", "no"),
                                        ("max_random_initial_delay", "0"))),),
}


def caller_id(line: Line) -> str:
    said = line.whole["caller_id"]
    if not said:
        return caller(line.display_name, line.number)
    name, _bracket, number = said.rstrip(">").partition("<")
    if not number and re.fullmatch(r"\+?[0-9*#]+", name):
        name, number = line.display_name, name
    return caller(name.strip(), number or line.number)


def allowed(whole: Whole, ptime: Optional[int]) -> str:
    """The codecs of a line or a trunk, with how many milliseconds of sound it is asked to put into a packet."""
    return ",".join([*(f"{each}:{ptime}" if ptime else each for each in whole["codecs"]), *(VIDEO if whole.get("video") else ())])


def endpoint(line: Line) -> tuple[list[str], list[tuple[str, str]]]:
    """The templates and the options of a line's endpoint."""
    whole = line.whole
    templates = ["_line", "_web" if line.in_browser else "_sip"]
    if not line.in_browser:
        templates.append(f"_{whole['transport']}")
    templates.append(f"_nat-{whole['nat']}")
    if line.ptime:
        templates.append("_packets")
    options = [("callerid", caller_id(line)), ("allow", allowed(whole, line.ptime))]
    if whole["context"] != "from-sip":
        options.append(("context", whole["context"]))
    if whole["call_groups"]:
        options.append(("named_call_group", ",".join(whole["call_groups"])))
    if whole["pickup_groups"] and whole["type"] != "peer":      # a pickup is no matter of contexts
        options.append(("named_pickup_group", ",".join(whole["pickup_groups"])))
    if line.mailbox:
        options.append(("mailboxes", f"{line.number}@default"))
    if whole.get("mask_sensitive_data"):
        templates.append("_masked")
    if whole["type"] == "peer":
        templates.append("_silent")
        options = [each for each in options if each[0] != "context"]
    if not line.writes:
        templates.append("_mute")
    if line.address:
        templates.append("_fixed")
    elif "/" in whole["host"]:
        options += [("deny", "0.0.0.0/0.0.0.0,::/0"), ("permit", whole["host"])]
    if not line.address:
        options.append(("auth", ",".join(auths(line))))
    if whole["type"] != "user":
        options.append(("aors", line.device))
    options += [("set_var", f"LINE_NUMBER={line.number}"), ("set_var", f"LINE_TRANSPORT={whole['transport']}")]
    return templates, options


def auths(line: Line) -> list[str]:
    """The line's own auth, first since telephones that answer an old challenge are told so by it; and the desk's."""
    return [line.device, desk_auth(line.device)] if line.in_browser else [line.device]


def auth(device: str, digests: Mapping[str, str]) -> list[tuple[str, str]]:
    return [("username", device), ("realm", digests["realm"]),
            *(("password_digest", f"{algorithm}:{digests[name]}") for name, algorithm in (("md5", "MD5"), ("sha256", "SHA-256")) if name in digests)]


def in_uri(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def address(host: str, port: Optional[int], transport: str, user: str = "") -> str:
    """A SIP address."""
    return f"sip:{user}{'@' if user else ''}{in_uri(host)}{f':{port}' if port else ''}{'' if transport == 'udp' else f';transport={transport}'}"


def aor(line: Line) -> tuple[list[str], list[tuple[str, str]]]:
    """The templates and the options of a line's address of record: where it can be reached."""
    if line.address:
        port = 5061 if line.whole["transport"] == "tls" else None
        return ["_aor-fixed"], [("contact", address(line.address, port, line.whole["transport"], line.device))]
    options = [] if line.whole["sip_expires"] == LIFE else expiration(line.whole["sip_expires"])
    if line.mailbox:
        options.append(("mailboxes", f"{line.number}@default"))
    return ["_aor", "_aor-web"] if line.in_browser else ["_aor"], options


def sections(line: Line) -> Iterator[Section]:
    """What a line consists of."""
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


def compile_pjsip(site: Iterable[Line], more: Mapping[str, Iterable[Section]]) -> tuple[dict[str, str], dict[str, Objects]]:
    """The files, and by device id the objects of each line with the options that are their own, to be asked for afterwards.

    `more`: by device id, what others than lines consist of.

    One file an object type: Asterisk reads a file once for each type that may stand in it, and not at all when it has not
    changed since (res/res_sorcery_config.c).
    """
    texts = {kind: [HEADER, *(f"\n{section(name, options, ['!'])}" for name, options in templates)] for kind, templates in TEMPLATES.items()}
    devices: dict[str, Objects] = {}
    for device, parts in itertools.chain(((line.device, sections(line)) for line in site), more.items()):
        objects = devices[device] = {}
        for kind, templates, options in parts:
            objects[kind] = options
            # An auth that the desk has not put into Asterisk's database is another name of the line's own: none may be missing.
            for name in dict(objects["endpoint"]).get("auth", device).split(",") if kind == "auth" else [device]:
                texts[kind] += "\n", section(name, options, templates)
    return {file_of(kind): "".join(text) for kind, text in texts.items()}, devices
