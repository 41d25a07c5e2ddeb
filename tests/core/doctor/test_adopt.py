"""adopt: a tree of the original single-file service is copied, with its ids, dates, order and cover."""

import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from photos import dimensions, photo
from trees import Tree, grow_old

from core.settings import Settings


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A storage folder as the original service left it, and people with it."""
    return tmp_path / "old" / "storage"


@pytest.fixture
def new(tmp_path: Path) -> Tree:
    return Tree(replace(Settings(), storage_root=tmp_path / "new"), "123")


def write(old: Path, project: str, files: dict[str, bytes], meta: object = None) -> Path:
    folder = old / "projects" / project
    (folder / "original").mkdir(parents=True)
    for name, content in files.items():
        (folder / "original" / name).write_bytes(content)
    if meta is not None:
        (folder / "meta.json").write_text(meta if isinstance(meta, str) else json.dumps(meta))
    return folder


def seed(images: list[dict[str, Any]], primary: str | None) -> dict[str, Any]:
    return {"project_id": "123", "primary_image_id": primary, "images": images}


def adopt(old: Path, new: Tree, *options: str) -> tuple[int, list[dict[str, Any]]]:
    command = [sys.executable, "-m", "core.doctor", "adopt", str(old), "--storage", str(new.settings.storage_root)]
    done = subprocess.run([*command, "--json", *options], capture_output=True, text=True)
    assert done.returncode in (0, 1), done.stderr
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_dry_run_tells_and_changes_nothing(old: Path, new: Tree) -> None:
    write(old, "123", {"abc123.jpg": photo(), "bad.jpg": b"no picture"}, seed([{"id": "abc123"}], "abc123"))
    before = contents(old)
    status, (refused, last) = adopt(old, new)
    assert (status, last["summary"]) == (1, {"projects": 1, "new": 1, "there": 0, "refused": 1})
    assert (refused["project"], refused["refused"]) == ("123", "original/bad.jpg")
    assert not new.settings.storage_root.exists()
    assert contents(old) == before


def test_the_tree_of_the_seed_keeps_ids_dates_order_and_cover(old: Path, new: Tree) -> None:
    images = [{"id": "zz9", "ext": "jpg", "created_at": "2026-02-21T19:01:02.123Z"},
              {"id": "abc123", "ext": "jpg", "created_at": "2026-02-21T19:05:00.000Z"}]  # fmt: skip
    write(old, "123", {"abc123.jpg": photo(900, 600), "zz9.jpg": photo(400, 300)}, seed(images, "abc123"))
    before = contents(old)
    assert adopt(old, new, "--apply")[0] == 0
    assert (new.listed(), new.primary()) == (["zz9", "abc123"], "abc123")
    assert [entry["created_at"] for entry in new.index()["images"]] == [image["created_at"] for image in images]
    assert dimensions(new.path("thumb", "abc123").read_bytes()) == (400, 267)
    assert new.path("original", "abc123").read_bytes() == photo(900, 600), "an upright JPEG loses nothing"
    assert contents(old) == before
    assert new.doctor("check", deep=True) == (0, [])


def test_other_extensions_and_dates(old: Path, new: Tree) -> None:
    images: list[dict[str, Any]] = [
        {"id": "a", "ext": "png", "created_at": "2024-05-06 07:08:09"},
        {"id": "b", "ext": "JPEG", "created_at": 1_700_000_000},
        {"id": "c", "ext": "webp", "created_at": "2024-05-06T09:08:09.5+02:00"},
        {"id": "d", "ext": "jpg", "created_at": "yesterday"},
    ]
    files = {"a.png": photo(kind="PNG"), "b.JPEG": photo(), "c.webp": photo(kind="WEBP"), "d": photo()}
    folder = write(old, "123", files, seed(images, "gone"))
    os.utime(folder / "original" / "d", (1_600_000_000, 1_600_000_000))
    assert adopt(old, new, "--apply")[0] == 0
    told = {entry["id"]: (entry["ext"], entry["created_at"]) for entry in new.index()["images"]}
    assert told == {
        "a": ("jpg", "2024-05-06T07:08:09.000Z"),
        "b": ("jpg", "2023-11-14T22:13:20.000Z"),
        "c": ("jpg", "2024-05-06T07:08:09.500Z"),
        "d": ("jpg", "2020-09-13T12:26:40.000Z"),
    }
    assert new.primary() == "a", "the first, where the one that is named is not there"


@pytest.mark.parametrize("meta", [None, "{", "[]", '{"images": {}}', '{"images": [1, {}, {"id": 7}]}'])
def test_without_an_index_the_files_are_taken_by_their_time(old: Path, new: Tree, meta: str | None) -> None:
    folder = write(old, "123", {"b.jpg": photo(), "a.jpg": photo(64, 48)}, meta)
    os.utime(folder / "original" / "b.jpg", (1_500_000_000, 1_500_000_000))
    adopt(old, new, "--apply")
    assert new.listed() == ["b", "a"]


def test_what_cannot_be_taken_is_told_and_the_rest_is(old: Path, new: Tree) -> None:
    files = {"a.jpg": photo(), "a.png": photo(kind="PNG"), "no name.jpg": photo(), "cut.jpg": photo()[:300]}
    folder = write(old, "123", files, seed([{"id": "a", "ext": "png"}, {"id": "gone"}], "a"))
    (folder / "original" / "link.jpg").symlink_to(folder / "original" / "a.jpg")
    write(old, "no project!", {"a.jpg": photo()})
    status, lines = adopt(old, new, "--apply")
    assert status == 1
    assert {(line["project"], line["refused"]) for line in lines[:-1]} == {
        ("123", "original/a.jpg"), ("123", "original/no name.jpg"), ("123", "original/cut.jpg"),
        ("123", "original/link.jpg"), ("123", "gone"), ("no project!", "."),
    }  # fmt: skip
    assert new.listed() == ["a"]


def test_running_it_again_goes_on_and_leaves_later_choices(old: Path, new: Tree) -> None:
    folder = write(old, "123", {"a.jpg": photo(), "b.jpg": photo()}, seed([{"id": "a"}, {"id": "b"}], "b"))
    adopt(old, new, "--apply")
    own = new.upload()
    (folder / "original" / "c.jpg").write_bytes(photo(80, 60))
    assert adopt(old, new, "--apply")[1][-1]["summary"] == {"projects": 1, "new": 1, "there": 2, "refused": 0}
    assert (new.listed(), new.primary()) == (["a", "b", own, "c"], "b")


def test_the_storage_itself_is_not_its_own_old_tree(old: Path) -> None:
    write(old, "123", {"a.jpg": photo()})
    command = [sys.executable, "-m", "core.doctor", "adopt", str(old), "--storage", str(old), "--apply"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)


def test_killed_at_any_moment_it_goes_on(old: Path, new: Tree) -> None:
    """SIGKILL, each time a little later, until it ends by itself; then everything is there, once."""
    names = [f"i{number:02d}" for number in range(4)]
    meta = seed([{"id": name, "created_at": "2026-02-21T19:01:02.123Z"} for name in names], names[3])
    write(old, "123", {f"{name}.jpg": photo(120 + number, 90) for number, name in enumerate(names)}, meta)
    command = [sys.executable, "-m", "core.doctor", "adopt", str(old), "--apply"]
    command += ["--storage", str(new.settings.storage_root)]
    after, killed = 0, 0
    while True:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        while process.poll() is None and len(list(new.settings.storage_root.rglob("*"))) <= after:
            time.sleep(0.001)
        if process.poll() is None:
            process.kill()
            killed += 1
        if process.wait() == 0:
            break
        after += 7
    assert killed
    assert (new.listed(), new.primary()) == (names, names[3])
    for path in new.layout.folder.rglob("*"):
        grow_old(path)
    new.doctor("repair")
    assert new.doctor("check", deep=True) == (0, [])
    assert new.listed() == names
