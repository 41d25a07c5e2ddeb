"""Uploads end some time after their last byte, and what they leave is removed."""

import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core import ids, uploads
from core.errors import StorageUnavailable, UploadNotFound
from core.settings import Settings
from core.uploads import Upload, expiry, state
from core.volume import locking, opening

DAY = 86_400
PROJECT = ids.project_id("p")


def age(folder: Path, seconds: float) -> None:
    os.utime(folder, (time.time() - seconds,) * 2)


def found(settings: Settings) -> list[str]:
    return [f"uploads/{folder.name}" for folder in expiry.expired(settings, "p")]


def test_upload_expires_a_day_after_its_last_byte(settings: Settings, upload: Upload) -> None:
    age(upload.folder, DAY - 60)
    assert uploads.find(settings, PROJECT, upload.id).offset == 0
    assert found(settings) == []
    age(upload.folder, DAY + 60)
    with pytest.raises(UploadNotFound):
        uploads.find(settings, PROJECT, upload.id)
    assert found(settings) == [f"uploads/{upload.id}"]


def test_each_byte_puts_the_end_off(settings: Settings, upload: Upload) -> None:
    age(upload.folder, DAY - 60)
    written = uploads.append(settings, upload, b"abc")
    for now in (written, uploads.find(settings, PROJECT, upload.id)):
        assert now.expires(settings) > time.time() + DAY - 60


def test_sweep_removes_what_expired_and_keeps_the_rest(settings: Settings, upload: Upload, tmp_path: Path) -> None:
    kept = uploads.append(settings, uploads.create(settings, PROJECT, 10), b"abc")
    uploads.append(settings, upload, b"abc")
    age(upload.folder, DAY + 60)
    assert expiry.sweep(settings, "p") == [upload.folder]
    assert [path.name for path in (tmp_path / "uploads" / "p").iterdir()] == [kept.id]
    assert expiry.sweep(settings, "p") == []


def test_sweep_removes_an_upload_that_never_got_a_byte(settings: Settings, upload: Upload) -> None:
    age(upload.folder, DAY + 60)
    assert len(expiry.sweep(settings, "p")) == 1
    assert not upload.folder.exists()


def test_sweep_leaves_what_a_request_holds(settings: Settings, upload: Upload) -> None:
    with uploads.writing(settings, upload):
        age(upload.folder, DAY + 60)
        assert expiry.sweep(settings, "p") == []
        assert upload.folder.exists()


@pytest.mark.parametrize("name", ["." + "0" * 32 + ".abc.tmp", "0" * 32])
def test_sweep_removes_what_crashes_left_once_it_is_old(settings: Settings, name: str, tmp_path: Path) -> None:
    folder = tmp_path / "uploads" / "p" / name
    folder.mkdir(parents=True)
    (folder / "bytes").touch()
    assert expiry.sweep(settings, "p") == []
    age(folder, settings.abandoned_after + 60)
    assert found(settings) == [f"uploads/{name}"]
    assert len(expiry.sweep(settings, "p")) == 1
    assert not folder.exists()


def test_foreign_files_stay(settings: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "uploads" / "p" / "somebody's"
    folder.mkdir(parents=True)
    age(folder, 10 * DAY)
    (tmp_path / "uploads" / "a file").touch()
    assert expiry.sweep(settings, "p") == []
    assert folder.exists()


def staged(settings: Settings) -> list[int]:
    return sorted(upload.length for upload in uploads.staged(settings, PROJECT))


def test_uploads_are_staged_from_the_creation_until_the_image(settings: Settings, upload: Upload) -> None:
    assert staged(settings) == [10]
    uploads.create(settings, PROJECT, 100)
    uploads.append(settings, upload, b"abc")
    assert staged(settings) == [10, 100]
    with uploads.writing(settings, upload) as writer:
        writer.put(3, b"defghij")
        writer.claim(ids.new_image_id())
        assert staged(settings) == [10, 100]
        writer.complete()
    assert staged(settings) == [100]
    assert staged(replace(settings, upload_expires_after=0)) == []
    assert uploads.staged(settings, ids.project_id("nobody")) == []


def test_an_upload_that_stands_for_a_key_is_not_staged(settings: Settings) -> None:
    uploads.under_key(settings, PROJECT, "key", b"content")
    assert staged(settings) == []


def test_a_key_that_another_request_has_just_begun_stays(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """A request that found no key must not end the one that another request begins meanwhile."""
    find = state.find

    def too_early(*args: Any) -> Upload:
        monkeypatch.setattr(state, "find", find)
        first.append(uploads.under_key(settings, PROJECT, "key", b"content"))
        with uploads.writing(settings, first[0]) as writer:
            writer.claim(ids.new_image_id())
        raise UploadNotFound("not yet")

    first: list[Upload] = []
    monkeypatch.setattr(state, "find", too_early)
    again = uploads.under_key(settings, PROJECT, "key", b"content")
    assert again.image_id is not None
    assert again.folder == first[0].folder


def test_a_key_that_expired_begins_anew(settings: Settings) -> None:
    key = uploads.under_key(settings, PROJECT, "key", b"content")
    with uploads.writing(settings, key) as writer:
        writer.claim(ids.new_image_id())
        writer.complete()
    assert uploads.under_key(settings, PROJECT, "key", b"content").is_complete
    age(key.folder, DAY + 60)
    assert uploads.under_key(settings, PROJECT, "key", b"other").image_id is None


def ask_for_the_key(settings: Settings, _project: str) -> None:
    uploads.under_key(settings, PROJECT, "key", b"")


@pytest.mark.parametrize("ended", [expiry.sweep, ask_for_the_key])
def test_an_expired_key_that_begins_anew_while_it_is_ended_stays(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, ended: Callable[[Settings, str], object]
) -> None:
    key = uploads.under_key(settings, PROJECT, "key", b"content")
    age(key.folder, DAY + 60)
    held = locking.held

    def late(*args: Any) -> Any:
        monkeypatch.setattr(locking, "held", held)
        begun.append(uploads.under_key(settings, PROJECT, "key", b"content").mark.stat().st_ctime_ns)
        return held(*args)

    begun: list[int] = []
    monkeypatch.setattr(locking, "held", lambda path, timeout: late(path, timeout))
    ended(settings, PROJECT)
    assert [uploads.find(settings, PROJECT, key.id).mark.stat().st_ctime_ns] == begun


def test_expired_projects_are_found_by_name(settings: Settings, upload: Upload, tmp_path: Path) -> None:
    assert expiry.projects(tmp_path) == ["p"]
    assert expiry.projects(tmp_path / "nowhere") == []


def test_unreadable_staging_is_an_error_of_the_tree(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "uploads").mkdir()
    (tmp_path / "uploads" / "p").touch()
    with pytest.raises(StorageUnavailable):
        uploads.staged(settings, PROJECT)


def test_what_goes_meanwhile_is_not_expired(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "folders", lambda path: [".gone.tmp"])
    assert list(expiry.expired(settings, "p")) == []
