"""Damage counts up to the end of the picture: what is whole is taken whatever follows, what is cut short is not."""

from typing import Any

import numpy as np
import pillow_heif
import pytest
from PIL import Image
from rendering import encoded, rendered

from core.errors import CorruptImage, NotAnImage, RejectedImage

pillow_heif.register_heif_opener()
KINDS: dict[str, dict[str, Any]] = {
    "JPEG": {},
    "progressive": {"progressive": True},
    "PNG": {},
    "GIF": {},
    "WEBP": {"exif": b"Exif\0\0" + bytes(300)},  # it ends with its metadata
    "TIFF": {},
    "BMP": {},
    "AVIF": {},
    "HEIF": {},
}


def noise():
    return Image.fromarray(np.random.default_rng(2).integers(0, 255, (40, 60, 3), np.uint8))


def file(kind, image=None):
    return encoded(image or noise(), "JPEG" if kind == "progressive" else kind, **KINDS[kind])


def shown(data):
    return rendered(data)["medium"].pixels


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_cut_off_is_refused_or_shows_it_all(kind):
    data = file(kind)
    whole, taken = shown(data), 0
    for length in sorted({*range(12, len(data), max(1, len(data) // 60)), *range(len(data) - 24, len(data))}):
        try:
            pixels = shown(data[:length])
        except (CorruptImage, NotAnImage):
            continue
        taken += 1
        assert np.abs(pixels - whole).mean(axis=-1).max() < 60, length  # of noise: a lost pixel is a hundred off
    assert taken < 40


TAILS = {
    "nothing": b"",
    "zeros": bytes(8),
    "letters": b"abcdefgh",
    "no box": b"SEFT\0\0\0\1",
    "a megabyte": b"\xd5" * 10**6,
}


@pytest.mark.parametrize("tail", TAILS.values(), ids=TAILS)
@pytest.mark.parametrize("kind", KINDS)
def test_what_follows_a_picture_is_none_of_it(kind, tail):
    data = file(kind)
    assert np.abs(shown(data + tail) - shown(data)).max() <= 2


@pytest.mark.parametrize("tail", TAILS.values(), ids=TAILS)
@pytest.mark.parametrize(("kind", "end"), [("JPEG", 2), ("GIF", 1), ("PNG", 12), ("PNG", 4)])
def test_a_missing_end_is_made_up_for(kind, end, tail):
    data = file(kind)
    assert np.abs(shown(data[:-end] + tail) - shown(data)).max() <= 2 or kind == "JPEG"


@pytest.mark.parametrize("tail", [b"\0;", b"\0", b"\x21\xff"])
def test_a_gif_may_end_as_it_likes(tail):
    data = file("GIF")
    assert (shown(data[:-1] + tail) == shown(data)).all()


@pytest.mark.parametrize("tail", [b"\xff\xd8\xff\xe1", b"\xff\x02", b"\xff\xfe\0\1", b"\xff\xd0" * 4])
def test_a_marker_that_no_decoder_knows_ends_a_jpeg(tail):
    smooth = Image.linear_gradient("L").resize((60, 40)).convert("RGB")
    data = file("JPEG", smooth)
    assert np.abs(shown(data[:-2] + tail) - shown(data)).mean() <= 2
    with pytest.raises(RejectedImage):
        shown(data[: data.index(b"\xff\xda") + 60] + tail)


@pytest.mark.parametrize("kind", ["AVIF", "HEIF"])
def test_a_box_of_the_picture_that_is_cut_off_is_seen(kind):
    data = file(kind)
    assert rendered(data + b"\0\0\0\x10free" + bytes(8))
    assert rendered(data + b"\0\0\0\x11free" + bytes(8))
    with pytest.raises(CorruptImage, match="cut off"):
        rendered(data[:-1])
