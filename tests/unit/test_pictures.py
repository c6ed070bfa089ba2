# SPDX-License-Identifier: GPL-3.0-or-later
"""Avatars: told by content, kept once beside the store as long as somebody has them, and left alone by runs that fail."""

from __future__ import annotations

import errno
import hashlib
import os
import struct
import tarfile
from pathlib import Path
from typing import Any

import pytest
from module_utils import task
from module_utils.model.agent import AGENT
from module_utils.model.errors import Refused, Unready, Wrong
from module_utils.model.pictures import LARGEST, name_of
from module_utils.model.resource import Resource
from module_utils.model.user import USER
from module_utils.store.pictures import Pictures, contents

from tests.unit.conftest import ANNA, BEN, House
from tests.unit.pictures import GIF, archive, chunk, jpeg, large, png, segment

RED, BLUE, GREY = png(colour=0xFF0000), png(colour=0x0000FF), jpeg()
ADA = {"username": "ada", "full_name": "Ada", "role": "admin"}


def name(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}.{'png' if content[1:4] == b'PNG' else 'jpg'}"


def patched(content: bytes, old: bytes, new: bytes) -> bytes:
    assert content.count(old) == 1
    return content.replace(old, new)


def with_header(header: bytes) -> bytes:
    return png()[:8] + chunk(b"IHDR", header) + png()[33:]


# What is a picture

@pytest.mark.parametrize("content", [RED, GREY, png(1, 1), png(10000, 1), jpeg(10000, 1), jpeg(frame=0xC2), large(LARGEST), RED + b"more", GREY + b"more",
                                     b"\xff\xd8\xff" + GREY[2:]])
def test_pictures_are_named_by_hash_and_type(content: bytes) -> None:
    assert name_of(content) == name(content) == AGENT.by_name["avatar"].check(name_of(content))


@pytest.mark.row("P12")
@pytest.mark.parametrize(("content", "rule"), [
    (GIF, "is neither PNG nor JPEG by its content, whatever its name says"),
    (b"", "is neither PNG nor JPEG"),
    (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "is neither PNG nor JPEG"),
    (large(LARGEST + 1), "is larger than 8 MiB"),
    (RED[:8], "begins as PNG does, but is damaged or not whole"),
    (RED[:40], "begins as PNG does, but is damaged or not whole"),
    (RED[:-1], "begins as PNG does, but is damaged or not whole"),
    (png()[:33] + chunk(b"IEND", b""), "begins as PNG does"),
    (patched(RED, b"IHDR\0\0\0\2", b"IHDR\0\0\0\3"), "begins as PNG does"),          # its checksum is another one
    (with_header(struct.pack(">IIBBBBB", 2, 3, 3, 2, 0, 0, 0)), "begins as PNG does"),      # three bits a sample
    (png(10001, 1), "is 10001 x 1 pixels: each side must have 1 to 10000"),
    (png(0, 1), "is 0 x 1 pixels"),
    (jpeg(1, 10001), "is 1 x 10001 pixels"),
    (jpeg(8, 0), "is 8 x 0 pixels"),
    (b"\xff\xd8\xff", "begins as JPEG does, but is damaged or not whole"),
    (GREY[:100], "begins as JPEG does"),
    (b"\xff\xd8" + segment(0xDA, b"\1\1\0\0\x3f\0"), "begins as JPEG does"),        # a scan without a frame
    (b"\xff\xd8\xff" + GIF, "begins as JPEG does"),
])
def test_what_is_none_is_refused_by_its_content(content: bytes, rule: str) -> None:
    with pytest.raises(Wrong, match=rule):
        name_of(content)


@pytest.mark.parametrize("value", ["", "anna.png", 7, True, ["a.png"], {"a": 1}, name(RED).upper(), name(RED)[:-1], name(RED) + "\n"])
def test_only_names_of_contents_reach_the_store(value: Any) -> None:
    with pytest.raises(Wrong, match="must be the path of a PNG or JPEG file on the controller, or sha256:"):
        AGENT.by_name["avatar"].check(value)


# What a run does with them

class Album:
    """A house with contents on the way to it."""

    def __init__(self, house: House, folder: Path) -> None:
        self.house, self.folder = house, folder
        self.there = house.state / "avatars"

    def run(self, config: list[Any], *brought: bytes, state: str = "merged", resource: Resource = AGENT, sent: Any = None, **more: Any) -> dict[str, Any]:
        """`sent`: what is in the archive, when that is not simply what is brought."""
        files = {name(each).partition(":")[2]: each for each in brought} if sent is None else sent
        pictures = {"offered": [name(each) for each in brought], "archive": archive(self.folder / "avatars.tar", files) if files else ""}
        return self.house.run(state, config, resource, pictures=pictures, **more)

    def files(self) -> dict[str, bytes]:
        return {f"sha256:{each.name}": each.read_bytes() for each in self.there.iterdir()} if self.there.exists() else {}


@pytest.fixture
def album(house: House, tmp_path: Path) -> Album:
    return Album(house, tmp_path)


def anna(content: bytes | None) -> dict[str, Any]:
    return {**ANNA, "avatar": content and name(content)}


def test_kept_once_for_all_and_removed_with_the_last(album: Album) -> None:
    album.run([anna(RED), {**BEN, "avatar": name(RED)}], RED)
    album.run([{**ADA, "avatar": name(RED)}], resource=USER)
    assert album.files() == {name(RED): RED}
    result = album.run([anna(BLUE)], BLUE)
    assert result["reasons"] == {"anna": ["avatar"]} and result["reloaded"] == [] and result["files"] == []
    assert (result["before"]["anna"]["avatar"], result["after"]["anna"]["avatar"]) == (name(RED), name(BLUE))
    assert album.files() == {name(RED): RED, name(BLUE): BLUE}
    album.run([anna(None), {"username": "ben"}], state="deleted")
    assert album.files() == {name(RED): RED}
    assert album.run([{"username": "ada", "avatar": None}], resource=USER)["reasons"] == {"ada": ["avatar"]}
    assert not album.there.exists() and "avatar" not in album.house.documents("user")["ada"]


def test_what_is_gathered_is_no_change_when_applied_again(album: Album) -> None:
    album.run([anna(GREY)], GREY)
    gathered = album.house.run("gathered")["gathered"]
    assert gathered[0]["avatar"] == name(GREY)
    for state in ("merged", "replaced", "overridden"):
        assert not album.run(gathered, state=state)["changed"]
    assert album.files() == {name(GREY): GREY}


def test_nobody_else_reads_them_whatever_the_umask(album: Album) -> None:
    sent = archive(album.folder / "avatars.tar", {name(RED)[7:]: RED})
    before = os.umask(0o077)
    try:
        Pictures(str(album.there), os.getgid).take(sent, [name(RED)])
    finally:
        os.umask(before)
    assert album.there.stat().st_mode & 0o777 == 0o750 and (album.there / name(RED)[7:]).stat().st_mode & 0o777 == 0o640


def test_a_content_that_is_nowhere_is_a_mistake_like_others(album: Album) -> None:
    before = album.house.everything()
    for check in (True, False):
        with pytest.raises(Refused) as wrong:
            album.run([anna(RED), {**BEN, "number": "99"}], check=check)
        assert str(wrong.value).splitlines() == [
            f"item 1: agent 'anna': avatar: {name(RED)} is neither on the host nor, by that name without sha256:, in a folder avatars on the controller",
            "item 2: agent 'ben': number: 99 is not in number_range 1000-9999"]
    assert album.house.everything() == before and not album.there.exists()


def test_what_is_wrong_with_a_file_is_told_with_all_else(album: Album) -> None:
    with pytest.raises(Refused) as wrong:
        album.run([{**ANNA, "avatar": {"wrong": "'a.png': is too silly"}, "nat": "x"}], places=["people.csv: line 2"])
    assert str(wrong.value).splitlines()[0] == "people.csv: line 2: agent 'anna': avatar: 'a.png': is too silly" and "nat" in str(wrong.value)


def test_check_mode_says_the_same_and_needs_no_content(album: Album, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("module_utils.task.now", lambda: "2031-01-01T00:00:00Z")     # when a password was set is told, too
    album.run([BEN])
    told = ("changed", "created", "updated", "before", "after", "reasons", "files", "drifted", "counts", "diff")
    checked = album.run([anna(RED), {**BEN, "avatar": name(RED)}], RED, sent={}, check=True, diff=True)
    assert not album.there.exists()
    real = album.run([anna(RED), {**BEN, "avatar": name(RED)}], RED, diff=True)
    assert {each: checked[each] for each in told} == {each: real[each] for each in told} and real["counts"] == {"created": 1, "updated": 1, "deleted": 0}


def test_check_mode_builds_on_what_tasks_before_would_have_brought(album: Album) -> None:
    planned = album.run([anna(RED)], RED, sent={}, check=True)["planned"]
    assert album.run([{**ADA, "avatar": name(RED)}], resource=USER, check=True, planned=planned)["created"] == ["ada"]


# What goes wrong

def test_a_refused_run_leaves_them_as_they_were(album: Album) -> None:
    album.run([anna(RED)], RED)
    before = album.house.everything()
    album.house.asterisk.refuses = "[ben]"
    with pytest.raises(Unready, match="Asterisk refused"):
        album.run([anna(BLUE), {**BEN, "avatar": name(BLUE)}], BLUE)
    assert album.house.everything() == before and album.files() == {name(RED): RED}


def test_a_run_that_fails_after_its_commit_keeps_what_is_said(album: Album, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: Any) -> None:
        raise Unready("too late")

    monkeypatch.setattr(task.Live, "sweep", fail)
    with pytest.raises(Unready, match="too late"):
        album.run([anna(RED)], RED)
    assert album.house.documents()["anna"]["avatar"] == name(RED) and album.files() == {name(RED): RED}


@pytest.mark.parametrize("resource", [AGENT, USER])
def test_what_a_killed_run_left_goes_with_the_next(album: Album, resource: Resource) -> None:
    album.run([anna(RED)], RED)
    (album.there / name(BLUE)[7:]).write_bytes(BLUE)
    (album.there / f"{name(GREY)[7:]}.new").write_bytes(GREY[:10])
    (album.there / "README").write_bytes(b"somebody else's")
    assert not album.run([], resource=resource)["changed"]
    assert sorted(each.name for each in album.there.iterdir()) == sorted(["README", name(RED)[7:]])


def test_what_somebody_deleted_is_put_back_by_a_run_that_has_it(album: Album) -> None:
    album.run([anna(RED), {**BEN, "avatar": name(BLUE)}], RED, BLUE)
    for each in album.there.iterdir():
        each.unlink()
    file = {content: f"avatars/{name(content)[7:]}" for content in (RED, BLUE)}
    for state, config in (("merged", [anna(RED)]), ("gathered", None)):
        result = album.run(config or [], state=state)
        assert not result["changed"]
    result = album.run([{"username": "ben", "description": "x"}])
    assert result["drifted"] == [] and result["warnings"] == [f"{', '.join(sorted(file.values()))}: gone from the host, and this run does not bring it"]
    checked = album.run([anna(RED)], RED, sent={}, check=True)
    result = album.run([anna(RED)], RED)
    assert result["changed"] and result["drifted"] == result["files"] == [file[RED]] and result["counts"]["updated"] == 0
    assert f"{file[RED]}: changed by hand since the last run; this run puts it right" in result["warnings"]
    assert checked["drifted"] == result["drifted"] and checked["changed"]
    assert album.files() == {name(RED): RED}
    assert not album.run([anna(RED)], RED)["changed"]


def test_many_that_are_gone_are_counted(album: Album) -> None:
    pictures = [png(colour=count) for count in range(11)]
    people = [{"username": f"a{count:02}", "full_name": "A", "avatar": name(each)} for count, each in enumerate(pictures)]
    album.run(people, *pictures)
    for each in album.there.iterdir():
        each.unlink()
    assert album.run(people, *pictures)["drifted"] == ["avatars (11 files)"] and len(album.files()) == 11


def test_a_full_disk_is_told_and_changes_nothing(album: Album, monkeypatch: pytest.MonkeyPatch) -> None:
    album.run([anna(RED)], RED)
    before = album.house.everything()

    def full(*_arguments: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(Unready, match=f"the avatars cannot be kept in {album.there}: No space left on device"):
        album.run([anna(BLUE)], BLUE)
    monkeypatch.undo()
    assert album.house.everything() == before and album.files() == {name(RED): RED}


@pytest.mark.parametrize(("sent", "error"), [
    ({name(RED)[7:]: BLUE}, "did not arrive as it was sent"),
    ({}, "are gone, and did not come with this run: run it again"),
    ({"../" + name(RED)[7:]: RED, "x": RED}, "did not come with this run"),
])
def test_only_what_was_sent_is_taken_over(album: Album, sent: dict[str, bytes], error: str) -> None:
    with pytest.raises(Unready, match=error):
        album.run([anna(RED)], RED, sent=sent)
    assert not album.there.exists() and album.house.documents() == {}


def test_half_an_archive(album: Album) -> None:
    path = archive(album.folder / "avatars.tar", {name(RED)[7:]: RED})
    for size in (10, 530, 0):
        os.truncate(path, size)
        with pytest.raises(Unready, match="the avatars did not arrive whole"):
            list(contents(path, [name(RED)[7:]]))
        archive(Path(path), {name(RED)[7:]: RED})


# And back

def test_gathered_contents_are_packed_but_for_those_that_are_known(album: Album) -> None:
    album.run([anna(RED), {**BEN, "avatar": name(BLUE)}], RED, BLUE)
    wanted = album.folder / "wanted.tar"

    def gather(*known: bytes, **more: Any) -> dict[str, Any]:
        wanted.unlink(missing_ok=True)
        return album.house.run("gathered", pictures={"wanted": str(wanted), "known": [name(each) for each in known]}, **more)

    assert gather(BLUE)["packed"] and wanted.stat().st_mode & 0o777 == 0o600
    with tarfile.open(wanted) as tar:
        assert tar.getnames() == [name(RED)[7:]]
    gather(scope={"names": "ben"})
    with tarfile.open(wanted) as tar:
        assert tar.getnames() == [name(BLUE)[7:]]
    assert "packed" not in gather(RED, BLUE) and not wanted.exists()
    (album.there / name(RED)[7:]).unlink()
    assert gather(BLUE)["warnings"] == [f"avatars/{name(RED)[7:]}: gone from the host"] and not wanted.exists()
