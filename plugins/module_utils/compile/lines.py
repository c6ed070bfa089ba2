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


@dataclass(frozen=True)
class Line:
    device: str
    display_name: str
    whole: Whole
    digests: Optional[Mapping[str, str]]
    mailbox: Optional[str]          # the PIN of its mailbox, if it has one
    mail: str
    ptime: Optional[int]            # milliseconds of sound that it is asked to put into a packet

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


def lines(documents: Mapping[str, Mapping[str, Said]]) -> Iterator[Line]:
    """All lines that are not disabled, in a stable order. `documents` as the store gives them: kind: key: what was said."""
    whole_site: list[tuple[str, dict[str, Any]]] = []
    for kind, resource in RESOURCES.items():
        if has_line(resource):
            complete = at_site(resource, documents).complete
            whole_site += ((key, complete(said)) for key, said in documents.get(kind, {}).items())
    codecs = codecs_of(documents)
    for device, whole in sorted(whole_site, key=lambda each: each[0]):
        if not whole["disabled"]:
            has_mailbox = whole.get("voicemail") and whole.get("voicemail_pin")
            yield Line(device, whole.get("full_name") or whole.get("display_name") or device, whole, whole.get("sip_password"),
                       whole["voicemail_pin"] if has_mailbox else None, whole.get("email") or "", codecs[whole["transport"]]["ptime"])
