"""An upload's state is one file's name, as every reader sees it."""

import errno
import os
from pathlib import Path

import pytest

from core import ids, uploads
from core.errors import StorageUnavailable, UploadNotFound
from core.settings import Settings
from core.uploads import Upload, state
from core.volume import opening

IMAGE = "0mws4rjqzrs4sssj5zam"


@pytest.mark.parametrize(
    ("name", "offset", "length", "image"),
    [("0.10", 0, 10, None), (f"3.10.{IMAGE}", 3, 10, IMAGE), (f"10.10.{IMAGE}", 10, 10, IMAGE)],
)
def test_mark_says_everything(upload: Upload, name: str, offset: int, length: int, image: str | None) -> None:
    upload.mark.rename(upload.folder / name)
    found = state.read(upload.folder)
    assert found is not None
    assert (found.offset, found.length, found.image_id) == (offset, length, image)
    assert found.mark == upload.folder / name
    assert found.is_complete == (offset == length)


@pytest.mark.parametrize("name", ["bytes", "00.10", "0.0", "0.10.", "0.10.A", "-1.10", "0.10.x.tmp", ".nfs0001"])
def test_other_names_are_no_mark(upload: Upload, name: str) -> None:
    upload.mark.rename(upload.folder / name)
    assert state.read(upload.folder) is None
    with pytest.raises(UploadNotFound):
        uploads.find(Settings(storage_root=upload.folder.parents[2]), upload.project_id, upload.id)


def test_later_of_two_marks_counts(upload: Upload) -> None:
    """A reader may see both names of a rename that another host makes."""
    (upload.folder / "9.10").touch()
    (upload.folder / "10.10").touch()
    found = state.read(upload.folder)
    assert found is not None
    assert found.offset == 10


def test_metadata_is_found_under_the_marks_new_name(settings: Settings, upload: Upload) -> None:
    uploads.append(settings, upload, b"abc")
    assert uploads.metadata(upload) == "filename YQ=="


def test_metadata_of_an_ended_upload_is_not_found(settings: Settings, upload: Upload) -> None:
    uploads.discard(settings, upload)
    with pytest.raises(UploadNotFound):
        uploads.metadata(upload)


def test_storage_root_that_is_gone_is_no_missing_upload(tmp_path: Path) -> None:
    folder = tmp_path / "gone" / "uploads" / "p" / ids.new_upload_id()
    with pytest.raises(OSError, match="storage root is gone"):
        state.read(folder)


def test_reader_that_falls_between_two_names_looks_again(upload: Upload, monkeypatch: pytest.MonkeyPatch) -> None:
    listdir, looks = os.listdir, iter(["between", "after"])
    monkeypatch.setattr(os, "listdir", lambda path: [] if next(looks) == "between" else listdir(path))
    found = state.read(upload.folder)
    assert found is not None
    assert found.mark == upload.mark


def test_mark_that_cannot_be_read_is_an_error_of_the_tree(upload: Upload, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(path: Path) -> None:
        raise OSError(errno.EIO, "no")

    monkeypatch.setattr(opening, "reading", fail)
    with pytest.raises(StorageUnavailable):
        uploads.metadata(upload)


def test_claim_is_seen_in_the_middle_of_its_rename(upload: Upload) -> None:
    (upload.folder / f"0.10.{IMAGE}").touch()
    found = state.read(upload.folder)
    assert found is not None
    assert found.image_id == IMAGE
