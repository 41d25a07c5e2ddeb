"""The four renditions of ordinary photos: their sizes, that they stand upright, and that they are JPEGs."""

import io
import tempfile

import pytest
from PIL import Image

from core import layout
from core.errors import CorruptImage, NotAnImage
from core.renditions import render
from core.settings import Limits


def rendered(data):
    """Run the real thing on real files; size -> (Rendition, bytes of the stored file)."""
    with tempfile.TemporaryDirectory() as folder:
        outputs = {size: open(f"{folder}/{size}", "wb") for size in layout.SIZES}
        try:
            renditions = render(io.BytesIO(data), outputs, Limits())
        finally:
            for output in outputs.values():
                output.close()
        return {size: (renditions[size], open(f"{folder}/{size}", "rb").read()) for size in layout.SIZES}


def encoded(image, fmt="JPEG", **options):
    buffer = io.BytesIO()
    image.save(buffer, fmt, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("fmt", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF"])
def test_sizes_are_those_of_the_contract(fmt):
    files = rendered(encoded(Image.new("RGB", (1800, 900), "teal"), fmt))
    assert {size: (r.width, r.height) for size, (r, _) in files.items()} == {
        "original": (1800, 900),
        "medium": (1600, 800),
        "thumb": (400, 200),
        "game": (50, 50),
    }
    for rendition, data in files.values():
        stored = Image.open(io.BytesIO(data))
        assert (stored.format, stored.size, len(data)) == ("JPEG", (rendition.width, rendition.height), rendition.bytes)


def test_a_small_picture_is_enlarged_for_the_game_alone():
    files = rendered(encoded(Image.new("RGB", (30, 20), "teal")))
    assert [(r.width, r.height) for r, _ in files.values()] == [(30, 20), (30, 20), (30, 20), (50, 50)]


def test_text_is_not_an_image():
    with pytest.raises(NotAnImage):
        rendered(b"hello, world " * 10)


def test_a_cut_off_jpeg_is_corrupt():
    with pytest.raises(CorruptImage):
        rendered(encoded(Image.new("RGB", (300, 200), "teal"))[:-100])
