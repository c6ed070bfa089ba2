# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One task on one host: what is wanted is planned, made live and kept, or everything stays as it was."""
from __future__ import annotations

import base64
import functools
import hashlib
import json
import os
import platform
import re
import resource as usage
import sys
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Optional

from .acts import plan_act
from .compile import Compiled, compile_site
from .control.generations import Generations
from .control.host import ZONES, Host
from .control.live import Change, Live, connect
from .control.network import suits_host
from .identities import plan_rename, plan_renumber
from .model.codec import CODEC
from .model.errors import Unready, Wrong
from .model.fields import Said
from .model.nat import NAT
from .model.numbers import NumberRange
from .model.resource import SINGLE, Claim, Resource
from .model.settings import SETTINGS
from .model.site import RESOURCES, Site, has_device, nat_of
from .model.trunk import TRUNK
from .plan import HELD, Have, Order, Plan, Scope, plan, shifted
from .reading import read_json
from .result import gathered, shortly, show, show_shift
from .store.applied import Applied
from .store.lock import Lock
from .store.pictures import Pictures
from .store.sqlite import Store

STARTED = time.perf_counter()
REALM = "switchboard"   # of a site for which nobody named one
NO_PICTURES: dict[str, Any] = {"offered": [], "archive": "", "wanted": "", "known": []}     # what is shipped of pictures by a task that has none

Decide = Callable[[Callable[[Resource], Have], Site], Plan]      # what must change, from what the store has of a kind and the site


def shipped(resource: Resource, params: Mapping[str, Any]) -> dict[str, Any]:
    """What came from the controller: items (None when none were given), places, seed, recording, recover, planned, applied, pictures, file, text.

    `text`: of the `file` that holds the items, where it is left to the host to read it.

    `applied`: what the input is called if it is one that may be recalled; without items and text, that is asked.

    `pictures`: `offered`, the names of the contents that the run brings or, in check mode, would bring; `archive`, the file on the host
    with those of them that it had not; `wanted`, the file on the host to put those into that the controller wants, but for the `known` ones.
    """
    if not params["_shipped"]:      # without its seed, secrets could be guessed
        raise Unready("the task came without the action plugin switchboard.asterisk.resource: call the module by its full name")
    try:
        load, _line, text = zlib.decompress(base64.b64decode(params["_shipped"])).partition(b"\n")
        given: dict[str, Any] = {**json.loads(load), "text": text}
    except (ValueError, zlib.error) as wrong:
        raise Unready(f"the items did not arrive whole ({type(wrong).__name__})") from None
    except RecursionError:
        raise Wrong("is nested too deeply", "config") from None
    state = params.get("state", "gathered")
    if given["items"] is None and resource.single and state == "deleted":
        given["items"] = [{}]
    if given["items"] is None and state != "gathered" and not given.get("applied") and not text:
        raise Wrong(f"is needed for state {state}: give config or config_file", "config")
    return given


def run(resource: Resource, params: Mapping[str, Any], check: bool, diff: bool, result: dict[str, Any]) -> None:
    """One task on one host, from arguments to `result`. Raises Trouble."""
    state = params["state"]
    given = shipped(resource, params)
    scope = Scope.parse({name: each for name, each in (params["scope"] or {}).items() if each is not None})
    order = Order(state, scope, params["max_deletions"], params["allow_empty"], renew=params["update_password"] != "on_create",  # noqa: S105, no password
                  now=now(), seed=given["seed"], recording=given["recording"],
                  recover=given["recover"], cascade=params["cascade"])
    host = Host(config=params["asterisk_config_dir"], state=params["store"])
    if state == "rendered":
        rendered(resource, order, wanted(resource, given), site_of(params, REALM, {}), result)
    elif state == "gathered":       # reads one consistent store, waits for nobody and writes nothing
        with opened(host) as store:
            realm, _revision, documents, claims = store.read()
            foresee(given["planned"], documents, claims)
            gathered(resource, order, Have(documents.get(resource.kind, {}), claims, documents), params["with_secrets"], host, result)
            result["realm"] = realm or default_realm(host)
            give(resource, pictures_of(host), given.get("pictures", NO_PICTURES), result)
    else:
        in_turn(functools.partial(apply, resource, order, params, host, check, diff, result), params, host, check, given, result)
    measured(result)


def wanted(resource: Resource, given: Mapping[str, Any]) -> list[Any]:
    """The items, with their places where they have any."""
    items, places = read_json(given["file"], given["text"], resource.plural, resource.single) if given["text"] else (given["items"] or [], given["places"])
    return list(zip(places, items)) if places else items


def apply(resource: Resource, order: Order, params: Mapping[str, Any], host: Host, check: bool, diff: bool, result: dict[str, Any],
          given: Mapping[str, Any]) -> None:
    """Make the site what the items say. An input that is remembered to change nothing is not read; one that is not there and not remembered is asked for."""
    unread = given["items"] is None
    if unread and given.get("applied") and not given["recover"] and recall(resource, host, given["applied"], diff, result):
        return
    if unread and not given["text"]:
        result["unknown"] = True
        return
    want = wanted(resource, given)
    items = [each[1] if isinstance(each, tuple) else each for each in want]
    compared = None
    if given.get("applied") and not check and not given["recover"] and not says(items, resource.pictures):
        personal = says(items, [each.name for each in resource.fields if each.apart or each.passing])
        compared = functools.partial(mark, resource, personal, host)
    carry_out(lambda have, site: plan(resource, order, want, have(resource), site), params, host, check, diff, result, given, compared)


def run_act(params: Mapping[str, Any], check: bool, diff: bool, result: dict[str, Any]) -> None:
    """One task of module credentials, from arguments to `result`. Raises Trouble."""
    resource, given, order = of_kind(params)
    one_off(lambda have, site: plan_act(resource, params["act"], params["names"], order, have(resource), site), params, given, check, diff, result)


def run_rename(params: Mapping[str, Any], check: bool, diff: bool, result: dict[str, Any]) -> None:
    """One task of module rename, from arguments to `result`. Raises Trouble."""
    resource, given, order = of_kind(params)
    password = given["items"][0] if given["items"] else None
    one_off(lambda have, site: plan_rename(resource, params["name"], params["to"], password, order, have(resource), site), params, given, check, diff, result)


def run_renumber(params: Mapping[str, Any], check: bool, diff: bool, result: dict[str, Any]) -> None:
    """One task of module renumber, from arguments to `result`. Raises Trouble."""
    resource, given, order = of_kind(params)
    one_off(lambda have, site: plan_renumber(resource, params["name"], params["to"], order, have(resource), site), params, given, check, diff, result)


def of_kind(params: Mapping[str, Any]) -> tuple[Resource, dict[str, Any], Order]:
    """What a one-off act is about, what was shipped for it, and how it goes about it."""
    resource = next(each for each in RESOURCES.values() if each.plural == params["kind"])
    given = shipped(resource, params)
    return resource, given, Order("merged", now=now(), seed=given["seed"], recording=given["recording"], recover=given["recover"])


def one_off(decide: Decide, params: Mapping[str, Any], given: Mapping[str, Any], check: bool, diff: bool, result: dict[str, Any]) -> None:
    host = Host(config=params["asterisk_config_dir"], state=params["store"])
    params = {"realm": None, "number_range": None, **params}
    in_turn(functools.partial(carry_out, decide, params, host, check, diff, result), params, host, check, given, result)
    measured(result)


def now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def in_turn(work: Callable[[Mapping[str, Any]], None], params: Mapping[str, Any], host: Host, check: bool, given: Mapping[str, Any],
            result: dict[str, Any]) -> None:
    """Do some work, once no other run is at it. Check mode waits for nobody."""
    if check:
        work(given)
    elif not os.path.isdir(host.state):
        raise Unready(f"there is no {host.state}: has role asterisk set this host up?")
    else:
        with Lock(os.path.join(host.state, "lock"), params["lock_timeout"]) as lock:
            work({**given, "planned": {}})
            if lock.waited:
                result["waited_for"] = lock.waited


def measured(result: dict[str, Any]) -> None:
    result["module"] = {"seconds": round(time.perf_counter() - STARTED, 2), "python": platform.python_version(),
                        "peak_memory_mib": usage.getrusage(usage.RUSAGE_SELF).ru_maxrss >> 10}


def site_of(params: Mapping[str, Any], realm: str, settings: Said) -> Site:
    """The site as the arguments say, and as it has this realm and these settings where they say nothing."""
    whole = SETTINGS.complete(settings)
    numbers = NumberRange.parse(params["number_range"] or whole["number_range"], "number_range")
    return Site(realm if params["realm"] is None else params["realm"], numbers, whole)


def default_realm(host: Host) -> str:
    """What role asterisk has told Asterisk, so that a site's passwords hold it too; REALM where no role has been."""
    try:
        with open(os.path.join(host.config, "pjsip.conf"), encoding="utf-8", errors="replace") as file:
            found = re.search(r"^default_realm *=>? *([^;\n]*[^;\s])", file.read(), re.MULTILINE)
    except OSError:
        return REALM
    return found[1] if found else REALM


@contextmanager
def opened(host: Host) -> Iterator[Store]:
    store = Store(os.path.join(host.state, "store.db"))
    try:
        yield store
    finally:
        store.close()


def says(items: Iterable[Any], names: Iterable[str]) -> bool:
    """Whether any item names one of these fields, or the group that it is in."""
    tops = {name.partition(".")[0] for name in names}
    return any(name in item for item in items if isinstance(item, Mapping) for name in tops)


def mark(resource: Resource, personal: bool, host: Host, store: Store) -> list[str]:
    """What an input is compared with, but for Asterisk's files. `personal`: whether it says anything that people change themselves."""
    apart = [each.name for each in resource.fields if each.apart]
    return [origin(store.revision()), hashlib.sha256(json.dumps(pictures_of(host).files()).encode()).hexdigest(),
            store.states(resource.kind, apart) if personal else ""]


def applied_of(host: Host) -> Applied:
    return Applied(os.path.join(host.state, "applied"))


def recall(resource: Resource, host: Host, applied: str, diff: bool, result: dict[str, Any]) -> bool:
    """Answer for an input that changed nothing when it was read, where all that it was compared with is as it was then; whether it is so."""
    with opened(host) as store, store.reading():
        known, generations = applied_of(host).mark(applied), generations_of(host)
        if known and known == mark(resource, bool(known[-1]), host, store) and generations.is_proven(known[0]) and not generations.drifted():
            show(Plan(resource), [], [], diff, result)
            return True
    return False


def carry_out(decide: Decide, params: Mapping[str, Any], host: Host, check: bool, diff: bool, result: dict[str, Any], given: Mapping[str, Any],
              compared: Optional[Callable[[Store], list[str]]] = None) -> None:
    """Plan, and make it so. `compared`: what the input is compared with, if it may be remembered."""
    with opened(host) as store:
        with store.reading():
            realm, revision, documents, claims = store.read()
            seen = compared and compared(store)
        follow = shifted(store.defaults(), documents)
        said, pictures, brought = pictured(documents), pictures_of(host), given.get("pictures", NO_PICTURES)
        present, offered = pictures.present(), {*brought["offered"]}
        foresee(given["planned"], documents, claims)
        at_hand = present | offered | pictured(given["planned"])
        site = site_of(params, realm or default_realm(host), documents.get(SETTINGS.kind, {}).get(SINGLE, {}))
        if realm is not None and realm != site.realm:
            raise Wrong(f"of this site is {realm}, for good: all passwords are kept as digests that hold it", "realm")
        made = decide(lambda resource: Have(documents.get(resource.kind, {}), claims, documents, at_hand), site)
        if made.resource.kind == NAT.kind and made.changed:
            suits_host(nat_of({NAT.kind: made.after}))
        generations = generations_of(host)
        if realm is None and generations.proof():
            raise Unready(f"the store {store.path} is empty, but the configuration in force was compiled from one: restore it from a backup, "
                          f"or remove {generations.link} if this host is to start afresh")
        drifted = generations.drifted()
        compiled, files = None, []
        if made.changed or drifted or follow or not generations.is_proven(origin(revision)):
            cascaded = {kind: {**documents[kind], **changed} for kind, changed in made.cascaded.items()}
            compiled = compile_site({**renamed(made, documents), **cascaded, made.resource.kind: made.after})
            files = generations.differing(compiled.files)
        lacking = pictured({made.resource.kind: made.after}) - present
        back, lost = lacking & said & offered, (lacking & said) - offered
        show(made, [*files, *shortly(back)], [*drifted, *shortly(back)], diff, result)
        if follow:
            show_shift(follow, result)
        if lost:
            result["warnings"].append(f"{', '.join(shortly(lost))}: gone from the host, and this run does not bring it")
        if check:
            result["planned"] = foreseen(made, documents)
            return
        with pictures.brought(brought["archive"], lacking - lost, lambda: said if store.revision() == revision else pictured(store.documents())):
            if compiled and (files or contexts(made) or mailboxes(made) or newly_offered(made)):
                with connect(host) as ami:
                    live = Live(host, ami, generations)
                    see_codecs(made, live, result)
                    result["reloaded"] = make_live(made, live, compiled, files, store, site)
                    see_registrations(made, live, compiled, result)
                    result["reload_seconds"] = round(live.reloading, 2)
            elif compiled or made.restate:      # nothing that Asterisk reads; but what the files come from is now called otherwise
                if made.changed or made.restate or follow:
                    write(made, store, site)
                    store.commit()
                    result["reloaded"] = []
                if generations.proof():
                    generations.prove(generations.current() or "", origin(store.revision()))
        if store.revision() != revision:
            applied_of(host).forget()
        elif seen and not result["changed"] and not result["warnings"]:
            applied_of(host).remember(given["applied"], seen)


def generations_of(host: Host) -> Generations:
    return Generations(os.path.join(host.state, "generations"), os.path.join(host.config, "switchboard"))


def pictures_of(host: Host) -> Pictures:
    return Pictures(os.path.join(host.state, "avatars"), generations_of(host).group_id)


def pictured(documents: Mapping[str, Mapping[Any, Optional[Said]]]) -> set[str]:
    """The names of the contents of all pictures that are said of anything."""
    return {said[name] for kind, known in documents.items() if kind in RESOURCES for name in RESOURCES[kind].pictures
            for said in known.values() if said and said.get(name)}


def give(resource: Resource, pictures: Pictures, brought: Mapping[str, Any], result: dict[str, Any]) -> None:
    """Put the pictures of what was gathered where the action plugin takes them from, but for those that the controller has."""
    if not brought["wanted"]:
        return
    wanted, present = pictured({resource.kind: dict(enumerate(result["gathered"]))}) - {*brought["known"]}, pictures.present()
    if wanted - present:
        result.setdefault("warnings", []).append(f"{', '.join(shortly(wanted - present))}: gone from the host")
    if wanted & present:
        pictures.pack(brought["wanted"], wanted & present)
        result["packed"] = True


def renamed(made: Plan, documents: Mapping[str, Mapping[str, Said]]) -> Mapping[str, Mapping[str, Said]]:
    """All documents, with the new keys in what refers to what is renamed; in the store they refer by what never changes."""
    if not made.renamed:
        return documents
    to = {old: new for new, old in made.renamed.items()}
    follow: dict[str, Mapping[str, str]] = {kind: {key: to.get(key, key) if kind == made.resource.kind else key for key in documents.get(kind, ())}
                                            for kind in RESOURCES}
    return {kind: {key: {**said, **RESOURCES[kind].renamed(said, follow)} for key, said in known.items()} for kind, known in documents.items()}


def see_registrations(made: Plan, live: Live, compiled: Compiled, result: dict[str, Any]) -> None:
    """Tell which of the trunks that changed are not registered at their provider: that may be its fault, and may take longer."""
    changed = [key for key in [*made.create, *made.update] if "registration" in compiled.devices.get(key, {})] if made.resource.kind == TRUNK.kind else []
    waiting = live.not_registered(changed) if changed else {}
    if changed:
        result["registered"] = sorted({*changed} - {*waiting})
    if waiting:
        told = ", ".join(f"{key} ({state})" for key, state in sorted(waiting.items()))
        result["warnings"].append(f"{told}: not registered at the provider yet. Asterisk goes on trying; \"pjsip show registrations\" tells how it stands")


def make_live(made: Plan, live: Live, compiled: Compiled, files: list[str], store: Store, site: Site) -> list[str]:
    """Carry a plan out on the host: Asterisk first, then the store. Returns the Asterisk modules that were reloaded."""
    for context, key in contexts(made).items():
        if not live.knows_context(context):
            raise Wrong(f"there is no dialplan context {context} on this host", "context", f"{made.resource.kind} {key!r}")
    for music, key in musics(made).items():
        if not live.knows_music(music):
            raise Wrong(f"there is no class {music} of music on hold on this host, or no music in its folder: see asterisk_music_classes of role asterisk",
                        "music", f"{made.resource.kind} {key!r}")
    for zone, key in zones(made).items():
        if not os.path.isfile(os.path.join(ZONES, zone)):
            raise Wrong(f"there is no time zone {zone} on this host (package tzdata)", "time_zone", f"{made.resource.kind} {key!r}")
    if made.resource.kind == TRUNK.kind and made.changed and not live.knows_context("from-trunk"):
        raise Unready("there is no dialplan context from-trunk on this host: set it up with role asterisk of this release")
    store.prepare()     # refuses a store that cannot be written before Asterisk is touched
    devices = [*made.create, *made.update, *made.delete, *made.renamed.values()] if has_device(made.resource) else [*compiled.devices]
    change = Change(compiled, files, devices=devices, mailboxes=mailboxes(made), fresh_pins=made.renewed, moved=made.moved,
                    renamed={old: new for new, old in made.renamed.items()} if has_device(made.resource) else {})
    try:
        return live.make(change, meanwhile=lambda: write(made, store, site), commit=store.commit, origin=lambda: origin(store.revision()))
    except BaseException:
        store.undo()
        raise


def contexts(made: Plan) -> dict[str, str]:
    """The dialplan contexts that the host must have, each with somebody who names it. Also a disabled line may not name any other."""
    return {after["context"]: key for key, after in made.after.items() if after.get("context") and (key in made.create or key in made.update)}


def musics(made: Plan) -> dict[str, str]:
    """The classes of music on hold that the host must have, likewise."""
    return {after["music"]: key for key, after in made.after.items() if after.get("music") and (key in made.create or key in made.update)}


def zones(made: Plan) -> dict[str, str]:
    """The time zones that the host must have, likewise."""
    return {after["time_zone"]: key for key, after in made.after.items() if after.get("time_zone") and (key in made.create or key in made.update)}


def newly_offered(made: Plan) -> dict[str, str]:
    """The codecs that the site offers from now on, each with a kind of line."""
    if made.resource.kind != CODEC.kind:
        return {}
    return {codec: key for key, said in made.after.items() if key in made.create or key in made.update for codec in CODEC.complete(said)["offered"]}


def see_codecs(made: Plan, live: Live, result: dict[str, Any]) -> None:
    """See that Asterisk has the codecs that are offered, and tell which of them it can only pass through."""
    wanted = newly_offered(made)
    has = live.codecs() if wanted else None
    passed = [codec for codec in wanted if has and codec not in has.transcoded]
    for codec in passed:
        if codec != "g729" or has and codec not in has.known:
            raise Wrong(f"the running Asterisk cannot transcode {codec}: the module for it is not loaded (core show translation)",
                        "offered", f"{CODEC.kind} {wanted[codec]!r}")
    if passed:
        result["passes_through"] = passed
        result["warnings"].append(f"{', '.join(passed)}: Asterisk only passes it through. A call works where both sides have it; "
                                  "announcements, voicemail and recordings do not")


def mailboxes(made: Plan) -> dict[str, str]:
    """number: owner, of mailboxes to set aside; there may be one without a line."""
    return {said["number"]: key for key, said in made.delete.items() if said.get("number")}


def write(made: Plan, store: Store, site: Site) -> None:
    store.prepare()
    same = {key: (after, after) for key, after in made.restate.items()}
    cascaded = {kind: {key: (after, after) for key, after in changed.items()} for kind, changed in made.cascaded.items()}
    store.write(made.resource, made.create, {**made.update, **same}, list(made.delete), site.realm, cascaded, made.renamed)


def foreseen(made: Plan, documents: Mapping[str, Mapping[str, Said]]) -> dict[str, dict[str, Optional[dict[str, Any]]]]:
    """What check mode leaves undone, for the tasks after it: kind: key: what would be said, None for what would be gone. Without a secret."""
    own: dict[str, Optional[Said]] = {**dict.fromkeys(made.renamed.values()), **{key: after for _what, key, _before, after in made.changes()}}
    follow = {kind: {key: said for key, said in known.items() if said != documents[kind][key]}
              for kind, known in (renamed(made, documents).items() if made.renamed else ())}
    done: dict[str, Mapping[str, Optional[Said]]] = {**{kind: known for kind, known in follow.items() if known}, **made.cascaded, made.resource.kind: own}
    return {kind: {key: None if said is None else held(RESOURCES[kind], said) for key, said in changed.items()} for kind, changed in done.items()}


def foresee(planned: Mapping[str, Mapping[str, Optional[Said]]], documents: dict[str, dict[str, dict[str, Any]]], claims: dict[Claim, tuple[str, str]]) -> None:
    """Take what earlier tasks of a check mode run left undone for done."""
    for kind, changed in planned.items():
        gone = {(kind, key) for key in changed}
        for claim in [claim for claim, owner in claims.items() if owner in gone]:
            del claims[claim]
        for key, said in changed.items():
            known = documents.setdefault(kind, {}).pop(key, {})
            if said is not None:        # its secrets are stars: what the store has of them is worth more
                kept = {each.name: known[each.name] for each in RESOURCES[kind].secrets if each.name in said and each.name in known}
                documents[kind][key] = {**said, **kept}
                claims.update((claim, (kind, key)) for claim in RESOURCES[kind].claims(said))


def origin(revision: int) -> str:
    """What compiled files come from: the store's revision, and this code. The same origin gives the same files."""
    return f"revision {revision}, code {code()[:16]}"


@functools.cache
def code() -> str:
    """The code that is at work here, as a digest: another release is another one."""
    whole = hashlib.sha256()
    for name, loaded in sorted(sys.modules.items()):
        if name.startswith(f"{__package__}.") and loaded.__spec__ and loaded.__spec__.loader:
            whole.update(loaded.__spec__.loader.get_data(loaded.__file__))  # type: ignore[attr-defined]
    return whole.hexdigest()


def rendered(resource: Resource, order: Order, want: Iterable[Any], site: Site, result: dict[str, Any]) -> None:
    """The compiled files of the given resources alone, without a host and without a secret."""
    made = plan(resource, Order("merged", order.scope, seed="rendered", recording=True), want, Have(), site)
    compiled = compile_site({resource.kind: {key: held(resource, said) for key, said in made.create.items()}})
    result["rendered"] = dict(compiled.files)


def held(resource: Resource, said: Said) -> dict[str, Optional[Any]]:
    """A resource whose secrets are stars, of the shape the compiler expects."""
    stars = {each.name: each.stars(HELD) for each in resource.secrets if each.name in said}
    return {**said, **stars}
