"""durable at its edges: what another host does between two steps, files that grow, names that look alike."""

import errno
import io
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from core.volume import durable, folders


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


@pytest.mark.parametrize(
    "deed",
    [
        lambda folder: durable.replace(folder / "f", b"x"),
        lambda folder: durable.publish({folder / "f": io.BytesIO(b"x")}),
        lambda folder: folders.create_folder(folder / "f", {"one": b"1"}),
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


def test_files_are_written_by_their_owner_and_read_by_everybody(tmp_path: Path) -> None:
    durable.create(tmp_path / "a", b"x")
    durable.publish({tmp_path / "b": io.BytesIO(b"x")})

    umask = os.umask(0)
    os.umask(umask)
    for name in "ab":
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o644 & ~umask
