# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A client of the Asterisk Manager Interface (Asterisk documentation, "AMI v2 Specification") on loopback."""
from __future__ import annotations

import configparser
import re
import socket
from types import TracebackType
from typing import Optional

from ..model.errors import Unready

GREETING = 15.0                     # seconds; an Asterisk that lives greets at once, a reload of thousands of lines takes longer
Message = dict[str, list[str]]      # header, as Asterisk spells it: its values, for some come more than once


# Of events that come by the thousand, the headers that are worth their room
WORTH = {"EndpointList": ("Event", "ObjectName", "Aor"),
         "QueueMember": ("Event", "Queue", "Membership", "Location", "Penalty", "Name", "Paused", "PausedReason")}


class Ami:
    """One connection, signed in with the host's own manager account. `timeout` in seconds, of each answer.

    Raises Unready when Asterisk does not answer, lets nobody in, or refuses an action.
    """

    def __init__(self, manager_conf: str, timeout: float = 30, user: str = "switchboard") -> None:
        conf = configparser.ConfigParser(strict=False, interpolation=None, allow_no_value=True, comment_prefixes=(";", "#"), inline_comment_prefixes=(";",))
        try:
            with open(manager_conf, encoding="utf-8") as file:
                conf.read_string(file.read().replace("=>", "="))
            host, port = conf.get("general", "bindaddr", fallback="127.0.0.1"), conf.getint("general", "port", fallback=5038)
            secret = conf.get(user, "secret")
        except OSError as wrong:
            raise Unready(f"{manager_conf} cannot be read ({wrong.strerror}): has role asterisk set this host up?") from None
        except (configparser.Error, ValueError):
            raise Unready(f"{manager_conf} has no account [{user}] with a secret: has role asterisk set this host up?") from None
        try:
            self.socket = socket.create_connection((host, port), min(timeout, GREETING))
        except OSError as wrong:
            raise self.silent(host, port, wrong) from None
        self.file = self.socket.makefile("rb")
        try:
            self.file.readline()
            self.count = 0
            self.action("Login", Username=user, Secret=secret, Events="off")
            self.socket.settimeout(timeout)
        except BaseException as wrong:
            self.__exit__(None, None, None)     # who asks again and again has no use for it
            raise self.silent(host, port, wrong) if isinstance(wrong, OSError) else wrong from None

    @staticmethod
    def silent(host: str, port: int, wrong: OSError) -> Unready:
        return Unready(f"Asterisk does not answer on its manager interface {host}:{port} ({wrong.strerror or wrong}): is it running?")

    def read(self) -> Message:
        message: Message = {}
        while True:
            try:
                line = self.file.readline()
            except OSError as wrong:
                raise Unready(f"Asterisk stopped answering ({wrong.strerror or wrong})") from None
            if not line:
                raise Unready("Asterisk closed its manager interface in the middle of an answer: did it stop?")
            text = line.decode("utf-8", "replace").rstrip("\r\n")
            if not text and message:
                return message
            header, _colon, value = text.partition(": ")
            message.setdefault(header.rstrip(":"), []).append(value)

    def ask(self, name: str, **headers: str) -> tuple[Message, list[Message]]:
        """The answer to an action, and the events of its list when it gives one."""
        return self.receive(self.send(name, **headers))

    def send(self, name: str, **headers: str) -> str:
        """Ask for an action, which Asterisk carries out after those that it was asked for before; its number, for `receive`."""
        self.count += 1
        number = str(self.count)
        lines = [f"Action: {name}", f"ActionID: {number}", *(f"{header}: {value}" for header, value in headers.items())]
        if any("\r" in each or "\n" in each for each in lines):
            raise ValueError("an action's header cannot hold a line break")
        try:
            self.socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        except OSError as wrong:
            raise Unready(f"Asterisk stopped listening ({wrong.strerror or wrong})") from None
        return number

    def receive(self, number: str) -> tuple[Message, list[Message]]:
        answer = self.expect(number)
        events: list[Message] = []
        if answer.get("EventList") == ["start"]:
            while True:
                event = self.expect(number)
                if event.get("EventList", [""])[0].lower() in ("complete", "cancelled"):
                    break
                worth = WORTH.get(event.get("Event", [""])[0])
                events.append({header: event[header] for header in worth if header in event} if worth else event)
        return answer, events

    def expect(self, number: str) -> Message:
        while True:
            message = self.read()
            if message.get("ActionID") == [number]:
                return message

    def action(self, name: str, **headers: str) -> list[Message]:
        """The events an action lists. Raises Unready when Asterisk refuses it."""
        return self.done(name, self.send(name, **headers))

    def done(self, name: str, number: str) -> list[Message]:
        """Likewise, of an action that was sent."""
        answer, events = self.receive(number)
        if answer.get("Response") != ["Success"]:
            raise Unready(f"Asterisk refused the action {name}: {' '.join(answer.get('Message', ['without a reason']))}")
        return events

    def listing(self, name: str, **headers: str) -> list[Message]:
        """Like `action`, but nothing to list is an empty list."""
        answer, events = self.ask(name, **headers)
        said = " ".join(answer.get("Message", [])).lower()
        if answer.get("Response") != ["Success"] and not re.search("no .*found|not found|unable to retrieve|no endpoints|no such", said):
            raise Unready(f"Asterisk refused the action {name}: {said or 'without a reason'}")
        return events

    def __enter__(self) -> Ami:
        return self

    def __exit__(self, kind: Optional[type[BaseException]], wrong: Optional[BaseException], trace: Optional[TracebackType]) -> None:
        self.file.close()
        self.socket.close()
