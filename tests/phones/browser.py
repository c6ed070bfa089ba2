# SPDX-License-Identifier: GPL-3.0-or-later
"""Real browsers as phones: a Chromium in a container, each phone a page of it (page/phone.js, with JsSIP). It speaks as a baresip does."""

import hashlib
import json
from pathlib import Path

from tests.bed import npm

from . import Device, PhoneError, Phones, sip, until

IMAGE = "localhost/switchboard-browser"
HERE = Path(__file__).parent / "page"
CACHE = HERE.parents[2] / ".cache/page"
PORT = 8000     # a page of this very machine may have a microphone without TLS


class Trusting(Phones):
    """A container whose browsers trust one authority more than others do (PEM)."""

    def __init__(self, authority, **options):
        super().__init__(**{"image": IMAGE, **options})
        self.authority = authority

    def __enter__(self):
        super().__enter__()
        try:
            self.write("/run/page/ca.pem", self.authority)
            self.run("mkdir", "-p", "/root/.pki/nssdb")
            self.run("certutil", "-d", "sql:/root/.pki/nssdb", "-N", "--empty-password")
            self.run("certutil", "-d", "sql:/root/.pki/nssdb", "-A", "-n", "authority", "-t", "C,,", "-i", "/run/page/ca.pem")
            # Its network is a second late with IPv6, and Chromium drops what it is loading when that changes
            until(lambda: "tentative" not in self.run("ip", "-6", "address"), 10, lambda: PhoneError("the network does not settle"))
        except BaseException:
            self.close()
            raise
        return self


class Browsers(Trusting):
    """One container with a Chromium in it, and the tests' own page to be its telephones."""

    def __enter__(self):
        super().__enter__()
        try:
            self.write("/run/page/index.html", (HERE / "index.html").read_text())
            self.write("/run/page/bundle.js", (npm.built(HERE, CACHE) / "bundle.js").read_text())
            self.inside("start", name="page", argv=["python3", "-m", "http.server", str(PORT), "--bind", "127.0.0.1", "--directory", "/run/page"])
            self.inside("browse", name="chromium")
        except BaseException:
            self.close()
            raise
        return self

    def browser(self, user, pbx, password, **options):
        return Browser(self, next(self.numbers), user, pbx, password, **options)


class Listener(Device):
    """A telephone in a browser, of which `heard` says what comes in."""

    def hears(self, tone, timeout=10):
        """Waits until this tone (Hz, or a phone: that phone's) is the loudest it hears, in at least 1.5 seconds of sound."""
        tone = getattr(tone, "tone", tone)
        last = []

        def check():
            last[:] = [self.heard()]
            return last[0] if last[0]["packets"] > 40 and last[0]["level"] > 0.02 and abs(last[0]["pitch"] - tone) < 12 else None

        return until(check, timeout, lambda: self.complaint(f"does not hear {tone} Hz but {last}"))


class Browser(Listener):
    """One page with one line. Each method that waits has a time limit and fails with the messages it sent and got."""

    def __init__(self, browsers, number, user, pbx, password, *, realm="switchboard", host="", tone=0, video=False, expires=120):
        self.phones, self.user, self.pbx = browsers, user, pbx
        self.id, self.tone, self.cursor, self.dialled = f"{user}-{number}", tone or 500 + 130 * (number % 12), 0, False
        ha1 = hashlib.md5(f"{user}:{realm}:{password}".encode()).hexdigest()        # the page never sees the password
        self._page("open", url=f"http://localhost:{PORT}/index.html")
        until(lambda: self.ask("typeof phone === 'object'"), 20, lambda: PhoneError("the page did not load"))
        said = {"url": f"wss://{host or pbx}/ws", "domain": host or pbx, "user": user, "ha1": ha1, "realm": realm, "tone": self.tone, "video": video,
                "expires": expires}
        self.ask(f"phone.start({json.dumps(said)})")

    def __repr__(self):
        return f"<browser {self.user} of {self.pbx}>"

    def _page(self, act, **arguments):
        return self.phones.inside("page", name="chromium", act=act, page=self.id, **arguments)

    def ask(self, script, timeout=20):
        """The value of a script in the page."""
        return self._page("evaluate", script=script, timeout=timeout)

    # What it did and saw

    @property
    def sip(self):
        """Every message so far, oldest first."""
        return [sip.Message.parse(text, sent) for sent, text in self.ask("phone.trace") if text.strip()]

    def events(self, kind=""):
        """What happened so far: type, param, and when (seconds by its own clock)."""
        return [each for each in self.ask("phone.events") if kind in ("", each["type"])]

    def complaint(self, what):
        seen = "\n\n".join(f"{'sent' if sent else 'got'}: {text}" for sent, text in self.ask("phone.trace"))[-6000:]
        return PhoneError(f"browser {self.user}: {what}. Its events: {[(x['type'], x['param']) for x in self.events()]}. Its messages:\n{seen}")

    def _event(self, kinds, timeout, what):
        """Waits for the next event of these kinds, and takes it: the next wait looks behind it."""

        def check():
            for index, event in enumerate(self.events()[self.cursor :], self.cursor):
                if event["type"] in kinds:
                    self.cursor = index + 1
                    return event
                if event["type"] == "ended" and self.dialled:
                    raise self.complaint(f"not {what}: the call ended with {event['param']!r}")
            return None

        return self.wait(check, timeout, what)

    # Registration

    def registered(self, timeout=15):
        event = self._event(("registered", "refused"), timeout, "registered")
        if event["type"] == "refused":
            raise self.complaint(f"not registered: {event['param']}")
        return self

    def refused(self, timeout=15):
        """The status with which its registration was refused."""
        event = self._event(("registered", "refused"), timeout, "refused")
        if event["type"] == "registered":
            raise self.complaint("registered, though it should be refused")
        return event["param"]

    def disconnected(self, timeout=15):
        self._event(("disconnected",), timeout, "disconnected")
        return self

    def back(self, timeout=60):
        """How many seconds after its connection was lost it was registered again."""
        self.dialled = False
        lost = self._event(("disconnected",), timeout, "disconnected")
        return (self._event(("registered",), timeout, "registered again")["at"] - lost["at"]) / 1000

    def quit(self):
        """Hangs up, unregisters and is closed."""
        self.ask("phone.quit()")
        self._page("shut")

    # Calls

    def dial(self, number):
        self.cursor, self.dialled = len(self.events()), True
        self.ask(f"phone.dial({json.dumps(number)})")
        return self

    def ringing(self, timeout=10):
        """Somebody calls it."""
        self.dialled = False
        self._event(("ringing",), timeout, "ringing")
        return self

    def ringback(self, timeout=10):
        self._event(("ringback",), timeout, "hearing ringback")
        return self

    def answer(self):
        self.ask("phone.answer()")
        return self

    def established(self, timeout=15):
        self._event(("established",), timeout, "in a call")
        return self

    def hangup(self):
        self.dialled = False
        self.ask("phone.hangup()")
        return self

    def ended(self, timeout=10):
        """The reason with which its call ended: "486 Busy Here", or in other words."""
        self.dialled = False
        return self._event(("ended",), timeout, "out of the call")["param"]

    def hold(self):
        self.ask("phone.hold()")

    def resume(self):
        self.ask("phone.resume()")

    def dtmf(self, digits):
        """Sends digits as RFC 4733 events, one after another; it is over when this returns."""
        self.ask(f"phone.dtmf({json.dumps(digits)}), new Promise((over) => setTimeout(over, {280 * len(digits)}))")

    def message(self, number, text):
        """Sends a text; the status that answered it."""
        return self.ask(f"phone.message({json.dumps(number)}, {json.dumps(text)})")

    # What is heard and seen

    def heard(self, seconds=1.5):
        """What comes in for so long: `packets`, `level` (the highest, 0 to 1), `codec`, and `pitch`, the loudest tone at its end (Hz)."""
        return self.ask(f"phone.heard({seconds * 1000})")

    @property
    def pictures(self):
        """How many it has shown in the call that is up."""
        return self.ask("phone.inbound('video')")["framesDecoded"]
