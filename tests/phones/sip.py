# SPDX-License-Identifier: GPL-3.0-or-later
"""SIP as text: reads what a phone's trace shows, writes single requests that no phone would send."""

import hashlib
import re
import secrets
from dataclasses import dataclass

TRACED = re.compile(r"#\n(?:UDP|TCP|TLS|WS|WSS) (\S+) -> (\S+)\n(.*?)\x1b\[;m", re.DOTALL)
PARAMETER = re.compile(r'(\w+)=(?:"([^"]*)"|([^,\s]+))')


@dataclass(frozen=True)
class Message:
    """One request or response. `sent` says whether the phone sent it (else: received it)."""

    start: str
    headers: tuple[tuple[str, str], ...]
    body: str
    sent: bool = False

    @classmethod
    def parse(cls, text, sent=False):
        head, _blank, body = text.replace("\r\n", "\n").partition("\n\n")
        start, *lines = head.split("\n")
        headers = tuple((name.strip().lower(), value.strip()) for name, _colon, value in (x.partition(":") for x in lines))
        return cls(start, headers, body, sent)

    def __getitem__(self, name):
        """The first header of that name, "" when there is none."""
        return next((value for key, value in self.headers if key == name.lower()), "")

    def all(self, name):
        return [value for key, value in self.headers if key == name.lower()]

    @property
    def status(self):
        """200 of `SIP/2.0 200 OK`; None for a request."""
        return int(self.start.split()[1]) if self.start.startswith("SIP/2.0 ") else None

    @property
    def method(self):
        """Also of a response: what it answers."""
        return self.start.split()[0] if self.status is None else self["CSeq"].split()[-1]

    @property
    def codecs(self):
        """Names in the order of the first audio line of the SDP, telephone-event left out: ["PCMU", "PCMA"]."""
        audio = re.search(r"^m=audio \d+ \S+ (.*)$", self.body, re.MULTILINE)
        names = {"0": "PCMU", "3": "GSM", "8": "PCMA", "9": "G722", "18": "G729"}  # need no rtpmap
        names.update(re.findall(r"^a=rtpmap:(\d+) ([^/\s]+)", self.body, re.MULTILINE))
        return [names[x] for x in audio[1].split() if names[x] != "telephone-event"] if audio else []

    @property
    def expires(self):
        """What a REGISTER asked for or its 200 granted."""
        found = re.search(r"expires=(\d+)", self["Contact"]) or re.search(r"(\d+)", self["Expires"])
        return int(found[1]) if found else None

    @property
    def caller(self):
        """(name, number) as a phone shows it: P-Asserted-Identity where it stands, else From."""
        value = self["P-Asserted-Identity"] or self["From"]
        quoted = re.match(r'\s*"((?:[^"\\]|\\.)*)"', value)
        name = re.sub(r"\\(.)", r"\1", quoted[1]) if quoted else value.partition("<")[0].strip()
        number = re.search(r"sips?:([^@;>]*)", value[quoted.end() :] if quoted else value)
        return name, number[1] if number else ""


def tag(value):
    found = re.search(r";tag=([^;>]+)", value)
    return found[1] if found else ""


@dataclass(frozen=True)
class Dialog:
    """A call that is up, as the phone sees it."""

    call: str
    own_tag: str
    other_tag: str
    target: str
    cseq: int       # highest that the phone has used

    @classmethod
    def all(cls, messages):
        """Those of a phone's messages, oldest first."""
        found = {}
        for message in messages:
            if message.method == "INVITE" and message.status == 200 and message["Call-ID"] not in found:
                call = [each for each in messages if each["Call-ID"] == message["Call-ID"]]
                invite = next(each for each in call if each.status is None)
                own, other = (message["From"], message["To"]) if invite.sent else (message["To"], message["From"])
                target = re.search(r"<([^>]+)>", (message if invite.sent else invite)["Contact"])[1]
                used = max((int(each["CSeq"].split()[0]) for each in call if each.sent and each.status is None), default=0)
                found[message["Call-ID"]] = cls(message["Call-ID"], tag(own), tag(other), target, used)
        return list(found.values())


def traced(log, address):
    """The messages in the log of a baresip that runs with -s at this address."""
    return [Message.parse(text, source.rpartition(":")[0] == address) for source, _target, text in TRACED.findall(log)]


def md5(text):
    return hashlib.md5(text.encode()).hexdigest()  # the digest of RFC 2617, not a safeguard of ours


@dataclass
class Request:
    """A request of our own; `text()` gives it for a socket bound to `local`."""

    method: str
    uri: str
    local: str
    user: str
    domain: str
    to: str = ""
    sender: str = ""        # the From, where it is not the user's own
    headers: tuple[str, ...] = ()
    body: str = ""
    transport: str = "UDP"
    rport: bool = True
    to_tag: str = ""        # within a dialog

    def __post_init__(self):
        self.call, self.tag, self.cseq = secrets.token_hex(8), secrets.token_hex(4), 0

    def text(self, method="", to_tag="", authorization=""):
        method = method or self.method
        self.cseq += method != "ACK"
        to_tag = to_tag or self.to_tag
        me, to = f"sip:{self.user}@{self.domain}", self.to or (f"sip:{self.user}@{self.domain}" if self.method == "REGISTER" else self.uri)
        lines = [
            f"{method} {self.uri} SIP/2.0",
            f"Via: SIP/2.0/{self.transport} {self.local};branch=z9hG4bK{secrets.token_hex(8)}" + (";rport" if self.rport else ""),
            f"From: {self.sender or f'<{me}>'};tag={self.tag}",
            f"To: <{to}>" + (f";tag={to_tag}" if to_tag else ""),
            f"Call-ID: {self.call}",
            f"CSeq: {self.cseq} {method}",
            f"Contact: <sip:{self.user}@{self.local};transport={self.transport.lower()}>",
            "Max-Forwards: 70",
            *self.headers,
            *([authorization] if authorization else []),
            f"Content-Length: {len(self.body.encode())}",
        ]
        return "\r\n".join(lines) + "\r\n\r\n" + self.body

    def authorization(self, response, password, ha1=""):
        """The header that answers a 401 or 407 (MD5, with or without qop), with a password or the digest that stands for it."""
        name, challenge = ("Authorization", response["WWW-Authenticate"]) if response.status == 401 else ("Proxy-Authorization", response["Proxy-Authenticate"])
        asked = {key: quoted or bare for key, quoted, bare in PARAMETER.findall(challenge)}
        ha1, ha2 = ha1 or md5(f"{self.user}:{asked['realm']}:{password}"), md5(f"{self.method}:{self.uri}")
        said = {"username": self.user, "realm": asked["realm"], "nonce": asked["nonce"], "uri": self.uri, "opaque": asked.get("opaque", "")}
        if "qop" in asked:
            cnonce = secrets.token_hex(4)
            digest, rest = md5(f"{ha1}:{asked['nonce']}:00000001:{cnonce}:auth:{ha2}"), f', qop=auth, nc=00000001, cnonce="{cnonce}"'
        else:
            digest, rest = md5(f"{ha1}:{asked['nonce']}:{ha2}"), ""
        return f"{name}: Digest " + ", ".join(f'{key}="{value}"' for key, value in said.items()) + f', response="{digest}", algorithm=MD5{rest}'
