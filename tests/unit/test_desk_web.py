# SPDX-License-Identifier: GPL-3.0-or-later
"""The desk as browsers have it, before the real keeper: pages, cookies, what another site's page may not, limits, and events."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import re
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from desk import web
from desk.limits import Limit, source
from desk.web import Desk, application
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from tests.unit.conftest import ANNA, BEN, House
from tests.unit.office import FIRST, SECOND, THIRD, Office
from tests.unit.test_desk_keeper import left

SITE = "https://pbx.example.org"
OWN = {"password": FIRST, "must_change_password": False}
DESK = Path(web.__file__).parent
GETS = ("/", "/sign-in", "/password", "/api/session", "/api/voicemail", "/api/voicemail/1-1", "/avatar/anna", "/api/events")
ACTS = ("/api/queue", "/api/log", "/api/line", "/api/voicemail/1-1")
POSTS = ("/sign-in", "/sign-out", "/password", *ACTS)


@pytest.fixture(autouse=True)
def staff(house: House, office: Office) -> None:
    house.run("merged", [{**ANNA, **OWN, "number": "1001", "voicemail": True, "voicemail_pin": "471147", "client_log": "warning"},
                         {"username": "carla", "full_name": "Carla", "password": FIRST}, {**BEN, **OWN, "voicemail": False, "voicemail_pin": None}])


@pytest.fixture(name="desk")
def desk_fixture(house: House, office: Office, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setattr(web, "KEEPER", office.path)
    monkeypatch.setattr(web, "SLOWEST", 0.0)
    monkeypatch.setattr(web, "STATIC", str(office.folder))
    (office.folder / "phonebar.js").write_text("// bundle")
    log = logging.Logger("phonebar")
    log.addHandler(logging.FileHandler(office.folder / "phonebar.log", encoding="utf-8"))
    yield Desk(30, log)
    log.handlers[0].close()


@pytest.fixture(name="browser")
def browser_fixture(desk: Desk) -> Iterator[Callable[..., TestClient]]:
    """browser() is a new one, which says as browsers do from where it comes; browser("anna") is signed in."""
    made: list[TestClient] = []

    def make(name: str = "", **headers: str) -> TestClient:
        client = TestClient(application(desk), SITE, follow_redirects=False, raise_server_exceptions=False,
                            headers={"Origin": SITE, "X-Real-IP": "192.0.2.7", **headers})
        made.append(client)
        if name:
            answer = client.post("/sign-in", data={"username": name, "password": FIRST})
            assert answer.status_code == 303, answer.text
        return client

    yield make
    for each in made:
        each.close()


def token(client: TestClient) -> str:
    found = re.search(r'name="csrf" value="([0-9a-f]{64})"', client.get("/password").text)
    assert found
    return found[1]


def asks(client: TestClient, path: str, said: Any, csrf: str | None = None, **headers: str) -> httpx2.Response:
    return client.post(path, content=said if isinstance(said, bytes) else json.dumps(said),
                       headers={"X-CSRF-Token": token(client) if csrf is None else csrf, **headers})


def error(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]


# Pages

def test_a_day(browser: Callable[..., TestClient]) -> None:
    client = browser()
    assert (answer := client.get("/")).status_code == 303 and answer.headers["location"] == "/sign-in"
    assert "Username" in client.get("/sign-in").text
    answer = client.post("/sign-in", data={"username": "anna", "password": FIRST})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    page = client.get("/")
    assert '<div id="desk">' in page.text and re.search(r'src="/static/phonebar.js\?v=[0-9a-f]{12}"', page.text)
    assert client.get("/sign-in").headers["location"] == "/"
    assert client.get("/api/session").json()["person"]["username"] == "anna"
    assert asks(client, "/api/queue", {"act": "pause", "reason": "lunch"}).json()["reason"] == "lunch"
    csrf = client.get("/api/session").json()["csrf"]
    assert csrf == token(client)
    answer = client.post("/sign-out", data={"csrf": csrf})
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in") and answer.headers["clear-site-data"] == '"cache", "storage"'
    assert "__Host-desk" not in client.cookies and error(client.get("/api/session")) == (401, "signed_out")


@pytest.mark.row("P4", "P10")
def test_the_first_day(browser: Callable[..., TestClient]) -> None:
    client = browser("carla")
    assert client.get("/").headers["location"] == "/password"
    assert "This password was given to you" in client.get("/password").text
    assert error(client.get("/api/session")) == (403, "must_change")
    csrf = token(client)
    for new, again, status, says in ((SECOND, THIRD, 422, "The two new passwords differ."), ("short", "short", 422, "must have at least 8 characters."),
                                     (FIRST, FIRST, 422, "the password you have already")):
        answer = client.post("/password", data={"csrf": csrf, "old": FIRST, "new": new, "again": again})
        assert answer.status_code == status and says in answer.text
    answer = client.post("/password", data={"csrf": csrf, "old": "x", "new": SECOND, "again": SECOND})
    assert answer.status_code == 403 and "The password until now is not right." in answer.text
    before = client.cookies["__Host-desk"]
    answer = client.post("/password", data={"csrf": csrf, "old": FIRST, "new": SECOND, "again": SECOND})
    assert (answer.status_code, answer.headers["location"]) == (303, "/") and client.cookies["__Host-desk"] != before
    assert client.get("/api/session").json()["person"]["username"] == "carla"
    client.cookies.clear()
    client.cookies.set("__Host-desk", before)
    assert error(client.get("/api/session")) == (401, "signed_out")


def test_the_cookie(browser: Callable[..., TestClient]) -> None:
    client = browser()
    told = client.post("/sign-in", data={"username": "anna", "password": FIRST}).headers["set-cookie"]
    assert re.fullmatch(r"__Host-desk=[A-Za-z0-9_.-]+; HttpOnly; Path=/; SameSite=lax; Secure", told)
    out = client.post("/sign-out", data={"csrf": token(client)}).headers["set-cookie"]
    assert out.startswith('__Host-desk=""; ') and {"Max-Age=0", "Path=/", "Secure", "HttpOnly", "SameSite=lax"} <= set(out.split("; "))
    assert "set-cookie" not in client.post("/sign-in", data={"username": "anna", "password": "x"}).headers


def test_whatever_is_refused_at_sign_in_is_one_answer(house: House, browser: Callable[..., TestClient]) -> None:
    house.run("merged", [{"username": "ben", "disabled": True}])
    client = browser()
    pages = {re.sub(r'value="[^"]*"', "", client.post("/sign-in", data={"username": name, "password": "x"}).text)
             for name in ("anna", "ben", "nobody", "x" * 99)}
    assert len(pages) == 1 and "do not go together" in pages.pop()
    answers = [client.post("/sign-in", data={"username": name, "password": "x"}) for name in ("anna", "ben", "nobody")]
    assert {(each.status_code, tuple(each.headers)) for each in answers} == {(401, tuple(answers[0].headers))}


def test_a_refusal_takes_its_time(browser: Callable[..., TestClient], monkeypatch: pytest.MonkeyPatch) -> None:
    """As long for whoever is there as for whoever is not; who is let in does not wait."""
    monkeypatch.setattr(web, "SLOWEST", 1.0)
    for name, password, long in (("anna", "x", True), ("nobody", "x", True), ("anna", FIRST, False)):
        client, began = browser(), time.monotonic()
        assert client.post("/sign-in", data={"username": name, "password": password}).status_code == (401 if long else 303)
        assert (time.monotonic() - began >= 1.0) == long


@pytest.mark.parametrize("typed", ['"><script>alert(1)</script>', "' onfocus=alert(1) x='", "{{ 7*7 }}", "\u202e\u0000\ud7ff", "<!--", "å" * 300])
def test_what_is_typed_is_text(browser: Callable[..., TestClient], typed: str) -> None:
    answer = browser().post("/sign-in", data={"username": typed, "password": "x"})
    assert answer.status_code == 401 and "<script>alert" not in answer.text and "49" not in re.findall(r'value="(.*?)"', answer.text)
    shown = re.search(r'<input id="username" name="username" value="([^"]*)" autocomplete', answer.text)
    assert shown and "<" not in shown[1] and len(shown[1]) <= 1200


# What is not a form of ours

@pytest.mark.parametrize(("content", "kind"), [
    (b"", ""), (b"\xff\xfe", "application/x-www-form-urlencoded"), (b"username=%ff&password=%ed%a0%80", "application/x-www-form-urlencoded"),
    (b"&" * 9000, ""), (b"a=1&" * 4000, ""), (b'{"username": "anna", "password": "' + FIRST.encode() + b'"}', "application/json"),
    (b'--x\r\nContent-Disposition: form-data; name="username"\r\n\r\n\\ud800\r\n--x--\r\n', "multipart/form-data; boundary=x; charset=unicode_escape"),
    (b"username=anna&password=x&username=ben", "")])
def test_what_is_no_form_signs_nobody_in(browser: Callable[..., TestClient], content: bytes, kind: str) -> None:
    client = browser()
    assert client.post("/sign-in", content=content, headers={"Content-Type": kind}).status_code == 401
    assert client.post("/sign-out", content=content, headers={"Content-Type": kind}).status_code == 303
    assert client.post("/password", content=content, headers={"Content-Type": kind}).status_code == 401


@pytest.mark.parametrize("path", POSTS)
def test_what_is_too_long_is_not_read(browser: Callable[..., TestClient], path: str) -> None:
    client = browser("anna")
    read = []

    def endless() -> Iterator[bytes]:
        for _count in range(1000):
            read.append(1)
            yield b"x" * 10_000

    answer = client.post(path, content=endless(), headers={"X-CSRF-Token": token(client)})
    assert answer.status_code == 413


@pytest.mark.parametrize("said", [b"", b"[]", b"null", b"1", b'"x"', b"[" * 16_000, b'{"a":' * 3000, b"\xff", b"9" * 9000, b'{"act": NaN', b"{" * 16_384])
def test_what_is_no_json(browser: Callable[..., TestClient], said: bytes) -> None:
    client = browser("anna")
    for path in ACTS:
        assert error(asks(client, path, said)) == (404, "not_found")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(), lambda each: st.lists(each, max_size=3)
                    | st.dictionaries(st.sampled_from(["act", "reason", "lines", "level", "text", "at", "page"]), each, max_size=4), max_leaves=12))
def test_whatever_is_said_is_answered(browser: Callable[..., TestClient], office: Office, said: Any) -> None:
    if "word" not in vars(office):
        office.word = office.sign_in()
    client = browser()
    client.cookies.set("__Host-desk", office.word)
    csrf = office.does("who", session=office.word)["token"]
    for path in ACTS:
        assert asks(client, path, json.dumps(said), csrf).status_code in (200, 204, 404, 409)


# Other sites

@pytest.mark.parametrize("origin", [None, "null", "", "https://evil.example", "http://pbx.example.org", f"{SITE}.evil.example", f"{SITE}:8443", f"{SITE}/",
                                    "*"])
@pytest.mark.parametrize("path", POSTS)
def test_no_other_site_changes_anything(browser: Callable[..., TestClient], path: str, origin: str | None) -> None:
    client = browser("anna")
    csrf = token(client)
    headers = {"X-CSRF-Token": csrf, "Origin": origin or ""}
    request = client.build_request("POST", path, data={"csrf": csrf, "username": "anna", "password": FIRST}, headers=headers)
    if origin is None:
        del request.headers["origin"]
    assert error(client.send(request)) == (403, "other_site")
    assert client.get("/api/session").status_code == 200


@pytest.mark.parametrize("path", ["/sign-out", "/password", *ACTS])
def test_a_session_has_a_token_of_its_own(browser: Callable[..., TestClient], path: str) -> None:
    client, other = browser("anna"), browser("ben")
    for csrf in ("", "x", token(other), token(browser("anna"))):
        data = {"csrf": csrf, "old": FIRST, "new": SECOND, "again": SECOND, "act": "sign_out"}
        answer = asks(client, path, data, csrf) if path.startswith("/api") else client.post(path, data=data)
        assert answer.status_code == 403 and "did not come from the desk" in answer.text or error(answer) == (403, "other_site")
    assert client.get("/api/session").json()["queue"]["signed_in"]


@pytest.mark.parametrize("name", ["", "a b", "evil.example/x", "pbx.example.org@evil.example", "a;script-src *", "[::1", "a:b:c", "a\u00e9", "x'", "a,b"])
def test_a_host_has_a_name(browser: Callable[..., TestClient], name: str) -> None:
    """It comes back in headers and addresses."""
    answer = browser("anna").get("/api/session", headers=[(b"host", name.encode("latin-1"))])
    assert error(answer) == (400, "not_found")


def test_nothing_leads_to_another_site(browser: Callable[..., TestClient]) -> None:
    client = browser("anna")
    for path in ("/sign-in/", "/password/", "/api/session/", f"{SITE}//evil.example/sign-in", "/avatar/anna/"):
        answer = client.get(path)
        assert answer.status_code == 404 and "location" not in answer.headers


def test_where_a_page_may_connect_to(house: House, browser: Callable[..., TestClient]) -> None:
    client = browser("anna")
    assert re.search(r"connect-src 'self'$", client.get("/").headers["content-security-policy"])
    house.run("merged", [{"username": "anna", "phone.wss_port": 8443}])
    assert client.get("/").headers["content-security-policy"].endswith("connect-src 'self' wss://pbx.example.org:8443")
    there = client.get("/", headers={"Host": "[2001:db8::1]:443"})
    assert there.headers["content-security-policy"].endswith("wss://[2001:db8::1]:8443")


# Headers

def test_each_route_is_tried_here(desk: Desk) -> None:
    routes = application(desk).app.router.routes  # type: ignore[attr-defined]
    told = {(method, re.sub(r"\{message\}", "1-1", re.sub(r"\{username\}", "anna", each.path))) for each in routes for method in each.methods}
    assert told == {*(("GET", each) for each in GETS), *(("HEAD", each) for each in GETS), *(("POST", each) for each in POSTS)}


@pytest.mark.parametrize("state", ["in", "out", "keeper gone", "failing"])
def test_every_answer_is_guarded(browser: Callable[..., TestClient], monkeypatch: pytest.MonkeyPatch, state: str) -> None:
    client = browser("anna") if state != "out" else browser()
    if state == "keeper gone":
        monkeypatch.setattr(web, "KEEPER", "/nowhere")
    if state == "failing":
        monkeypatch.setattr(web, "session_of", lambda _request: 1 / 0)
    asked = [*(("GET", path) for path in GETS if (path, state) != ("/api/events", "in")), *(("HEAD", path) for path in GETS),
             *(("POST", path) for path in POSTS), *(("PUT", path) for path in POSTS),
             *(("DELETE", path) for path in GETS), ("GET", "/nothing"), ("GET", "/api/nothing"), ("OPTIONS", "/"),
             ("GET", "/avatar/"), ("TRACE", "/"), ("PROPFIND", "/sign-in"), ("GET", "/api/queue"), ("GET", "/static/x"), ("GET", "/sign-out")]
    statuses = set()
    for method, path in asked:
        answer = client.request(method, path, data={"username": "nobody"} if method == "POST" else None)
        statuses.add(answer.status_code)
        told = answer.headers
        assert told["x-content-type-options"] == "nosniff" and told["x-frame-options"] == "DENY", (method, path)
        assert told["cache-control"] == "no-store" and told["referrer-policy"] == "same-origin", (method, path)
        assert told["cross-origin-opener-policy"] == told["cross-origin-resource-policy"] == "same-origin"
        assert "permissions-policy" in told and not {"server", "x-powered-by", "access-control-allow-origin"} & set(told)
        policy = told["content-security-policy"]
        assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "base-uri 'none'" in policy and "unsafe" not in policy
        assert ("form-action 'self'" in policy) == told.get("content-type", "").startswith("text/html"), (method, path)
        assert "Traceback" not in answer.text and "ZeroDivision" not in answer.text
        if method == "HEAD":
            assert answer.text == "" and (path == "/api/events" or answer.status_code == client.get(path).status_code)
    assert statuses >= {"in": {200, 404, 405}, "out": {303, 401, 404, 405}, "keeper gone": {503, 404, 405}, "failing": {500, 404, 405}}[state]


def test_errors_are_as_the_page_expects_them(browser: Callable[..., TestClient], monkeypatch: pytest.MonkeyPatch) -> None:
    client = browser()
    assert error(client.get("/api/nothing")) == (404, "not_found") and error(client.get("/api/queue")) == (405, "not_found")
    for path in GETS[3:]:
        assert error(client.get(path)) == (401, "signed_out")
    monkeypatch.setattr(web, "KEEPER", "/nowhere")
    client.cookies.set("__Host-desk", "x")
    for path in GETS[3:]:
        assert error(client.get(path)) == (503, "unready")
    for path in ("/", "/password"):
        answer = client.get(path)
        assert answer.status_code == 503 and "does not answer at the moment" in answer.text
    answer = client.post("/sign-in", data={"username": "anna", "password": FIRST})
    assert answer.status_code == 503 and "does not answer at the moment" in answer.text and FIRST not in answer.text


def test_nobody_is_told_that_she_is_out_who_is_not(browser: Callable[..., TestClient], office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    client = browser("anna")
    csrf = token(client)
    with monkeypatch.context() as gone:
        gone.setattr(web, "KEEPER", "/nowhere")
        assert client.post("/sign-out", data={"csrf": csrf}).status_code == 503 and "__Host-desk" in client.cookies
    assert client.post("/sign-out", data={"csrf": csrf}).status_code == 303
    assert client.post("/sign-out", data={"csrf": csrf}).headers["location"] == "/sign-in", "a second time too"


def test_every_refusal_has_a_text() -> None:
    keys = {key for path in DESK.glob("*.py") for key in re.findall(r'Refusal\(\s*"(\w+)"', path.read_text(encoding="utf-8"))}
    keys |= set(re.findall(r'"(\w+)" if name == "pause" else "(\w+)"', (DESK / "pauses.py").read_text(encoding="utf-8"))[0]) | {"signed_out", "unready"}
    assert len(keys) > 15 and {f"error.{each}" for each in keys} == {each for each in web.TEXTS if each.startswith("error.")}
    templates = "".join(path.read_text(encoding="utf-8") for path in DESK.glob("templates/*.html"))
    assert set(re.findall(r"text\.(\w+)", templates)) == {each for each in web.TEXTS if "." not in each}


def test_a_page_has_no_script_and_no_style_of_its_own() -> None:
    """The policy would not let it."""
    for path in DESK.glob("templates/*.html"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"<style|style=|\son\w+=|javascript:|<script(?![^>]*src=)", text) and "|safe" not in text, path.name


# Voicemail and pictures

def test_voicemail(browser: Callable[..., TestClient], office: Office) -> None:
    client = browser("anna")
    message = left(office, sound=bytes(range(100)))
    assert client.get("/api/voicemail").json() == [{"id": message, "from": '"Tom" <1003>', "at": 1790000000, "seconds": 7, "new": True}]
    answer = client.get(f"/api/voicemail/{message}")
    assert (answer.headers["content-type"], answer.content, answer.headers["accept-ranges"]) == ("audio/wav", bytes(range(100)), "bytes")
    assert asks(client, f"/api/voicemail/{message}", {"act": "heard"}).json()[0]["new"] is False
    assert asks(client, f"/api/voicemail/{message}", {"act": "delete"}).json() == []
    for path in ("/api/voicemail/..%2f..%2fx", "/api/voicemail/%2e%2e", "/api/voicemail/x%00"):
        assert error(client.get(path)) == (404, "not_found")
    assert error(browser("ben").get("/api/voicemail")) == (404, "no_mailbox")


@pytest.mark.parametrize(("wanted", "part"), [
    ("bytes=0-", (0, 100)), ("bytes=0-0", (0, 1)), ("bytes=10-19", (10, 20)), ("bytes=90-1000", (90, 100)), ("bytes=99-", (99, 100)),
    ("", None), ("bytes=100-", None), ("bytes=5-2", None), ("bytes=-5", None), ("bytes=0-1,5-6", None), ("0-5", None), ("items=0-5", None),
    ("bytes=a-b", None),
    ("bytes=" + "9" * 5000 + "-", None), ("bytes=0-" + "9" * 5000, None), ("bytes=1-2-3", None), ("bytes=\xb2-", None), ("bytes= 1-2", None)])
def test_a_player_asks_for_a_part(browser: Callable[..., TestClient], office: Office, wanted: str, part: tuple[int, int] | None) -> None:
    client = browser("anna")
    message = left(office, sound=bytes(range(100)))
    answer = client.get(f"/api/voicemail/{message}", headers=[(b"range", wanted.encode("latin-1"))])
    first, end = part or (0, 100)
    assert answer.content == bytes(range(first, end)) and answer.status_code == (206 if part else 200)
    assert answer.headers.get("content-range") == (f"bytes {first}-{end - 1}/100" if part else None)
    assert answer.headers["content-length"] == str(end - first)


def test_a_picture_is_one(browser: Callable[..., TestClient], monkeypatch: pytest.MonkeyPatch) -> None:
    client = browser("anna")
    assert error(client.get("/avatar/anna")) == (404, "not_found") and error(client.get("/avatar/..%2fx")) == (404, "not_found")
    assert error(browser().get("/avatar/anna")) == (401, "signed_out")


# The page's log

def logged(office: Office) -> list[dict[str, Any]]:
    return [json.loads(each) for each in (office.folder / "phonebar.log").read_text(encoding="utf-8").splitlines()]


@pytest.mark.row("P19")
@pytest.mark.parametrize(("level", "kept"), [("off", []), ("error", ["error"]), ("warning", ["error", "warning"]), ("info", ["error", "warning", "info"]),
                                             ("debug", ["error", "warning", "info", "debug"])])
def test_as_much_is_logged_as_is_asked_for(house: House, browser: Callable[..., TestClient], office: Office, level: str, kept: list[str]) -> None:
    house.run("merged", [{"username": "anna", "client_log": level}])
    lines: list[Any] = [{"at": 1790000000123, "level": each, "text": f"{each}\nforged line\r\u2028"}
                        for each in ("off", "error", "warning", "info", "debug", "x")]
    lines += [None, 1, "x", [], {}, {"level": ["error"]}, {"level": None}]
    assert asks(browser("anna"), "/api/log", {"lines": lines}).status_code == 204
    assert [each["level"] for each in logged(office)] == kept
    assert all(each == {"person": "anna", "at": 1790000000123, "level": each["level"], "text": f"{each['level']}\nforged line\r\u2028"}
               for each in logged(office))


def test_a_log_is_bounded(browser: Callable[..., TestClient], office: Office) -> None:
    client = browser("anna")
    csrf = token(client)
    for _count in range(40):
        said = {"lines": [{"at": [0] * 99, "level": "error", "text": "x" * 15_000}]}
        assert asks(client, "/api/log", said, csrf).status_code == 204
    assert os.path.getsize(office.folder / "phonebar.log") <= 256 * 1024 and logged(office)[0]["at"] is None
    assert error(asks(client, "/api/log", {"lines": "x"}, csrf)) == (404, "not_found")
    assert error(browser().post("/api/log", json={"lines": []})) == (401, "signed_out")


def test_the_log_file_turns(tmp_path: Path) -> None:
    found = web.log_file(str(tmp_path / "phonebar.log"))
    (handler,) = found.handlers
    assert isinstance(handler, logging.handlers.RotatingFileHandler) and (handler.maxBytes, handler.backupCount) == (10 * 2**20, 5) and not found.propagate
    handler.close()
    found.removeHandler(handler)


# Limits

class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_bucket() -> None:
    clock = Clock()
    limit = Limit(30, clock)
    for _count in range(30):
        assert not limit.reached("a")
        limit.take("a")
    assert limit.reached("a") and not limit.reached("b")
    clock.now = 1.9
    assert limit.reached("a")
    clock.now = 2.0
    assert not limit.reached("a")
    limit.take("a")
    assert limit.reached("a")
    clock.now = 62.0
    assert not limit.reached("a", 30) and limit.reached("a", 31)


def test_buckets_are_forgotten() -> None:
    clock = Clock()
    limit = Limit(30, clock)
    for count in range(10_000):
        limit.take(count)
    clock.now = 2.0
    limit.take("last")
    assert set(limit.taken) == {"last"}
    for count in range(30_000):
        limit.take(count)
    assert len(limit.taken) == 30_001 and limit.tidy_at > 20_000, "those that hold something are kept, and not looked through each time"


@pytest.mark.parametrize(("address", "of"), [
    ("192.0.2.7", "192.0.2.7"), ("::ffff:192.0.2.7", "192.0.2.7"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"), ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
    ("2001:db8:1:3::9", "2001:db8:1:3::/64"), ("::1", "::/64"), ("fe80::1%eth0", "fe80::/64"),
    ("", ""), ("unix:", ""), ("1.2.3.4, 5.6.7.8", ""), ("192.0.2.07", "")])
def test_whose_an_address_is(address: str, of: str) -> None:
    assert source(address) == of


def test_an_address_that_guesses_waits(browser: Callable[..., TestClient], desk: Desk) -> None:
    clock = desk.failures.clock = Clock()
    guesser = browser()
    for count in range(30):
        assert guesser.post("/sign-in", data={"username": f"nobody{count}", "password": "x"}).status_code == 401
    answer = guesser.post("/sign-in", data={"username": "anna", "password": FIRST})
    assert answer.status_code == 429 and "Too many tries" in answer.text and "set-cookie" not in answer.headers
    assert browser(**{"X-Real-IP": "192.0.2.8"}).post("/sign-in", data={"username": "anna", "password": FIRST}).status_code == 303
    clock.now = 2.5
    assert guesser.post("/sign-in", data={"username": "anna", "password": FIRST}).status_code == 303


def test_who_mistypes_nothing_is_not_counted(browser: Callable[..., TestClient]) -> None:
    """An office comes from one address."""
    client = browser()
    for _count in range(40):
        assert client.post("/sign-in", data={"username": "anna", "password": FIRST}).status_code == 303


def test_guesses_that_come_at_once_are_counted_one_after_another(desk: Desk, office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Few more than the limit are compared."""
    asked: list[str] = []

    async def slow(_ask: str, **said: str) -> dict[str, Any]:
        asked.append(said["username"])
        await asyncio.sleep(0.01)
        raise web.Refusal("wrong", 401)

    monkeypatch.setattr(web, "keeper", slow)

    async def guess() -> set[int]:
        transport = httpx2.ASGITransport(application(desk))
        async with httpx2.AsyncClient(transport=transport, base_url=SITE, headers={"Origin": SITE, "X-Real-IP": "192.0.2.7"}) as client:
            answers = await asyncio.gather(*(client.post("/sign-in", data={"username": f"n{count}", "password": "x"}) for count in range(450)))
            return {each.status_code for each in answers}

    assert asyncio.run(guess()) == {401, 429}
    assert 30 <= len(asked) < 30 + web.AT_ONCE and desk.waiting == 0


def test_changing_a_password_is_limited(browser: Callable[..., TestClient]) -> None:
    client = browser("anna")
    csrf = token(client)
    for _count in range(10):
        assert client.post("/password", data={"csrf": csrf, "old": FIRST, "new": "short", "again": "short"}).status_code == 422
    assert client.post("/password", data={"csrf": csrf, "old": FIRST, "new": SECOND, "again": SECOND}).status_code == 429
    other = browser("ben")
    assert other.post("/password", data={"csrf": token(other), "old": FIRST, "new": SECOND, "again": SECOND}).status_code == 303


def test_a_keeper_that_hangs_is_none(browser: Callable[..., TestClient], office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    client, go = browser("anna"), threading.Event()
    monkeypatch.setattr(web, "ANSWERS", 0.2)
    monkeypatch.setattr(office.keeper, "answer", lambda _question: go.wait(5) and {})
    assert error(client.get("/api/session")) == (503, "unready")
    go.set()


# Events

def told(chunk: bytes) -> tuple[str, Any]:
    found = re.fullmatch(r"event: (\w+)\ndata: (.*)\n\n", chunk.decode())
    assert found, chunk
    return found[1], json.loads(found[2])


def test_an_open_page_is_told_what_changes(desk: Desk, office: Office) -> None:
    async def open_page() -> None:
        word = office.sign_in()
        stream = desk.stream("anna", word)
        assert await stream.__anext__() == b": here\n\n"
        last = await desk.look({})
        first = dict([told(await stream.__anext__()) for _each in range(3)])
        assert first.pop("session") == office.does("session", session=word, host="pbx")["version"]
        assert first == {"queue": {"signed_in": True, "paused": False, "reason": "", "reasons": ["break", "lunch"]}, "voicemail": {"new": 0, "old": 0}}
        for _twice in range(2):
            last = await desk.look(last)
        assert all(each.empty() for each in desk.open), "what has not changed is not told again"
        left(office)
        last = await desk.look(last)
        assert told(await stream.__anext__()) == ("voicemail", {"new": 1, "old": 0})
        office.does("queue", session=word, act="pause", reason="lunch")
        last = await desk.look(last)
        assert told(await stream.__anext__())[1]["reason"] == "lunch"
        office.does("sign_out", session=word, address="")
        last = await desk.look(last)
        assert told(await stream.__anext__()) == ("out", {"error": "signed_out"})
        with pytest.raises(StopAsyncIteration):
            await stream.__anext__()
        assert not desk.open and await desk.look(last) == {}

    asyncio.run(open_page())


def test_the_pages_of_a_person_are_told_which_has_the_line(browser: Callable[..., TestClient], desk: Desk) -> None:
    client = browser("anna")

    async def open_pages() -> None:
        streams = [desk.stream(name, "x") for name in ("anna", "anna", "ben")]
        for each in streams:
            await each.__anext__()
        assert (await asyncio.to_thread(asks, client, "/api/line", {"page": "p-1"})).status_code == 204
        for each in streams[:2]:
            assert told(await each.__anext__()) == ("line", {"page": "p-1"})
        for wrong in ("", "x" * 41, "a b", "\n", 1, None, ["x"]):
            assert error(await asyncio.to_thread(asks, client, "/api/line", {"page": wrong})) == (404, "not_found")
        assert len(desk.open) == 3 and all(news.empty() for news in desk.open)
        for _count in range(30):
            await asyncio.to_thread(asks, client, "/api/line", {"page": "p-2"})
        assert max(news.qsize() for news in desk.open) == 20, "who does not listen costs no more"
        for each in streams:
            await each.aclose()

    asyncio.run(open_pages())


def test_two_pages_of_a_person_are_told_both_and_asked_for_once(desk: Desk, office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    real = web.keeper

    async def counted(ask: str, **said: Any) -> dict[str, Any]:
        asked.append(len(said["sessions"]))
        return await real(ask, **said)

    monkeypatch.setattr(web, "keeper", counted)

    async def open_pages() -> None:
        words = [office.sign_in() for _count in range(15)]
        streams = [desk.stream(f"p{count}", words[count % 15]) for count in range(240)]
        for each in streams:
            await each.__anext__()
        await desk.look({})
        for each in streams:
            assert {told(await each.__anext__())[0] for _event in range(3)} == {"session", "queue", "voicemail"}
            await each.aclose()

    asyncio.run(open_pages())
    assert asked == [15] and not desk.open


def test_who_does_not_listen_costs_little(desk: Desk, office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty events at most wait; the last state comes once somebody listens again."""
    state = {"n": 0}

    async def changing(_ask: str, **said: Any) -> dict[str, Any]:
        state["n"] += 1
        return {"seen": [{"queue": state["n"]} for _each in said["sessions"]]}

    monkeypatch.setattr(web, "keeper", changing)

    async def deaf() -> None:
        stream, last = desk.stream("anna", "x"), {}
        await stream.__anext__()
        for _count in range(100):
            last = await desk.look(last)
        (news,) = desk.open
        assert news.qsize() == 20
        assert [told(await stream.__anext__())[1] for _each in range(20)][-1] == 20
        await desk.look(last)
        assert told(await stream.__anext__()) == ("queue", 101)
        await stream.aclose()

    asyncio.run(deaf())


def test_a_person_has_so_many_pages(desk: Desk, browser: Callable[..., TestClient], office: Office) -> None:
    async def many() -> list[bytes]:
        streams = [desk.stream("anna", office.word) for _count in range(web.PAGES_OPEN + 5)]
        first = []
        for stream in streams:
            with contextlib.suppress(StopAsyncIteration):
                first.append(await stream.__anext__())
        assert len(desk.open) == web.PAGES_OPEN
        client = browser()
        client.cookies.set("__Host-desk", office.word)
        answer = await asyncio.to_thread(client.get, "/api/events")
        assert error(answer) == (429, "too_many")
        for each in streams:
            await each.aclose()
        return first

    office.word = office.sign_in()
    assert len(asyncio.run(many())) == web.PAGES_OPEN and not desk.open


def test_one_error_does_not_end_all_events(desk: Desk, office: Office, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(web, "LOOK", 0.01)
    answers: list[Any] = [{"strange": 1}, web.Refusal("unready", 503), {"seen": [{"queue": "new"}]}]

    async def strange(_ask: str, **_said: Any) -> dict[str, Any]:
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, Exception):
            raise answer
        return dict(answer)

    monkeypatch.setattr(web, "keeper", strange)

    async def watch() -> bytes:
        watching = asyncio.create_task(desk.watch())
        stream = desk.stream("anna", "x")
        await stream.__anext__()
        event = await asyncio.wait_for(stream.__anext__(), 5)
        watching.cancel()
        await stream.aclose()
        return bytes(event)

    assert told(asyncio.run(watch())) == ("queue", "new")
    assert "look: KeyError" in capsys.readouterr().err


def test_a_stream_says_that_it_is_there(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "ALIVE", 0.01)

    async def listen() -> list[bytes]:
        stream = desk.stream("anna", "x")
        found = [await stream.__anext__() for _count in range(3)]
        await stream.aclose()
        return found

    assert asyncio.run(listen()) == [b": here\n\n"] * 3 and not desk.open


def test_events_over_http(browser: Callable[..., TestClient], desk: Desk, office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the first word to the end, which a sign-out in another window is."""
    monkeypatch.setattr(web, "LOOK", 0.02)
    with browser() as client:
        client.post("/sign-in", data={"username": "anna", "password": FIRST})
        word = client.cookies["__Host-desk"]
        threading.Timer(0.5, lambda: office.does("sign_out", session=word, address="")).start()
        answer = client.get("/api/events")
        assert answer.headers["content-type"].startswith("text/event-stream") and answer.headers["x-accel-buffering"] == "no"
        assert answer.text.startswith(": here\n\nevent: session\n") and answer.text.endswith('event: out\ndata: {"error": "signed_out"}\n\n')
    assert client.head("/api/events").status_code == 401


def test_a_copy_of_a_page_is_another_one_when_its_files_change(office: Office, desk: Desk) -> None:
    path = office.folder / "phonebar.js"
    before = web.version("phonebar.js")
    assert web.version("phonebar.js") == before and web.version("phonebar.css") == "none"
    path.write_text("// another bundle")
    assert web.version("phonebar.js") != before
