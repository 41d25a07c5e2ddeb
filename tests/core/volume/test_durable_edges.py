"""durable at its edges: what another host does between two steps, files that grow, names that look alike."""

import io
import os
from pathlib import Path

import pytest

from core.errors import StorageUnavailable
from core.volume import durable


def test_folder_that_another_host_makes_first_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mkdir = os.mkdir

    def second(path: Path, mode: int = 0o777) -> None:
        mkdir(path, mode)
        mkdir(path, mode)

    monkeypatch.setattr(os, "mkdir", second)
    durable.make_folder(tmp_path / "a" / "b", tmp_path)

    assert (tmp_path / "a" / "b").is_dir()


def test_root_is_made_with_what_is_above_it_and_once(tmp_path: Path) -> None:
    for _ in range(2):
        durable.make_root(tmp_path / "a" / "b")

    assert (tmp_path / "a" / "b").is_dir()


def test_root_that_cannot_be_made_is_an_error_of_the_tree(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(StorageUnavailable):
        durable.make_root(tmp_path / "file" / "root")


def test_file_that_grows_while_it_is_read_is_read_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"x" * 10)
    descriptor, fstat = os.open(path, os.O_RDONLY), os.fstat

    def then_grow(of: int) -> os.stat_result:
        status = fstat(of)
        path.write_bytes(b"x" * 100)
        return status

    monkeypatch.setattr(os, "fstat", then_grow)
    assert durable.read_all(descriptor) == b"x" * 100
    monkeypatch.undo()
    os.close(descriptor)


def test_replacements_of_others_are_discarded_and_nothing_else(tmp_path: Path) -> None:
    for name in (
        ".meta.json.01.tmp",
        ".meta.json.02.tmp",
        ".meta.json",
        "meta.json.tmp",
        ".new-meta.json.1.tmp",
        ".x.tmp",
    ):
        (tmp_path / name).touch()

    durable.discard_replacements(tmp_path / "meta.json")

    assert {path.name for path in tmp_path.iterdir()} == {
        ".meta.json",
        "meta.json.tmp",
        ".new-meta.json.1.tmp",
        ".x.tmp",
    }


def test_replacement_that_another_holder_discards_first_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".f.01.tmp").touch()
    unlink = os.unlink
    monkeypatch.setattr(os, "unlink", lambda path: (unlink(path), unlink(path)))

    durable.discard_replacements(tmp_path / "f")

    assert list(tmp_path.iterdir()) == []


def test_empty_file_is_not_published(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="empty"):
        durable.publish({tmp_path / "a": io.BytesIO(b"x"), tmp_path / "b": io.BytesIO()})

    assert list(tmp_path.iterdir()) == []


def test_published_file_is_read_from_its_start(tmp_path: Path) -> None:
    content = io.BytesIO(b"whole")
    content.seek(0, io.SEEK_END)

    durable.publish({tmp_path / "a": content})

    assert (tmp_path / "a").read_bytes() == b"whole"


def test_folder_that_cannot_be_created_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "file").touch()

    with pytest.raises(OSError, match="not empty"):
        durable.create_folder(tmp_path / "taken", {"one": b"1"})

    assert [path.name for path in tmp_path.iterdir()] == ["taken"]
