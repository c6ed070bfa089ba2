# SPDX-License-Identifier: GPL-3.0-or-later
"""A TURN client for tests, run inside the phones' container (RFC 8656): what a server grants and refuses, and what comes back through it.

python3 turn.py JSON. The JSON: server, port, transport (udp, tcp, tls), username, credential; `count` of allocations that are held at the same time;
`peer` ([address, port]) and `data` to send there; `protocol` to be relayed (17: UDP, 6: TCP); `call` ([user, password, number]): a call over TCP to the
server, which is the PBX too, with sound over the relay. What it prints is JSON too: `codes` of the allocations (0: granted), `relayed`, `permission` (its
code), `answer` of the peer, `echoed` (how many of a hundred packets of sound came back as they were), `certificate` (SHA-256 of the server's).
"""

import hashlib
import hmac
import ipaddress
import json
import re
import secrets
import socket
import ssl
import struct
import sys
import time

import sip  # type: ignore[import-not-found,unused-ignore]  # both are beside it in the container
from inside import Wire  # type: ignore[import-not-found,unused-ignore]

MAGIC = 0x2112A442
ALLOCATE, REFRESH, PERMISSION, SEND, DATA = 0x003, 0x004, 0x008, 0x016, 0x017
USERNAME, INTEGRITY, ERROR, LIFETIME, PEER, PAYLOAD, REALM, NONCE, RELAYED, PROTOCOL = 0x06, 0x08, 0x09, 0x0D, 0x12, 0x13, 0x14, 0x15, 0x16, 0x19
SUCCESS, FAILURE, INDICATION = 0x100, 0x110, 0x010
SECONDS = 5


def attribute(kind, value):
    return struct.pack(">HH", kind, len(value)) + value + bytes(-len(value) % 4)


def header(kind, length, transaction):
    return struct.pack(">HHI", kind, length, MAGIC) + transaction


def xored(place):
    """A port and an IPv4 address as they travel."""
    address, port = place
    return struct.pack(">xBHI", 1, port ^ (MAGIC >> 16), int(ipaddress.IPv4Address(address)) ^ MAGIC)


def plain(value):
    _family, port, address = struct.unpack(">xBHI", value[:8])
    return str(ipaddress.IPv4Address(address ^ MAGIC)), port ^ (MAGIC >> 16)


def attributes(message):
    found, at = {}, 20
    while at + 4 <= len(message):
        kind, length = struct.unpack(">HH", message[at : at + 4])
        found.setdefault(kind, message[at + 4 : at + 4 + length])
        at += 4 + length + -length % 4
    return found


class Relay:
    """One connection to the server, with at most one allocation."""

    def __init__(self, server, port, transport, username, credential):
        self.username, self.credential, self.realm, self.nonce = username, credential, b"", b""
        self.stream, self.rest, self.certificate = transport != "udp", b"", ""
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM if self.stream else socket.SOCK_DGRAM)
        self.socket.settimeout(SECONDS)
        self.socket.connect((server, port))
        if transport == "tls":
            unverified = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            unverified.check_hostname, unverified.verify_mode = False, ssl.CERT_NONE
            self.socket = unverified.wrap_socket(self.socket)
            self.certificate = hashlib.sha256(self.socket.getpeercert(binary_form=True)).hexdigest()

    def message(self, kind, parts, transaction):
        if self.nonce:
            parts += attribute(USERNAME, self.username.encode()) + attribute(REALM, self.realm) + attribute(NONCE, self.nonce)
            key = hashlib.md5(self.username.encode() + b":" + self.realm + b":" + self.credential.encode()).digest()
            parts += attribute(INTEGRITY, hmac.new(key, header(kind, len(parts) + 24, transaction) + parts, hashlib.sha1).digest())
        return header(kind, len(parts), transaction) + parts

    def receive(self):
        if not self.stream:
            return self.socket.recv(65536)
        while len(self.rest) < 20 or len(self.rest) < 20 + struct.unpack(">H", self.rest[2:4])[0]:
            data = self.socket.recv(65536)
            if not data:
                raise ConnectionError("the server has hung up")
            self.rest += data
        size = 20 + struct.unpack(">H", self.rest[2:4])[0]
        message, self.rest = self.rest[:size], self.rest[size:]
        return message

    def ask(self, kind, parts):
        """(code, attributes) of the answer; 0 is success. A first 401, and a nonce that has expired, only say how to ask."""
        while True:
            transaction, signed = secrets.token_bytes(12), bool(self.nonce)
            self.socket.sendall(self.message(kind, parts, transaction))
            while (answer := self.receive())[8:20] != transaction:
                pass
            said = attributes(answer)
            if struct.unpack(">H", answer[:2])[0] == kind | SUCCESS:
                return 0, said
            code = said[ERROR][2] * 100 + said[ERROR][3]
            if not (code == 401 and not signed or code == 438):
                return code, said
            self.realm, self.nonce = said[REALM], said[NONCE]

    def allocate(self, protocol=17):
        return self.ask(ALLOCATE, attribute(PROTOCOL, bytes([protocol, 0, 0, 0])))

    def permit(self, peer):
        return self.ask(PERMISSION, attribute(PEER, xored(peer)))[0]

    def send(self, peer, data):
        nonce, self.nonce = self.nonce, b""     # an indication is not signed
        self.socket.sendall(self.message(SEND, attribute(PEER, xored(peer)) + attribute(PAYLOAD, data), secrets.token_bytes(12)))
        self.nonce = nonce

    def heard(self):
        """(peer, data) of the next datagram that comes through the relay."""
        while struct.unpack(">H", (message := self.receive())[:2])[0] != DATA:
            pass
        said = attributes(message)
        return plain(said[PEER]), said[PAYLOAD]

    def free(self):
        self.ask(REFRESH, attribute(LIFETIME, bytes(4)))


def echoed(relay, place, pbx, user, password, number):
    """Calls a number that sends back what it hears; how many packets of sound are heard again."""
    wire = Wire("tcp", pbx, 5060)
    body = "v=0\r\no=- 1 1 IN IP4 {0}\r\ns=-\r\nc=IN IP4 {0}\r\nt=0 0\r\nm=audio {1} RTP/AVP 8\r\n".format(*place)
    request = sip.Request("INVITE", f"sip:{number}@{pbx}", "{}:{}".format(*wire.socket.getsockname()), user, pbx, headers=("Content-Type: application/sdp",),
                          body=body, transport="TCP")
    authorization = ""
    while True:
        wire.socket.sendall(request.text(authorization=authorization).encode())
        while ((answer := sip.Message.parse(wire.receive())).status or 0) < 200:
            pass
        to_tag = sip.tag(answer["To"])
        request.body, body = "", request.body
        wire.socket.sendall(request.text("ACK", to_tag).encode())
        if answer.status != 401 or authorization:
            break
        request.body, authorization = body, request.authorization(answer, password)
    port = re.search(r"^m=audio (\d+)", answer.body, re.MULTILINE)
    if not port:
        raise ConnectionError(f"the call was refused: {answer.start}")
    peer, sound, found = (pbx, int(port[1])), secrets.token_bytes(160), 0
    relay.permit(peer)
    relay.socket.settimeout(0.02)
    for count in range(100):
        relay.send(peer, struct.pack(">BBHII", 0x80, 8, count, count * 160, 1) + sound)
        end = time.monotonic() + 0.02
        while time.monotonic() < end:
            try:
                found += relay.heard()[1][12:] == sound
            except TimeoutError:
                break
    relay.socket.settimeout(SECONDS)
    request.method = "BYE"
    wire.socket.sendall(request.text(to_tag=to_tag).encode())
    return found


def main(server, port, username, credential, transport="udp", count=1, peer=None, data="", protocol=17, call=()):
    relays = [Relay(server, port, transport, username, credential) for _each in range(count)]
    answers = [each.allocate(protocol) for each in relays]
    told = {"codes": [code for code, _said in answers], "certificate": relays[0].certificate}
    held = [each for each, (code, _said) in zip(relays, answers) if code == 0]
    if held and protocol == 17:
        told["relayed"] = plain(answers[told["codes"].index(0)][1][RELAYED])
        if peer:
            peer = tuple(peer)
            told["permission"] = held[0].permit(peer)
        if peer and told["permission"] == 0:
            held[0].send(peer, data.replace("RELAYED", "{}:{}".format(*told["relayed"])).encode())
            try:
                whence, answer = held[0].heard()
                told["answer"] = [*whence, answer.decode("utf-8", "replace")]
            except TimeoutError:
                told["answer"] = None
    if call:
        told["echoed"] = echoed(held[0], told["relayed"], server, *call)
    for each in held:
        each.free()
    print(json.dumps(told))


if __name__ == "__main__":
    main(**json.loads(sys.argv[1]))
