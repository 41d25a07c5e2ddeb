"""removing: what is removed is gone at once, whatever another host does meanwhile."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core.volume import folders, removing


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_remove_tells_whether_there_was_something(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"x")
    assert [removing.remove(tmp_path / "f"), removing.remove(tmp_path / "f")] == [True, False]


def test_folder_may_go_with_its_last_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "f").touch()
    unlink = os.unlink
    monkeypatch.setattr(os, "unlink", lambda path: (unlink(path), os.rmdir(path.parent)))

    assert removing.remove(tmp_path / "a" / "f")
    assert list(tmp_path.iterdir()) == []


def test_two_hosts_may_remove_one_tree(tmp_path: Path) -> None:
    for number in range(20):
        folder = tmp_path / str(number)
        (folder / "a" / "b").mkdir(parents=True)
        for name in ("x", "a/y", "a/b/z"):
            (folder / name).write_bytes(b"")
        with ThreadPoolExecutor(2) as pool:
            counts = list(pool.map(removing.remove_tree, [folder, folder]))
        assert sum(counts) == 3
    assert names(tmp_path) == []


def test_tree_that_another_host_removes_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    rmdir = os.rmdir
    monkeypatch.setattr(os, "rmdir", lambda path: (rmdir(path), rmdir(path)))

    assert removing.remove_tree(tmp_path / "a") == 0
    assert list(tmp_path.iterdir()) == []


def test_discarded_folder_is_gone_before_its_files_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folders.create_folder(tmp_path / "f", {"a": b"one"})
    unlink = os.unlink
    seen: list[list[str]] = []

    def look(path: str, **options: int) -> None:
        seen.append(names(tmp_path))
        unlink(path, **options)

    monkeypatch.setattr(os, "unlink", look)
    removing.discard_folder(tmp_path / "f")
    assert seen
    assert all("f" not in names for names in seen)
    assert names(tmp_path) == []


def test_discarded_folder_has_lost_its_name_on_disk_before_its_files_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders.create_folder(tmp_path / "f", {"a": b"one"})
    fsync, unlink = os.fsync, os.unlink
    calls: list[int | str] = []
    monkeypatch.setattr(os, "fsync", lambda of: (calls.append(os.stat(of).st_ino), fsync(of)))
    monkeypatch.setattr(os, "unlink", lambda path, **more: (calls.append("file"), unlink(path, **more)))

    removing.discard_folder(tmp_path / "f")

    assert tmp_path.stat().st_ino in calls[: calls.index("file")]


def test_link_in_a_removed_tree_goes_and_what_it_leads_to_stays(tmp_path: Path) -> None:
    for name in ("kept", "f"):
        (tmp_path / name).mkdir()
    (tmp_path / "kept" / "file").touch()
    (tmp_path / "f" / "link").symlink_to(tmp_path / "kept")

    assert removing.remove_tree(tmp_path / "f") == 1
    assert names(tmp_path) == ["kept"]
    assert names(tmp_path / "kept") == ["file"]
