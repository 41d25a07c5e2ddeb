"""durable at its edges: what another host does between two steps, files that grow, names that look alike."""

import errno
import io
import os
from collections.abc import Callable
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


def test_replacement_discarded_by_another_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_folder_is_created_with_its_files(tmp_path: Path) -> None:
    durable.create_folder(tmp_path / "a", {"one": b"1", "two": b"22"})

    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert {path.name: path.read_bytes() for path in (tmp_path / "a").iterdir()} == {"one": b"1", "two": b"22"}


def test_bytes_are_written_where_they_belong_however_few_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, pwrite = tmp_path / "f", os.pwrite
    path.write_bytes(b"abcdefghij")
    monkeypatch.setattr(os, "pwrite", lambda of, data, offset: pwrite(of, data[:2], offset))

    with path.open("r+b") as file:
        durable.write_at(file.fileno(), 3, b"12345")

    assert path.read_bytes() == b"abc12345ij"


@pytest.mark.parametrize(
    "deed",
    [
        lambda folder: durable.replace(folder / "f", b"x"),
        lambda folder: durable.publish({folder / "f": io.BytesIO(b"x")}),
        lambda folder: durable.create_folder(folder / "f", {"one": b"1"}),
    ],
    ids=["replace", "publish", "create_folder"],
)
def test_first_of_several_failures_is_the_one_that_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, deed: Callable[[Path], None]
) -> None:
    def fail(number: int) -> Callable[..., None]:
        def call(*arguments: object) -> None:
            raise OSError(number, os.strerror(number))

        return call

    monkeypatch.setattr(os, "rename", fail(errno.EIO))
    monkeypatch.setattr(os, "unlink", fail(errno.EROFS))

    with pytest.raises(OSError, match=os.strerror(errno.EIO)):
        deed(tmp_path)


def test_folder_may_go_with_its_last_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "f").touch()
    unlink = os.unlink
    monkeypatch.setattr(os, "unlink", lambda path: (unlink(path), os.rmdir(path.parent)))

    assert durable.remove(tmp_path / "a" / "f")
    assert list(tmp_path.iterdir()) == []


def test_tree_that_another_host_removes_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    rmdir = os.rmdir
    monkeypatch.setattr(os, "rmdir", lambda path: (rmdir(path), rmdir(path)))

    assert durable.remove_tree(tmp_path / "a") == 0
    assert list(tmp_path.iterdir()) == []


def test_files_are_written_by_their_owner_and_read_by_everybody(tmp_path: Path) -> None:
    durable.create(tmp_path / "a", b"x")
    durable.publish({tmp_path / "b": io.BytesIO(b"x")})

    umask = os.umask(0)
    os.umask(umask)
    for name in "ab":
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o644 & ~umask
