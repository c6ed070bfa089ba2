# SPDX-License-Identifier: GPL-3.0-or-later
"""What a field takes, in which form it keeps it, and how it says no: item, field, rule, nearest valid value, and never a secret."""

from __future__ import annotations

import base64
import random
import string
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from module_utils.compile import compile_site
from module_utils.model.agent import AGENT
from module_utils.model.errors import Refused, Trouble, Wrong
from module_utils.model.extension import EXTENSION
from module_utils.model.fields import Flag, Integer, Text
from module_utils.model.line import CODECS, NAT_MODES, RESERVED, TRANSPORTS
from module_utils.model.numbers import NumberRange
from module_utils.model.resource import Resource
from module_utils.model.secrets import DIGITS, LETTERS, derive, digests, is_of, unveil, veil
from module_utils.model.site import RESOURCES

from tests.unit.conftest import ANNA, BEN, SECRET, House, planned
from tests.unit.samples import SAMPLES

ROOT = Path(__file__).parents[2]
PLAIN_BEN = {name: value for name, value in BEN.items() if name not in ("voicemail", "voicemail_pin")}


def refusal(item: Any, resource: Resource = AGENT) -> str:
    with pytest.raises(Refused) as wrong:
        planned("merged", [item], resource=resource)
    return str(wrong.value)


@pytest.mark.parametrize(("field", "value", "told"), [
    ("username", "Anna", "must be at most 40 lower case letters"),
    ("username", "1001", "hold a letter"),
    ("username", "-anna", "begin with a letter or digit"),
    ("username", "a" * 41, "at most 40"),
    ("username", "ann\u0430", "lower case letters"),                # Cyrillic
    ("username", "a/b", "lower case"), ("username", "a;b", "lower case"), ("username", "a]b", "lower case"), ("username", "a b", "lower case"),
    ("username", None, "must not be empty"), ("username", "", "lower case"), ("username", 7, "must be text, not int: put it in quotes"),
    ("full_name", "", "is needed"), ("full_name", None, "is needed"), ("full_name", ["A"], "must be text, not list"),
    ("full_name", True, "must be text, not bool"),
    ("full_name", "x" * 80, "is longer than 79 bytes"), ("full_name", "ж" * 40, "is longer than 79 bytes"),
    ("email", "anna", "is not a mail address"), ("email", "a@b@c", "is not a mail"), ("email", "a b@c.org", "is not"), ("email", "a,b@c.org", "is not"),
    ("email", "a|b@c.org", "is not"), ("email", "<a@c.org>", "is not"), ("email", "a@-c.org", "is not"), ("email", "\u00e5@c.org", "is not a mail"),
    ("typology", "webrct", "(did you mean webrtc?)"), ("typology", 3, "a int is none of webrtc, phonebar, external"),
    ("number", "1", "2 to 15 digits"), ("number", "1" * 16, "2 to 15 digits"), ("number", "12a4", "digits"), ("number", "-100", "digits"),
    ("number", True, "must be text"),
    ("number", "\u0661\u0662\u0663\u0664", "digits"),                # Arabic-Indic
    ("number", 1001.0, "mangled by a spreadsheet"), ("number", "1001.0", "mangled"), ("number", "1,001", "mangled"), ("number", "1.0E+03", "mangled"),
    ("number", "999", "not in number_range"), ("number", "10000", "not in number_range"),
    ("codecs", ["g792"], "(did you mean g729?)"), ("codecs", ["ulaw", "ulaw"], "names a value twice"), ("codecs", [], "must not be empty"),
    ("codecs", 7, "must be a list"),
    ("codecs", ["g729", "opus"], "g729 does not work for typology webrtc"), ("codecs", "", "must not be empty"),
    ("nat", "ye", "(did you mean yes?)"), ("nat", "force-rport", "(did you mean force_rport?)"), ("nat", "forever", "'forever' is none of"),
    ("transport", "wsss", "(did you mean wss?)"), ("transport", "udp", "must be ws or wss for typology webrtc"),
    ("type", "frend", "(did you mean friend?)"), ("type", False, "'no' is none of"),
    ("context", "from sip", "must be letters, digits"), ("context", "a]b", "must be letters"), ("context", "", "must be letters"),
    ("call_groups", [f"group-{count:034}" for count in range(120)], "must name at most 64 values, not 120"),
    ("pickup_groups", " ".join(map(str, range(65))), "must name at most 64 values, not 65"),
    ("call_groups", ["a,b"], "a group is a name"), ("pickup_groups", ["1", "1"], "twice"), ("call_groups", [1], "must be text"),
    ("caller_id", 'A"B', "without quotes"), ("caller_id", "A\\", "without quotes"), ("caller_id", "A <b>", "must be a name"), ("caller_id", "A <1", "must be"),
    ("sip_expires", 29, "from 30 to 86400 seconds"), ("sip_expires", "12:30", "whole number"), ("sip_expires", 1.5, "whole number"),
    ("sip_expires", True, "whole number"),
    ("disabled", "maybe", "must be true or false"), ("disabled", 1, "must be true or false"), ("voicemail", "", "must be true or false"),
    ("host", "192.0.2.1", "must be dynamic for transport wss"),
    ("nosuch", "x", "is not a field of agents"), ("numbr", "x", "(did you mean number?)"), ("ful_name", "x", "(did you mean full_name?)"),
])
def test_refused_by_item_field_and_rule(field: str, value: Any, told: str) -> None:
    said = refusal({**ANNA, field: value})
    if field != "username":
        assert said.startswith(f"item 1: agent 'anna': {field}: ")
    assert said.startswith("item 1: agent ") and f": {field}: " in said and told in said


@pytest.mark.parametrize(("value", "told"), [
    ("dynamc", "(did you mean dynamic?)"), ("", "must be dynamic"), (7, "must be dynamic"), ("phone.example.org", "must be dynamic"),
    ("010.0.0.1", "must be dynamic"),
    ("192.0.2.256", "must be"), ("192.0.2", "must be"), ("192.0.2.0/33", "must be"), ("192.0.2.0/255.255.255.0", "must be"), ("2001:db8::/129", "must be"),
    ("fe80::1%eth0", "must be"), ("192.0.2.1;x", "must be"), ("192.0.2.0/24/24", "must be"), (["192.0.2.1"], "must be"),
    ("192.0.2.7/24", "has host bits set: the network is 192.0.2.0/24"), ("2001:db8::1/64", "the network is 2001:db8::/64"),
    ("0.0.0.0/0", "is every address"), ("::/0", "is every address"),
    ("224.0.0.1", "not an address a telephone can have"), ("ff02::1", "not an address"), ("239.0.0.0/8", "not an address"),
    ("255.255.255.255", "not an address"),
    ("0.0.0.0", "not an address"), ("::", "not an address"), ("0.1.2.3", "not an address"),
    ("::ffff:192.0.2.0/120", "is an IPv4 network written as IPv6"), ("::ffff:0:0/96", "is an IPv4 network"), ("::ffff:224.0.0.1", "not an address"),
    ("::ffff:0.1.2.3", "not an address"), ("::ffff:127.0.0.1", "is the host itself"), ("1.2.3.4/0", "is every address"), ("::/16", "not an address"),
    ("192.0.2.0/", "must be"), ("192.0.2/24", "must be"), ("fe80::1%eth0/64", "must be"), ("\u0661.2.3.4", "must be"),
    ("127.0.0.1", "is the host itself"), ("::1", "is the host itself"), ("127.8.8.8/32", "is the host itself"),
])
def test_host_refused(value: Any, told: str) -> None:
    said = refusal({**PLAIN_BEN, "host": value})
    assert said.startswith("item 1: agent 'ben': host: ") and told in said


@pytest.mark.parametrize(("value", "form"), [
    ("dynamic", "dynamic"), (" 192.0.2.1 ", "192.0.2.1"), ("192.0.2.1/32", "192.0.2.1"), ("192.0.2.0/24", "192.0.2.0/24"),
    ("::ffff:192.0.2.1", "192.0.2.1"), ("::FFFF:c000:201/128", "192.0.2.1"),
    ("2001:DB8:0:0::1", "2001:db8::1"), ("2001:db8::/32", "2001:db8::/32"), ("10.0.0.0/8", "10.0.0.0/8"), ("2001:db8::1/128", "2001:db8::1"),
])
def test_host_form(value: str, form: str) -> None:
    assert planned("merged", [{**PLAIN_BEN, "host": value}]).create["ben"]["host"] == form


def test_host_needs_nothing_but_the_standard_library() -> None:
    """A host that no role has been to yet has nothing else, and check mode is for that one too."""
    asked = ("import sys; sys.path.insert(0, 'plugins'); sys.modules['netaddr'] = None\n"
             "from module_utils.model.fields import Host; Host('host', '').check('192.0.2.1')")
    subprocess.run([sys.executable, "-c", asked], cwd=ROOT, check=True)


def test_as_many_groups_as_a_list_may_have_fit_into_a_line() -> None:
    most = [f"group-{count:034}" for count in range(64)]
    compile_site({"agent": planned("merged", [{**ANNA, "call_groups": most, "pickup_groups": most}]).create})


def test_an_ipv4_address_written_as_ipv6_is_the_same_claim() -> None:
    with pytest.raises(Refused):
        planned("merged", [{**PLAIN_BEN, "host": "192.0.2.1"}, {**PLAIN_BEN, "username": "cleo", "host": "::ffff:192.0.2.1"}])


@pytest.mark.row("A2")
@pytest.mark.parametrize(("resource", "item", "told"), [
    (AGENT, {**PLAIN_BEN, "transport": "wss"}, "transport: must be udp, tcp or tls for typology external"),
    (AGENT, {**ANNA, "typology": "phonebar", "codecs": ["g729"]}, "codecs: g729 does not work for typology phonebar"),
    (AGENT, {**PLAIN_BEN, "voicemail": True, "codecs": ["g729"]}, "codecs: need a second one beside g729 for voicemail"),
    (EXTENSION, {"name": "door", "transport": "ws", "codecs": ["ulaw", "g729"]}, "codecs: g729 does not work over ws"),
    (EXTENSION, {"name": "door", "transport": "ws", "host": "10.0.0.0/8"}, "host: must be dynamic for transport ws"),
])
def test_rules_between_fields(resource: Resource, item: dict[str, Any], told: str) -> None:
    assert told in refusal(item, resource)


@pytest.mark.parametrize("name", RESERVED)
@pytest.mark.parametrize(("resource", "key"), [(AGENT, "username"), (EXTENSION, "name")])
def test_reserved_names(resource: Resource, key: str, name: str) -> None:
    assert f"{name} means something to Asterisk itself" in refusal({"full_name": "X", key: name}, resource)


@pytest.mark.parametrize("name", ["\u5f20\u4f1f", "\u0645\u062d\u0645\u062f \u0639\u0644\u06cc\u200c\u0646\u0698\u0627\u062f", "\u05d3\u05d5\u05d3",
    "\u0905\u0928\u093f\u0932 \u0915\u094d\u200d\u0937",
                                  "\u0410\u043d\u043d\u0430", "Zo\u00eb O'Brien-Smith", "\U0001f469\u200d\U0001f4bb", "\uae40\ubbfc\uc900",
                                      "\u0e2a\u0e21\u0e0a\u0e32\u0e22", 'Dr. "X" [y]; ${z} \\', "x" * 79])
def test_names_in_many_scripts(name: str) -> None:
    assert planned("merged", [{**ANNA, "full_name": name}]).create["anna"]["full_name"] == name


@pytest.mark.parametrize("char", ["\0", "\x07", "\n", "\r", "\t", "\x1b", "\x7f", "\x85", "\u00ad", "\u061c", "\u200b", "\u200e", "\u200f", "\u2028",
    "\u2029", "\u202a", "\u202e",
                                  "\u2066", "\u2069", "\u2060", "\ufeff", "\ufffa", "\U000e0041", "\ud800"])
@pytest.mark.parametrize("field", ["full_name", "alias", "description", "caller_id", "sip_password"])
def test_characters_that_are_no_text(field: str, char: str) -> None:
    assert f"{field}: holds a control character" in refusal({**ANNA, field: f"long enough {char} a name"})


@pytest.mark.parametrize("item", [None, 1, "x", [], [1], True, {}, {1: 2}, {None: 1}, {"username": []}, {"username": {}}, {"full_name": "x"}])
def test_an_item_that_is_none(item: Any) -> None:
    assert refusal(item).startswith("item 1: agent without username: ")


@pytest.mark.parametrize(("field", "value", "rule"), [
    ("sip_password", "hunter2", "must have 8 to 128 characters"),
    ("sip_password", 12345678, "must be text in quotes"),
    ("sip_password", ["topsecretword"], "must be text in quotes"),
    ("sip_password", "topsecret\nword", "holds a control character"),
    ("sip_password", "topsecret" * 20, "must have 8 to 128"),
    ("sip_password", {"md5": "topsecret"}, "as digests must be"), ("sip_password", {"md5": "c0ffee" * 5 + "ab"}, "as digests must be"),
    ("sip_password", {"md5": "c0ffee" * 5 + "ab", "sha256": "topsecret", "realm": "realm"}, "as digests must be"),
    ("sip_password", {"sha256": "c0ffee" * 10 + "abcd", "realm": "realm"}, "as digests must be"),
    ("sip_password", {"md5": "c0ffee" * 5 + "ab", "sha256": "c0ffee" * 10 + "abcd", "realm": "realm", "untold": "topsecret"}, "must be true or false"),
    ("sip_password", {"md5": "c0ffee" * 5 + "ab", "sha256": "c0ffee" * 10 + "abcd", "realm": "elsewhere"},
    "has digests of another realm than the site's, realm"),
    ("voicemail_pin", "tops", "must be digits only"), ("voicemail_pin", 123, "must be text in quotes"), ("voicemail_pin", "123", "must have 4 to 10"),
    ("voicemail_pin", "98765432101", "must have 4 to 10"),
    ("voicemail_pin", "topsecretword", "must have 4 to 10"), ("voicemail_pin", 98.765, "must be text in quotes"),
])
def test_a_refused_secret_is_not_told(field: str, value: Any, rule: str) -> None:
    said = refusal({**PLAIN_BEN, field: value})
    assert f"agent 'ben': {field}: {rule}" in said
    assert not any(part in said for part in ("hunter2", "12345678", "topsecret", "tops", "c0ffee", ": 123", "98765", "98.765"))


def test_a_secret_under_a_misspelt_name_is_not_told() -> None:
    said = refusal({**ANNA, "sip_pasword": SECRET})
    assert "sip_pasword: is not a field of agents (did you mean sip_password?)" in said and SECRET not in said


def test_group_of_fields() -> None:
    resource = Resource("thing", "name", "", (Text("name", ""), Flag("phone.auto_answer", ""), Integer("phone.delay", "", most=9)))
    checked, wrongs = resource.check({"name": "x", "phone": {"auto_answer": "yes"}, "phone.delay": "5"})
    assert (checked, wrongs) == ({"name": "x", "phone.auto_answer": True, "phone.delay": 5}, [])
    assert resource.nested(checked) == {"name": "x", "phone": {"auto_answer": True, "delay": 5}}
    (wrong,) = resource.check({"name": "x", "phone": {"dely": 5}})[1]
    assert str(wrong) == "thing 'x': phone.dely: is not a field of things (did you mean phone.delay?)"
    assert resource.check({"name": "x", "phone": 5})[1]


@pytest.mark.parametrize("typology", AGENT.by_name["typology"].choices)
def test_defaults_follow_the_typology(typology: str) -> None:
    whole = AGENT.complete({"typology": typology})
    assert (whole["transport"], whole["codecs"]) == (("udp", ["alaw", "ulaw", "g722"]) if typology == "external" else ("wss", ["opus", "ulaw", "alaw"]))
    assert AGENT.judge({**whole, "full_name": "x", "username": "x"}) == []


@pytest.mark.parametrize("text", ["", "1000", "9-1", "1000-999", "2000-1000", "1-9", "a-b", "1000-9999-", "1000 - 9999", None])
def test_number_range_refused(text: Any) -> None:
    with pytest.raises(Wrong, match="number_range: must be LOWEST-HIGHEST"):
        NumberRange.parse(text, "number_range")


def test_number_range() -> None:
    numbers = NumberRange.parse("0100-0199", "x")
    assert str(numbers) == "0100-0199" and "0150" in numbers and not any(each in numbers for each in ("150", "0200", "00150", 150, None))


def test_derived_secrets() -> None:
    drawn = {derive("seed", kind, key, field, LETTERS, 20) for kind in ("agent", "extension") for key in ("a", "b") for field in ("x", "y")}
    assert len(drawn) == 8 and all(len(each) == 20 and set(each) <= set(LETTERS) for each in drawn)
    assert derive("seed", "agent", "a", "x", DIGITS, 6) == derive("seed", "agent", "a", "x", DIGITS, 6) != derive("seee", "agent", "a", "x", DIGITS, 6)
    assert not set("0O1lI") & set(LETTERS)


def test_digests_are_those_of_the_standard() -> None:       # RFC 7616, 3.9.1
    assert digests("Mufasa", "http-auth@example.org", "Circle of Life")["md5"] == "3d78807defe7de2157e2b0b6573a855f"
    assert digests("Mufasa", "http-auth@example.org", "Circle of Life")["sha256"] == "7987c64c30e25f1b74be53f966b49b90f2808aa92faf9a00262392d7b4794232"


def test_digests_are_told_from_those_of_another_password() -> None:
    sealed = digests("anna", "realm", SECRET)
    assert is_of(sealed, "anna", SECRET) and is_of({**sealed, "untold": True}, "anna", SECRET)
    older = {"md5": sealed["md5"], "realm": "realm"}
    assert is_of(older, "anna", SECRET) and not is_of(older, "anna", SECRET + "2") and not is_of({**older, "realm": "other"}, "anna", SECRET)
    assert not is_of(sealed, "anna", SECRET + "2") and not is_of(sealed, "ben", SECRET) and not is_of({**sealed, "realm": "other"}, "anna", SECRET)


@given(st.text(max_size=20), st.dictionaries(st.text(max_size=5), st.text(max_size=50)))
def test_what_is_veiled_can_be_unveiled(seed: str, said: Any) -> None:
    assert unveil(seed, veil(seed, said)) == said


def test_what_is_veiled_cannot_be_read() -> None:
    said = {f"agent{count}": {"voicemail_pin": "471147"} for count in range(1000)}
    veiled = base64.b64decode(veil("seed", said))
    assert b"4711" not in veiled and b"agent" not in veiled and len(zlib.compress(veiled)) > 0.99 * len(veiled)     # like noise, without a pattern
    assert veil("seed", said) != veil("other", said)
    with pytest.raises(ValueError):
        unveil("other", veil("seed", said))


ANYTHING = st.recursive(st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20), st.binary(max_size=4),
                                  st.sampled_from([*CODECS, *NAT_MODES, *TRANSPORTS, "dynamic", "1000", "192.0.2.1/24", "::1", "yes"])),
                        lambda each: st.lists(each, max_size=3) | st.dictionaries(st.text(max_size=8), each, max_size=3), max_leaves=6)


@settings(max_examples=100)
@given(st.lists(st.one_of(ANYTHING, st.dictionaries(st.sampled_from([*AGENT.by_name, "nosuch"]), ANYTHING, max_size=8)), max_size=4),
    st.sampled_from(["merged", "overridden", "deleted"]))
def test_anything_is_taken_or_refused_in_words(want: Any, state: str) -> None:
    try:
        planned(state, want)
    except Trouble as refused:
        assert str(refused).strip()


def bad_items() -> list[dict[str, Any]]:
    """A good agent with one field spoilt, in some six hundred ways."""
    draw = random.Random(7)
    junk = string.punctuation.replace("-", "").replace("_", "").replace(".", "").replace("*", "").replace("#", "") + " \n\0\u202e\u00e5A"
    items = []
    for _each in range(100):
        mess = "".join(draw.choices(junk, k=draw.randint(3, 12))) + draw.choice("\"'<;|[")
        items += [{**ANNA, field: mess} for field in ("username", "number", "typology", "nat", "host", "context")]
    return items


def test_hundreds_of_bad_items_are_each_refused(house: House) -> None:
    items = bad_items()
    assert len(items) >= 500
    for item in items:
        with pytest.raises(Refused):
            planned("merged", [item])
    with pytest.raises(Refused) as wrong:
        house.run("merged", items)
    told = str(wrong.value).splitlines()
    assert len(told) == 11 and told[-1].startswith("and ") and not house.documents()


@pytest.mark.parametrize("realm", ["a\nb", "", 'a"b', "a\\b", "a:b\0", "\u202ea", "x" * 5000])
def test_realm_refused(house: House, realm: str) -> None:
    with pytest.raises(Trouble, match="realm"):
        house.run("merged", [ANNA], realm=realm)


def test_every_resource_has_samples() -> None:
    assert set(SAMPLES) == set(RESOURCES)
    assert all(len(SAMPLES[kind].items) == 1 if resource.single else len(SAMPLES[kind].items) > 1 for kind, resource in RESOURCES.items())
