# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines of chan_sip, rule by rule: what becomes of each option."""

from __future__ import annotations

from typing import Any

import pytest
from module_utils.model.secrets import digests
from plugin_utils.legacy.chan_sip import ANYWAY, WHY
from plugin_utils.legacy.draft import slug

from tests.unit.legacy.old import SECRET, bring, one, other, sip, why

PLAIN = f"secret={SECRET}"


def field(name: str, said: str, **more: Any) -> Any:
    item: Any = one(sip(f"{PLAIN}\n{said}", **more))
    for part in name.split("."):
        item = item.get(part) if item else None
    return item


# Agent or extension


@pytest.mark.parametrize(("said", "kind"), [
    ("", "extension"), ('callerid="Anna" <1001>', "agent"), ("callerid=Anna", "agent"), ("fullname=Anna", "agent"), ("mailbox=1001", "agent"),
    ("email=a@example.org", "agent"),
    ("callerid=1001", "extension"), ('callerid="1001" <1001>', "extension"), ("callerid=device <1001>", "extension"),
])
def test_a_name_or_a_mailbox_makes_an_agent(said: str, kind: str) -> None:
    assert len(sip(said).items[kind]) == 1


def test_who_is_in_a_queue_is_an_agent() -> None:
    assert len(sip("", queues="[q]\nmember=SIP/1001\n").items["agent"]) == 1


@pytest.mark.parametrize("persons", ["agents", "extensions"])
@pytest.mark.parametrize("said", ["", "callerid=Anna <1001>"])
def test_whoever_imports_has_a_say(persons: str, said: str) -> None:
    assert len(sip(said, persons=persons).items[persons[:-1]]) == 1


def test_agents_have_sip_telephones() -> None:
    assert field("typology", "callerid=Anna") == "external"


# Trunks


@pytest.mark.parametrize("said", [
    "insecure=port,invite", "insecure=very", "remotesecret=x", "callbackextension=1", "outboundproxy=sip.example.net", "trunkname=x", "registersip=yes",
    "type=peer\nfromuser=4681234", "type=peer\ndefaultuser=4681234", "type=peer\nusername=4681234", "host=sip.example.net",
])
def test_trunks_are_nobody(said: str) -> None:
    made = sip(f"{PLAIN}\n{said}", name="out")
    assert made.items == {"extension": [], "agent": [], "queue": []} and "[out] of sip.conf is a trunk" in "".join(made.report.notes)
    assert "trunks are not taken over" in why(made, "secret")[0]


@pytest.mark.parametrize("said", ["insecure=no", "type=friend\nusername=4681234", "type=peer\ndefaultuser=1001", "host=192.0.2.1", "host=phone.example.org"])
def test_what_is_no_trunk(said: str) -> None:
    one(sip(said))


def test_registrations_and_their_passwords_are_reported() -> None:
    made = bring(sip="[general]\nregister => 123:hunter2@example.net/1001\n[authentication]\nauth=a:hunter2@example.net\n")
    assert why(made, "register") == ["registers at a provider: that is a trunk's"] and why(made, "auth") == ["signs in at a provider: that is a trunk's"]


def test_a_section_without_a_type_is_none_to_chan_sip() -> None:
    made = bring(sip="[1001]\nsecret=hunter2hunter2\n")
    assert made.items == {"extension": [], "agent": [], "queue": []} and "has no type" in why(made, "secret")[0]


# Names and numbers


@pytest.mark.parametrize(("section", "said", "name", "number"), [
    ("1001", "callerid=Anna Öberg <1001>", "anna.oberg", "1001"), ("1001", "callerid=张 <1001>", "agent-1001", "1001"), ("1001", "", "phone-1001", "1001"),
    ("anna", "callerid=Anna Öberg <1001>", "anna", "1001"), ("Anna", "callerid=Anna Öberg <1001>", "anna", "1001"), ("anna", "mailbox=1002", "anna", "1002"),
    ("anna", "callerid=Anna <+46 8-123>", "anna", None), ("all", "", "phone-all", None), ("0042", "", "phone-0042", "0042"), ("1", "", "phone-1", None),
    ("anna", "callerid=(10) 01", "anna", "1001"), ("anna", "cid_number=1001", "anna", "1001"),
])
def test_sign_in_name_and_number(section: str, said: str, name: str, number: str | None) -> None:
    made = sip(f"{PLAIN}\n{said}", name=section)
    item = one(made)
    assert (item.get("username") or item["name"], item.get("number")) == (name, number)
    assert [(each.section, each.name) for each in made.report.sign_ins] == ([(section, name)] if name != section else [])
    assert number is not None or "has no number: it gets the lowest free one" in "".join(made.report.notes)


def test_two_of_one_name_are_two() -> None:
    made = bring(sip="".join(f"[{name}]\ntype=friend\nsecret={SECRET}\ncallerid=Anna\n" for name in ("1001", "1002", "1003", "anna")))
    assert [each["username"] for each in made.items["agent"]] == ["agent-1001", "agent-1002", "agent-1003", "anna"]
    made = bring(sip="".join(f"[{name}]\ntype=friend\nsecret={SECRET}\ncallerid=Anna\n" for name in ("1001", "1002")))
    assert [each["username"] for each in made.items["agent"]] == ["anna", "agent-1002"]


def test_names_that_are_one_when_they_are_shortened() -> None:
    made = bring(sip="".join(f"[{'X' * 60}{count}]\ntype=friend\ncallerid={'y' * 50}\n{PLAIN}\n" for count in range(3)))
    assert len({each["username"] for each in made.items["agent"]}) == 3
    made = bring(people_csv="Number,Name\n" + "".join(f'"{"1,001E+03" * count}",\n' for count in range(1, 4)))
    assert len({each["name"] for each in made.items["extension"]}) == 3


@pytest.mark.parametrize(("name", "made"), [
    ("Søren Ægir", "soren.aegir"), ("Groß", "gross"), ("Łukasz", "lukasz"), ("O'Neil-Smith", "o.neil.smith"), ("张", ""), (".", ""),
])
def test_slugs(name: str, made: str) -> None:
    assert slug(name, ".") == made


def test_a_number_that_somebody_has_is_left_out() -> None:
    made = bring(sip=f"[1001]\ntype=friend\n{PLAIN}\n[hall]\ntype=friend\n{PLAIN}\ncallerid=1001\n")
    assert [each.get("number") for each in made.items["extension"]] == ["1001", None]
    assert "number 1001 of [hall] is [1001]'s already: left out" in made.report.notes


def test_an_address_that_somebody_has_is_left_out() -> None:
    made = bring(sip="[1001]\ntype=friend\nhost=192.0.2.1\n[1002]\ntype=friend\nhost=192.0.2.1\n")
    assert [each.get("host") for each in made.items["extension"]] == ["192.0.2.1", None] and why(made, "host") == ["as host it is [1001]'s already"]


def test_numbers_outside_of_the_range_are_told() -> None:
    assert "not in number_range 2000-2999: 1001." in "".join(sip(PLAIN, numbers="2000-2999").report.notes)


@pytest.mark.parametrize(("said", "name", "shown"), [
    ('callerid="Anna Berg" <1001>', "Anna Berg", None), ("callerid=Anna Berg", "Anna Berg", None),
    ('callerid="Anna Berg" <4681234>', "Anna Berg", "Anna Berg <4681234>"),
    ("callerid=Anna\ncid_number=4681234", "Anna", "Anna <4681234>"), ("fullname=Anna Berg\ncallerid=ACME <4681234>", "Anna Berg", "ACME <4681234>"),
    ("fullname=Anna Berg\ncallerid=ACME <1001>", "Anna Berg", "ACME <1001>"), ("fullname=Anna Berg\ncallerid=1001", "Anna Berg", None),
    (r'callerid="Anna \"A\" Berg" <1001>', 'Anna "A" Berg', None), ('callerid="Anna Berg"', "Anna Berg", None),
])
def test_caller_id_is_said_only_when_it_is_another(said: str, name: str, shown: str | None) -> None:
    item = one(sip(f"{PLAIN}\n{said}"))
    assert (item["full_name"], item.get("caller_id")) == (name, shown)


def test_a_caller_id_that_cannot_be_is_reported() -> None:
    made = sip(f'{PLAIN}\ncallerid="A\\"B" <4681234>')
    assert "caller_id" not in one(made) and "as caller_id it must be a name, a number, or Name <number>" in why(made, "callerid")[0]


def test_description() -> None:
    assert field("description", "description=In the hall") == "In the hall"


# Passwords


def test_the_secret_stays() -> None:
    made = sip(PLAIN, name="hall")
    assert one(made)["sip_password"] == SECRET and made.report.sign_ins == []


def test_a_secret_that_is_too_short_is_reported_and_the_telephone_gets_a_new_one() -> None:
    made = sip("secret=short", name="hall")
    assert "sip_password" not in one(made) and why(made, "secret") == ["as sip_password it must have 8 to 128 characters"]
    assert [each.password[:4] for each in made.report.sign_ins] == ["new:"] and "1 passwords and 0 PINs could not" in "".join(made.report.notes)


def test_md5secret_is_good_for_the_same_name_and_realm_only() -> None:
    md5 = digests("hall", "pbx", SECRET)["md5"]
    made = sip(f"md5secret={md5.upper()}\nsecret=other-secret", name="hall", general="realm=pbx")
    assert one(made)["sip_password"] == {"md5": md5, "realm": "pbx"} and why(made, "secret") == ["chan_sip does not use it beside md5secret"]
    assert "md5secret is good only with realm pbx" in "".join(made.report.notes)
    made = sip(f"md5secret={md5}", name="Hall")
    assert "sip_password" not in one(made) and why(made, "md5secret") == ["it holds the old sign-in name, and the new one is hall: a new password is made"]
    assert one(sip(f"md5secret={md5}", name="hall"))["sip_password"]["realm"] == "asterisk"


def test_md5secret_that_is_none_is_reported() -> None:
    assert "as sip_password it as digests must be" not in str(why(sip("md5secret=hunter2", name="hall"), "md5secret"))
    assert "md5 (32 hex digits)" in why(sip("md5secret=hunter2", name="hall"), "md5secret")[0]


# Where it calls from


def test_an_address_is_kept_and_has_no_password() -> None:
    made = sip(f"host=192.0.2.1\nport=5062\nqualify=yes\n{PLAIN}")
    item = one(made)
    assert item["host"] == "192.0.2.1" and "sip_password" not in item
    assert why(made, "secret") == ["a line with a fixed address is known by it, and has no password"]
    assert why(made, "port") and why(made, "qualify")


def test_another_machines_name_is_no_address() -> None:
    made = sip(f"host=phone.example.org\n{PLAIN}")
    assert "host" not in one(made) and "only an address says who calls" in why(made, "host")[0] and one(made)["sip_password"] == SECRET


@pytest.mark.parametrize(("rules", "host"), [
    ("deny=0.0.0.0/0.0.0.0\npermit=192.0.2.0/255.255.255.0", "192.0.2.0/24"), ("deny=0.0.0.0/0\npermit=192.0.2.7/24", "192.0.2.0/24"),
    ("deny=::/0\npermit=2001:db8::/32", "2001:db8::/32"), ("permit=10.0.0.0/8\ndeny=0.0.0.0/0\npermit=192.0.2.0/24", "192.0.2.0/24"),
])
def test_one_network_that_is_admitted(rules: str, host: str) -> None:
    made = sip(f"{PLAIN}\n{rules}")
    assert one(made)["host"] == host and not why(made, "permit")


@pytest.mark.parametrize("rules", [
    "deny=0.0.0.0/0\npermit=192.0.2.0/24\npermit=198.51.100.0/24", "deny=192.0.2.0/24", "deny=0.0.0.0/0", "deny=0.0.0.0/0\npermit=192.0.2.1",
    "deny=0.0.0.0/0\npermit=192.0.2.0/24,!192.0.2.1", "deny=0.0.0.0/0\npermit=nonsense", "deny=0.0.0.0/0\npermit=192.0.2.0/24\ndeny=192.0.2.1",
    "deny=0.0.0.0/0\npermit=192.0.2.0/24,198.51.100.0/24", "deny=0.0.0.0/0\ndeny=192.0.2.0/24", "deny=10.0.0.0/8\npermit=10.0.0.0/16",
])
def test_other_rules_are_reported(rules: str) -> None:
    made = sip(f"{PLAIN}\n{rules}")
    assert "host" not in one(made) and "only one network can be said" in why(made, "deny")[0]
    assert len([each for each in made.options if each.fate.startswith("lost: only one network")]) == rules.count("=")


@pytest.mark.parametrize("rules", ["permit=192.0.2.0/24", "deny=0.0.0.0/0.0.0.0\npermit=0.0.0.0/0.0.0.0", "deny=10.0.0.0/8\npermit=0.0.0.0/0", "permit="])
def test_rules_that_keep_nobody_out_say_nothing(rules: str) -> None:
    made = sip(f"{PLAIN}\n{rules}")
    assert "host" not in one(made) and not why(made, "permit") and not why(made, "deny")


def test_a_network_beside_an_address_is_reported() -> None:
    made = sip("host=192.0.2.1\ndeny=0.0.0.0/0\npermit=192.0.2.0/24")
    assert one(made)["host"] == "192.0.2.1" and why(made, "permit")


@pytest.mark.parametrize(("said", "mode", "changed"), [
    ("yes", "yes", False), ("no", "no", False), ("force_rport", "force_rport", False), ("comedia", "comedia", False), ("force_rport,comedia", "yes", False),
    ("comedia, force_rport", "yes", False), ("auto_force_rport", "force_rport", True), ("auto_comedia", "comedia", True),
    ("auto_force_rport,auto_comedia", "yes", True), ("auto_force_rport,comedia", "yes", True), ("no,comedia", "no", False), ("yes,no", "yes", False),
    ("never", "never", False), ("route", "route", False), ("False", "no", False), ("FORCE_RPORT", "force_rport", False),
])
def test_nat(said: str, mode: str, changed: bool) -> None:
    made = sip(f"{PLAIN}\nnat={said}")
    assert one(made)["nat"] == mode and bool(other(made, "nat")) == changed


def test_nat_that_is_none_is_reported() -> None:
    assert field("nat", "nat=rfc3581") is None and why(sip("nat=rfc3581"), "nat") == ["is no NAT setting of chan_sip"]


@pytest.mark.parametrize(("said", "kind"), [
    ("friend", None), ("user", "user"), ("peer", "peer"), ("user\ntype=peer", None), ("peer\ntype=friend", None), ("Peer", "peer"),
])
def test_type(said: str, kind: str | None) -> None:
    assert field("type", f"type={said}") == kind


def test_type_that_is_none_is_reported() -> None:
    assert why(sip("type=nonsense"), "type") == ["is none of friend, user, peer"]


@pytest.mark.parametrize(("said", "transport", "changed"), [
    ("udp", "udp", 0), ("tcp", "tcp", 0), ("TCP,udp", "tcp", 1), ("udp,tls", "udp", 1), ("tls", "tls", 1), ("tls\nencryption=yes", "tls", 0),
    ("udp,tls\nencryption=yes", "tls", 1), ("ws", "ws", 0),
])
def test_transport_is_the_first_or_the_encrypted_one(said: str, transport: str, changed: int) -> None:
    made = sip(f"{PLAIN}\ntransport={said}")
    assert one(made)["transport"] == transport and len(other(made, "transport")) == changed


def test_transport_that_is_none_is_reported() -> None:
    assert "as transport it" not in why(sip("transport=sctp"), "transport")[0] and "'sctp' is none of udp" in why(sip("transport=sctp"), "transport")[0]
    assert why(sip("transport=,"), "transport") == ["names no transport"]


def test_encryption_without_tls_is_reported() -> None:
    assert "over TLS only" in why(sip(f"{PLAIN}\nencryption=yes"), "encryption")[0] and not why(sip("encryption=no"), "encryption")


@pytest.mark.parametrize("transport", ["ws", "wss"])
def test_an_agent_in_the_browser(transport: str) -> None:
    item = one(sip(f"{PLAIN}\ncallerid=Anna\ntransport={transport}\nencryption=yes"))
    assert (item["typology"], item["transport"]) == ("webrtc", transport)


# Media


@pytest.mark.parametrize(("said", "codecs"), [
    ("disallow=all\nallow=alaw\nallow=ulaw", ["alaw", "ulaw"]), ("disallow=all\nallow=g722,alaw", ["g722", "alaw"]),
    ("allow=opus", ["ulaw", "alaw", "gsm", "opus"]),
    ("allow=!all,alaw", ["alaw"]), ("disallow=gsm", ["ulaw", "alaw"]), ("allow=!gsm", ["ulaw", "alaw"]), ("disallow=all\nallow=g729a", ["g729"]),
    ("disallow=all\nallow=ulaw&alaw", ["ulaw", "alaw"]), ("disallow=all\nallow=alaw\nallow=alaw", ["alaw"]), ("disallow=!alaw", ["ulaw", "alaw", "gsm"]),
    ("disallow=all\nallow=all", ["ulaw", "alaw", "gsm", "g722", "g729", "opus"]), ("allow=", None), ("", None),
])
def test_codecs_in_the_order_in_which_they_were_allowed(said: str, codecs: list[str] | None) -> None:
    assert field("codecs", said) == codecs


def test_codecs_of_general_come_first() -> None:
    made = sip("allow=g722", general="disallow=all\nallow=alaw")
    assert one(made)["codecs"] == ["alaw", "g722"]


def test_codecs_that_are_not_here_are_reported() -> None:
    made = sip("disallow=all\nallow=g726,alaw:30,speex")
    assert one(made)["codecs"] == ["alaw"]
    assert set(why(made, "allow")) == {"g726 is none of the codecs here", "speex is none of the codecs here", "how much a packet holds is the codec's own"}
    made = sip("disallow=all\nallow=speex")
    assert "codecs" not in one(made) and "no codec of the line is known here, so it gets the usual ones" in why(made, "allow")
    assert why(sip("allow=h264\nvideosupport=no"), "allow") == []


def test_a_codec_that_the_model_refuses_is_reported_and_the_rest_stays() -> None:
    made = sip(f"{PLAIN}\ncallerid=Anna\nmailbox=1001\ndisallow=all\nallow=g729")
    assert "codecs" not in one(made) and one(made)["voicemail"] is True and "need a second one beside g729" in why(made, "allow")[0]


@pytest.mark.parametrize("said", ["yes", "always"])
def test_video(said: str) -> None:
    assert field("video", f"callerid=Anna\nvideosupport={said}") is True
    assert why(sip(f"videosupport={said}"), "videosupport") == ["only agents have video"]
    assert field("video", "callerid=Anna\nvideosupport=no") is None


# Groups, limits, lives


def test_groups() -> None:
    item = one(sip(f"{PLAIN}\ncallgroup=1,3-5\nnamedcallgroup=sales,night\npickupgroup=1\nnamedpickupgroup=1,sales"))
    assert (item["call_groups"], item["pickup_groups"]) == (["1", "3", "4", "5", "sales", "night"], ["1", "sales"])


def test_groups_that_are_none_are_reported() -> None:
    made = sip("callgroup=1,x,9-7\nnamedcallgroup=sales,näve")
    assert one(made)["call_groups"] == ["1", "sales"] and why(made, "callgroup") and why(made, "namedcallgroup")


@pytest.mark.parametrize(("limit", "capacity", "rings"), [("1", 1, None), ("2", 2, True), ("100", 100, True)])
def test_call_limit(limit: str, capacity: int, rings: bool | None) -> None:
    assert field("channels.voice.capacity", f"callerid=Anna\ncall-limit={limit}") == capacity
    assert field("phone.ring_in_use", f"callerid=Anna\ncall-limit={limit}") is rings


@pytest.mark.parametrize("limit", ["0", "101", "many", "-1"])
def test_call_limit_that_cannot_be(limit: str) -> None:
    made = sip(f"callerid=Anna\ncall-limit={limit}")
    assert "channels" not in one(made) and "phone" not in one(made) and why(made, "call-limit")


def test_telephones_have_no_capacity() -> None:
    assert why(sip("call-limit=2"), "call-limit") == ["only agents have a capacity"]


@pytest.mark.parametrize("option", ["defaultexpiry", "defaultexpirey", "regexpires"])
def test_expiry(option: str) -> None:
    made = sip(f"{PLAIN}\n{option}=600")
    assert one(made)["sip_expires"] == 600 and other(made, option)
    assert "must be a whole number from 30 to 86400 seconds" in why(sip(f"{option}=5"), option)[0]
    assert field("sip_expires", "", general="defaultexpiry=120\nmaxexpiry=3600") == 120


# Contexts


def test_a_context_is_carried_only_where_the_host_has_it() -> None:
    assert field("context", "context=internal") is None and "the old dialplan is not taken over" in why(sip("context=internal"), "context")[0]
    assert field("context", "context=internal", contexts=("int*",)) == "internal"
    assert field("context", "", general="context=internal", contexts=("*",)) == "internal"
    made = sip("context=from-sip")
    assert "context" not in one(made) and not why(made, "context")


# The rest


@pytest.mark.parametrize("option", sorted(set(WHY) - {"port", "qualify"}))      # these say nothing with that value
def test_options_without_a_place_here_are_reported_with_a_reason(option: str) -> None:
    made = sip(f"{option}=hunter2", persons="extensions")
    assert why(made, option) and "hunter2" not in made.report.markdown()


@pytest.mark.parametrize("said", [
    "qualify=yes", "qualify=2000", "dtmfmode=rfc2833", "dtmfmode=auto", "directmedia=no", "canreinvite=no", "trustrpid=no", "callcounter=yes", "insecure=no",
    "progressinband=never", "busylevel=0", "session-timers=accept", "port=5060", "encryption=off",
])
def test_what_is_so_here_anyway_is_not_reported(said: str) -> None:
    made = sip(said)
    assert not made.report.lost and not made.report.changed and said.partition("=")[0] in (*ANYWAY, "port", "encryption")


@pytest.mark.parametrize("said", ["qualify=no", "dtmfmode=inband", "directmedia=nonat", "canreinvite=yes", "busylevel=2", "trustrpid=yes"])
def test_what_is_otherwise_here_is_reported(said: str) -> None:
    assert why(sip(said), said.partition("=")[0])


def test_every_option_of_a_section_is_reported_not_the_first_only() -> None:
    made = sip("setvar=a=1\nsetvar=b=2\naccountcode=x\nnosuch=1\nlanguage=sv")
    assert {entry.option: len(entry.where) for entry in made.report.lost.values()} == {"setvar": 2, "accountcode": 1, "nosuch": 1, "language": 1}
    assert why(made, "nosuch") == ["is an option that this import does not know"]


def test_what_a_section_overrides_says_nothing() -> None:
    made = bring(sip=f"[t](!)\ntype=friend\nnat=no\nsecret=hunter2hunter2\n[1001](t)\nnat=yes\n{PLAIN}\n")
    assert one(made)["nat"] == "yes" and one(made)["sip_password"] == SECRET and not made.report.lost


def test_an_unused_template_is_reported() -> None:
    assert why(bring(sip="[t](!)\nnat=no\n"), "nat") == ["the template is used by no section"]


def test_one_thing_of_many_sections_is_one_entry_with_its_places() -> None:
    made = bring(sip="[t](!)\ntype=friend\nlanguage=sv\n[1001](t)\n[1002](t)\n")
    (entry,) = made.report.lost.values()
    assert entry.where == [(3, "1001"), (3, "1002")] and "sip.conf: line 3 \\[1001\\], line 3 \\[1002\\]" in made.report.markdown()


# users.conf


def test_users() -> None:
    made = bring(users=f"[general]\nhassip=yes\nhasvoicemail=no\n[1001]\nfullname=Eva Lind\nemail=eva@example.org\n{PLAIN}\nvmsecret=4711\nhasvoicemail=yes\n")
    assert one(made) == {"username": "eva.lind", "full_name": "Eva Lind", "email": "eva@example.org", "typology": "external", "number": "1001",
                         "sip_password": SECRET, "voicemail": True, "voicemail_pin": "4711"}


@pytest.mark.parametrize("said", ["", "[general]\nhassip=yes\n[1001]\nhassip=no\n"])
def test_users_without_sip_are_none(said: str) -> None:
    made = bring(users=f"{said}[1001]\nsecret=hunter2hunter2\n")
    assert made.items["extension"] == [] and "hassip is not yes" in why(made, "secret")[0]


def test_a_users_secret_is_the_pin_too_unless_there_is_one() -> None:
    item = one(bring(users="[1001]\nhassip=yes\nhasvoicemail=yes\nsecret=12345678\n"))
    assert (item["sip_password"], item["voicemail_pin"]) == ("12345678", "12345678")


def test_users_have_what_sip_conf_says_of_every_line() -> None:
    made = bring(users=f"[general]\nhassip=yes\nnat=comedia\n[1001]\n{PLAIN}\n", sip="[general]\nnat=no\ndisallow=all\nallow=alaw\n")
    assert (one(made)["nat"], one(made)["codecs"]) == ("comedia", ["alaw"])


def test_hasvoicemail_in_sip_conf_is_no_mailbox_with_a_pin() -> None:
    item = one(sip("secret=12345678\nhasvoicemail=yes"))
    assert item["voicemail"] is True and "voicemail_pin" not in item
    assert one(sip(f"{PLAIN}\nhasvoicemail=yes", voicemail="[default]\n1001=4711,Anna\n"))["voicemail_pin"] == "4711"
    assert why(sip(f"{PLAIN}\nhasvoicemail=yes", voicemail="[default]\n"), "hasvoicemail") == ["voicemail.conf has no such mailbox"]


def test_a_name_that_cannot_be_is_reported_and_the_person_stays() -> None:
    made = sip(f"{PLAIN}\ncallerid={'x' * 90} <1001>")
    assert one(made)["full_name"] == one(made)["username"] and "is longer than 79 bytes" in why(made, "callerid")[0]
    assert "for want of another" in "".join(made.report.notes)


@pytest.mark.parametrize("option", ["mailbox=1001", "email=a@example.org", "hasvoicemail=yes", "vmsecret=4711"])
def test_what_belongs_to_mailboxes_is_nothing_to_telephones(option: str) -> None:
    assert why(sip(option, persons="extensions"), option.partition("=")[0])


def test_a_section_of_two_files_is_one() -> None:
    made = bring(users=f"[1001]\nhassip=yes\nfullname=Eva\n{PLAIN}\n", sip="[1001]\ntype=friend\nnat=comedia\n")
    assert one(made)["full_name"] == "Eva" and one(made)["nat"] == "comedia" and "stands in users.conf and in sip.conf" in "".join(made.report.notes)
