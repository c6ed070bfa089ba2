# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The model as the text of Asterisk's files. Pure: the same documents give the same bytes."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..model.fields import Said, Whole
from ..model.site import nat_of, settings_of
from .lines import lines
from .nat import compile_nat
from .numbers import compile_numbers
from .outside import compile_outside
from .pjsip import Objects, compile_pjsip
from .queues import Queue, compile_members, compile_queues, queues
from .retention import compile_retention
from .trunks import sections, trunks
from .voicemail import compile_voicemail


@dataclass(frozen=True)
class Compiled:
    files: Mapping[str, str]                # name below the generation's folder: its text
    devices: Mapping[str, Objects]          # device id: the options of its PJSIP objects that no template says
    mailboxes: frozenset[str]               # numbers
    nat: Whole
    queues: Mapping[str, Queue]             # voice queues by name


def compile_site(documents: Mapping[str, Mapping[str, Said]]) -> Compiled:
    """All files of a site. `documents` as the store gives them: kind: key: what was said, sealed secrets included."""
    site = list(lines(documents))
    providers = trunks(documents)
    pjsip, devices = compile_pjsip(site, {key: sections(key, trunk) for key, trunk in providers.items()})
    voicemail, mailboxes = compile_voicemail(site)
    nat, voice = nat_of(documents), queues(site, documents)
    files = {**pjsip, **compile_nat(nat), "voicemail.conf": voicemail, "numbers.conf": compile_numbers(site, voice), "queues.conf": compile_queues(voice),
             "members.conf": compile_members(voice), "retention.tmpfiles": compile_retention(settings_of(documents)),
             "outside.conf": compile_outside(site, voice, providers, documents)}
    return Compiled(files, devices, frozenset(mailboxes), nat, voice)
