# SPDX-License-Identifier: GPL-3.0-or-later
"""People marry, offices renumber: with telephones that keep on calling, and a mailbox whose message stays."""

import pytest
import yaml

BOXES = "/var/spool/asterisk/voicemail/default"


@pytest.fixture(name="people", scope="module", autouse=True)
def people_fixture(staff):
    staff(agents=[{"username": "vera", "number": "2401", "full_name": "Vera Old", "voicemail": True, "voicemail_pin": "471123", "call_groups": ["hall"]},
                  {"username": "max", "number": "2402"},
                  {"username": "zoe", "number": "2403", "voicemail": True, "voicemail_pin": "471124"}])


def test_a_new_name_rings_under_the_old_number(pbx, house, line, tmp_path):
    line("vera").quit()
    ledger = tmp_path / "credentials.yml"
    result = pbx.apply("rename", name="vera", to="vera.new", credentials_file=str(ledger))
    fresh = yaml.safe_load(ledger.read_text())[pbx.name]["agents"]["vera.new"]["sip_password"]
    assert result["updated"] == ["vera.new"] and fresh not in result["output"]
    strange = house.baresip("vera", pbx.address, "vera-secret-1")
    strange.refused()
    strange.die()       # else it tries again, and would be let in once the name and the password are hers once more
    vera, maximilian = house.baresip("vera.new", pbx.address, fresh).registered(), line("max")
    maximilian.dial("2401")
    vera.ringing().answer().established()
    vera.hears(maximilian)
    maximilian.hangup()
    vera.quit()
    again = pbx.apply("rename", name="vera", to="vera.new", credentials_file=str(ledger))
    assert not again["changed"]
    pbx.agents({"username": "vera.new", "full_name": "Vera New"})
    assert pbx.apply("rename", name="vera.new", to="vera", sip_password="vera-secret-1")["changed"]     # as the other tests know her


@pytest.mark.parametrize("who", ["vera", "max"])
def test_a_call_goes_on_that_began_by_the_old_name(pbx, line, who):
    """Through later runs too, until one of the two hangs up."""
    vera, maximilian = line("vera"), line("max")
    maximilian.dial("2401")
    vera.ringing().answer().established()
    pbx.apply("rename", name="vera", to="vera.new", sip_password="vera-secret-1")
    try:
        pbx.agents({"username": "max", "full_name": "Max New"})
        vera.hears(maximilian)
        maximilian.hears(vera)
        {"vera": vera, "max": maximilian}[who].hangup()
        vera.ended()
        maximilian.ended()
    finally:
        pbx.apply("rename", name="vera.new", to="vera", sip_password="vera-secret-1")


def test_a_mailbox_and_a_registration_come_along_to_another_number(pbx, line):
    vera, maximilian = line("vera"), line("max")
    leave_messages(pbx, "2401", 1)
    vera.lit(1)
    try:
        assert pbx.apply("renumber", name="vera", to="2409")["changed"]
        assert not pbx.apply("renumber", name="vera", to="2409")["changed"]
        assert "msg0000.txt" in pbx.run(f"ls {BOXES}/2409/INBOX") and pbx.run(f"ls {BOXES} | grep -c ^2401$ || true").strip() == "0"
        maximilian.dial("2409")
        vera.ringing().answer().established()      # without another REGISTER
        vera.hears(maximilian)
        maximilian.hangup()
        vera.ended()
        assert maximilian.dial("2401").ended().startswith("404")
        assert vera.lamp == 1
        leave_messages(pbx, "2409", 2)
        vera.lit(2)     # without another REGISTER either
        pbx.apply("renumber", name="zoe", to="2401")
        leave_messages(pbx, "2401", 3)
        line("zoe").lit(3)
        assert vera.lamp == 2, "the old number's messages are another's now"
        vera.quit()
        line("vera").lit(2)
    finally:
        pbx.apply("renumber", name="zoe", to="2403")
        pbx.apply("renumber", name="vera", to="2401")
        pbx.run(f"rm -rf {BOXES}/2401 {BOXES}/2403")


def leave_messages(pbx, number, count):
    """So many wait in the mailbox then, and Asterisk has counted them."""
    inbox = f"{BOXES}/{number}/INBOX"
    pbx.run(f"install -d -o asterisk -g asterisk {BOXES} {BOXES}/{number} {inbox}")
    for each in range(count):
        pbx.run(f"printf '[message]\\norigmailbox={number}\\ncontext=default\\norigdate=x\\norigtime=1700000000\\nduration=3\\n' > {inbox}/msg000{each}.txt && "
                f"touch {inbox}/msg000{each}.gsm && chown asterisk:asterisk {inbox}/*")
    pbx.asterisk("voicemail reload")


def test_a_taken_number_is_refused(pbx):
    before = pbx.snapshot()
    refused = pbx.attempt("renumber", name="vera", to="2402")
    assert refused["failed"] and "agent 'vera': number: 2402 is taken by agent 'max'" in refused["msg"]
    assert pbx.snapshot() == before
