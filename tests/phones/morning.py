# SPDX-License-Identifier: GPL-3.0-or-later
"""Many people who sign in at the desk at the same moment, run inside the browser's container: what each page does, without a browser.

python3 morning.py HOST PASSWORD CA NAME... prints one JSON object: `signed_in` and `registered`, the seconds of each from the start of all, and `wrong`.
They stay for a while, with an open stream of events and a registered telephone each.
"""

import asyncio
import json
import ssl
import sys
import time
import urllib.parse

from crowd import register

STAY = 20   # seconds


class Page:
    def __init__(self, host, trust):
        self.host, self.trust, self.cookie = host, trust, ""

    async def connect(self, method, path, body="", kind=""):
        reader, writer = await asyncio.open_connection(self.host, 443, ssl=self.trust)
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self.host}", f"Origin: https://{self.host}", f"Content-Length: {len(body)}",
                 *([f"Content-Type: {kind}"] if kind else []), *([f"Cookie: {self.cookie}"] if self.cookie else [])]
        writer.write(("\r\n".join(lines) + "\r\n\r\n" + body).encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        for line in head.split("\r\n"):
            if line.lower().startswith("set-cookie:"):
                self.cookie = line.partition(":")[2].strip().partition(";")[0]
        return int(head.split()[1]), head, reader, writer

    async def ask(self, method, path, body="", kind=""):
        status, head, reader, writer = await self.connect(method, path, body, kind)
        length = next((int(line.partition(":")[2]) for line in head.split("\r\n") if line.lower().startswith("content-length:")), 0)
        content = await reader.readexactly(length)
        writer.close()
        return status, content


async def person(name, host, password, trust, start):
    page = Page(host, trust)
    form = urllib.parse.urlencode({"username": name, "password": password})
    status, _content = await page.ask("POST", "/sign-in", form, "application/x-www-form-urlencoded")
    if status != 303:
        raise RuntimeError(f"{name}: sign-in {status}")
    signed_in = time.monotonic() - start
    status, content = await page.ask("GET", "/api/session")
    if status != 200:
        raise RuntimeError(f"{name}: session {status}")
    _status, _head, _reader, events = await page.connect("GET", "/api/events")
    sip = json.loads(content)["sip"]
    wire = await register(sip["user"], host, trust, ha1=sip["ha1"])
    registered = time.monotonic() - start
    await asyncio.sleep(STAY)
    events.close()
    await wire.close()
    return signed_in, registered


async def main(host, password, authority, *names):
    trust, start = ssl.create_default_context(cafile=authority), time.monotonic()
    done = await asyncio.gather(*(person(each, host, password, trust, start) for each in names), return_exceptions=True)
    good = [each for each in done if isinstance(each, tuple)]
    print(json.dumps({"signed_in": sorted(each[0] for each in good), "registered": sorted(each[1] for each in good),
                      "wrong": [repr(each) for each in done if not isinstance(each, tuple)]}))


asyncio.run(main(*sys.argv[1:]))
