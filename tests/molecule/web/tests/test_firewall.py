# SPDX-License-Identifier: GPL-3.0-or-later
"""The firewall lets in what is needed and nothing else, never shuts its controller out, and bans scanners but no colleagues."""

import json
import re
import subprocess
import time

import pytest

from tests.phones import PhoneError, Phones, until

PEOPLE = [{"username": "kim", "number": "2001"}, {"username": "lee", "number": "2002"}, {"username": "ann", "number": "2003"}]
TRIAL = 20

# Knocks at every TCP port and sends something to every UDP port; prints which TCP ports took the call.
SCAN = """
import select, socket, sys
place, scope = sys.argv[1], int(sys.argv[2])
family, rest = (socket.AF_INET6, (0, scope)) if scope else (socket.AF_INET, ())
taken = []
for first in range(1, 65536, 6000):
    waiting, poll = {}, select.epoll()
    for port in range(first, min(first + 6000, 65536)):
        knock = socket.socket(family, socket.SOCK_STREAM)
        knock.setblocking(False)
        knock.connect_ex((place, port, *rest))
        waiting[knock.fileno()] = (knock, port)
        poll.register(knock, select.EPOLLOUT | select.EPOLLERR)
    while found := poll.poll(0.7):
        for number, _event in found:
            knock, port = waiting.pop(number)
            if not knock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                taken.append(port)
            poll.unregister(number)
            knock.close()
    for knock, _port in waiting.values():
        knock.close()
for port in range(1, 65536):
    probe = socket.socket(family, socket.SOCK_DGRAM)
    probe.sendto(b"?", (place, port, *rest))
    probe.close()
print(*taken)
"""
# Guesses a password under one Call-ID, until nobody answers; prints how often.
FLOOD = """
import socket, sys
sys.path.insert(0, "/phones")
import sip
place, count = sys.argv[1], 0
wire = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
wire.connect((place, 5060))
wire.settimeout(2)
request = sip.Request("REGISTER", f"sip:{place}", "%s:%d" % wire.getsockname(), "kim", place)
try:
    wire.send(request.text().encode())
    challenge = sip.Message.parse(wire.recv(4096).decode())
    for count in range(3000):
        wire.send(request.text(authorization=request.authorization(challenge, f"guess-{count}")).encode())
        wire.recv(4096)
except socket.timeout:
    pass
print(count)
"""
# Notes what has passed the firewall.
WITNESS = """
table inet witness {
    set seen { type inet_proto . inet_service; size 131072; flags dynamic; }
    chain input {
        type filter hook input priority filter + 10; policy accept;
        %s meta l4proto { tcp, udp } add @seen { meta l4proto . th dport }
    }
}
"""


@pytest.fixture(name="people", scope="module", autouse=True)
def people_fixture(staff):
    staff(agents=PEOPLE)


@pytest.fixture(name="crowd")
def crowd_fixture(pbx):
    """A network behind one address: several phones, and whoever else is there. Whatever becomes of its address ends with the test."""
    with Phones() as crowd:
        yield crowd
        pbx.run(f"fail2ban-client unban {crowd.address}")


def rules(pbx):
    return pbx.run("nft -s -t list table inet switchboard; sha256sum /etc/nftables.d/switchboard.nft")


def sound(pbx):
    """First and last UDP port of sound, as Asterisk has them."""
    found = dict(re.findall(r"rtp(start|end)=(\d+)", pbx.run("cat /etc/asterisk/switchboard/rtp.conf")))
    return int(found["start"]), int(found["end"])


def needed(pbx):
    """{protocol: ports}: also of what other roles serve on this host."""
    first, last = sound(pbx)
    tcp, udp = {22, 5060}, {5060, *range(first, last + 1)}
    serves = {name for name in ("nginx", "coturn") if pbx.run(f"systemctl is-active {name}", check=False).strip() == "active"}
    if "nginx" in serves:
        tcp |= {443}
    if "coturn" in serves:
        tcp, udp = tcp | {3478, 5349}, udp | {3478, *range(49160, 49960)}
    return {"tcp": tcp, "udp": udp}


def passed(pbx, phones, place, scope, source):
    """({protocol: ports} that the firewall let through, TCP ports that took the call), of a scan from the phones' container."""
    pbx.run(f"nft -f - <<'END'\n{WITNESS % source}\nEND")
    try:
        taken = phones.run("python3", "-c", SCAN, place, str(scope), timeout=120).split()
        listed = json.loads(pbx.run("nft -j list set inet witness seen"))
    finally:
        pbx.run("nft delete table inet witness")
    seen = {"tcp": set(), "udp": set()}
    for element in next(each["set"] for each in listed["nftables"] if "set" in each).get("elem", []):
        protocol, port = element["concat"]
        seen[{6: "tcp", 17: "udp"}.get(protocol, protocol)].add(port)
    return seen, {int(port) for port in taken}


def listening(pbx):
    rows = [row.split() for row in pbx.run("ss -Hlnt").splitlines()]
    return {int(row[3].rpartition(":")[2]) for row in rows if not row[3].startswith(("127.", "[::1]"))}


def told(seen, expected):
    return {protocol: (sorted(seen[protocol] - expected[protocol])[:20], sorted(expected[protocol] - seen[protocol])[:20]) for protocol in expected}


@pytest.mark.row("H5")
def test_what_is_needed_is_open_and_nothing_else(pbx, house):
    expected = needed(pbx)
    seen, taken = passed(pbx, house, pbx.address, 0, f"ip saddr {house.address}")
    assert seen == expected, f"(too much, missing): {told(seen, expected)}"
    assert taken == expected["tcp"] & listening(pbx) and 5060 in taken
    house.run("ping", "-c", "1", "-W", "5", pbx.address)


@pytest.mark.row("H5")
def test_the_same_over_ipv6(pbx, house):
    """The link-local addresses are there whatever the network has. SIP listens on IPv4 only here."""
    found = re.search(r"inet6 (fe80:[0-9a-f:]+)/", pbx.run("ip -6 -o address show dev eth0 scope link"))
    if not found:
        pytest.skip("the network has no IPv6")
    expected = {protocol: ports - {5060} for protocol, ports in needed(pbx).items()}
    seen, _taken = passed(pbx, house, found[1], int(house.run("cat", "/sys/class/net/eth0/ifindex")), "ip6 saddr fe80::/10")
    assert seen == expected, f"(too much, missing): {told(seen, expected)}"


def call_each_other(kim, lee):
    for caller, called, number in ((kim, lee, "2002"), (lee, kim, "2001")):
        caller.dial(number)
        called.ringing().answer().established()
        caller.established().hears(called)
        called.hears(caller)
        caller.hangup()
        called.ended()


@pytest.mark.row("H5")
@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_a_call_is_heard_both_ways(pbx, line, transport):
    pbx.agents(*({"username": name, "transport": transport} for name in ("kim", "lee")))
    kim, lee = line("kim", transport=transport), line("lee", transport=transport)
    call_each_other(kim, lee)
    pbx.agents(*({"username": name, "transport": "udp"} for name in ("kim", "lee")))


@pytest.mark.row("H5")
def test_the_ports_of_sound_follow_the_resource(pbx, line):
    before = sound(pbx)
    pbx.apply("nat", config={"rtp": {"start": 12000, "end": 12199}})
    try:
        until(lambda: "12000-12199" in pbx.run("nft list set inet switchboard rtp"), 10, lambda: AssertionError("the firewall has other ports"))
        kim, lee = line("kim"), line("lee")
        kim.dial("2002")
        lee.ringing().answer().established()
        kim.established().hears(lee)
        lee.hears(kim)
        kim.hangup()
    finally:
        pbx.apply("nat", config={"rtp": {"start": before[0], "end": before[1]}})
    until(lambda: f"{before[0]}-{before[1]}" in pbx.run("nft list set inet switchboard rtp"), 10, lambda: AssertionError("the firewall has other ports"))


# Setting it up


@pytest.fixture(name="setup")
def setup_fixture(pbx):
    """setup(...) applies the role: exit code and what the user saw."""
    def run(*options, **variables):
        as_converged = {"asterisk_tls_certificate": "", "asterisk_tls_private_key": ""}
        return pbx.play("site", "--tags", "firewall", *options, firewall_trial_seconds=TRIAL, **as_converged, **variables)
    return run


@pytest.fixture(name="by_ssh", scope="module")
def by_ssh_fixture(pbx, tmp_path_factory):
    """The variables with which Ansible comes by SSH. The host has it only while the tests need it."""
    key = tmp_path_factory.mktemp("key") / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    pbx.run("DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends openssh-server >/dev/null 2>&1; systemctl start ssh")
    pbx.run(f"install -d -m 0700 /root/.ssh && echo '{key.with_suffix('.pub').read_text().strip()}' >/root/.ssh/authorized_keys")
    yield {"ansible_connection": "ssh", "ansible_host": pbx.address, "ansible_user": "root", "ansible_ssh_private_key_file": str(key),
           "ansible_ssh_common_args": "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR"}
    pbx.run("rm /root/.ssh/authorized_keys; DEBIAN_FRONTEND=noninteractive apt-get purge -qq -y openssh-server >/dev/null 2>&1")


@pytest.mark.row("H5")
def test_a_second_run_changes_nothing_and_check_mode_shows_what_would_change(pbx, setup):
    before = rules(pbx)
    code, output = setup()
    assert code == 0 and "changed=0" in output and "SSH is open from everywhere" in output, output
    code, output = setup("--check", "--diff", firewall_extra_rules=["tcp dport 9100 accept"])
    assert code == 0 and "+        tcp dport 9100 accept" in output and "changed=1" in output, output
    assert rules(pbx) == before


@pytest.mark.row("H5")
@pytest.mark.parametrize(
    "rule, complaint",
    [
        ("tcp dport 9100 acept", "syntax error"),
        ("accept } chain output { type filter hook output priority 0; policy drop;", "must be one statement"),
    ],
)
def test_a_broken_rule_is_refused_before_anything_changes(pbx, setup, rule, complaint):
    before = rules(pbx)
    code, output = setup(firewall_extra_rules=[rule])
    assert code and complaint in output and "changed=0" in output, output
    assert rules(pbx) == before


@pytest.mark.row("H5")
def test_rules_that_would_shut_the_controller_out_are_taken_back(pbx, setup, by_ssh):
    before = rules(pbx)
    code, output = setup(firewall_management_networks=["192.0.2.0/24"], **by_ssh)
    assert code and "The new rules shut this controller out" in output, output
    assert rules(pbx) == before and pbx.run("nft list table inet switchboard") and "192.0.2.0" not in before
    assert pbx.run("systemctl list-units --all --plain --no-legend 'switchboard-firewall-undo*' 'switchboard-firewall-attempt*'") == ""
    code, output = setup(**by_ssh)
    assert code == 0 and "changed=0" in output, output


@pytest.mark.row("H5")
def test_rules_that_let_the_controller_in_are_kept_and_nobody_elses_are_touched(pbx, setup, by_ssh):
    """By SSH from this machine's network only, with another rule, past a table of somebody else."""
    network = pbx.address.rpartition(".")[0] + ".0/24"
    given = {"firewall_management_networks": [network], "firewall_extra_rules": ["ip saddr { 192.0.2.1, 192.0.2.2 } tcp dport 9100 accept"]}
    pbx.run("nft 'table ip others { chain mine { accept; }; }'")
    try:
        code, output = setup(**given, **by_ssh)
        assert code == 0 and "failed=0" in output, output
        assert network in pbx.run("nft list table inet switchboard") and "9100" in pbx.run("cat /etc/nftables.d/switchboard.nft")
        code, output = setup(**given, **by_ssh)
        assert code == 0 and "changed=0" in output, output
        pbx.run("nft insert rule inet switchboard input tcp dport 9200 accept")     # somebody's hand
        code, output = setup(**by_ssh)
        assert code == 0 and "9100" not in rules(pbx) and "9200" not in rules(pbx) and "dport 5060" in rules(pbx), output
        assert "chain mine" in pbx.run("nft list table ip others")
    finally:
        pbx.run("nft delete table ip others")


@pytest.mark.row("H5")
def test_the_rules_are_there_after_a_boot(pbx):
    """As far as a running host shows it: the unit loads them from the file alone, before the network."""
    before = rules(pbx)
    pbx.run("systemctl stop switchboard-firewall")
    assert pbx.run("nft list table inet switchboard 2>&1", check=False).startswith("Error")
    pbx.run("systemctl start switchboard-firewall")
    assert rules(pbx) == before
    assert pbx.run("systemctl is-enabled switchboard-firewall switchboard-firewall-ports.path fail2ban").split() == ["enabled"] * 3
    assert "network-pre.target" in pbx.run("systemctl show -P Before switchboard-firewall")


@pytest.mark.row("H5")
@pytest.mark.parametrize("unit, worst", [("asterisk", 2), ("fail2ban", 4.5), ("switchboard-firewall", 4), ("nginx", 3), ("switchboard-certificate", 4.5)])
def test_what_runs_is_confined(pbx, unit, worst):
    score = float(re.search(r"exposure level for \S+: ([\d.]+)", pbx.run(f"systemd-analyze security --no-pager {unit}"))[1])
    assert score < worst


# Who is banned


@pytest.mark.row("H5")
def test_without_bans_nobody_is_banned_any_more(pbx, setup, crowd):
    jails = {"asterisk-scan", "asterisk-auth", "asterisk-flood"}
    pbx.run(f"fail2ban-client set asterisk-scan banip {crowd.address}")
    until(lambda: crowd.address in pbx.run("nft list tables; nft list table inet ban-asterisk-scan"), 10, lambda: AssertionError("is not banned"))
    code, output = setup(firewall_bans=False)
    assert code == 0 and "failed=0" in output, output
    assert "ban-" not in pbx.run("nft list tables") and not any(each in pbx.run("fail2ban-client status") for each in jails)
    assert crowd.request("OPTIONS", pbx.address).status == 401
    code, output = setup(firewall_bans=False)
    assert code == 0 and "changed=0" in output, output
    code, output = setup()
    assert code == 0 and all(each in pbx.run("fail2ban-client status") for each in jails), output


def banned(pbx, jail):
    return pbx.run(f"fail2ban-client get {jail} banip").split()


def failures(pbx, jail):
    return int(re.search(r"Total failed:\s*(\d+)", pbx.run(f"fail2ban-client status {jail}"))[1])


def answers(pbx, phones, user="nobody", password=None, **parts):
    """The status of a REGISTER, None when nobody answers."""
    try:
        return phones.request("REGISTER", pbx.address, user=user, password=password, timeout=2, **parts).status
    except PhoneError:
        return None


def attempts(pbx, phones, names, password=None):
    """How many of these names somebody tries, one a second, before nobody answers any more."""
    for count, name in enumerate(names):
        if answers(pbx, phones, name, password) is None:
            return count
        time.sleep(1)
    return len(names)


@pytest.mark.row("H5")
def test_a_scanner_is_banned_and_its_neighbours_telephone_is_not(pbx, crowd, line):
    """The hard case: one address. Who was signed in before goes on, heard and hearing; the scanner is out, whichever port it comes from.
    Right after the start, and with no DNS that answers, too."""
    pbx.run("systemctl restart fail2ban")
    until(lambda: "asterisk-scan" in pbx.run("fail2ban-client status"), 20, lambda: AssertionError("fail2ban does not start"))
    lee = line("lee")
    kim = crowd.baresip("kim", pbx.address, "kim-secret-1").registered()
    assert attempts(pbx, crowd, [str(number) for number in range(100, 110)]) < 10
    assert crowd.address in banned(pbx, "asterisk-scan") and answers(pbx, crowd) is None
    assert answers(pbx, crowd, "nobody", port=5060, transport="tcp") is None
    call_each_other(kim, lee)
    pbx.run(f"fail2ban-client unban {crowd.address}")
    assert answers(pbx, crowd, "ann", "ann-secret-1") == 200


@pytest.mark.row("H5")
def test_a_scanner_that_guesses_passwords_of_unknown_names_is_banned(pbx, crowd):
    assert attempts(pbx, crowd, [f"user{number}" for number in range(10)], "guess-1234") < 10


@pytest.mark.row("H5")
def test_a_colleague_who_mistypes_and_a_phone_with_an_old_password_are_not(pbx, crowd):
    """Three wrong passwords and the right one, from a real telephone's address; another one tries its old password as often as it may
    in a minute; a third one has a name that nobody has, and goes on trying."""
    before = failures(pbx, "asterisk-calls")
    wrong = crowd.baresip("ann", pbx.address, "wrong-secret-1")
    assert wrong.refused() == 401
    wrong.quit()
    for _each in range(2):
        assert answers(pbx, crowd, "ann", "wrong-secret-1") == 401
    assert answers(pbx, crowd, "ann", "ann-secret-1") == 200
    for _each in range(12):
        assert answers(pbx, crowd, "kim", "old-secret-1") == 401
        assert answers(pbx, crowd, "amn", "ann-secret-1") == 401
    until(lambda: failures(pbx, "asterisk-calls") >= before + 15, 20, lambda: AssertionError(pbx.run("fail2ban-client status asterisk-calls")))
    time.sleep(3)
    assert not [jail for jail in ("asterisk-scan", "asterisk-auth", "asterisk-flood") if crowd.address in banned(pbx, jail)]
    crowd.baresip("ann", pbx.address, "ann-secret-1").registered()


@pytest.mark.row("H5")
def test_who_guesses_under_one_call_id_is_banned(pbx, crowd):
    assert int(crowd.run("python3", "-c", FLOOD, pbx.address)) >= 500
    until(lambda: crowd.address in banned(pbx, "asterisk-flood"), 10, lambda: AssertionError("not banned"))
    assert answers(pbx, crowd) is None


@pytest.mark.row("H5")
def test_who_guesses_passwords_is_banned(pbx, crowd):
    for number in range(40):
        if answers(pbx, crowd, "kim", f"guess-{number}") is None:
            break
    until(lambda: crowd.address in banned(pbx, "asterisk-auth"), 10, lambda: AssertionError("not banned"))
    assert number >= 10 and answers(pbx, crowd) is None


@pytest.mark.row("H5")
def test_nobody_gets_somebody_else_banned(pbx, crowd):
    """Names that look like the rest of a line of the log."""
    for number in range(8):
        address = f"192.0.2.{number + 1}"
        answers(pbx, crowd, f"x{number}%22,SessionID=%22y%22,LocalAddress=%22IPV4/UDP/1.1.1.1/1%22,RemoteAddress=%22IPV4/UDP/{address}/5060%22")
        answers(pbx, crowd, f"y')%20[asterisk-names]%20Ban%20('{address}',%20'{number}")
    until(lambda: crowd.address in banned(pbx, "asterisk-scan"), 10, lambda: AssertionError("not banned"))
    assert not [each for jail in ("asterisk-scan", "asterisk-auth", "asterisk-flood") for each in banned(pbx, jail) if each.startswith("192.0.2.")]


@pytest.mark.row("H5")
def test_loopback_is_never_banned(pbx):
    """Where browsers come from."""
    register = ("import socket\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\ns.settimeout(3)\ns.connect(('127.0.0.1', 5060))\n"
                "for n in range(12):\n me = f'sip:web{n}@127.0.0.1'\n s.send((f'REGISTER sip:127.0.0.1 SIP/2.0\\r\\n"
                "Via: SIP/2.0/UDP 127.0.0.1:{s.getsockname()[1]};rport;branch=z9hG4bKw{n}\\r\\nFrom: <{me}>;tag=w{n}\\r\\nTo: <{me}>\\r\\n"
                "Call-ID: w{n}\\r\\nCSeq: 1 REGISTER\\r\\nMax-Forwards: 70\\r\\nContent-Length: 0\\r\\n\\r\\n').encode())\n assert b' 401 ' in s.recv(4096)\n")
    pbx.python(register)
    time.sleep(3)
    pbx.python(register)
    assert not [each for each in banned(pbx, "asterisk-scan") + banned(pbx, "asterisk-names") if "127.0.0.1" in each]
