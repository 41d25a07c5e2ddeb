"""The four renditions of ordinary photos: their sizes and what was measured of them."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageOps
from profiles import display_p3
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


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_game_of_a_panorama_is_as_sharp_as_the_picture(kind):
    # Stripes that a thumb of 400 x 3, or a JPEG decoded at a quarter of its size, does not hold.
    stripes = np.tile((np.arange(12_000) // 3 % 2 * 255).astype(np.uint8), (100, 1))
    image = Image.fromarray(stripes)
    expected = np.asarray(ImageOps.fit(image, (50, 50)), dtype=int)
    game = rendered(encoded(image, kind, quality=95))["game"].pixels[..., 0]
    assert expected.std() > 60
    assert abs(game - expected).mean() < 15


@pytest.mark.parametrize(("kind", "sampling"), [("PNG", 0x11), ("TIFF", 0x11), ("GIF", 0x11), ("WEBP", 0x22)])
def test_an_original_keeps_colour_as_sharp_as_its_source(kind, sampling):
    frame = dict(rendered(encoded(Image.new("RGB", (64, 64), "teal"), kind))["original"].segments)[0xC0]
    assert frame[7] == sampling


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_parallel_uploads_come_out_as_one_after_the_other(kind):
    pillow_heif.register_heif_opener()
    exif = Image.Exif()
    exif[0x0112] = 6
    pictures = [Image.linear_gradient("L").resize((900, 700 + n)).convert("RGB") for n in range(4)]
    files = [encoded(picture, kind, icc_profile=display_p3(), exif=exif) for picture in pictures]
    alone = [{size: stored.data for size, stored in rendered(data).items()} for data in files]
    with ThreadPoolExecutor(4) as pool:
        for _ in range(3):
            together = [{size: stored.data for size, stored in one.items()} for one in pool.map(rendered, files)]
            assert together == alone


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
