# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Another name or number for what is there already: people marry, offices renumber. All else stays with them."""
from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Optional

from .model.errors import Refused, Wrong, nearest
from .model.fields import Said, Secret
from .model.resource import Resource
from .model.site import Site
from .plan import Have, Order, Plan, claim, recover


def plan_rename(resource: Resource, key: str, to: Any, sip_password: Any, order: Order, have: Have, site: Site) -> Plan:
    """Another key, `to`. A telephone's digests hold its name: it gets a new password, or the one that is given. Raises Refused.

    Nothing changes when there is nobody of the old name and somebody of the new one: that was done before.
    """
    fresh = checked(resource, key, resource.key, to, resource.by_name[resource.key].check)
    if key == fresh:
        return settled(Plan(resource), order, have, site)
    if key not in have.documents and fresh in have.documents:
        return settled(Plan(resource), order, have, site, former={key: have.documents[fresh]})
    before = known(resource, key, have)
    if fresh in have.documents:
        raise refused(resource, key, resource.key, f"{fresh} is there already")
    after, made = {**before, resource.key: fresh}, Plan(resource, renamed={fresh: key})
    field = resource.by_name.get("sip_password")
    if sip_password is not None and not before.get("sip_password"):
        raise refused(resource, key, "sip_password", "has none that could be another one")
    if isinstance(field, Secret) and before.get("sip_password"):
        if sip_password is not None:
            after["sip_password"] = checked(resource, key, field.name, sip_password, lambda given: field.seal(field.check(given), fresh, site.realm))
        elif order.recording or field.told(resource.complete(after)):
            sealed = field.seal(field.make(order.seed, resource.kind, fresh), fresh, site.realm)
            after["sip_password"] = sealed if order.recording else field.mark(sealed)
            made.generated.append((fresh, "sip_password", 0))
        else:
            raise refused(resource, key, "sip_password", "holds the name: give one, or name a credentials_file that a new one is written to")
    made.update[fresh] = (before, after)
    return settled(made, order, have, site, former={key: after})


def plan_renumber(resource: Resource, key: str, to: Any, order: Order, have: Have, site: Site) -> Plan:
    """Another number, `to`. Its mailbox comes along. Raises Refused."""
    if "number" not in resource.by_name:
        raise refused(resource, key, "number", f"{resource.plural} have none")
    before, fresh = known(resource, key, have), checked(resource, key, "number", to, resource.by_name["number"].check)
    if before.get("number") == fresh:
        return settled(Plan(resource), order, have, site)
    if fresh not in site.numbers:
        raise refused(resource, key, "number", f"{fresh} is not in number_range {site.numbers}")
    after = {**before, "number": fresh}
    if wrongs := resource.judge(resource.complete(after)):
        raise Refused(wrongs)
    made = Plan(resource, update={key: (before, after)}, moved={before["number"]: fresh} if before.get("number") else {})
    return settled(made, order, have, site)


def known(resource: Resource, key: str, have: Have) -> Said:
    before = have.documents.get(key)
    if before is None:
        raise refused(resource, key, "", f"is not there{nearest(key, tuple(have.documents))}")
    return before


def checked(resource: Resource, key: str, name: str, value: Any, check: Callable[[Any], Any]) -> Any:
    """What the check of a field makes of a value."""
    try:
        return check(value)
    except Wrong as wrong:
        raise refused(resource, key, name, wrong.rule) from None


def refused(resource: Resource, key: str, field: str, rule: str) -> Refused:
    return Refused([Wrong(rule, field, f"{resource.kind} {key!r}")])


def settled(made: Plan, order: Order, have: Have, site: Site, former: Optional[Mapping[str, Said]] = None) -> Plan:
    """See that the new name or number is nobody else's, and what there is afterwards. `former`: see recover."""
    wrongs: list[Wrong] = []
    claim(made, order, have, site, wrongs)
    if wrongs:
        raise Refused(wrongs)
    made.after = {key: said for key, said in have.documents.items() if key not in made.renamed.values()}
    made.after.update((key, after) for key, (_before, after) in made.update.items())
    recover(made, order, site, former)
    return made
