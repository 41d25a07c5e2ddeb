"""The placeholder: it has the shape and colours of the picture, upright and in sRGB."""

import base64

import numpy as np
import pytest
from photos import picture
from PIL import Image
from rendering import encoded, rendered_entry
from thumbhash import thumb_hash_to_approximate_aspect_ratio, thumb_hash_to_average_rgba


def hashed(data):
    return list(base64.b64decode(str(rendered_entry(data).placeholder)))


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize("colour", [(200, 40, 40), (30, 60, 180), (250, 250, 250), (0, 0, 0)])
def test_average_colour_is_the_picture_s(kind, colour):
    average = thumb_hash_to_average_rgba(hashed(encoded(Image.new("RGB", (640, 480), colour), kind)))
    assert np.abs(np.array(average[:3]) * 255 - colour).max() < 12
    assert average[3] == 1


@pytest.mark.parametrize(("size", "ratio"), [((1600, 800), 2), ((800, 1600), 1 / 2), ((500, 500), 1), ((9, 9), 1)])
def test_shape_is_the_picture_s(size, ratio):
    found = thumb_hash_to_approximate_aspect_ratio(hashed(encoded(picture(*size))))
    assert found == pytest.approx(ratio, rel=0.15)


def test_placeholder_is_upright():
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = hashed(encoded(picture(1600, 800), exif=exif))
    upright = hashed(encoded(picture(1600, 800).transpose(Image.Transpose.ROTATE_270)))
    assert sum(a != b for a, b in zip(turned, upright, strict=True)) < 5


@pytest.mark.parametrize("size", [(1, 1), (3000, 1), (1, 3000), (24, 25)])
def test_any_shape_has_one(size):
    assert 5 < len(hashed(encoded(Image.new("RGB", size, "red")))) < 30
