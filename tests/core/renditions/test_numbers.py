"""Colours that a file tells by numbers come out as those colours are in sRGB, by the formulas of their standards."""

import struct

import numpy as np
import pillow_heif
import pytest
from PIL import Image
from pngs import chunk, png
from profiles import PRIMARIES, expected, linear_to_srgb, matrix, rgb_profile, srgb_to_linear
from rendering import encoded, rendered

pillow_heif.register_heif_opener()
SIZES = ("original", "medium", "thumb", "game")
COLOUR = (150, 110, 100)


def flat(colour=COLOUR):
    return Image.new("RGB", (64, 48), colour)


def pq(values):
    """Light of which 1 is a page's white, 203 cd/m2 of 10,000."""
    root = np.asarray(values) ** (32 / 2523)
    light = (np.maximum(root - 0.8359375, 0) / (18.8515625 - 18.6875 * root)) ** (16_384 / 2610)
    return light * 10_000 / 203


def hlg(values):
    values = np.asarray(values)
    scene = np.where(values <= 0.5, values**2 / 3, (np.exp((values - 0.55991073) / 0.17883277) + 0.28466892) / 12)
    return scene**1.2 * 1000 / 203


def in_srgb(colour, primaries, light):
    linear = light(np.array(colour) / 255)
    return 255 * linear_to_srgb(linear @ (np.linalg.inv(matrix("sRGB")) @ matrix(primaries)).T)


NUMBERS = {
    "P3": ((12, 13), "Display P3", srgb_to_linear),
    "BT.2020": ((9, 13), "Rec. 2020", srgb_to_linear),
    "PQ": ((9, 16), "Rec. 2020", pq),
    "PQ in P3": ((12, 16), "Display P3", pq),
    "HLG": ((9, 18), "Rec. 2020", hlg),
    "linear": ((1, 8), "sRGB", lambda values: values),
    "gamma": ((1, 4), "sRGB", lambda values: values**2.2),
}


def tagged(kind, numbers):
    """A file whose colours are told by numbers alone."""
    if kind == "PNG":
        return png([*COLOUR] * 64, 64, 8, 2, height=48, extra=chunk(b"cICP", bytes((*numbers, 0, 1))))
    data = encoded(flat(), kind, quality=100, subsampling="4:4:4")
    at = data.index(b"nclx")
    assert data.count(b"nclx") == 1
    return data[: at + 4] + struct.pack(">HH", *numbers) + data[at + 8 :]


@pytest.mark.parametrize(("numbers", "primaries", "light"), NUMBERS.values(), ids=NUMBERS)
@pytest.mark.parametrize("kind", ["PNG", "AVIF", "HEIF"])
def test_colours_by_numbers_are_converted(kind, numbers, primaries, light):
    wanted = in_srgb(COLOUR, primaries, light)
    for size, stored in rendered(tagged(kind, numbers)).items():
        assert abs(stored.pixels.mean(axis=(0, 1)) - wanted).max() <= 8, size


@pytest.mark.parametrize("kind", ["PNG", "AVIF", "HEIF"])
@pytest.mark.parametrize("numbers", [(1, 13), (1, 1), (2, 2), (6, 6)])
def test_numbers_of_srgb_and_unknown_ones_change_nothing(kind, numbers):
    for stored in rendered(tagged(kind, numbers)).values():
        assert abs(stored.pixels.mean(axis=(0, 1)) - COLOUR).max() <= 4


@pytest.mark.parametrize("kind", ["AVIF", "HEIF"])
def test_a_profile_counts_more_than_numbers(kind):
    data = encoded(flat(), kind, quality=100, icc_profile=rgb_profile("Display P3"))
    thumb = rendered(data)["thumb"].pixels
    assert abs(thumb.mean(axis=(0, 1)) - expected(np.array(COLOUR), "Display P3")).max() <= 5


def by_hand(gamma=None, primaries=None, **more):
    extra = chunk(b"gAMA", struct.pack(">I", round(100_000 * gamma))) if gamma is not None else b""
    if primaries:
        points = [(0.3127, 0.329), *PRIMARIES[primaries]]
        extra += chunk(b"cHRM", b"".join(struct.pack(">I", round(100_000 * v)) for point in points for v in point))
    return png([*COLOUR] * 64, 64, 8, 2, height=48, extra=extra + more.get("extra", b""))


@pytest.mark.parametrize(
    ("gamma", "primaries", "light"),
    [(1.0, None, 1.0), (1 / 1.8, None, 1.8), (0.45455, "Rec. 2020", None), (None, "Display P3", None)],
)
def test_gama_and_chrm_of_a_png_count(gamma, primaries, light):
    wanted = in_srgb(COLOUR, primaries or "sRGB", srgb_to_linear if light is None else lambda values: values**light)
    for stored in rendered(by_hand(gamma, primaries)).values():
        assert abs(stored.pixels.mean(axis=(0, 1)) - wanted).max() <= 4


@pytest.mark.parametrize(
    "data",
    [
        by_hand(0.45455, "sRGB"),
        by_hand(0),
        by_hand(20),
        by_hand(1.0, extra=chunk(b"sRGB", b"\0")),
        by_hand(extra=chunk(b"cHRM", bytes(32))),
        by_hand(extra=chunk(b"cHRM", b"\xff" * 32)),
        by_hand(extra=chunk(b"gAMA", b"")),
    ],
    ids=["usual", "nought", "absurd", "sRGB", "zeros", "huge", "short"],
)
def test_what_makes_no_sense_or_no_difference_changes_nothing(data):
    assert abs(rendered(data)["original"].pixels - COLOUR).max() <= 2


def test_gray_by_numbers_is_converted_and_stays_gray():
    data = png([100] * 64, 64, 8, 0, height=48, extra=chunk(b"gAMA", struct.pack(">I", 100_000)))
    for stored in rendered(data).values():
        assert abs(stored.pixels - 255 * linear_to_srgb(np.array(100 / 255))).max() <= 2
