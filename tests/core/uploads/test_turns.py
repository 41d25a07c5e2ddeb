"""The turn to write to an upload, waited for on the event loop; and what an upload tells, holds and leaves."""

import asyncio
import errno
import os
from dataclasses import replace
from typing import Any

import pytest

from core import ids, measures, uploads
from core.errors import StorageFull, UploadLocked, UploadNotFound
from core.settings import Settings
from core.uploads import Upload, expiry, staging, state


def turn(settings: Settings, upload: Upload) -> Any:
    return asyncio.run(uploads.turn(settings, upload))


def test_turn_is_used_by_one_writer_and_ends_with_it(settings: Settings, upload: Upload) -> None:
    upload = uploads.append(settings, upload, b"abc", turn(settings, upload))
    upload = uploads.append(settings, upload, b"de", turn(settings, upload))
    uploads.discard(settings, upload, turn(settings, upload))
    with pytest.raises(UploadNotFound):
        uploads.discard(settings, upload, turn(settings, upload))
    with pytest.raises(UploadNotFound):  # the turn has ended, though nothing was found
        uploads.discard(settings, upload, turn(settings, upload))


def test_who_waits_too_long_for_his_turn_is_locked_out(settings: Settings, upload: Upload) -> None:
    with turn(settings, upload), pytest.raises(UploadLocked):
        turn(settings, upload)


def test_arrived_bytes_are_measured(settings: Settings, upload: Upload, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[measures.Measure, float]] = []
    monkeypatch.setattr(measures, "tell", lambda measure, amount=1: told.append((measure, amount)))
    uploads.append(settings, upload, b"abc")
    assert [amount for measure, amount in told if measure is measures.STAGED_BYTES] == [3]


def test_only_what_expired_is_ended(settings: Settings, upload: Upload) -> None:
    assert staging.discard_expired(settings, upload.folder) is False
    assert upload.folder.exists()
    assert staging.discard_expired(replace(settings, upload_expires_after=0), upload.folder) is True
    assert not upload.folder.exists()


def test_what_is_behind_a_link_does_not_expire(settings: Settings, upload: Upload) -> None:
    upload.folder.parent.rename(settings.storage_root / "elsewhere")
    upload.folder.parent.symlink_to(settings.storage_root / "elsewhere")
    assert list(expiry.expired(replace(settings, upload_expires_after=0), "p")) == []


def test_bounds_are_those_of_the_creation(settings: Settings, upload: Upload, monkeypatch: pytest.MonkeyPatch) -> None:
    bound = uploads.create(settings, upload.project_id, 10, bounds=b"few")
    assert (uploads.bounds(bound), uploads.bounds(upload)) == (b"few", b"")

    def full(*arguments: object) -> None:
        raise OSError(errno.ENOSPC, "no room")

    monkeypatch.setattr(staging.opening, "reading", full)
    with pytest.raises(StorageFull):
        uploads.bounds(bound)


def test_key_on_a_failing_volume(settings: Settings, upload: Upload, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*arguments: object) -> None:
        raise OSError(errno.ENOSPC, "no room")

    monkeypatch.setattr(staging, "discard_expired", full)
    with pytest.raises(StorageFull):
        uploads.under_key(settings, upload.project_id, "key", b"content")


def test_upload_reserves_its_room_until_it_is_complete(settings: Settings, upload: Upload) -> None:
    assert upload.reserves == (1, 10)
    assert replace(upload, offset=10).reserves == (0, 0)
    assert uploads.under_key(settings, upload.project_id, "key", b"content").reserves == (0, 0)


def test_stamp_of_an_upload_that_goes_meanwhile_is_none(
    settings: Settings, upload: Upload, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert state.stamp(upload.folder) is not None
    gone = replace(upload, image_id=ids.new_image_id())
    monkeypatch.setattr(state, "read", lambda folder: gone)
    assert state.stamp(upload.folder) is None


def test_state_is_read_without_leaving_a_file_open(upload: Upload) -> None:
    before = os.listdir("/proc/self/fd")
    for _ in range(3):
        assert state.read(upload.folder) is not None
    assert len(os.listdir("/proc/self/fd")) == len(before)
