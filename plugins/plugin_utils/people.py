# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading a config_file: JSON, YAML or CSV to a list of items, each with its place in the file.

YAML and CSV are read as text, so that 0712, no, on, 12:30 and +46812345 stay what was written; the fields convert them.
"""
from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Callable
from typing import Any

import yaml
from ansible_collections.switchboard.asterisk.plugins.module_utils.model.errors import Unreadable
from ansible_collections.switchboard.asterisk.plugins.module_utils.reading import decoded, read_json, shape

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
NULL = "tag:yaml.org,2002:null"
VAULT = "!vault"
DEEP = re.compile(r"(?:[\[{]\s*){100}|(?:- ){100}")


def read(path: str, text: bytes, plural: str, decrypt: Callable[[str], str], single: bool = False) -> tuple[list[Any], list[str]]:
    """(items, places). `plural` is the name under which a mapping may hold the list; `decrypt` opens a vaulted value. Raises Unreadable.

    `single`: the file holds one item instead of a list of them.
    """
    name = os.path.basename(path)
    ending = os.path.splitext(name)[1].lower()
    if ending == ".json":
        return read_json(name, text, plural, single)
    said = decoded(name, text)
    if ending in (".yml", ".yaml"):
        return read_yaml(name, said, plural, single, decrypt)
    if ending == ".csv" and not single:
        return read_csv(name, said)
    raise Unreadable(f"{name}: must end in .json, .yml{' or .yaml' if single else ', .yaml or .csv'}")


def read_yaml(name: str, said: str, plural: str, single: bool, decrypt: Callable[[str], str]) -> tuple[list[Any], list[str]]:
    left = [10_000 + 10 * len(said)]        # nodes; aliases of aliases would make memory's worth of them out of a few lines

    def plain(node: yaml.Node, within: tuple[int, ...] = ()) -> Any:
        left[0] -= 1
        if left[0] < 0:
            raise Unreadable(f"{name}: line {node.start_mark.line + 1}: aliases make too much of it")
        if id(node) in within or len(within) > 20:
            raise Unreadable(f"{name}: line {node.start_mark.line + 1}: is nested in itself or too deeply")
        if isinstance(node, yaml.ScalarNode):
            if node.tag == VAULT:
                return decrypt(node.value)
            if node.tag == NULL:
                return None
            if not node.tag.startswith("tag:yaml.org,2002:") and node.tag != "!unsafe":     # not shown: it may be a password
                raise Unreadable(f"{name}: line {node.start_mark.line + 1}: has a tag that means nothing here; text that begins with ! needs quotes")
            return node.value
        deeper = (*within, id(node))
        if isinstance(node, yaml.SequenceNode):
            return [plain(each, deeper) for each in node.value]
        found: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = plain(key_node, deeper)
            value = plain(value_node, deeper)
            if not isinstance(key, str):
                raise Unreadable(f"{name}: line {key_node.start_mark.line + 1}: the name of a field must be text")
            if key_node.tag == "tag:yaml.org,2002:merge":
                for each in value if isinstance(value, list) else [value]:
                    if not isinstance(each, dict):
                        raise Unreadable(f"{name}: line {key_node.start_mark.line + 1}: << merges mappings only")
                    merged = {**each, **merged}
            elif key in found:
                raise Unreadable(f"{name}: line {key_node.start_mark.line + 1}: names {key!r} twice")
            else:
                found[key] = value
        return {**merged, **found}

    if DEEP.search(said):       # libyaml would end the whole process
        raise Unreadable(f"{name}: is nested too deeply")
    try:
        root = yaml.compose(said, Loader=LOADER)
    except yaml.reader.ReaderError as wrong:
        line = said[:wrong.position].count("\n") + 1
        raise Unreadable(f"{name}: line {line}: holds a character that YAML does not allow") from None
    except yaml.YAMLError as wrong:
        mark = getattr(wrong, "problem_mark", None)
        raise Unreadable(f"{name}: line {mark.line + 1 if mark else '?'}: {getattr(wrong, 'problem', None) or 'is not YAML'}") from None
    nothing: tuple[list[Any], list[str]] = ([{}], [name]) if single else ([], [])
    if root is None:
        return nothing
    nodes = root
    if isinstance(root, yaml.MappingNode) and len(root.value) == 1 and root.value[0][0].value == plural:
        nodes = root.value[0][1]
    if isinstance(nodes, yaml.ScalarNode) and nodes.tag == NULL:
        return nothing
    if not isinstance(nodes, yaml.MappingNode if single else yaml.SequenceNode):
        raise Unreadable(f"{name}: {shape(plural, single)}")
    if single:
        return [plain(nodes)], [name]
    return [plain(each) for each in nodes.value], [f"{name}: line {each.start_mark.line + 1}" for each in nodes.value]


def read_csv(name: str, said: str) -> tuple[list[Any], list[str]]:
    first = said.partition("\n")[0]
    separator = ";" if first.count(";") > first.count(",") else "\t" if first.count("\t") > first.count(",") else ","
    rows = csv.reader(io.StringIO(said, newline=""), delimiter=separator, strict=True)
    items: list[Any] = []
    places = []
    try:
        header = [each.strip() for each in next(rows, [])]
        if not any(header):
            raise Unreadable(f"{name}: line 1: must name the fields")
        for count, each in enumerate(header):
            if not each:
                raise Unreadable(f"{name}: line 1: column {count + 1} has no name")
            if each in header[:count]:
                raise Unreadable(f"{name}: line 1: names {each!r} twice")
        line = rows.line_num + 1
        for row in rows:
            here, line = line, rows.line_num + 1
            if not any(cell.strip() for cell in row):
                continue
            if len(row) > len(header) and any(cell.strip() for cell in row[len(header):]):
                raise Unreadable(f"{name}: line {here}: has {len(row)} cells, the header {len(header)}")
            items.append({field: cell for field, cell in zip(header, row) if cell.strip()})
            places.append(f"{name}: line {here}")
    except csv.Error as wrong:
        raise Unreadable(f"{name}: line {rows.line_num}: {wrong}") from None
    return items, places
