"""A kept scan: its picture to the bit, the tables that it uses, and nothing else."""

import io
import struct
import zipfile

import judge
import numpy as np
import pytest
from PIL import Image
from profiles import display_p3
from rendering import encoded, rendered

from core import jpeg
from core.renditions import scan

KINDS = [{}, {"progressive": True}, {"restart_marker_blocks": 4}, {"optimize": True}, {"subsampling": 0}]
SECRET = b"A secret of some thirty letters."


def photo(mode="RGB"):
    return Image.fromarray(np.random.default_rng(4).integers(0, 255, (90, 120, 3), np.uint8)).convert(mode)


def pixels(data):
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)


def segment(code, payload):
    return bytes((0xFF, code)) + struct.pack(">H", len(payload) + 2) + payload


def original(data):
    stored = rendered(data)["original"].data
    judge.assert_clean(stored)
    return stored


@pytest.mark.parametrize("options", KINDS)
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_rebuilding_changes_no_pixel(mode, options):
    data = encoded(photo(mode), **options)
    again = scan.rebuilt(jpeg.parse(data), display_p3())
    assert (pixels(again) == pixels(data)).all()
    assert judge.icc(again) == display_p3()
    assert "progressive" in options or scan.rebuilt(jpeg.parse(data)) == data


def test_fill_bytes_and_stray_bytes_are_dropped():
    data = encoded(photo())
    padded = data[:2] + b"\xff\xff\xff" + data[2:20] + b"junk" + data[20:-2] + b"\xff\xff" + data[-2:]
    assert original(padded) == data


def tables(kind):
    """Segments of tables that no scan uses, or that say again what is known."""
    return {
        "quantization": segment(0xDB, b"\3" + SECRET * 2),
        "huffman": segment(0xC4, b"\3" + bytes(15) + bytes((len(SECRET),)) + SECRET),
        "restart": segment(0xDD, bytes(2)),
        "repeated": encoded(photo())[20:89],
    }[kind]


@pytest.mark.parametrize("kind", ["quantization", "huffman", "restart", "repeated"])
@pytest.mark.parametrize("options", KINDS[:2])
def test_tables_that_no_scan_uses_are_dropped(kind, options):
    data = encoded(photo(), **options)
    plain = original(data)
    start = data.index(b"\xff\xda")
    places = [20, start, len(data) - 2] if kind != "repeated" else [20]
    for at in places:
        assert original(data[:at] + tables(kind) + data[at:]) == plain


@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_tables_that_a_camera_left_out_are_written(mode):
    data = encoded(photo(mode))
    bare = data[:2] + b"".join(segment(code, payload) for code, payload in judge.parts(data)[:-2] if code != 0xC4)
    bare += data[data.index(b"\xff\xda") :]
    assert b"\xff\xc4" not in bare
    assert (pixels(bare) == pixels(data)).all()  # libjpeg supplies them
    stored = original(bare)
    assert (pixels(stored) == pixels(data)).all()
    assert {payload for code, payload in judge.parts(stored) if code == 0xC4} >= set()
    assert sum(len(payload) for code, payload in judge.parts(stored) if code == 0xC4) == sum(
        len(payload) for code, payload in judge.parts(data) if code == 0xC4
    )


def test_a_free_field_of_a_header_says_nothing():
    data = encoded(photo())
    density = data[:11] + b"\2\1\x48\1\x48" + data[16:]
    assert original(density) == data
    rgb = encoded(photo(), keep_rgb=True)
    at = rgb.index(b"Adobe") + 5
    assert original(rgb[:at] + b"SECRET" + rgb[at + 6 :]) == original(rgb)


def archive():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        packed.writestr("a", b"secret")
    return buffer.getvalue()


@pytest.mark.parametrize("foreign", [SECRET, archive(), bytes(range(1, 60)), b"\0" * 40], ids=range(4))
@pytest.mark.parametrize("options", [KINDS[0], KINDS[2], KINDS[4]])
def test_bytes_after_the_last_block_are_dropped(options, foreign):
    data = encoded(photo(), **options)
    stored = original(data[:-2] + foreign + data[-2:])
    assert foreign not in stored
    assert np.abs(pixels(stored) - pixels(data)).mean() < 12  # of noise, encoded anew


@pytest.mark.parametrize("foreign", [SECRET, archive()], ids=["text", "zip"])
def test_text_and_archives_after_a_progressive_scan_are_dropped(foreign):
    data = encoded(photo(), progressive=True)
    assert foreign not in original(data[:-2] + foreign + data[-2:])


@pytest.mark.parametrize("look", [b"<?php", b"<script", b"<SCRIPT", b"<html", b"PK\3\4", b"PK\5\6", b"%PDF"])
@pytest.mark.parametrize("options", KINDS[:3])
def test_coded_pixels_that_look_foreign_are_encoded_anew(options, look):
    data = encoded(photo(), **options)
    at = len(data) * 3 // 4
    assert look not in original(data[:at] + look + data[at:])
