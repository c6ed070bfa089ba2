# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading JSON of items, which the host does by itself where nothing in it is the controller's."""
from __future__ import annotations

import json
from typing import Any

from .model.errors import Unreadable


def decoded(name: str, text: bytes) -> str:
    """A file's text. Raises Unreadable."""
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        raise Unreadable(f"{name}: line {text[:wrong.start].count(10) + 1}: is not UTF-8") from None


def shape(plural: str, single: bool) -> str:
    what = "mapping" if single else "list"
    return f"must be a {what}, or a mapping with nothing but the {what} '{plural}'"


def the_list(name: str, whole: Any, plural: str, single: bool) -> list[Any]:
    if isinstance(whole, dict) and list(whole) == [plural]:
        whole = whole[plural]
    if single and isinstance(whole, dict):
        whole = [whole]
    elif single:
        whole = None
    if not isinstance(whole, list):
        raise Unreadable(f"{name}: {shape(plural, single)}")
    return whole


def read_json(name: str, text: bytes, plural: str, single: bool) -> tuple[list[Any], list[str]]:
    """(items, places) of a JSON file. `plural` is the name under which a mapping may hold the list; `single`: it holds one item. Raises Unreadable."""
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            twice = next(key for count, (key, _value) in enumerate(pairs) if key in dict(pairs[:count]))
            raise Unreadable(f"{name}: an item names {twice!r} twice")
        return found

    try:
        items = the_list(name, json.loads(decoded(name, text), object_pairs_hook=once), plural, single)
    except json.JSONDecodeError as wrong:
        raise Unreadable(f"{name}: line {wrong.lineno}: {wrong.msg}") from None
    except RecursionError:
        raise Unreadable(f"{name}: is nested too deeply") from None
    except ValueError:
        raise Unreadable(f"{name}: holds a number without end") from None
    return items, [f"{name}: item {count}" for count in range(1, len(items) + 1)]
