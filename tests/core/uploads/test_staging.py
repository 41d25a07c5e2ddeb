"""An upload's bytes: in order, durable, one writer at a time."""

import multiprocessing
import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from core import ids, uploads
from core.errors import OffsetConflict, TooManyBytes, UploadLocked, UploadNotFound
from core.settings import Settings
from core.uploads import Upload, staging


def again(settings: Settings, upload: Upload) -> Upload:
    return uploads.find(settings, upload.project_id, upload.id)


def content(upload: Upload) -> bytes:
    return (upload.folder / staging.BYTES).read_bytes()


def test_new_upload_has_no_bytes(settings: Settings, upload: Upload) -> None:
    found = again(settings, upload)
    assert (found.offset, found.length, found.image_id, found.is_complete) == (0, 10, None, False)
    assert uploads.metadata(found) == "filename YQ=="


def test_pieces_follow_each_other(settings: Settings, upload: Upload) -> None:
    for piece in (b"abc", b"de", b"f"):
        upload = uploads.append(settings, upload, piece)
    assert again(settings, upload).offset == 6
    assert content(upload) == b"abcdef"
    assert uploads.metadata(again(settings, upload)) == "filename YQ=="


def test_piece_elsewhere_is_refused(settings: Settings, upload: Upload) -> None:
    uploads.append(settings, upload, b"abc")
    with pytest.raises(OffsetConflict) as refused:
        uploads.append(settings, upload, b"xyz")
    assert refused.value.extra == {"offset": 3}
    assert content(upload) == b"abc"


def test_piece_beyond_the_length_is_refused(settings: Settings, upload: Upload) -> None:
    with pytest.raises(TooManyBytes):
        uploads.append(settings, upload, b"x" * 11)
    assert content(upload) == b""


def test_last_piece_counts_once_the_image_is_listed(settings: Settings, upload: Upload) -> None:
    upload = uploads.append(settings, upload, b"abc")
    with uploads.writing(settings, upload) as writer:
        writer.put(3, b"defghij")
        assert again(settings, upload).offset == 3
        writer.claim(ids.new_image_id())
        assert again(settings, upload).image_id == writer.upload.image_id
        writer.complete()
    done = again(settings, upload)
    assert (done.offset, done.is_complete, done.image_id) == (10, True, writer.upload.image_id)
    assert [path.name for path in upload.folder.iterdir()] == [f"10.10.{done.image_id}"]


def test_bytes_that_a_crash_left_behind_the_offset_do_not_count(settings: Settings, upload: Upload) -> None:
    upload = uploads.append(settings, upload, b"abc")
    with (upload.folder / staging.BYTES).open("ab") as file:
        file.write(b"torn")
    assert again(settings, upload).offset == 3
    uploads.append(settings, upload, b"DE")
    assert content(upload)[:5] == b"abcDE"


def test_second_writer_is_locked_out(settings: Settings, upload: Upload) -> None:
    with uploads.writing(settings, upload), pytest.raises(UploadLocked):
        uploads.append(settings, upload, b"abc")
    assert uploads.append(settings, upload, b"abc").offset == 3


def test_writer_that_is_killed_holds_nothing(settings: Settings, upload: Upload) -> None:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    child = context.Process(target=_write_for_ever, args=(settings, upload, theirs))
    child.start()
    assert ours.recv() == "writing"
    with pytest.raises(UploadLocked):
        uploads.append(settings, upload, b"abc")
    assert child.pid
    os.kill(child.pid, signal.SIGKILL)
    child.join()
    assert uploads.append(replace(settings, lock_timeout=10), upload, b"abc").offset == 3


def _write_for_ever(settings: Settings, upload: Upload, pipe: "multiprocessing.connection.Connection") -> None:
    with uploads.writing(settings, upload):
        pipe.send("writing")
        signal.pause()


def test_writer_that_was_overtaken_moves_nothing(settings: Settings, upload: Upload) -> None:
    """A host that lost its lock while it was frozen, and wakes up after another went on."""
    with uploads.writing(settings, upload) as frozen:
        (upload.folder / staging.BYTES).rename(upload.folder / "lost")  # another file, another lock
        with multiprocessing.get_context("spawn").Pool(1) as elsewhere:
            elsewhere.apply(uploads.append, (settings, upload, b"abcde"))
        with pytest.raises(UploadLocked):
            frozen.put(0, b"xyz")
        with pytest.raises(UploadLocked):
            frozen.claim(ids.new_image_id())
    assert again(settings, upload).offset == 5
    assert content(upload) == b"abcde"


def test_ended_upload_is_not_found(settings: Settings, upload: Upload, tmp_path: Path) -> None:
    uploads.discard(settings, upload)
    with pytest.raises(UploadNotFound):
        again(settings, upload)
    with pytest.raises(UploadNotFound):
        uploads.discard(settings, upload)
    assert list((tmp_path / "uploads" / "p").iterdir()) == []
