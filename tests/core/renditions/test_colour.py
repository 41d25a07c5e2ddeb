"""Colours come out in sRGB, as computed from the definitions of the profiles without a colour management library."""

import io
import struct

import judge
import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageCms
from pngs import png
from profiles import (
    PRIMARIES,
    cmyk_profile,
    display_p3,
    expected,
    faded_profile,
    gray_profile,
    linear_to_srgb,
    rgb_profile,
)
from rendering import encoded, rendered

pillow_heif.register_heif_opener()

SMALLER = ("medium", "thumb", "game")
# Inside sRGB, so that clipping plays no part.
PASTELS = [(150, 110, 100), (110, 140, 105), (100, 105, 150), (128, 128, 128), (150, 140, 90), (60, 60, 70)]


def flat(colour, mode="RGB", size=(160, 120)):
    return Image.new(mode, size, colour)


def turned(kind):
    """The options of an encoder for a picture that lies on its side, where it has any."""
    exif = Image.Exif()
    exif[0x0112] = 6
    return {"exif": exif} if kind == "JPEG" else {}


@pytest.mark.parametrize("name", sorted(set(PRIMARIES) - {"sRGB"}))
@pytest.mark.parametrize(
    ("kind", "options"),
    [*((kind, {}) for kind in ("JPEG", "PNG", "WEBP", "TIFF", "HEIF", "AVIF")), ("JPEG", turned("JPEG"))],
    ids=["JPEG", "PNG", "WEBP", "TIFF", "HEIF", "AVIF", "turned"],
)
def test_original_keeps_its_profile_others_are_srgb(kind, options, name):
    profile = rgb_profile(name)
    for colour in PASTELS:
        files = rendered(encoded(flat(colour), kind, icc_profile=profile, quality=100, **options))
        # AVIF and HEIC round colours themselves; a profile left out would be 9 to 30 away.
        assert abs(files["original"].pixels.mean(axis=(0, 1)) - colour).max() <= (5 if kind == "AVIF" else 3)
        assert through(judge.icc(files["original"].data), colour) == through(profile, colour)
        for size in SMALLER:
            assert judge.icc(files[size].data) == b""
            assert abs(files[size].pixels.mean(axis=(0, 1)) - expected(np.array(colour), name)).max() <= 5


def through(profile, colour):
    """What littleCMS makes of a colour in a profile."""
    target = ImageCms.createProfile("sRGB")
    transform = ImageCms.buildTransform(
        ImageCms.ImageCmsProfile(io.BytesIO(profile)), target, "RGB", "RGB", ImageCms.Intent(1)
    )
    image = ImageCms.applyTransform(flat(colour, size=(1, 1)), transform)
    assert image
    return image.getpixel((0, 0))


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_every_strip_of_a_transparent_picture_is_converted(kind):
    image = flat((*PASTELS[0], 255), "RGBA", size=(320, 1100))
    image.putpixel((0, 0), (0, 0, 0, 0))
    original = rendered(encoded(image, kind, icc_profile=display_p3(), quality=100))["original"]
    assert judge.icc(original.data) == b""
    assert abs(original.pixels[20:] - expected(np.array(PASTELS[0]), "Display P3")).max() <= 4


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_opaque_alpha_changes_nothing(kind):
    data = encoded(flat((*PASTELS[0], 255), "RGBA"), kind, icc_profile=display_p3(), lossless=True)
    plain = encoded(flat(PASTELS[0]), kind, icc_profile=display_p3(), lossless=True)
    assert rendered(data)["original"].data == rendered(plain)["original"].data


def test_colours_outside_srgb_are_clipped_not_wrapped():
    pixels = rendered(encoded(flat((0, 255, 0)), "PNG", icc_profile=display_p3()))["thumb"].pixels
    assert abs(pixels - (0, 255, 0)).max() <= 3


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_an_srgb_profile_changes_nothing(kind):
    noise = Image.fromarray(np.random.default_rng(6).integers(0, 255, (900, 600, 3), np.uint8))
    without = rendered(encoded(noise, kind))
    lcms = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for profile in (lcms, rgb_profile("sRGB")):
        with_profile = rendered(encoded(noise, kind, icc_profile=profile))
        for size in SMALLER:
            assert with_profile[size].data == without[size].data


@pytest.mark.parametrize("gamma", [1.0, 1.8, 2.2])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF"])
def test_a_gray_profile_is_converted_and_gray_stays_gray(kind, gamma):
    ramp = Image.fromarray(np.tile(np.arange(40, 240, dtype=np.uint8), (64, 1)))
    files = rendered(encoded(ramp, kind, icc_profile=gray_profile(gamma), quality=98))
    wanted = 255 * linear_to_srgb((np.arange(40, 240) / 255) ** gamma)
    assert dict(files["medium"].segments)[0xC0][5] == 1  # components in the frame
    assert abs(files["medium"].pixels.mean(axis=(0, 2)) - wanted).max() <= 3
    if kind == "JPEG":
        assert b"kTRC" in judge.icc(files["original"].data)


def test_a_cmyk_profile_is_used():
    for inks, wanted in (((255, 0, 0, 0), (255, 0, 255)), ((0, 255, 0, 0), (0, 255, 255)), ((0, 0, 0, 0), (255,) * 3)):
        for kind in ("JPEG", "TIFF"):
            files = rendered(encoded(flat(inks, "CMYK"), kind, icc_profile=cmyk_profile(), quality=98))
            for size, stored in files.items():
                assert abs(stored.pixels - wanted).max() <= 8, (inks, kind, size)
                assert judge.icc(stored.data) == b""


def test_the_black_of_a_profile_becomes_black():
    for colour, wanted in (((0, 0, 0), 0), ((255, 255, 255), 255)):
        for kind in ("JPEG", "PNG"):
            pixels = rendered(encoded(flat(colour), kind, icc_profile=faded_profile()))["medium"].pixels
            assert abs(pixels - wanted).max() <= 6, (colour, kind)


def test_cmyk_without_a_profile_is_ink_over_white():
    for inks in ((255, 0, 0, 0), (0, 128, 255, 0), (30, 60, 90, 120), (0, 0, 0, 255)):
        wanted = [(255 - ink) * (255 - inks[3]) / 255 for ink in inks[:3]]
        for stored in rendered(encoded(flat(inks, "CMYK"), quality=98)).values():
            assert abs(stored.pixels - wanted).max() <= 4, inks


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"nonsense",
        bytes(200),
        display_p3()[:300],
        display_p3()[:128] + b"\xff" * (len(display_p3()) - 128),
        gray_profile(1.0),
        cmyk_profile(),
        struct.pack(">I", 5_000_000) + display_p3()[4:] + bytes(5_000_000 - len(display_p3())),
    ],
    ids=["empty", "short", "zeros", "cut off", "garbage", "gray in RGB", "CMYK in RGB", "5 MB"],
)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_profile_that_cannot_be_used_is_ignored_and_dropped(kind, broken):
    for stored in rendered(encoded(flat((200, 40, 30)), kind, icc_profile=broken, quality=98)).values():
        assert judge.icc(stored.data) == b""
        assert abs(stored.pixels - (200, 40, 30)).max() <= 8


def test_a_profile_with_a_missing_part_is_ignored():
    data = encoded(flat((200, 40, 30)), icc_profile=display_p3(), quality=98)
    at = data.index(b"ICC_PROFILE\0") + 13
    for stored in rendered(data[:at] + b"\2" + data[at + 1 :]).values():  # part 1 of 2
        assert judge.icc(stored.data) == b""
        assert abs(stored.pixels - (200, 40, 30)).max() <= 4


@pytest.mark.parametrize("colour_type", [0, 2, 4, 6])
def test_sixteen_bits_are_scaled_not_clipped(colour_type):
    channels = {0: 1, 2: 3, 4: 1, 6: 3}[colour_type]
    row = []
    for x in range(256):
        row += [x * 257] * channels + ([65_535] if colour_type in (4, 6) else [])
    pixels = rendered(png(row, 256, 16, colour_type, height=64))["original"].pixels
    assert abs(pixels.mean(axis=(0, 2)) - np.arange(256)).max() <= 2


@pytest.mark.parametrize("order", ["<u2", ">u2"])
def test_sixteen_bits_of_a_tiff_are_scaled(order):
    pixels = np.tile((np.arange(256) * 257).astype(order), (64, 1))
    mode = "I;16" if order == "<u2" else "I;16B"
    image = Image.frombytes(mode, (256, 64), pixels.tobytes())
    shown = rendered(encoded(image, "TIFF"))["original"].pixels
    assert abs(shown.mean(axis=(0, 2)) - np.arange(256)).max() <= 2


@pytest.mark.parametrize(
    ("low", "high", "darkest", "brightest"),
    [(0.0, 1.0, 0, 255), (0.25, 0.75, 64, 191), (-500.0, 2000.0, 0, 255)],
)
def test_floats_beyond_nought_and_one_are_stretched(low, high, darkest, brightest):
    ramp = np.tile(np.linspace(low, high, 256, dtype=np.float32), (64, 1))
    shown = rendered(encoded(Image.fromarray(ramp), "TIFF"))["original"].pixels
    assert abs(shown.mean(axis=(0, 2)) - np.linspace(darkest, brightest, 256)).max() <= 2


@pytest.mark.parametrize("depth", [1, 2, 4, 8])
def test_grays_of_few_bits_span_black_to_white(depth):
    top = (1 << depth) - 1
    row = [x * top // 255 for x in range(256)]
    pixels = rendered(png(row, 256, depth, 0, height=64))["original"].pixels
    # Compared a little away from the steps, where a JPEG rings.
    wanted = np.array(row) * 255 / top
    assert np.median(abs(pixels.mean(axis=(0, 2)) - wanted)) <= 1.5


def test_lab_is_converted():
    srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    image = ImageCms.applyTransform(flat((200, 40, 30)), ImageCms.buildTransform(srgb, lab, "RGB", "LAB"))
    assert image
    pixels = rendered(encoded(image, "TIFF"))["original"].pixels
    assert abs(pixels - (200, 40, 30)).max() <= 6


def test_a_gray_photo_stays_gray():
    for stored in rendered(encoded(Image.linear_gradient("L"), quality=95)).values():
        assert dict(stored.segments)[0xC0][5] == 1


def test_a_jpeg_that_stores_rgb_is_not_taken_for_ycc():
    image = flat((200, 40, 30))
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", keep_rgb=True, quality=98)
    for stored in rendered(buffer.getvalue()).values():
        assert abs(stored.pixels - (200, 40, 30)).max() <= 4
