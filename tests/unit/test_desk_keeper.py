# SPDX-License-Identifier: GPL-3.0-or-later
"""What the keeper tells a page and does for it: pauses, voicemail, the telephone, pictures; and how it lives with an Asterisk that does not answer."""

from __future__ import annotations

import base64
import functools
import hashlib
import json
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from desk import keeper, loans
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from module_utils.model.errors import Unready
from module_utils.model.queue import QUEUE
from module_utils.model.user import USER

from tests.unit.conftest import ANNA, BEN, House
from tests.unit.office import FIRST, HERE, SECOND, Office
from tests.unit.pictures import png

OWN = {"password": FIRST, "must_change_password": False}


@pytest.fixture(autouse=True)
def staff(house: House, office: Office) -> None:
    """anna is an agent with a mailbox, in a queue; carl is paused at sign-in, ed sits at a telephone; root and ulla are no agents, ulla at a telephone."""
    house.run("merged", [{"name": "sales"}], QUEUE)
    house.run("merged", [{**ANNA, **OWN, "number": "1001", "voicemail": True, "voicemail_pin": "471147", "queues": ["sales"], "client_log": "warning"},
                         {"username": "carl", "full_name": "Carl", "login_pause": True, "queues": ["sales"], **OWN},
                         {**BEN, **OWN, "username": "ed", "voicemail": False, "voicemail_pin": None}], recording=True)
    house.run("merged", [{"username": "root", "role": "admin", "full_name": "Admin", **OWN},
                         {"username": "ulla", "role": "admin", "full_name": "Ulla", "transport": "udp", **OWN}], USER)


def queue(office: Office, word: str) -> Any:
    return office.does("session", session=word, host="pbx")["queue"]


def version(office: Office, word: str) -> str:
    return str(office.does("session", session=word, host="pbx")["version"])


def page(office: Office, word: str) -> Any:
    """The telephone of a page that is opened."""
    return office.does("session", session=word, host="pbx")["sip"]


def acts(office: Office, word: str, act: str, reason: str = "") -> dict[str, Any]:
    return office.ask("queue", session=word, act=act, reason=reason)


def at(signed_in: bool = True, reason: str = "") -> dict[str, Any]:
    return {"signed_in": signed_in, "paused": bool(reason), "reason": reason, "reasons": ["break", "lunch"]}


# Pauses

@pytest.mark.row("A4", "T4")
@pytest.mark.parametrize(("name", "kept", "then"), [
    ("anna", None, ""), ("anna", "signed out", ""), ("anna", "", None), ("anna", "lunch", None), ("anna", "login", None), ("anna", "Half an hour", None),
    ("carl", None, "login"), ("carl", "signed out", "login"), ("carl", "", None), ("carl", "lunch", None)])
def test_signing_in_is_going_to_work(office: Office, name: str, kept: str | None, then: str | None) -> None:
    """Who is there already stays paused, or at work; `then` is what is written."""
    pause = office.asterisk.kept["pause"]
    if kept is not None:
        pause[name] = kept
    word = office.sign_in(name)
    assert pause[name] == (kept if then is None else then)
    assert queue(office, word) == at(reason=pause[name])
    done = [headers for act, headers in office.asterisk.did if act == "QueuePause"]
    assert done == ([{"Interface": f"PJSIP/{name}", "Paused": "true" if then else "false", "Reason": then}] if then is not None else [])


@pytest.mark.row("A4", "T4")
@pytest.mark.parametrize(("kept", "act", "reason", "then"), [
    (None, "pause", "lunch", "lunch"), (None, "unpause", "", ""), (None, "sign_out", "", "signed out"), (None, "sign_in", "", ""),
    ("", "pause", "break", "break"), ("lunch", "pause", "break", "break"), ("lunch", "unpause", "", ""), ("login", "unpause", "", ""),
    ("lunch", "sign_in", "", "lunch"), ("lunch", "sign_out", "", "signed out"), ("signed out", "sign_in", "", ""), ("signed out", "sign_out", "", "signed out"),
    ("signed out", "unpause", "", ("sign_in_first", 409)), ("signed out", "pause", "lunch", ("sign_in_first", 409)),
    ("", "pause", "login", ("unknown_reason", 404)), ("", "pause", "signed out", ("unknown_reason", 404)), ("", "pause", "", ("unknown_reason", 404)),
    ("", "pause", "Lunch", ("unknown_reason", 404)), ("", "pause", "lunch\r\nAction: Reload", ("unknown_reason", 404)),
    ("", "tell", "", ("not_found", 404)), ("", "", "lunch", ("not_found", 404))])
def test_what_an_agent_does(office: Office, kept: str | None, act: str, reason: str, then: Any) -> None:
    word, pause = office.sign_in(), office.asterisk.kept["pause"]
    pause.clear()
    if kept is not None:
        pause["anna"] = kept
    answer = acts(office, word, act, reason)
    if isinstance(then, tuple):
        assert (answer["error"], answer["status"]) == then and pause == {"anna": kept}
    else:
        assert pause == {"anna": then} and answer["queue"] == queue(office, word) == (at(False) if then == "signed out" else at(reason=then))
        assert ("sales", "PJSIP/anna") not in office.asterisk.paused or then


@pytest.mark.row("A4")
def test_the_queues_are_told(office: Office) -> None:
    word = office.sign_in()
    acts(office, word, "pause", "lunch")
    assert office.asterisk.paused["sales", "PJSIP/anna"] == "lunch"
    acts(office, word, "unpause")
    assert ("sales", "PJSIP/anna") not in office.asterisk.paused
    office.does("sign_out", session=word, address=HERE)
    assert office.asterisk.paused["sales", "PJSIP/anna"] == office.asterisk.kept["pause"]["anna"] == "signed out"


def test_whoever_is_in_no_queue_has_a_state_too(office: Office) -> None:
    """Asterisk refuses to pause a member of nothing; a queue may come."""
    word = office.sign_in("ed")
    assert acts(office, word, "pause", "lunch")["queue"] == at(reason="lunch") and office.asterisk.kept["pause"]["ed"] == "lunch"


def test_who_is_no_agent_has_none(office: Office) -> None:
    word = office.sign_in("root")
    assert queue(office, word) is None and acts(office, word, "unpause") == {"error": "no_agent", "status": 409}
    assert office.does("look", sessions=[word])["seen"] == [{"session": version(office, word), "queue": None}]
    office.does("sign_out", session=word, address=HERE)
    assert office.asterisk.kept["pause"] == {}


# Voicemail

def left(office: Office, number: int = 0, folder: str = "INBOX", sound: bytes = b"RIFF....WAVE", box: str = "1001", **said: Any) -> str:
    """A message in a mailbox, as app_voicemail writes it; its id."""
    place = Path(office.host.mailboxes, "default", box, folder)
    place.mkdir(parents=True, exist_ok=True)
    whole = {"origmailbox": box, "context": "call-agent", "exten": "s", "callerid": '"Tom" <1003>', "origdate": "x", "origtime": 1790000000 + number,
             "msg_id": f"17900000{number:02}-0000000{number}", "flag": "", "duration": 7, **said}
    text = ";\n; Message Information file\n;\n[message]\n" + "".join(f"{name}={value}\n" for name, value in whole.items())
    (place / f"msg{number:04}.txt").write_bytes(text.encode("utf-8", "surrogateescape"))
    if sound:
        (place / f"msg{number:04}.wav").write_bytes(sound)
    return str(whole["msg_id"])


def listed(office: Office, word: str) -> list[dict[str, Any]]:
    return list(office.does("voicemail", session=word)["messages"])


@pytest.mark.row("A3")
def test_messages_are_listed_the_latest_first(office: Office) -> None:
    word = office.sign_in()
    assert listed(office, word) == []
    first, urgent, old = left(office, 0), left(office, 2, "Urgent"), left(office, 1, "Old", callerid="Unknown")
    assert listed(office, word) == [
        {"id": urgent, "from": '"Tom" <1003>', "at": 1790000002, "seconds": 7, "new": True},
        {"id": old, "from": "Unknown", "at": 1790000001, "seconds": 7, "new": False},
        {"id": first, "from": '"Tom" <1003>', "at": 1790000000, "seconds": 7, "new": True}]
    assert office.does("look", sessions=[word])["seen"][0]["voicemail"] == {"new": 2, "old": 1}


@pytest.mark.row("A3")
def test_a_message_is_heard_and_deleted(office: Office) -> None:
    word = office.sign_in()
    message = left(office, sound=b"RIFF" + bytes(range(256)))
    answer = office.does("voicemail_sound", session=word, message=message)
    assert base64.b64decode(answer["content"]) == b"RIFF" + bytes(range(256))
    said = functools.partial(office.does, "voicemail_act", session=word, message=message)
    for _twice in range(2):
        assert [(each["id"], each["new"]) for each in said(act="heard")["messages"]] == [(message, False)]
    assert office.refuses("voicemail_act", session=word, message=message, act="forward") == ("not_found", 404)
    assert said(act="delete")["messages"] == []
    assert office.refuses("voicemail_act", session=word, message=message, act="delete") == ("not_found", 404)
    assert [act for act, _headers in office.asterisk.did if act.startswith("Voicemail")][-2:] == ["VoicemailMove", "VoicemailRemove"]


def test_a_caller_is_called_whatever_she_is_called(office: Office) -> None:
    word = office.sign_in()
    for count, name in enumerate(('"<script>alert(1)</script>" <1>', "[message]", "%(origtime)s ${x}", "a=b;c#d: e", "\udce5\udcff", "Åsa 🦊", "")):
        left(office, count, callerid=name)
    assert [each["from"] for each in reversed(listed(office, word))] == [
        '"<script>alert(1)</script>" <1>', "[message]", "%(origtime)s ${x}", "a=b;c#d: e", "��", "Åsa 🦊", ""]


@pytest.mark.parametrize("text", [b"", b"[message]\n", b"callerid=x\n", b"[message]\nmsg_id=1-1\norigtime=soon\n", b"[message]\nmsg_id=../../x\n",
                                  b"[message]\nmsg_id=1-1/../x\n", b"\xff\xfe\x00", b"[message\nmsg_id=1-1", b"x" * 10**6, b"[message]\nmsg_id\n"])
def test_a_message_that_is_not_whole_hides_no_other(office: Office, text: bytes) -> None:
    word, whole = office.sign_in(), left(office, 1)
    (Path(office.host.mailboxes) / "default/1001/INBOX/msg0000.txt").write_bytes(text)
    (Path(office.host.mailboxes) / "default/1001/INBOX/msg0002.txt").mkdir()
    (Path(office.host.mailboxes) / "default/1001/Old").write_text("no folder")
    (Path(office.host.mailboxes) / "default/1001/INBOX/greet.txt").write_text("[message]\nmsg_id=1-1\n")
    assert [each["id"] for each in listed(office, word)] == [whole]
    assert office.does("look", sessions=[word])["seen"][0]["voicemail"]["old"] == 0


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(codec="utf-8"), max_size=30)
       | st.sampled_from(["../1002/INBOX/msg0000", "msg0000", "INBOX/msg0000", "/etc/passwd", ".", "%2e%2e"]))
def test_an_id_is_no_path(office: Office, name: str) -> None:
    if "word" not in vars(office):
        office.word = office.sign_in()
        left(office)
        left(office, box="1002")
    for act, more in (("voicemail_sound", {}), ("voicemail_act", {"act": "delete"})):
        assert office.refuses(act, session=office.word, message=name, **more) == ("not_found", 404)


def test_nobody_has_anothers_messages(office: Office) -> None:
    message, word = left(office), office.sign_in("ed")
    for act, more in (("voicemail", {}), ("voicemail_sound", {"message": message}), ("voicemail_act", {"message": message, "act": "delete"})):
        assert office.refuses(act, session=word, **more) == ("no_mailbox", 404)
    assert "voicemail" not in office.does("look", sessions=[word])["seen"][0]


def test_a_sound_that_a_browser_cannot_play(office: Office) -> None:
    word, message = office.sign_in(), left(office, sound=b"")
    Path(office.host.mailboxes, "default/1001/INBOX/msg0000.gsm").touch()
    assert office.refuses("voicemail_sound", session=word, message=message) == ("no_sound", 404)


def test_a_message_that_is_moved_meanwhile(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the telephone: what Asterisk refuses then is no crash, and its connection goes on."""
    word, message = office.sign_in(), left(office)
    real = office.asterisk.VoicemailMove

    def moved(**headers: str) -> Any:
        if left_over:
            real(**left_over.pop())
        return real(**headers)

    left_over = [{"Mailbox": "1001", "Context": "default", "Folder": "INBOX", "ID": message, "ToFolder": "Old"}]
    monkeypatch.setattr(office.asterisk, "VoicemailMove", moved, raising=False)
    answer = office.ask("voicemail_act", session=word, message=message, act="heard")
    assert answer.get("status") in (None, 404, 503)
    assert [each["new"] for each in listed(office, word)] == [False]


# The telephone and its owner

@pytest.mark.row("A2", "A15", "A17", "A19")
def test_what_a_page_is_told(house: House, office: Office) -> None:
    word = office.sign_in()
    told = office.does("session", session=word, host="pbx.example.org")
    lent = json.loads(office.asterisk.kept["desk/auth"]["anna@desk"])
    assert told["person"] == {"username": "anna", "full_name": "Anna Öberg", "alias": "", "number": "1001", "kind": "agent", "avatar": None}
    assert told["sip"] == {"domain": "pbx.example.org", "user": "anna", "ha1": lent["password_digest"].removeprefix("MD5:"), "realm": "switchboard",
                           "websocket": "wss://pbx.example.org/ws", "register_expires": 120}
    assert told["ice"] == {"servers": [], "expires": told["expires"]} and 3590 < told["expires"] - time.time() < 3601
    assert told["csrf"] == office.does("who", session=word)["token"] != office.does("who", session=office.sign_in())["token"]
    assert told["settings"] == {
        "auto_answer": False, "auto_answer_delay": 0, "may_change_settings": True, "may_record": False, "dtmf_tones": True, "messages": True,
        "message_sound": True, "video": False, "calls_at_once": 1, "voicemail": True, "masked": False, "log": "warning"}
    assert not [each for each in ("password", "pin", "hash") if each in str({**told, "ice": ""}).lower()]


@pytest.mark.row("P4")
def test_what_is_lent_to_a_telephone(house: House, office: Office) -> None:
    """It is no digest of the person's own, all pages have it in common, and it counts for no longer than the last of them."""
    own, lent = house.documents()["anna"]["sip_password"], office.asterisk.kept["desk/auth"]
    first, second = office.sign_in(), office.sign_in()
    assert lent == {}, "nothing before a page asks"
    ha1 = page(office, first)["ha1"]
    assert ha1 not in str(own) and len(ha1) == 32
    said = json.loads(lent["anna@desk"])
    assert {name: each for name, each in said.items() if name[0] != "@"} == {
        "auth_type": "digest", "username": "anna", "realm": own["realm"], "password_digest": f"MD5:{ha1}"}
    assert all(isinstance(each, str) for each in said.values()), "Asterisk takes no others"
    assert 3590 < int(said["@ends"]) - time.time() < 3601
    office.asterisk.did.clear()
    assert page(office, first)["ha1"] == page(office, second)["ha1"] == ha1 and page(office, office.sign_in("carl"))["ha1"] != ha1
    assert sum(name == "DBPut" and said["Key"] == "anna@desk" for name, said in office.asterisk.did) <= 1
    office.keeper.collect()
    assert set(lent) == {"anna@desk", "carl@desk"}


@pytest.mark.parametrize("how", ["time", "sign-out", "password", "gone", "another way to sign in", "nonsense", "another realm"])
def test_it_is_taken_back(how: str, house: House, office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a call, after it: whoever hangs up must be believed. The next page gets another one either way."""
    word, lent = office.sign_in(), office.asterisk.kept["desk/auth"]
    ha1 = page(office, word)["ha1"]
    office.asterisk.channels = ["PJSIP/anna-00000001"]
    if how == "time":
        lent["anna@desk"] = json.dumps({**json.loads(lent["anna@desk"]), "@ends": str(int(time.time()) - 1)})
    elif how == "sign-out":
        office.does("sign_out", session=word, address=HERE)
    elif how == "password":
        office.does("change_password", session=word, old=FIRST, new=SECOND, address=HERE)
    elif how == "another way to sign in":
        house.run("merged", [{"username": "anna", "authentication": "sso", "sso_subject": "anna"}])
    elif how == "gone":
        lent["nobody@desk"] = lent.pop("anna@desk")
        office.asterisk.channels = ["PJSIP/nobody-00000001"]
    elif how == "nonsense":
        lent["anna@desk"] = "nonsense"
    else:
        lent["anna@desk"] = json.dumps({**json.loads(lent["anna@desk"]), "realm": "another"})
        assert page(office, word)["realm"] == "switchboard" and page(office, word)["ha1"] != ha1, "it would match no challenge"
        return
    office.keeper.collect()
    assert len(lent) == 1, "in a call"
    office.asterisk.channels = []
    if how in ("time", "sign-out", "password"):
        again = page(office, office.sign_in(password=SECOND if how == "password" else FIRST))["ha1"]
        assert again != ha1
        office.keeper.collect()
        assert len(lent) == 1, "that of the next page stays"
        lent["anna@desk"] = json.dumps({**json.loads(lent["anna@desk"]), "@ends": "0"})
    office.keeper.collect()
    assert lent == {}


def test_a_call_keeps_what_it_began_with_and_no_longer(office: Office) -> None:
    """Who was signed out in a call and signs in elsewhere meanwhile: the old page's call goes on, and what it had gets no new life by that."""
    lent, word = office.asterisk.kept["desk/auth"], office.sign_in()
    ha1 = page(office, word)["ha1"]
    office.asterisk.channels = ["PJSIP/anna-00000001"]
    office.does("sign_out", session=word, address=HERE)
    word, before = office.sign_in(), dict(lent)
    assert page(office, word)["ha1"] == ha1 and lent == before
    office.asterisk.channels = []
    office.keeper.collect()
    assert lent == {} and page(office, word)["ha1"] != ha1


def test_a_session_that_ends_meanwhile_is_lent_nothing(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Others are asked about first, and she signs out."""
    word = office.sign_in()

    def late(question: Any, ask: Any = office.keeper.ask) -> Any:
        monkeypatch.undo()
        office.does("sign_out", session=word, address=HERE)
        return ask(question)

    monkeypatch.setattr(office.keeper, "ask", late)
    assert office.refuses("session", session=word, host="pbx") == ("signed_out", 401) and office.asterisk.kept["desk/auth"] == {}


@pytest.mark.parametrize("wrong", [{"auth_type": "md5"}, {"username": "ben"}, {"realm": 1}, {"password_digest": "MD5:x"}, {"password_digest": None},
                                   {"@ends": "soon"}, {"@mark": None}, {"more": "x"}])
def test_what_is_no_loan_is_replaced(office: Office, wrong: dict[str, Any]) -> None:
    """Asterisk would complain of it at each request, or let another in."""
    word, lent = office.sign_in(), office.asterisk.kept["desk/auth"]
    page(office, word)
    good = json.loads(lent["anna@desk"])
    lent["anna@desk"] = json.dumps({**good, **wrong})
    assert page(office, word)["ha1"] != good["password_digest"].removeprefix("MD5:") and json.loads(lent["anna@desk"]).keys() == good.keys()
    lent["anna@desk"] = json.dumps({**good, **wrong})
    office.keeper.collect()
    assert lent == {}


def test_what_is_lent_meanwhile_is_not_taken_back(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    lent = office.asterisk.kept["desk/auth"]
    page(office, office.sign_in())
    old = json.loads(lent["anna@desk"])
    monkeypatch.setattr(office.keeper, "ask", lambda question, ask=office.keeper.ask: (
        {"anna": {**old, "@ends": "0"}} if question is loans.lent else ask(question)))
    office.keeper.collect()
    assert set(lent) == {"anna@desk"}


@pytest.mark.parametrize("wrong", ["Asterisk is away", "unforeseen"])
def test_whatever_happens_it_is_tried_again(office: Office, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], wrong: str) -> None:
    monkeypatch.setattr(keeper, "ROUND", 0.01)
    tried = threading.Semaphore(0)

    def asked(_question: Any) -> Any:
        tried.release()
        raise Unready(wrong) if "Asterisk" in wrong else RuntimeError(wrong)

    monkeypatch.setattr(office.keeper, "ask", asked)
    collector = threading.Thread(target=office.keeper.keep_collecting)
    collector.start()
    assert all(tried.acquire(timeout=5) for _each in range(3))
    office.keeper.closing.set()
    collector.join(5)
    told = capsys.readouterr().err
    assert not collector.is_alive() and wrong in told and ("Traceback" in told) == (wrong == "unforeseen")


def test_each_field_of_the_desk_reaches_it(house: House, office: Office) -> None:
    word = office.sign_in()
    house.run("merged", [{"username": "anna", "phone.auto_answer": True, "phone.delay": 3, "phone.settings": False, "phone.recording": True,
                          "phone.dtmf_tones": False, "messenger.enabled": False, "messenger.sound": False, "video": True, "channels.voice.capacity": 2,
                          "phone.ring_in_use": True, "mask_sensitive_data": True, "client_log": "debug", "voicemail": False, "phone.wss_port": 8443,
                          "sip_expires": 60, "alias": "A"}])
    told = office.does("session", session=word, host="pbx")
    assert told["settings"] == {
        "auto_answer": True, "auto_answer_delay": 3, "may_change_settings": False, "may_record": True, "dtmf_tones": False, "messages": False,
        "message_sound": False, "video": True, "calls_at_once": 2, "voicemail": False, "masked": True, "log": "debug"}
    assert (told["sip"]["websocket"], told["sip"]["register_expires"], told["person"]["alias"]) == ("wss://pbx:8443/ws", 60, "A")
    assert office.does("who", session=word)["port"] == 8443 and office.does("who", session=word)["log"] == "debug"


def test_whose_telephone_is_none_in_the_browser(office: Office) -> None:
    told = office.does("session", session=office.sign_in("ed"), host="pbx")
    assert told["sip"] is None and told["person"]["kind"] == "agent"
    assert page(office, office.sign_in("ulla")) is None
    told = office.does("session", session=office.sign_in("root"), host="pbx")
    assert told["sip"]["user"] == "root" and told["settings"]["may_change_settings"] and told["person"]["kind"] == "user"


def test_another_port(house: House, office: Office) -> None:
    office.restart(port=8443)
    assert office.does("session", session=office.sign_in(), host="[2001:db8::1]")["sip"]["websocket"] == "wss://[2001:db8::1]:8443/ws"


@pytest.mark.parametrize(("conf", "urls"), [
    ("", []), ("listening-port=3478\n", []), ("#static-auth-secret=x\n", []),
    ("static-auth-secret=hush\n", ["turn:pbx:3478?transport=udp", "turn:pbx:3478?transport=tcp"]),
    ("static-auth-secret=hush\nlistening-port=3479\ntls-listening-port=5349\n",
     ["turn:pbx:3479?transport=udp", "turn:pbx:3479?transport=tcp", "turns:pbx:5349?transport=tcp"])])
def test_relays(office: Office, conf: str, urls: list[str]) -> None:
    Path(office.keeper.turn_conf).write_text(conf)
    told = office.does("session", session=office.sign_in(), host="pbx")
    servers = told["ice"]["servers"]
    assert [each["urls"] for each in servers] == ([urls] if urls else [])
    if urls:
        assert servers[0]["username"] == f"{told['expires']}:anna" and len(base64.b64decode(servers[0]["credential"])) == 20 and "hush" not in str(told)


def test_pictures(house: House, office: Office, tmp_path: Path) -> None:
    content = png(8, 8)
    name = f"{hashlib.sha256(content).hexdigest()}.png"
    folder = Path(office.host.state, "avatars")
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(content)
    house.run("merged", [{"username": "anna", "avatar": f"sha256:{name}"}], pictures={"known": [f"sha256:{name}"]})
    word = office.sign_in("ed")
    assert office.does("session", session=office.sign_in(), host="pbx")["person"]["avatar"] == "/avatar/anna"
    answer = office.does("avatar", session=word, username="anna")
    assert base64.b64decode(answer["content"]) == content and answer["type"] == "image/png"
    for other in ("ed", "nobody", "", "../anna", "Anna", name):
        assert office.refuses("avatar", session=word, username=other) == ("not_found", 404)
    assert office.refuses("avatar", session="", username="anna") == ("signed_out", 401)
    os.unlink(folder / name)
    assert office.refuses("avatar", session=word, username="anna") == ("not_found", 404)


# Open pages

def test_a_look_at_open_pages(office: Office) -> None:
    anna, carl = office.sign_in(), office.sign_in("carl")
    assert office.does("look", sessions=[]) == {"seen": []}
    first, out, second, third = office.does("look", sessions=[anna, "x", carl, anna])["seen"]
    assert first == third == {"session": version(office, anna), "queue": at(), "voicemail": {"new": 0, "old": 0}}
    assert out == {"out": {"error": "signed_out"}} and second == {"session": version(office, carl), "queue": at(reason="login")}
    office.asterisk.kept["pause"]["anna"] = "meeting"       # as by telephone
    assert office.does("look", sessions=[anna])["seen"][0]["queue"] == at(reason="meeting")
    office.does("sign_out", session=anna, address=HERE)
    assert office.does("look", sessions=[anna, carl])["seen"][0] == {"out": {"error": "signed_out"}}


@pytest.mark.parametrize("change", [
    {"full_name": "Anna Lind"}, {"phone.recording": True}, {"messenger.enabled": False}, {"mask_sensitive_data": True},
    {"channels.voice.capacity": 2, "phone.ring_in_use": True}, {"phone.wss_port": 8443}, {"sip_expires": 60}, {"typology": "external"},
    {"voicemail": False}, {"client_log": "debug"}])
def test_what_a_run_changes_is_told(house: House, office: Office, change: dict[str, Any]) -> None:
    anna, ed = office.sign_in(), office.sign_in("ed")
    before = [version(office, each) for each in (anna, ed)]
    house.run("merged", [{"username": "anna", **change}])
    seen = office.does("look", sessions=[anna, ed])["seen"]
    assert seen[0]["session"] == version(office, anna) != before[0]
    assert seen[1]["session"] == version(office, ed) == before[1]


def test_what_the_page_does_not_go_by_is_not_told(house: House, office: Office) -> None:
    word = office.sign_in()
    before = version(office, word)
    house.run("merged", [{"username": "anna", "email": "anna@example.org"}])
    acts(office, word, "pause", "lunch")
    assert version(office, word) == office.does("look", sessions=[word])["seen"][0]["session"] == before


# An Asterisk that does not answer

def test_a_restart_of_asterisk_is_not_noticed(office: Office) -> None:
    word = office.sign_in()
    for _twice in range(2):
        office.manager.forget_all()
        assert queue(office, word) == at() and acts(office, word, "pause", "lunch")["queue"] == at(reason="lunch")
        office.manager.forget_all()
        assert acts(office, word, "unpause")["queue"] == at()
    assert len(office.manager.open) == 1, "one connection"


def test_without_asterisk_people_are_in_and_out_nevertheless(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    word = office.sign_in()
    office.manager.stop()
    began = time.monotonic()
    assert office.holds(office.sign_in("carl"))
    assert office.refuses("session", session=word, host="pbx") == ("unready", 503)
    assert office.refuses("queue", session=word, act="unpause", reason="") == ("unready", 503)
    assert "person" in office.does("session", session=office.sign_in("ulla"), host="pbx")
    (seen,) = office.does("look", sessions=[word])["seen"]
    assert "queue" not in seen and seen["voicemail"] == {"new": 0, "old": 0}, "what is not known is not told"
    office.does("sign_out", session=word, address=HERE)
    assert not office.holds(word) and time.monotonic() - began < 2
    told = capsys.readouterr().err
    assert "Traceback" not in told and "sign_in: Asterisk" in told


def test_an_asterisk_that_hangs_keeps_nobody_for_long(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty people ask while it does: none waits for more than one question and a turn, and it is asked again when it is back."""
    monkeypatch.setattr(keeper, "PATIENCE", 0.4)
    monkeypatch.setattr(keeper, "QUIET", 0.5)
    office.manager.forget_all()
    office.restart()
    word = office.sign_in("ulla")
    agents = [office.sign_in() for _count in range(3)]
    office.manager.hangs = 3.0

    def timed(what: Any) -> float:
        began = time.monotonic()
        what()
        return time.monotonic() - began

    with ThreadPoolExecutor(24) as pool:
        waits = [pool.submit(timed, lambda: office.sign_in("carl")) for _count in range(10)]
        waits += [pool.submit(timed, lambda: office.refuses("session", session=agents[0], host="pbx")) for _count in range(10)]
        time.sleep(0.1)
        assert timed(lambda: office.does("session", session=word, host="pbx")) < 0.3, "who needs no Asterisk does not wait"
        assert max(each.result() for each in waits) < 1.5
    office.manager.hangs = 0.0
    time.sleep(0.6)
    assert queue(office, agents[0]) == at()


def test_an_asterisk_that_lets_nobody_in(office: Office) -> None:
    office.restart()
    office.manager.secret = "another"
    word = office.sign_in()
    assert office.refuses("queue", session=word, act="unpause", reason="") == ("unready", 503)
    office.manager.secret = "manager-secret"
    assert acts(office, word, "unpause")["queue"] == at()
