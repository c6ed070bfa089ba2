# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad input: one clear error that names item, field and rule; nothing is changed, and no secret is shown however much is asked for.

All cases are tasks of one playbook, run once; each test looks at what the user saw of its own.
"""

import json
import os
import re
import subprocess

import pytest
import yaml

SECRET = "hunter2"  # begins every secret here
PASSWORD = f"{SECRET}-long-enough"
# A playbook has them in variables: Ansible shows the lines of a failed task, and those before it, as they stand there.
VARIABLES = {"short": SECRET, "password": PASSWORD, "broken": f"{SECRET}\nauth_type=none", "pin": f"{SECRET}4711"}
VAULT_PASSWORD = "open sesame"


def agent(**fields):
    return {"username": "dora", "full_name": "Dora", "typology": "external", "sip_password": "{{ password }}", **fields}


def agents(*config, **arguments):
    return {"switchboard.asterisk.agents": {"config": list(config), **arguments}}


def people(path, **arguments):
    return {"switchboard.asterisk.agents": {"config_file": path, **arguments}}


FILES = {
    "broken.json": f'[\n{{"username": "dora", "sip_password": "{PASSWORD}"}},\n{{"username": "eric",, }}\n]',
    "twice.json": f'[{{"username": "dora", "sip_password": "{PASSWORD}", "sip_password": "{PASSWORD}"}}]',
    "shape.json": f'{{"agents": [], "more": "{PASSWORD}"}}',
    "broken.yml": f"- username: dora\n  sip_password: {PASSWORD}\n  full_name: [open\n",
    "field.yml": f"# people\n- username: dora\n  full_name: Dora\n  sip_password: {PASSWORD}\n- username: eric\n  full_nam: Eric\n  sip_password: {PASSWORD}\n",
    "broken.csv": f"username;full_name;sip_password\ndora;Dora;{PASSWORD}\neric;Eric;{PASSWORD};{PASSWORD}\n",
    "header.csv": "username;full_name;full_name\ndora;Dora;Dora\n",
    "number.csv": f"username;full_name;number;sip_password\ndora;Dora;1,001E+03;{PASSWORD}\n",
    "latin.csv": f"username;full_name;sip_password\ndora;D\xf6ra;{PASSWORD}\n".encode("latin-1"),
    "people.txt": "dora\n",
}

# One agent each, and what is said of it. Several mistakes are told at once, so these come ten in a task.
PEOPLE = {
    "upper case": (agent(username="Dora"), "agent 'Dora': username: must be .*lower case letters"),
    "named twice": (agent(username="bo"), "agent 'bo': username: is named twice"),
    "name of a telephone": (agent(username="eva"), "agent 'eva': username: eva is taken by extension 'eva'"),
    "name that Asterisk uses": (agent(username="anonymous"), "agent 'anonymous': username: anonymous means something to Asterisk"),
    "no name": ({"full_name": "Nobody", "sip_password": "{{ password }}"}, "agent without username: username: is needed"),
    "no mapping": ("{{ password }}", "agent without username: must be a mapping of fields, not str"),
    "number changed": ({"username": "anna", "number": "1555"}, "agent 'anna': number: never changes after creation: it is 1001"),
    "nobody would know the password": ({"username": "dan", "full_name": "Dan", "typology": "external"},
                                       "agent 'dan': sip_password: is needed: give one, or name a credentials_file"),
    "taken number": (agent(username="d1", number="1003"), "agent 'd1': number: 1003 is taken by agent 'cleo'"),
    "number out of range": (agent(username="d2", number="999"), "agent 'd2': number: 999 is not in number_range 1000-9999"),
    "taken mail": (agent(username="d3", email="BO@example.org"), "agent 'd3': email: .* is taken by agent 'bo'"),
    "unknown field": (agent(username="d4", full_nam="Dora"), r"agent 'd4': full_nam: is not a field of agents \(did you mean full_name\?\)"),
    "unknown codec": (agent(username="d5", codecs=["ulow"]), r"agent 'd5': codecs: 'ulow' is none of .*\(did you mean ulaw\?\)"),
    "unknown NAT mode": (agent(username="d6", nat="comdia"), r"agent 'd6': nat: 'comdia' is none of .*\(did you mean comedia\?\)"),
    "g729 in a browser": (agent(username="d7", typology="webrtc", codecs=["g729", "opus"]), "agent 'd7': codecs: g729 does not work for typology webrtc"),
    "g729 in a phonebar": (agent(username="d8", typology="phonebar", codecs=["g729"]), "agent 'd8': codecs: g729 does not work for typology phonebar"),
    "transport": (agent(username="d9", typology="webrtc", transport="udp"), "agent 'd9': transport: must be ws or wss for typology webrtc"),
    "host": (agent(username="e1", host="dynamc"), r"agent 'e1': host: must be dynamic, an IP address, or a network.*\(did you mean dynamic\?\)"),
    "address": (agent(username="e2", host="300.1.2.3"), "agent 'e2': host: must be dynamic, an IP address, or a network"),
    "network": (agent(username="e3", host="192.0.2.1/24"), "agent 'e3': host: has host bits set: the network is 192.0.2.0/24"),
    "line break in a name": (agent(username="e4", full_name="Dora\n[dora2](_line)"), "agent 'e4': full_name: holds a control character, a line break"),
    "line break in a caller id": (agent(username="e5", caller_id="Dora\ncontext=all"), "agent 'e5': caller_id: holds a control character, a line break"),
    "line break in a password": (agent(username="e6", sip_password="{{ broken }}"), "agent 'e6': sip_password: holds a control character"),
    "short password": (agent(username="e7", sip_password="{{ short }}"), "agent 'e7': sip_password: must have 8 to 128 characters"),
    "password that is a list": (agent(username="e8", sip_password=["{{ password }}"]), "agent 'e8': sip_password: must be text in quotes"),
    "PIN": (agent(username="e9", voicemail=True, voicemail_pin="{{ pin }}"), "agent 'e9': voicemail_pin: must (be digits only|have 4 to 10)"),
    "vaulted value": (agent(username="f1", sip_password="{{ vaulted }}"), "agent 'f1': sip_password: must have 8 to 128 characters"),
}

# What is tried: the task, and what the one error says
CASES = {
    "context": (agents(agent(context="nosuch")), "agent 'dora': context: there is no dialplan context nosuch"),
    "no list": ({"switchboard.asterisk.agents": {"config": agent()}}, "config: must be a list"),
    "empty and overridden": (agents(state="overridden"), "config: is empty, which with state overridden would delete every agent"),
    "guard": (agents({"username": "anna", "full_name": "Anna"}, state="overridden"),
              r"max_deletions: would delete \d+ of \d+ agents, more than the \d+ that max_deletions allows \(bo, "),
    "outside of the scope": (agents(agent(), scope={"names": "k*"}), r"agent 'dora': is outside of the scope of this run \(names k\*\)"),
    "another realm": (agents(agent(), realm="elsewhere"), "realm: of this site is switchboard, for good"),
    "both inputs": (people("field.yml", config=[agent()]), "config and config_file: give one of the two"),
    "no input": ({"switchboard.asterisk.agents": {}}, "config: is needed for state merged: give config or config_file"),
    "unknown option": (agents(agent(), stat="merged"), r"Unsupported parameters .*stat\b"),
    "unknown state": (agents(agent(), state="overriden"), "value of state must be one of: .*overridden"),
    "async": ({**agents(agent()), "async": 60, "poll": 0}, "async"),
    "no such file": (people("nosuch.yml"), r"nosuch\.yml"),
    "ending": (people("people.txt"), r"people\.txt: must end in \.json, \.yml, \.yaml or \.csv"),
    "malformed JSON": (people("broken.json"), r"broken\.json: line 3: "),
    "field twice in JSON": (people("twice.json"), r"twice\.json: an item names 'sip_password' twice"),
    "shape of JSON": (people("shape.json"), r"shape\.json: must be a list, or a mapping with nothing but the list 'agents'"),
    "malformed YAML": (people("broken.yml"), r"broken\.yml: line [34]: "),
    "field in YAML": (people("field.yml"), r"field\.yml: line 5: agent 'eric': full_nam: is not a field of agents \(did you mean full_name\?\)"),
    "malformed CSV": (people("broken.csv"), r"broken\.csv: line 3: has 4 cells, the header 3"),
    "header of CSV": (people("header.csv"), r"header\.csv: line 1: names 'full_name' twice"),
    "mangled number": (people("number.csv"), r"number\.csv: line 2: agent 'dora': number: looks mangled by a spreadsheet"),
    "not UTF-8": (people("latin.csv"), r"latin\.csv: line 2: is not UTF-8"),
    "vaulted file": (people("vaulted.yml"), r"vaulted\.yml: line 4: agent 'eric': nat: 'comdia' is none of"),
    "vaulted value in a file": (people("values.yml"), r"values\.yml: line 1: agent 'dora': sip_password: must have 8 to 128 characters"),
    "vault of another password": (people("foreign.yml"), "(?i)decrypt|vault"),
    "telephone: taken number": ({"switchboard.asterisk.extensions": {"config": [{"name": "door", "number": "1001", "sip_password": "{{ password }}"}]}},
                                "extension 'door': number: 1001 is taken by agent 'anna'"),
}


def vaulted(folder, text, password=VAULT_PASSWORD):
    (folder / "key").write_text(password)
    done = subprocess.run(["ansible-vault", "encrypt", "--vault-password-file", "key"], cwd=folder, input=text, text=True, capture_output=True, check=True)
    (folder / "key").write_text(VAULT_PASSWORD)
    return done.stdout


def as_value(text):
    return "!vault |\n" + "".join(f"      {line}\n" for line in text.splitlines())


@pytest.fixture(name="seen", scope="module")
def seen_fixture(pbx, tmp_path_factory):
    """By case: what the user saw of it at -vvv. Nothing on the host may have changed after all of them."""
    folder = tmp_path_factory.mktemp("inputs")
    for name, content in FILES.items():
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    value = as_value(vaulted(folder, SECRET))
    (folder / "values.yml").write_text(f"- username: dora\n  full_name: Dora\n  sip_password: {value}")
    whole = f"# people\n- {{username: dora, full_name: Dora, sip_password: {PASSWORD}}}\n\n- {{username: eric, full_name: Eric, nat: comdia}}\n"
    (folder / "vaulted.yml").write_text(vaulted(folder, whole))
    (folder / "foreign.yml").write_text(vaulted(folder, whole, "another password"))
    (folder / "vars.yml").write_text(yaml.safe_dump(VARIABLES) + f"vaulted: {value}")
    everybody = [{"username": "bo"}, *(item for item, _error in PEOPLE.values())]
    tens = {f"people {start}": agents(*everybody[start:start + 10]) for start in range(0, len(everybody), 10)}
    tried = {**tens, **{name: task for name, (task, _error) in CASES.items()}}
    tasks = [{"name": f"case {name}", "ignore_errors": True, **task} for name, task in tried.items()]
    play = {"hosts": "all", "gather_facts": False, "vars_files": ["vars.yml"], "tasks": tasks}
    (folder / "play.yml").write_text(yaml.safe_dump([play], sort_keys=False))
    before = pbx.snapshot()
    connection = "ansible_connection=containers.podman.podman ansible_python_interpreter=/usr/bin/python3"
    command = ["ansible-playbook", "play.yml", "-vvv", "--diff", "-i", f"{pbx.name},", "-e", connection, "--vault-password-file", "key"]
    environment = {**os.environ, "ANSIBLE_PIPELINING": "true", "ANSIBLE_NOCOLOR": "true"}
    done = subprocess.run(command, cwd=folder, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    assert done.returncode == 0, done.stdout[-4000:]
    assert pbx.snapshot() == before
    parts = re.split(r"^TASK \[case (.*?)\] \**$", done.stdout, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def message(shown):
    """The one error in what a user saw of a task, after a look for what nobody may see."""
    assert shown.count("fatal: [") == 1, shown
    assert "Traceback" not in shown and SECRET not in shown, shown
    found = re.search(r'^ *"msg": (".*")', shown, re.MULTILINE)
    assert found, shown
    return json.loads(found[1])


@pytest.mark.parametrize("case", PEOPLE)
def test_a_mistake_in_an_item_is_one_line(seen, case):
    lines = [line for name, shown in seen.items() if name.startswith("people") for line in message(shown).splitlines()]
    found = [line for line in lines if re.search(PEOPLE[case][1], line)]
    assert len(found) == 1 and found[0].startswith("item "), "\n".join(lines)
    assert len(lines) == len(PEOPLE)


@pytest.mark.parametrize("case", CASES)
def test_a_mistake_in_a_task_is_one_error(seen, case):
    said = message(seen[case]).split("\nSearched in:")[0].strip()
    assert re.search(CASES[case][1], said) and "\n" not in said, said


def test_ten_mistakes_are_told_at_once(pbx):
    before = pbx.snapshot()
    result = pbx.attempt("agents", config=[agent(username=f"d{count}", nat="comdia", sip_password=PASSWORD) for count in range(13)])
    lines = result["msg"].splitlines()
    assert result["failed"] and len(lines) == 11 and lines[-1] == "and 3 more", result["msg"]
    assert all(f"agent 'd{count}': nat: 'comdia'" in line for count, line in enumerate(lines[:-1]))
    assert pbx.snapshot() == before


@pytest.mark.parametrize("name", ['Dora "D" [x](_line)', "Dora; context=all", "Dora ${SHELL(id)},1 | \\", "Zoë 🙂 <1>"])
def test_a_name_stays_text(pbx, phone, name):
    """It is shown by the telephone that is called, letter by letter: never an option, a section or a function."""
    pbx.agents(agent(full_name=name, number="1777", sip_password=PASSWORD))
    try:
        anna, dora = phone("anna"), phone("dora", PASSWORD)
        dora.dial("1001")
        anna.ringing()
        assert anna.caller == (name, "1777")
        dora.hangup()
    finally:
        pbx.agents({"username": "dora"}, state="deleted")


# As spreadsheets write it: a mark of its encoding, semicolons, cells in quotes with quotes, semicolons and formulas in them, an empty row
SHEET = ("\ufeffusername;full_name;number;typology;sip_password;description;phone.auto_answer;call_groups\r\n"
         f'sheet1;"Åsa ""Ås"" Öberg; Ek";1771;external;{PASSWORD};"=SUM(A1:A9)";TRUE;\r\n'
         f"sheet2;Ольга Ёлкина;1772;external;{PASSWORD};+46 8 123;yes;\r\n"
         ";;;;;;;\r\n"
         f"sheet3;張偉;1773;external;{PASSWORD};-;;north south\r\n"
         f"sheet4;محمد علي;1774;external;{PASSWORD};@home;;\r\n"
         f"sheet5;Zoë नमस्ते;1775;external;{PASSWORD};'0815;TRUE;\r\n")


@pytest.fixture(name="sheet")
def sheet_fixture(pbx):
    (pbx.folder / "sheet.csv").write_text(SHEET, encoding="utf-8", newline="")
    yield "sheet.csv"
    pbx.agents(*[{"username": f"sheet{count}"} for count in range(1, 6)], state="deleted")


def test_a_spreadsheet_comes_through_to_what_a_telephone_shows(pbx, phone, sheet):
    result = pbx.apply("agents", config_file=sheet)
    assert result["created"] == [f"sheet{count}" for count in range(1, 6)]
    assert pbx.apply("agents", config_file=sheet, state="replaced")["changed"] is False
    there = {each["username"]: each for each in pbx.apply("agents", state="gathered", scope={"names": "sheet*"})["gathered"]}
    assert [there[f"sheet{count}"]["description"] for count in range(1, 6)] == ["=SUM(A1:A9)", "+46 8 123", "-", "@home", "'0815"]
    assert there["sheet1"]["phone"] == {"auto_answer": True} and there["sheet3"]["call_groups"] == ["north", "south"] and "phone" not in there["sheet3"]
    anna = phone("anna")
    for user, name in (("sheet1", 'Åsa "Ås" Öberg; Ek'), ("sheet2", "Ольга Ёлкина"), ("sheet3", "張偉"), ("sheet4", "محمد علي"), ("sheet5", "Zoë नमस्ते")):
        caller = phone(user, PASSWORD)
        caller.dial("1001")
        anna.ringing()
        assert anna.caller == (name, there[user]["number"])
        caller.hangup()
        anna.ended()
        caller.quit()


@pytest.mark.parametrize(("cell", "told"), [
    ('"Two\r\nlines"', "full_name: holds a control character, a line break"),
    ("\u202eevil", "full_name: holds a control character, a line break or a mark that turns the direction"),
])
def test_a_cell_that_cannot_be_a_name_is_told_by_its_line(pbx, cell, told):
    (pbx.folder / "cell.csv").write_text(f"\ufeffusername;full_name;typology;sip_password\r\nsheet1;Åsa;external;{PASSWORD}\r\n"
                                         f"sheet2;{cell};external;{PASSWORD}\r\n", encoding="utf-8", newline="")
    before = pbx.snapshot()
    refused = pbx.attempt("agents", config_file="cell.csv")
    assert refused["failed"] and refused["msg"].startswith(f"cell.csv: line 3: agent 'sheet2': {told}"), refused["msg"]
    assert pbx.snapshot() == before
