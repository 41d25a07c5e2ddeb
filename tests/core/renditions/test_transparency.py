"""Transparency is composited over white, and the colours under fully transparent pixels never show."""

import io

import numpy as np
import pillow_heif
import pytest
from PIL import Image
from pngs import png
from rendering import encoded, rendered

SIZES = ("original", "medium", "thumb", "game")


def hidden(checkerboard):
    """Opaque gray on the left, fully transparent vivid green on the right; and a checkerboard of both below."""
    pixels = np.zeros((600, 800, 4), np.uint8)
    pixels[:, :400] = (90, 90, 90, 255)
    pixels[:, 400:] = (0, 255, 0, 0)
    if checkerboard:
        y, x = np.mgrid[0:600, 0:800]
        pixels[(y >= 300) & ((x + y) % 2 == 0)] = (90, 90, 90, 255)
        pixels[(y >= 300) & ((x + y) % 2 == 1)] = (0, 255, 0, 0)
    return Image.fromarray(pixels)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF", "AVIF", "HEIF"])
def test_colours_under_transparent_pixels_never_show(kind):
    pillow_heif.register_heif_opener()
    exact = kind in ("PNG", "WEBP", "TIFF")  # the others mix the colours of neighbours themselves
    options = {"lossless": True, "exact": True} if kind == "WEBP" else {} if exact else {"quality": 100}
    files = rendered(encoded(hidden(checkerboard=exact), kind, **options))
    for size in SIZES:
        pixels = files[size].pixels
        excess = pixels[..., 1] - np.maximum(pixels[..., 0], pixels[..., 2])
        assert excess.max() <= (8 if exact else 40), size  # of green over red and blue; hidden, it is 255
        upper = pixels[: pixels.shape[0] // 2 - 4]
        if size != "game":
            assert upper[:, -20:].min() >= 250, size  # white
            assert abs(upper[:, :20] - 90).max() <= 6, size


def test_half_transparent_is_mixed_with_white_in_proportion():
    image = Image.new("RGBA", (64, 64), (200, 0, 100, 51))  # a fifth
    expected = [round(255 - 0.2 * (255 - value)) for value in (200, 0, 100)]
    for stored in rendered(encoded(image, "PNG")).values():
        assert abs(stored.pixels - expected).max() <= 2


def test_transparent_gray_stays_gray():
    image = Image.new("LA", (64, 64), (40, 128))
    stored = rendered(encoded(image, "PNG"))["original"]
    assert dict(stored.segments)[0xC0][5] == 1  # components in the frame
    assert abs(stored.pixels - round(255 - 215 * 128 / 255)).max() <= 1


def test_a_palette_with_opacities_is_composited():
    image = Image.new("P", (64, 64))
    image.putpalette([255, 0, 0, 0, 0, 255, 0, 255, 0])
    image.paste(1, (0, 0, 32, 64))
    image.paste(2, (32, 0, 64, 64))
    pixels = rendered(encoded(image, "PNG", transparency=bytes((255, 128, 0))))["original"].pixels
    assert abs(pixels[:, :30] - (127, 127, 255)).max() <= 3
    assert abs(pixels[:, 34:] - 255).max() <= 3


def test_a_transparent_colour_of_a_gif_becomes_white():
    image = Image.new("P", (64, 64), 0)
    image.putpalette([200, 30, 30, 0, 255, 0])
    image.paste(1, (32, 0, 64, 64))
    pixels = rendered(encoded(image, "GIF", transparency=1))["thumb"].pixels
    assert abs(pixels[:, :30] - (200, 30, 30)).max() <= 4
    assert pixels[:, 34:].min() >= 250


@pytest.mark.parametrize("depth", [1, 2, 4, 8, 16])
def test_a_gray_colour_key_is_transparent_at_every_depth(depth):
    top = (1 << depth) - 1
    key, other = top // 3, top - top // 3
    row = [key] * 32 + [other] * 32
    pixels = rendered(png(row, 64, depth, 0, key=[key], height=32))["original"].pixels
    assert pixels[:, :30].min() >= 250
    assert abs(pixels[:, 34:] - round(other * 255 / top)).max() <= 2


@pytest.mark.parametrize("depth", [8, 16])
def test_an_rgb_colour_key_is_transparent(depth):
    scale = 257 if depth == 16 else 1
    key, other = [10 * scale, 200 * scale, 30 * scale], [120 * scale, 30 * scale, 220 * scale]
    pixels = rendered(png(key * 32 + other * 32, 64, depth, 2, key=key, height=32))["original"].pixels
    assert pixels[:, :30].min() >= 250
    assert abs(pixels[:, 34:] - (120, 30, 220)).max() <= 3


def test_transparency_is_composited_after_the_profile_is_applied():
    from profiles import display_p3

    buffer = io.BytesIO()
    Image.new("RGBA", (64, 64), (255, 0, 0, 128)).save(buffer, "PNG", icc_profile=display_p3())
    pixels = rendered(buffer.getvalue())["original"].pixels
    assert abs(pixels - (255, 127, 127)).max() <= 3
