# SPDX-License-Identifier: GPL-3.0-or-later
"""Old installations to import: texts as files, read from a folder that is not there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from module_utils.model.site import RESOURCES, NumberRange
from plugin_utils.legacy.asterisk_conf import Option
from plugin_utils.legacy.chan_sip import Wish
from plugin_utils.legacy.importing import Imported, installation
from plugin_utils.legacy.report import Entry

SAMPLES = Path(__file__).parent / "samples"
SECRET = "correct-horse"


def bring(resources: Any = RESOURCES, numbers: str = "1000-9999", persons: str = "auto", contexts: tuple[str, ...] = (), **files: str | bytes) -> Imported:
    """sip="[1001]..." is a sip.conf, people_csv="..." a people.csv; others end in .conf."""
    texts = {f"/old/{name.removesuffix('_csv')}.{'csv' if name.endswith('_csv') else 'conf'}": text for name, text in files.items()}
    made = installation(list(texts), lambda path: text if isinstance(text := texts[path], bytes) else text.encode(), resources, Wish(persons, contexts),
                        NumberRange.parse(numbers, "numbers"))
    undecided = [option for option in made.options if not option.fate]
    assert undecided == []
    return made


def sip(said: str, name: str = "1001", general: str = "", **more: Any) -> Imported:
    """One section of sip.conf; it is a friend unless it says otherwise."""
    kind = "" if "type" in said else "type=friend\n"
    return bring(sip=f"[general]\n{general}\n[{name}]\n{kind}host=dynamic\n{said}\n", **more)


def one(made: Imported) -> dict[str, Any]:
    """The only item that came out."""
    (item,) = [item for items in made.items.values() for item in items]
    return item


def why(made: Imported, option: str) -> list[str]:
    """The reasons for which an option was not carried over."""
    return reasons(made.report.lost.values(), option)


def other(made: Imported, option: str) -> list[str]:
    """What was said of an option that was carried over with another meaning."""
    return reasons(made.report.changed.values(), option)


def reasons(entries: Any, option: str) -> list[str]:
    found: list[Entry] = [each for each in entries if each.option == option]
    return [each.why for each in found]


def places(options: list[Option]) -> set[tuple[str, int, str]]:
    return {(each.file, each.line, each.name) for each in options}
