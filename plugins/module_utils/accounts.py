# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run does to people's passwords, decided before anything is changed."""
from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Optional

from .model.account import age
from .model.errors import Wrong
from .model.fields import Said
from .model.passwords import hashed, is_hash, objection, verified
from .model.resource import Resource
from .model.site import Site


def set_passwords(resource: Resource, renew: bool, now: str, given_by_key: Mapping[str, dict[str, Any]], documents: Mapping[str, Said],
                  site: Site, wrongs: list[Wrong], see_the_rest: Callable[[], object]) -> None:
    """Turn given passwords into what is kept of them, and take them out where one is set already and shall stand.

    `renew` whether the run replaces passwords, `now` the moment that goes with a password that is set; without one they are judged only.
    `see_the_rest` raises Refused for what else is wrong with the run: thousands of hashes take minutes, in vain if it is refused anyway.
    """
    if "password_hash" not in resource.by_name:
        return
    beside = [each.name for each in resource.fields if each.beside == "password_hash"]
    waiting: dict[str, str] = {}
    for key, given in given_by_key.items():
        known, password = documents.get(key, {}).get("password_hash"), given.pop("password", None)
        update = given.pop("update_password", None)
        keeps = not (renew if update is None else update == "always")
        stands = known and keeps
        if keeps and documents.get(key, {}).get("api_key_hash"):     # an old one, of an export maybe, must not come to life again
            given.pop("api_key_hash", None)
        if password is not None and given.get("password_hash") is not None:
            wrongs.append(Wrong("goes without password_hash: give one of the two", "password", f"{resource.kind} {key!r}"))
        if password is not None and not stands:
            waiting[key] = password
            if not known and (rule := objection(site.settings, key, password)):
                wrongs.append(Wrong(rule, "password", f"{resource.kind} {key!r}"))
        elif stands or given.get("password_hash") in (None, known):
            for name in ("password_hash", *beside):
                given.pop(name, None)
        else:
            given.setdefault("must_change_password", None)
            given.setdefault("password_changed_at", now)
            given.setdefault("password_history", history(documents.get(key, {}), site))
    found: Mapping[str, Any] = {}
    if waiting and now:
        see_the_rest()
        found = hashes(waiting, documents, site)
    for key in waiting:
        given, made = given_by_key[key], found.get(key)
        must_change = given.get("must_change_password")
        for name in ("password_hash", *beside):
            given.pop(name, None)
        if isinstance(made, Wrong):
            wrongs.append(Wrong(made.rule, "password", f"{resource.kind} {key!r}"))
        elif made is not None:
            given.update(age(now), password_hash=made, password_history=history(documents.get(key, {}), site))
            if must_change is not None:
                given["must_change_password"] = must_change


def history(before: Said, site: Site) -> Optional[list[str]]:
    """The hashes that somebody who gets another password may not come back to."""
    known = [each for each in (before.get("password_hash"), *(before.get("password_history") or [])) if is_hash(each)]
    return known[:site.settings["password.history"]] or ([] if before.get("password_history") else None)


def hashes(passwords: Mapping[str, str], documents: Mapping[str, Said], site: Site) -> dict[str, Any]:
    """By key: the hash of a new password, None for the one that is set already, or what is Wrong with it.

    A hash takes its time by design, and lets go of the interpreter meanwhile: one thread a core.
    """
    past = site.settings["password.history"]

    def judged(key: str) -> Any:
        before, password = documents.get(key, {}), passwords[key]
        try:
            if is_hash(before.get("password_hash")) and verified(before["password_hash"], password):     # in check mode it may be stars
                return None
            wrong = objection(site.settings, key, password)
            if not wrong and any(verified(each, password) for each in filter(is_hash, (before.get("password_history") or [])[:past])):
                wrong = f"was used before: the last {past} may not come again"
        except Wrong as unknown:
            return unknown
        return Wrong(wrong) if wrong else hashed(password)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return dict(zip(passwords, pool.map(judged, passwords)))
