# SPDX-License-Identifier: GPL-3.0-or-later
"""The test bed: hosts to test on, as containers. `python3 -m tests.bed` from the checkout's top; the standard library is enough."""

import argparse
import sys

from . import images, install, lab, npm, podman, shim
from .say import BedError, fail


def arguments():
    parser = argparse.ArgumentParser(prog="bed", description="Hosts to test on, as containers.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("install", help="install the packages that are missing (as root)")
    image = commands.add_parser("image", help="build the images that are missing or whose recipe changed")
    image.add_argument("names", nargs="*", metavar="NAME", help=f"one of: {', '.join(images.RECIPES)} (default: all)")
    commands.add_parser("phonebar", help="build the desk's telephone when its sources changed")
    up = commands.add_parser("up", help="start a host, or leave it as it is when it runs")
    up.add_argument("name")
    up.add_argument("--ip", help="its address in the network; free choice when not given")
    up.add_argument("--cap", action="append", default=[], help="one more capability")
    up.add_argument("--image", default="host", choices=images.RECIPES)
    down = commands.add_parser("down", help="remove a host")
    down.add_argument("names", nargs="+", metavar="NAME")
    address = commands.add_parser("address", help="print a host's address")
    address.add_argument("name")
    nat = commands.add_parser("lab", help="start the NAT lab of a host that runs; it goes with the host")
    nat.add_argument("name")
    nat.add_argument("--hidden", default="telephones", choices=lab.RULES, help="who is behind NAT (default: telephones)")
    run = commands.add_parser("run", help="run a command where podman works")
    run.add_argument("argv", nargs=argparse.REMAINDER, metavar="COMMAND...")
    return parser.parse_args()


def main():
    asked = arguments()
    if asked.command == "install":
        install.install()
        return
    if asked.command == "phonebar":
        npm.phonebar()
        return
    if asked.command == "run":
        if not asked.argv:
            fail("run what?")
        shim.run(asked.argv)
    shim.enter()
    if asked.command == "image":
        for name in asked.names or images.RECIPES:
            images.build(name)
    elif asked.command == "up":
        images.build(asked.image)
        podman.up(asked.name, images.tag(asked.image), asked.ip, asked.cap)
    elif asked.command == "down":
        for name in asked.names:
            lab.remove(name)
        podman.down(asked.names)
    elif asked.command == "lab":
        made = lab.Lab(asked.name, asked.hidden)
        made.start()
        print(f"network {made.network}, gateway {made.gateway}")
    elif asked.command == "address":
        print(podman.address(asked.name))


if __name__ == "__main__":
    try:
        main()
    except BedError as error:
        sys.exit(f"bed: {error}")
    except KeyboardInterrupt:
        sys.exit("bed: stopped")
