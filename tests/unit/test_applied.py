# SPDX-License-Identifier: GPL-3.0-or-later
"""An input that was seen to change nothing is not read again, as long as reading it would say so once more."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from module_utils import accounts, task
from module_utils.model.agent import AGENT
from module_utils.model.codec import CODEC
from module_utils.model.errors import Refused, Unready, Wrong
from module_utils.model.passwords import quickly_hashed
from module_utils.model.pictures import name_of
from module_utils.model.resource import Resource
from module_utils.model.settings import SETTINGS
from module_utils.model.site import RESOURCES
from module_utils.model.team import TEAM
from module_utils.store.applied import KEPT
from module_utils.store.lock import Lock

from tests.unit.conftest import ANNA, BEN, SECRET, House
from tests.unit.made import sent
from tests.unit.pictures import png
from tests.unit.samples import every_kind, furnish, sample

INPUT = "a" * 40
FIRST, SECOND = "Tulip-garden-7", "Winter-coat-42"


def marks(house: House) -> list[Path]:
    folder = house.state / "applied"
    return sorted(folder.iterdir()) if folder.exists() else []


def remembered(house: House, config: list[Any], state: str = "merged", resource: Resource = AGENT, **more: Any) -> dict[str, Any]:
    """What a run says that changes nothing and remembers it, after one that changed all there was to change."""
    house.run(state, config, resource, applied=INPUT, **more)
    said = house.run(state, config, resource, applied=INPUT, **more)
    assert not said["changed"]
    return said


def recalled(house: House, state: str = "merged", resource: Resource = AGENT, **more: Any) -> dict[str, Any]:
    """What the host says of the input without seeing it."""
    return {name: each for name, each in house.run(state, None, resource, applied=INPUT, **more).items() if name != "module"}


def is_known(house: House, **more: Any) -> bool:
    said = recalled(house, **more)
    assert said == {"changed": False, "unknown": True} or said["counts"] == {"created": 0, "updated": 0, "deleted": 0}
    return "unknown" not in said


def change(house: House, statement: str, *values: Any) -> None:
    """What others do to the store."""
    base = sqlite3.connect(house.store)
    assert base.execute(statement, values).rowcount > 0
    base.commit()
    base.close()


@pytest.mark.row("N1")
@pytest.mark.parametrize("state", ["merged", "replaced", "overridden"])
@every_kind
def test_the_answer_is_that_of_a_run_that_reads_the_input(house: House, kind: str, state: str) -> None:
    resource, one = sample(kind)
    furnish(house, kind)
    for diff in (False, True):
        said = remembered(house, one.items, state, resource, diff=diff, max_deletions="100%")
        before, written, done = house.everything(), house.written(), len(house.asterisk.did)
        del said["module"]
        assert recalled(house, state, resource, diff=diff) == said
        assert recalled(house, state, resource, diff=diff, check=True) == said
        assert house.everything() == before and house.written() == written and len(house.asterisk.did) == done


def test_only_a_run_that_changes_nothing_is_remembered(house: House) -> None:
    house.run("merged", [ANNA], applied=INPUT)
    assert not marks(house) and not is_known(house)
    house.run("merged", [ANNA], applied=INPUT, check=True)
    house.run("merged", [ANNA])
    assert not marks(house)
    house.run("merged", [ANNA], applied=INPUT)
    (mark,) = marks(house)
    assert mark.name == INPUT and mark.stat().st_mode & 0o777 == 0o600 and mark.parent.stat().st_mode & 0o777 == 0o700
    assert is_known(house) and is_known(house, check=True)
    assert not house.run("merged", None, applied="b" * 40)["changed"] and recalled(house) != house.run("merged", None, applied="b" * 40)


def test_a_mark_holds_nothing_of_the_input(house: House) -> None:
    remembered(house, [{**ANNA, "sip_password": SECRET, "locked": False}])
    (mark,) = marks(house)
    assert "anna" not in mark.read_text() and SECRET not in mark.read_text() and mark.stat().st_size < 1000


def test_without_items_and_name_the_input_is_missing(house: House) -> None:
    with pytest.raises(Wrong, match="is needed for state merged"):
        house.run("merged", None)


MOVED: dict[str, Callable[[House], Any]] = {
    "somebody changed": lambda house: house.run("merged", [{**ANNA, "full_name": "Another"}]),
    "somebody else made": lambda house: house.run("merged", [BEN]),
    "another kind": lambda house: house.run("merged", [{"name": "sales"}], TEAM),
    "settings": lambda house: house.run("merged", [{"number_range": "1000-8999"}], SETTINGS),
    "codecs": lambda house: house.run("merged", [{"lines": "webrtc", "offered": ["opus"]}], CODEC),
    "renamed": lambda house: house.once("rename", "anna", "anne"),
    "renumbered": lambda house: house.once("renumber", "anna", "1077"),
    "an act": lambda house: house.act("reset_sip_password", "anna"),
    "deleted": lambda house: house.run("deleted", [ANNA]),
    "put into other words": lambda house: house.run("merged", [{**ANNA, "client_log": "off"}]),
    "edited by hand": lambda house: (house.config / "switchboard" / "pjsip_aor.conf").write_text("[anna]\n"),
    "a file gone": lambda house: (house.config / "switchboard" / "numbers.conf").unlink(),
    "no generation": lambda house: shutil.rmtree(house.state / "generations"),
    "no link": lambda house: (house.config / "switchboard").unlink(),
    "never proven": lambda house: (house.config / "switchboard" / ".proven").unlink(),
    "proof of something else": lambda house: (house.config / "switchboard" / ".proven").write_text('{"origin": "revision 1", "files": {}}'),
    "a picture there": lambda house: ((house.state / "avatars").mkdir(), (house.state / "avatars" / f"{'0' * 64}.png").write_bytes(png())),
    "half a picture there": lambda house: ((house.state / "avatars").mkdir(), (house.state / "avatars" / f"{'0' * 64}.png.new").write_bytes(b"")),
    "half a mark": lambda house: marks(house)[0].write_text(marks(house)[0].read_text()[:-5]),
    "an empty mark": lambda house: marks(house)[0].write_text(""),
    "another mark": lambda house: marks(house)[0].write_text("[]"),
    "no list": lambda house: marks(house)[0].write_text('"revision"'),
    "no mark": lambda house: marks(house)[0].unlink(),
    "another release": lambda house: None,
}


@pytest.mark.parametrize("what", MOVED)
def test_when_anything_moved_the_input_is_read(house: House, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    remembered(house, [ANNA])
    assert is_known(house)
    if what == "another release":
        monkeypatch.setattr(task, "code", lambda: "0" * 64)
    MOVED[what](house)
    assert not is_known(house) and not is_known(house, check=True)


def test_a_store_that_is_gone(house: House) -> None:
    remembered(house, [ANNA])
    os.unlink(house.store)
    assert not is_known(house)
    with pytest.raises(Unready, match="is empty, but the configuration in force was compiled from one"):
        house.run("merged", [ANNA])


def test_another_copy_of_the_store(house: House) -> None:
    """However often each was written."""
    house.run("merged", [ANNA])
    shutil.copy(house.store, f"{house.store}.copy")
    house.run("merged", [{**ANNA, "alias": "A"}])
    shutil.copy(house.store, f"{house.store}.second")
    shutil.copy(f"{house.store}.copy", house.store)
    remembered(house, [{**ANNA, "alias": "B"}])
    assert is_known(house)
    shutil.copy(f"{house.store}.second", house.store)
    assert not is_known(house)
    assert house.run("merged", [{**ANNA, "alias": "B"}])["updated"] == ["anna"]


def test_a_generation_of_before(house: House) -> None:
    house.run("merged", [ANNA])
    old = os.readlink(house.config / "switchboard")
    remembered(house, [{**ANNA, "full_name": "Another"}])
    os.unlink(house.config / "switchboard")
    os.symlink(old, house.config / "switchboard")
    assert not is_known(house)


def test_a_run_that_is_refused_is_not_remembered(house: House) -> None:
    house.run("merged", [ANNA])
    for arguments in ({"realm": "elsewhere"}, {"scope": {"names": "b*"}}):
        with pytest.raises((Refused, Wrong)):
            house.run("merged", [ANNA], applied=INPUT, **arguments)
    house.asterisk.refuses = "Another"
    with pytest.raises(Unready):
        house.run("merged", [{**ANNA, "full_name": "Another"}], applied=INPUT)
    assert not marks(house)


# What people change themselves

def test_what_people_change_counts_where_the_input_says_it(house: House) -> None:
    said = [{**ANNA, "locked": False}]
    remembered(house, said)
    house.run("merged", [ANNA], applied="b" * 40)
    assert is_known(house)
    change(house, "INSERT INTO states SELECT id, 'failed_sign_ins', '3' FROM documents")       # of which no field tells
    assert is_known(house)
    change(house, "INSERT INTO states SELECT id, 'locked', 'true' FROM documents")
    assert not is_known(house)
    assert "unknown" not in house.run("merged", None, applied="b" * 40) and not house.run("merged", [ANNA])["changed"]
    assert house.run("merged", said)["updated"] == ["anna"]


def test_a_password_that_somebody_changed(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accounts, "hashed", quickly_hashed)
    for always, changed in ((True, True), (False, False)):
        said = [{**ANNA, "password": FIRST, "update_password": "always" if always else "on_create"}]
        remembered(house, said)
        assert is_known(house)
        change(house, "UPDATE states SET value = ? WHERE field = 'password_hash'", json.dumps(quickly_hashed(SECOND)))
        assert not is_known(house)
        assert house.run("merged", said)["changed"] is changed


def test_time_that_passes_does_not_count(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accounts, "hashed", quickly_hashed)
    said = [{**ANNA, "password": FIRST, "update_password": "always"}]
    remembered(house, said)
    monkeypatch.setattr("module_utils.task.time.strftime", lambda *_arguments: "2031-01-01T00:00:00Z")
    assert is_known(house) and not house.run("merged", said)["changed"]


def test_what_others_change_does_not_count(house: House) -> None:
    house.run("merged", [{"username": "ada", "full_name": "Ada", "role": "admin"}], RESOURCES["user"])
    remembered(house, [{**ANNA, "locked": False}])
    change(house, "INSERT INTO states SELECT id, 'locked', 'true' FROM documents WHERE kind = 'user'")
    assert is_known(house)


# What is never remembered

@pytest.mark.parametrize("avatar", [name_of(png(colour=0xFF0000)), None])
def test_an_input_that_names_pictures(house: House, avatar: Any) -> None:
    remembered(house, [{**ANNA, "avatar": avatar}], pictures=sent(house))
    assert not marks(house)


def test_a_picture_that_goes(house: House) -> None:
    house.run("merged", [{**ANNA, "avatar": name_of(png(colour=0xFF0000))}], pictures=sent(house))
    remembered(house, [ANNA])
    assert is_known(house)
    (picture,) = (house.state / "avatars").iterdir()
    picture.unlink()
    assert not is_known(house)
    assert house.run("merged", [ANNA], applied=INPUT)["warnings"]
    assert not is_known(house)      # the warning is given as long as there is reason to


def test_a_run_that_recovers(house: House) -> None:
    house.run("merged", [ANNA], seed="lost")
    assert house.run("merged", [ANNA], applied=INPUT, recover=["lost"])["generated"]
    assert not marks(house)


# The marks

def test_marks_that_cannot_be_right_again_go(house: House) -> None:
    remembered(house, [ANNA])
    house.run("merged", [ANNA], applied="b" * 40)
    assert len(marks(house)) == 2
    house.run("merged", [BEN])
    assert not marks(house)


def test_marks_do_not_pile_up(house: House) -> None:
    house.run("merged", [ANNA])
    for count in range(KEPT + 5):
        house.run("merged", [ANNA], applied=f"{count:040}")
        assert 0 < len(marks(house)) <= KEPT
    assert "unknown" not in house.run("merged", None, applied=f"{count:040}")


def test_a_mark_that_cannot_be_written_costs_nothing_else(house: House) -> None:
    house.run("merged", [ANNA])
    (house.state / "applied").write_text("in the way")
    assert not house.run("merged", [ANNA], applied=INPUT)["changed"]
    assert house.run("merged", [BEN])["changed"]
    assert not is_known(house)


def test_it_waits_its_turn(house: House) -> None:
    remembered(house, [ANNA])
    with Lock(str(house.state / "lock"), 0):
        with pytest.raises(Unready, match="another run is at work"):
            recalled(house)
        assert is_known(house, check=True)
