# SPDX-License-Identifier: GPL-3.0-or-later
"""The TURN server: who may use it, to whom it relays, how much, and what it keeps to itself."""

import hashlib
import json
import os
import re
import ssl
import subprocess
import time

import pytest

from plugins.module_utils.model.turn import turn_credentials
from tests.bed.lab import Lab
from tests.phones import Phones, until

TLS = "/etc/switchboard/tls"
PORTS = {"udp": 3478, "tcp": 3478, "tls": 5349}
OPTIONS = "\r\n".join((
    "OPTIONS sip:HOST SIP/2.0", "Via: SIP/2.0/UDP RELAYED;rport;branch=z9hG4bKturn", "From: <sip:nobody@HOST>;tag=1", "To: <sip:HOST>", "Call-ID: turn",
    "CSeq: 1 OPTIONS", "Contact: <sip:nobody@RELAYED>", "Max-Forwards: 70", "Content-Length: 0", "", ""))


# Says once back what it hears at an address and a port, so as nobody else would.
ECHO = """
import socket, sys
ear = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
ear.bind((sys.argv[1], int(sys.argv[2])))
ear.settimeout(30)
heard, whence = ear.recvfrom(2048)
ear.sendto(heard[::-1], whence)
"""


def have_certificate(pbx):
    """A new one, as after a renewal."""
    pbx.run(f"umask 077; mkdir -p {TLS}; openssl req -x509 -nodes -newkey ec -pkeyopt ec_paramgen_curve:P-256 -days 2 -subj /CN=pbx "
            f"-keyout {TLS}/private.key -out {TLS}/certificate.pem")


def set_up(pbx, *options, **variables):
    """The role by itself."""
    code, output = pbx.play("site", "--tags", "turn", *options, **variables)
    assert code == 0, output
    return output


@pytest.fixture(scope="module", autouse=True)
def certificate_fixture(pbx):
    """The host's, or one of our own where it has none."""
    if pbx.run(f"ls {TLS}/certificate.pem", check=False) == "":
        have_certificate(pbx)
        set_up(pbx)


@pytest.fixture(name="secret", scope="module")
def secret_fixture(pbx):
    return pbx.run("sed -n s/^static-auth-secret=//p /etc/turnserver.conf").strip()


@pytest.fixture(name="ask_relay")
def ask_relay_fixture(pbx, house, secret):
    """ask_relay("udp", person="anna", peer=...) is what the TURN client of tests/phones was granted."""
    def ask(transport="udp", person="anna", seconds=600, phones=house, **said):
        who = {**turn_credentials(secret, person, int(time.time()) + seconds), "server": pbx.address, "port": PORTS[transport], "transport": transport}
        return json.loads(phones.run("python3", "/phones/turn.py", json.dumps({**who, **said})))
    return ask


@pytest.mark.row("H4")
@pytest.mark.parametrize("transport", PORTS)
def test_it_relays_sound_to_the_pbx(pbx, ask_relay, transport):
    port = int(re.search(r"elements = .*-(\d+)", pbx.run("nft list set inet switchboard rtp"))[1])
    pbx.run(f"nohup python3 -c '{ECHO}' {pbx.address} {port} >/dev/null 2>&1 &")
    until(lambda: f":{port} " in pbx.run("ss -Hlnu"), 5, lambda: AssertionError("nobody listens"))
    told = ask_relay(transport, peer=[pbx.address, port], data="sound")
    assert told["codes"] == [0] and told["permission"] == 0
    assert told["relayed"][0] == pbx.address and 49160 <= told["relayed"][1] <= 49959
    assert told["answer"] == [pbx.address, port, "dnuos"]


@pytest.mark.row("H4", "H5")
def test_what_is_relayed_reaches_nothing_but_sound(pbx, ask_relay):
    """Also after a new start of the firewall. With the firewall's rule away the telephones' port answers."""
    asked = {"peer": [pbx.address, 5060], "data": OPTIONS.replace("HOST", pbx.address)}
    assert ask_relay(**asked)["answer"] is None
    pbx.run("systemctl restart switchboard-firewall")
    assert ask_relay(**asked)["answer"] is None
    pbx.run("nft flush chain inet switchboard output")
    try:
        address, port, answer = ask_relay(**asked)["answer"]
        assert (address, port) == (pbx.address, 5060) and answer.startswith("SIP/2.0 401")
    finally:
        pbx.run("systemctl restart switchboard-firewall")


@pytest.mark.row("H4")
@pytest.mark.parametrize("transport", PORTS)
def test_whoever_has_no_credentials_that_hold_is_refused(ask_relay, secret, transport):
    assert ask_relay(transport, seconds=-1)["codes"] == [401]
    assert ask_relay(transport, credential="d3Jvbmc=")["codes"] == [401]
    assert ask_relay(transport, **turn_credentials(secret + "x", "anna", int(time.time()) + 600))["codes"] == [401]
    assert ask_relay(transport, username="anna", credential=secret)["codes"] == [401]
    assert ask_relay(transport)["codes"] == [0]


@pytest.mark.row("H4")
def test_it_relays_to_nobody_else(pbx, house, ask_relay):
    gateway = pbx.run("ip route show default").split()[2]
    for address in (house.address, gateway, "127.0.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255", "192.0.2.1"):
        told = ask_relay(peer=[address, 5060], data="nothing")
        assert told["codes"] == [0] and told["permission"] == 403, (address, told)
    assert ask_relay("tcp", protocol=6)["codes"] != [0]     # to a service over TCP


@pytest.mark.row("H4")
def test_one_person_gets_no_more_than_the_own_quota(ask_relay):
    assert ask_relay(person="greedy", count=14)["codes"] == [0] * 12 + [486] * 2
    until(lambda: ask_relay(person="greedy", count=1)["codes"] == [0], 30, lambda: AssertionError("what was given back is not there"))
    assert ask_relay(person="modest", count=12)["codes"] == [0] * 12


@pytest.fixture(name="lab", scope="module")
def lab_fixture(pbx):
    with Lab(pbx.name) as lab:
        yield lab


@pytest.fixture(name="beyond", scope="module")
def beyond_fixture(lab, staff):
    """Phones behind NAT, of lines that do nothing about it."""
    staff(agents=[{"username": "sip-udp", "number": "2821", "nat": "no"}, {"username": "sip-tcp", "number": "2822", "nat": "no", "transport": "tcp"}])
    with Phones(network=lab.network, gateway=lab.gateway) as phones:
        yield phones


@pytest.mark.row("H4", "N7")
def test_a_telephone_behind_nat_hears_through_it(pbx, beyond, secret):
    """Without it this line hears nothing: test_nat."""
    relay = (f"turn:{pbx.address}", *turn_credentials(secret, "sip-udp", int(time.time()) + 600).values())
    phone = beyond.baresip("sip-udp", pbx.address, "sip-udp-secret-1", relay=relay).registered()
    phone.dial("*43").established().hears(phone)
    port, place = re.search(r"^m=audio (\d+).*?^c=IN IP4 (\S+)", phone.last("INVITE", sent=True).body, re.MULTILINE | re.DOTALL).groups()
    assert place == pbx.address and 49160 <= int(port) <= 49959
    phone.hangup()
    phone.ended()
    phone.die()


@pytest.mark.row("H4", "N7")
@pytest.mark.parametrize("transport", ["tcp", "tls"])
def test_sound_takes_it_where_no_udp_passes(lab, beyond, ask_relay, transport):
    """baresip's own relay is UDP only."""
    with lab.without_udp():
        told = ask_relay(transport, phones=beyond, call=["sip-tcp", "sip-tcp-secret-1", "*43"])
        assert told["codes"] == [0] and told["echoed"] > 50, told


@pytest.mark.row("N7")
def test_where_no_udp_passes_a_call_without_it_is_up_and_silent(pbx, lab, beyond):
    with lab.without_udp():
        phone = beyond.baresip("sip-tcp", pbx.address, "sip-tcp-secret-1", transport="tcp").registered()
        phone.dial("*43").established().heard(2)
        assert phone.received == 0, phone.complaint("hears something")
        phone.die()


@pytest.mark.row("H4")
def test_a_renewed_certificate_is_shown_without_a_restart(pbx, ask_relay):
    started = pbx.run("systemctl show coturn --property=MainPID")
    before, kept = ask_relay("tls")["certificate"], pbx.run(f"cat {TLS}/certificate.pem {TLS}/private.key")
    pbx.run(f"mkdir /tmp/kept && cp -p {TLS}/certificate.pem {TLS}/private.key /tmp/kept")
    try:
        have_certificate(pbx)
        assert pbx.run(f"run-parts {TLS}/renewed.d")
        new = hashlib.sha256(ssl.PEM_cert_to_DER_cert(pbx.run(f"cat {TLS}/certificate.pem"))).hexdigest()
        assert new != before
        until(lambda: ask_relay("tls")["certificate"] == new, 10, lambda: AssertionError("shows the old one"))
        assert pbx.run("stat -c '%U:%G %a' /etc/coturn/private.key /etc/coturn/certificate.pem").split("\n")[:2] == ["turnserver:turnserver 400"] * 2
        assert "new certificate" not in pbx.run(f"{TLS}/renewed.d/coturn")
    finally:
        pbx.run(f"cp -p /tmp/kept/* {TLS}/ && rm -r /tmp/kept && run-parts {TLS}/renewed.d")
    assert kept == pbx.run(f"cat {TLS}/certificate.pem {TLS}/private.key")
    until(lambda: ask_relay("tls")["certificate"] == before, 10, lambda: AssertionError("shows the new one"))
    assert pbx.run("systemctl show coturn --property=MainPID") == started


@pytest.mark.row("H4")
def test_tls_is_as_mozilla_wants_it(tls_faults):
    """But for its curves: coturn takes those of OpenSSL, or a single one."""
    faults = tls_faults(5349)
    faults.pop("tls_curves")
    faults.pop("maximum_certificate_lifespan", None)    # where the certificate is the test's own
    assert faults == {}


@pytest.mark.row("H4")
def test_runs_keep_the_secret_to_themselves(pbx, ask_relay, secret):
    """A run that changes something, one that changes it back, and one that changes nothing."""
    output = set_up(pbx, "--diff", "-vvv", turn_user_quota=2, turn_total_quota=3, turn_tls_folder="/nowhere")
    assert "changed=0" not in output and secret not in output
    assert ask_relay(count=3)["codes"] == [0, 0, 486]
    assert "5349" not in pbx.run("ss -Hlnt")        # no certificate, no TLS
    output = set_up(pbx, "--diff", "-vvv")
    assert "changed=0" not in output and secret not in output
    output = set_up(pbx, "--diff", "-vvv")
    assert "changed=0" in output and secret not in output
    assert secret == pbx.run("sed -n s/^static-auth-secret=//p /etc/turnserver.conf").strip() and re.fullmatch("[A-Za-z0-9]{40}", secret)
    assert secret not in pbx.run("journalctl --no-pager --output=cat; ps -eo args")
    assert pbx.run("grep -rlF " + secret + " /etc /var/lib /var/log /tmp 2>/dev/null", check=False).split() == ["/etc/turnserver.conf"]
    assert pbx.run("stat -c '%U:%G %a' /etc/turnserver.conf").strip() == "root:turnserver 640"


@pytest.mark.row("H4")
def test_it_runs_as_itself_confined_and_listens_where_it_must(pbx):
    main = pbx.run("systemctl show coturn --property=MainPID --value").strip()
    status = dict(row.split(":\t") for row in pbx.run(f"cat /proc/{main}/status").splitlines() if ":\t" in row)
    assert (int(status["CapEff"], 16), status["NoNewPrivs"], status["Seccomp"]) == (0, "1", "2")
    assert pbx.run(f"ps -o user= -p {main}").strip() in ("turnserver", "turnser+")
    score = float(re.search(r"exposure level for coturn.service: ([\d.]+)", pbx.run("systemd-analyze security --no-pager coturn"))[1])
    assert score < 2
    user = pbx.run("id --user turnserver").strip()
    listening = {(row.split()[0], row.split()[4]) for row in pbx.run("ss -Hlntue").splitlines() if f"uid:{user} " in row}
    assert listening == {("udp", f"{pbx.address}:3478"), ("tcp", f"{pbx.address}:3478"), ("tcp", f"{pbx.address}:5349")}
    said = pbx.run(f"journalctl --no-pager --output=cat _PID={main}")
    assert re.findall(r".*(?:ERROR|WARNING|deprecat|Bad configuration|unknown).*", said, re.IGNORECASE) == []


def test_what_it_could_not_hold_to_is_refused(pbx):
    for said in ({"turn_total_quota": 801}, {"turn_secret": "a b" * 20}):
        code, output = pbx.play("site", "--tags", "turn", **said)
        assert code and "turn_secret must be at least 32 letters and digits" in output, output


def test_the_filter_signs_as_the_server_wants_it(pbx, secret):
    environment = {**os.environ, "ANSIBLE_NOCOLOR": "true"}
    text = "{{ lookup('env', 'TURN_SECRET') | switchboard.asterisk.turn_credentials('anna', 1800000000) }}"
    said = subprocess.run(["ansible", "localhost", "-m", "debug", "-a", json.dumps({"msg": text})], cwd=pbx.folder, text=True, capture_output=True, check=True,
                          env={**environment, "TURN_SECRET": secret}).stdout
    assert json.loads(said.partition("=>")[2])["msg"] == turn_credentials(secret, "anna", 1800000000)
