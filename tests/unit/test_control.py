# SPDX-License-Identifier: GPL-3.0-or-later
"""The running Asterisk: generations of files, its log, its manager interface, and the way back."""

from __future__ import annotations

import base64
import os
import socket
import threading
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from module_utils.control import live
from module_utils.control.ami import Ami
from module_utils.control.generations import KEPT, Generations
from module_utils.control.log import Log
from module_utils.model.errors import Trouble, Unready
from module_utils.store.sqlite import Store

from tests.unit.conftest import ANNA, BEN, PHONE, SECRET, House

FILES = {"pjsip.conf": "[a]\n", "numbers.conf": "\u00e5\n"}


@pytest.fixture
def generations(tmp_path: Path, unowned: None) -> Generations:
    return Generations(str(tmp_path / "generations"), str(tmp_path / "switchboard"))


def in_force(generations: Generations, files: dict[str, str] = FILES) -> str:
    path = generations.write(files)
    generations.put_in_force(path)
    generations.prove(path, "origin")
    return path


def test_a_generation_is_whole_and_closed_to_others(generations: Generations) -> None:
    path = generations.write(FILES)
    assert generations.current() is None and os.stat(path).st_mode & 0o777 == 0o750
    assert {name: (Path(path) / name).read_text(encoding="utf-8") for name in FILES} == FILES
    assert {os.stat(os.path.join(path, name)).st_mode & 0o777 for name in FILES} == {0o640}


def test_the_swap_is_one_rename(generations: Generations, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = in_force(generations), generations.write(FILES)
    steps: list[tuple[str, str | None]] = []

    def watched(name: str) -> None:
        real: Callable[..., Any] = getattr(os, name)
        monkeypatch.setattr(os, name, lambda *arguments: (steps.append((name, generations.current())), real(*arguments))[1])

    for name in ("symlink", "replace", "unlink", "rename"):
        watched(name)
    generations.put_in_force(second)
    assert steps == [("unlink", first), ("symlink", first), ("replace", first)] and generations.current() == second


def test_a_link_left_by_a_killed_run_is_no_obstacle(generations: Generations) -> None:
    os.symlink("/nowhere", generations.link + ".new")
    path = generations.write(FILES)
    generations.put_in_force(path)
    assert generations.current() == path


@pytest.mark.parametrize(("edit", "kept"), [
    (lambda _path: None, ["numbers.conf", "pjsip.conf"]),
    (lambda path: (path / "pjsip.conf").write_text("[b]\n", encoding="utf-8"), ["numbers.conf"]),
    (lambda path: (path / ".proven").unlink(), []),
])
def test_a_file_keeps_its_time_only_when_asterisk_has_what_it_says(generations: Generations, edit: Callable[[Path], None], kept: list[str]) -> None:
    first = Path(in_force(generations))
    for name in FILES:
        os.utime(first / name, ns=(1, 1))
    edit(first)
    second = Path(generations.write(FILES))
    assert sorted(name for name in FILES if (second / name).stat().st_mtime_ns == 1) == kept


def test_back_to_nothing(generations: Generations) -> None:
    in_force(generations)
    generations.put_in_force(None)
    assert not os.path.lexists(generations.link)
    generations.put_in_force(None)


def test_partial_write_leaves_nothing(generations: Generations, monkeypatch: pytest.MonkeyPatch) -> None:
    path = in_force(generations)
    count = iter((None, OSError(28, "No space left on device")))

    def full(_number: int) -> None:
        wrong = next(count)
        if wrong:
            raise wrong

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Unready, match="cannot be written below .*: No space left on device"):
        generations.write(FILES)
    assert os.listdir(generations.folder) == [os.path.basename(path)] and generations.current() == path


@pytest.mark.parametrize(("edit", "differing", "drifted"), [
    (lambda _path: None, [], []),
    (lambda path: (path / "pjsip.conf").write_text("x", encoding="utf-8"), ["pjsip.conf"], ["pjsip.conf"]),
    (lambda path: (path / "pjsip.conf").unlink(), ["pjsip.conf"], ["pjsip.conf"]),
    (lambda path: (path / ".proven").unlink(), ["numbers.conf", "pjsip.conf"], []),
    (lambda path: (path / ".proven").write_text("[", encoding="utf-8"), [], []),
])
def test_drift(generations: Generations, edit: Callable[[Path], None], differing: list[str], drifted: list[str]) -> None:
    edit(Path(in_force(generations)))
    assert (generations.differing(FILES), generations.drifted()) == (differing, drifted)


def test_a_changed_text_differs_and_is_no_drift(generations: Generations) -> None:
    in_force(generations)
    assert generations.differing({**FILES, "pjsip.conf": "x", "new.conf": ""}) == ["new.conf", "pjsip.conf"] and generations.drifted() == []
    assert generations.is_proven("origin") and not generations.is_proven("other")


def test_unproven_means_that_everything_is_reloaded(house: House) -> None:
    house.run("merged", [ANNA, BEN])
    (house.config / "switchboard" / ".proven").unlink()
    house.asterisk.devices = {}
    result = house.run("merged", [ANNA, BEN])
    assert result["changed"] and set(house.asterisk.devices) == {"anna", "ben"}
    assert result["reloaded"] == ["res_pjsip.so", "res_rtp_asterisk.so", "app_voicemail.so", "pbx_config.so", "app_queue.so"]
    assert house.run("merged", [ANNA, BEN])["changed"] is False


def test_tidy_keeps_few_and_never_loses_the_current(generations: Generations) -> None:
    first = in_force(generations)
    for _each in range(KEPT + 3):
        generations.write(FILES)
    generations.tidy()
    left = sorted(os.listdir(generations.folder))
    assert len(left) == KEPT + 1 and left[0] == os.path.basename(first) and generations.current() == first


def test_runs_leave_few_generations(house: House) -> None:
    for count in range(6):
        house.run("merged", [{**ANNA, "alias": str(count), "nat": ("yes", "no")[count % 2]}])
    assert len(os.listdir(house.state / "generations")) == KEPT


@pytest.fixture
def log(tmp_path: Path) -> Log:
    path = tmp_path / "log"
    path.write_text("[1] ERROR[1]: config.c: before\n", encoding="utf-8")
    return Log(str(path))


def says(log: Log, *lines: str, mode: str = "a") -> list[str]:
    with open(log.path, mode, encoding="utf-8") as file:
        file.write("".join(f"[2026-01-01 00:00:00.000] {line}\n" for line in lines))
    return log.complaints()


def test_log_tells_what_came_since_the_mark(log: Log) -> None:
    assert log.complaints() == []
    assert says(log, "ERROR[7]: config_options.c:798 x: bad", "NOTICE[7]: config.c: fine", "ERROR[7]: chan_pjsip.c: a call",
        "WARNING[7]: res_pjsip/location.c: odd") == \
        ["ERROR[7]: config_options.c:798 x: bad", "WARNING[7]: res_pjsip/location.c: odd"]
    log.mark()
    assert log.complaints() == []


def test_log_that_was_rotated_is_read_from_its_beginning(log: Log) -> None:
    os.rename(log.path, log.path + ".1")
    assert says(log, "ERROR[7]: config.c: new") == ["ERROR[7]: config.c: new"]


def test_log_that_was_cut_in_place_is_read_from_its_beginning(log: Log) -> None:
    says(log, "NOTICE[7]: " + "x" * 99)
    log.mark()
    assert says(log, "ERROR[7]: config.c: x", mode="w") == ["ERROR[7]: config.c: x"]


def test_log_that_is_not_there(tmp_path: Path) -> None:
    log = Log(str(tmp_path / "none"))
    with pytest.raises(Unready, match="none, where Asterisk says what it refuses, cannot be read .No such file"):
        log.complaints()
    assert says(log, "ERROR[7]: config.c: new") == ["ERROR[7]: config.c: new"]


@pytest.mark.parametrize("line", ["Error parsing password_digest=MD5:5ec2e7 at line 3", "password=5ec2e7", "secret: 5ec2e7", "Could not parse SHA-256:5ec2e7",
                                  "'md5_cred' = 5ec2e7", "option 'password' '5ec2e7'"])
def test_secrets_are_masked(log: Log, line: str) -> None:
    (told,) = says(log, f"ERROR[7]: config_options.c: {line}")
    assert "5ec2e7" not in told and "********" in told


class Server:
    """A manager interface that says what it was told to, in pieces of the size it was told."""

    def __init__(self, *answers: str, size: int = 4096) -> None:
        self.answers, self.size, self.heard = ["Response: Success\r\nActionID: {}\r\nMessage: Authentication accepted\r\n\r\n", *answers], size, b""
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self) -> None:
        there, _address = self.socket.accept()
        with there:
            there.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            there.sendall(b"Asterisk Call Manager/11.0.0\r\n")
            for count, answer in enumerate(self.answers, 1):
                while self.heard.count(b"\r\n\r\n") < count:
                    said = there.recv(4096)
                    if not said:
                        return
                    self.heard += said
                text = answer.format(count).encode()
                for start in range(0, len(text), self.size):
                    there.sendall(text[start:start + self.size])

    def client(self, folder: Path, more: str = "", timeout: float = 5) -> Ami:
        conf = folder / "manager.conf"
        conf.write_text(f"; made by hand\n[general]\nenabled = yes\nbindaddr => 127.0.0.1\nport = {self.socket.getsockname()[1]}\n"
                        f"[switchboard]\nsecret = s=cr;et%  ; inline\n{more}", encoding="utf-8")
        return Ami(str(conf), timeout)

    def close(self) -> None:
        self.socket.close()
        self.thread.join(5)


@pytest.fixture
def server() -> Iterator[Callable[..., Server]]:
    made: list[Server] = []
    yield lambda *answers, **more: made.append(Server(*answers, **more)) or made[-1]
    for each in made:
        each.close()


LIST = ("Event: FullyBooted\r\n\r\n"
        "Response: Success\r\nActionID: {0}\r\nEventList: start\r\n\r\n"
        "Event: Other\r\nActionID: 99\r\nX: no\r\n\r\n"
        "Event: Entry\r\nActionID: {0}\r\nName: \u00e5sa: b\r\nVariable: a\r\nVariable: b\r\nEmpty:\r\n\r\n"
        "Event: Entry\r\nActionID: {0}\r\n\r\n"
        "Event: ListComplete\r\nActionID: {0}\r\nEventList: Complete\r\nListItems: 2\r\n\r\n")


@pytest.mark.parametrize("size", [1, 7, 4096])
def test_ami_lists_in_whatever_pieces_it_comes(server: Callable[..., Server], tmp_path: Path, size: int) -> None:
    far = server(LIST, "Response: Success\r\nActionID: {0}\r\n\r\n", size=size)
    with far.client(tmp_path) as ami:
        events = ami.action("List", Of="things")
        assert events == [{"Event": ["Entry"], "ActionID": ["2"], "Name": ["\u00e5sa: b"], "Variable": ["a", "b"], "Empty": [""]},
            {"Event": ["Entry"], "ActionID": ["2"]}]
        assert ami.action("Ping") == []
    assert b"Action: Login\r\nActionID: 1\r\nUsername: switchboard\r\nSecret: s=cr;et%\r\nEvents: off\r\n\r\n" in far.heard
    assert b"Action: List\r\nActionID: 2\r\nOf: things\r\n\r\n" in far.heard


def test_ami_error(server: Callable[..., Server], tmp_path: Path) -> None:
    bad = "Response: Error\r\nActionID: {}\r\nMessage: "
    with server(bad + "No such module\r\n\r\n", bad + "No endpoints found\r\n\r\n", bad + "Permission denied\r\n\r\n").client(tmp_path) as ami:
        with pytest.raises(Unready, match="Asterisk refused the action Reload: No such module"):
            ami.action("Reload")
        assert ami.listing("PJSIPShowEndpoints") == []
        with pytest.raises(Unready, match="refused the action CoreShowChannels: permission denied"):
            ami.listing("CoreShowChannels")
        with pytest.raises(ValueError, match="line break"):
            ami.action("Ping", X="a\r\nAction: Command")


def test_ami_is_asked_for_several_things_at_once(server: Callable[..., Server], tmp_path: Path) -> None:
    far = server("", LIST.replace("{0}", "2") + "Response: Success\r\nActionID: 3\r\n\r\nResponse: Error\r\nActionID: 4\r\nMessage: No such module\r\n\r\n", "")
    with far.client(tmp_path) as ami:
        sent = [ami.send("List"), ami.send("Reload", Module="a.so"), ami.send("Reload", Module="b.so")]
        assert len(ami.done("List", sent[0])) == 2 and ami.done("Reload", sent[1]) == []
        with pytest.raises(Unready, match="Asterisk refused the action Reload: No such module"):
            ami.done("Reload", sent[2])


def test_ami_lets_nobody_in(server: Callable[..., Server], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    far, made = server(), []
    far.answers[0] = "Response: Error\r\nActionID: {}\r\nMessage: Authentication failed\r\n\r\n"
    real = socket.create_connection
    monkeypatch.setattr(socket, "create_connection", lambda *arguments: made.append(real(*arguments)) or made[-1])
    with pytest.raises(Unready, match="refused the action Login: Authentication failed") as wrong:
        far.client(tmp_path)
    assert made[0].fileno() == -1, "closed: the desk's keeper asks again and again"
    assert "s=cr;et" not in str(wrong.value)


@pytest.mark.parametrize("half", ["", "Response: Success\r\nActionID: 2\r\n"])
def test_ami_closed_in_the_middle(server: Callable[..., Server], tmp_path: Path, half: str) -> None:
    with server(half).client(tmp_path) as ami, pytest.raises(Unready, match="closed its manager interface|stopped answering"):
        ami.action("Ping")


def test_ami_that_says_nothing(server: Callable[..., Server], tmp_path: Path) -> None:
    far = server("", LIST)      # the second answer is never asked for, so the connection stays open
    with far.client(tmp_path, timeout=0.2) as ami, pytest.raises(Unready, match="Asterisk stopped answering"):
        ami.action("Ping")


def test_asterisk_is_down(tmp_path: Path) -> None:
    (tmp_path / "manager.conf").write_text("[general]\nport = 1\n[switchboard]\nsecret = x\n", encoding="utf-8")
    with pytest.raises(Unready, match=r"Asterisk does not answer on its manager interface 127\.0\.0\.1:1 .*: is it running\?"):
        Ami(str(tmp_path / "manager.conf"))


@pytest.mark.parametrize("text", [None, "", "[general]\n", "[switchboard]\nread = all\n", "no section", "[general]\nport = x\n[switchboard]\nsecret = x\n"])
def test_no_account(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "manager.conf"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    with pytest.raises(Unready, match=r"manager\.conf .*: has role asterisk set this host up\?"):
        Ami(str(path))


@pytest.fixture
def full(house: House, monkeypatch: pytest.MonkeyPatch) -> House:
    house.run("merged", [ANNA, BEN])
    monkeypatch.setattr(live, "PATIENCE", 0.0)
    return house


CLEO = {"username": "cleo", "full_name": "Cleo"}


def refused(house: House, told: str, state: str = "merged", config: Any = (CLEO,)) -> None:
    before = house.everything()
    house.asterisk.reloaded.clear()
    with pytest.raises(Unready, match=told) as wrong:
        house.run(state, list(config))
    assert "5ec" not in str(wrong.value) and SECRET not in str(wrong.value)
    there = len(house.asterisk.reloaded) // 2
    assert house.everything() == before and there and house.asterisk.reloaded[:there] == house.asterisk.reloaded[there:]
    house.asterisk.refuses = ""
    assert house.run("merged", [ANNA, BEN])["changed"] is False


def spoils(house: House, monkeypatch: pytest.MonkeyPatch, spoil: Callable[[Any], None]) -> None:
    """From now on it makes something else of cleo."""
    real = house.asterisk.Reload

    def reload(Module: str) -> Any:  # noqa: N803
        answer = real(Module)
        if Module == "res_pjsip.so" and "cleo" in house.asterisk.devices:
            spoil(house.asterisk.devices)
        return answer

    monkeypatch.setattr(house.asterisk, "Reload", reload)


def test_refused_by_asterisk(full: House) -> None:
    full.asterisk.refuses = "[cleo]"
    refused(full, r"(?s)Asterisk refused the new configuration; the old one is back in force:\n.*password_digest=\*{8} at line 1")


@pytest.mark.parametrize(("patience", "spoil"), [("LOGGED", lambda _devices: None), ("EXPLAINED", lambda devices: devices["cleo"].pop("aor"))])
def test_what_asterisk_logs_late_counts(full: House, monkeypatch: pytest.MonkeyPatch, patience: str, spoil: Callable[[Any], None]) -> None:
    spoils(full, monkeypatch, spoil)
    monkeypatch.setattr(live, patience, 10)
    full.asterisk.refuses, full.asterisk.late = "[cleo]", 0.2
    refused(full, "Asterisk refused the new configuration")


@pytest.mark.parametrize(("spoil", "told"), [
    (lambda devices: devices.pop("cleo"), "does not have cleo after the reload"),
    (lambda devices: devices["cleo"].pop("aor"), "does not have the aor of cleo"),
    (lambda devices: devices["cleo"]["endpoint"].update(allow="ulaw,opus,alaw"), "kept another allow of cleo"),
    (lambda devices: devices["cleo"]["endpoint"].update(callerid='"x" <1>'), "kept another callerid of cleo"),
    (lambda devices: devices["cleo"]["auth"].update(password_digest="MD5:5ec"), "kept another password_digest of cleo .a value that stays secret"),
])
def test_asterisk_has_something_else(full: House, monkeypatch: pytest.MonkeyPatch, spoil: Callable[[Any], None], told: str) -> None:
    spoils(full, monkeypatch, spoil)
    refused(full, told)


def test_asterisk_keeps_what_should_go(full: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(full.asterisk, "Reload", lambda Module: full.asterisk.reloaded.append(Module) or [])  # noqa: N803
    refused(full, "still has ben after the reload", "deleted", [{"username": "ben"}])


@pytest.mark.parametrize("disabled", [False, True])
def test_no_such_context(full: House, monkeypatch: pytest.MonkeyPatch, disabled: bool) -> None:
    real = full.asterisk.ask
    monkeypatch.setattr(full.asterisk, "ask", lambda name, **headers: ({"Response": ["Error"]}, []) if name == "ShowDialPlan" else real(name, **headers))
    before = full.everything()
    with pytest.raises(Exception, match="agent 'cleo': context: there is no dialplan context lobby on this host"):
        full.run("merged", [{**CLEO, "context": "lobby", "disabled": disabled}])
    assert full.everything() == before


def test_mailboxes_that_were_set_aside_come_back(full: House, monkeypatch: pytest.MonkeyPatch) -> None:
    inbox = Path(full.host.mailboxes, "default", "1001", "INBOX")
    inbox.mkdir(parents=True)

    def fails(*_arguments: Any) -> None:
        assert not inbox.exists()
        raise Unready("the store is full")

    with monkeypatch.context() as patch:
        patch.setattr(Store, "commit", fails)
        refused(full, "the store is full", "deleted", [{"username": "ben"}])
    assert inbox.exists() and os.listdir(Path(full.host.mailboxes, "set-aside")) == []
    assert set(full.asterisk.devices) == {"anna", "ben"}


def test_the_store_is_written_while_asterisk_reads_and_kept_once_it_was_asked(full: House, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []

    def noted(what: Any, name: str) -> None:
        real = getattr(what, name)
        monkeypatch.setattr(what, name, lambda *arguments, **more: (done.append(name), real(*arguments, **more))[1])

    for what, name in ((full.asterisk, "send"), (full.asterisk, "receive"), (Store, "write"), (live.Live, "verify"), (Store, "commit")):
        noted(what, name)
    full.run("merged", [CLEO])
    assert list(dict.fromkeys(done)) == ["send", "write", "receive", "verify", "commit"]


def test_a_store_that_cannot_be_written_while_asterisk_reads(full: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_arguments: Any) -> None:
        raise Unready("the store is full")

    with monkeypatch.context() as patch:
        patch.setattr(Store, "put", fails)
        refused(full, "the store is full")
    assert set(full.asterisk.devices) == {"anna", "ben"}


def test_asterisk_cannot_be_told_of_the_way_back(full: House, monkeypatch: pytest.MonkeyPatch) -> None:
    before, link = full.documents(), os.readlink(full.config / "switchboard")
    times = iter(range(9))

    def reload(Module: str) -> Any:  # noqa: N803
        if Module == "res_pjsip.so" and next(times):
            raise Unready("Asterisk stopped answering")
        full.asterisk.devices = {}
        return []

    with monkeypatch.context() as patch:
        patch.setattr(full.asterisk, "Reload", reload)
        with pytest.raises(Unready, match=r"(?s)does not have anna.*\nThe old .* is back in its place, but Asterisk could not be told: Asterisk stopped"):
            full.run("merged", [CLEO])
    assert full.documents() == before and os.readlink(full.config / "switchboard") == link


@pytest.mark.parametrize("wrong", [Unready("Asterisk stopped answering"), KeyError("ObjectName"), KeyboardInterrupt()],
    ids=["untold", "unexpected", "interrupted"])
def test_the_next_run_mends_what_a_broken_way_back_left(full: House, monkeypatch: pytest.MonkeyPatch, wrong: BaseException) -> None:
    real, times = full.asterisk.Reload, iter(range(9))

    def reload(Module: str) -> Any:  # noqa: N803
        if isinstance(wrong, Unready) and next(times):
            raise wrong
        return real(Module)

    def verify(*_arguments: Any) -> None:
        raise wrong

    with monkeypatch.context() as patch:
        patch.setattr(full.asterisk, "Reload", reload)
        patch.setattr(live.Live, "verify", verify)
        with pytest.raises(type(wrong)):
            full.run("merged", [CLEO])
    full.run("merged", [ANNA, BEN])
    assert set(full.asterisk.devices) == {"anna", "ben"}


def test_refused_generations_do_not_pile_up(full: House) -> None:
    for _each in range(6):
        full.asterisk.refuses = "[cleo]"
        with pytest.raises(Unready):
            full.run("merged", [CLEO])
    assert len(os.listdir(full.state / "generations")) <= KEPT + 1


@pytest.mark.parametrize("step", ["put_in_force", "prove", "tidy"])
def test_killed_between_files_and_store(full: House, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """As after SIGKILL: nothing of the way back is done. The next run puts files, Asterisk and store in agreement."""
    class Killed(BaseException):
        pass

    def dies(*_arguments: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Generations, step, dies)
        with pytest.raises(Killed):
            full.run("merged", [CLEO])
    full.run("merged", [ANNA])
    assert set(full.asterisk.devices) == set(full.documents()) == {"anna", "ben"} | ({"cleo"} if step != "put_in_force" else set())
    assert full.run("merged", [ANNA])["changed"] is False


@pytest.mark.parametrize("lost", [os.unlink, lambda path: os.truncate(path, 0)], ids=["removed", "emptied"])
@pytest.mark.parametrize("state", ["merged", "overridden"])
def test_a_lost_store_is_not_taken_for_an_empty_one(full: House, lost: Callable[[str], None], state: str) -> None:
    files, devices = full.files(), dict(full.asterisk.devices)
    lost(full.store)
    for check in (True, False):
        with pytest.raises(Unready, match=r"store\.db is empty, but the configuration in force was compiled from one: restore it from a backup"):
            full.run(state, [CLEO], check=check)
    assert full.files() == files and full.asterisk.devices == devices


def test_what_asterisk_keeps_of_a_line_goes_with_it(full: House) -> None:
    full.asterisk.channels = ["PJSIP/anna-00000001", "PJSIP/ben-00000002", "PJSIP/ben-gate-00000003"]
    full.asterisk.contacts = ["contact/anna;@1", "contact/ben;@2"]
    full.asterisk.subscribers = ["anna", "ben"]
    full.run("merged", [{**CLEO, "username": "ben-gate"}])
    assert not [each for each in full.asterisk.did if each[0] in ("Hangup", "DBDel")]
    full.run("deleted", [{"username": "ben"}])
    assert [headers for name, headers in full.asterisk.did if name in ("Hangup", "DBDel")] == [
        {"Channel": "PJSIP/ben-00000002", "Cause": "16"}, {"Family": "registrar", "Key": "contact/ben;@2"},
        {"Family": "subscription_persistence", "Key": "subscription_persistence/ben"}]


def test_one_of_each_transport_is_read_back_however_many_there_are(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "SAMPLE", 3)
    people = [{"username": f"a{count}", "full_name": "A", **PHONE} for count in range(9)]
    house.run("merged", [*people, {"username": "zoe", "full_name": "Zoe", **PHONE, "transport": "tls"}, {"username": "web", "full_name": "Web"}])
    asked = [headers["Endpoint"] for name, headers in house.asterisk.did if name == "PJSIPShowEndpoint"]
    assert sorted(asked) == ["a0", "web", "zoe"]


def test_the_next_owner_of_a_mailbox_gets_it_after_it_was_set_aside(full: House, monkeypatch: pytest.MonkeyPatch) -> None:
    spool = Path(full.host.mailboxes, "default", "1001")
    spool.mkdir(parents=True)
    seen = []
    real = full.asterisk.Reload
    monkeypatch.setattr(full.asterisk, "Reload", lambda Module: (seen.append((Module, spool.exists())), real(Module))[1])  # noqa: N803
    full.run("overridden", [ANNA, {**CLEO, "number": "1001", "voicemail": True, "voicemail_pin": "471148"}], max_deletions="1")
    assert [exists for module, exists in seen if module == "app_voicemail.so"] == [True, False]


def test_a_host_without_voicemail_reloads_none(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    real = house.asterisk.ask
    monkeypatch.setattr(house.asterisk, "ask", lambda name, **headers: ({"Response": ["Error"]}, []) if name == "ModuleCheck" else real(name, **headers))
    assert house.run("merged", [ANNA])["reloaded"] == ["res_pjsip.so", "res_rtp_asterisk.so", "pbx_config.so"]
    assert house.run("merged", [BEN])["reloaded"] == ["res_pjsip.so", "app_voicemail.so", "pbx_config.so"]


def test_result_is_capped_and_counts_are_whole(house: House) -> None:
    many = [{"username": f"a{count}", "full_name": "A"} for count in range(1200)]
    result = house.run("merged", many, check=True, diff=True)
    assert result["counts"]["created"] == 1200 and len(result["created"]) == 1000 and len(result["after"]) == 100
    assert result["diff"][0]["after_header"] == "agents (and 1100 more)"


def test_items_that_were_shipped(house: House) -> None:
    with pytest.raises(Exception, match=r"^p\.csv: line 7: agent 'cleo': nat: 'x' is none of"):
        house.run("merged", [ANNA, {**CLEO, "nat": "x"}], places=["p.csv: line 2", "p.csv: line 7"])


@pytest.mark.parametrize("torn", ["not base64", base64.b64encode(b"no zlib").decode(), base64.b64encode(zlib.compress(b'{"items": [')).decode()])
def test_items_that_did_not_arrive_whole(house: House, torn: str) -> None:
    with pytest.raises(Unready, match="did not arrive whole"):
        house.run("merged", _shipped=torn)


def test_items_that_are_nested_too_deeply(house: House) -> None:
    deep = base64.b64encode(zlib.compress(b"[" * 200_000)).decode()
    with pytest.raises(Trouble, match="config: is nested too deeply"):
        house.run("merged", _shipped=deep)


@pytest.mark.parametrize("state", ["merged", "gathered"])
def test_without_the_action_plugin(house: House, state: str) -> None:
    with pytest.raises(Unready, match="without the action plugin"):
        house.run(state, _shipped=None)
