"""What a picture would cost is told from its header: never less than it does cost, and not many times as much."""

import struct
from typing import Any

import numpy as np
import pillow_heif
import pytest
from PIL import Image
from profiles import cmyk_profile, display_p3
from rendering import encoded, rendered, rendered_apart

from core.errors import ImageTooComplex, TooManyPixels
from core.renditions import cost, decoding, limits
from core.settings import Limits
from core.sizes import ORIGINAL, STANDARD

pillow_heif.register_heif_opener()
MIB = 1 << 20
EXIF = Image.Exif()
EXIF[0x0112] = 6
TURNED = {"exif": EXIF}


def soft(mode="RGB", size=(2400, 1600)):
    x, y = np.arange(size[0], dtype=np.uint16), np.arange(size[1], dtype=np.uint16)[:, None]
    bands = [band.astype(np.uint8) for band in (x // 20 % 256, y // 15 % 256, (x + y) // 40 % 256, 255 - x // 60)]
    pixels = np.stack(np.broadcast_arrays(*bands), axis=-1)
    image = Image.fromarray(pixels, "RGBA").convert("RGB" if mode != "RGBA" else mode)
    if mode == "I;16":
        return Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257)
    return image.quantize(64) if mode == "P" else image.convert(mode)


FILES = {
    "kept": ("JPEG", "RGB", {}),
    "progressive": ("JPEG", "RGB", {"progressive": True}),
    "gray": ("JPEG", "L", {}),
    "turned": ("JPEG", "RGB", TURNED),
    "turned P3": ("JPEG", "RGB", {**TURNED, "icc_profile": display_p3()}),
    "turned progressive": ("JPEG", "RGB", {**TURNED, "progressive": True, "subsampling": 0}),
    "CMYK": ("JPEG", "CMYK", {**TURNED, "icc_profile": cmyk_profile()}),
    "PNG": ("PNG", "RGB", {"compress_level": 1}),
    "PNG of 16 bits": ("PNG", "I;16", {"compress_level": 1}),
    "PNG of a palette": ("PNG", "P", {"compress_level": 1, "transparency": 3}),
    "PNG with alpha": ("PNG", "RGBA", {"compress_level": 1, **TURNED}),
    "GIF": ("GIF", "P", {}),
    "BMP": ("BMP", "RGB", {}),
    "TIFF": ("TIFF", "RGB", {"compression": "tiff_lzw"}),
    "WebP": ("WEBP", "RGB", {"method": 0}),
    "WebP with alpha": ("WEBP", "RGBA", {"method": 0, **TURNED}),
    "AVIF": ("AVIF", "RGB", {"speed": 10}),
    "AVIF with alpha": ("AVIF", "RGBA", {"speed": 10}),
    "HEIC": ("HEIF", "RGB", {}),
    "HEIC with alpha": ("HEIF", "RGBA", {}),
}


@pytest.fixture
def told(monkeypatch):
    """What the service expects a file to take, in MiB."""
    seen = []
    monkeypatch.setattr(limits, "check_memory", lambda needed, *_: seen.append(needed))

    def tell(data):
        decoding.open_picture(data, Limits(), [size for name, size in STANDARD.items() if name != ORIGINAL])
        return seen[-1] / MIB

    return tell


QUICK = ("kept", "turned progressive", "CMYK", "PNG of 16 bits", "PNG with alpha", "GIF", "TIFF", "WebP", "AVIF")
KINDS = [pytest.param(*file, id=name, marks=() if name in QUICK else pytest.mark.slow) for name, file in FILES.items()]


@pytest.mark.parametrize(("kind", "mode", "options"), KINDS)
def test_memory_is_what_was_told_at_most(tmp_path, told, kind, mode, options):
    data = encoded(soft(mode), kind, **options)
    [(outcome, growth)] = rendered_apart(tmp_path, {"photo": data}).values()
    assert outcome == "accepted"
    assert growth <= told(data)
    assert told(data) <= 30 + 4 * growth


def test_what_would_take_more_than_is_allowed_is_refused():
    data = encoded(soft(), "PNG")
    with pytest.raises(TooManyPixels, match=r"would take 5\d MiB of memory; 40 are allowed") as caught:
        rendered(data, Limits(decode_memory=40 * MIB))
    assert caught.value.extra["limit"] == 40 * MIB < int(str(caught.value.extra["needed"]))
    assert rendered(data, Limits(decode_memory=60 * MIB))


def blank_webp(width, height):
    """A lossless WebP of one colour, of 26 bytes whatever its size."""
    bits = (width - 1) | (height - 1) << 14
    picture = b"\x2f" + struct.pack("<I", bits) + bytes(7)
    return b"RIFF" + struct.pack("<I", 12 + len(picture)) + b"WEBPVP8L" + struct.pack("<I", len(picture)) + picture


def test_a_tiny_file_that_would_take_much_memory_is_refused(monkeypatch):
    monkeypatch.setattr(decoding, "load", lambda picture: pytest.fail("a pixel was decoded"))
    with pytest.raises(ImageTooComplex, match="too much for a file of"):
        rendered(blank_webp(8191, 6103))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "TIFF", "WEBP"])
def test_a_blank_page_as_encoders_write_it_is_worth_its_memory(kind):
    special: dict[str, dict[str, Any]] = {"TIFF": {"compression": "tiff_adobe_deflate"}, "WEBP": {"quality": 80}}
    options = special.get(kind, {})
    page = Image.new("RGB", (5000, 7000), "white") if kind != "GIF" else Image.new("P", (5000, 7000))
    data = encoded(page, kind, **options)
    picture = decoding.open_picture(data, Limits())
    assert picture.image.size == (5000, 7000)


def test_the_largest_jpegs_are_within_the_default(told):
    head = encoded(Image.new("RGB", (64, 64)))
    at = head.index(b"\xff\xc0") + 5
    for width, height in ((16_320, 12_240), (65_500, 3800)):
        data = head[:at] + struct.pack(">HH", height, width) + head[at + 4 :]
        assert told(data) < Limits().decode_memory / MIB


def test_no_limit_of_the_librarys_own_is_in_the_way(told):
    tiff = encoded(Image.new("RGB", (8, 8)), "TIFF")
    at = [tiff.index(struct.pack("<HHI", tag, 4, 1)) + 8 for tag in (256, 257, 278)]
    for place in at:
        tiff = tiff[:place] + struct.pack("<I", 14_000) + tiff[place + 4 :]
    assert told(tiff) > 700


def test_a_turned_photo_of_108_megapixels_is_within_the_default(told):
    head = encoded(Image.new("RGB", (64, 64)), exif=EXIF)
    at = head.index(b"\xff\xc0") + 5
    data = head[:at] + struct.pack(">HH", 9000, 12_000) + head[at + 4 :] + bytes(25_000_000)
    assert told(data) < Limits().decode_memory / MIB


@pytest.mark.parametrize("orientation", [3, 6])
def test_a_large_photo_is_turned_with_less_in_memory(monkeypatch, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(soft(size=(600, 400)), exif=exif)
    plain = {size: stored.data for size, stored in rendered(data).items()}
    monkeypatch.setattr(cost, "LARGE", 1000)
    large = rendered(data)
    assert large["original"].data == plain["original"]
    assert {size: stored.rendition.width for size, stored in large.items()} == {
        size: stored.rendition.width for size, stored in rendered(data).items()
    }


def scans(count, size, process=0xC2):
    """A progressive JPEG of this size with next to nothing in its scans."""
    data = encoded(Image.new("L", (16, 16)), progressive=True)
    at, last = data.index(b"\xff\xc2"), data.rindex(b"\xff\xda")
    frame = bytes((0xFF, process)) + data[at + 2 : at + 5] + struct.pack(">HH", *size) + data[at + 9 :]
    data = data[:at] + frame
    return data[:-2] + data[last:-2] * (count - data.count(b"\xff\xda")) + b"\xff\xd9"


@pytest.mark.parametrize(
    ("count", "size", "process"), [(33, (16, 16), 0xC2), (30, (15_000, 15_000), 0xC2), (30, (4160, 12_000), 0xCA)]
)
def test_scans_that_no_encoder_writes_are_refused_at_once(monkeypatch, count, size, process):
    monkeypatch.setattr(decoding, "load_small", lambda picture: pytest.fail("a pixel was decoded"))
    with pytest.raises(ImageTooComplex, match="scans"):
        rendered(scans(count, size, process))
