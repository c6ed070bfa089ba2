# SPDX-License-Identifier: GPL-3.0-or-later
"""A SIP provider for tests, run inside the phones' container: takes registrations, answers calls as its rules say, and sends back what it hears.

python3 provider.py FOLDER. In FOLDER: `rules.json` ({"user": ..., "password": ..., "answers": {number: status}}; an answer is 200 when none is
said, 0 is silence) is read again for each request; every request goes to `seen.jsonl`.
"""

import hashlib
import json
import os
import re
import socket
import sys
import threading

FOLDER = sys.argv[1]
REALM, NONCE = "provider.example.org", "0123456789abcdef"
REASONS = {200: "OK", 403: "Forbidden", 404: "Not Found", 480: "Temporarily Unavailable", 486: "Busy Here", 503: "Service Unavailable", 603: "Decline"}


def rules():
    try:
        with open(os.path.join(FOLDER, "rules.json"), encoding="utf-8") as file:
            return json.load(file)
    except OSError:
        return {}


def md5(text):
    return hashlib.md5(text.encode()).hexdigest()


def header(head, name):
    found = re.search(rf"^{name}: *(.*)$", head, re.MULTILINE | re.IGNORECASE)
    return found[1].strip() if found else ""


class Echo:
    """What comes in goes back, to where it came from."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("0.0.0.0", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            data, whence = self.socket.recvfrom(2048)
            self.socket.sendto(data, whence)


class Provider:
    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("0.0.0.0", 5060))
        self.address = socket.gethostbyname(socket.gethostname())
        self.waiting = {}       # Call-ID: an INVITE that has no final answer yet

    def reply(self, head, whence, status, more=(), body=""):
        copied = [line for line in head.splitlines()[1:] if line.lower().startswith(("via:", "from:", "call-id:", "cseq:", "record-route:"))]
        to = header(head, "To")
        lines = [f"SIP/2.0 {status} {REASONS.get(status, 'Whatever')}", *copied, f"To: {to}" + ("" if "tag=" in to or status == 100 else ";tag=provider")]
        lines += [*more, f"Content-Length: {len(body)}"]
        self.socket.sendto(("\r\n".join(lines) + "\r\n\r\n" + body).encode(), whence)

    def is_known(self, head, said):
        """Whether the request carries the right answer to the challenge."""
        given = dict(re.findall(r'(\w+)="?([^",\s]+)"?', header(head, "Authorization") + header(head, "Proxy-Authorization")))
        ha1, ha2 = md5(f"{said['user']}:{REALM}:{said['password']}"), md5(f"{head.split()[0]}:{given.get('uri')}")
        middle = f":{given['nc']}:{given['cnonce']}:{given['qop']}" if "qop" in given else ""
        return given.get("response") == md5(f"{ha1}:{NONCE}{middle}:{ha2}")

    def invite(self, head, whence, said):
        number = re.search(r"sip:([^@;> ]*)", head)[1]
        status = said.get("answers", {}).get(number, 200)
        if not status:
            return
        if status == 200:
            echo = Echo()
            codec = re.search(r"m=audio \d+ \S+ (\d+)", head + self.body)
            body = (f"v=0\r\no=- 1 1 IN IP4 {self.address}\r\ns=-\r\nc=IN IP4 {self.address}\r\nt=0 0\r\n"
                    f"m=audio {echo.port} RTP/AVP {codec[1] if codec else 8}\r\n")
            self.reply(head, whence, 200, (f"Contact: <sip:{number}@{self.address}:5060>", "Content-Type: application/sdp"), body)
        elif status == 180:
            self.waiting[header(head, "Call-ID")] = head
            self.reply(head, whence, 180, (f"Contact: <sip:{number}@{self.address}:5060>",))
        else:
            self.reply(head, whence, status)

    def run(self):
        while True:
            data, whence = self.socket.recvfrom(65536)
            head, _blank, self.body = data.decode("utf-8", "replace").replace("\r\n", "\n").partition("\n\n")
            method, said = head.split(" ")[0], rules()
            if not method.isalpha() or method == "ACK":
                continue
            with open(os.path.join(FOLDER, "seen.jsonl"), "a", encoding="utf-8") as file:
                file.write(json.dumps([head, self.body]) + "\n")
            if said.get("user") and method in ("REGISTER", "INVITE") and not self.is_known(head, said):
                status, name = (401, "WWW-Authenticate") if method == "REGISTER" else (407, "Proxy-Authenticate")
                self.reply(head, whence, status, (f'{name}: Digest realm="{REALM}", nonce="{NONCE}", qop="auth", algorithm=MD5',))
            elif method == "REGISTER":
                self.reply(head, whence, 200, (f"Contact: {header(head, 'Contact')};expires=600",))
            elif method == "INVITE":
                self.invite(head, whence, said)
            else:
                self.reply(head, whence, 200)
                if method == "CANCEL" and header(head, "Call-ID") in self.waiting:
                    self.reply(self.waiting.pop(header(head, "Call-ID")), whence, 487)


if __name__ == "__main__":
    Provider().run()
