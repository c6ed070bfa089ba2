# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task tells: what changes, why, from what to what, and what there is. Nothing in it is a secret."""
from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from .control.host import Host
from .control.live import pin_by_telephone
from .model.errors import SHOWN
from .model.pictures import file_of
from .model.resource import Resource
from .model.secrets import veil
from .model.site import RESOURCES
from .plan import MANY, Have, Order, Plan, Scope, masked

KEYS_SHOWN = 1000       # of created, updated and deleted; the counts are always whole


def show(made: Plan, files: list[str], drifted: list[str], diff: bool, result: dict[str, Any]) -> None:
    """The plan as a result: what changes, why, from what to what. The same in check mode and in a real run."""
    resource = made.resource
    result["changed"] = made.changed or bool(files)
    result["counts"] = {"created": len(made.create), "updated": len(made.update), "deleted": len(made.delete)}
    for name, keys in (("created", made.create), ("updated", made.update), ("deleted", made.delete)):
        result[name] = sorted(keys)[:KEYS_SHOWN]
    result["before"], result["after"], result["reasons"] = {}, {}, {}
    for count, (key, before, after) in enumerate(made.shown()):
        if count >= MANY:
            break
        differing = made.differences(before, after)
        if before is not None and after is not None:
            result["reasons"][key] = differing
        for side, said in (("before", before), ("after", after)):
            if said is not None:
                result[side][key] = masked(resource, {name: each for name, each in said.items() if name in differing or name == resource.key})
    result["files"], result["drifted"] = files, drifted
    result["numbers"] = {key: after["number"] for key, after in sorted(made.create.items())[:KEYS_SHOWN] if "number" in after}
    if made.cascaded:
        result["cascaded"] = {RESOURCES[kind].plural: sorted(changed)[:KEYS_SHOWN] for kind, changed in made.cascaded.items()}
    if made.generated:
        result["generated"] = made.generated
    if diff:
        result["diff"] = [difference(made, result)]
    result["warnings"] = [f"{', '.join(drifted)}: changed by hand since the last run; this run puts it right"] if drifted else []
    idle = made.idle()
    if idle:
        result["warnings"].append(f"{', '.join(idle)}: kept, but nothing in this release acts on it yet")


def show_shift(follow: Mapping[str, Mapping[str, int]], result: dict[str, Any]) -> None:
    """Defaults that are others in this release than at the last write: nobody's fields change, but what they come to does."""
    result["changed"], result["defaults_changed"] = True, follow
    told = ", ".join(f"{plural} {name} ({count})" for plural, fields in follow.items() for name, count in fields.items())
    result["warnings"].append(f"defaults are others than at the last run, and those who say nothing of them follow: {told}")


def difference(made: Plan, result: Mapping[str, Any]) -> dict[str, str]:
    """Ansible's diff, of what is shown only."""
    sides = {}
    for side in ("before", "after"):
        shown = dict(result[side])
        if result["drifted"] and side == "before":
            shown["files changed by hand"] = result["drifted"]
        sides[side] = "".join(f"{key}: {json.dumps(each, ensure_ascii=False, sort_keys=True, indent=2)}\n" for key, each in shown.items())
    rest = len(made.create) + len(made.update) + len(made.delete) - MANY
    more = f" (and {rest} more)" if rest > 0 else ""
    return {**sides, "before_header": made.resource.plural + more, "after_header": made.resource.plural + more}


def shortly(names: Iterable[str]) -> list[str]:
    """What a few of them are called on the host; of many, how many they are."""
    files = sorted(f"avatars/{file_of(each)}" for each in names)
    return files if len(files) <= SHOWN else [f"avatars ({len(files)} files)"]


def gathered(resource: Resource, order: Order, have: Have, with_secrets: bool, host: Host, result: dict[str, Any]) -> None:
    """What the store has in scope, as it can be applied again, and the owner of each number in it."""
    in_scope = sorted((key, said) for key, said in have.documents.items() if order.scope.holds(key, said.get("number")))
    secret = {each.name for each in resource.secrets}
    found = [resource.nested({name: each for name, each in said.items() if name not in secret}) for _key, said in in_scope]
    result["gathered"] = (found or [{}])[0] if resource.single else found
    others = Scope(numbers=order.scope.numbers)     # names are a matter of each kind
    result["numbers"] = {value: f"{kind} {key}" for (space, value), (kind, key) in sorted(have.claims.items())
                         if space == "number" and (order.scope if kind == resource.kind else others).holds(key, value)}
    if with_secrets:        # the action plugin takes them out of the result and writes them where they belong
        sealed = {key: {name: said[name] for name in sorted(secret) if said.get(name) is not None} for key, said in in_scope}
        for key, said in in_scope:
            if "voicemail_pin" in sealed[key]:
                sealed[key]["voicemail_pin"] = pin_by_telephone(host, said["number"]) or said["voicemail_pin"]
        result["veiled"] = veil(order.seed, sealed)
