# SPDX-License-Identifier: GPL-3.0-or-later
"""Many phones that register over web sockets at the same moment, run inside the browser's container: what a site's morning looks like to its host.

python3 crowd.py HOST PASSWORD CA NAME... (or `ha1:` and a digest for the password)
prints one JSON object: `seconds` of each from the first packet to the 200, and `wrong`, what else came of it.
"""

import asyncio
import json
import secrets
import ssl
import sys
import time

import websockets
from sip import Message, Request


async def register(name, host, trust, password=None, ha1=""):
    """The web socket of a phone that is registered, by its password or the digest that stands for it."""
    wire = await websockets.connect(f"wss://{host}/ws", ssl=trust, subprotocols=["sip"], open_timeout=120)
    request = Request("REGISTER", f"sip:{host}", f"{secrets.token_hex(6)}.invalid", name, host, transport="WSS", headers=("Expires: 120",))
    authorization = ""
    for _each in range(2):
        await wire.send(request.text(authorization=authorization))
        # Asterisk asks in between whether the phone is there
        while (answer := Message.parse(await asyncio.wait_for(wire.recv(), 120))).method != "REGISTER" or (answer.status or 0) < 200:
            pass
        if answer.status == 401 and not authorization:
            authorization = request.authorization(answer, password, ha1)
    if answer.status != 200:
        raise RuntimeError(f"{name}: {answer.status}")
    return wire


async def phone(name, host, password, trust):
    start = time.monotonic()
    wire = await register(name, host, trust, password, ha1=password.partition("ha1:")[2])
    taken = time.monotonic() - start
    await asyncio.sleep(5)      # all of them are there at the same time
    await wire.close()
    return taken


async def main(host, password, authority, *names):
    trust = ssl.create_default_context(cafile=authority)
    done = await asyncio.gather(*(phone(each, host, password, trust) for each in names), return_exceptions=True)
    print(json.dumps({"seconds": sorted(x for x in done if isinstance(x, float)), "wrong": [repr(x) for x in done if not isinstance(x, float)]}))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
