# SPDX-License-Identifier: GPL-3.0-or-later
"""How many calls an agent has at a time: direct ones, those of queues and the own ones together."""

import re

import pytest

from tests.phones import until

NUMBER = {"ada": "2501", "bea": "2502", "cid": "2503", "dot": "2504", "eli": "2505", "fay": "2506", "gus": "2507", "tel": "2509"}
TWO = {"channels": {"voice": {"capacity": 2}}, "phone": {"ring_in_use": True}}


@pytest.fixture(name="people", scope="module", autouse=True)
def people_fixture(pbx, staff):
    pbx.apply("queues", config=[{"name": "till"}])
    more = {"ada": {"pickup_groups": ["till"], "call_groups": ["till"]}, "bea": TWO, "cid": {"channels": {"voice": {"capacity": 0}}},
            "dot": {"voicemail": True, "voicemail_pin": "4713"}, "gus": {"pickup_groups": ["till"]}}
    staff(agents=[{"username": name, "number": number, **more.get(name, {})} for name, number in NUMBER.items() if name != "tel"],
          extensions=[{"name": "tel", "number": NUMBER["tel"]}])
    yield
    pbx.apply("queues", config=[{"name": "till"}], state="deleted", cascade=True)


@pytest.fixture(name="till")
def till_fixture(pbx):
    return lambda **fields: pbx.apply("queues", config=[{"name": "till", "number": "2500", "timeout": 4, "retry": 1, **fields}], state="replaced")


@pytest.fixture(autouse=True)
def nothing_is_left_fixture(pbx, line):
    """Whatever a test does: when all have hung up, nothing counts any more. Before the phones are switched off."""
    yield
    pbx.asterisk("channel request hangup all")
    until(lambda: not any(counts(pbx)), 5, lambda: AssertionError(pbx.asterisk("group show channels")))


def counts(pbx, *names):
    """How many calls count for each of them; without a name, for all."""
    shown = re.findall(r"^\S+ +(\S+) +voice *$", pbx.asterisk("group show channels"), re.MULTILINE)
    return [shown.count(name) for name in names or sorted(set(shown))]


def waiting(pbx, count):
    until(lambda: f"has {count} calls" in pbx.asterisk("queue show till"), 10, lambda: AssertionError(pbx.asterisk("queue show till")))


def invitations(phone):
    return len({message["Call-ID"] for message in phone.sip if message.method == "INVITE" and message.status is None and not message.sent})


@pytest.mark.row("A13", "A22")
def test_a_second_direct_call_is_busy_and_the_next_is_not(pbx, line, ask):
    eli, ada = line("eli"), line("ada")
    eli.dial("2501")
    ada.ringing()
    assert ask("INVITE", "fay", "2501").status == 486       # ringing counts
    ada.answer().established()
    assert ask("INVITE", "fay", "2501").status == 486
    ada.hold()
    assert ask("INVITE", "fay", "2501").status == 486
    assert invitations(ada) == 1 and counts(pbx, "ada", "eli") == [1, 1]
    ada.hangup()
    eli.ended()
    until(lambda: counts(pbx, "ada") == [0], 5, lambda: ada.complaint("still counts"))
    eli.dial("2501")
    ada.ringing().answer().established()
    eli.hears(ada)


@pytest.mark.row("A13", "A22")
def test_so_many_ring_and_no_more(pbx, line, ask):
    eli, gus, bea = line("eli"), line("gus"), line("bea", answer="auto")
    eli.dial("2502").established()
    gus.dial("2502").established()
    assert counts(pbx, "bea") == [2] and ask("INVITE", "fay", "2502").status == 486
    assert invitations(bea) == 2
    gus.hangup()
    until(lambda: counts(pbx, "bea") == [1], 5, lambda: bea.complaint("still counts"))
    assert ask("INVITE", "fay", "2502").status == 200


@pytest.mark.row("A13")
def test_own_calls_count_and_are_never_refused(pbx, line, ask):
    ada = line("ada", calls=4)
    ada.dial("*43").established()
    assert counts(pbx, "ada") == [1] and ask("INVITE", "fay", "2501").status == 486
    ada.hold()
    ada.dial("*43").established()
    assert counts(pbx, "ada") == [2] and ask("INVITE", "fay", "2501").status == 486


@pytest.mark.row("A13")
def test_of_capacity_0_no_call_comes(pbx, till, line, ask):
    cid = line("cid")
    assert ask("INVITE", "fay", "2503").status == 486
    till(agents=["cid", "ada"])
    assert "PJSIP/cid" not in pbx.asterisk("queue show till")
    assert invitations(cid) == 0
    cid.dial("*43").established()


@pytest.mark.row("A13", "A3")
def test_busy_goes_to_the_mailbox(pbx, line, ask):
    dot, eli = line("dot"), line("eli")
    dot.dial("*43").established()
    eli.dial("2504").established()
    calls = until(lambda: [row.split("!") for row in pbx.asterisk("core show channels concise").splitlines() if "!VoiceMail!" in row], 5,
                  lambda: eli.complaint("no mailbox"))
    assert calls[0][6] == "2504@default,b"


@pytest.mark.row("A13")
def test_telephones_and_their_calls_have_no_limit(line):
    tel, eli, gus = line("tel", answer="auto"), line("eli"), line("gus")
    eli.dial("2509").established()
    gus.dial("2509").established()
    assert invitations(tel) == 2


@pytest.mark.row("A13")
def test_of_calls_that_come_at_once_exactly_one_rings(pbx, line):
    ada = line("ada")
    for turn in range(1, 4):
        pbx.run("for each in 1 2 3 4 5 6; do asterisk -rx 'channel originate Local/2501@internal application Wait 9' & done; wait")
        ada.ringing()
        until(lambda: counts(pbx, "ada") == [1], 5, lambda: ada.complaint("more than one counts"))
        assert invitations(ada) == turn
        pbx.asterisk("channel request hangup all")
        ada.ended()
        until(lambda: counts(pbx, "ada") == [0], 5, lambda: ada.complaint("still counts"))


@pytest.mark.row("A13", "A22", "A28", "T4")
@pytest.mark.parametrize("busy", ["queue", "direct", "own"])
def test_a_queues_call_waits_for_an_agent_who_has_enough(pbx, till, line, busy):
    till(agents=["ada"])
    eli, gus, ada = line("eli"), line("gus"), line("ada")
    if busy == "own":
        ada.dial("*43").established()
    else:
        eli.dial("2500" if busy == "queue" else "2501")
        ada.ringing().answer().established()
    before = invitations(ada)
    gus.dial("2500").established()
    waiting(pbx, 1)
    with pytest.raises(AssertionError):
        ada.ringing(5)
    assert invitations(ada) == before
    ada.hangup()
    ada.ringing().answer().established()
    gus.hears(ada)


@pytest.mark.row("A13", "A22", "A28", "T4")
def test_a_queue_rings_as_often_as_the_capacity_allows(pbx, till, line):
    till(agents=["bea"])
    eli, fay, gus, bea = line("eli"), line("fay"), line("gus"), line("bea", answer="auto")
    assert "(ringinuse disabled)" not in pbx.asterisk("queue show till")
    eli.dial("2500").established()
    until(lambda: counts(pbx, "bea") == [1], 10, lambda: bea.complaint("not called"))
    fay.dial("2500").established()
    until(lambda: counts(pbx, "bea") == [2], 10, lambda: bea.complaint("not called again"))
    gus.dial("2500").established()
    waiting(pbx, 1)
    with pytest.raises(AssertionError):
        until(lambda: invitations(bea) > 2, 4, lambda: AssertionError("as it should be"))
    fay.hangup()
    gus.wait(lambda: invitations(bea) == 3, 10, "with an agent")
    assert counts(pbx, "bea") == [2]


@pytest.mark.row("T4")
def test_a_queue_may_ring_those_only_who_are_free(pbx, till, line):
    till(agents=["bea"], ring_in_use=False)
    eli, gus, bea = line("eli"), line("gus"), line("bea", answer="auto")
    eli.dial("2502").established()
    gus.dial("2500").established()
    waiting(pbx, 1)
    with pytest.raises(AssertionError):
        until(lambda: invitations(bea) > 1, 4, lambda: AssertionError("as it should be"))
    eli.hangup()
    gus.wait(lambda: invitations(bea) == 2, 10, "with the agent")


@pytest.mark.row("A13")
def test_a_call_that_is_transferred_counts_for_whom_it_goes_to(pbx, line):
    eli, fay, ada = line("eli"), line("fay", answer="auto"), line("ada")
    eli.dial("2501")
    ada.ringing().answer().established()
    ada.transfer("2506")
    until(lambda: counts(pbx, "ada", "eli", "fay") == [0, 1, 1], 10, lambda: ada.complaint(pbx.asterisk("group show channels")))
    eli.hears(fay)


@pytest.mark.row("A13")
def test_a_call_that_is_handed_over_counts_for_whom_it_goes_to(pbx, line, ask):
    """Attended transfer: while ada asks fay, both of ada's calls count."""
    eli, fay, ada = line("eli"), line("fay", answer="auto"), line("ada", calls=4)
    eli.dial("2501")
    ada.ringing().answer().established()
    ada.attend("2506")
    until(lambda: counts(pbx, "ada", "eli", "fay") == [0, 1, 1], 10, lambda: ada.complaint(pbx.asterisk("group show channels")))
    eli.hears(fay)
    assert ask("INVITE", "gus", "2506").status == 486


@pytest.mark.row("A13")
def test_a_call_that_is_picked_up_counts_for_whoever_has_it(pbx, line, ask):
    eli, gus, ada = line("eli"), line("gus"), line("ada")
    eli.dial("2501")
    ada.ringing()
    gus.dial("*8").established()
    ada.ended()
    until(lambda: counts(pbx, "ada", "eli", "gus") == [0, 1, 1], 5, lambda: gus.complaint(pbx.asterisk("group show channels")))
    assert ask("INVITE", "fay", "2507").status == 486
