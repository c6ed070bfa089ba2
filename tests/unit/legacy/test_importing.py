# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole installation: mailboxes find their owners, queues their members, and no option is lost without a word."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from module_utils.model.site import RESOURCES, NumberRange
from plugin_utils.export import as_text
from plugin_utils.legacy.asterisk_conf import parse
from plugin_utils.legacy.chan_sip import Wish
from plugin_utils.legacy.importing import Imported, installation, kind_of
from plugin_utils.people import Unreadable, read

from tests.unit.conftest import House
from tests.unit.legacy.old import SAMPLES, SECRET, bring, one, other, places, why

LINES = f"[1001]\ntype=friend\nsecret={SECRET}\ncallerid=Anna <1001>\nmailbox=1001@default\n"
BO = f"[1002]\ntype=friend\nsecret={SECRET}\ncallerid=Bo <1002>\n"
FILES = sorted(path for path in SAMPLES.iterdir() if path.is_file())
SECRETS = ("old-secret", "0123456789abcdef0123456789abcdef", "69c69b5e8bb63cd701c5fc3dfb408b61", "never-asked-for", "provider-secret", "typeless-secret",
           "31313131", "30303", "471101", "471102", "471108", "909099", "404040", "505050")


@pytest.fixture(name="site", scope="module")
def site_fixture() -> Imported:
    return installation([str(path) for path in FILES], lambda path: Path(path).read_bytes(), RESOURCES, Wish(), NumberRange.parse("1000-9999", "numbers"))


def names(made: Imported) -> dict[str, Any]:
    return {item.get("username") or item["name"]: item for items in made.items.values() for item in items}


# Nothing is lost without a word


def test_every_option_of_the_samples_has_a_fate(site: Imported) -> None:
    """What the files say is what the import has looked at; each of it is in an item, is so anyway, or is in the report."""
    written = {place for path in FILES if path.suffix == ".conf" for section in parse(str(path), lambda each: Path(each).read_bytes()).plain()
               for place in places(section.options)}
    assert written <= places(site.options)
    fields = {f"{kind}.{field.name}" for kind, resource in RESOURCES.items() for field in resource.fields}
    told = {(entry.file, line, entry.option) for entry in site.report.lost.values() for line, _section in entry.where}
    for option in site.options:
        if option.fate.startswith("lost: "):
            assert (option.file, option.line, option.called) in told, option.place
        else:
            assert option.fate in fields | {"in effect", "overridden", "empty", "every line's", "follows", "agent.queues"}, f"{option.place}: {option.fate}"


def test_what_is_said_to_be_in_an_item_is_in_one(site: Imported) -> None:
    said = {f"{kind}.{name}" for kind, items in site.items.items() for item in items for name, _value in RESOURCES[kind].flat(item)}
    defaults = {"extension.type", "agent.type", "extension.display_name"}      # a friend, and a caller id that is a number only
    assert {option.fate for option in site.options if "." in option.fate and not option.fate.startswith("lost")} - said <= defaults


def test_the_samples_people(site: Imported) -> None:
    people = names(site)
    assert people["anna.svensson"] == {
        "username": "anna.svensson", "full_name": "Anna Svensson", "email": "anna@example.org", "typology": "external", "number": "1001",
        "sip_password": "anna-old-secret", "nat": "yes", "codecs": ["alaw", "ulaw"], "call_groups": ["1"], "pickup_groups": ["1", "3", "4"], "sip_expires": 600,
        "voicemail": True, "voicemail_pin": "471101", **({"queues": people["anna.svensson"]["queues"]} if "queues" in people["anna.svensson"] else {})}
    assert people["bo.ek"]["sip_password"] == "bo;old-secret" and people["bo.ek"]["voicemail_pin"] == "471102"
    assert people["bo.ek"]["phone"] == {"ring_in_use": True} and people["bo.ek"]["channels"] == {"voice": {"capacity": 2}}
    assert people["cleo.oberg"]["host"] == "198.51.100.0/24" and people["cleo.oberg"]["nat"] == "comedia"
    assert people["phone-1004"]["codecs"] == ["g722", "alaw"] and people["phone-1007"]["host"] == "192.0.2.77"
    assert people["door"]["sip_password"] == {"md5": "69c69b5e8bb63cd701c5fc3dfb408b61", "realm": "switchboard"}
    assert people["browser"]["typology"] == "webrtc" and people["ove.olsson"]["transport"] == "tls" and people["nina"]["type"] == "peer"
    assert people["eva.lind"]["voicemail_pin"] == "30303" and people["gustav.alm"]["voicemail_pin"] == "404040" and people["ida.maria.falk"]["number"] == "1051"
    assert not {"gateway", "provider-out", "nobody", "old.dect"} & set(people)


def test_what_is_written_can_be_applied_in_the_order_of_a_staff_run(site: Imported, house: House) -> None:
    for kind in ("queue", "extension", "agent"):
        resource = RESOURCES[kind]
        items, _places = read("x.yml", as_text(resource.plural, site.items[kind]).encode(), resource.plural, str)
        items = [item for item in items if item.get("number") != "52"]
        result = house.run("merged", items, resource, realm="switchboard")
        assert result["counts"]["created"] == len(items) and house.run("merged", items, resource)["changed"] is False
    queues = house.files()["queues.conf"].split("\n\n")
    assert [line for each in queues if each.startswith(("[sales]", "[support]")) for line in each.splitlines() if line.startswith(("[", "member"))] == [
        "[sales](_queue)", "member=PJSIP/eva.lind,0,eva.lind", "member=PJSIP/anna.svensson,5,anna.svensson",
        "[support](_queue)", "member=PJSIP/anna.svensson,0,anna.svensson", "member=PJSIP/cleo.oberg,1,cleo.oberg", "member=PJSIP/bo.ek,2,Bosse"]


def test_no_secret_is_in_the_report(site: Imported) -> None:
    shown = json.dumps(site.report.compact()) + site.report.markdown() + json.dumps(list(site.report.notes))
    assert [each for each in SECRETS if each in shown] == []


def test_the_order_of_the_sources_does_not_matter(site: Imported) -> None:
    back = installation([str(path) for path in reversed(FILES)], lambda path: Path(path).read_bytes(), RESOURCES, Wish())
    assert names(back) == names(site)


def test_a_certificate_is_asked_for_where_lines_use_tls(site: Imported) -> None:
    assert "1 line uses TLS: the host needs a certificate for it (asterisk_tls_certificate)" in site.report.notes
    assert not any("TLS" in each for each in bring(sip=LINES).report.notes)


# Mailboxes


def test_a_mailbox_goes_to_whoever_names_it() -> None:
    item = one(bring(sip=LINES, voicemail="[default]\n1001 => 4711,Anna Berg,anna@example.org\n"))
    assert (item["voicemail"], item["voicemail_pin"], item["email"], item["full_name"]) == (True, "4711", "anna@example.org", "Anna")


def test_a_mailbox_goes_to_whoever_has_its_number() -> None:
    item = one(bring(sip=f"[1002]\ntype=friend\nsecret={SECRET}\n", voicemail="[default]\n1002 => 4711,Bo Ek\n"))
    assert (item["username"], item["full_name"], item["voicemail"]) == ("bo.ek", "Bo Ek", True)


@pytest.mark.parametrize(("entry", "options"), [
    ("4711,Anna,a@example.org,pager@example.org", {"1001 (pager)"}), ("4711,Anna,,,attach=yes|tz=x|delete=yes", {"1001 (tz)", "1001 (delete)"}),
    ("4711,Anna,,,attach=no", {"1001 (attach)"}), ("4711,Anna,,,emailsubject=a,b|review=yes", {"1001 (emailsubject)", "1001 (review)"}), ("4711", set()),
    ("4711,Anna,,,,", set()), ("12,Anna", {"1001 (PIN)"}), ("abcde,Anna", {"1001 (PIN)"}), ("4711,Anna,nonsense", {"1001 (mail)"}),
])
def test_what_of_a_mailbox_cannot_be_said(entry: str, options: set[str]) -> None:
    made = bring(sip=LINES, voicemail=f"[default]\n1001 => {entry}\n")
    assert one(made)["voicemail"] is True and {each.option for each in made.report.lost.values()} == options


def test_what_a_mailbox_says_otherwise_than_its_owner_is_reported() -> None:
    made = bring(sip=LINES + "email=b@example.org\n", voicemail="[default]\n1001 => 4711,Anna Berg,a@example.org\n")
    assert one(made)["email"] == "b@example.org" and why(made, "1001 (mail)") == ["the mailbox has the agent's mail"] and why(made, "1001 (name)")


def test_pins_with_a_meaning() -> None:
    made = bring(sip=LINES, voicemail="[default]\n1001 => -4711,Anna\n")
    assert one(made)["voicemail_pin"] == "4711" and other(made, "1001") == ["a PIN with - before it could not be changed by telephone: it can be here"]
    made = bring(sip=LINES, voicemail="[default]\n1001 => ,Anna\n")
    assert "voicemail_pin" not in one(made) and other(made, "1001") and "0 passwords and 1 PINs" in "".join(made.report.notes)


def test_a_mailbox_without_an_owner_is_reported() -> None:
    made = bring(sip=LINES, voicemail="[general]\nformat=wav\n[default]\n1001 => 4711,Anna\n1002 => 4712,Bo\n[other]\n1001 => 4713,Else\n")
    assert why(made, "1002") == ["no line of the sources has this mailbox"] == why(made, "1001") and why(made, "format")


def test_a_mailbox_has_one_owner_and_an_owner_one_mailbox() -> None:
    made = bring(sip=LINES + BO + "mailbox=1001,1002\n", voicemail="[default]\n1001 => 4711,Anna\n1002 => 4712,Bo\n")
    assert ["voicemail" in each for each in made.items["agent"]] == [True, False] and "[1001]'s already" in why(made, "mailbox")[0]
    made = bring(sip=LINES + "mailbox=1001,1002\n", voicemail="[default]\n1001 => 4711,Anna\n")
    assert why(made, "mailbox") == ["only the first mailbox is taken: a lamp shows one"]


def test_a_mailbox_that_is_not_there() -> None:
    assert why(bring(sip=LINES, voicemail="[default]\n"), "mailbox") == ["voicemail.conf has no such mailbox"]
    made = bring(sip=LINES)
    assert one(made)["voicemail"] is True and "new PIN" in other(made, "mailbox")[0]


def test_a_mailbox_under_another_number_or_context_leaves_its_messages() -> None:
    made = bring(sip=LINES.replace("mailbox=1001", "mailbox=5001"), voicemail="[default]\n5001 => 4711,Anna\n")
    assert "mailbox 5001 becomes 1001" in other(made, "5001")[0]
    made = bring(sip=LINES.replace("@default", "@office"), voicemail="[office]\n1001 => 4711,Anna\n")
    assert one(made)["voicemail_pin"] == "4711" and "every mailbox is in context default" in other(made, "1001")[0]


def test_a_telephone_without_a_person_has_no_mailbox() -> None:
    made = bring(sip=LINES, voicemail="[default]\n1001 => 4711,Anna\n", persons="extensions")
    assert "voicemail" not in one(made) and why(made, "mailbox") == why(made, "1001") == ["a telephone without a person has no mailbox"]


def test_aliases_and_twins_are_reported() -> None:
    made = bring(sip=LINES, voicemail="[general]\naliasescontext=also\n[also]\n5@x=1001@default\n[default]\n1001=4711,Anna\n1001=4712,Else\n")
    assert one(made)["voicemail_pin"] == "4711" and why(made, "5@x") and "Asterisk takes the first" in why(made, "1001")[0]


# Queues


def queued(queues: str, **files: str) -> Imported:
    return bring(sip=LINES + BO, queues=queues, **files)


@pytest.mark.parametrize(("said", "field", "value"), [
    ("strategy=rrmemory", "strategy", "rrmemory"), ("strategy=RoundRobin", "strategy", "rrmemory"), ("timeout=15", "timeout", 15), ("retry=5", "retry", 5),
    ("wrapuptime=10", "wrapup", 10), ("servicelevel=30", "service_level", 30), ("weight=2", "weight", 2), ("maxlen=20", "longest", 20),
    ("musicclass=default", "music", "default"), ("musiconhold=x\nmusic=y", "music", "y"), ("joinempty=yes", "join_empty", []),
    ("joinempty=strict", "join_empty", ["paused", "penalty", "unavailable", "invalid"]), ("joinempty=no", "join_empty", ["paused", "penalty", "invalid"]),
    ("joinempty=inuse,paused", "join_empty", ["paused", "inuse"]), ("leavewhenempty=loose", "leave_when_empty", ["penalty", "invalid"]),
    ("leavewhenempty=No", "leave_when_empty", []), ("leavewhenempty=1", "leave_when_empty", ["paused", "penalty", "invalid"]),
    ("ringinuse=no", "ring_in_use", False),
    ("announce-frequency=60", "announce_frequency", 60), ("announce-position=limit", "announce_position", "limit"),
    ("announce-position-limit=5", "announce_position_limit", 5), ("periodic-announce-frequency=60", "periodic_announce_frequency", 60),
    ("announce-holdtime=once", "announce_hold_time", "once"),
    ("announce=hello", "announcement", "hello"),
])
def test_queue(said: str, field: str, value: Any) -> None:
    made = queued(f"[support]\n{said}\n")
    assert made.items["queue"] == [{"name": "support", field: value}] and not made.report.lost


def test_announcements_that_were_never_heard_are_none() -> None:
    assert queued("[a]\nperiodic-announce=x,b/c\nperiodic-announce-frequency=60\n").items["queue"] == [
        {"name": "a", "periodic_announcements": ["x", "b/c"], "periodic_announce_frequency": 60}]
    made = queued("[a]\nperiodic-announce=x\n")
    assert made.items["queue"] == [{"name": "a"}] and why(made, "periodic-announce") == ["would never be heard: periodic_announce_frequency is 0"]


@pytest.mark.parametrize(("said", "option"), [
    ("strategy=linear\ntimeout=0", "timeout"), ("timeout=4000", "timeout"), ("retry=0", "retry"), ("weight=-1", "weight"), ("maxlen=many", "maxlen"),
    ("strategy=nosuch", "strategy"), ("joinempty=sometimes", "joinempty"), ("announce=a&b", "announce"), ("ringinuse=maybe", "ringinuse"),
])
def test_what_of_a_queue_is_refused_is_reported(said: str, option: str) -> None:
    made = queued(f"[a]\n{said}\n")
    assert len(why(made, option)) == 1 and option not in made.items["queue"][0]


@pytest.mark.parametrize(("section", "item"), [
    ("support", {"name": "support"}), ("600", {"name": "queue-600", "number": "600", "display_name": "600"}),
    ("Våra kunder", {"name": "vara-kunder", "display_name": "Våra kunder"}), ("default", {"name": "default-2", "display_name": "default"}),
])
def test_a_queues_name(section: str, item: dict[str, str]) -> None:
    assert queued(f"[{section}]\n").items["queue"] == [item]


def test_options_of_queues_without_a_place_here_are_reported() -> None:
    made = queued("[general]\npersistentmembers=yes\nautofill=yes\n[q]\nautopause=yes\nqueue-thankyou=x\nnosuch=1\n")
    assert {each.option for each in made.report.lost.values()} == {"persistentmembers", "autopause", "queue-thankyou", "nosuch"}


def test_members() -> None:
    made = queued("[a]\nmember=SIP/1001\nmember=PJSIP/1002,2\n[b]\nmember => Local/1001@from-queue/n,1,Annie,hint:1001@x,yes\nmember=SIP/1002,-1\n")
    assert [(each["queues"], each.get("alias")) for each in made.items["agent"]] == [(["a", "b:1"], "Annie"), (["a:2", "b"], None)]
    assert "the agent is rung itself" in other(made, "member")[0] and "its penalty is 0" in other(made, "member")[1]
    assert why(made, "member (ring in use)") == ["is not a matter of a single member"] and not why(made, "member (state interface)")


def test_members_that_are_nobody_here() -> None:
    made = queued("[a]\nmember=Agent/5\nmember=SIP/1099\nmember=SIP/1001\nmember=SIP/1001,3\n")
    assert why(made, "member") == ["no line of the sources is that member: it is added by hand", "the agent is in the queue already"]
    made = bring(sip=LINES, queues="[a]\nmember=SIP/1001\n", persons="extensions")
    assert "only agents are in queues" in why(made, "member")[0]


# Spreadsheets


def test_freepbx() -> None:
    made = bring(freepbx_csv="extension,name,tech,secret,voicemail,voicemail_enable,voicemail_vmpwd,voicemail_email,nat,callerid,mailbox,cid_masquerade\n"
                             f"1001,Anna Berg,sip,{SECRET},default,yes,4711,anna@example.org,yes,Anna Berg <1001>,1001@device,\n"
                             f"1002,Bo,pjsip,{SECRET},novm,,,,,ACME <4681234>,1002@device,\n1003,Cleo,pjsip,{SECRET},novm,,,,,device <1003>,,4682222\n")
    assert made.items["agent"] == [
        {"username": "anna.berg", "full_name": "Anna Berg", "email": "anna@example.org", "typology": "external", "number": "1001", "sip_password": SECRET,
         "nat": "yes", "voicemail": True, "voicemail_pin": "4711"},
        {"username": "bo", "full_name": "Bo", "typology": "external", "number": "1002", "sip_password": SECRET, "caller_id": "ACME <4681234>"},
        {"username": "cleo", "full_name": "Cleo", "typology": "external", "number": "1003", "sip_password": SECRET, "caller_id": "Cleo <4682222>"}]
    assert not made.report.lost


def test_freepbx_before_its_bulk_handler() -> None:
    made = bring(freepbx_csv="action,extension,name,tech,devinfo_secret,devinfo_dtmfmode,devinfo_host,devinfo_type,devinfo_nat,devinfo_callgroup,devinfo_dial,"
                             "devinfo_mailbox,devinfo_deny,devinfo_permit,devicetype,deviceuser,vm,vmpwd,email\n"
                             f",1001,Anna Berg,sip,{SECRET},rfc2833,dynamic,friend,no,3,SIP/1001,1001@device,0.0.0.0/0.0.0.0,0.0.0.0/0.0.0.0,fixed,1001,"
                             "enabled,4711,anna@example.org\n"
                             f"add,1002,Lift,sip,{SECRET},rfc2833,dynamic,friend,no,,SIP/1002,1002@device,,,fixed,1002,disabled,,\n")
    anna, lift = made.items["agent"]
    assert anna == {"username": "anna.berg", "full_name": "Anna Berg", "email": "anna@example.org", "typology": "external", "number": "1001",
                    "sip_password": SECRET, "nat": "no", "call_groups": ["3"], "voicemail": True, "voicemail_pin": "4711"}
    assert lift["sip_password"] == SECRET and "voicemail" not in lift
    assert not made.report.lost


@pytest.mark.parametrize("tech", ["iax2", "dahdi", "custom", "virtual"])
def test_freepbx_has_other_than_sip_telephones(tech: str) -> None:
    made = bring(freepbx_csv=f"extension,name,tech,secret\n1001,Anna,{tech},hunter2hunter2\n")
    assert made.items["agent"] == made.items["extension"] == [] and why(made, "secret") == ["is no SIP telephone"]


@pytest.mark.parametrize("head", ["Name,Number,Email,Password", "FULL NAME;Ext.;E-Mail;SIP-Password", "display_name\tExtension\tmail\tsecret"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_columns_as_people_call_them(head: str, bom: bytes, end: str) -> None:
    separator = next(each for each in ",;\t" if each in head)
    text = f"{head}{end}{separator.join(('Anna Berg', '1001', 'anna@example.org', SECRET))}{end}"
    assert one(bring(people_csv=bom + text.encode())) == {
        "username": "anna.berg", "full_name": "Anna Berg", "email": "anna@example.org", "typology": "external", "number": "1001", "sip_password": SECRET}


def test_first_and_last_name_are_one() -> None:
    assert one(bring(people_csv=f"First name,Surname,Number,Password\nAnna,Berg,1001,{SECRET}\n"))["full_name"] == "Anna Berg"


def test_a_sign_in_name_of_its_own() -> None:
    made = bring(people_csv=f"Username,Name,Number,Password\nanna,Anna Berg,1001,{SECRET}\n")
    assert one(made)["username"] == "anna" and one(made)["number"] == "1001" and not made.report.sign_ins


def test_a_pin_makes_a_mailbox_and_so_does_a_yes() -> None:
    assert one(bring(people_csv="Name,Number,PIN\nAnna,1001,4711\n"))["voicemail_pin"] == "4711"
    assert one(bring(people_csv="Name,Number,Voicemail\nAnna,1001,yes\n"))["voicemail"] is True
    assert "voicemail" not in one(bring(people_csv="Name,Number,Voicemail\nAnna,1001,no\n"))
    assert why(bring(people_csv="Name,Number,Voicemail\nAnna,1001,maybe\n"), "Voicemail") == ["is neither yes nor no"]


@pytest.mark.parametrize("name", ["=1+1", "+Anna", "-Anna", "@SUM(A1)", '"=HYPERLINK(""x"",""y"")"'])
def test_a_formula_is_no_name(name: str) -> None:
    made = bring(people_csv=f"Name,Number,Password\n{name},1001,{SECRET}\n")
    assert one(made)["sip_password"] == SECRET and why(made, "Name") == ["begins like a formula (=, +, -, @): write it as text"]


def test_a_line_break_in_a_cell_is_a_space() -> None:
    made = bring(people_csv='Name,Number,Password\n"Anna\nBerg",1001,correct-horse\nBo,1002,correct-horse\n')
    assert [each["full_name"] for each in made.items["agent"]] == ["Anna Berg", "Bo"] and other(made, "Name") == ["a line break in a cell is a space"]


def test_lost_zeros_are_told_where_they_can_be() -> None:
    made = bring(people_csv="Name,Number\nAnna,1001\nBo,1002\nCleo,42\n")
    assert "people.csv: 42: shorter than the other numbers" in "".join(made.report.notes)
    assert "shorter" not in "".join(bring(people_csv="Name,Number\nAnna,42\nBo,43\n").report.notes)


def test_mangled_numbers_are_refused() -> None:
    made = bring(people_csv='Name,Number\nAnna,"1,001E+03"\n')
    assert "number" not in one(made) and why(made, "Number") == ["as number it looks mangled by a spreadsheet: format the column as text"]


def test_the_same_row_twice_is_left_out_and_told() -> None:
    made = bring(people_csv="Name,Number,Password\nAnna,1001,correct-horse\nBo,1001,hunter2hunter2\n")
    assert one(made)["full_name"] == "Anna" and "people.csv: line 3: 1001 stands in line 2 already: this row was left out" in made.report.notes
    assert "an earlier one has the same number" in why(made, "Password")[0]


def test_columns_that_say_nothing_here_are_reported() -> None:
    assert why(bring(people_csv="Name,Number,Department\nAnna,1001,Sales\n"), "Department") == ["is an option that this import does not know"]


@pytest.mark.parametrize(("text", "told"), [
    ("1001,Anna,hunter2\n", "people.csv: line 1: names no column for a number or a name"), ("", "people.csv: line 1: names no column"),
    ("Name,Number\nAnna,1001,hunter2\n", "people.csv: line 2: has 3 cells"), ("Name,Name\n", "people.csv: line 1: names 'Name' twice"),
    (b"Name,Number\n\xe5,1\n", "people.csv: line 2: is not UTF-8"), ('Name,Number\n"Anna,1001\n', "people.csv: line "),
    ("Name,,\n", "people.csv: line 1: column 2"),
])
def test_sheets_that_are_none(text: str | bytes, told: str) -> None:
    with pytest.raises(Unreadable) as wrong:
        bring(people_csv=text)
    assert str(wrong.value).startswith(told) and "hunter2" not in str(wrong.value)


# Any file


@pytest.mark.parametrize(("name", "kind"), [("sip.conf", "sip"), ("sip_additional.conf", "sip"), ("/a/Users.conf", "users"), ("voicemail.conf", "voicemail"),
                                            ("queues.conf", "queues"), ("queues_additional.conf", "queues"), ("x.CSV", "sheet")])
def test_a_file_is_known_by_its_name(name: str, kind: str) -> None:
    assert kind_of(name) == kind


@pytest.mark.parametrize("name", ["extensions.conf", "sip.txt", "x", ".conf"])
def test_other_files_are_refused(name: str) -> None:
    with pytest.raises(Unreadable, match="cannot tell what it is"):
        kind_of(name)


OPTIONS = st.sampled_from(["type", "host", "secret", "md5secret", "callerid", "mailbox", "nat", "allow", "disallow", "permit", "deny", "transport",
                           "callgroup", "context",
                           "call-limit", "fullname", "cid_number", "insecure", "videosupport", "encryption", "hasvoicemail", "vmsecret", "email", "member",
                           "strategy", "setvar", "register", "description", "defaultexpiry", "nosuch", "1001"])
VALUES = st.sampled_from(["friend", "peer", "dynamic", "192.0.2.1", "all", "alaw,!ulaw", "0.0.0.0/0", "10.0.0.0/8", "yes", "no", "1001", "1001@x,2",
                          "SIP/1001,x", '"A" <1>',
                          "udp,tls", "ws", "1-70", "", ",", "<", "4711,A,b@example.org,,x=y|z"]) | st.text(alphabet='aZ0é"<>,;|=\\@: \t-', max_size=12)
SECTIONS = st.sampled_from(["general", "authentication", "1001", "1002", "anna", "Anna", "t](!)[", "default", "zonemessages", "support", "張"])
CONF = st.lists(st.tuples(SECTIONS, st.lists(st.tuples(OPTIONS, VALUES), max_size=6)), max_size=5).map(
    lambda whole: "".join(f"[{name.removesuffix('[')}\n" + "".join(f"{option}={value}\n" for option, value in options) if name.endswith("[") else
                          f"[{name}]\n" + "".join(f"{option}={value}\n" for option, value in options) for name, options in whole))


@given(CONF, CONF, CONF, CONF, st.sampled_from(["auto", "agents", "extensions"]))
def test_any_installation_gives_what_can_be_applied(sip: str, users: str, voicemail: str, queues: str, persons: str) -> None:
    try:
        made = bring(sip=sip, users=users, voicemail=voicemail, queues=queues, persons=persons)
    except Unreadable as wrong:
        assert ".conf: line " in str(wrong)
        return
    made.report.markdown()
    json.dumps(made.report.compact())
    for kind, items in made.items.items():
        for item in items:
            checked, wrongs = RESOURCES[kind].check(item)
            assert not wrongs and not RESOURCES[kind].judge(RESOURCES[kind].complete(checked))
    claims = [claim for kind, items in made.items.items() for item in items for claim in RESOURCES[kind].claims(dict(RESOURCES[kind].flat(item)))]
    assert len(claims) == len(set(claims))
    assert yaml.safe_load(as_text("agents", made.items["agent"])) == {"agents": made.items["agent"]}


@given(st.sampled_from(["sip", "users", "voicemail", "queues", "people_csv"]), st.text(max_size=120))
def test_any_text_gives_a_result_or_an_error_with_its_line(name: str, text: str) -> None:
    try:
        bring(**{name: text})
    except Unreadable as wrong:
        assert ": line " in str(wrong)
    except UnicodeEncodeError:
        pass        # a lone surrogate is no text


@given(st.text(alphabet="0123456789abcdef", min_size=12, max_size=20), CONF)
def test_a_secret_is_never_in_the_report(secret: str, noise: str) -> None:
    made = None
    try:
        made = bring(sip=noise + f"[1001]\nsecret={secret}\nmd5secret={secret}\nremotesecret={secret}\nauth=x:{secret}@y\nsetvar=P={secret}\ntype=friend\n"
                                 f"[general]\nregister=x:{secret}@y/1\n", voicemail=f"[default]\n1001={secret},A\n1002={secret}\n",
                     people_csv=f"Name,Password,PIN,Number\nA,{secret},{secret},1003\n")
    except Unreadable as wrong:
        assert secret not in str(wrong)
    assert made is None or secret not in made.report.markdown() + json.dumps(made.report.compact())


def test_ten_thousand_lines_are_a_matter_of_seconds() -> None:
    people = range(10_000, 20_000)
    line = "[{0}](t)\nsecret=correct-horse-{0}\ncallerid=Person {0} <{0}>\nmailbox={0}\nsetvar=A={0}\n"
    made = bring(sip="[t](!)\ntype=friend\nhost=dynamic\nallow=!all,alaw\n" + "".join(map(line.format, people)),
                 voicemail="[default]\n" + "".join(map("{0} => {0},Person,p{0}@example.org\n".format, people)), numbers="10000-19999")
    assert len(made.items["agent"]) == 10_000 and len(json.dumps(made.report.compact())) < 1_000_000
