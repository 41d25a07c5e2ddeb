"""No stored file holds anything but its picture: seen by walking its segments, not by asking an imaging library."""

import io
import struct

import judge
import numpy as np
import pillow_heif
import pytest
from PIL import Image, PngImagePlugin, TiffImagePlugin
from pngs import chunk
from profiles import display_p3
from rendering import encoded, rendered

from core.renditions import pipeline

SECRET = b"SECRET-48.8584N-2.2945E"


def noisy(size=(320, 240)):
    return Image.fromarray(np.random.default_rng(1).integers(0, 255, (size[1], size[0], 3), np.uint8).astype(np.uint8))


def assert_clean(files):
    for stored in files.values():
        assert SECRET not in stored.data
        judge.assert_clean(stored.data)


def segment(code, payload):
    return bytes((0xFF, code)) + struct.pack(">H", len(payload) + 2) + payload


def camera_jpeg(**options):
    """A JPEG with everything in it that cameras, editors and attackers put there."""
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8769)[0x927C] = SECRET
    data = encoded(noisy(), exif=exif, xmp=b"<x:xmpmeta>" + SECRET + b"</x:xmpmeta>", comment=SECRET, **options)
    extra = [
        segment(0xE0, b"JFXX\0\x10" + SECRET),
        segment(0xE1, b"http://ns.adobe.com/xmp/extension/\0" + SECRET),
        segment(0xE2, b"MPF\0" + SECRET),
        segment(0xE2, b"urn:iso:std:iso:ts:21496:-1\0" + SECRET),
        segment(0xED, b"Photoshop 3.0\x008BIM\x04\x04\0\0" + SECRET),
        segment(0xEB, b"JP" + SECRET),
        *(segment(code, SECRET) for code in (0xE3, 0xE4, 0xE5, 0xE6, 0xE7, 0xE8, 0xE9, 0xEA, 0xEC, 0xEE, 0xEF, 0xFE)),
    ]
    return data[:2] + b"".join(extra) + data[2:] + encoded(noisy()) + SECRET


def test_everything_but_the_picture_is_dropped_from_a_kept_jpeg():
    files = rendered(camera_jpeg(icc_profile=display_p3()))
    assert_clean(files)


def test_a_kept_scan_is_kept_to_the_byte():
    data = encoded(noisy(), quality=93)
    assert rendered(data)["original"].data == data
    assert rendered(camera_jpeg(quality=93))["original"].data == data


@pytest.mark.parametrize(
    "options", [{"progressive": True}, {"subsampling": 0}, {"restart_marker_rows": 1}, {"keep_rgb": True}]
)
def test_every_common_kind_of_scan_is_kept(options):
    data = encoded(noisy(), quality=90, **options)
    original = rendered(data)["original"]
    assert (original.pixels == np.asarray(Image.open(io.BytesIO(data)))).all()
    assert len(original.data) <= len(data)


def test_the_thumbnail_of_a_jfif_header_is_dropped():
    data = encoded(noisy())
    assert data[2:4] == b"\xff\xe0"
    thumbnail = b"JFIF\0\1\2\1\0\x48\0\x48\x02\x02" + SECRET[:12]
    assert_clean(rendered(data[:2] + segment(0xE0, thumbnail) + data[20:]))


def test_bytes_after_an_adobe_marker_are_dropped():
    data = encoded(noisy(), keep_rgb=True)
    at = data.index(b"\xff\xee")
    assert_clean(rendered(data[:at] + segment(0xEE, data[at + 4 : at + 16] + SECRET) + data[at + 16 :]))


def test_a_comment_that_a_decoder_hands_on_is_not_written(tmp_path):
    image = noisy()
    image.info["comment"] = SECRET
    with (tmp_path / "written").open("wb") as file:
        pipeline._encode(image, file)
    assert SECRET not in (tmp_path / "written").read_bytes()


def test_bytes_after_a_profile_within_its_segments_are_dropped():
    assert_clean(rendered(encoded(noisy(), icc_profile=display_p3() + SECRET)))


def test_bytes_between_segments_are_dropped():
    data = encoded(noisy())
    assert_clean(rendered(data[:20] + SECRET + data[20:]))


def test_everything_is_dropped_when_the_original_is_encoded_anew():
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 3, SECRET.decode()
    data = encoded(noisy(), exif=exif, comment=SECRET, xmp=SECRET)
    assert_clean(rendered(data))


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF", "TIFF", "AVIF", "HEIF"])
def test_everything_is_dropped_from_other_formats(kind):
    pillow_heif.register_heif_opener()
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()
    options: dict[str, object] = {"exif": exif, "icc_profile": display_p3(), "xmp": SECRET}
    if kind == "PNG":
        text = PngImagePlugin.PngInfo()
        text.add_text("Comment", SECRET.decode())
        options |= {"pnginfo": text}
    elif kind == "GIF":
        options = {"comment": SECRET}
    elif kind == "TIFF":
        tags = TiffImagePlugin.ImageFileDirectory_v2()
        tags[270], tags[33723] = SECRET.decode(), SECRET
        options = {"tiffinfo": tags, "icc_profile": display_p3()}
    data = encoded(noisy(), kind, **options)
    assert SECRET in data
    assert_clean(rendered(data))


@pytest.mark.parametrize(
    "payload", [b"<html><script>alert(1)</script></html>", b"PK\3\4" + bytes(40), b"%PDF-1.4\n", b"GIF89a"]
)
def test_a_polyglot_comes_out_as_a_plain_jpeg(payload):
    data = encoded(noisy(), quality=90)
    for polyglot in (
        data + payload,
        data[:2] + segment(0xFE, payload) + data[2:],
        data[:2] + segment(0xE0, payload) + data[2:],
        data[:20] + payload + data[20:],
    ):
        for stored in rendered(polyglot).values():
            assert payload not in stored.data
    png = encoded(noisy(), "PNG")
    for stored in rendered(png + payload).values():
        assert payload not in stored.data
    at = 33  # after the header chunk
    for stored in rendered(png[:at] + chunk(b"tEXt", b"a\0" + payload) + png[at:]).values():
        assert payload not in stored.data


def test_an_mpo_and_a_gain_map_leave_their_primary_picture_alone():
    first, second = Image.new("RGB", (320, 240), (200, 40, 30)), Image.new("RGB", (320, 240), (0, 0, 255))
    buffer = io.BytesIO()
    first.save(buffer, "MPO", save_all=True, append_images=[second], quality=95)
    files = rendered(buffer.getvalue())
    assert_clean(files)
    for stored in files.values():
        assert abs(stored.pixels - (200, 40, 30)).max() <= 4
