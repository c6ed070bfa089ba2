# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One-off acts on people's credentials: what each changes, decided before anything is done."""
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .accounts import history
from .model.account import Password
from .model.errors import Refused, Wrong, nearest
from .model.fields import Said, Secret
from .model.resource import Resource
from .model.site import Site
from .plan import Have, Order, Plan, recover


@dataclass(frozen=True)
class Act:
    field: str              # what it changes
    makes: bool = False     # whether it makes a new secret for it, which somebody has to write down
    value: Any = None       # what is said of it afterwards, where it makes none; None: nothing
    again: bool = True      # whether it is done where there is such a secret already


ACTS = {
    "reset_password": Act("password", makes=True),
    "expire_password": Act("must_change_password", value=True),
    "unlock": Act("locked"),
    "reset_sip_password": Act("sip_password", makes=True),
    "reset_voicemail_pin": Act("voicemail_pin", makes=True),
    "generate_api_key": Act("api_key_hash", makes=True, again=False),
    "regenerate_api_key": Act("api_key_hash", makes=True),
    "remove_api_key": Act("api_key_hash"),
}


def plan_act(resource: Resource, name: str, keys: Iterable[str], order: Order, have: Have, site: Site) -> Plan:
    """The changes of one act on some people. Raises Refused, naming whomever it does not suit, before any is made."""
    act, made = ACTS[name], Plan(resource)
    wrongs: list[Wrong] = []
    for key in dict.fromkeys(keys):
        before = have.documents.get(key)
        wrong = f"is not there{nearest(key, tuple(have.documents), wrongs)}" if before is None else objection(resource, name, before)
        if before is None or wrong:
            wrongs.append(Wrong(wrong, item=f"{resource.kind} {key!r}"))
        elif not act.makes or act.again or not before.get(act.field):
            after = {**before, **changes(resource, act, key, before, order, site)}
            after = {name: value for name, value in after.items() if value is not None}
            if after != before:
                made.update[key] = (before, after)
                made.generated += [(key, act.field, 0)] if act.makes else []
                made.renewed |= {after["number"]} if act.field == "voicemail_pin" else set()
    if wrongs:
        raise Refused(wrongs)
    made.after = {**have.documents, **{key: after for key, (_before, after) in made.update.items()}}
    recover(made, order, site)
    return made


def changes(resource: Resource, act: Act, key: str, before: Said, order: Order, site: Site) -> dict[str, Any]:
    """What is said anew of one person; None takes away."""
    field = resource.by_name[act.field]
    if not act.makes or not isinstance(field, Secret):
        return {act.field: act.value}
    secret = field.make(order.seed, resource.kind, key)
    if isinstance(field, Password):
        return {**field.kept(secret, order.now), "password_history": history(before, site), "locked": None}
    return {act.field: field.seal(secret, key, site.realm)}


def objection(resource: Resource, name: str, before: Said) -> str:
    """Why an act does not suit somebody, or nothing."""
    field, whole = resource.by_name.get(ACTS[name].field), resource.complete(before)
    if field is None:
        return f"{name} does not suit {resource.plural}"
    if ACTS[name].makes and isinstance(field, Secret) and not field.apart and not field.needed(whole):
        return f"has no {field.name} that could be reset"
    if name == "expire_password" and not before.get("password_hash"):
        return "has no password that could expire"
    return ""
