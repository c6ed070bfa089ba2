# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make a compiled site what the running Asterisk has, or leave everything as it was."""
from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Optional

from ..compile import Compiled
from ..compile.pjsip import TEMPLATES, Objects, file_of
from ..compile.queues import Queue, compile_queues
from ..model.errors import Trouble, Unready
from ..model.fields import Whole
from ..model.nat import EXTERNAL
from ..model.queue import ORDERED
from .ami import Ami, Message
from .console import Codecs, codecs, console, network, parameters
from .generations import Generations
from .host import Host
from .log import Log

# numbers.conf is read at each call, but a lamp looks into it only once: until the dialplan is read again
RELOADED_BY = {**dict.fromkeys([*map(file_of, TEMPLATES), "pjsip_transport.conf"], "res_pjsip.so"), "rtp.conf": "res_rtp_asterisk.so",
               "voicemail.conf": "app_voicemail.so", "numbers.conf": "pbx_config.so",
               "queues.conf": "app_queue.so"}      # last: a member is what PJSIP says of its device
QUEUE_TOLD = {"strategy": "Strategy", "longest": "Max", "service_level": "ServiceLevel", "weight": "Weight"}    # what QueueStatus says of a queue
KEPT = ("pause", "emergency")   # families of Asterisk's own database that the dialplan keeps, by device
DESK = "desk/auth"              # likewise, of what the desk lends to its pages (roles/asterisk, sorcery.conf)
RENAMED = "renamed"             # likewise, of each channel whose line has another name by now: that one
LOGIN = "login"                 # the reason of a pause that nobody asked for (roles/asterisk, dialplan_agent.conf)
SAMPLE = 50                 # so many changed objects are read back in full; that all are there is asked of all
ANSWERS = 1.0               # a provider that is well answers within this
REGISTERS = 5.0             # seconds until a provider should have taken a registration
PATIENCE = 20.0             # seconds until Asterisk must have all of them
LOGGED = 0.3                # seconds after a reload within which Asterisk has written its log, which it does in a thread of its own
EXPLAINED = 2.0             # the same when something is amiss already, and only the reason is missing
COMPLAINTS = 5              # so many are told
COMES_FROM = "/.from-"      # in a mailbox, before the number that it comes from, until the run is through
FORGOTTEN = ".forgotten"    # ends the name of a PIN that was set by telephone, until the run is through


@dataclass(frozen=True)
class Change:
    """What a run is about to make live."""
    compiled: Compiled
    files: Collection[str]                  # whose text differs from what is in force
    devices: Collection[str]                # that the run creates, updates or deletes
    mailboxes: Mapping[str, str]            # number: name of the owner, of mailboxes to set aside
    moved: Mapping[str, str] = field(default_factory=dict)      # old number: new number, of mailboxes that come along
    fresh_pins: Collection[str] = ()        # numbers of mailboxes whose PIN is the compiled one again, whatever was set by telephone
    renamed: Mapping[str, str] = field(default_factory=dict)    # old device: new device


class Live:
    def __init__(self, host: Host, ami: Ami, generations: Generations) -> None:
        self.host, self.ami, self.generations, self.log = host, ami, generations, Log(host.log)
        self.reloading = 0.0        # seconds that Asterisk took to read its files

    def make(self, change: Change, meanwhile: Callable[[], None], commit: Callable[[], None], origin: Callable[[], str]) -> list[str]:
        """Put a new generation in force, see that Asterisk has it, commit, and sweep away what the old one leaves running.

        `meanwhile` is done while Asterisk reads its files. `origin` says, after the commit, what the files were compiled from.

        Returns the names of the Asterisk modules that were reloaded. Raises Unready, after the old generation is back in force.
        """
        changed = dict.fromkeys(module for file, module in RELOADED_BY.items() if file in change.files)
        modules = [module for module in changed if self.is_needed(module, change.compiled)]
        if "app_voicemail.so" in modules and (change.moved or change.mailboxes) and self.is_needed("res_pjsip_mwi.so", change.compiled):
            modules.insert(modules.index("app_voicemail.so"), "res_pjsip_mwi.so")   # else a registered telephone goes on showing its old mailbox
        before = self.generations.current()
        fresh = self.generations.write(change.compiled.files)
        set_aside: list[tuple[str, str]] = []
        proof = self.generations.doubt(before)      # from here on nobody knows what Asterisk has, until it was asked
        try:
            anew = self.send_away(change.compiled.queues) if "app_queue.so" in modules else {}      # as late as can be: they come back in seconds
            if anew:
                self.without(anew, change.compiled)
            self.generations.put_in_force(fresh)
            self.reload(modules, meanwhile)
            endpoints = self.verify(change, modules)
            self.set_aside(change.mailboxes, set_aside)
            self.move(change.moved, set_aside)
            self.forget_pins(change.fresh_pins, set_aside)
            if change.moved or change.fresh_pins or set(change.mailboxes) & change.compiled.mailboxes:       # Asterisk has just read the old owner's PIN
                self.ami.action("Reload", Module="app_voicemail.so")
            commit()
        except BaseException as wrong:
            with contextlib.suppress(OSError):
                for there, here in reversed(set_aside):
                    os.rename(here, there)
            self.generations.put_in_force(before)
            self.generations.drop(fresh)
            if isinstance(wrong, Trouble):
                self.back(modules, wrong)
                self.generations.trust(before, proof)
            raise
        for left in (*(here for _there, here in set_aside if here.endswith(FORGOTTEN)),
                     *(os.path.join(self.host.mailboxes, "default", to) + COMES_FROM + number for number, to in change.moved.items())):
            with contextlib.suppress(OSError):
                os.unlink(left)
        if "res_pjsip.so" in modules:
            self.sweep(change, endpoints)
        self.generations.prove(fresh, origin())
        self.generations.tidy()
        return modules

    def is_needed(self, module: str, compiled: Compiled) -> bool:
        """A host without voicemail or queues need not have their modules, as long as nobody has a mailbox or there is no queue; nor lamps."""
        needed = {"app_voicemail.so": bool(compiled.mailboxes), "app_queue.so": bool(compiled.queues), "res_pjsip_mwi.so": False}.get(module)
        if needed is None or self.ami.ask("ModuleCheck", Module=module)[0].get("Response") == ["Success"]:
            return True
        if needed and module == "app_queue.so":
            raise Unready("there are queues, and Asterisk has not loaded app_queue.so: set the host up with role asterisk")
        return needed

    def send_away(self, queues: Mapping[str, Queue]) -> dict[str, Queue]:
        """Make callers leave the queues that are about to go: the dialplan brings them back to where their number then leads.

        Returns the queues that have to go for a moment, since only a new one can keep its members in order: Asterisk chooses how
        it keeps them when it meets a queue for the first time (init_queue in apps/app_queue.c).
        """
        anew: dict[str, Queue] = {}
        gone = set()
        for each in self.ami.action("QueueStatus", Member="-"):     # no member is called so
            name = each["Queue"][0]
            if each["Event"] == ["QueueParams"] and name not in queues:
                gone.add(name)
            elif each["Event"] == ["QueueParams"] and queues[name].ordered and each["Strategy"][0] not in ORDERED:
                anew[name] = queues[name]
            elif each["Event"] == ["QueueEntry"] and (name in gone or name in anew):
                self.ami.ask("QueueWithdrawCaller", Queue=name, Caller=each["Channel"][0])     # gone by itself meanwhile is as good
        return anew

    def without(self, anew: Collection[str], compiled: Compiled) -> None:
        """Let Asterisk forget some queues."""
        rest = {name: each for name, each in compiled.queues.items() if name not in anew}
        moment = self.generations.write({**compiled.files, "queues.conf": compile_queues(rest)})
        before = self.generations.current()
        self.generations.put_in_force(moment)
        self.reload(["app_queue.so"])
        self.generations.put_in_force(before)
        self.generations.drop(moment)

    def reload(self, modules: Iterable[str], meanwhile: Callable[[], None] = lambda: None) -> None:
        self.log.mark()
        start = time.monotonic()
        sent = [self.ami.send("Reload", Module=module) for module in modules]
        meanwhile()
        for number in sent:
            self.ami.done("Reload", number)
        self.reloading += time.monotonic() - start

    def back(self, modules: list[str], wrong: Trouble) -> None:
        """Asterisk has to forget what it was just given; when it cannot be told, that has to be said."""
        try:
            self.reload(modules)
            if "app_queue.so" in modules:
                self.pause(self.ami.action("QueueStatus"), {}, {})
        except Unready as worse:
            raise Unready(f"{wrong}\nThe old configuration is back in its place, but Asterisk could not be told: {worse}") from None

    def verify(self, change: Change, modules: Collection[str]) -> list[Message]:
        """The endpoints that Asterisk has. Raises Unready when it complains of what it read, or does not have it."""
        read = time.monotonic()
        try:
            endpoints = self.has(change, modules)
        except Unready:
            self.listen(EXPLAINED)
            raise
        self.listen(read + LOGGED - time.monotonic())
        return endpoints

    def has(self, change: Change, modules: Collection[str]) -> list[Message]:
        """The endpoints that Asterisk has. Raises Unready when it does not have what was compiled."""
        self.listen()
        endpoints: list[Message] = []
        if "res_pjsip.so" in modules:
            endpoints = self.all_there(change)
            self.registrations_are_there(change.compiled)
            for device in sample(change):
                self.read_back(device, change.compiled.devices[device])
        self.read_back_nat(change.compiled.nat, change.files)
        if "app_voicemail.so" in modules:
            changed = {number for device in change.devices for number in mailboxes(change.compiled.devices.get(device, {}))}
            for number in [*sorted(changed), *sorted(change.compiled.mailboxes - changed)][:SAMPLE]:
                if not self.ami.listing("VoicemailUserStatus", Context="default", Mailbox=number):
                    raise Unready(f"Asterisk does not have mailbox {number} after the reload; the old configuration is back in force")
        if "app_queue.so" in modules:
            told = self.ami.action("QueueStatus")
            self.queues_are_so(change.compiled.queues, told)
            self.pause(told, change.compiled.queues, change.renamed)
        return endpoints

    def listen(self, patience: float = 0.0) -> None:
        """Raises Unready when Asterisk complains in its log, now or within so many seconds."""
        end = time.monotonic() + patience
        while not (complaints := self.log.complaints()) and time.monotonic() < end:
            time.sleep(0.05)
        if complaints:
            more = f"\nand {len(complaints) - COMPLAINTS} more" if len(complaints) > COMPLAINTS else ""
            raise Unready("Asterisk refused the new configuration; the old one is back in force:\n" + "\n".join(complaints[:COMPLAINTS]) + more)

    def all_there(self, change: Change) -> list[Message]:
        """Wait until Asterisk has every device of the site and none of those that were taken from it; what it has then."""
        wanted, gone = set(change.compiled.devices), set(change.devices) - set(change.compiled.devices)
        end = time.monotonic() + PATIENCE
        while True:
            endpoints = [each for each in self.ami.listing("PJSIPShowEndpoints") if each.get("Event") == ["EndpointList"]]
            present = {each["ObjectName"][0] for each in endpoints}
            missing, left = sorted(wanted - present), sorted(gone & present)
            if not missing and not left:
                return endpoints
            if time.monotonic() >= end:
                what = f"does not have {', '.join(missing[:5])}" if missing else f"still has {', '.join(left[:5])}"
                raise Unready(f"Asterisk {what} after the reload; the old configuration is back in force")
            time.sleep(0.2)

    def registrations(self) -> dict[str, str]:
        """How each registration at a provider stands, by trunk. Also Asterisk's module for them may be missing, on a host that has none."""
        answer, told = self.ami.ask("PJSIPShowRegistrationsOutbound")
        if answer.get("Response") != ["Success"]:
            return {}
        return {each["ObjectName"][0]: each.get("Status", [""])[0] for each in told if each.get("Event") == ["OutboundRegistrationDetail"]}

    def registrations_are_there(self, compiled: Compiled) -> None:
        """Asterisk has these registrations and no others. Whether the provider takes them is another matter."""
        wanted, has = {device for device, objects in compiled.devices.items() if "registration" in objects}, self.registrations().keys()
        for device in sorted(wanted ^ has):
            what = "does not have" if device in wanted else "still has"
            raise Unready(f"Asterisk {what} the registration of {device} after the reload; the old configuration is back in force: "
                          "has role asterisk of this release set the host up?")

    def not_registered(self, trunks: Collection[str]) -> dict[str, str]:
        """Those of the trunks that are not registered at their provider within some seconds, and how they stand.

        Asterisk registers while it still reads the rest: an answer to a challenge that came before the password was there is given once more.
        """
        for name in trunks:
            self.ami.ask("PJSIPRegister", Registration=name)
        time.sleep(ANSWERS)      # what it says until then may be of before
        end = time.monotonic() + REGISTERS
        while True:
            waiting = {name: state for name, state in self.registrations().items() if name in trunks and state != "Registered"}
            if not waiting or time.monotonic() >= end:
                return waiting
            time.sleep(0.2)

    def queues_are_so(self, queues: Mapping[str, Queue], status: Iterable[Message]) -> None:
        """Asterisk has these queues and no others, with these members, in their order where it matters."""
        told: dict[str, Message] = {}
        members: dict[str, dict[str, tuple[int, str]]] = {}
        for each in status:
            name = each["Queue"][0]
            if each["Event"] == ["QueueParams"]:
                told[name], members[name] = each, {}
            elif each["Event"] == ["QueueMember"] and each["Membership"] == ["static"]:
                members[name][each["Location"][0].partition("/")[2]] = int(each["Penalty"][0]), each["Name"][0]
        missing, left = sorted(queues.keys() - told.keys()), sorted(told.keys() - queues.keys())
        if missing or left:
            what = f"does not have queue {missing[0]}" if missing else f"still has queue {left[0]}"
            raise Unready(f"Asterisk {what} after the reload; the old configuration is back in force: has role asterisk of this release set the host up?")
        for name, queue in queues.items():
            for option, header in QUEUE_TOLD.items():
                if told[name][header] != [str(queue.whole[option])]:
                    raise Unready(f"Asterisk kept another {option} of queue {name}: it says {told[name][header][0]!r}, compiled was {queue.whole[option]!r}; "
                                  "the old configuration is back in force")
            wanted = {device: (member.penalty, member.name) for device, member in queue.members.items()}
            if members[name] != wanted or queue.ordered and list(members[name]) != list(wanted):
                strange = [each for each in {**wanted, **members[name]} if members[name].get(each) != wanted.get(each)]
                raise Unready(f"Asterisk has other members of queue {name} than were compiled ({', '.join(strange[:5]) or 'in another order'}); "
                              "the old configuration is back in force")

    def pause(self, status: Iterable[Message], queues: Mapping[str, Queue], renamed: Mapping[str, str]) -> None:
        """Pause members as Asterisk's database says, which app_queue does not look into: of a reload's members the new ones are not paused,
        and the others have lost the reason. Who is not in it never signed in, and is paused by the configuration where it says so.
        """
        kept = {renamed.get(device, device): reason for device, reason in self.kept("pause")}
        for each in status:
            if each["Event"] == ["QueueMember"] and each["Membership"] == ["static"]:
                queue, device = each["Queue"][0], each["Location"][0].partition("/")[2]
                if queue in queues:
                    kept.setdefault(device, LOGIN if queues[queue].members[device].paused else "")
                reason, now = kept.get(device), (each["Paused"][0], each["PausedReason"][0])
                yet_to_sign_in = reason == LOGIN and now == ("1", "")       # as thousands may be, for whom a word is not worth an action each
                if reason is not None and now != ("1" if reason else "0", reason) and not yet_to_sign_in:
                    self.ami.action("QueuePause", Queue=queue, Interface=each["Location"][0], Paused="true" if reason else "false", Reason=reason)

    def read_back(self, device: str, objects: Objects) -> None:
        """Compare what Asterisk says of one device with what was compiled."""
        details: dict[str, Message] = {}
        for each in self.ami.action("PJSIPShowEndpoint", Endpoint=device):
            details.setdefault(each.get("ObjectType", [""])[0], each)
        transport = transport_of(objects)
        if transport in ("udp", "tcp", "tls") and "transport" not in details:
            raise Unready(f"{device}: transport: there is no transport-{transport} on this host: set it up with role asterisk; "
                          "the old configuration is back in force")
        for kind, options in objects.items():
            if kind == "registration":      # is no part of the endpoint
                continue
            if kind not in details:
                raise Unready(f"Asterisk does not have the {kind} of {device}; the old configuration is back in force")
            for option, compiled in wanted_values(options):
                said = details[kind].get("".join(word.capitalize() for word in option.split("_")))
                if said is not None and sorted(words(said[0])) != sorted(words(compiled)) or option == "allow" and said and words(said[0]) != words(compiled):
                    hint = " (a value that stays secret)" if kind == "auth" else f": it says {said and said[0]!r}, compiled was {compiled!r}"
                    raise Unready(f"Asterisk kept another {option} of {device}{hint}; the old configuration is back in force")

    def read_back_nat(self, nat: Whole, files: Collection[str]) -> None:
        """Compare what Asterisk says of a transport and of RTP with what was compiled; all transports take the same from one place."""
        has: list[tuple[str, set[str], set[str]]] = []
        if "pjsip_transport.conf" in files:
            told = parameters(console(self.host.config, "pjsip show transport transport-udp"))
            has += [(name, {nat[name]} - {None}, set(told.get(name, ()))) for name in EXTERNAL]
            has.append(("local_networks", set(nat["local_networks"]), {*map(network, told.get("local_net", ()))}))
        if "rtp.conf" in files:
            told = parameters(console(self.host.config, "rtp show settings"))
            has += [(f"rtp.{end}", {str(nat[f"rtp.{end}"])}, set(told.get(f"Port {end}", ()))) for end in ("start", "end")]
        for name, compiled, said in has:
            if said != compiled:
                raise Unready(f"Asterisk has another {name} than was compiled: {', '.join(sorted(said)) or 'none'} instead of "
                              f"{', '.join(sorted(compiled)) or 'none'} (set this host up with role asterisk?); the old configuration is back in force")

    def codecs(self) -> Codecs:
        """What the running Asterisk knows and what it transcodes."""
        return codecs(console(self.host.config, "core show codecs audio"), console(self.host.config, "core show translation"))

    def set_aside(self, mailboxes: Mapping[str, str], done: list[tuple[str, str]]) -> None:
        """A number may come again; the messages and the PIN of its old owner must not come with it."""
        for number, owner in mailboxes.items():
            there = os.path.join(self.host.mailboxes, "default", number)
            if os.path.isdir(there):
                aside = os.path.join(self.host.mailboxes, "set-aside")
                here = os.path.join(aside, f"{number}-{owner}-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}")
                try:
                    os.makedirs(aside, mode=0o700, exist_ok=True)
                    os.rename(there, here)
                except OSError as wrong:
                    raise Unready(f"mailbox {number} of {owner} cannot be set aside: {wrong.strerror}; the old configuration is back in force") from None
                done.append((there, here))

    def move(self, mailboxes: Mapping[str, str], done: list[tuple[str, str]]) -> None:
        """A mailbox goes with its owner to another number; one without an owner that stands there is set aside."""
        for number, to in mailboxes.items():
            there, here = (os.path.join(self.host.mailboxes, "default", each) for each in (number, to))
            if os.path.isdir(there) or not os.path.exists(here + COMES_FROM + number):      # else a run was killed before its commit
                self.set_aside({to: "nobody"}, done)
            if os.path.isdir(there):
                try:
                    with open(there + COMES_FROM + number, "w", encoding="ascii"):
                        pass
                    os.rename(there, here)
                except OSError as wrong:
                    raise Unready(f"mailbox {number} cannot be moved to {to}: {wrong.strerror}; the old configuration is back in force") from None
                done.append((there, here))

    def forget_pins(self, numbers: Iterable[str], done: list[tuple[str, str]]) -> None:
        """A PIN that was set by telephone stands in the mailbox, and is worth more than a compiled one (passwordlocation=spooldir)."""
        for number in numbers:
            there = os.path.join(self.host.mailboxes, "default", number, "secret.conf")
            if os.path.exists(there):
                here = there + FORGOTTEN
                try:
                    os.rename(there, here)
                except OSError as wrong:
                    raise Unready(f"the PIN of mailbox {number} cannot be reset: {wrong.strerror}; the old configuration is back in force") from None
                done.append((there, here))

    def sweep(self, change: Change, endpoints: Iterable[Message]) -> None:
        """End the calls and drop the registrations, subscriptions and pauses of lines that are no longer there.

        Asterisk lets them live on after a reload, and they would come back to life with the line's name. The call of a line that only has
        another name now goes on.
        """
        alive = set()
        for each in endpoints:
            alive |= {each["ObjectName"][0], *words(each.get("Aor", [""])[0])}
        known = dict(self.kept(RENAMED))
        talking: dict[str, str] = {}
        for each in self.ami.listing("CoreShowChannels"):
            channel, call = each.get("Channel", [""])[0], each.get("Uniqueid", [""])[0]
            device = channel[len("PJSIP/"):].rpartition("-")[0] if channel.startswith("PJSIP/") else ""
            name = known.get(call, device)
            name = change.renamed.get(name, name)
            if device and name not in alive:
                self.ami.ask("Hangup", Channel=channel, Cause="16")      # gone by itself meanwhile is as good
            elif name != device:
                talking[call] = name
        for call in {**known, **talking}:
            if call not in talking:
                self.ami.ask("DBDel", Family=RENAMED, Key=call)
            elif talking[call] != known.get(call):
                self.ami.ask("DBPut", Family=RENAMED, Key=call, Val=talking[call])
        for key, _value in self.kept("registrar"):
            name = key.partition(";")[0].partition("contact/")[2]
            fixed = "contact" in dict(change.compiled.devices.get(name, {}).get("aor", ()))     # it had registered before it was
            if name and (fixed or name not in alive):
                self.ami.ask("DBDel", Family="registrar", Key=key)
        for key, value in self.kept("subscription_persistence"):
            owner = re.search(r'"endpoint": *"([^"]*)"', value)
            if owner and owner[1] not in alive:
                self.ami.ask("DBDel", Family="subscription_persistence", Key=key)
        for key, _value in self.kept(DESK):
            if key.partition("@")[0] not in alive:
                self.ami.ask("DBDel", Family=DESK, Key=key)
        for family in KEPT:
            for device, value in self.kept(family):
                if device in change.renamed:
                    self.ami.ask("DBPut", Family=family, Key=change.renamed[device], Val=value)
                if device not in alive:
                    self.ami.ask("DBDel", Family=family, Key=device)

    def kept(self, family: str) -> Iterator[tuple[str, str]]:
        """(key below the family, value) of what Asterisk's own database keeps."""
        for each in self.ami.listing("DBGetTree", Family=family):
            yield each.get("Key", [""])[0].partition(f"{family}/")[2], each.get("Val", [""])[0]

    def knows_music(self, music: str) -> bool:
        """Whether Asterisk has the class; of one whose folder holds no music it forgets the name without a word in its log."""
        return music in parameters(console(self.host.config, "moh show classes")).get("Class", ())

    def knows_context(self, context: str) -> bool:
        answer, _events = self.ami.ask("ShowDialPlan", Context=context)
        return answer.get("Response") == ["Success"]


def pin_by_telephone(host: Host, number: str) -> str:
    """The PIN that was set by telephone, or nothing: it is worth more than the one that was compiled."""
    try:
        with open(os.path.join(host.mailboxes, "default", number, "secret.conf"), encoding="utf-8", errors="replace") as file:
            found = re.search(r"^password *=>? *([0-9]+)", file.read(), re.MULTILINE)
    except OSError:
        return ""
    return found[1] if found else ""


def transport_of(objects: Objects) -> str:
    own = dict(objects["endpoint"]).get("transport", "").partition("-")[2]      # a trunk's
    return own or dict(value.split("=", 1) for option, value in objects["endpoint"] if option == "set_var").get("LINE_TRANSPORT", "")


def mailboxes(objects: Objects) -> list[str]:
    """The numbers of a device's mailboxes."""
    return [value.partition("@")[0] for option, value in objects.get("endpoint", ()) if option == "mailboxes"]


def sample(change: Change) -> list[str]:
    """The changed devices to be read back: one of each transport, for it may be one that the host has not, then others."""
    changed = sorted(set(change.devices) & set(change.compiled.devices))
    first = {transport_of(change.compiled.devices[each]): each for each in reversed(changed)}
    return list(dict.fromkeys([*first.values(), *changed]))[:SAMPLE]


def wanted_values(options: Iterable[tuple[str, str]]) -> Iterable[tuple[str, str]]:
    """Options as Asterisk tells them: those that are given more than once are joined; access lists it does not tell."""
    joined: dict[str, str] = {}
    for option, value in options:
        if option not in ("deny", "permit", "type", "match"):
            told = re.sub(":[0-9]+", "", value) if option == "allow" else value      # nor how long a packet is
            joined[option] = f"{joined[option]},{told}" if option in joined else told
    return joined.items()


def words(text: str) -> list[str]:
    return [each for each in text.strip("()").replace("|", ",").replace(" ", "").split(",") if each]


def connect(host: Host, timeout: Optional[float] = None) -> Ami:
    return Ami(os.path.join(host.config, "manager.conf"), timeout or 60)
