"""folders: a folder is made with what is missing above it, or appears whole with its files."""

import os
from pathlib import Path

import pytest

from core.errors import StorageUnavailable
from core.volume import folders


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_make_folder_makes_what_is_missing_above(tmp_path: Path) -> None:
    folders.make_folder(tmp_path / "a" / "b" / "c", tmp_path)
    folders.make_folder(tmp_path / "a" / "b" / "c", tmp_path)
    assert (tmp_path / "a" / "b" / "c").is_dir()


def test_make_folder_never_makes_the_root(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        folders.make_folder(tmp_path / "gone" / "a", tmp_path / "gone")
    assert names(tmp_path) == []


def test_folder_that_another_host_makes_first_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mkdir = os.mkdir

    def second(path: Path, mode: int = 0o777) -> None:
        mkdir(path, mode)
        mkdir(path, mode)

    monkeypatch.setattr(os, "mkdir", second)
    folders.make_folder(tmp_path / "a" / "b", tmp_path)

    assert (tmp_path / "a" / "b").is_dir()


def test_root_is_made_with_what_is_above_it_and_once(tmp_path: Path) -> None:
    for _ in range(2):
        folders.make_root(tmp_path / "a" / "b")

    assert (tmp_path / "a" / "b").is_dir()


def test_root_that_cannot_be_made_is_an_error_of_the_tree(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(StorageUnavailable):
        folders.make_root(tmp_path / "file" / "root")


def test_folder_appears_with_its_files(tmp_path: Path) -> None:
    folders.create_folder(tmp_path / "f", {"a": b"one", "b": b""})
    assert names(tmp_path) == ["f"]
    assert {path.name: path.read_bytes() for path in (tmp_path / "f").iterdir()} == {"a": b"one", "b": b""}


def test_folder_that_cannot_be_made_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(source: object, target: object) -> None:
        assert names(tmp_path) != ["f"], "seen before it was whole"
        raise OSError("no")

    monkeypatch.setattr(os, "rename", fail)
    with pytest.raises(OSError, match="no"):
        folders.create_folder(tmp_path / "f", {"a": b"one"})
    assert names(tmp_path) == []


def test_folder_that_cannot_be_created_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "file").touch()

    with pytest.raises(OSError, match="not empty"):
        folders.create_folder(tmp_path / "taken", {"one": b"1"})

    assert [path.name for path in tmp_path.iterdir()] == ["taken"]
