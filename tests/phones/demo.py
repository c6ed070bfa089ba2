# SPDX-License-Identifier: GPL-3.0-or-later
"""The end of `make demo`: a proof call between two telephones, and what to do next."""

import sys
from pathlib import Path

import yaml

from tests.bed import podman

from . import Phones

HOST = "switchboard-demo-pbx"
INVENTORY = Path("inventory/demo")
CALLER, CALLED = "elena.marino", "fabio.neri"


def people():
    """(number, name, how it phones) of everybody, as their files say."""
    for kind, key, name in (("extensions", "name", "display_name"), ("agents", "username", "full_name")):
        for each in yaml.safe_load((INVENTORY / f"people/{kind}.yml").read_text())[kind]:
            browser = kind == "agents" and each.get("typology", "webrtc") != "external"
            yield each["number"], each[name], f"browser over wss, user {each[key]}" if browser else f"SIP over {each.get('transport', 'udp')}, user {each[key]}"


def proof_call(address, passwords):
    """Audio heard both ways between two registered telephones; raises with the phone's own log when not."""
    numbers = {each["username"]: each["number"] for each in yaml.safe_load((INVENTORY / "people/agents.yml").read_text())["agents"]}
    with Phones() as phones:
        caller, called = (phones.baresip(user, address, passwords[user]["sip_password"], codecs=("alaw",)).registered() for user in (CALLER, CALLED))
        caller.dial(numbers[CALLED])
        called.ringing().answer().established()
        caller.established()
        caller.hears(called)
        called.hears(caller)
        caller.hangup()
        called.ended()
    return f"{CALLER} called {CALLED} at {numbers[CALLED]}; each heard the other's tone."


def main():
    address = podman.address(HOST)
    credentials = INVENTORY / "credentials.yml"
    passwords = yaml.safe_load(credentials.read_text())["demo-pbx"]["agents"]
    print("A proof call between two telephones ...", flush=True)
    print(f"""
  {proof_call(address, passwords)}

  Everybody calls everybody by number, at {address}:
""")
    for number, name, how in sorted(people()):
        print(f"    {number}  {name:20}  {how}")
    print(f"""
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
