# SPDX-License-Identifier: GPL-3.0-or-later
"""The desk as a host has it: the real keeper on its socket, with the real store and an Asterisk of ours that it asks over the network."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from desk import accounts
from desk.keeper import Keeper, Socket
from module_utils.control.host import Host
from module_utils.model import passwords

from tests.unit.asterisk import Asterisk, Manager

FIRST, SECOND, THIRD = "Tulip-garden-7", "Winter-coat-42", "Summer-rain-99"
HERE = "192.0.2.7"      # from where people come who do not say


def cheap() -> tuple[Any, Any, Any]:
    """Hashes at a fraction of their cost."""
    slow, quick, context = REAL()
    return slow.using(rounds=2), quick, context


REAL = passwords.library


class Office:
    """`keeper` can be asked directly (`ask`, `does`), or through the socket at `path`."""
    word: str           # a session, where a test keeps one

    def __init__(self, host: Host, asterisk: Asterisk) -> None:
        self.host, self.asterisk, self.manager = host, asterisk, Manager(asterisk)
        self.folder = Path(host.config).parent
        self.state, self.path = self.folder / "keeper", str(self.folder / "socket")
        self.state.mkdir()
        self.slow: list[str] = []       # slow hashes that were compared with a password
        self.settings: dict[str, Any] = {"port": 443, "session_seconds": 3600, "pause_reasons": ["break", "lunch"], "audit_log": str(self.folder / "audit.log")}
        self.keeper = self.begun()
        listening = socket.socket(socket.AF_UNIX)
        listening.bind(self.path)
        listening.listen(64)
        self.server = Socket(self.keeper, listening.detach())
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    @classmethod
    @contextlib.contextmanager
    def opened(cls, host: Host, asterisk: Asterisk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
        monkeypatch.setattr(passwords, "library", cheap)
        made = cls(host, asterisk)
        monkeypatch.setattr(accounts, "verified", made.verified)
        try:
            yield made
        finally:
            made.server.shutdown()
            made.server.server_close()
            made.keeper.close()
            made.manager.stop()

    def verified(self, known: str, password: str) -> bool:
        if not known.startswith(passwords.QUICK):
            self.slow.append(known)
        return passwords.verified(known, password)

    def begun(self, **settings: Any) -> Keeper:
        """Another keeper of this host."""
        return Keeper({**self.settings, **settings}, self.host, str(self.state), str(self.folder / "turnserver.conf"))

    def restart(self, **settings: Any) -> None:
        self.keeper.close()
        self.keeper = self.server.keeper = self.begun(**settings)

    def ask(self, ask: str, **said: Any) -> dict[str, Any]:
        """What the keeper says, also where it refuses."""
        answer = self.keeper.answer(json.dumps({"ask": ask, **said}).encode())
        json.dumps(answer)
        return answer

    def does(self, ask: str, **said: Any) -> dict[str, Any]:
        answer = self.ask(ask, **said)
        assert "error" not in answer, answer
        return answer

    def refuses(self, ask: str, **said: Any) -> tuple[str, int]:
        answer = self.ask(ask, **said)
        return answer["error"], answer["status"]

    def tries(self, username: str, password: str, address: str = HERE) -> dict[str, Any]:
        return self.ask("sign_in", username=username, password=password, address=address)

    def sign_in(self, username: str = "anna", password: str = FIRST) -> str:
        answer = self.tries(username, password)
        assert "error" not in answer, answer
        return str(answer["session"])

    def changes(self, session: str, old: str = FIRST, new: str = SECOND) -> dict[str, Any]:
        return self.ask("change_password", session=session, old=old, new=new, address=HERE)

    def holds(self, session: str) -> bool:
        """Whether it is good for anything."""
        answer = self.ask("who", session=session)
        assert "error" not in answer or answer == {"error": "signed_out", "status": 401}
        return "error" not in answer

    def said(self, username: str = "anna") -> dict[str, Any]:
        """What is kept of somebody, in the store."""
        assert self.keeper.people.flush(5)
        person = self.keeper.people.called(username)
        assert person
        return dict(person.said)

    def audit(self) -> list[dict[str, Any]]:
        path = self.settings["audit_log"]
        return [json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines()] if os.path.exists(path) else []
