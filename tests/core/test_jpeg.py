"""JPEG files taken apart: dimensions from headers, what a walk finds, and what it refuses."""

import io
import struct

import numpy as np
import pytest
from PIL import Image
from profiles import display_p3
from rendering import encoded

from core import jpeg


def photo(size=(90, 60), mode="RGB"):
    return Image.fromarray(np.random.default_rng(4).integers(0, 255, (size[1], size[0], 3), np.uint8)).convert(mode)


def segment(code, payload):
    return bytes((0xFF, code)) + struct.pack(">H", len(payload) + 2) + payload


@pytest.mark.parametrize(
    "options", [{}, {"progressive": True}, {"exif": b"Exif\0\0" + bytes(60_000)}, {"comment": b"\xff\xc0"}]
)
@pytest.mark.parametrize("size", [(1, 1), (90, 60), (60, 90), (300, 1)])
def test_dimensions_are_those_of_the_frame(size, options):
    assert jpeg.dimensions(io.BytesIO(encoded(photo(size), **options))) == size


def test_dimensions_read_no_further_than_the_frame():
    data = encoded(photo())
    file = io.BytesIO(data)
    jpeg.dimensions(file)
    assert file.tell() < data.index(b"\xff\xda")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GIF89a",
        b"\xff\xd8",
        b"\xff\xd8\xff",
        b"\xff\xd8\xff\xd9",
        encoded(photo())[:100],
        b"\xff\xd8" + segment(0xDA, bytes(6)),
        b"\xff\xd8\xff\xe0\0\1",
        b"\xff\xd8" + segment(0xC0, bytes(9)),
        b"\xff\xd8" + b"\0" * 100,
    ],
)
def test_dimensions_of_what_is_no_jpeg(data):
    with pytest.raises(jpeg.Malformed):
        jpeg.dimensions(io.BytesIO(data))


@pytest.mark.parametrize(
    "again", [b"\0", b"\xff", b"\xff\x01", b"\xff\xe0\0\2", b"\xff\xe0\0\3\0", b"\0" * 999 + b"\xff\xfe\0\2"], ids=len
)
def test_a_header_without_an_end_is_left_soon(again):
    """The server reads the header of each file that a worker wrote, which may hold anything."""
    file = io.BytesIO(jpeg.SOI + again * (4_000_000 // len(again)))
    with pytest.raises(jpeg.Malformed):
        jpeg.dimensions(file)
    assert file.tell() < 2_000_000


def test_a_walk_finds_what_a_decoder_needs_to_know():
    data = encoded(photo(), exif=b"Exif\0\0II*\0", xmp=b"<x/>", icc_profile=display_p3() * 40, progressive=True)
    parsed = jpeg.parse(data)
    assert (parsed.width, parsed.height, parsed.precision, parsed.components) == (90, 60, 8, b"\1\2\3")
    assert (parsed.exif, parsed.xmp, parsed.icc) == (b"Exif\0\0II*\0", b"<x/>", display_p3() * 40)
    assert parsed.scans == data.count(b"\xff\xda") > 5
    assert parsed.scan_is_common
    assert parsed.is_ycc


@pytest.mark.parametrize(
    ("mode", "options", "common", "ycc"),
    [
        ("L", {}, True, False),
        ("RGB", {"keep_rgb": True}, True, False),
        ("RGB", {"progressive": True}, True, True),
        ("CMYK", {}, False, False),
    ],
)
def test_a_walk_tells_which_scans_every_browser_shows(mode, options, common, ycc):
    parsed = jpeg.parse(encoded(photo(mode=mode), **options))
    assert (parsed.scan_is_common, parsed.is_ycc) == (common, ycc)


def test_components_named_rgb_are_rgb_where_no_marker_says_so():
    data = encoded(photo(), keep_rgb=True)
    at = data.index(b"\xff\xee")
    parsed = jpeg.parse(data[:at] + data[at + 16 :])
    assert (parsed.components, parsed.jfif, parsed.adobe) == (b"RGB", None, None)
    assert not parsed.is_ycc


@pytest.mark.parametrize("frame", [0xC3, 0xC9, 0xCA])
def test_a_scan_of_an_uncommon_process_is_not_kept(frame):
    data = encoded(photo())
    assert not jpeg.parse(data.replace(b"\xff\xc0", bytes((0xFF, frame)))).scan_is_common


def test_a_scan_of_twelve_bits_is_not_kept():
    data = encoded(photo())
    at = data.index(b"\xff\xc0") + 4
    assert not jpeg.parse(data[:at] + b"\x0c" + data[at + 1 :]).scan_is_common


def test_what_follows_the_last_scan_decides_nothing():
    data = encoded(photo())
    assert jpeg.parse(data).ended
    for tail in (b"", b"\xff", bytes(8), b"\xff\xd8\xff", b"\xff\x02\0"):
        cut = jpeg.parse(data[:-2] + tail)
        assert not cut.ended
        assert cut.picture[-1].code == jpeg.SOS


@pytest.mark.parametrize(
    ("damage", "complaint"),
    [
        (lambda data: data[: data.index(b"\xff\xda")], "cut off"),
        (lambda data: data[: data.index(b"\xff\xda")] + b"\xff\xd9", "no picture"),
        (lambda data: b"\xff\xd8\xff\xd9", "no picture"),
        (lambda data: data[:2] + data[data.index(b"\xff\xc0") :][:19] + data[2:], "more than one frame"),
        (lambda data: data[:2] + b"\xff\xd8" + data[2:], "does not belong"),
        (lambda data: data[:2] + segment(0xDC, b"\0\1") + data[2:], "does not belong"),
        (lambda data: data[:2] + b"\xff\xe5\0\1" + data[2:], "does not belong"),
        (lambda data: data[:2] + b"\xff\xe5\xff\xff" + data[2:], "cut off|does not belong"),
        (lambda data: data.replace(b"\xff\xc0\0\x11", b"\xff\xc0\0\x0e"), "wrong length"),
        (lambda data: data[:2] + segment(0xFE, b"") * 20_001 + data[2:], "20000 segments"),
    ],
)
def test_a_file_no_decoder_could_follow_is_refused(damage, complaint):
    with pytest.raises(jpeg.Malformed, match=complaint):
        jpeg.parse(damage(encoded(photo((20, 20)))))


def test_a_profile_comes_together_from_parts_in_any_order():
    parts = [segment(0xE2, b"ICC_PROFILE\0" + bytes((n, 3)) + bytes((n,)) * 5) for n in (1, 2, 3)]
    data = encoded(photo())
    for order in ((0, 1, 2), (2, 0, 1)):
        shuffled = data[:2] + b"".join(parts[n] for n in order) + data[2:]
        assert jpeg.parse(shuffled).icc == b"\1" * 5 + b"\2" * 5 + b"\3" * 5
    assert jpeg.parse(data[:2] + parts[0] + parts[2] + data[2:]).icc is None
