# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever has a line, seen as a line: what the compilers need of an agent or an extension, under one name each."""
from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Optional

from ..model.fields import Said, Whole, is_address
from ..model.line import WEB_TRANSPORTS
from ..model.site import RESOURCES, at_site, codecs_of, has_line
from ..model.user_profile import LISTENING, USER_PROFILE


@dataclass(frozen=True)
class Line:
    device: str
    display_name: str
    whole: Whole
    digests: Optional[Mapping[str, str]]
    mailbox: Optional[str]          # the PIN of its mailbox, if it has one
    mail: str
    ptime: Optional[int]            # milliseconds of sound that it is asked to put into a packet
    rights: tuple[str, ...]         # to listen to others' calls, of LISTENING

    @property
    def number(self) -> str:
        return str(self.whole["number"])

    @property
    def in_browser(self) -> bool:
        return self.whole["transport"] in WEB_TRANSPORTS

    @property
    def address(self) -> str:
        """The one address it is identified by, or nothing when it has to prove itself."""
        return str(self.whole["host"]) if is_address(self.whole["host"]) else ""

    @property
    def writes(self) -> bool:
        """Whether it may send messages: one that proves who it is, and could be told that a message did not arrive."""
        return bool(self.whole.get("messenger.enabled", True)) and self.whole["type"] == "friend" and not self.address


def lines(documents: Mapping[str, Mapping[str, Said]]) -> Iterator[Line]:
    """All lines that are not disabled, in a stable order. `documents` as the store gives them: kind: key: what was said."""
    whole_site: list[tuple[str, dict[str, Any]]] = []
    for kind, resource in RESOURCES.items():
        if has_line(resource):
            complete = at_site(resource, documents).complete
            whole_site += ((key, complete(said)) for key, said in documents.get(kind, {}).items())
    codecs, profiles = codecs_of(documents), documents.get(USER_PROFILE.kind, {})
    for device, whole in sorted(whole_site, key=lambda each: each[0]):
        if not whole["disabled"]:
            has_mailbox = whole.get("voicemail") and whole.get("voicemail_pin")
            yield Line(device, whole.get("full_name") or whole.get("display_name") or device, whole, whole.get("sip_password"),
                       whole["voicemail_pin"] if has_mailbox else None, whole.get("email") or "", codecs[whole["transport"]]["ptime"],
                       rights(whole, profiles))


def rights(whole: Whole, profiles: Mapping[str, Said]) -> tuple[str, ...]:
    """What somebody may do to others' calls: an administrator everything, a user what the profile says, an agent what the own permissions name."""
    if whole.get("role") == "admin":
        return tuple(LISTENING)
    if whole.get("profile"):
        profile = USER_PROFILE.complete(profiles.get(whole["profile"], {}))
        return tuple(each for each in LISTENING if profile[each])
    return tuple(each for each in LISTENING if each in whole.get("permissions.plugins", ()))
