# SPDX-License-Identifier: GPL-3.0-or-later
"""Asterisk as far as unit tests need it: how it reads a file, written apart from our writers, and what its manager would then say."""

from __future__ import annotations

import os
import re
import socketserver
import threading
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from ipaddress import ip_network
from pathlib import Path
from threading import Timer

from module_utils.compile.pjsip import TEMPLATES, file_of
from module_utils.control.ami import Ami, Message
from module_utils.control.host import Host
from module_utils.model.errors import Unready

Pairs = list[tuple[str, str]]


def without_comment(line: str) -> str:
    """main/config.c, config_text_file_load: a semicolon begins a comment unless a backslash stands right before it, which then goes."""
    kept, rest = "", line
    while ";" in rest:
        before, _semicolon, rest = rest.partition(";")
        if not before.endswith("\\"):
            assert not rest.startswith("--"), f"begins a comment over many lines: {line!r}"
            return kept + before
        kept += before[:-1] + ";"
    return kept + rest


def sections(text: str) -> list[tuple[str, list[str], Pairs]]:
    """(name, what it inherits from, options) of each section, in the order of the file."""
    found: list[tuple[str, list[str], Pairs]] = []
    for line in text.split("\n"):
        said = without_comment(line).strip(" \t\r")
        if said.startswith("["):
            name, closed, more = said[1:].partition("]")
            assert closed
            found.append((name, [each for each in more.strip("()").split(",") if each], []))
        elif said:
            assert not said.startswith("#"), f"is a directive: {line!r}"
            option, equals, value = said.partition("=")
            assert equals, f"is neither section nor option: {line!r}"
            found[-1][2].append((option.strip(), value.removeprefix(">").strip(" \t")))
    return found


def without_packets(codecs: str) -> str:
    return re.sub(":[0-9]+", "", codecs)


def within(text: str) -> Pairs:
    """The options of a file that is included in the middle of a section."""
    return sections(f"[x]\n{text}")[0][2]


def joined(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    whole: dict[str, str] = {}
    for option, value in pairs:
        whole[option] = f"{whole[option]},{value}" if option in whole else value
    return whole


def devices(files: Mapping[str, str]) -> dict[str, dict[str, dict[str, str]]]:
    """What PJSIP makes of its files: device: object type: its options."""
    found: dict[str, dict[str, dict[str, str]]] = {}
    for kind in TEMPLATES:
        for device, options in objects(files.get(file_of(kind), "")).items():
            assert options["type"] == kind
            owner, _at, _lent = device.partition("@")       # the desk's auth, with nothing lent, is the line's own by another name
            assert found.setdefault(owner, {}).setdefault(kind, options) == options, device
    return found


def objects(text: str) -> dict[str, dict[str, str]]:
    """One of them: device: its options, templates laid underneath."""
    templates: dict[str, dict[str, str]] = {}
    found: dict[str, dict[str, str]] = {}
    for name, inherited, pairs in sections(text):
        whole: dict[str, str] = {}
        for each in inherited:
            whole.update(templates[each] if each != "!" else {})
        whole.update(joined(pairs))
        if "!" in inherited:
            templates[name] = whole
        else:
            assert name not in found, f"there are two of {name}"
            found[name] = whole
    return found


def caller(text: str) -> tuple[str, str]:
    """main/callerid.c, ast_callerid_parse of a quoted name and a number in brackets."""
    found = re.fullmatch(r'"((?:[^"\\]|\\.)*)" <([^<>]*)>', text)
    assert found, text
    return re.sub(r"\\(.)", r"\1", found[1]), found[2]


def arguments(text: str) -> list[str]:
    """main/app.c, __ast_app_separate_args: commas separate, but for those in quotes, in brackets and behind a backslash."""
    found, quoted, inside = [""], False, {"(": 0, "[": 0}
    rest = iter(text)
    for char in rest:
        if char == "\\":
            found[-1] += next(rest, "")
            continue
        if char in "([":
            inside[char] += 1
        elif char in ")]":
            inside["([" [")]".index(char)]] = max(0, inside["([" [")]".index(char)]] - 1)
        elif char == '"':
            quoted = not quoted
            continue
        elif char == "," and not quoted and not any(inside.values()):
            found.append("")
            continue
        found[-1] += char
    return found


def queues(text: str) -> dict[str, tuple[dict[str, str], list[list[str]]]]:
    """What app_queue makes of its file: queue: options (the last one said counts), members as (interface, penalty, name)."""
    templates: dict[str, Pairs] = {}
    found: dict[str, tuple[dict[str, str], list[list[str]]]] = {}
    for name, inherited, pairs in sections(text):
        whole = [pair for each in inherited if each != "!" for pair in templates[each]] + pairs
        if "!" in inherited:
            templates[name] = whole
        else:
            assert name not in found
            found[name] = {option: value for option, value in whole if option != "member"}, [arguments(value) for option, value in whole if option == "member"]
    return found


def with_mask(network: str) -> str:
    """As main/acl.c tells a network, of IPv6 too."""
    found = ip_network(network)
    return f"{found.network_address}/{found.netmask}"


class Error(Exception):
    """What the manager answers instead."""


class Asterisk(Ami):
    """Has what the files said when they were last reloaded. `refuses`: a complaint of its log whenever that text stands in PJSIP's files,
    or, with `late`, has what it reads there and complains so many seconds after it answered.
    """

    def __init__(self, host: Host) -> None:
        self.host = host
        self.devices: dict[str, dict[str, dict[str, str]]] = {}
        self.mailboxes: set[str] = set()
        self.transport: Pairs = []
        self.rtp: Pairs = []
        self.transcodes = ["ulaw", "alaw", "gsm", "slin8", "g722", "opus"]
        self.queues: dict[str, tuple[dict[str, str], list[list[str]]]] = {}
        self.lists: set[str] = set()        # queues that keep their members in order
        self.waiting: list[tuple[str, str]] = []        # (queue, channel)
        self.musics = {"default", "jazz"}
        self.missing: set[str] = set()      # modules that are not loaded
        self.reloaded: list[str] = []
        self.answers: list[Future[tuple[Message, list[Message]]]] = []
        self.did: list[tuple[str, dict[str, str]]] = []
        self.refuses = ""
        self.late = 0.0
        self.registration = "Registered"        # how registrations at providers stand
        self.channels: list[str] = []
        self.contacts: list[str] = []
        self.subscribers: list[str] = []
        self.kept: dict[str, dict[str, str]] = {"pause": {}, "emergency": {}, "desk/auth": {}}      # its own database
        self.paused: dict[tuple[str, str], str] = {}        # (queue, interface) of whom app_queue knows as paused: why

    def text(self, name: str) -> str:
        path = os.path.join(self.host.config, "switchboard", name)
        if not os.path.exists(path):        # included by #tryinclude
            return ""
        with open(path, encoding="utf-8") as file:
            return file.read()

    def send(self, name: str, **headers: str) -> str:
        """It does what it is asked for, whether or not anybody waits for the answer."""
        answered: Future[tuple[Message, list[Message]]] = Future()
        try:
            answered.set_result(self.ask(name, **headers))
        except Unready as wrong:
            answered.set_exception(wrong)
        self.answers.append(answered)
        return str(len(self.answers) - 1)

    def receive(self, number: str) -> tuple[Message, list[Message]]:
        return self.answers[int(number)].result()

    def ask(self, name: str, **headers: str) -> tuple[Message, list[Message]]:
        self.did.append((name, headers))
        if name == "ModuleCheck" and headers["Module"] in self.missing:
            return {"Response": ["Error"]}, []
        try:
            done = getattr(self, name, lambda **_headers: [])(**headers)
            return ({"Response": ["Success"], **done}, []) if isinstance(done, dict) else ({"Response": ["Success"]}, done)
        except Error as refused:
            return {"Response": ["Error"], "Message": [str(refused)]}, []

    def complain(self) -> None:
        with open(self.host.log, "a", encoding="utf-8") as file:
            file.write("[2026-01-01 00:00:00] ERROR[7]: config_options.c:798 aco_process_var: Error parsing password_digest=MD5:5ec at line 1\n")

    def Reload(self, Module: str) -> list[Message]:  # noqa: N802, N803
        self.reloaded.append(Module)
        files = {file_of(kind): self.text(file_of(kind)) for kind in TEMPLATES}
        refused = self.refuses and self.refuses in "".join(files.values())
        if refused and self.late:
            Timer(self.late, self.complain).start()
        if refused and not self.late:
            self.complain()
        elif Module == "res_pjsip.so":
            self.devices = devices(files)
            self.transport = within(self.text("pjsip_transport.conf"))
        elif Module == "res_rtp_asterisk.so":
            self.rtp = {name: pairs for name, _inherited, pairs in sections(self.text("rtp.conf"))}.get("general", [])
        elif Module == "app_queue.so":
            fresh = queues(self.text("queues.conf"))
            self.lists = {name for name in fresh if (name in self.lists if name in self.queues else fresh[name][0]["strategy"] in ("linear", "rrordered"))}
            known = {(queue, each[0]) for queue, (_options, members) in self.queues.items() for each in members}
            self.paused = {(queue, each[0]): "" for queue, (_options, members) in fresh.items() for each in members
                           if ((queue, each[0]) in self.paused if (queue, each[0]) in known else each[6:] == ["yes"])}
            self.queues = fresh
        elif Module == "app_voicemail.so":
            self.mailboxes = {number for _name, _inherited, pairs in sections(self.text("voicemail.conf")) for number, _entry in pairs}
        return []

    def console(self, _config: str, command: str) -> str:
        """As it lays its tables out."""
        if command.startswith("pjsip show transport"):
            shown = [(name, value) if name != "local_net" else (name, with_mask(value)) for name, value in self.transport]
            return "\nTransport:  transport-udp   udp   0   0  0.0.0.0:5060\n\n" + "".join(f" {name:<27} : {value}\n" for name, value in shown)
        if command == "rtp show settings":
            ports = dict(self.rtp)
            return f"\nGeneral Settings:\n----\n  Port start:      {ports.get('rtpstart', 5000)}\n  Port end:        {ports.get('rtpend', 31000)}\n"
        if command == "core show codecs audio":
            return "      ID TYPE  NAME  FORMAT  QUALITY DESCRIPTION\n----\n" + "".join(
                f"{count:8} audio {each:<12} {each:<20} 100 (Some codec)\n" for count, each in enumerate([*self.transcodes, "g729", "speex"]))
        if command == "moh show classes":
            return "".join(f"Class: {each}\n\tMode: files\n\tDirectory: moh\n" for each in sorted(self.musics))
        assert command == "core show translation"
        return "  Translation times\n\n           " + " ".join(self.transcodes) + "\n" + "".join(
            f"{each:>9} " + " ".join("    -" if each == other else "15000" for other in self.transcodes) + "\n" for each in self.transcodes)

    def PJSIPShowEndpoints(self) -> list[Message]:  # noqa: N802
        return [{"Event": ["EndpointList"], "ObjectName": [name], "Aor": [each["endpoint"].get("aors", "")]} for name, each in self.devices.items()]

    def PJSIPShowEndpoint(self, Endpoint: str) -> list[Message]:  # noqa: N802, N803
        told = [{"ObjectType": [kind], **{"".join(word.capitalize() for word in option.split("_")): [without_packets(value) if option == "allow" else value]
                                          for option, value in options.items()}}
                for kind, options in self.devices[Endpoint].items()]
        return [*told, {"ObjectType": ["transport"]}]

    def PJSIPShowRegistrationsOutbound(self) -> list[Message]:  # noqa: N802
        return [{"Event": ["OutboundRegistrationDetail"], "ObjectName": [name], "Status": [self.registration]}
                for name, each in self.devices.items() if "registration" in each]

    def VoicemailUserStatus(self, Context: str, Mailbox: str) -> list[Message]:  # noqa: N802, N803
        return [{"Event": ["VoicemailUserDetail"]}] if Context == "default" and Mailbox in self.mailboxes else []

    def QueueStatus(self, Member: str = "") -> list[Message]:  # noqa: N802, N803
        told: list[Message] = []
        for name, (options, members) in self.queues.items():
            told.append({"Event": ["QueueParams"], "Queue": [name], "Strategy": [options["strategy"]], "Max": [options["maxlen"]],
                         "ServiceLevel": [options["servicelevel"]], "Weight": [options["weight"]]})
            for interface, penalty, said, *_more in members if name in self.lists else sorted(members, key=lambda each: each[0][::-1]):
                if Member in ("", interface, said):
                    told.append({"Event": ["QueueMember"], "Queue": [name], "Membership": ["static"], "Location": [interface], "Penalty": [penalty],
                                 "Name": [said], "Paused": [str(int((name, interface) in self.paused))],
                                 "PausedReason": [self.paused.get((name, interface), "")]})
            told += [{"Event": ["QueueEntry"], "Queue": [name], "Channel": [channel]} for queue, channel in self.waiting if queue == name]
        return told

    def QueuePause(self, Interface: str, Paused: str, Reason: str, Queue: str = "") -> list[Message]:  # noqa: N802, N803
        """In all queues that it is a member of, where none is named."""
        found = [name for name, (_options, members) in self.queues.items() if name == Queue or not Queue and Interface in (each[0] for each in members)]
        for name in [Queue] if Queue else found:
            if Paused == "true":
                self.paused[name, Interface] = Reason
            else:
                self.paused.pop((name, Interface), None)
        if not Queue and not found:
            raise Error("Interface not found")
        return []

    def DBGet(self, Family: str, Key: str) -> list[Message]:  # noqa: N802, N803
        if Key not in self.kept[Family]:
            raise Error("Database entry not found")
        return [{"Event": ["DBGetResponse"], "Family": [Family], "Key": [Key], "Val": [self.kept[Family][Key]]}]

    def message(self, box: str, folder: str, number: str) -> str:
        """Where the files of a voicemail message are, without what tells them apart."""
        for path in Path(self.host.mailboxes, box, folder).glob("msg*.txt"):
            if f"msg_id={number}\n" in path.read_text(encoding="utf-8", errors="replace"):
                return str(path.with_suffix(""))
        raise Error("Message not found")

    def VoicemailMove(self, Mailbox: str, Context: str, Folder: str, ID: str, ToFolder: str) -> list[Message]:  # noqa: N802, N803
        path = self.message(f"{Context}/{Mailbox}", Folder, ID)
        there = os.path.join(self.host.mailboxes, Context, Mailbox, ToFolder)
        os.makedirs(there, exist_ok=True)
        count = sum(1 for each in os.listdir(there) if each.endswith(".txt"))
        for ending in (".txt", ".wav"):
            if os.path.exists(path + ending):
                os.rename(path + ending, os.path.join(there, f"msg{count:04}{ending}"))
        return []

    def VoicemailRemove(self, Mailbox: str, Context: str, Folder: str, ID: str) -> list[Message]:  # noqa: N802, N803
        path = self.message(f"{Context}/{Mailbox}", Folder, ID)
        for ending in (".txt", ".wav"):
            if os.path.exists(path + ending):
                os.unlink(path + ending)
        return []

    def DBPut(self, Family: str, Key: str, Val: str) -> list[Message]:  # noqa: N802, N803
        self.kept.setdefault(Family, {})[Key] = Val
        return []

    def DBDel(self, Family: str, Key: str) -> list[Message]:  # noqa: N802, N803
        self.kept.get(Family, {}).pop(Key, None)
        return []

    def Getvar(self, Variable: str) -> Message:  # noqa: N802, N803
        """A device's state is of its channels."""
        device = re.fullmatch(r"DEVICE_STATE\((PJSIP/.*)\)", Variable)
        assert device, Variable
        return {"Value": ["INUSE" if any(each.rpartition("-")[0] == device[1] for each in self.channels) else "NOT_INUSE"]}

    def CoreShowChannels(self) -> list[Message]:  # noqa: N802
        return [{"Channel": [each], "Uniqueid": [each.rpartition("-")[2]]} for each in self.channels]

    def DBGetTree(self, Family: str) -> list[Message]:  # noqa: N802, N803
        kept = {**{family: [*known.items()] for family, known in self.kept.items()},
                "registrar": [(each, "{}") for each in self.contacts],
                "subscription_persistence": [(f"subscription_persistence/{each}", f'{{"endpoint":"{each}","tag":"1"}}') for each in self.subscribers]}
        return [{"Key": [f"/{Family}/{key}"], "Val": [value]} for key, value in kept.get(Family, ())]

    def __exit__(self, *_wrong: object) -> None:
        pass


class Manager(socketserver.ThreadingTCPServer):
    """The manager interface of an Asterisk of ours, on a port of this host. It can be stopped, started and made to hang."""
    allow_reuse_address = daemon_threads = True

    def __init__(self, asterisk: Asterisk, secret: str = "manager-secret") -> None:
        self.asterisk, self.secret, self.hangs = asterisk, secret, 0.0
        self.open: set[Conversation] = set()
        super().__init__(("127.0.0.1", 0), Conversation)
        with open(os.path.join(asterisk.host.config, "manager.conf"), "w", encoding="utf-8") as file:
            file.write(f"[general]\nport = {self.server_address[1]}\nbindaddr = 127.0.0.1\n\n[switchboard]\nsecret = {secret}\n")
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def forget_all(self) -> None:
        """As a restart does: whoever is connected is no longer."""
        for each in list(self.open):
            each.connection.shutdown(2)
            each.gone.wait(5)

    def stop(self) -> None:
        self.shutdown()
        self.server_close()
        self.forget_all()


class Conversation(socketserver.StreamRequestHandler):
    server: Manager
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        self.gone = threading.Event()
        self.server.open.add(self)

    def finish(self) -> None:
        self.server.open.discard(self)
        super().finish()
        self.gone.set()

    def say(self, message: Mapping[str, Iterable[str]], number: str) -> None:
        lines = [f"{header}: {value}" for header, values in {**message, "ActionID": [number]}.items() for value in values]
        self.wfile.write(("\r\n".join(lines) + "\r\n\r\n").encode())

    def handle(self) -> None:
        try:
            time.sleep(self.server.hangs)
            self.wfile.write(b"Asterisk Call Manager/11.0.0\r\n")
            asked: dict[str, str] = {}
            for line in self.rfile:
                header, colon, value = line.decode().rstrip("\r\n").partition(": ")
                if colon:
                    asked[header] = value
                    continue
                time.sleep(self.server.hangs)
                self.answer(asked)
                asked = {}
        except (OSError, ValueError):       # whoever asked is gone
            pass

    def answer(self, asked: dict[str, str]) -> None:
        name, number = asked.pop("Action"), asked.pop("ActionID")
        if name == "Login":
            right = asked["Secret"] == self.server.secret
            self.say({"Response": ["Success" if right else "Error"], "Message": ["Authentication accepted" if right else "Authentication failed"]}, number)
            return
        answer, events = self.server.asterisk.ask(name, **asked)
        lists = bool(events) or name in ("DBGetTree",)
        self.say({**answer, **({"EventList": ["start"]} if lists else {})}, number)
        for each in events:
            self.say({"Event": ["Listed"], **each}, number)
        if lists:
            self.say({"Event": [f"{name}Complete"], "EventList": ["Complete"]}, number)
