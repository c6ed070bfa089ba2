# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What browsers speak to, behind nginx: pages and forms, and the requests of docs/desk.md. It knows nobody; the keeper does."""
from __future__ import annotations

import asyncio
import base64
import contextlib
import functools
import hashlib
import hmac
import json
import logging
import logging.handlers
import os
import re
import sys
import time
import urllib.parse
from collections.abc import AsyncIterator, Awaitable, Callable
from importlib import resources
from typing import Any, Optional

import jinja2
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .limits import Limit, source
from .refusal import Refusal

KEEPER = "/run/switchboard-keeper/socket"
STATIC = "/usr/local/share/switchboard/desk"
COOKIE = "__Host-desk"          # a browser takes it over TLS only, from this host only, for all of it (RFC 6265bis)
SLOWEST = 1.0                   # seconds after which a refused sign-in is answered, whatever the reason was
WAITING = 400                   # sign-ins that wait for the keeper; a hash takes its time
AT_ONCE = 2 * (os.cpu_count() or 1)     # of them that it is asked at once: as many guesses of one address come beyond the limit at most
ANSWERS = 45.0                  # seconds after which a keeper that does not answer is taken for none; nginx waits for a minute
LOOK = 2.0                      # seconds between two looks at what has become of open pages
ALIVE = 15.0                    # seconds after which an event stream says that it is still there
PAGES_OPEN = 20                 # event streams of one person
SOUNDS = 4                      # voicemail messages that are in memory at once
LEVELS = ("off", "error", "warning", "info", "debug")
LONGEST_BODY = 16 * 1024        # bytes; nginx lets no more through either
HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+)(:[0-9]{1,5})?")
PAGE_ID = re.compile("[A-Za-z0-9-]{1,40}")
RANGE = re.compile(r"bytes=([0-9]{1,15})-([0-9]{0,15})")

TEXTS: dict[str, str] = json.loads(resources.files(__package__).joinpath("texts/en.json").read_text("utf-8"))
PAGES = jinja2.Environment(loader=jinja2.PackageLoader(__package__), autoescape=True, undefined=jinja2.StrictUndefined)


def settings() -> dict[str, Any]:
    with open("/etc/switchboard/desk.json", encoding="utf-8") as file:
        found: dict[str, Any] = json.load(file)
        return found


def version(name: str) -> str:
    """Of a file that browsers keep: another one with each content."""
    path = os.path.join(STATIC, name)
    try:
        found = os.stat(path)
        return digest(path, found.st_mtime_ns, found.st_size)
    except FileNotFoundError:
        return "none"


@functools.lru_cache(4)
def digest(path: str, _time: int, _size: int) -> str:
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()[:12]


class Guarded:
    """Around the whole application: headers on each answer, and no change from another site's page."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        request = Request(scope)
        if not HOST.fullmatch(request.headers.get("host", "")):     # it comes back in headers and addresses
            await JSONResponse({"error": "not_found"}, 400)(scope, receive, sent)
            return
        if request.method not in ("GET", "HEAD") and request.headers.get("origin") != f"https://{request.headers.get('host')}":
            await JSONResponse({"error": "other_site"}, 403)(scope, receive, sent)
            return
        await self.app(scope, receive, sent)


HEADERS = {
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",        # without any, a browser says "Origin: null" of a form
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "microphone=(self), camera=(self), speaker-selection=(self), geolocation=(), payment=(), usb=()",
    "Cache-Control": "no-store",
}


def policy(websocket: str = "") -> str:
    """The content security policy of a page: nothing but its own files, and the web socket where its telephone connects to."""
    return ("default-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'; script-src 'self'; style-src 'self'; "
            f"img-src 'self' data:; media-src 'self' blob:; connect-src 'self'{websocket and ' ' + websocket}")


async def keeper(ask: str, **said: Any) -> dict[str, Any]:
    """The keeper's answer. Raises Refusal where that is one."""
    try:
        answer: dict[str, Any] = json.loads(await asyncio.wait_for(exchange(json.dumps({"ask": ask, **said}).encode()), ANSWERS))
    except (OSError, ValueError, asyncio.TimeoutError):
        raise Refusal("unready", 503) from None
    if "error" in answer:
        raise Refusal(answer.pop("error"), answer.pop("status"), **answer)
    return answer


async def exchange(question: bytes) -> bytes:
    reader, writer = await asyncio.open_unix_connection(KEEPER)
    try:
        writer.write(question + b"\n")
        return await reader.read()
    finally:
        writer.close()


async def body(request: Request) -> bytes:
    found = b""
    async for part in request.stream():
        found += part
        if len(found) > LONGEST_BODY:
            raise Refusal("too_long", 413)
    return found


async def form(request: Request) -> dict[str, str]:
    """What a form of ours sends (application/x-www-form-urlencoded); what another one sends is nothing. Of two of a name the last counts."""
    try:
        return dict(urllib.parse.parse_qsl((await body(request)).decode(), keep_blank_values=True, max_num_fields=5))
    except ValueError:
        return {}


def is_own(form: dict[str, str], token: str) -> bool:
    return hmac.compare_digest(form.get("csrf", "").encode(), token.encode())


def session_of(request: Request) -> str:
    """Raises Refusal where there is none."""
    found = request.cookies.get(COOKIE)
    if not found:
        raise Refusal("signed_out", 401)
    return found


def address(request: Request) -> str:
    """Where somebody comes from, as nginx saw it."""
    return request.headers.get("x-real-ip", "")


def page(name: str, status: int = 200, content_policy: str = "", **values: Any) -> Response:
    text = PAGES.get_template(name).render(text=TEXTS, style=version("phonebar.css"), script=version("phonebar.js"), **values)
    return HTMLResponse(text, status, {"Content-Security-Policy": content_policy or policy()})


def told(refusal: Refusal) -> str:
    return TEXTS[f"error.{refusal.key}"].format_map(refusal.values)


def with_session(response: Response, session: str) -> Response:
    response.set_cookie(COOKIE, session, secure=True, httponly=True, samesite="lax", path="/")
    return response


News = asyncio.Queue[tuple[str, Any]]


class Desk:
    def __init__(self, failures_per_minute: int, log: logging.Logger) -> None:
        self.failures, self.changes, self.log_bytes, self.log = Limit(failures_per_minute), Limit(10), Limit(256 * 1024), log
        self.waiting, self.turn, self.sounds = 0, asyncio.Semaphore(AT_ONCE), asyncio.Semaphore(SOUNDS)
        self.open: dict[News, tuple[str, str]] = {}     # of each page that is open: whose it is, and its session

    # Pages

    async def home(self, request: Request) -> Response:
        who = await keeper("who", session=session_of(request))
        if who["must_change"]:
            return RedirectResponse("/password", 303)
        return page("desk.html", content_policy=policy(f"wss://{host(request)}:{who['port']}" if "port" in who else ""))

    async def sign_in_page(self, request: Request) -> Response:
        with contextlib.suppress(Refusal):
            await keeper("who", session=session_of(request))
            return RedirectResponse("/", 303)
        return page("sign_in.html", error="", username="")

    async def sign_in(self, request: Request) -> Response:
        said, came = await form(request), time.monotonic()
        username, password, who = said.get("username", "")[:200], said.get("password", "")[:1000], source(address(request))
        try:
            if self.waiting >= WAITING:
                raise Refusal("too_many", 429)
            self.waiting += 1
            try:
                async with self.turn:
                    answer = await self.tried(who, username, password, address(request))
            finally:
                self.waiting -= 1
        except Refusal as refusal:
            if refusal.status == 401:
                await asyncio.sleep(max(0.0, came + SLOWEST - time.monotonic()))
            return page("sign_in.html", refusal.status, error=told(refusal), username=username)
        return with_session(RedirectResponse("/password" if answer["must_change"] else "/", 303), answer["session"])

    async def tried(self, who: str, username: str, password: str, address: str) -> dict[str, Any]:
        if self.failures.reached(who):
            raise Refusal("too_many", 429)
        try:
            return await keeper("sign_in", username=username, password=password, address=address)
        except Refusal as refusal:
            if refusal.status == 401:
                self.failures.take(who)
            raise

    async def sign_out(self, request: Request) -> Response:
        said = await form(request)
        try:
            session = session_of(request)
            if not is_own(said, (await keeper("who", session=session))["token"]):
                raise Refusal("other_site", 403)
            await keeper("sign_out", session=session, address=address(request))
        except Refusal as refusal:
            if refusal.status != 401:       # nobody is to think that she is out who is not
                raise
        response = RedirectResponse("/sign-in", 303, {"Clear-Site-Data": '"cache", "storage"'})
        response.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="lax")
        return response

    async def password_page(self, request: Request, error: str = "", status: int = 200) -> Response:
        who = await keeper("who", session=session_of(request))
        return page("password.html", status, error=error, csrf=who["token"], must_change=who["must_change"])

    async def password(self, request: Request) -> Response:
        said, session = await form(request), session_of(request)
        who = await keeper("who", session=session)
        if not is_own(said, who["token"]):
            raise Refusal("other_site", 403)
        new = said.get("new", "")
        try:
            if self.changes.reached(who["username"]):       # each is compared with many hashes
                raise Refusal("too_many", 429)
            self.changes.take(who["username"])
            if new != said.get("again", ""):
                raise Refusal("passwords_differ", 422)
            answer = await keeper("change_password", session=session, old=said.get("old", "")[:1000], new=new[:1000], address=address(request))
        except Refusal as refusal:
            return await self.password_page(request, told(refusal), refusal.status)
        return with_session(RedirectResponse("/", 303), answer["session"])

    # What the page asks for

    async def session(self, request: Request) -> Response:
        return JSONResponse(await keeper("session", session=session_of(request), host=host(request)))

    async def queue(self, request: Request) -> Response:
        session, _who, said = await self.change(request)
        answer = await keeper("queue", session=session, act=str(said.get("act", "")), reason=str(said.get("reason", "")))
        return JSONResponse(answer["queue"])

    async def voicemail(self, request: Request) -> Response:
        return JSONResponse((await keeper("voicemail", session=session_of(request)))["messages"])

    async def voicemail_sound(self, request: Request) -> Response:
        async with self.sounds:
            answer = await keeper("voicemail_sound", session=session_of(request), message=request.path_params["message"])
            return ranged(request, base64.b64decode(answer["content"]), "audio/wav")

    async def voicemail_act(self, request: Request) -> Response:
        session, _who, said = await self.change(request)
        answer = await keeper("voicemail_act", session=session, message=request.path_params["message"], act=str(said.get("act", "")))
        return JSONResponse(answer["messages"])

    async def avatar(self, request: Request) -> Response:
        answer = await keeper("avatar", session=session_of(request), username=request.path_params["username"])
        return Response(base64.b64decode(answer["content"]), media_type=answer["type"])

    async def take_log(self, request: Request) -> Response:
        """What the page says of its doings, as far as its owner's field client_log asks for it."""
        _session, who, said = await self.change(request)
        lines = said.get("lines")
        wanted = LEVELS[1:LEVELS.index(who["log"]) + 1]
        if not isinstance(lines, list):
            raise Refusal("not_found", 404)
        for each in lines:
            if isinstance(each, dict) and each.get("level") in wanted:
                at = each.get("at") if isinstance(each.get("at"), (int, float)) else None
                line = json.dumps({"person": who["username"], "at": at, "level": each["level"], "text": str(each.get("text", ""))})
                if not self.log_bytes.reached(who["username"], len(line)):
                    self.log_bytes.take(who["username"], len(line))
                    self.log.info("%s", line)
        return Response(status_code=204)

    async def change(self, request: Request) -> tuple[str, dict[str, Any], dict[str, Any]]:
        """The session, whose it is, and what was said with a request that changes something. Raises Refusal where not its own page asks."""
        session = session_of(request)
        who = await keeper("who", session=session)
        if not hmac.compare_digest(request.headers.get("x-csrf-token", "").encode(), who["token"].encode()):
            raise Refusal("other_site", 403)
        try:
            said = json.loads(await body(request))
        except (ValueError, RecursionError):
            said = None
        if not isinstance(said, dict):
            raise Refusal("not_found", 404)
        return session, who, said

    # Events

    async def events(self, request: Request) -> Response:
        session = session_of(request)
        who = (await keeper("who", session=session))["username"]
        if self.pages_of(who) >= PAGES_OPEN:
            raise Refusal("too_many", 429)
        if request.method == "HEAD":
            return Response(media_type="text/event-stream")
        return StreamingResponse(self.stream(who, session), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})

    async def line(self, request: Request) -> Response:
        """A page has the telephone from now on; the person's others look whether they still have it."""
        _session, who, said = await self.change(request)
        page = said.get("page")
        if not isinstance(page, str) or not PAGE_ID.fullmatch(page):
            raise Refusal("not_found", 404)
        for news, (person, _session) in self.open.items():
            if person == who["username"] and not news.full():       # who does not listen finds out by itself
                news.put_nowait(("line", {"page": page}))
        return Response(status_code=204)

    def pages_of(self, person: str) -> int:
        return sum(1 for each, _session in self.open.values() if each == person)

    async def stream(self, person: str, session: str) -> AsyncIterator[bytes]:
        if self.pages_of(person) >= PAGES_OPEN:     # many asked at once
            return
        news: News = asyncio.Queue(20)
        self.open[news] = person, session
        try:
            yield b": here\n\n"
            while True:
                try:
                    name, value = await asyncio.wait_for(news.get(), ALIVE)
                except asyncio.TimeoutError:
                    yield b": here\n\n"
                    continue
                yield f"event: {name}\ndata: {json.dumps(value)}\n\n".encode()
                if name == "out":
                    return
        finally:
            self.open.pop(news, None)

    async def watch(self) -> None:
        """Tells open pages what has changed for them."""
        last: dict[News, dict[str, Any]] = {}
        while True:
            await asyncio.sleep(LOOK)
            try:
                last = await self.look(last)
            except Refusal:     # the keeper is not there just now
                continue
            except Exception as wrong:      # no page would be told anything any more
                print(f"look: {wrong!r}", file=sys.stderr, flush=True)

    async def look(self, last: dict[News, dict[str, Any]]) -> dict[News, dict[str, Any]]:
        """What each page was told last, `last` with what it is told now."""
        sessions = list(dict.fromkeys(session for _person, session in self.open.values()))
        seen: dict[str, dict[str, Any]] = {}
        for start in range(0, len(sessions), 200):
            some = sessions[start:start + 200]
            seen.update(zip(some, (await keeper("look", sessions=some))["seen"]))
        last = {news: last.get(news, {}) for news in self.open}
        for news, (_person, session) in self.open.items():
            for name, value in seen.get(session, {}).items():
                if last[news].get(name) != value and not news.full():       # who does not listen is told later
                    news.put_nowait((name, value))
                    last[news][name] = value
        return last


def host(request: Request) -> str:
    """The name by which the browser came here, without a port."""
    found = HOST.fullmatch(request.headers["host"])
    return found[1] if found else ""


def ranged(request: Request, content: bytes, media_type: str) -> Response:
    """A file, or the part of it that a player asks for (RFC 9110, section 14). What is asked for in another way is answered with the whole."""
    headers, wanted, end = {"Accept-Ranges": "bytes"}, RANGE.fullmatch(request.headers.get("range", "")), len(content) - 1
    first, last = (int(wanted[1]), int(wanted[2] or end)) if wanted else (0, end)
    if not wanted or first > last or first > end:
        return Response(content, media_type=media_type, headers=headers)
    headers["Content-Range"] = f"bytes {first}-{min(last, end)}/{len(content)}"
    return Response(content[first:last + 1], 206, headers, media_type)


async def refused(request: Request, wrong: Exception) -> Response:
    """Also of what the framework refuses: an address or a method that there is not."""
    if isinstance(wrong, HTTPException):
        wrong = Refusal("not_found", wrong.status_code)
    assert isinstance(wrong, Refusal)  # noqa: S101, it is registered for nothing else
    if request.url.path.startswith(("/api/", "/avatar/")):
        return JSONResponse({"error": wrong.key}, wrong.status)
    if wrong.status == 401 and request.method in ("GET", "HEAD"):
        return RedirectResponse("/sign-in", 303)
    return page("error.html", wrong.status, error=told(wrong))


def log_file(path: str) -> logging.Logger:
    """Bounded by itself: whoever has a session can write to it."""
    found = logging.getLogger("phonebar")
    found.setLevel(logging.INFO)
    found.propagate = False
    found.addHandler(logging.handlers.RotatingFileHandler(path, maxBytes=10 * 2**20, backupCount=5, encoding="utf-8"))
    return found


def application(desk: Desk) -> ASGIApp:
    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        watch = asyncio.create_task(desk.watch())
        yield
        watch.cancel()

    def get(path: str, endpoint: Callable[[Request], Awaitable[Response]]) -> Route:
        return Route(path, endpoint, methods=["GET"])

    def post(path: str, endpoint: Callable[[Request], Awaitable[Response]]) -> Route:
        return Route(path, endpoint, methods=["POST"])

    app = Starlette(lifespan=lifespan, exception_handlers={Refusal: refused, HTTPException: refused}, routes=[
        get("/", desk.home), get("/sign-in", desk.sign_in_page), post("/sign-in", desk.sign_in), post("/sign-out", desk.sign_out),
        get("/password", desk.password_page), post("/password", desk.password),
        get("/api/session", desk.session), get("/api/events", desk.events), post("/api/queue", desk.queue), post("/api/log", desk.take_log),
        post("/api/line", desk.line),
        get("/api/voicemail", desk.voicemail), get("/api/voicemail/{message}", desk.voicemail_sound), post("/api/voicemail/{message}", desk.voicemail_act),
        get("/avatar/{username}", desk.avatar),
    ])
    app.router.redirect_slashes = False     # what has a slash too many is nothing, and leads nowhere
    return Guarded(app)


def main(found: Optional[dict[str, Any]] = None) -> ASGIApp:
    """For uvicorn (--factory)."""
    found = found or settings()
    return application(Desk(found["failures_per_minute"], log_file(found["phonebar_log"])))
