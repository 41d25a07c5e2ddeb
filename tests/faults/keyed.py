"""An upload under an Idempotency-Key, to be interrupted; and that the same request afterwards leaves one image."""

from faults.volume import UPLOAD, Answer, Operation, Volume, request
from photos import photo


def _send(volume: Volume) -> Answer:
    files = {"file": ("photo.jpg", photo(64, 48))}
    return request(volume.root, "POST", "/images", files=files, headers={"Idempotency-Key": "k1"})


def _check(volume: Volume, answer: Answer | None) -> None:
    """Sent again it answers with one image, which is the one that was answered for; no repair finds another."""
    again = _send(volume)
    assert again.status == 201, again
    image = again.body["image_id"]
    if answer is not None and answer.status == 201:
        assert answer.body["image_id"] == image, "another image was answered for"
    assert volume.tree.listed() == [*volume.images, image]
    assert volume.tree.doctor("repair", "--abandoned-after", "0")[0] == 0
    assert volume.tree.listed() == [*volume.images, image], "a second image"
    assert _send(volume).body["image_id"] == image
    volume.images.append(image)


KEYED = Operation("keyed", _send, UPLOAD.after, check=_check)
