"""Uploads end some time after their last byte, and what they leave is removed."""

import os
import time
from dataclasses import replace
from pathlib import Path

import pytest

from core import ids, uploads
from core.doctor import staging as doctor
from core.errors import StorageUnavailable, UploadNotFound
from core.settings import Settings
from core.uploads import Upload, expiry
from core.volume import opening

DAY = 86_400
PROJECT = ids.project_id("p")


def age(folder: Path, seconds: float) -> None:
    os.utime(folder, (time.time() - seconds,) * 2)


def found(settings: Settings) -> list[str]:
    return [finding.subject for finding in doctor.check(settings)]


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
    for state in (written, uploads.find(settings, PROJECT, upload.id)):
        assert state.expires(settings) > time.time() + DAY - 60


def test_sweep_removes_what_expired_and_keeps_the_rest(settings: Settings, upload: Upload, tmp_path: Path) -> None:
    kept = uploads.append(settings, uploads.create(settings, PROJECT, 10), b"abc")
    uploads.append(settings, upload, b"abc")
    age(upload.folder, DAY + 60)
    assert [finding.subject for finding in doctor.sweep(settings)] == [f"uploads/{upload.id}"]
    assert [path.name for path in (tmp_path / "uploads" / "p").iterdir()] == [kept.id]
    assert list(doctor.sweep(settings)) == []


def test_sweep_removes_an_upload_that_never_got_a_byte(settings: Settings, upload: Upload) -> None:
    age(upload.folder, DAY + 60)
    assert len(list(doctor.sweep(settings))) == 1
    assert not upload.folder.exists()


def test_sweep_leaves_what_a_request_holds(settings: Settings, upload: Upload) -> None:
    with uploads.writing(settings, upload):
        age(upload.folder, DAY + 60)
        assert list(doctor.sweep(settings)) == []
        assert upload.folder.exists()


@pytest.mark.parametrize("name", ["." + "0" * 32 + ".abc.tmp", "0" * 32])
def test_sweep_removes_what_crashes_left_once_it_is_old(settings: Settings, name: str, tmp_path: Path) -> None:
    folder = tmp_path / "uploads" / "p" / name
    folder.mkdir(parents=True)
    (folder / "bytes").touch()
    assert list(doctor.sweep(settings)) == []
    age(folder, settings.abandoned_after + 60)
    assert found(settings) == [f"uploads/{name}"]
    assert len(list(doctor.sweep(settings))) == 1
    assert not folder.exists()


def test_foreign_files_stay(settings: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "uploads" / "p" / "somebody's"
    folder.mkdir(parents=True)
    age(folder, 10 * DAY)
    (tmp_path / "uploads" / "a file").touch()
    assert list(doctor.sweep(settings)) == []
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
