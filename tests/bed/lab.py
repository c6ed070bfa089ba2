# SPDX-License-Identifier: GPL-3.0-or-later
"""The NAT lab of a host: a network of its own, and a router between that and the hosts' network. One of the two sides is behind NAT."""

import contextlib
import ipaddress
import subprocess

from . import images, podman
from .say import output, step

NEAR, FAR = "near", "far"       # the router's interfaces: towards the hosts, towards the lab
LIFE = 3600                     # seconds; whatever becomes of a test, its router does not stay for ever

RULES = {
    # What is in the lab may call out, from ports that the router picks. What comes by itself is dropped without a word, as it is outside.
    "telephones": """
        table ip lab {{
            chain leaving {{ type nat hook postrouting priority srcnat; oifname "near" masquerade fully-random; }}
            chain passing {{ type filter hook forward priority filter; policy drop; ct state established,related accept; iifname "far" oifname "near" accept; }}
        }}""",
    # What is in the lab reaches the host at the router's address only.
    "host": """
        table ip lab {{
            chain coming {{ type nat hook prerouting priority dstnat; iifname "far" meta l4proto {{ tcp, udp }} th dport {{ {ports} }} dnat to {host}; }}
            chain leaving {{ type nat hook postrouting priority srcnat; oifname "far" masquerade; }}
            chain passing {{ type filter hook forward priority filter; policy drop;
                ct state established,related accept; ct status dnat accept; iifname "near" oifname "far" accept; }}
        }}""",
}
PORTS = "443, 3478, 5060, 5061, 5349, 10000-20000"


def name_of(host):
    """Of the network and of its router."""
    return f"{host}-lab"


def remove(host):
    """Also when it is not there, or only half."""
    output("podman", "rm", "--force", "--ignore", "--time", "0", name_of(host))
    if subprocess.run(["podman", "network", "exists", name_of(host)], capture_output=True, check=False).returncode == 0:
        output("podman", "network", "rm", "--force", name_of(host))


class Lab:
    """A context manager. Containers in `network` with `gateway` as their default route are in the lab; `address` is the router's as the hosts see it."""

    def __init__(self, host, hidden="telephones"):
        self.host, self.hidden, self.network = host, hidden, name_of(host)

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            remove(self.host)
            raise
        return self

    def __exit__(self, *_error):
        try:
            output("podman", "exec", self.host, "ip", "route", "flush", self.subnet)
        finally:
            remove(self.host)

    def start(self):
        images.build("router")
        with step(f"starting the NAT lab of {self.host}"):
            remove(self.host)
            # Internal: the machine itself neither routes to it nor lets it out
            output("podman", "network", "create", "--internal", "--disable-dns", self.network)
            output("podman", "run", "--detach", "--rm", "--name", self.network, "--cap-add", "NET_ADMIN", "--sysctl", "net.ipv4.ip_forward=1",
                   "--network", f"{podman.NETWORK}:interface_name={NEAR}", "--network", f"{self.network}:interface_name={FAR}",
                   images.tag("router"), "sleep", str(LIFE))
            networks = f'{{{{(index .NetworkSettings.Networks "{self.network}").%s}}}}'
            self.address, self.gateway = podman.address(self.network), podman.inspect(self.network, networks % "IPAddress")
            prefix = podman.inspect(self.network, networks % "IPPrefixLen")
            self.subnet = str(ipaddress.ip_network(f"{self.gateway}/{prefix}", strict=False))
            # The router decides what may pass: so nothing takes another way
            output("podman", "exec", self.host, "ip", "route", "replace", self.subnet, "via", self.address)
            self.hide(self.hidden)

    def nft(self, rules):
        output("podman", "exec", "--interactive", self.network, "nft", "-f", "-", input=rules)

    def hide(self, who):
        """From now on these are behind NAT: "telephones", which are whatever is in the lab, or the "host"."""
        self.hidden = who
        self.nft("flush ruleset\n" + RULES[who].format(host=podman.address(self.host), ports=PORTS))

    @contextlib.contextmanager
    def without_udp(self):
        """No UDP passes the router, as in networks that let the web out and nothing else."""
        self.nft("insert rule ip lab passing meta l4proto udp drop")
        try:
            yield
        finally:
            self.hide(self.hidden)

    def another_gateway(self):
        """One more address of the router in the lab, which the host is reached at too when that is hidden."""
        network = ipaddress.ip_network(self.subnet)
        more = str(network[-2])
        output("podman", "exec", self.network, "ip", "address", "replace", f"{more}/{network.prefixlen}", "dev", FAR)
        return more
