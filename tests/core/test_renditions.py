"""The four renditions of ordinary photos: their sizes and what was measured of them."""

import pytest
from PIL import Image
from rendering import encoded, rendered

from core.errors import CorruptImage, FileTooLarge, NotAnImage
from core.settings import Limits

SIZES = ("original", "medium", "thumb", "game")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF"])
@pytest.mark.parametrize(
    ("size", "medium", "thumb"),
    [
        ((1800, 900), (1600, 800), (400, 200)),
        ((300, 2000), (240, 1600), (60, 400)),
        ((700, 500), (700, 500), (400, 286)),
        ((1, 1), (1, 1), (1, 1)),
    ],
)
def test_sizes_are_those_of_the_contract(kind, size, medium, thumb):
    files = rendered(encoded(Image.new("RGB", size, "teal"), kind))
    for name, expected in zip(SIZES, (size, medium, thumb, (50, 50)), strict=True):
        rendition = files[name].rendition
        assert (rendition.width, rendition.height, rendition.bytes) == (*expected, len(files[name].data)), name
        assert files[name].pixels.shape == (expected[1], expected[0], 3), name
        assert abs(files[name].pixels - (0, 128, 128)).max() <= 3, name


def test_game_is_the_centre_square():
    image = Image.new("RGB", (900, 300), "red")
    image.paste("blue", (300, 0, 600, 300))
    assert abs(rendered(encoded(image, "PNG"))["game"].pixels - (0, 0, 255)).max() <= 16


def test_game_of_a_panorama_is_as_sharp_as_the_picture():
    image = Image.new("RGB", (4000, 100), "white")
    image.paste("black", (0, 0, 2000, 100))  # the edge lies at the centre
    for data in (encoded(image, quality=95), encoded(image, "PNG")):
        row = rendered(data)["game"].pixels[25, :, 0]
        assert row[:23].max() < 40
        assert row[27:].min() > 215


def test_text_is_not_an_image():
    with pytest.raises(NotAnImage, match="JPEG, PNG, WebP"):
        rendered(b"hello, world " * 10)


def test_nothing_is_not_an_image():
    with pytest.raises(NotAnImage):
        rendered(b"")


def test_a_cut_off_jpeg_is_corrupt():
    with pytest.raises(CorruptImage, match="cut off"):
        rendered(encoded(Image.new("RGB", (300, 200), "teal"))[:-100])


def test_a_file_over_the_limit_is_too_large():
    with pytest.raises(FileTooLarge, match="1000 bytes"):
        rendered(encoded(Image.new("RGB", (300, 200), "teal")), Limits(max_upload_bytes=1000))
