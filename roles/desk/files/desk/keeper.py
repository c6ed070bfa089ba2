# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The keeper: knows people, and answers the desk over a socket, a line of JSON each way. Whoever asks must show a password or a session."""
from __future__ import annotations

import base64
import functools
import inspect
import json
import os
import signal
import socketserver
import sys
import threading
import time
import traceback
from collections.abc import Callable
from typing import Any, Optional

from module_utils.control.ami import Ami
from module_utils.control.host import Host
from module_utils.model.errors import Trouble, Unready
from module_utils.store.pictures import Pictures

from . import loans, mailbox, pauses, telephone
from .accounts import Accounts
from .audit import Audit
from .people import People, Person
from .refusal import Refusal
from .sessions import Session, Sessions, key_in

LONGEST = 64 * 1024         # bytes of a question
PATIENCE = 5.0              # seconds that Asterisk may take, and that a question may wait for its turn
ROUND = 60.0                # seconds between two looks at what is lent to people who are signed in no longer
QUIET = 5.0                 # seconds for which nobody asks an Asterisk that kept somebody waiting: or each waits in turn


def is_text(value: Any) -> bool:
    """Without half a character, which JSON can hold and nothing else."""
    return isinstance(value, str) and not any("\ud800" <= each <= "\udfff" for each in value)


class Keeper:
    """`settings`: seconds of a session, port of browsers, reasons of a pause; as the role writes them."""

    def __init__(self, settings: dict[str, Any], host: Optional[Host] = None, state: str = "/var/lib/switchboard-keeper",
                 turn_conf: str = "/etc/turnserver.conf") -> None:
        self.host, self.turn_conf = host or Host(), turn_conf
        self.port, self.reasons = int(settings["port"]), list(settings["pause_reasons"])
        self.people = People(os.path.join(self.host.state, "store.db"))
        self.audit = Audit(settings["audit_log"])
        self.sessions = Sessions(key_in(os.path.join(state, "key")), self.people, int(settings["session_seconds"]))
        self.accounts = Accounts(self.people, self.sessions, self.audit)
        self.pictures = Pictures(os.path.join(self.host.state, "avatars"), lambda: 0)
        self.line = threading.Lock()            # one connection to Asterisk, one question at a time
        self.asterisk: Optional[Ami] = None
        self.quiet_until = 0.0
        self.closing = threading.Event()
        self.acts: dict[str, Callable[..., dict[str, Any]]] = {
            each.__name__: each for each in (self.sign_in, self.sign_out, self.change_password, self.who, self.session, self.queue, self.voicemail,
                                             self.voicemail_sound, self.voicemail_act, self.avatar, self.look)}
        self.says = {name: frozenset(inspect.signature(act).parameters) for name, act in self.acts.items()}

    def answer(self, question: bytes) -> dict[str, Any]:
        """Whatever is asked: the desk is what strangers speak to, and may be theirs one day."""
        try:
            said = json.loads(question)
            name = said.pop("ask")
            act, expected = self.acts[name], self.says[name]
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return {"error": "not_found", "status": 404}
        if said.keys() != expected or not all(isinstance(each, list) and all(map(is_text, each)) if name == "sessions" else is_text(each)
                                              for name, each in said.items()):
            return {"error": "not_found", "status": 404}
        try:
            return act(**said)
        except Refusal as refusal:
            return {"error": refusal.key, "status": refusal.status, **refusal.values}
        except (Trouble, OSError) as trouble:
            print(f"{act.__name__}: {trouble}", file=sys.stderr, flush=True)
        except Exception:
            traceback.print_exc()
        return {"error": "unready", "status": 503}

    def ask(self, question: Callable[[Ami], Any]) -> Any:
        """Whatever a question to Asterisk gives. A connection that was lost, as by a restart, is made anew once."""
        if not self.line.acquire(timeout=PATIENCE):
            raise Unready("Asterisk has enough to do with others' questions")
        try:
            came, fresh = time.monotonic(), self.asterisk is None
            if came < self.quiet_until:
                raise Unready("Asterisk did not answer a moment ago")
            while True:
                try:
                    if self.asterisk is None:
                        self.asterisk = Ami(os.path.join(self.host.config, "manager.conf"), timeout=PATIENCE)
                    return question(self.asterisk)
                except Trouble:
                    if self.asterisk is not None:
                        self.asterisk.__exit__(None, None, None)
                        self.asterisk = None
                    slow = time.monotonic() - came > PATIENCE / 2
                    if slow:
                        self.quiet_until = time.monotonic() + QUIET
                    if slow or fresh:
                        raise
                    fresh = True
        finally:
            self.line.release()

    def close(self) -> None:
        self.closing.set()
        self.people.close()
        if self.asterisk is not None:
            self.asterisk.__exit__(None, None, None)

    def signed_in(self, session: str, must_change: bool = False) -> Session:
        """Of somebody with a one-time password only for what `must_change` allows."""
        found = self.sessions.of(session)
        if not must_change and found.must_change:
            raise Refusal("must_change", 403)
        return found

    # Signing in and out

    def sign_in(self, username: str, password: str, address: str) -> dict[str, Any]:
        answer = self.accounts.sign_in(username, password, address)
        if not answer["must_change"]:
            self.to_work(answer["session"])
        return answer

    def change_password(self, session: str, old: str, new: str, address: str) -> dict[str, Any]:
        answer = self.accounts.change_password(self.signed_in(session, must_change=True).person, old, new, address)
        self.to_work(answer["session"])
        return answer

    def to_work(self, session: str) -> None:
        """Whoever signs in at the desk is there for the queues."""
        self.tell_queues(self.signed_in(session).person, "sign_in")

    def tell_queues(self, person: Person, act: str) -> None:
        """Without an Asterisk that answers people are in, or out, nevertheless."""
        if person.is_agent:
            try:
                self.ask(lambda ami: pauses.act(ami, person, act, "", self.reasons))
            except Trouble as trouble:
                print(f"{act}: {trouble}", file=sys.stderr, flush=True)

    def sign_out(self, session: str, address: str) -> dict[str, Any]:
        person = self.signed_in(session, must_change=True).person
        self.sessions.end(person)
        self.audit.note("sign_out", person.username, address)
        self.tell_queues(person, "sign_out")
        return {}

    def who(self, session: str) -> dict[str, Any]:
        """Whoever has a session, also one that is only good for another password; and where her telephone connects to."""
        found = self.signed_in(session, must_change=True)
        person, port = found.person, found.person.whole.get("phone.wss_port")
        return {"username": person.username, "must_change": found.must_change, "token": self.sessions.token(session),
                "log": person.whole["client_log"],
                **({"port": port} if port else {})}

    # The page

    def session(self, session: str, host: str) -> dict[str, Any]:
        found = self.signed_in(session)
        person = found.person

        def asked(ami: Ami) -> tuple[Optional[loans.Loan], Optional[str]]:
            self.signed_in(session)     # still, for others may have been asked about first
            return (loans.lend(ami, person, self.sessions.mark(person), found.ends) if person.has_browser else None,
                    pauses.reason(ami, person) if person.is_agent else None)

        loan, reason = self.ask(asked) if person.has_browser or person.is_agent else (None, None)
        return {**telephone.session(person, host, self.port, found.ends, self.turn_conf, loan), "csrf": self.sessions.token(session),
                "queue": pauses.state(person, reason, self.reasons)}

    def collect(self) -> None:
        """Take back what was lent to pages of people who are signed in no longer."""
        for username, loan in self.ask(loans.lent).items():
            if not loans.holds(loan, self.sessions.mark(self.people.called(username))):
                self.ask(functools.partial(loans.take_back, username=username, loan=loan))

    def keep_collecting(self) -> None:
        while not self.closing.is_set():
            try:
                self.collect()
            except (Trouble, OSError) as trouble:
                print(f"collect: {trouble}", file=sys.stderr, flush=True)
            except Exception:       # nothing would be taken back any more
                traceback.print_exc()
            self.closing.wait(ROUND)

    def queue(self, session: str, act: str, reason: str) -> dict[str, Any]:
        person = self.signed_in(session).person

        def asked(ami: Ami) -> Any:
            pauses.act(ami, person, act, reason, self.reasons)
            return pauses.state(person, pauses.reason(ami, person), self.reasons)

        return {"queue": self.ask(asked)}

    def voicemail(self, session: str) -> dict[str, Any]:
        return {"messages": [each.told() for each in mailbox.messages(self.host.mailboxes, self.box(session))]}

    def voicemail_sound(self, session: str, message: str) -> dict[str, Any]:
        return {"content": base64.b64encode(mailbox.sound(self.host.mailboxes, self.box(session), message)).decode()}

    def voicemail_act(self, session: str, message: str, act: str) -> dict[str, Any]:
        number = self.box(session)
        self.ask(lambda ami: mailbox.act(ami, self.host.mailboxes, number, message, act))
        return self.voicemail(session)

    def box(self, session: str) -> str:
        person = self.signed_in(session).person
        if not person.whole.get("voicemail"):
            raise Refusal("no_mailbox", 404)
        return str(person.whole["number"])

    def avatar(self, session: str, username: str) -> dict[str, Any]:
        """The picture of anybody, for everybody who is signed in."""
        self.signed_in(session)
        other = self.people.called(username)
        name = other.whole["avatar"] if other else None
        if not name:
            raise Refusal("not_found", 404)
        try:
            with open(self.pictures.path(name), "rb") as file:
                return {"content": base64.b64encode(file.read()).decode(), "type": "image/png" if name.endswith(".png") else "image/jpeg"}
        except FileNotFoundError:
            raise Refusal("not_found", 404) from None

    def look(self, sessions: list[str]) -> dict[str, Any]:
        """What has become of each of them: of pages that are open."""
        try:
            kept = self.ask(pauses.reasons)
        except Trouble:
            kept = None
        return {"seen": [self.seen(each, kept) for each in sessions]}

    def seen(self, session: str, kept: Optional[dict[str, str]]) -> dict[str, Any]:
        try:
            person = self.signed_in(session).person
        except Refusal as refusal:
            return {"out": {"error": refusal.key}}
        return {"session": telephone.version(person, self.port),
                **({"queue": pauses.state(person, kept.get(person.username), self.reasons)} if kept is not None else {}),
                **({"voicemail": mailbox.counts(self.host.mailboxes, str(person.whole["number"]))} if person.whole.get("voicemail") else {})}


class Socket(socketserver.ThreadingUnixStreamServer):
    """The one that systemd has opened for it, so that nobody else could, and none who asks during a restart is refused."""
    daemon_threads = True

    def __init__(self, keeper: Keeper, handle: int) -> None:
        super().__init__("", Questions, bind_and_activate=False)
        self.socket.close()
        self.socket = type(self.socket)(fileno=handle)
        self.keeper = keeper


class Questions(socketserver.StreamRequestHandler):
    server: Socket
    timeout = 30

    def handle(self) -> None:
        question = self.rfile.readline(LONGEST)
        if question.endswith(b"\n"):
            self.wfile.write(json.dumps(self.server.keeper.answer(question)).encode() + b"\n")


def main() -> None:
    with open("/etc/switchboard/desk.json", encoding="utf-8") as file:
        keeper = Keeper(json.load(file))
    signal.signal(signal.SIGTERM, lambda *_signal: sys.exit())
    threading.Thread(target=keeper.keep_collecting, daemon=True).start()
    try:
        Socket(keeper, 3).serve_forever()      # the first one that systemd passes on (sd_listen_fds(3))
    finally:
        keeper.close()


if __name__ == "__main__":
    main()
