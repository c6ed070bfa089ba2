# SPDX-License-Identifier: GPL-3.0-or-later
"""Answering calls that ring elsewhere, and transfers: what they reach, and that they are no way around anything."""

import pytest

from tests.phones import until


@pytest.fixture(name="people", scope="module", autouse=True)
def people_fixture(pbx, staff):
    pbx.apply("queues", config=[{"name": "bell", "number": "2600", "timeout": 30}])
    staff(
        agents=[
            {"username": "abe", "number": "2601", "call_groups": ["shop", "all"], "queues": ["bell"]},
            {"username": "bob", "number": "2602", "pickup_groups": ["yard", "shop", "4"], "chanspy": True},
            {"username": "cat", "number": "2603", "pickup_groups": ["sho", "shopper", "yard"], "call_groups": ["hall"]},
            {"username": "dot", "number": "2604"},
            {"username": "hub", "number": "2605", "type": "peer"},
            {"username": "tee", "number": "2606", "transport": "tcp", "pickup_groups": ["shop"]},
            {"username": "lone", "number": "2607", "call_groups": ["all"]},
            {"username": "one", "number": "2610", "channels": {"voice": {"capacity": 1}}},
        ],
        users=[{"username": "boss", "number": "2608", "role": "admin", "pickup_groups": ["hall"]}],
        extensions=[{"name": "caller", "number": "2609"}],
    )
    yield
    pbx.apply("queues", config=[{"name": "bell"}], state="deleted", cascade=True)


@pytest.mark.row("P18")
@pytest.mark.parametrize("dialled", ["2601", "2600"])
def test_a_number_behind_the_code_picks_up_that_ones_call(line, dialled):
    abe, bob, caller = line("abe"), line("bob"), line("caller")
    caller.dial(dialled)
    abe.ringing()
    bob.dial("*82601").established()
    abe.ended()
    bob.hears(caller)
    caller.hears(bob)
    caller.hangup()
    bob.ended()


@pytest.mark.row("P18")
def test_of_two_calls_the_one_that_is_named(line):
    abe, lone, caller, dot = line("abe"), line("lone"), line("caller"), line("dot")
    boss = line("boss")
    cat = line("cat")
    caller.dial("2601")
    abe.ringing()
    dot.dial("2603")
    cat.ringing()
    boss.dial("*82603").established().hears(dot)
    cat.ended()
    assert abe.last("CANCEL", sent=False) is None and lone.last("INVITE", sent=False) is None
    dot.hangup()
    boss.ended()
    caller.hangup()
    abe.ended()


@pytest.mark.row("P18")
def test_outside_the_group_it_is_refused(line, ask):
    abe, caller = line("abe"), line("caller")
    caller.dial("2601")
    abe.ringing()
    for user in ("cat", "dot", "boss"):
        assert ask("INVITE", user, "*82601").status == 403
    for number in ("2600", "2699", "2609", "2607"):        # a queue, nobody, a telephone without groups, one of another group
        assert ask("INVITE", "bob", f"*8{number}").status == 403
    assert ask("INVITE", "hub", "*82601").status == 404
    assert ask("INVITE", "tee", "*8").status == ask("INVITE", "tee", "*82601").status == 403      # over udp
    caller.hangup()
    abe.ended()


@pytest.mark.row("P18")
def test_without_a_call_there_is_nothing_to_pick_up(ask, line):
    line("abe")
    assert ask("INVITE", "bob", "*82601").status == 480
    assert ask("INVITE", "bob", "*8").status == 480


@pytest.mark.row("P18", "A9")
def test_a_picked_up_call_is_that_of_who_picked_it_up(line, ask):
    """Who may be listened to is the one who speaks: bob, not abe whom the call was for."""
    abe, bob, caller, boss = line("abe"), line("bob"), line("caller"), line("boss")
    caller.dial("2601")
    abe.ringing()
    bob.dial("*8").established().hears(caller)
    assert ask("INVITE", "boss", "*552601").status == 403
    boss.dial("*552602").established()
    until(lambda: boss.heard(1).has(bob.tone) and boss.heard(1).has(caller.tone), 8, lambda: boss.complaint("does not hear both"))
    boss.hangup()
    caller.hangup()
    bob.ended()


@pytest.mark.row("P18", "P8")
def test_who_is_disabled_neither_picks_up_nor_is_picked_up(pbx, line, ask):
    abe, caller = line("abe"), line("caller")
    caller.dial("2601")
    abe.ringing()
    pbx.agents({"username": "bob", "disabled": True})
    assert ask("INVITE", "bob", "*82601").status == 401
    pbx.agents({"username": "bob", "disabled": False}, {"username": "abe", "disabled": True})
    caller.ended()
    assert ask("INVITE", "bob", "*82601").status == 403
    abe.die()
    pbx.agents({"username": "abe", "disabled": False})


# Transfers


def test_a_transfer_to_a_number_of_the_house(line):
    caller, abe, dot = line("caller"), line("abe"), line("dot")
    caller.dial("2601")
    abe.ringing().answer().established()
    caller.established()
    abe.transfer("2604")
    dot.ringing().answer().established()
    caller.hears(dot)
    dot.hears(caller)
    caller.hangup()
    dot.ended()


@pytest.mark.parametrize("target", ["*43", "*97", "*552604", "*8", "*82604", "0046812345", "2699", "+4612", "1%24%7BDB_DELETE(trap/caught)%7D"])
def test_a_transfer_leads_nowhere_else(pbx, line, target):
    """Not to feature codes, which would ask for the rights of who is transferred, nor outside. Whoever is called may try as well as who calls.
    The other side is not lost: it comes back."""
    pbx.asterisk("database put trap caught no")
    caller, boss = line("caller"), line("boss")
    for transfers, other in ((boss, caller), (caller, boss)):
        caller.dial("2608")
        boss.ringing().answer().established()
        caller.established()
        transfers.transfer(target)
        transfers.ringing().answer().established()
        transfers.hears(other)
        other.hears(transfers)
        other.hangup()
        transfers.ended()
        until(lambda: "0 active channels" in pbx.asterisk("core show channels"), 5, lambda: boss.complaint("a call goes on"))
    assert "Value: no" in pbx.asterisk("database get trap caught")


def test_who_transfers_to_nobody_and_goes_keeps_nobody_waiting(pbx, line):
    """Nor does a capacity of one call keep the way back shut."""
    caller, one = line("caller"), line("one")
    caller.dial("2610")
    one.ringing().answer().established()
    caller.established()
    one.transfer("2699")
    one.ringing().hangup()
    caller.ended()
    until(lambda: "0 active channels" in pbx.asterisk("core show channels"), 5, lambda: caller.complaint("a call goes on"))


@pytest.mark.row("A7")
def test_a_peer_does_not_transfer(line):
    """A transfer would be a call of its own."""
    caller, hub, dot = line("caller"), line("hub"), line("dot")
    caller.dial("2605")
    hub.ringing().answer().established()
    caller.established()
    hub.transfer("2604")
    hub.wait(lambda: hub.last("REFER", 603), 5, "refused")
    assert dot.last("INVITE", sent=False) is None
    caller.ended()
