# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the modules' documentation from the declarations in the model; with --check says what has drifted.

python tests/gates/document.py [--check]
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import yaml

TOP = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "plugins"))

from module_utils.model.fields import Depends, Field  # noqa: E402
from module_utils.model.resource import Resource  # noqa: E402
from module_utils.model.site import RESOURCES  # noqa: E402

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
    "cascaded": {"description": "By resource, the keys of what no longer refers to what was deleted.", "type": "dict", "returned": "with O(cascade)"},
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
        "extends_documentation_fragment": ["switchboard.asterisk.resource", "switchboard.asterisk.host"],
        "options": {"config": config(resource)},
    }


def dumped(value: Any) -> str:
    class Indented(yaml.SafeDumper):
        def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
            super().increase_indent(flow, False)

    return str(yaml.dump(value, Dumper=Indented, sort_keys=False, allow_unicode=True, width=140))


def pages() -> dict[Path, str]:
    made = {}
    for resource in RESOURCES.values():
        examples = (TOP / "docs" / "examples" / f"{resource.plural}.yml").read_text(encoding="utf-8")
        examples = "".join(line for line in examples.splitlines(keepends=True) if line != "---\n" and "SPDX" not in line)
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
        path.write_text(pages()[path], encoding="utf-8")
        print(f"{path.relative_to(TOP)}: written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
