# SPDX-License-Identifier: GPL-3.0-or-later
"""A phone that guesses gets nothing, and the security log says so in lines that nobody else can write."""

import contextlib
import re

import pytest

from tests.phones import PhoneError, Phones, sip, until

LOG = "/var/log/asterisk/security.log"
DIALOG = ("Event: dialog", "Accept: application/dialog-info+xml", "Expires: 60")
EVIL = "${DB_DELETE(trap/caught)}"


@pytest.fixture(name="people", scope="module", autouse=True)
def people_fixture(staff):
    staff(
        agents=[
            {"username": "gus", "number": "2701"},
            {"username": "hal", "number": "2702", "pickup_groups": ["g"]},
            {"username": "set", "number": "2703", "host": "198.51.100.7", "sip_password": None},
            {"username": "far-off", "number": "2704", "host": "198.51.100.128/25"},
            {"username": "zoo", "number": "2705", "disabled": True},
        ],
    )


@pytest.fixture(name="stranger", scope="module")
def stranger_fixture():
    with Phones() as phones:
        yield phones


@pytest.fixture(name="ask_in")
def ask_in_fixture(pbx, stranger):
    """The answer to a request of somebody who belongs to nobody here."""
    return lambda method, user, number="", **parts: stranger.request(method, pbx.address, number, user=user, **{"password": "guess-1234", **parts})


@pytest.fixture(name="events")
def events_fixture(pbx, stranger):
    """events() are what the security log says of the stranger since the test began: (event, account)."""
    before = int(pbx.run(f"wc -l < {LOG}"))

    def since():
        rows = pbx.run(f"tail -n +{before + 1} {LOG}").splitlines()
        rows = [dict(re.findall(r'(\w+)="([^"]*)"', row)) for row in rows]
        return [(row["SecurityEvent"], row["AccountID"]) for row in rows if row.get("RemoteAddress", "").split("/")[2:3] == [stranger.address]]

    return since


@pytest.mark.parametrize("user", ["2701", "gus", "admin", "anonymous", "nobody", "set", "far-off", "zoo", "switchboard", "_line", "general", "%00gus", "gus%00",
                                  "GUS"])
def test_no_name_lets_a_stranger_in(ask_in, events, line, user):
    gus = line("gus")
    parts = {"REGISTER": {}, "INVITE": {}, "MESSAGE": {"body": "hello", "headers": ("Content-Type: text/plain",)}, "SUBSCRIBE": {"headers": DIALOG},
             "PUBLISH": {"headers": ("Event: presence",)}, "OPTIONS": {}, "REFER": {"headers": ("Refer-To: <sip:2701@pbx>",)}}
    for method, more in parts.items():
        for password in (None, "guess-1234"):
            answer = ask_in(method, user, "" if method == "REGISTER" else "2701", password=password, **more)
            assert answer.status in (401, 403) and answer["Server"] in ("", "switchboard"), (method, answer.start)
    assert not [each for each in gus.sip if not each.sent and each.method in ("INVITE", "MESSAGE", "REFER")]
    assert {event for event, _account in events()} & {"ChallengeResponseFailed", "InvalidAccountID", "InvalidPassword", "FailedACL"}


def test_each_wrong_password_is_in_the_log(ask_in, events):
    for number in range(20):
        assert ask_in("REGISTER", "gus", password=f"guess-{number}").status == 401
    until(lambda: events().count(("ChallengeResponseFailed", "gus")) >= 20, 5, lambda: AssertionError(events()))


def test_who_comes_from_elsewhere_is_in_the_log(ask_in, events):
    assert ask_in("REGISTER", "far-off", password="far-off-secret-1").status in (401, 403)
    assert ask_in("INVITE", "far-off", "2701", password="far-off-secret-1").status in (401, 403)
    until(lambda: ("FailedACL", "far-off") in events(), 5, lambda: AssertionError(events()))


@pytest.mark.parametrize("sender", ['"Anonymous" <sip:anonymous@anonymous.invalid>', "<sip:127.0.0.1>", "<tel:2701>", '"2701" <sip:2701@{host}>',
                                    "<sip:@{host}>"])
def test_anonymous_calls_are_none(pbx, ask_in, line, sender):
    gus = line("gus")
    with contextlib.suppress(PhoneError):       # what is no SIP at all gets no answer
        assert ask_in("INVITE", "x", "2701", sender=sender.format(host=pbx.address), timeout=3).status in (400, 401, 403, 416)
    assert gus.last("INVITE", sent=False) is None


def test_a_password_that_was_overheard_is_worth_nothing_elsewhere(pbx, house, ask, ask_in):
    """What a line answered a challenge with, as it was sent, from another address; and with a nonce that nobody gave."""
    uri = f"sip:{pbx.address}"
    challenge = ask("REGISTER", "gus", password=None)
    answer = sip.Request("REGISTER", uri, f"{house.address}:5999", "gus", pbx.address).authorization(challenge, "gus-secret-1")
    assert ask_in("REGISTER", "gus", password=None, headers=(answer,)).status == 401
    made_up = re.sub(r'nonce="[^"]*"', 'nonce="1700000000/0123456789abcdef0123456789abcdef"', challenge["WWW-Authenticate"])
    stale = sip.Message("SIP/2.0 401 x", (("www-authenticate", made_up),), "")
    answer = sip.Request("REGISTER", uri, f"{house.address}:5999", "gus", pbx.address).authorization(stale, "gus-secret-1")
    assert ask("REGISTER", "gus", password=None, headers=(answer,)).status == 401
    assert " gus/sip:" not in pbx.asterisk("pjsip show contacts")


@pytest.mark.parametrize("number", ["s", "h", "i", "t", "o", "external_replaces", "taken", "known", "calls", "is-called", "ended", "internal",
                                    "call-line", "gus", "PJSIP", "2701%402702", "2701%26PJSIP", "", "9" * 300, "%2A55", "%2A8%2A", "+", "#"])
def test_odd_numbers_lead_nowhere(pbx, ask, number):
    """Dialled by a line that is let in."""
    assert ask("INVITE", "gus", number or f"sip:{pbx.address}").status in (403, 404, 414, 484)


@pytest.mark.parametrize("where", ["From", "Contact", "User-Agent", "Diversion", "P-Asserted-Identity", "Remote-Party-ID", "Alert-Info", "Subject", "Reason",
                                   "X-Switchboard", "Identity", "Via"])
def test_what_a_line_says_of_itself_is_never_evaluated(pbx, ask, line, where):
    pbx.asterisk("database put trap caught no")
    hal = line("hal", answer="auto")
    uri = f'"{EVIL} $[1+1]" <sip:gus@{pbx.address};x={EVIL.replace("{", "%7B").replace("}", "%7D")}>'
    value = {"Via": f"SIP/2.0/UDP 192.0.2.1;x={EVIL}", "Reason": f'SIP;cause=200;text="{EVIL}"', "Diversion": uri + ";reason=unconditional"}.get(where, uri)
    with contextlib.suppress(PhoneError):
        ask("INVITE", "gus", "2702", timeout=3, **({"sender": uri} if where == "From" else {"headers": (f"{where}: {value}",)}))
    pbx.asterisk("channel request hangup all")
    assert "Value: no" in pbx.asterisk("database get trap caught")
    told = hal.last("INVITE", sent=False)
    assert told is None or told.caller == ("Gus", "2701") and "DB_DELETE" not in str(told.headers)


@pytest.mark.parametrize("user", ["x%22,RemoteAddress=%22IPV4/UDP/192.0.2.77/5060%22",
                                  "x%0ASECURITY[1] res_security_log.c: SecurityEvent=%22ChallengeResponseFailed%22"])
def test_nobody_writes_into_the_security_log(pbx, ask_in, user):
    """Whatever bans its senders would ban somebody else: a line is of one event, and its last RemoteAddress is true."""
    before = int(pbx.run(f"wc -l < {LOG}"))
    with contextlib.suppress(PhoneError):
        ask_in("REGISTER", user, timeout=3)
    rows = pbx.run(f"tail -n +{before + 1} {LOG}").splitlines()
    assert all(re.match(r"\[[\d-]+ [\d:.]+] SECURITY\[\d+] res_security_log[.]c: SecurityEvent=", row) for row in rows), rows
    assert all("192.0.2.77" not in re.findall(r'RemoteAddress="([^"]*)"', row)[-1] for row in rows), rows


def test_a_line_cannot_refer_what_is_no_call(ask, line):
    gus = line("hal")
    assert ask("REFER", "gus", "2702", headers=("Refer-To: <sip:2702@pbx>",)).status >= 400
    assert gus.last("INVITE", sent=False) is None and gus.last("REFER", sent=False) is None
