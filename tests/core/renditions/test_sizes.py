"""Sizes of any box: what they show of a picture, whichever way up it was stored."""

import numpy as np
import pytest
from photos import picture
from PIL import Image
from rendering import encoded, rendered

from core.errors import TooManyPixels
from core.renditions import scaling
from core.settings import Limits
from core.sizes import STANDARD, Size

OWN = {
    "own-banner": Size(1200, 300, crop=True),
    "own-card": Size(640, 640),
    "tall": Size(100, 400, crop=True),
    "strip": Size(600, 50),
}


def exif(orientation: int) -> Image.Exif:
    block = Image.Exif()
    block[0x0112] = orientation
    return block


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_boxes_are_filled_upright(orientation):
    turned = {1: None, 3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270}
    upright, turn = picture(1600, 1200), turned[orientation]
    stored = upright if turn is None else upright.transpose(turn)
    sizes = STANDARD | OWN
    files = rendered(encoded(stored, quality=95, exif=exif(orientation)), sizes=sizes)
    found = {name: (file.rendition.width, file.rendition.height) for name, file in files.items()}
    assert found["own-banner"] == (1200, 300)
    assert found["own-card"] == (640, 480)
    assert found["tall"] == (100, 400)
    assert found["strip"] == (67, 50)
    for name in OWN:
        expected = upright.resize(found[name], Image.Resampling.LANCZOS, scaling.part(OWN[name], (0, 0, 1600, 1200)))
        assert np.abs(files[name].pixels - np.asarray(expected).astype(int)).mean() < 6, name


def test_own_sizes_change_no_standard_one():
    data = encoded(picture(3000, 2000), quality=92)
    plain, more = rendered(data), rendered(data, sizes=STANDARD | {"own-card": Size(640, 640), "dot": Size(8, 8)})
    assert [name for name in STANDARD if more[name].data != plain[name].data] == []


def test_crop_enlarges_small_picture():
    file = rendered(encoded(picture(64, 48)), sizes=STANDARD | {"own-banner": Size(1200, 300, crop=True)})["own-banner"]
    assert (file.rendition.width, file.rendition.height) == (1200, 300)


def test_large_sizes_count_as_memory():
    data, huge = encoded(picture(64, 48)), STANDARD | {f"x{at}": Size(4096, 4096, crop=True) for at in range(3)}
    with pytest.raises(TooManyPixels):
        rendered(data, Limits(decode_memory=300 << 20), huge)
    assert rendered(data, Limits(decode_memory=600 << 20), huge)["x0"].rendition.width == 4096


def test_decoder_keeps_what_a_large_size_shows():
    assert scaling.draft_factor(8000, 6000, [Size(400, 400)]) == 8
    assert scaling.draft_factor(8000, 6000, [Size(400, 400), Size(4000, 300, crop=True)]) == 2


@pytest.mark.parametrize("size", [OWN["own-banner"], OWN["tall"], STANDARD["game"]])
def test_crop_stays_within_picture(size):
    for width in range(1, 700):
        left, top, right, bottom = scaling.part(size, (0.0, 0.0, width, 101))
        assert 0 <= left < right <= width
        assert 0 <= top < bottom <= 101
