# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows of docs/fields.md: what the product promises, which fields of the model it is, and which tests cover it.

A test says so itself: @pytest.mark.row("P3"). It is read from the sources, so that scenarios count without being run.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
if str(TOP / "plugins") not in sys.path:
    sys.path.insert(0, str(TOP / "plugins"))

from module_utils.model.resource import Resource  # noqa: E402
from module_utils.model.site import RESOURCES  # noqa: E402


@dataclass(frozen=True)
class Row:
    what: str
    fields: Mapping[str, str]       # kind: names of its fields, which may be patterns


def people(names: str) -> dict[str, str]:
    return {"user": names, "agent": names}


def lines(names: str) -> dict[str, str]:
    return {"user": names, "agent": names, "extension": names}


def agent(names: str) -> dict[str, str]:
    return {"agent": names}


ROWS = {
    "P1": Row("name to sign in with, and id of the device", people("username")),
    "P2": Row("name as others see it", people("full_name")),
    "P3": Row("mail address", people("email")),
    "P4": Row("password for signing in", people("password update_password password_hash password_history must_change_password")),
    "P5": Row("password of the telephone", lines("sip_password")),
    "P6": Row("internal number", {**lines("number"), "settings": "number_range"}),
    "P7": Row("free text", {**lines("description"), "team": "description", "user_profile": "description"}),
    "P8": Row("switched off", lines("disabled")),
    "P9": Row("locked out", people("locked")),
    "P10": Row("age of the password", people("password_changed_at")),
    "P11": Row("who vouches for a person", people("authentication sso_subject")),
    "P12": Row("picture", people("avatar")),
    "P13": Row("messages between people", people("messenger.*")),
    "P14": Row("transport", lines("transport")),
    "P15": Row("NAT between telephone and host", lines("nat")),
    "P16": Row("codecs and their order", lines("codecs")),
    "P17": Row("dialplan context", lines("context")),
    "P18": Row("groups for picking up", lines("call_groups pickup_groups")),
    "P19": Row("log of the phone in the browser", people("client_log")),
    "U1": Row("administrator or supervisor", {"user": "role"}),
    "U2": Row("what a supervisor's rights come from", {"user": "profile"}),
    "U3": Row("rights", {"user_profile": "*"}),
    "U4": Row("API key", {"user": "api_key_hash"}),
    "U5": Row("a user's new one-time password", {}),
    "A1": Row("name shown to customers", agent("alias")),
    "A2": Row("browser or telephone", agent("typology")),
    "A3": Row("mailbox", agent("voicemail voicemail_pin")),
    "A4": Row("paused at sign-in", agent("login_pause")),
    "A5": Row("customers' data hidden", agent("mask_sensitive_data")),
    "A6": Row("fixed address or network", lines("host")),
    "A7": Row("calls, is called, or both", lines("type")),
    "A8": Row("caller id", lines("caller_id")),
    "A9": Row("may be listened to", agent("chanspy")),
    "A10": Row("video", agent("video")),
    "A11": Row("every call recorded", agent("record_calls")),
    "A12": Row("life of a registration", lines("sip_expires")),
    "A13": Row("how many at once", agent("channels.*.capacity")),
    "A14": Row("assigned without asking", agent("channels.*.auto_answer channels.*.delay")),
    "A15": Row("phone answers by itself", agent("phone.auto_answer phone.delay")),
    "A16": Row("where the phone in the browser connects", agent("phone.tls_certificate phone.tls_private_key phone.wss_port")),
    "A17": Row("agent changes settings of the phone", agent("phone.settings")),
    "A18": Row("agent records a call", agent("phone.recording")),
    "A19": Row("tones when dialling", agent("phone.dtmf_tones")),
    "A20": Row("no internal calls in a pause", agent("phone.dnd_on_pause")),
    "A21": Row("preview calls in a pause", agent("phone.preview_on_pause")),
    "A22": Row("second call while talking", agent("phone.ring_in_use")),
    "A23": Row("prefix demanded for outside calls", agent("prefix_required")),
    "A24": Row("campaign of a recall", agent("select_recall_campaign")),
    "A25": Row("what may be fetched", agent("downloads.*")),
    "A26": Row("what the desk shows", agent("permissions.*")),
    "A27": Row("teams of an agent", agent("teams")),
    "A28": Row("queues of an agent", agent("queues")),
    "A29": Row("an agent's new one-time password", {}),
    "T1": Row("telephones without a person", {"extension": "*"}),
    "T2": Row("codecs of the site", {"codec": "*"}),
    "T3": Row("the site behind NAT", {"nat": "*"}),
    "T4": Row("queues", {"queue": "*"}),
    "T5": Row("teams", {"team": "*"}),
    "T6": Row("providers", {"trunk": "*"}),
    "T7": Row("outside calls", {"prefix": "*"}),
    "T8": Row("calls from outside", {"inbound_route": "*"}),
    "T9": Row("what holds for the whole site", {"settings": "*"}),
    "T10": Row("acts on credentials", {}),
    "H3": Row("browsers over WSS, and certificates that are renewed without dropping calls", {}),
    "H4": Row("TURN, which relays to Asterisk only", {}),
    "H5": Row("firewall, and bans that leave customers alone", {}),
    "N1": Row("ten thousand in seconds", {}),
    "N2": Row("scope and guard", {}),
    "N3": Row("gathered can be applied again", {}),
    "N4": Row("before and after of each, without a secret", {}),
    "N5": Row("import of other installations", {}),
    "N6": Row("live when the task ends, calls survive it, what is refused is rolled back", {}),
    "N7": Row("sound heard, behind NAT and through TURN", {}),
}

# Being built elsewhere: without a test as yet. It shrinks to nothing; whoever adds the test takes the row out of here.
PENDING: frozenset[str] = frozenset()

# Fields that no row asked for: kind: names. Ours.
OWN: Mapping[str, str] = {}


def fields_of(row: Row, resource: Resource) -> list[str]:
    return [name for name in resource.by_name if any(fnmatchcase(name, pattern) for pattern in row.fields.get(resource.kind, "").split())
            and not (resource.single and name == resource.key)]


def covering() -> dict[str, list[str]]:
    """row: the tests that say they cover it, as file::test; the same for ids that are no rows."""
    found: dict[str, dict[str, None]] = {}
    for path in sorted([*TOP.glob("tests/unit/test_*.py"), *TOP.glob("tests/molecule/*/tests/test_*.py"), *TOP.glob("tests/gates/test_*.py")]):
        for row, name in rows_in(ast.parse(path.read_text(encoding="utf-8"))):
            found.setdefault(row, {})[f"{path.relative_to(TOP / 'tests')}::{name}"] = None      # once, though several of its marks may say so
    return {row: list(names) for row, names in found.items()}


def rows_in(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            for mark in node.decorator_list:
                if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.row":
                    yield from ((ast.literal_eval(each), node.name) for each in mark.args)


def natural(row: str) -> tuple[int, int]:
    letter, number = re.fullmatch(r"([A-Z])(\d+)", row).groups()  # type: ignore[union-attr]
    return "PUATHN".index(letter), int(number)


def complaints() -> list[str]:
    """All that keeps the table from being whole and true."""
    found, covered = [], covering()
    found += [f"{row}: no such row, but {', '.join(tests)}" for row, tests in covered.items() if row not in ROWS]
    found += [f"{row}: no test covers it" for row in ROWS if row not in covered and row not in PENDING]
    found += [f"{row}: is covered: take it out of PENDING" for row in sorted(PENDING) if row in covered]
    mentioned: dict[str, set[str]] = {kind: set(names.split()) for kind, names in OWN.items()}
    for row, each in ROWS.items():
        for kind, patterns in each.fields.items():
            if kind not in RESOURCES and row in PENDING:
                continue
            names = list(RESOURCES[kind].by_name) if kind in RESOURCES else []
            found += [f"{row}: {kind} has no field {pattern}" for pattern in patterns.split() if not any(fnmatchcase(name, pattern) for name in names)]
            mentioned.setdefault(kind, set()).update(name for name in names if any(fnmatchcase(name, pattern) for pattern in patterns.split()))
    for kind, resource in RESOURCES.items():
        found += [f"{kind}.{name}: no row mentions it" for name in resource.by_name if name not in mentioned.get(kind, ())]
    return found


def table() -> str:
    """docs/fields.md."""
    covered = covering()
    text = ["# Every field, and what tries it", "", "Written by tests/gates/document.py from tests/gates/rows.py, the model and the tests. "
            "A field in *italics* is checked, kept and given back; nothing acts on it yet.", "", "| row | what | options | tests |", "|---|---|---|---|"]
    for row, each in sorted(ROWS.items(), key=lambda one: natural(one[0])):
        options = [f"`{RESOURCES[kind].plural}`: {', '.join(styled(RESOURCES[kind], fields_of(each, RESOURCES[kind])))}" for kind in each.fields
                   if kind in RESOURCES]
        tests = "<br>".join(f"`{test}`" for test in covered.get(row, [])) or "*being built*"
        text.append(f"| {row} | {each.what} | {'<br>'.join(options)} | {tests} |")
    return "\n".join(text) + "\n"


def styled(resource: Resource, names: list[str]) -> list[str]:
    """`*` when it is all of them."""
    whole = [name for name in resource.by_name if not (resource.single and name == resource.key)]
    if names == whole:
        return ["all"]
    return [f"*`{name}`*" if resource.by_name[name].idle else f"`{name}`" for name in names]
