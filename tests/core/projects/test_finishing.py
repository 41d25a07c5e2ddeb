"""The image of a resumable upload is made once, whoever finishes it and however often."""

import io
from pathlib import Path

import pytest
from photos import photo

from core import ids, projects, uploads
from core.errors import StorageUnavailable, UploadLocked
from core.projects import Stored
from core.settings import Settings
from core.uploads import Upload, Writer

PICTURE = photo(64, 48)
PROJECT = ids.project_id("p")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(storage_root=tmp_path)


@pytest.fixture
def upload(settings: Settings) -> Upload:
    """An upload of PICTURE whose last piece is still to come."""
    created = uploads.create(settings, PROJECT, len(PICTURE))
    return uploads.append(settings, created, PICTURE[:-10])


def publish(settings: Settings, writer: Writer) -> Stored:
    with writer.open() as source:
        rendered = projects.render(settings, source)
    return projects.publish(settings, PROJECT, rendered, writer.upload.image_id)


def finish(settings: Settings, upload: Upload) -> str:
    """As a request with the last piece does it; the image's id."""
    with uploads.writing(settings, uploads.find(settings, PROJECT, upload.id)) as writer:
        writer.put(writer.upload.offset, PICTURE[writer.upload.offset :])
        if projects.claim(settings, writer.upload.project_id, writer):
            claim = writer.upload
            projects.commit(settings, publish(settings, writer), lambda: projects.still_claimed(settings, claim))
        writer.complete()
        assert writer.upload.image_id
        return writer.upload.image_id


def listed(settings: Settings) -> list[str]:
    return [entry.id for entry in projects.list_images(settings, PROJECT, projects.Page()).images]


def originals(settings: Settings) -> list[str]:
    folder = settings.storage_root / "projects" / "p" / "original"
    return sorted(path.stem for path in folder.glob("*.jpg")) if folder.is_dir() else []


@pytest.mark.parametrize("died", ["before rendering", "after publishing", "after the commit"])
def test_another_request_finishes_after_a_crash(settings: Settings, upload: Upload, died: str) -> None:
    with uploads.writing(settings, upload) as writer:
        writer.put(upload.offset, PICTURE[upload.offset :])
        assert projects.claim(settings, writer.upload.project_id, writer)
        if died != "before rendering":
            stored = publish(settings, writer)
        if died == "after the commit":
            projects.commit(settings, stored)
    image = finish(settings, upload)
    assert listed(settings) == originals(settings) == [image]
    assert (image == writer.upload.image_id) == (died == "after the commit")


def test_listed_image_is_not_made_again(settings: Settings, upload: Upload) -> None:
    with uploads.writing(settings, upload) as writer:
        writer.put(upload.offset, PICTURE[upload.offset :])
        assert projects.claim(settings, writer.upload.project_id, writer)
        projects.commit(settings, publish(settings, writer))
    with uploads.writing(settings, upload) as writer:
        assert not projects.claim(settings, writer.upload.project_id, writer)
        assert writer.upload.image_id in listed(settings)


def test_volume_that_is_gone_is_not_made_anew(settings: Settings, upload: Upload, tmp_path: Path) -> None:
    with uploads.writing(settings, upload) as writer:
        writer.claim(ids.new_image_id())
        (tmp_path / "uploads").rename(tmp_path.with_name("unmounted"))
        tmp_path.rmdir()
        with pytest.raises(StorageUnavailable):
            projects.claim(settings, writer.upload.project_id, writer)
        assert not tmp_path.exists()


def test_overtaken_request_withdraws(settings: Settings, upload: Upload) -> None:
    """A host that was frozen before its commit, while another finished."""
    with uploads.writing(settings, upload) as writer:
        writer.put(upload.offset, PICTURE[upload.offset :])
        projects.claim(settings, writer.upload.project_id, writer)
        frozen, stored = writer.upload, publish(settings, writer)
    image = finish(settings, upload)
    with pytest.raises(UploadLocked):
        projects.commit(settings, stored, lambda: projects.still_claimed(settings, frozen))
    assert listed(settings) == originals(settings) == [image]


def test_request_overtaken_while_it_publishes_withdraws(settings: Settings, upload: Upload) -> None:
    with uploads.writing(settings, upload) as writer:
        writer.put(upload.offset, PICTURE[upload.offset :])
        projects.claim(settings, writer.upload.project_id, writer)
        frozen = writer.upload
    image = finish(settings, upload)
    stored = projects.publish(settings, PROJECT, projects.render(settings, io.BytesIO(PICTURE)), frozen.image_id)
    with pytest.raises(UploadLocked):
        projects.commit(settings, stored, lambda: projects.still_claimed(settings, frozen))
    assert listed(settings) == originals(settings) == [image]


def test_claimed_upload_still_takes_a_smaller_piece(settings: Settings, upload: Upload) -> None:
    with uploads.writing(settings, upload) as writer:
        projects.claim(settings, writer.upload.project_id, writer)
    again = uploads.append(settings, uploads.find(settings, PROJECT, upload.id), PICTURE[-10:-5])
    assert again.offset == len(PICTURE) - 5
    assert listed(settings) == []
    image = finish(settings, upload)
    assert listed(settings) == originals(settings) == [image]


def test_claim_holds_until_another_or_the_end(settings: Settings, upload: Upload) -> None:
    with uploads.writing(settings, upload) as writer:
        writer.claim(ids.new_image_id())
        first = writer.upload
        projects.still_claimed(settings, first)
        writer.claim(ids.new_image_id())
        second = writer.upload
        projects.still_claimed(settings, second)
        with pytest.raises(UploadLocked):
            projects.still_claimed(settings, first)
        writer.complete()
        with pytest.raises(UploadLocked):
            projects.still_claimed(settings, second)
