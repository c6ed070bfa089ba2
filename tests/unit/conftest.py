# SPDX-License-Identifier: GPL-3.0-or-later
"""A site in a temporary folder: the real store, compiler and generations, and an Asterisk that only reads files."""

from __future__ import annotations

import base64
import contextlib
import functools
import itertools
import json
import os
import tempfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import configuration, settings
from module_utils import bridge, task
from module_utils.control import live
from module_utils.control.generations import Generations
from module_utils.control.host import Host
from module_utils.model.agent import AGENT
from module_utils.model.numbers import NumberRange
from module_utils.model.resource import Resource
from module_utils.model.site import Site
from module_utils.plan import Have, Order, Plan, plan
from module_utils.store.sqlite import Store

from tests.unit.asterisk import Asterisk
from tests.unit.office import Office

configuration.set_hypothesis_home_dir(Path(__file__).parents[2] / ".cache" / "hypothesis")
settings.register_profile("unit", deadline=None, max_examples=60, database=None, derandomize=True)
settings.load_profile("unit")

MEMORY = "/dev/shm"
live.LOGGED = live.EXPLAINED = 0.0      # this Asterisk's log is written before it answers
SECRET = "correct-horse-battery"
PHONE = {"typology": "external", "sip_password": SECRET}
ANNA = {"username": "anna", "full_name": "Anna Öberg", "email": "anna@example.org"}
BEN = {"username": "ben", "full_name": "Ben Ek", **PHONE, "voicemail": True, "voicemail_pin": "471147"}
TEAM = [{"username": f"agent{count:02}", "full_name": f"Agent {count}"} for count in range(20)]


def planned(state: str, want: Any, have: Have | None = None, resource: Resource = AGENT, numbers: str = "1000-9999", realm: str = "realm",
            **more: Any) -> Plan:
    return plan(resource, Order(state, **{"seed": "s", "recording": True, **more}), want, have or Have(), Site(realm, NumberRange.parse(numbers, "numbers")))


def kept(made: Plan, *others: Plan) -> Have:
    """What the store would hold once a plan is carried out."""
    claims = {claim: (each.resource.kind, key) for each in (made, *others) for key, said in each.after.items() for claim in each.resource.claims(said)}
    return Have(made.after, claims)


class House:
    """One host, made by hand instead of by the role."""

    def __init__(self, folder: Path) -> None:
        self.config, self.state = folder / "etc", folder / "lib"
        self.config.mkdir(parents=True)
        self.state.mkdir()
        self.host = Host(str(self.config), str(self.state), str(folder / "asterisk.log"), str(folder / "spool"))
        (folder / "asterisk.log").touch()
        self.asterisk = Asterisk(self.host)
        self.seeds = (f"seed {count}" for count in itertools.count())

    def run(self, state: str, config: Any = None, resource: Resource = AGENT, check: bool = False, diff: bool = False,
            seed: str = "", places: Iterable[str] = (), recording: bool = True, recover: Iterable[str] = (),
            planned: Any = None, pictures: Any = None, applied: str = "", **more: Any) -> dict[str, Any]:
        """The result of one task, as the module would give it, shipped to it as the action plugin does.

        `applied`: what the input is called; without `config`, the host is asked whether it knows that it changes nothing.
        """
        load = {"items": config, "places": list(places), "seed": seed or next(self.seeds), "recording": recording, "recover": list(recover),
                "planned": planned or {}, "applied": applied, "pictures": {"offered": [], "archive": "", "wanted": "", "known": [], **(pictures or {})}}
        return self.carried_out(functools.partial(task.run, resource), bridge.ARGUMENTS, load, check, diff, state=state, **more)

    def carried_out(self, what: Callable[..., None], options: dict[str, Any], load: dict[str, Any], check: bool, diff: bool, **given: Any) -> dict[str, Any]:
        params = {name: spec.get("default") for name, spec in options.items()}
        params |= {"store": self.host.state, "asterisk_config_dir": self.host.config, "lock_timeout": 0,
                   "_shipped": base64.b64encode(zlib.compress(json.dumps(load).encode())).decode(), **given}
        result: dict[str, Any] = {"changed": False}
        what(params, check, diff, result)
        json.dumps(result)      # what a module gives back is JSON
        return result

    def act(self, act: str, *names: str, kind: str = "agents", check: bool = False, seed: str = "", recover: Iterable[str] = ()) -> dict[str, Any]:
        """The result of one task of module credentials."""
        load = {"items": None, "places": [], "seed": seed or next(self.seeds), "recording": True, "recover": list(recover), "planned": {}}
        return self.carried_out(task.run_act, bridge.ACT_ARGUMENTS, load, check, True, act=act, names=list(names), kind=kind)

    def once(self, what: str, name: str, to: str, kind: str = "agents", check: bool = False, recording: bool = True, password: Any = None,
             seed: str = "", recover: Iterable[str] = (), planned: Any = None) -> dict[str, Any]:
        """The result of one task of module rename or renumber."""
        load = {"items": [password] if password else None, "places": [], "seed": seed or next(self.seeds), "recording": recording,
                "recover": list(recover), "planned": planned or {}}
        run, options = (task.run_rename, bridge.RENAME_ARGUMENTS) if what == "rename" else (task.run_renumber, bridge.RENUMBER_ARGUMENTS)
        return self.carried_out(run, options, load, check, True, name=name, to=to, kind=kind)

    @property
    def store(self) -> str:
        return str(self.state / "store.db")

    def documents(self, kind: str = "agent") -> dict[str, Any]:
        store = Store(self.store)
        try:
            return store.documents().get(kind, {})
        finally:
            store.close()

    def files(self) -> dict[str, str]:
        link = self.config / "switchboard"
        return {each.name: each.read_text(encoding="utf-8") for each in sorted(link.iterdir()) if each.suffix == ".conf"} if link.exists() else {}

    def everything(self) -> Any:
        """All that a refused run must not change."""
        link = self.config / "switchboard"
        store = Store(self.store)
        try:
            return (store.documents(), store.claims(), store.revision(), self.files(), os.readlink(link) if link.is_symlink() else None,
                    self.asterisk.devices, self.asterisk.mailboxes)
        finally:
            store.close()

    def written(self) -> dict[str, int]:
        """Each file on the host, with when it was written."""
        return {str(each): each.lstat().st_mtime_ns for folder in (self.config, self.state) for each in folder.rglob("*") if each.name != "lock"}


def nobody_owns(monkeypatch: pytest.MonkeyPatch) -> None:
    """No root and no group asterisk here."""
    monkeypatch.setattr(Generations, "group_id", lambda _self: os.getgid())
    monkeypatch.setattr(os, "chown", lambda *_arguments: None)
    monkeypatch.setattr(os, "fchown", lambda *_arguments: None)


def build(folder: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    nobody_owns(monkeypatch)
    built = House(folder)
    monkeypatch.setattr(task, "Host", functools.partial(Host, log=built.host.log, mailboxes=built.host.mailboxes))
    monkeypatch.setattr(task, "connect", lambda _host: built.asterisk)
    monkeypatch.setattr(live, "console", built.asterisk.console)
    monkeypatch.setattr(live, "ANSWERS", 0)     # nobody has to be waited for
    monkeypatch.setattr(live, "REGISTERS", 0)
    return built


def folder() -> tempfile.TemporaryDirectory[str]:
    """In memory where that can be: every run waits for its files to be on the disk."""
    return tempfile.TemporaryDirectory(dir=MEMORY if os.access(MEMORY, os.W_OK) else None)


@contextlib.contextmanager
def fresh() -> Iterator[House]:
    """A house for as long as it takes: hypothesis wants a new one for each example."""
    with folder() as place, pytest.MonkeyPatch.context() as monkeypatch:
        yield build(Path(place) / "house", monkeypatch)


@pytest.fixture
def unowned(monkeypatch: pytest.MonkeyPatch) -> None:
    nobody_owns(monkeypatch)


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    with folder() as place:
        yield build(Path(place) / "house", monkeypatch)


@pytest.fixture
def office(house: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """The desk's keeper beside a house. Whoever signs in must be made first: see tests/unit/office.py."""
    with Office.opened(house.host, house.asterisk, monkeypatch) as made:
        yield made
