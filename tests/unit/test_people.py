# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading people's files: what was written is what arrives, and what is malformed is told with its line."""

from __future__ import annotations

import json
from typing import Any

import pytest
from plugin_utils.people import Unreadable, read

from tests.unit.conftest import planned


def people(name: str, text: str | bytes) -> tuple[list[Any], list[str]]:
    return read(f"/somewhere/{name}", text if isinstance(text, bytes) else text.encode(), "agents", lambda said: f"opened {said.strip()}")


def refused(name: str, text: str | bytes) -> str:
    with pytest.raises(Unreadable) as wrong:
        people(name, text)
    return str(wrong.value)


@pytest.mark.parametrize("said", ["0712", "no", "on", "12:30", "+46812345", "1e3", "0x1f", "1_000", "2026-01-01", "1.0", "'null'", '"~"', ".inf", "=", "07,12"])
def test_yaml_and_csv_keep_what_was_written(said: str) -> None:
    text = said.strip("'\"")
    assert people("p.yml", f"- number: {said}\n")[0] == [{"number": text}]
    assert people("p.csv", f"number;x\n{text};\n")[0] == [{"number": text}]


@pytest.mark.parametrize("ending", ["json", "yml", "yaml"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("wrapped", [True, False])
def test_json_is_yaml_too(ending: str, bom: bytes, wrapped: bool) -> None:
    said = [{"username": "anna", "codecs": ["ulaw", "alaw"], "full_name": "\u00c5sa \u5f20"}]
    assert people(f"p.{ending}", bom + json.dumps({"agents": said} if wrapped else said, ensure_ascii=False).encode())[0] == said


def test_yaml() -> None:
    items, places = people("p.yml", """\
# people
agents:
  - &base
    username: anna
    codecs: [ulaw, alaw]
    phone: {delay: 5}
  - <<: *base
    username: ben
    sip_password: !vault |
      $ANSIBLE_VAULT;1.1
    description: |
      two
      lines
    email: !unsafe '{{ x }}'
""")
    base = {"codecs": ["ulaw", "alaw"], "phone": {"delay": "5"}}
    assert items == [{"username": "anna", **base}, {"username": "ben", **base, "sip_password": "opened $ANSIBLE_VAULT;1.1", "description": "two\nlines\n",
        "email": "{{ x }}"}]
    assert places == ["p.yml: line 3", "p.yml: line 7"]


@pytest.mark.parametrize("said", ["", "null", "~", "Null"])
def test_yaml_null(said: str) -> None:
    assert people("p.yml", f"- alias: {said}\n")[0] == [{"alias": None}]


def test_merge_keys_as_yaml_has_them() -> None:
    items, _places = people("p.yml", "- &a {x: 1, y: 1}\n- &b {y: 2, z: 2}\n- {<<: [*a, *b], z: 3}\n- {<<: *a, x: 4}\n")
    assert items[2:] == [{"x": "1", "y": "1", "z": "3"}, {"x": "4", "y": "1"}]


@pytest.mark.parametrize("text", ["", "---\n", "agents:\n", "agents: []\n", "[]", "# nothing"])
def test_empty_yaml(text: str) -> None:
    assert people("p.yml", text) == ([], [])


@pytest.mark.parametrize(("text", "told"), [
    ("- a: 1\n- a: [\n", "line 3: did not find expected node content"),
    ("- a: 1\n  a: 2\n", "line 2: names 'a' twice"),
    ("- b: {a: 1,\n   a: 2}\n", "line 2: names 'a' twice"),
    ("- a: 1\n\t- b\n", "line 2: "),
    ("- a: 1\n---\n- b: 1\n", "line 2: "),
    ("- [x]: 1\n", "line 1: the name of a field must be text"),
    ("- 1\n- a: !env HOME\n", "line 2: has a tag that means nothing here"),
    ("- a: *b\n", "line 1: found undefined alias"),
    ("- <<: x\n", "line 1: << merges mappings only"),
    ("- &a [*a]\n", "line 1: is nested in itself or too deeply"),
    ("- " + "[" * 50 + "]" * 50, "line 1: is nested in itself or too deeply"),
    ("hello", "must be a list, or a mapping with nothing but the list 'agents'"),
    ("agents: []\nusers: []\n", "must be a list"),
    ("users: []\n", "must be a list"),
    (b"- a: 1\n- a: \xff\n", "line 2: is not UTF-8"),
])
def test_malformed_yaml(text: str | bytes, told: str) -> None:
    assert refused("p.yml", text).startswith("p.yml: ") and told in refused("p.yml", text)


def test_yaml_with_a_control_character() -> None:
    assert "line 2" in refused("p.yml", "- a: 1\n- a: \x01\n")


def test_alias_bomb() -> None:
    refused("p.yml", "- &a0 [x]\n" + "".join(f"- &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]\n" for level in range(1, 6)))


def test_yaml_makes_no_objects() -> None:
    assert people("p.yml", "- a: !!python/object/apply:os.getcwd []\n")[0] == [{"a": []}]


@pytest.mark.parametrize(("text", "told"), [
    ('[{"a": 1},\n {"a": }]', "line 2: Expecting value"),
    ('[{"a": 1, "a": 2}]', "names 'a' twice"),
    ('{"agents": [], "x": 1}', "must be a list"), ("3", "must be a list"), ("", "line 1: "),
    ("[" * 100000, "is nested too deeply"), ('[{"a": "\n"}]', "line 1: Invalid control character"),
    (b"\xff[]", "line 1: is not UTF-8"),
])
def test_malformed_json(text: str | bytes, told: str) -> None:
    assert refused("p.json", text).startswith("p.json: ") and told in refused("p.json", text)


def test_json_with_an_endless_number() -> None:
    refused("p.json", f'[{{"number": {"1" * 5000}}}]')


def test_json_keeps_types_and_places() -> None:
    assert people("p.json", '[{"a": 1, "b": true, "c": null}, 7]') == ([{"a": 1, "b": True, "c": None}, 7], ["p.json: item 1", "p.json: item 2"])


@pytest.mark.parametrize("separator", [";", ",", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
def test_csv(separator: str, end: str, bom: str) -> None:
    text = bom + end.join(separator.join(row) for row in [
        ["username", " full_name ", "codecs", "phone.delay"],
        ["anna", '"Ek; Anna, the ""A"""', "ulaw alaw", ""],
        ["", "", "", ""],
        ["ben", '"Ben' + end + 'Ek"', " ", "5"],
        ["cleo"],
    ])
    items, places = people("p.csv", text)
    assert items == [{"username": "anna", "full_name": 'Ek; Anna, the "A"', "codecs": "ulaw alaw"},
        {"username": "ben", "full_name": f"Ben{end}Ek", "phone.delay": "5"}, {"username": "cleo"}]
    assert places == ["p.csv: line 2", "p.csv: line 4", "p.csv: line 6"]


@pytest.mark.parametrize(("text", "told"), [
    ("", "line 1: must name the fields"), (";;\nx;y;z\n", "line 1: must name the fields"),
    ("a;;b\n1;2;3\n", "line 1: column 2 has no name"), ("a;b;a\n", "line 1: names 'a' twice"), ("a; a\n", "line 1: names 'a' twice"),
    ("a;b\n1;2\n1;2;3\n", "line 3: has 3 cells, the header 2"),
    ('a;b\n"x\ny";2\n1;2;3\n', "line 4: has 3 cells"),
    ('a;b\n1;"x\n', "unexpected end of data"), ('a;b\n1;"x"y\n', "line 2: "),
    ("a\n" + "x" * 200000, "line 2: field larger"),
    ("a;b\n1;å\n".encode("latin-1"), "line 2: is not UTF-8"),
])
def test_malformed_csv(text: str | bytes, told: str) -> None:
    assert refused("p.csv", text).startswith("p.csv: line ") and told in refused("p.csv", text)


def test_empty_cells_beyond_the_header_are_nothing() -> None:
    assert people("p.csv", "a;b\n1;2;;\n")[0] == [{"a": "1", "b": "2"}]


@pytest.mark.parametrize("name", ["p.txt", "p", "p.xlsx"])
def test_other_endings(name: str) -> None:
    assert refused(name, "[]") == f"{name}: must end in .json, .yml, .yaml or .csv"


@pytest.mark.parametrize(("name", "text"), [
    ("p.csv", "username;full_name;typology;voicemail;voicemail_pin;codecs;sip_expires;nat;number\n"
              "anna;Anna;external;yes;0712;alaw g729;60;no;0101\n"),
    ("p.yml", "- {username: anna, full_name: Anna, typology: external, voicemail: on, "
              "voicemail_pin: 0712, codecs: [alaw, g729], sip_expires: 60, nat: no, number: 0101}\n"),
    ("p.json", '[{"username": "anna", "full_name": "Anna", "typology": "external", "voicemail": true, "voicemail_pin": "0712", '
               '"codecs": ["alaw", "g729"], "sip_expires": 60, "nat": "no", "number": "0101"}]'),
])
def test_all_ways_lead_to_one_agent(name: str, text: str) -> None:
    items, places = people(name, text)
    said = dict(planned("merged", list(zip(places, items, strict=True)), numbers="0100-0199").create["anna"])
    said.pop("sip_password")
    assert said == {"username": "anna", "full_name": "Anna", "typology": "external", "voicemail": True, "voicemail_pin": "0712", "codecs": ["alaw", "g729"],
        "sip_expires": 60, "nat": "no", "number": "0101"}
