# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the modules' documentation, docs/resources and docs/fields.md from the declarations in the model; with --check says what has drifted.

python tests/gates/document.py [--check]
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import yaml

TOP = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "plugins"))

from module_utils.model.account import Password  # noqa: E402
from module_utils.model.fields import Depends, Field, Integer, List, Pin, Reference, Secret, SipPassword, Text  # noqa: E402
from module_utils.model.resource import Resource  # noqa: E402
from module_utils.model.site import RESOURCES  # noqa: E402

sys.path.insert(0, str(TOP))

from tests.gates.rows import table  # noqa: E402

VERSION = "0.1.0"

MODULE = '''\
#!/usr/bin/python
# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Written by tests/gates/document.py from the declaration in module_utils/model/{kind}.py and docs/examples/{plural}.yml."""
from __future__ import annotations

DOCUMENTATION = r"""
{documentation}"""

EXAMPLES = r"""
{examples}"""

RETURN = r"""
{returned}"""

from ansible_collections.switchboard.asterisk.plugins.module_utils.bridge import main
from ansible_collections.switchboard.asterisk.plugins.module_utils.model.{kind} import {constant}

if __name__ == "__main__":
    main({constant})
'''

MANY = "All of them in one task, by the thousand; what Asterisk has to know is made live and verified."

RETURN: dict[str, Any] = {
    "counts": {
        "description": "How many were created, updated and deleted.",
        "type": "dict",
        "returned": "when applying",
        "sample": {"created": 2, "deleted": 0, "updated": 1},
    },
    "created": {
        "description": "Keys of what was created, at most 1000; RV(counts) is whole. Likewise RV(updated) and RV(deleted).",
        "type": "list",
        "elements": "str",
        "returned": "when applying",
    },
    "updated": {"description": "Keys of what was updated.", "type": "list", "elements": "str", "returned": "when applying"},
    "deleted": {"description": "Keys of what was deleted.", "type": "list", "elements": "str", "returned": "when applying"},
    "before": {"description": "By key, the fields that change, as they were; the first hundred, without secrets.", "type": "dict", "returned": "when applying"},
    "after": {"description": "By key, the fields that change, as they will be.", "type": "dict", "returned": "when applying"},
    "reasons": {
        "description": "By key, the names of the fields that made an update necessary.",
        "type": "dict",
        "returned": "when applying",
        "sample": {"anna": ["full_name"]},
    },
    "cascaded": {
        "description": "By resource, the keys of others that change too: they no longer refer to what was deleted, or say what was written through a view.",
        "type": "dict",
        "returned": "when there are such",
    },
    "numbers": {
        "description": "By key, the numbers of what was created. With O(state=gathered), by number, its owner, people and telephones alike.",
        "type": "dict",
        "returned": "when applying or gathering",
        "sample": {"anna": "1001"},
    },
    "files": {
        "description": "Compiled files that differ from what was in force, and avatars that are put back.",
        "type": "list",
        "elements": "str",
        "returned": "when applying",
    },
    "drifted": {
        "description": "Compiled files that somebody had changed by hand, and avatars that were gone.",
        "type": "list",
        "elements": "str",
        "returned": "when applying",
    },
    "defaults_changed": {
        "description": "By resource and field, how many follow a default that this release has changed. Say the old value to keep it.",
        "type": "dict",
        "returned": "when there are any",
        "sample": {"agents": {"sip_expires": 12}},
    },
    "reloaded": {"description": "Asterisk modules that were reloaded.", "type": "list", "elements": "str", "returned": "when something changed"},
    "reload_seconds": {"description": "How long Asterisk took for that.", "type": "float", "returned": "when something changed"},
    "avatars": {"description": "Where avatars were copied to, and how many.", "type": "dict", "returned": "with O(avatars_dest)"},
    "credentials": {"description": "Where generated secrets were written, and how many.", "type": "dict", "returned": "when secrets were generated"},
    "waited_for": {"description": "The run that this one had to wait for.", "type": "str", "returned": "when it had to"},
    "gathered": {
        "description": "What the host has, without secrets; applied again, it changes nothing.",
        "type": "list",
        "elements": "dict",
        "returned": "with state gathered",
    },
    "realm": {"description": "The realm of the site's passwords.", "type": "str", "returned": "with state gathered"},
    "parsed": {
        "description": "What an old installation has of the module's kind, without secrets.",
        "type": "list",
        "elements": "dict",
        "returned": "with state parsed",
    },
    "report": {
        "description": "Every option of the old installation that was not carried over or changed its meaning, new sign-in names, and counts. "
        "At most 1000 of each.",
        "type": "dict",
        "returned": "with state parsed",
    },
    "rendered": {"description": "The compiled files by name, secrets as stars.", "type": "dict", "returned": "with state rendered"},
    "module": {"description": "Peak memory in MiB, seconds and Python of the module on the host.", "type": "dict", "returned": "always"},
}


def sentences(field: Field, resource: Resource) -> list[str]:
    said = [field.says]
    if field.required:
        said.append("Needed at creation.")
    if field.fixed:
        said.append("Never changes after creation.")
    if field.idle:
        said.append("It is checked, kept and given back; nothing acts on it yet.")
    if field.secret:
        said.append("Kept secret, never returned.")
    if isinstance(field.default, Depends):
        said += [
            f"Defaults to V({spelled(value)}) when O(config[].{field.default.by}) is {' or '.join(f'V({each})' for each in keys)}."
            for value, keys in grouped(field.default.values)
        ]
    return said


def grouped(values: Any) -> list[tuple[Any, list[str]]]:
    """Equal defaults with all the values that lead to them."""
    found: dict[str, tuple[Any, list[str]]] = {}
    for key, value in values.items():
        found.setdefault(json.dumps(value), (value, []))[1].append(key)
    return list(found.values())


def spelled(value: Any) -> str:
    return " ".join(value) if isinstance(value, (list, tuple)) else str(value)


def suboption(field: Field, resource: Resource) -> dict[str, Any]:
    option: dict[str, Any] = {"description": sentences(field, resource), "type": field.ansible_type}
    if field.ansible_elements:
        option["elements"] = field.ansible_elements
    choices = field.choices or getattr(getattr(field, "each", None), "choices", ())
    if choices:
        option["choices"] = list(choices)
    if field.name == resource.key:
        option["required"] = True
    if field.default not in (None, ()) and not isinstance(field.default, Depends):
        option["default"] = field.default
    return option


def suboptions(resource: Resource) -> dict[str, Any]:
    whole: dict[str, Any] = {}
    for field in resource.fields:
        if resource.single and field.name == resource.key:
            continue
        *groups, last = field.name.split(".")
        inner = whole
        for group in groups:
            inner = inner.setdefault(group, {"description": [f"Settings of {group}."], "type": "dict", "suboptions": {}})["suboptions"]
        inner[last] = suboption(field, resource)
    return whole


def returned(resource: Resource) -> dict[str, Any]:
    if resource.kind == "codec":
        says = "Codecs newly offered that Asterisk cannot transcode, only pass through."
        return {**RETURN, "passes_through": {"description": says, "type": "list", "elements": "str", "returned": "when there are any", "sample": ["g729"]}}
    if not resource.single:
        return RETURN
    (whole,) = ({name: each for name, each in RETURN["gathered"].items() if name != "elements"},)
    return {**RETURN, "gathered": {**whole, "type": "dict"}}


def config(resource: Resource) -> dict[str, Any]:
    if resource.single:
        says, kind = [resource.says], {"type": "dict"}
    else:
        says, kind = [f"The {spoken(resource)}. For more than a few dozen O(config_file) is faster."], {"type": "list", "elements": "dict"}
    return {"description": [*says, "A field that is not given keeps its value with O(state=merged)."], **kind, "suboptions": suboptions(resource)}


def spoken(resource: Resource) -> str:
    return resource.plural.replace("_", " ")


def documentation(resource: Resource) -> dict[str, Any]:
    return {
        "module": resource.plural,
        "short_description": f"Manages {spoken(resource)}",
        "version_added": VERSION,
        "description": [resource.says, *([] if resource.single else [MANY])],
        "extends_documentation_fragment": ["switchboard.asterisk.resource", "switchboard.asterisk.ledger", "switchboard.asterisk.host"],
        "options": {"config": config(resource)},
    }


def dumped(value: Any) -> str:
    class Indented(yaml.SafeDumper):
        def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
            super().increase_indent(flow, False)

    return str(yaml.dump(value, Dumper=Indented, sort_keys=False, allow_unicode=True, width=140))


PAGE = """\
# {title}

Written by tests/gates/document.py from the declaration in `plugins/module_utils/model/{kind}.py` and `docs/examples/{plural}.yml`.

{says}

| option | kind | default | rule | |
|---|---|---|---|---|
{rows}

{legend}

## Example

```yaml
{examples}```
"""
LEGEND = """\
*needed*: at creation. *fixed*: never changes after creation. *secret*: never shown, logged or returned. *own*: people change it themselves, so a run
leaves it alone that does not name it. *idle*: checked, kept and given back; nothing acts on it yet."""


def kind_of(field: Field) -> str:
    inner = getattr(field, "each", field)
    if isinstance(inner, Reference):
        kind = RESOURCES[inner.to].plural if inner.to in RESOURCES else inner.to
        return f"list of [{kind}]({kind}.md)" if inner is not field else f"one of [{kind}]({kind}.md)"
    return {"str": "text", "bool": "yes or no", "int": "number", "list": "list", "dict": "mapping"}.get(field.ansible_type, field.ansible_type)


def rule_of(field: Field) -> str:
    inner = getattr(field, "each", field)
    said = []
    if inner.choices:
        said.append(" ".join(f"`{each}`" for each in inner.choices))
    elif isinstance(inner, Integer):
        said.append(f"{inner.least} to {inner.most}{' ' + inner.unit if inner.unit else ''}")
    elif isinstance(inner, (Password, SipPassword, Pin)) or isinstance(inner, Secret) and type(inner).check is Secret.check:
        said.append(f"{inner.shortest} to {inner.longest} characters")
    elif isinstance(inner, Text) and inner.rule and not isinstance(inner, Reference):
        said.append(inner.rule.removeprefix("must be ").removeprefix("is not "))
    if isinstance(field, List):
        said.append(f"at most {field.most}, each once")
    if field.claim:
        said.append("nobody else has the same")
    if field.beside:
        said.append(f"only beside `{field.beside}`")
    return "; ".join(said)


def default_of(field: Field) -> str:
    if isinstance(field.default, Depends):
        return "; ".join(f"`{spelled(value)}` with {field.default.by} {' or '.join(keys)}" for value, keys in grouped(field.default.values))
    return "" if field.default in (None, ()) else f"`{str(field.default).lower() if isinstance(field.default, bool) else spelled(field.default)}`"


def row(field: Field, resource: Resource) -> str:
    marks = {"needed": field.required, "fixed": field.fixed, "secret": field.secret, "own": field.apart, "idle": field.idle}
    marked = ", ".join(f"*{name}*" for name, holds in marks.items() if holds)
    cells = [f"`{field.name}`: {coded(field.says)}", kind_of(field), default_of(field), rule_of(field), marked]
    return "| " + " | ".join(each.replace("|", "\\|") for each in cells) + " |"


def page(resource: Resource, examples: str) -> str:
    fields = [each for each in resource.fields if not (resource.single and each.name == resource.key)]
    rows = "\n".join(row(each, resource) for each in fields)
    return PAGE.format(title=spoken(resource).capitalize(), kind=resource.kind, plural=resource.plural, says=coded(resource.says), rows=rows, legend=LEGEND,
                       examples=examples)


def coded(text: str) -> str:
    """Ansible's marks as Markdown's."""
    return re.sub(r"[A-Z]\(([^)]*)\)", r"`\1`", text)


def with_codes(text: str) -> str:
    """A page with the table of feature codes in its place, from the role's defaults and what is said there of each."""
    defaults = (TOP / "roles" / "asterisk" / "defaults" / "main.yml").read_text(encoding="utf-8")
    rows = [f"| `{code}` | {says} | `{name}` |" for name, code, says in re.findall(r'^(asterisk_\w+_code): "(.+)" # (.+)$', defaults, re.MULTILINE)]
    codes = "\n".join(["| code | what it does | variable |", "|---|---|---|", *rows])
    return re.sub(r"(<!-- codes -->\n).*?(<!-- end of codes -->)", lambda found: f"{found[1]}{codes}\n{found[2]}", text, flags=re.DOTALL)


def pages() -> dict[Path, str]:
    made = {TOP / "docs" / "fields.md": table()}
    codes = TOP / "docs" / "feature-codes.md"
    made[codes] = with_codes(codes.read_text(encoding="utf-8"))
    for resource in RESOURCES.values():
        examples = (TOP / "docs" / "examples" / f"{resource.plural}.yml").read_text(encoding="utf-8")
        examples = "".join(line for line in examples.splitlines(keepends=True) if line != "---\n" and "SPDX" not in line)
        made[TOP / "docs" / "resources" / f"{resource.plural}.md"] = page(resource, examples)
        made[TOP / "plugins" / "modules" / f"{resource.plural}.py"] = MODULE.format(
            kind=resource.kind,
            plural=resource.plural,
            constant=resource.kind.upper(),
            examples=examples,
            documentation=dumped(documentation(resource)),
            returned=dumped(returned(resource)),
        )
    return made


def main() -> int:
    drifted = [path for path, text in pages().items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    if "--check" in sys.argv:
        for path in drifted:
            print(f"{path.relative_to(TOP)}: is not what its declaration says: run make docs")
        return 1 if drifted else 0
    for path in drifted:
        path.parent.mkdir(exist_ok=True)
        path.write_text(pages()[path], encoding="utf-8")
        print(f"{path.relative_to(TOP)}: written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
