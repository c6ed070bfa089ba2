# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs as the phones' container's first process: starts programs, talks to baresip, reads files.

One JSON object a line comes in on stdin, one goes out on stdout for each. So a test needs neither a network path to the
container nor a `podman exec` (a third of a second) for each step, and the container ends when its test does.
It knows no phones: what a phone is and means is said outside, in __init__.py.
"""

import base64
import glob
import json
import os
import socket
import ssl
import subprocess
import sys
import threading
import time

HOME = "/run/phones"


def netstring(text):
    data = text.encode()
    return b"%d:%s," % (len(data), data)


class Program:
    """A program that runs until stopped, its output in a file; with a control port when it is a baresip."""

    def __init__(self, argv, log, control=None, react=None):
        self.events, self.answers, self.react = [], [], react or {}
        self.changed = threading.Condition()
        with open(log, "wb") as out:
            self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT)
        self.socket = self.connect(control, log) if control else None
        if self.socket:
            threading.Thread(target=self.listen, daemon=True).start()

    def connect(self, port, log):
        """baresip listens early, but sometimes drops a connection that was made before it was ready."""
        until = time.monotonic() + 10
        while self.process.poll() is None and time.monotonic() < until:
            with open(log, "rb") as file:
                if b"baresip is ready." in file.read():
                    return socket.create_connection(("127.0.0.1", port))
            time.sleep(0.02)
        with open(log, encoding="utf-8", errors="replace") as file:
            raise RuntimeError("baresip did not start: " + file.read()[-2000:])

    def listen(self):
        stream = self.socket.makefile("rb")
        while True:
            size = b""
            while (byte := stream.read(1)) != b":":
                if not byte:
                    return
                size += byte
            message = json.loads(stream.read(int(size) + 1)[:-1].decode("utf-8", "replace"), strict=False)
            with self.changed:
                (self.answers if message.get("response") else self.events).append(message)
                self.changed.notify_all()
            for command, params in self.react.get(message.get("type"), ()):
                self.send(command, params)

    def send(self, command, params=""):
        self.socket.sendall(netstring(json.dumps({"command": command, "params": params})))

    def control(self, command, params=""):
        with self.changed:
            before = len(self.answers)
            self.send(command, params)
            if not self.changed.wait_for(lambda: len(self.answers) > before, 5):
                raise RuntimeError(f"no answer to {command!r}")
            return self.answers[before]

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(3)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Wire:
    """A socket for single SIP requests."""

    def __init__(self, transport, host, port):
        kind = socket.SOCK_DGRAM if transport == "udp" else socket.SOCK_STREAM
        self.socket = socket.socket(socket.AF_INET, kind)
        self.socket.settimeout(5)
        self.socket.connect((host, port))
        self.rest = b""
        if transport == "tls":
            unverified = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            unverified.check_hostname, unverified.verify_mode = False, ssl.CERT_NONE
            self.socket = unverified.wrap_socket(self.socket)
        self.stream = transport != "udp"

    def receive(self):
        """The next message: a datagram, or on a stream as much as Content-Length says; "" at the end."""
        while True:
            head, blank, body = self.rest.partition(b"\r\n\r\n")
            length = [int(x.split(b":")[1]) for x in head.split(b"\r\n") if x.lower().startswith((b"content-length:", b"l:"))]
            size = len(head) + 4 + (length[0] if length and self.stream else len(body))
            if blank and len(self.rest) >= size:
                message, self.rest = self.rest[:size], self.rest[size:]
                return message.decode("utf-8", "replace")
            data = self.socket.recv(65536)
            if not data:
                return ""
            self.rest += data


class Inside:
    """The commands. Each takes and gives what JSON can carry; bytes travel as base64."""

    def __init__(self):
        self.programs, self.wires = {}, {}

    def start(self, name, argv, control=None, react=None):
        os.makedirs(HOME, exist_ok=True)
        self.programs[name] = Program(argv, f"{HOME}/{name}.log", control, react)

    def control(self, name, command, params=""):
        return self.programs[name].control(command, params)

    def events(self, name, since=0):
        return self.programs[name].events[since:]

    def browse(self, name, flags=()):
        """Starts a browser. Its pages are opened, evaluated and shut by its name."""
        from chromium import Chromium  # noqa: PLC0415  # the other containers need none
        os.makedirs(HOME, exist_ok=True)
        self.programs[name] = Chromium(f"{HOME}/{name}.log", f"/run/{name}", flags)

    def page(self, name, act, page, **arguments):
        return getattr(self.programs[name], act)(page, **arguments)

    def ended(self, name):
        return self.programs[name].process.poll()

    def stop(self, name):
        self.programs.pop(name).stop()

    def kill(self, name):
        self.programs[name].process.kill()

    def run(self, argv, timeout=60):
        done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=timeout, check=False)
        return [done.returncode, done.stdout.decode("utf-8", "replace")]

    def wire(self, key, transport, host, port):
        self.wires[key] = Wire(transport, host, port)
        return "{}:{}".format(*self.wires[key].socket.getsockname())

    def transmit(self, key, text):
        self.wires[key].socket.sendall(text.encode())

    def receive(self, key, timeout):
        self.wires[key].socket.settimeout(timeout)
        return self.wires[key].receive()

    def cut(self, key):
        self.wires.pop(key).socket.close()

    def write(self, path, data):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as out:
            out.write(base64.b64decode(data))

    def read(self, path, offset=0, size=-1):
        with open(path, "rb") as file:
            file.seek(offset)
            return base64.b64encode(file.read(size)).decode()

    def files(self, pattern):
        return [[path, os.path.getsize(path)] for path in sorted(glob.glob(pattern)) if os.path.isfile(path)]


def main():
    inside = Inside()
    print(json.dumps({"result": "ready"}), flush=True)
    for line in sys.stdin:
        try:
            order = json.loads(line)
            answer = {"result": getattr(inside, order.pop("do"))(**order)}
        except Exception as error:  # pylint: disable=broad-exception-caught  # whatever it is, the test must hear of it
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)
    for name in list(inside.programs):
        inside.stop(name)


if __name__ == "__main__":
    main()
