"""JPEGs of every kind under profiles of every kind: each size beside littleCMS on the whole picture."""

import io
import secrets
import time
from contextlib import suppress
from unittest.mock import Mock

import judge
import numpy as np
import pytest
from PIL import Image, ImageCms
from profiles import cmyk_profile, display_p3, faded_profile, gray_profile, rgb_profile, swapped_profile
from rendering import encoded, in_size, rendered

RGB_PROFILES = {
    "sRGB": rgb_profile("sRGB"),
    "Display P3": display_p3(),
    "Adobe RGB": rgb_profile("Adobe RGB"),
    "table": faded_profile(),
    "swapped": swapped_profile(),
}
STORED = {"YCbCr": {}, "RGB": {"keep_rgb": True}}
EXIF = Image.Exif()
EXIF[0x0112] = 3
PATHS = {"kept": {}, "encoded": {"exif": EXIF}}


def soft(mode):
    x, y = np.meshgrid(np.linspace(0.2, 0.8, 240), np.linspace(0.2, 0.8, 160))
    pixels = 255 * np.stack([x, y, 1 - x * y], axis=-1)
    return Image.fromarray(pixels.astype(np.uint8)).convert(mode)


def through(image, profile):
    """The picture in sRGB, as littleCMS makes it of all pixels."""
    if not profile:
        return image.convert("RGB")
    target = ImageCms.createProfile("sRGB")
    flags = ImageCms.Flags.BLACKPOINTCOMPENSATION
    given = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    transform = ImageCms.buildTransform(given, target, image.mode, "RGB", ImageCms.Intent.RELATIVE_COLORIMETRIC, flags)
    return ImageCms.applyTransform(image, transform)


def decoded(data):
    with Image.open(io.BytesIO(data)) as image:
        return image.convert(image.mode)


def assert_all_show(files, data, profile):
    wanted = through(decoded(data), profile)
    for size, stored in files.items():
        shown = through(decoded(stored.data), judge.icc(stored.data)).convert("RGB")
        scaled = in_size(wanted, size)
        turned = scaled.transpose(Image.Transpose.ROTATE_180)
        upright = scaled if decoded(data).getexif().get(0x0112, 1) == 1 else turned
        off = np.abs(np.asarray(shown).astype(int) - np.asarray(upright).astype(int))
        assert off.mean() <= 3.5, size
        assert size == "original" or not judge.icc(stored.data)


@pytest.mark.parametrize("options", PATHS.values(), ids=PATHS)
@pytest.mark.parametrize("stored", STORED.values(), ids=STORED)
@pytest.mark.parametrize("profile", RGB_PROFILES.values(), ids=RGB_PROFILES)
def test_colour_jpegs_are_converted_once(profile, stored, options):
    data = encoded(soft("RGB"), icc_profile=profile, quality=95, **stored, **options)
    assert_all_show(rendered(data), data, profile)


@pytest.mark.parametrize("options", PATHS.values(), ids=PATHS)
@pytest.mark.parametrize(("mode", "profile"), [("L", gray_profile(1.8)), ("L", None), ("CMYK", cmyk_profile())])
def test_gray_and_cmyk_jpegs_are_converted_once(mode, profile, options):
    data = encoded(soft(mode), icc_profile=profile, quality=95, **options)
    files = rendered(data)
    assert_all_show(files, data, profile)
    if mode == "CMYK" or options:
        assert judge.icc(files["original"].data) == b""


@pytest.mark.parametrize("beyond", [14, 1000])
@pytest.mark.parametrize("options", PATHS.values(), ids=PATHS)
def test_a_profile_that_counts_more_bytes_than_it_has_is_used(options, beyond):
    profile = display_p3()
    counted = (len(profile) + beyond).to_bytes(4) + profile[4:]
    data = encoded(soft("RGB"), icc_profile=counted, quality=95, **options)
    files = rendered(data)
    assert_all_show(files, data, profile)
    assert judge.icc(files["original"].data) != b""


def test_a_stored_profile_is_reduced_to_what_moves_its_colours():
    private = display_p3().replace(b"none", b"SECR") + b"SECRET"
    stored = rendered(encoded(soft("RGB"), icc_profile=private))["original"]
    judge.assert_clean(stored.data)
    assert b"SECR" not in stored.data
    assert b"rXYZ" in judge.icc(stored.data)


def unseen(profile):
    """The profile with another text, so that nobody has read it before."""
    return profile.replace(b"none", secrets.token_hex(2).encode())


def test_a_profile_is_stored_whenever_its_second_ends(monkeypatch):
    made = ImageCms.createProfile

    def made_in_the_next_second(space):
        time.sleep(1 - time.time() % 1)
        return made(space)

    monkeypatch.setattr(ImageCms, "createProfile", made_in_the_next_second)
    stored = rendered(encoded(soft("RGB"), icc_profile=unseen(display_p3())))["original"]
    assert b"rXYZ" in judge.icc(stored.data)


@pytest.mark.parametrize("failure", [MemoryError, ValueError("cannot build transform")])
def test_a_profile_that_failed_once_is_read_again(monkeypatch, failure):
    profile = unseen(display_p3())
    data = encoded(soft("RGB"), icc_profile=profile)
    with monkeypatch.context() as patched, suppress(MemoryError):
        patched.setattr(ImageCms, "ImageCmsTransform", Mock(side_effect=failure))
        rendered(data)
    assert_all_show(rendered(data), data, profile)


@pytest.mark.parametrize("kind", ["WEBP", "GIF"])
def test_a_first_frame_smaller_than_its_canvas_stands_on_white(kind):
    frames = [Image.new("RGB", (64, 48), colour) for colour in ("red", "blue")]
    data = bytearray(encoded(frames[0], kind, save_all=True, append_images=frames[1:], lossless=True))
    at = {"WEBP": data.find(b"VP8X") + 12, "GIF": 6}[kind]
    if kind == "WEBP":
        data[at : at + 6] = (199).to_bytes(3, "little") + (99).to_bytes(3, "little")
    else:
        data[at : at + 4] = (200).to_bytes(2, "little") + (100).to_bytes(2, "little")
    pixels = rendered(bytes(data))["original"].pixels
    assert pixels.shape == (100, 200, 3)
    assert pixels[60:, 80:].min() >= 250
    assert abs(pixels[:40, :56] - (255, 0, 0)).max() <= 4
