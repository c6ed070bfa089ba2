# SPDX-License-Identifier: GPL-3.0-or-later
"""Queues with real telephones: who rings, in which order, what callers hear, and what a run does to those who wait."""

import re
import time

import pytest

from tests.phones import until

LINES = ("ria", "sol", "tea", "una")        # ria calls; whoever is a member is said by each test
NUMBER = {"ria": "2401", "sol": "2402", "tea": "2403", "una": "2404"}
ALIAS = 'Tea "(T]", a|b; \\x ${Y} é'


@pytest.fixture(name="people", scope="module", autouse=True)
def people_fixture(pbx, staff):
    pbx.apply("queues", config=[{"name": "shop"}])
    staff(agents=[{"username": name, "number": NUMBER[name], **({"alias": ALIAS} if name == "tea" else {})} for name in LINES])
    yield
    pbx.apply("queues", config=[{"name": "shop"}], state="deleted", cascade=True)


@pytest.fixture(name="shop")
def shop_fixture(pbx):
    """shop(agents=[...], strategy=...) makes the queue what is said, and the rest of it what it is by itself."""
    return lambda **fields: pbx.apply("queues", config=[{"name": "shop", "number": "2400", "timeout": 3, "retry": 1, **fields}], state="replaced")


def members(pbx, queue="shop"):
    """(name, penalty) as Asterisk rings them."""
    shown = re.sub(r"\x1b\[[\d;]*m", "", pbx.asterisk(f"queue show {queue}"))
    return re.findall(r"\(PJSIP/([\w.-]+)\)(?: with penalty (\d+))?", shown)


def waiting(pbx, count):
    until(lambda: f"has {count} calls" in pbx.asterisk("queue show shop"), 10, lambda: AssertionError(pbx.asterisk("queue show shop")))


def was_called(phone):
    return phone.last("INVITE", sent=False) is not None


@pytest.mark.row("T4", "A28")
def test_a_call_and_both_are_heard(pbx, shop, line):
    shop(agents=["sol"], timeout=30)
    ria, sol = line("ria"), line("sol")
    ria.dial("2400").established()      # answered as soon as the queue has taken it
    sol.ringing()
    ria.wait(lambda: not ria.heard(0.5).silent, 10, "hearing music")
    assert sol.caller == ("Ria", "2401")
    sol.answer().established()
    ria.hears(sol)
    sol.hears(ria)
    sol.hangup()
    ria.ended()


@pytest.mark.row("T4", "A28")
def test_penalty_comes_first(pbx, shop, line):
    shop(agents=["tea", "sol:2"], strategy="fewestcalls")
    ria, sol, tea = line("ria"), line("sol"), line("tea")
    ria.dial("2400")
    tea.ringing()
    assert not was_called(sol)
    tea.answer().established()
    ria.hears(tea)
    tea.hangup()
    ria.ended()


@pytest.mark.parametrize("before", ["ringall", "rrordered"])
def test_linear_rings_one_after_another_also_where_it_was_not_linear_before(pbx, shop, line, before):
    """Asterisk itself would keep the members in the order that they had, whatever the file says."""
    shop(agents=["una", "tea:1", "sol:2", "gate:3"], strategy=before)
    shop(agents=["una:2", "tea:1", "sol", "gate:1"], strategy="linear")
    assert members(pbx) == [("sol", ""), ("gate", "1"), ("tea", "1"), ("una", "2")] and "'linear' strategy" in pbx.asterisk("queue show shop")
    shop(agents=["una", "sol", "tea:1"], strategy="linear")
    ria, sol, tea, una = map(line, LINES)
    ria.dial("2400").established()
    sol.ringing()
    assert not was_called(una) and not was_called(tea)
    una.ringing()
    sol.ended()
    assert not was_called(tea)
    una.answer().established()
    ria.hears(una)
    ria.hangup()


@pytest.fixture(name="turns")
def turns_fixture(pbx, line):
    """turns("rrmemory", members, 6): which of them have the next calls. A queue that has had none as yet."""
    phones = {}

    def make(strategy, members, count):
        pbx.apply("queues", config=[{"name": "turns", "number": "2420", "retry": 1, "strategy": strategy, "agents": members}])
        for name in ("ria", *members):
            if name not in phones:
                phones[name] = line(name, **({} if name == "ria" else {"answer": "auto"}))
        return [next_one(members) for _each in range(count)]

    def next_one(members):
        before = {name: called(phones[name]) for name in members}
        phones["ria"].dial("2420").established()
        name = until(lambda: next((name for name in members if called(phones[name]) > before[name]), ""), 15, lambda: phones["ria"].complaint("with nobody"))
        phones[name].established()
        phones["ria"].hangup()
        phones[name].ended()
        time.sleep(1.1)     # app_queue reckons in seconds
        return name

    yield make
    pbx.apply("queues", config=[{"name": "turns"}], state="deleted", cascade=True)


def called(phone):
    return len({each["Call-ID"] for each in phone.sip if each.method == "INVITE" and each.status is None and not each.sent})


@pytest.mark.row("T4", "A28")
@pytest.mark.parametrize(("strategy", "next_ones"), [("fewestcalls", ["tea", "tea"]), ("leastrecent", ["tea", "sol"])])
def test_who_had_the_fewest_calls_or_none_for_long(turns, strategy, next_ones):
    assert turns(strategy, ["sol"], 2) == ["sol", "sol"]
    assert turns(strategy, ["sol", "tea"], 2) == next_ones      # also: a member that a run has added has the next call


@pytest.mark.row("T4", "A28")
@pytest.mark.parametrize("strategy", ["rrmemory", "rrordered"])
def test_in_turn(turns, strategy):
    order = turns(strategy, ["sol", "tea", "una"], 6)
    assert len({*order[:3]}) == 3 and order[3:] == order[:3]


@pytest.mark.row("T4", "A28")
@pytest.mark.parametrize("strategy", ["random", "wrandom"])
def test_at_random(turns, strategy):
    """Ten times the same one comes once in a thousand runs of this."""
    assert len({*turns(strategy, ["sol", "tea"], 3)} | {*turns(strategy, ["sol", "tea"], 7)}) == 2


@pytest.mark.row("T4")
def test_after_a_call_there_is_time_before_the_next(shop, line):
    shop(agents=["sol"], wrapup=5)
    ria, sol = line("ria"), line("sol")
    ria.dial("2400").established()
    sol.ringing().answer().established()
    sol.hangup()
    ria.ended()
    start = time.monotonic()
    ria.dial("2400").established()
    sol.ringing(15)
    assert time.monotonic() - start > 3.5
    ria.hangup()


@pytest.mark.row("T4")
def test_calls_within_the_service_level_are_reckoned(pbx, line):
    def level():
        return re.search(r"SL:([\d.]+)%", pbx.asterisk("queue show fast"))[1]

    pbx.apply("queues", config=[{"name": "fast", "number": "2421", "retry": 1, "service_level": 3, "agents": ["sol"]}])
    try:
        ria, sol = line("ria"), line("sol")
        for patience, reached in ((5, "0.0"), (0, "50.0")):
            ria.dial("2421").established()
            sol.ringing()
            time.sleep(patience)
            sol.answer().established()
            sol.hangup()
            ria.ended()
            until(lambda wanted=reached: level() == wanted, 5, lambda: AssertionError(pbx.asterisk("queue show fast")))
    finally:
        pbx.apply("queues", config=[{"name": "fast"}], state="deleted", cascade=True)


@pytest.mark.row("T4", "A28")
def test_a_caller_who_waits_stays_while_members_change(pbx, shop, line):
    shop(agents=[], strategy="rrmemory")
    ria, sol = line("ria"), line("sol")
    ria.dial("2400").established()
    waiting(pbx, 1)
    result = pbx.agents({"username": "sol", "queues": ["shop:1"]})
    assert result["reloaded"] == ["app_queue.so"] and result["files"] == ["members.conf", "queues.conf"]
    assert members(pbx) == [("sol", "1")]
    sol.ringing().answer().established()
    ria.hears(sol)
    assert pbx.agents({"username": "sol", "queues": []})["reloaded"] == ["app_queue.so"]
    ria.hears(sol)      # a call in progress is nobody's business
    ria.hangup()
    sol.ended()
    ria.dial("2400").established()
    waiting(pbx, 1)
    assert members(pbx) == []
    with pytest.raises(AssertionError):
        sol.ringing(4)
    ria.hangup()


@pytest.mark.row("P8")
def test_who_is_disabled_is_no_member(pbx, shop, line):
    shop(agents=["sol", "tea"])
    ria, sol, tea = line("ria"), line("sol"), line("tea")
    pbx.agents({"username": "sol", "disabled": True})
    try:
        assert members(pbx) == [("tea", "")]
        ria.dial("2400")
        tea.ringing().answer().established()
        assert not was_called(sol)
        ria.hangup()
    finally:
        pbx.agents({"username": "sol", "disabled": False})
    assert sorted(members(pbx)) == [("sol", ""), ("tea", "")]


def test_a_caller_who_waits_comes_again_when_the_queue_is_made_anew(pbx, shop, line):
    shop(agents=[])
    ria, sol = line("ria"), line("sol")
    ria.dial("2400").established()
    waiting(pbx, 1)
    shop(agents=["sol"], strategy="linear")
    sol.ringing(15).answer().established()
    ria.hears(sol)
    ria.hangup()


def test_a_caller_comes_to_a_queue_that_is_on_its_way(pbx, shop, line):
    """Between the map of numbers and the queue lies the time that Asterisk takes to read its files."""
    shop(agents=["sol"])
    ria, sol = line("ria"), line("sol")
    pbx.asterisk("module unload app_queue.so")
    try:
        ria.dial("2400")
        with pytest.raises(AssertionError):
            sol.ringing(2)
    finally:
        pbx.asterisk("module load app_queue.so")
    sol.ringing(10).answer().established()
    ria.hears(sol)
    ria.hangup()


@pytest.fixture(name="hum")
def hum_fixture(pbx):
    """The name of a prompt that is a tone, and its pitch."""
    folder = re.search(r"Data directory: +(\S+)", pbx.asterisk("core show settings"))[1]
    pitch = 1250
    pbx.run(f"python3 -c \"import array, math; array.array('h', (int(9000 * math.sin(2 * math.pi * {pitch} * i / 8000)) for i in range(24000)))"
            f".tofile(open('{folder}/sounds/hum.sln', 'wb'))\"")
    yield "hum", pitch
    pbx.run(f"rm {folder}/sounds/hum.sln")


@pytest.mark.row("T4")
def test_who_waits_alone_hears_the_announcements(shop, line, hum):
    prompt, pitch = hum
    shop(periodic_announcements=[prompt], periodic_announce_frequency=3)
    ria = line("ria")
    ria.dial("2400").established().hears(pitch, 15)
    ria.hangup()


def test_a_class_without_music_is_none(pbx, shop):
    """Its file names it, and Asterisk says nothing of passing over it."""
    shop()
    pbx.run("cp -p /etc/asterisk/musiconhold.conf /root/; printf '[still]\\nmode=files\\ndirectory=/nowhere\\n' >> /etc/asterisk/musiconhold.conf")
    try:
        pbx.asterisk("moh reload")
        refused = pbx.attempt("queues", config=[{"name": "shop", "music": "still"}])
    finally:
        pbx.run("mv /root/musiconhold.conf /etc/asterisk/")
        pbx.asterisk("moh reload")
    assert refused["failed"] and "there is no class still of music on hold on this host, or no music in its folder" in refused["msg"], refused["msg"]


@pytest.mark.parametrize("classes", [{"default": "moh"}, {"general": "moh"}, {"a]b": "moh"}, {"jazz": "moh;x"}])
def test_music_that_asterisk_would_pass_over_is_refused(pbx, classes):
    code, output = pbx.play("site", asterisk_music_classes=classes)
    assert code and "asterisk_music_classes: a name must be" in output, output


def test_a_deleted_queue_sends_its_callers_away(pbx, line):
    pbx.apply("queues", config=[{"name": "fair", "number": "2410", "retry": 1}])
    ria = line("ria")
    ria.dial("2410").established()
    pbx.apply("queues", config=[{"name": "fair"}], state="deleted")
    ria.ended(15)
    assert "No such queue" in pbx.asterisk("queue show fair")
    assert ria.dial("2410").ended().startswith("404")


@pytest.mark.row("T4")
def test_who_is_not_let_in_is_refused_unanswered(pbx, shop, line, ask):
    shop(join_empty=["unavailable"], agents=["sol"])
    assert ask("INVITE", "ria", "2400").status == 480
    shop(longest=1)
    line("ria").dial("2400").established()
    waiting(pbx, 1)
    assert ask("INVITE", "una", "2400").status == 486
    assert not pbx.agents({"username": "una", "full_name": "Una"}, state="merged")["failed"]     # such a call is no complaint of the configuration


@pytest.mark.row("T4")
def test_the_longest_wait(shop, line):
    shop(longest_wait=2)
    ria = line("ria")
    ria.dial("2400").established().ended(10)


@pytest.mark.row("A1")
def test_an_alias_is_the_members_name_whatever_is_in_it(pbx, shop):
    shop(agents=["tea"])
    assert 'Tea "(T]", a b; \\x ${Y} é (PJSIP/tea)' in pbx.asterisk("queue show shop")


def test_a_member_whose_line_comes_in_the_same_run_is_known_to_its_queue(pbx, shop):
    """A telephone with a fixed address never registers: what the queue thought of it at first would stand."""
    shop()
    pbx.agents({"username": "fix", "full_name": "Fix", "typology": "external", "host": "192.0.2.77", "queues": ["shop"]})
    shown = pbx.asterisk("queue show shop")
    pbx.apply("agents", config=[{"username": "fix"}], state="deleted")
    assert "(PJSIP/fix)" in shown and "Not in use" in shown, shown


def test_lamps_of_queues_are_nobodys(pbx, ask, shop):
    """A queue may be called like a line, whose state is not the queue's."""
    pbx.apply("queues", config=[{"name": "sol", "number": "2411"}])
    try:
        assert ask("SUBSCRIBE", "ria", "2411", headers=("Event: dialog", "Expires: 60")).status == 200
        hints = pbx.asterisk("core show hints")
        assert "PJSIP/sol" not in next(line for line in hints.splitlines() if line.lstrip().startswith("2411@")), hints
    finally:
        pbx.apply("queues", config=[{"name": "sol"}], state="deleted")


def test_a_number_that_is_taken(pbx, shop):
    shop()
    refused = pbx.attempt("queues", config=[{"name": "fair", "number": "2402"}])
    assert refused["failed"] and refused["msg"] == "item 1: queue 'fair': number: 2402 is taken by agent 'sol'", refused["msg"]
    refused = pbx.attempt("agents", config=[{"username": "tim", "full_name": "Tim", "number": "2400"}])
    assert refused["failed"] and "number: 2400 is taken by queue 'shop'" in refused["msg"]


def test_what_asterisk_would_load_without_a_word(pbx):
    before = pbx.snapshot()
    refused = pbx.attempt("queues", config=[{"name": "shop", "strategy": "roundrobin"}])
    assert refused["failed"] and "'roundrobin' is none of" in refused["msg"]
    refused = pbx.attempt("queues", config=[{"name": "shop", "music": "opera"}])
    assert refused["failed"] and "there is no class opera of music on hold on this host" in refused["msg"], refused["msg"]
    assert pbx.snapshot() == before


@pytest.mark.parametrize("options", [("--check", "--diff"), ("--diff",), ()])
def test_members_seen_from_the_queue(pbx, shop, options):
    shop(agents=["sol:3"])
    result = pbx.apply("queues", *options, config=[{"name": "shop", "agents": ["tea", "sol:1"]}])
    assert result["cascaded"] == {"agents": ["sol", "tea"]} and result["reasons"] == {"shop": ["agents"]}
    assert (result["before"], result["after"]) == ({"shop": {"name": "shop", "agents": ["sol:3"]}}, {"shop": {"name": "shop", "agents": ["sol:1", "tea"]}})
    assert sorted(members(pbx)) == ([("sol", "3")] if "--check" in options else [("sol", "1"), ("tea", "")])


@pytest.mark.row("T4")
def test_a_strategy_is_what_asterisk_says(pbx, shop):
    for strategy in ("leastrecent", "random", "rrordered", "rrmemory", "wrandom", "fewestcalls", "ringall"):
        shop(strategy=strategy, service_level=30, weight=2, longest=7, agents=["sol", "tea:4"])
        shown = pbx.asterisk("queue show shop")
        assert f"(max 7) in '{strategy}' strategy" in shown and "W:2" in shown and "within 30s" in shown


def test_a_host_without_queues_needs_no_module_for_them_and_one_with_them_is_told(pbx, shop):
    shop(agents=["sol"])
    pbx.asterisk("module unload app_queue.so")
    try:
        refused = pbx.attempt("queues", config=[{"name": "shop", "timeout": 9}])
        assert refused["failed"] and "Asterisk has not loaded app_queue.so: set the host up with role asterisk" in refused["msg"], refused["msg"]
    finally:
        pbx.asterisk("module load app_queue.so")
    assert members(pbx) == [("sol", "")]
