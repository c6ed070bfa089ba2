# SPDX-License-Identifier: GPL-3.0-or-later
"""What a role makes of a file that Asterisk refuses, and of a run that ended before Asterisk had read its files."""

import pytest

BROKEN = {
    "no closing ']'": "[internal](+)\nexten => *61,1,Hangup(1)\n[broken\n",
    "nosuch.conf": "[internal](+)\nexten => *61,1,Hangup(1)\n#include nosuch.conf\n",
    "Invalid priority": "[internal](+)\nexten => *61,first,Hangup(1)\n",
}
UNKNOWN = "[internal](+)\nexten => *61,1,Hangupp(1)\n"
WORKING = """; Lines in here can call nobody.
[closed]
[internal](+)
exten => *62,1,Hangup(1)
"""


@pytest.fixture(autouse=True, scope="module")
def as_it_was(pbx):
    yield
    code, output = pbx.play("site")
    assert code == 0, output
    code, output = pbx.play("site")
    assert code == 0 and "changed=0" in output, output


@pytest.mark.parametrize("complaint", BROKEN)
def test_a_dialplan_that_asterisk_refuses_fails_the_run(pbx, line_of_anna, complaint):
    code, output = pbx.play("site", asterisk_dialplan_extra=BROKEN[complaint])
    assert code and "Asterisk refused what it was given" in output and complaint in output, output
    assert line_of_anna() == 404        # Asterisk goes on with what it had
    code, output = pbx.play("site", asterisk_dialplan_extra=BROKEN[complaint])
    assert code and complaint in output, "it is no less broken the second time"


def test_a_dialplan_that_was_broken_when_asterisk_started_is_loaded_once_it_is_mended(pbx):
    code, output = pbx.play("site", asterisk_dialplan_extra=BROKEN["no closing ']'"])
    assert code, output
    pbx.run("systemctl restart asterisk && asterisk -rx 'core waitfullybooted'")
    assert "There is no existence of 'internal' context" in pbx.asterisk("dialplan show internal")
    code, output = pbx.play("site", asterisk_dialplan_extra=WORKING)
    assert code == 0 and "*62" in pbx.asterisk("dialplan show internal"), output
    assert not pbx.apply("agents", config=[], state="merged")["changed"]


def test_an_application_that_nobody_has_fails_the_run(pbx):
    """Asterisk would only notice in the call."""
    for _each in range(2):
        code, output = pbx.play("site", asterisk_dialplan_extra=UNKNOWN)
        assert code and "No loaded module of Asterisk has these applications of the dialplan: Hangupp (extensions.conf:" in output, output


def test_what_a_run_wrote_and_asterisk_never_read_is_read_by_the_next_one(pbx, line_of_anna):
    """The run ends between the two: its note of what is to be read cannot be kept from it, its reload can."""
    pbx.run("mv /usr/sbin/asterisk /usr/sbin/asterisk.away")
    try:
        code, output = pbx.play("site", asterisk_dialplan_extra=WORKING)
    finally:
        pbx.run("mv /usr/sbin/asterisk.away /usr/sbin/asterisk")
    assert code and "*62" in pbx.run("cat /etc/asterisk/extensions.conf"), output
    assert "*62" not in pbx.asterisk("dialplan show internal")
    code, output = pbx.play("site", asterisk_dialplan_extra=WORKING)
    assert code == 0, output
    assert "*62" in pbx.asterisk("dialplan show internal")


@pytest.fixture(name="line_of_anna")
def line_of_anna_fixture(pbx, phones):
    """What anna's call to *61 is answered: 404, unless there is such a number."""
    return lambda: phones.request("INVITE", pbx.address, "*61", user="anna", password="anna-secret-1").status
