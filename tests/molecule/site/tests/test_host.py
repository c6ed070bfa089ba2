# SPDX-License-Identifier: GPL-3.0-or-later
"""The host itself: what listens, who owns what, and where no secret stands."""

import re

import pytest

from tests.phones import until

SECRETS = ["anna-secret-1", "bo-secret-12", "eva-secret-1", "web-secret-1"]


def test_only_what_is_needed_listens(pbx):
    """Beyond these, Asterisk asks from ports that the system picks, and opens some of its RTP range during calls.

    A call that its phone did not acknowledge keeps its RTP ports for another 32 seconds (RFC 3261, timers H and B).
    """
    pbx.asterisk("channel request hangup all")
    lowest = int(pbx.run("cat /proc/sys/net/ipv4/ip_local_port_range").split()[0])

    def listening():
        rows = [row.split() for row in pbx.run("ss -Hlntu").splitlines()]
        rows = [row for row in rows if row[0] == "tcp" or int(row[4].rpartition(":")[2]) < lowest]
        loopback = ("127.", "[::1]")
        return ({(row[0], row[4]) for row in rows if not row[4].startswith(loopback)},
                {(row[0], row[4].rpartition(":")[2]) for row in rows if row[4].startswith(loopback)})

    needed = ({("udp", "0.0.0.0:5060"), ("tcp", "0.0.0.0:5060"), ("tcp", "0.0.0.0:5061"), ("tcp", "0.0.0.0:443"), ("tcp", "[::]:443")},
              {("tcp", "5038"), ("tcp", "25"), ("tcp", "8088")})
    until(lambda: listening() == needed, 45, lambda: AssertionError(f"{listening()} listen, needed are {needed}"))


def test_asterisk_runs_as_itself_and_confined(pbx):
    assert {row.split()[0] for row in pbx.run("ps -C asterisk -o user=").splitlines()} == {"asterisk"}
    status = dict(row.split(":\t") for row in pbx.run("cat /proc/$(pgrep -o -x asterisk)/status").splitlines() if ":\t" in row)
    assert (int(status["CapEff"], 16), status["NoNewPrivs"], status["Seccomp"]) == (0, "1", "2")
    score = float(re.search(r"exposure level for asterisk.service: ([\d.]+)", pbx.run("systemd-analyze security --no-pager asterisk"))[1])
    assert score < 2
    assert "/libjemalloc.so" in pbx.run("setpriv --reuid=asterisk --regid=asterisk --clear-groups cat /proc/$(pgrep -o -x asterisk)/maps")


@pytest.mark.parametrize(
    "path, owner",
    [
        ("/etc/asterisk", "root:asterisk 750"),
        ("/etc/asterisk/manager.conf", "root:asterisk 640"),
        ("/etc/asterisk/pjsip.conf", "root:asterisk 640"),
        ("/etc/asterisk/voicemail.conf", "root:asterisk 640"),
        ("/etc/asterisk/switchboard/pjsip_auth.conf", "root:asterisk 640"),
        ("/etc/asterisk/switchboard/pjsip_endpoint.conf", "root:asterisk 640"),
        ("/etc/asterisk/switchboard/voicemail.conf", "root:asterisk 640"),
        ("/etc/asterisk/switchboard/numbers.conf", "root:asterisk 640"),
        ("/etc/postfix/relay_password", "root:root 600"),
        ("/var/lib/switchboard", "root:asterisk 750"),
        ("/var/lib/switchboard/store.db", "root:root 600"),
        ("/var/lib/switchboard/lock", "root:root 600"),
        ("/var/spool/asterisk/voicemail", "asterisk:asterisk 750"),
    ],
)
def test_owners_and_modes(pbx, path, owner):
    assert pbx.run(f"stat -c '%U:%G %a' {path}").strip() == owner


def test_what_is_compiled_is_not_asterisks_to_write(pbx):
    assert pbx.run("find /var/lib/switchboard/ -user asterisk -o -perm /027 ! -type l") == ""


def test_no_password_stands_anywhere(pbx):
    """But for the mailboxes' PINs, which Asterisk needs in clear: below, in files that nobody else can read."""
    for secret in SECRETS:
        assert pbx.run(f"grep -rlsa -- {secret} /etc /var /tmp /root /run /home; journalctl --no-pager | grep -c -- {secret}", check=False).strip() == "0"


def test_a_pin_stands_where_only_asterisk_reads(pbx):
    pin = "4711822693"      # bo's; long enough not to be some process' number in a log
    assert pin in pbx.run("cat /etc/asterisk/switchboard/voicemail.conf")
    world = f"find /etc /tmp /var/lib/switchboard /var/log /var/spool -xdev -type f -perm /004 -print0 | xargs -0 grep -lsa -- {pin}"
    assert pbx.run(world, check=False) == ""
    assert pbx.run(f"grep -rls -- {pin} /var/log; journalctl --no-pager | grep -c -- {pin}", check=False).strip() == "0"


def test_asterisk_complains_of_nothing_when_it_starts(pbx):
    pbx.run("systemctl restart asterisk && asterisk -rx 'core waitfullybooted'")
    said = pbx.run("tac /var/log/asterisk/messages.log | sed '/Asterisk .* built by/q' | tac")
    assert "built by" in said
    assert not [row for row in said.splitlines() if " WARNING[" in row or " ERROR[" in row]


def test_no_unit_has_failed(pbx):
    failed = {row.split()[0] for row in pbx.run("systemctl list-units --failed --plain --no-legend").splitlines()}
    assert not failed & {"asterisk.service", "postfix.service", "nginx.service", "logrotate.service"}


def test_manager_interface_wants_its_secret(pbx):
    login = r"Action: Login\r\nUsername: switchboard\r\nSecret: x\r\n\r\n"
    answer = pbx.run(f"timeout 3 bash -c \"exec 3<>/dev/tcp/127.0.0.1/5038; printf '{login}' >&3; head -4 <&3\"")
    assert "Authentication failed" in answer


OPEN, SHUT = (443, 5060, 5061), (22, 25, 80, 5038, 8088, 8089)


@pytest.mark.parametrize("port, is_open", [*((port, True) for port in OPEN), *((port, False) for port in SHUT)])
def test_open_from_outside(house, pbx, port, is_open):
    code, output = house.inside("run", argv=["python3", "-c", f"import socket; socket.create_connection(('{pbx.address}', {port}), 3)"])
    assert (code == 0) == is_open and (is_open or "refused" in output), output
