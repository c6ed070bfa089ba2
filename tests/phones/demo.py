# SPDX-License-Identifier: GPL-3.0-or-later
"""The end of `make demo`: a proof call from the desk to a telephone, and what to do next."""

import subprocess
import sys
from pathlib import Path

import yaml

from tests.bed import podman

from . import Phones
from .desk import Desks

HOST = "switchboard-demo-pbx"
INVENTORY = Path("inventory/demo")
CALLER, CALLED = "chiara.greco", "fabio.neri"
TO_TRY = ("alba.conti", "bruno.ferri")


def people():
    """(number, name, how it phones) of everybody, as their files say."""
    for kind, key, name in (("extensions", "name", "display_name"), ("agents", "username", "full_name")):
        for each in yaml.safe_load((INVENTORY / f"people/{kind}.yml").read_text())[kind]:
            browser = kind == "agents" and each.get("typology", "webrtc") != "external"
            yield each["number"], each[name], f"browser over wss, user {each[key]}" if browser else f"SIP over {each.get('transport', 'udp')}, user {each[key]}"


def proof_call(address, passwords):
    """Audio heard both ways between somebody at the desk and a SIP telephone; raises with what they show when not."""
    numbers = {each["username"]: each["number"] for each in yaml.safe_load((INVENTORY / "people/agents.yml").read_text())["agents"]}
    first = passwords[CALLER]["password"]
    authority = subprocess.run(["podman", "exec", HOST, "cat", "/etc/switchboard/tls/ca.pem"], capture_output=True, text=True, check=True).stdout
    with Phones() as phones, Desks(authority) as desks:
        called = phones.baresip(CALLED, address, passwords[CALLED]["sip_password"], codecs=("alaw",)).registered()
        caller = desks.desk(address).enter(CALLER, first, f"{first}-mine")
        caller.fill("Number", numbers[CALLED]).press("Call")
        called.ringing().answer().established()
        caller.hears(called)
        called.hears(caller)
        caller.press("Hang up")
        called.ended()
        caller.press("Sign out").shows("Username")
    return f"{CALLER} signed in at the desk and called {CALLED} at {numbers[CALLED]}; each heard the other's tone."


def main():
    address = podman.address(HOST)
    credentials = INVENTORY / "credentials.yml"
    passwords = yaml.safe_load(credentials.read_text())["demo-pbx"]["agents"]
    print("A proof call from a browser to a telephone ...", flush=True)
    print(f"""
  {proof_call(address, passwords)}

  Everybody calls everybody by number, at {address}:
""")
    for number, name, how in sorted(people()):
        print(f"    {number}  {name:20}  {how}")
    print(f"""
  The desk, in a browser of this machine: https://{address}/
  (its certificate is by the demo's own authority, inventory/demo/ca.pem: trust it, or go on past the warning)

    {TO_TRY[0]:12}  {passwords[TO_TRY[0]]["password"]}
    {TO_TRY[1]:12}  {passwords[TO_TRY[1]]["password"]}

  Those are first passwords, good for one sign-in: you are asked for one of your own.

    *43   echo test
    *97   the own mailbox
    *8    picks up a call that rings in the own group

  Register a telephone of yours on this machine: server {address}, one of the users above,
  and its password from {credentials}.

  What to do next:
    change a name in {INVENTORY}/people/agents.yml, run make demo again, and see what changes
    make demo-down      removes the host
    make test           proves the rest
""")


if __name__ == "__main__":
    try:
        main()
    except (OSError, KeyError, AssertionError) as wrong:
        sys.exit(f"demo: the proof call failed: {wrong}")
