"""An upload on a volume that is full or fails: an error of the tree, and what counted before still does."""

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from core import ids, uploads
from core.errors import StorageFull, StorageUnavailable
from core.settings import Settings
from core.uploads import Upload, Writer, expiry, staging, state
from core.volume import durable, folders, locking, removing


def full(*arguments: object) -> None:
    raise OSError(errno.ENOSPC, "no room")


@pytest.fixture
def writer(settings: Settings, upload: Upload) -> Iterator[Writer]:
    """The writer of an upload of which three bytes count."""
    with uploads.writing(settings, uploads.append(settings, upload, b"abc")) as found:
        yield found


@pytest.mark.parametrize(
    ("file", "fails", "change"),
    [
        (durable, "write_at", lambda writer: writer.put(3, b"de")),
        (durable, "move", lambda writer: writer.put(3, b"de")),
        (durable, "move", lambda writer: writer.claim(ids.new_image_id())),
        (durable, "move", lambda writer: writer.complete()),
        (removing, "discard_folder", lambda writer: writer.end()),
    ],
)
def test_full_volume_moves_nothing(
    settings: Settings, writer: Writer, monkeypatch: Any, file: Any, fails: str, change: Callable[[Writer], None]
) -> None:
    monkeypatch.setattr(file, fails, full)
    with pytest.raises(StorageFull):
        change(writer)
    found = uploads.find(settings, writer.upload.project_id, writer.upload.id)
    assert (found.offset, found.image_id) == (3, None)


def test_bytes_that_are_gone_are_an_error_of_the_tree(writer: Writer) -> None:
    (writer.upload.folder / staging.BYTES).unlink()
    with pytest.raises(StorageUnavailable):
        writer.open()


def test_upload_is_complete_though_its_bytes_stay(settings: Settings, writer: Writer, monkeypatch: Any) -> None:
    writer.claim(ids.new_image_id())
    monkeypatch.setattr(removing, "remove", full)
    writer.complete()
    assert uploads.find(settings, writer.upload.project_id, writer.upload.id).is_complete


def test_upload_that_goes_on_just_before_it_is_swept_stays(
    settings: Settings, upload: Upload, monkeypatch: Any, tmp_path: Path
) -> None:
    held = locking.held

    @contextmanager
    def late(path: Path, timeout: float) -> Iterator[locking.Held]:
        upload.mark.rename(upload.folder / "3.10")
        with held(path, timeout) as lock:
            yield lock

    os.utime(upload.folder, (0, 0))
    monkeypatch.setattr(locking, "held", late)
    assert expiry.sweep(settings, "p") == []
    assert (upload.folder / "3.10").exists()


@pytest.mark.parametrize(
    ("room", "fails", "call"),
    [
        (folders, "create_folder", lambda settings, upload: uploads.create(settings, upload.project_id, 1)),
        (state, "read", lambda settings, upload: uploads.find(settings, upload.project_id, upload.id)),
        (locking, "held", lambda settings, upload: uploads.append(settings, upload, b"a")),
    ],
)
def test_every_way_in_tells_that_the_volume_fails(
    settings: Settings, upload: Upload, monkeypatch: Any, room: Any, fails: str, call: Callable[..., object]
) -> None:
    monkeypatch.setattr(room, fails, full)
    with pytest.raises(StorageFull):
        call(settings, upload)
