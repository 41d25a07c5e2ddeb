"""An upload that can be sent again, to be interrupted; and what the same request afterwards leaves.

KEYED is the first request with an Idempotency-Key. AGAIN is the second, after the server of the first was killed
between publishing the image and listing it. Each leaves one image. DUPLICATE has no key but `?duplicates=return`,
which does not see what no index lists.
"""

import io

from faults.volume import PROJECT, UPLOAD, Answer, Operation, Volume, request
from photos import photo

from core import ids, projects, uploads

_KEY, _PICTURE = "k1", photo(64, 47)  # no picture that the volume has
_FILES = {"file": ("photo.jpg", _PICTURE)}


def _send(volume: Volume) -> Answer:
    return request(volume.root, "POST", "/images", files=_FILES, headers={"Idempotency-Key": _KEY})


def _send_without_key(volume: Volume) -> Answer:
    return request(volume.root, "POST", "/images?duplicates=return", files=_FILES)


def _die_before_listing(volume: Volume) -> None:
    settings, project, source = volume.tree.settings, ids.project_id(PROJECT), io.BytesIO(_PICTURE)
    upload = uploads.under_key(settings, project, _KEY, projects.sha256(source).encode())
    with uploads.writing(settings, upload) as writer:
        assert projects.claim(settings, writer.upload.project_id, writer)
        projects.publish(settings, project, projects.render(settings, source), writer.upload.image_id)


def _check(volume: Volume, answer: Answer | None) -> None:
    """Sent again it answers with one image, which is the one that was answered for; whether doctor comes after that
    or before."""
    mended = volume.copy(volume.root.with_name("mended"))
    _repair(mended)
    _check_again(mended, answer)
    _check_again(volume, answer)


def _check_again(volume: Volume, answer: Answer | None) -> None:
    again = _send(volume)
    assert again.status == 201, again
    image = again.body["image_id"]
    if answer is not None and answer.status == 201:
        assert answer.body["image_id"] == image, "another image was answered for"
    assert volume.tree.listed() == [*volume.images, image]
    _repair(volume)
    assert volume.tree.listed() == [*volume.images, image], "a second image"
    assert _send(volume).body["image_id"] == image
    volume.images.append(image)


def _check_duplicate(volume: Volume, answer: Answer | None) -> None:
    """Sent again it answers with the image if that is listed; else with a new one, and doctor may list both."""
    listed = volume.tree.listed()[len(volume.images) :]
    again = _send_without_key(volume)
    image = again.body["image_id"]
    assert (again.status, [image]) == ((200, listed) if listed else (201, [image])), again
    assert volume.tree.listed() == [*volume.images, image]
    _repair(volume)
    mended = volume.tree.listed()[len(volume.images) :]
    assert mended[-1] == image
    assert len(mended) <= (1 if listed else 2)
    volume.images.extend(mended)


def _repair(volume: Volume) -> None:
    assert volume.tree.doctor("repair", "--abandoned-after", "0")[0] == 0


KEYED = Operation("keyed", _send, UPLOAD.after, check=_check)
AGAIN = Operation("again", _send, UPLOAD.after, _die_before_listing, _check, goes_on=True)
DUPLICATE = Operation("duplicate", _send_without_key, UPLOAD.after, check=_check_duplicate)
