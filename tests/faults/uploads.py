"""The requests of a resumable upload, to be interrupted; and that it goes on to one image whatever happened."""

from dataclasses import replace
from functools import partial
from pathlib import Path

from faults.volume import PROJECT, Answer, Operation, Volume, request
from photos import photo

from core import ids
from core.uploads import expiry, staging, state

PICTURE = photo(64, 48)
HALF = len(PICTURE) // 2
_VERSION = {"Tus-Resumable": "1.0.0"}


def _create(volume: Volume) -> Answer:
    return request(volume.root, "POST", "/uploads", headers=_VERSION | {"Upload-Length": str(len(PICTURE))})


def _patch(volume: Volume, upload: str, start: int, stop: int | None = None) -> Answer:
    headers = _VERSION | {"Upload-Offset": str(start), "Content-Type": "application/offset+octet-stream"}
    return request(volume.root, "PATCH", f"/uploads/{upload}", headers=headers, content=PICTURE[start:stop])


def _uploads(volume: Volume) -> list[Path]:
    """The uploads that a client could go on with."""
    folder = volume.root / "uploads" / PROJECT
    return [path for path in folder.iterdir() if ids.is_upload_id(path.name)] if folder.is_dir() else []


def _upload(volume: Volume) -> str:
    (upload,) = _uploads(volume)
    return upload.name


def _begin(volume: Volume) -> None:
    assert _create(volume).status == 201


def _begin_half(volume: Volume) -> None:
    _begin(volume)
    assert _patch(volume, _upload(volume), 0, HALF).status == 204


def _check(volume: Volume, answer: Answer | None, at_least: int, at_most: int) -> None:
    """Each upload has the bytes that it says it has, goes on to one image, and leaves nothing once it expired."""
    for folder in _uploads(volume):
        if state.read(folder) is None:  # a folder without a mark is no upload
            continue
        told = request(volume.root, "HEAD", f"/uploads/{folder.name}", headers=_VERSION)
        offset = int(told.body["upload-offset"])
        assert at_least <= offset <= at_most, f"goes on at {offset}"
        if answer is not None and answer.status < 300:
            assert answer.body["upload-offset"] == told.body["upload-offset"], "answered for, and not so"
        if offset < len(PICTURE):
            assert offset == 0 or (folder / staging.BYTES).read_bytes()[:offset] == PICTURE[:offset]
            told = _patch(volume, folder.name, offset)
            assert told.status == 204, told
        _check_image(volume, told.body["upload-image-id"])
    _check_sweep(volume)


def _check_image(volume: Volume, image: str) -> None:
    """The image is listed, and it is the only one that was made."""
    assert volume.tree.listed() == [*volume.images, image]
    assert volume.tree.doctor("repair", "--abandoned-after", "0")[0] == 0
    assert volume.tree.listed() == [*volume.images, image], "a second image"
    volume.images.append(image)


def _check_sweep(volume: Volume) -> None:
    settings = replace(volume.tree.settings, upload_expires_after=0, abandoned_after=0)
    expiry.sweep(settings, PROJECT)
    folder = volume.root / "uploads" / PROJECT
    assert not folder.exists() or not list(folder.iterdir()), "left after sweep"


def _unchanged(volume: Volume, answer: Answer) -> tuple[list[str], str | None]:
    return volume.images, volume.images[0] if volume.images else None


CREATE = Operation("create", _create, _unchanged, check=partial(_check, at_least=0, at_most=0))
APPEND = Operation(
    "append",
    lambda volume: _patch(volume, _upload(volume), 0, HALF),
    _unchanged,
    _begin,
    partial(_check, at_least=0, at_most=HALF),
)
FINISH = Operation(
    "finish",
    lambda volume: _patch(volume, _upload(volume), HALF),
    lambda volume, answer: ([*volume.images, answer.body["upload-image-id"]], volume.images[0]),
    _begin_half,
    partial(_check, at_least=HALF, at_most=len(PICTURE)),
)
END = Operation(
    "end",
    lambda volume: request(volume.root, "DELETE", f"/uploads/{_upload(volume)}", headers=_VERSION),
    _unchanged,
    _begin_half,
    partial(_check, at_least=HALF, at_most=HALF),
)
