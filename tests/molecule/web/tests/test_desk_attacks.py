# SPDX-License-Identifier: GPL-3.0-or-later
"""Whoever wants in at the desk without a password, or in somebody else's place."""

import http.client
import json
import re
import ssl
import statistics
import threading
import time
import urllib.parse
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.phones import until

PASSWORD = "Very-own-pass-word-1"
HOSTILE = "\"><script>alert(1)</script>"


class Client:
    """One browser's worth of HTTP: it keeps a cookie and its session's token."""

    def __init__(self, address, authority):
        self.address, self.cookie, self.token = address, "", ""
        self.context = ssl.create_default_context(cadata=authority)

    def ask(self, method, path, body=None, form=None, **headers):
        """(status, headers in lower case, text)."""
        connection = http.client.HTTPSConnection(self.address, context=self.context, timeout=30)
        said = {"Origin": f"https://{self.address}"} if method == "POST" else {}
        if self.cookie:
            said["Cookie"] = self.cookie
        if form is not None:
            body, said["Content-Type"] = urllib.parse.urlencode(form), "application/x-www-form-urlencoded"
        elif body is not None:
            body, said["Content-Type"], said["X-CSRF-Token"] = json.dumps(body), "application/json", self.token
        said.update({name.replace("_", "-"): value for name, value in headers.items()})
        connection.request(method, path, body, {name: value for name, value in said.items() if value is not None})
        answer = connection.getresponse()
        text = answer.read().decode("utf-8", "replace")
        found = [(name.lower(), value) for name, value in answer.getheaders()]
        connection.close()
        for name, value in found:
            if name == "set-cookie":
                self.cookie = value.partition(";")[0]
        return answer.status, dict(found), text

    def sign_in(self, username, password=PASSWORD):
        status, headers, text = self.ask("POST", "/sign-in", form={"username": username, "password": password})
        return status, headers, text

    def enter(self, username):
        assert self.sign_in(username)[0] == 303
        status, _headers, text = self.ask("GET", "/api/session")
        assert status == 200, text
        self.token = json.loads(text)["csrf"]
        return self


@pytest.fixture(name="people", scope="module", autouse=True)
def people_fixture(pbx, staff):
    people = [{"username": name, "number": number, "voicemail": True, "voicemail_pin": "471182", "typology": "webrtc", "password": PASSWORD,
               "must_change_password": False}
              for name, number in (("wilma", "2841"), ("xaver", "2842"), ("yara", "2843"), ("zeno", "2844"))]
    staff(agents=people)
    pbx.agents({"username": "zeno", "disabled": True})


@pytest.fixture(name="client")
def client_fixture(pbx):
    """client() is a browser; client("wilma") one in which she is signed in."""
    authority = pbx.run("cat /etc/switchboard/tls/ca.pem")

    def make(name=""):
        made = Client(pbx.address, authority)
        return made.enter(name) if name else made

    return make


@pytest.fixture(name="patient")
def patient_fixture(pbx):
    """A desk that takes as many failures as a test needs, from one address."""
    def failures(most):
        pbx.run(f"sed -i 's/\"failures_per_minute\": [0-9]*/\"failures_per_minute\": {most}/' /etc/switchboard/desk.json; systemctl restart switchboard-desk")

    before = json.loads(pbx.run("cat /etc/switchboard/desk.json"))["failures_per_minute"]
    failures(100_000)
    yield
    failures(before)


def unlock(pbx, name):
    pbx.agents({"username": name, "locked": False})


@pytest.mark.row("P4", "P9")
def test_a_thousand_guesses(pbx, client):
    """The person is locked after ten, the address gets no further answers, and others elsewhere sign in meanwhile."""
    pbx.run("systemctl restart switchboard-desk")
    start, seen, lock = time.monotonic(), [], threading.Lock()

    def guess(number):
        status = client().sign_in("wilma", f"guess-{number}")[0]
        with lock:
            seen.append(status)

    with ThreadPoolExecutor(16) as pool:
        guesses = [pool.submit(guess, number) for number in range(1000)]
        inside = "import http.client, ssl; c = http.client.HTTPSConnection('127.0.0.1', context=ssl._create_unverified_context()); " \
                 f"c.request('POST', '/sign-in', 'username=xaver&password={PASSWORD}', {{'Origin': 'https://127.0.0.1', 'Content-Type': " \
                 "'application/x-www-form-urlencoded'}); print(c.getresponse().status)"
        assert pbx.python(inside) == "303", "from another address"
        for each in guesses:
            each.result()
    took = time.monotonic() - start
    answered = seen.count(401)
    assert set(seen) == {401, 429}
    assert 10 <= answered <= 30 + 16 + took / 2, f"{answered} answered in {took:.0f} s"
    assert pbx.agents(state="gathered", scope={"names": "wilma"})["gathered"][0]["locked"] is True
    assert client().sign_in("wilma")[0] == 429, "not even with the right password, from here and now"
    pbx.run("systemctl restart switchboard-desk")
    assert client().sign_in("wilma")[0] == 401, "nor from a new address: it is locked"
    unlock(pbx, "wilma")
    assert client().sign_in("wilma")[0] == 303
    audit = pbx.run("cat /var/log/switchboard/audit.log")
    assert '"act": "locked", "person": "wilma"' in audit and "guess-" not in audit


@pytest.mark.row("P8", "P9")
def test_what_is_refused_is_refused_alike(pbx, client, patient):
    """Unknown, wrong, locked and disabled: the same page, and no difference in time that could be told from chance."""
    del patient
    pbx.apply("settings", config={"sign_in": {"failures": 0}})
    pbx.agents({"username": "yara", "locked": True})
    tries = {"unknown": ("nobody.at.all", "x" * 12), "wrong": ("xaver", "x" * 12), "locked": ("yara", PASSWORD), "disabled": ("zeno", PASSWORD)}
    times, pages = {each: [] for each in tries}, {}
    for _round in range(15):
        for what, (username, password) in tries.items():
            start = time.perf_counter()
            status, headers, text = client().sign_in(username, password)
            times[what].append(time.perf_counter() - start)
            headers.pop("date")
            pages[what] = status, sorted(headers.items()), text.replace(username, "NAME"), len(headers.pop("content-length"))
    try:
        assert len({str((status, [each for each in headers if each[0] != "content-length"], text)) for status, headers, text, _size in pages.values()}) == 1
        medians = {what: statistics.median(found) for what, found in times.items()}
        spread = statistics.median(statistics.quantiles(found)[2] - statistics.quantiles(found)[0] for found in times.values())
        assert max(medians.values()) - min(medians.values()) < max(0.02, 3 * spread), f"{medians}, each within {spread:.3f} s"
        assert min(medians.values()) > 0.9
    finally:
        pbx.apply("settings", config={"sign_in": {"failures": None}})
        unlock(pbx, "yara")


def test_sessions_cannot_be_given_or_kept(pbx, client):
    """Each sign-in makes a new one; another password, a sign-out and an administrator end it; nobody can make one up."""
    one = client()
    one.cookie = "__Host-desk=chosen-by-somebody-else"
    one.enter("xaver")
    first = one.cookie
    assert "chosen" not in first
    one.enter("xaver")
    assert one.cookie != first
    name, value = one.cookie.split("=", 1)
    for forged in (value[:-9] + ("A" if value[-9] != "A" else "B") + value[-8:], value.rpartition(".")[0], "", "." * 40, "x" * 3000, "WzEs" + value[4:]):
        other = client()
        other.cookie = f"{name}={forged}"
        assert other.ask("GET", "/api/session")[0] == 401, forged
    away, stays = client("xaver"), client("yara")       # she has a one-time password afterwards
    assert away.ask("POST", "/sign-out", form={"csrf": away.token})[0] == 303
    for cookie in (first, one.cookie):
        other = client()
        other.cookie = cookie
        assert other.ask("GET", "/api/session")[0] == 401, "signed out everywhere"
    assert stays.ask("GET", "/api/session")[0] == 200
    pbx.apply("credentials", act="reset_password", kind="agents", names=["yara"], credentials_file=str(pbx.folder / "reset.yml"))
    assert stays.ask("GET", "/api/session")[0] == 401, "an administrator gave another password"


def test_no_change_from_another_page(client):
    """Neither from another site nor without the session's own token."""
    wilma, xaver = client("wilma"), client("xaver")
    act = {"act": "pause", "reason": "lunch"}
    for origin in (None, "null", "https://evil.example", f"http://{wilma.address}", f"https://{wilma.address}.evil.example"):
        assert wilma.ask("POST", "/api/queue", act, Origin=origin)[0] == 403, origin
        assert wilma.ask("POST", "/sign-in", form={"username": "wilma", "password": PASSWORD}, Origin=origin)[0] == 403, "nor in her place (login CSRF)"
    for token in ("", xaver.token, wilma.token[:-1] + "0" * (wilma.token[-1] != "0") + "1" * (wilma.token[-1] == "0")):
        assert wilma.ask("POST", "/api/queue", act, X_CSRF_Token=token)[0] == 403
        assert wilma.ask("POST", "/sign-out", form={"csrf": token})[0] == 403
        assert wilma.ask("POST", "/password", form={"csrf": token, "old": PASSWORD, "new": "Other-pass-1", "again": "Other-pass-1"})[0] == 403
    assert json.loads(wilma.ask("GET", "/api/session")[2])["queue"]["paused"] is False
    assert wilma.ask("POST", "/api/queue", act)[0] == 200
    assert wilma.ask("POST", "/api/queue", {"act": "unpause"})[0] == 200


PATHS = ["/", "/sign-in", "/password", "/api/session", "/api/nothing", "/api/voicemail", "/avatar/nobody", "/static/phonebar.js", "/static/nothing", "/nothing"]


@pytest.mark.parametrize("path", PATHS)
def test_headers(client, path):
    for each in (client(), client("wilma")):
        _status, headers, _text = each.ask("GET", path)
        assert headers["strict-transport-security"] == "max-age=31536000"
        assert headers["x-content-type-options"] == "nosniff"
        assert "server" not in headers or headers["server"] == "nginx"
        if not path.startswith("/static/"):
            policy = headers["content-security-policy"]
            assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy and "*" not in policy
            assert headers["x-frame-options"] == "DENY"
        if path.startswith(("/api/", "/avatar/")) or path in ("/", "/password", "/sign-in"):
            assert headers["cache-control"] == "no-store"


def test_the_cookie(client):
    _status, headers, _text = client().sign_in("wilma")
    name, *attributes = headers["set-cookie"].split("; ")
    assert name.startswith("__Host-desk=")
    assert {each.lower() for each in attributes} == {"httponly", "secure", "path=/", "samesite=lax"}


def test_what_is_typed_is_text(client, patient):
    del patient
    status, _headers, text = client().sign_in(HOSTILE, HOSTILE)
    assert status == 401
    assert "<script>alert" not in text and "&lt;script&gt;" in text
    for username in ("a" * 10_000, "wilma\r\nSet-Cookie: a=b", "wilma\0", "../../etc/passwd", "wilma' OR '1'='1", "\ufeffwilma", "WILMA\u200b"):
        assert client().sign_in(username)[0] in (401, 413), username


@pytest.mark.parametrize("path", ["/avatar/..%2f..%2fstore.db", "/avatar/%2e%2e", "/avatar/wilma%00.png", "/api/voicemail/..%2f..%2f2842%2fINBOX%2fmsg0000",
                                  "/api/voicemail/%2e%2e%2f%2e%2e%2fetc%2fpasswd", "/api/voicemail/msg0000", "/static/..%2f..%2f..%2f..%2fetc%2fpasswd",
                                  "/static/../../../etc/passwd", "/static/", "//etc/passwd"])
def test_nothing_beside_what_is_there(client, path):
    status, _headers, text = client("wilma").ask("GET", path)
    assert status in (400, 403, 404), text
    assert "root:" not in text and "Traceback" not in text and "SQLite" not in text


def test_nobody_hears_somebody_elses_mailbox(pbx, client):
    pbx.run("d=/var/spool/asterisk/voicemail/default/2842/INBOX; mkdir -p $d; printf '[message]\\ncallerid=Tom <2803>\\norigtime=1790000000\\nduration=3\\n"
            "msg_id=1790000000-00000001\\n' > $d/msg0000.txt; printf RIFF > $d/msg0000.wav; "
            "chown -R asterisk:asterisk /var/spool/asterisk/voicemail/default/2842")
    own, other = client("xaver"), client("wilma")
    assert json.loads(own.ask("GET", "/api/voicemail")[2])[0]["from"] == "Tom <2803>"
    assert own.ask("GET", "/api/voicemail/1790000000-00000001")[0] == 200
    assert other.ask("GET", "/api/voicemail/1790000000-00000001")[0] == 404
    assert other.ask("POST", "/api/voicemail/1790000000-00000001", {"act": "delete"})[0] == 404
    assert json.loads(own.ask("POST", "/api/voicemail/1790000000-00000001", {"act": "delete"})[2]) == []
    assert own.ask("GET", "/api/voicemail/1790000000-00000001")[0] == 404


def test_no_secret_stands_where_it_would_stay(pbx, client):
    """Neither in a page nor in a log; and the desk itself can read neither store nor keys."""
    wilma = client("wilma")
    session = json.loads(wilma.ask("GET", "/api/session")[2])
    secrets = [session["sip"]["ha1"], session["csrf"], session["ice"]["servers"][0]["credential"], wilma.cookie.partition("=")[2], PASSWORD]
    pages = "".join(wilma.ask("GET", path)[2] for path in ("/", "/sign-in", "/static/phonebar.js"))
    logs = pbx.run("cat /var/log/nginx/*.log /var/log/switchboard/* /var/log/switchboard-desk/* /var/log/asterisk/*.log; journalctl --no-pager -o cat")
    for secret in secrets:
        assert secret not in pages
        assert secret not in logs
    until(lambda: pbx.run("systemctl is-active switchboard-desk").strip() == "active", 5, lambda: AssertionError("not active"))
    process = pbx.run("systemctl show -p MainPID --value switchboard-desk").strip()
    assert re.search(r"Uid:\s+[1-9]", pbx.run(f"cat /proc/{process}/status"))
    for path in ("/var/lib/switchboard/store.db", "/etc/asterisk/manager.conf", "/etc/switchboard/tls/private.key", "/var/lib/switchboard-keeper/key"):
        head = f"setpriv --reuid switchboard-desk --regid switchboard-desk --clear-groups head -c 1 {path} 2>&1"
        assert "ermission denied" in pbx.run(head, check=False), path


def test_services_are_confined(pbx):
    levels = {each: float(re.search(r"level for .*: ([0-9.]+)", pbx.run(f"systemd-analyze security --no-pager {each}"))[1])
              for each in ("switchboard-desk", "switchboard-keeper")}
    assert levels["switchboard-desk"] <= 1.0 and levels["switchboard-keeper"] <= 2.0, levels
    assert pbx.run("stat -c %a:%U:%G /run/switchboard-keeper/socket /run/switchboard-desk/socket").split() == \
        ["660:root:switchboard-desk", "660:root:www-data"]
