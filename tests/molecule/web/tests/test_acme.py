# SPDX-License-Identifier: GPL-3.0-or-later
"""A certificate from an authority that speaks ACME (RFC 8555): Pebble, in the phones' container."""

import json

import pytest

from tests.phones import until

NAME = "pbx.example.org"
FOLDER = "/run/authority"
SHOWN_BY = (443, 5349)      # the web server, the TURN server
RENEWAL = "/etc/letsencrypt/renewal/switchboard.conf"
ROOT = """
import ssl, sys, urllib.request
context = ssl.create_default_context(cafile=sys.argv[1])
print(urllib.request.urlopen(sys.argv[2], context=context, timeout=5).read().decode())
"""


@pytest.fixture(name="names", scope="module")
def names_fixture(pbx, house):
    """names(address): from now on every name is that address's, for the authority."""
    house.inside("start", name="names", argv=["pebble-challtestsrv", "-defaultIPv6", "", "-http01", "", "-https01", "", "-tlsalpn01", "", "-doh", ""])

    def are(address):
        ask = f"import urllib.request; urllib.request.urlopen('http://127.0.0.1:8055/set-default-ipv4', b'{json.dumps({'ip': address})}', timeout=5)"
        house.run("python3", "-c", ask)

    until(lambda: ":8055" in house.run("ss", "-Hlnt"), 10, lambda: AssertionError("there is no name server"))
    are(pbx.address)
    yield are
    house.inside("stop", name="names")


@pytest.fixture(name="authority", scope="module")
def authority_fixture(pbx, house, names):
    """The variables with which the host asks it. The host trusts what it shows, and knows the certificate that it signs with."""
    tls = f"{FOLDER}/tls.pem"
    house.run("sh", "-c", f"mkdir {FOLDER} && openssl req -x509 -nodes -newkey ec -pkeyopt ec_paramgen_curve:P-256 -days 2 -subj /CN=authority "
              f"-addext subjectAltName=IP:{house.address} -keyout {FOLDER}/key.pem -out {tls} 2>&1")
    house.write(f"{FOLDER}/pebble.json", json.dumps({"pebble": {
        "listenAddress": "0.0.0.0:14000", "managementListenAddress": "0.0.0.0:15000", "certificate": tls, "privateKey": f"{FOLDER}/key.pem", "httpPort": 80}}))
    # By itself it refuses one good request of twenty, and certbot asks twice at most.
    pebble = ["env", "PEBBLE_WFE_NONCEREJECT=0", "pebble", "-config", f"{FOLDER}/pebble.json", "-dnsserver", "127.0.0.1:8053"]
    house.inside("start", name="authority", argv=pebble)
    until(lambda: ":15000" in house.run("ss", "-Hlnt"), 10, lambda: AssertionError("there is no authority"))
    pbx.run(f"cat >/usr/local/share/ca-certificates/authority.crt <<'END' && update-ca-certificates\n{house.read(tls).decode()}\nEND")
    pbx.run(f"cat >/run/authority.pem <<'END'\n{house.run('python3', '-c', ROOT, tls, f'https://{house.address}:15000/roots/0')}\nEND")
    yield {"webrtc_certificate_source": "acme", "webrtc_names": [NAME], "webrtc_acme_email": "pbx@example.org",
           "webrtc_acme_server": f"https://{house.address}:14000/dir"}
    pbx.run("rm /usr/local/share/ca-certificates/authority.crt && update-ca-certificates --fresh")
    house.inside("stop", name="authority")


@pytest.fixture(name="set_up", scope="module")
def set_up_fixture(pbx):
    """set_up(...) applies the roles: exit code and what the user saw. Afterwards the host has its own authority again."""
    def run(**variables):
        return pbx.play("site", "--tags", "webrtc,firewall", asterisk_tls_certificate="", asterisk_tls_private_key="", **variables)
    yield run
    code, output = run()
    pbx.run("certbot delete --non-interactive --cert-name switchboard; systemctl disable --now certbot.timer")
    assert code == 0 and shown(pbx, "issuer") == {f"issuer=CN=Switchboard {pbx.name}"}, output


def shown(pbx, what):
    """This of the certificate that each of them shows."""
    ask = f"</dev/null 2>/dev/null | openssl x509 -noout -{what}"
    return {pbx.run(f"openssl s_client -connect {pbx.address}:{port} {ask}", check=False).strip() for port in SHOWN_BY}


def renews(pbx):
    """As certbot's timer does it when it is due: everybody shows another certificate afterwards."""
    before = shown(pbx, "serial")
    pbx.run("certbot renew --non-interactive --force-renewal --no-random-sleep-on-renew")
    until(lambda: len(shown(pbx, "serial")) == 1 and not shown(pbx, "serial") & {*before, ""}, 10,
          lambda: AssertionError(f"shown before: {before}, and now: {shown(pbx, 'serial')}"))


@pytest.mark.row("H3")
def test_the_authority_certifies_the_host(pbx, authority, set_up):
    code, output = set_up(**authority)
    assert code == 0, output
    for port in SHOWN_BY:
        assert pbx.run(f"openssl s_client -connect {pbx.address}:{port} -CAfile /run/authority.pem -verify_return_error -verify_hostname {NAME} </dev/null "
                       ">/dev/null 2>&1; echo $?").strip() == "0"
    assert pbx.run("systemctl is-active certbot.timer; systemctl is-enabled certbot.timer").split() == ["active", "enabled"]
    code, output = set_up(**authority)
    assert code == 0 and "changed=0" in output, output


@pytest.mark.row("H3")
def test_a_renewal_reaches_everybody(pbx, authority, set_up, line, staff):
    staff(agents=[{"username": "ida", "number": "2901"}])
    ida = line("ida")
    ida.dial("*43").established().hears(ida)
    renews(pbx)
    ida.hears(ida)
    ida.hangup()


@pytest.mark.row("H3")
def test_the_other_way_to_prove_it_is_the_way_of_renewals_too(pbx, authority, set_up):
    assert "authenticator = webroot" in pbx.run(f"cat {RENEWAL}")
    code, output = set_up(webrtc_acme_challenge="standalone", **authority)
    assert code == 0 and "authenticator = standalone" in pbx.run(f"cat {RENEWAL}"), output
    code, output = set_up(webrtc_acme_challenge="standalone", **authority)
    assert code == 0 and "changed=0" in output, output
    renews(pbx)


@pytest.mark.row("H3")
def test_a_host_that_is_not_who_it_says_keeps_what_it_has(pbx, house, names, authority, set_up):
    before = shown(pbx, "serial")
    names(house.address)
    try:
        code, output = set_up(**{**authority, "webrtc_names": [NAME, "other.example.org"]})
    finally:
        names(pbx.address)
    assert code and "challenges have failed" in output and "Traceback" not in output, output
    assert shown(pbx, "serial") == before
