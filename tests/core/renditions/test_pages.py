"""The picture of a file is its photo: the largest page of a TIFF, never a preview; a raw photo is refused by name."""

import struct

import numpy as np
import pytest
from PIL import Image
from rendering import encoded, rendered

from core.errors import ImageTooComplex, NotAnImage

PHOTO, PREVIEW = (200, 60), (40, 12)
RED, BLUE = (200, 30, 30), (30, 30, 200)


def page(size, colour, order, start, tags=(), below=()):
    """One uncompressed page at an offset: its directory, what the directory refers to, its pixels."""
    width, height = size
    pixels = bytes(colour) * (width * height)
    entries = {256: (3, width), 257: (3, height), 258: (3, 8), 259: (3, 1), 262: (3, 2), 277: (3, 3), 278: (3, height)}
    entries |= {279: (4, len(pixels)), **dict(tags)}
    if below:
        entries[330] = (4, below[0])
    length = 2 + 12 * (len(entries) + 1) + 4
    entries[273] = (4, start + length)
    table = struct.pack(order + "H", len(entries))
    for tag, (kind, value) in sorted(entries.items()):
        packed = struct.pack(order + ("H2x" if kind == 3 else "I"), value)
        table += struct.pack(order + "HHI", tag, kind, 1) + packed
    return table, pixels


def tiff(pages, order="<", nested=False):
    """A file of pages (size, colour, tags), in a chain, or the others below the first."""
    data = {"<": b"II", ">": b"MM"}[order] + struct.pack(order + "HI", 42, 8)
    starts, at = [], 8
    for size, colour, tags in pages:
        below = (0,) if nested and not starts and len(pages) > 1 else ()
        starts.append(at)
        at += sum(map(len, page(size, colour, order, at, tags, below))) + 4
    for index, (size, colour, tags) in enumerate(pages):
        below = (starts[1],) if nested and index == 0 and len(pages) > 1 else ()
        table, pixels = page(size, colour, order, starts[index], tags, below)
        follows = starts[index + 1] if not nested and index + 1 < len(pages) else 0
        data += table + struct.pack(order + "I", follows) + pixels
    return data


REDUCED = {254: (4, 1)}


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("nested", [False, True], ids=["chain", "below"])
@pytest.mark.parametrize("tags", [{}, REDUCED], ids=["unmarked", "reduced"])
def test_the_largest_page_is_the_picture(tags, nested, order):
    for pages in ([(PREVIEW, BLUE, tags), (PHOTO, RED, {})], [(PHOTO, RED, {}), (PREVIEW, BLUE, tags)]):
        original = rendered(tiff(pages, order, nested))["original"]
        assert (original.rendition.width, original.rendition.height) == PHOTO
        assert np.abs(original.pixels - RED).max() <= 4


def test_of_pages_as_large_the_first_is_the_picture():
    assert np.abs(rendered(tiff([(PHOTO, RED, {}), (PHOTO, BLUE, {})]))["thumb"].pixels - RED).max() <= 4


def test_of_a_tag_told_twice_the_first_counts():
    data = tiff([(PHOTO, RED, {}), ((PHOTO[0] - 1, PHOTO[1]), BLUE, {})])
    at = data.index(struct.pack("<HHI", 278, 3, 1))  # rows of a strip, which there need not be
    data = data[:at] + struct.pack("<HHIH", 256, 3, 1, 1) + data[at + 10 :]
    assert np.abs(rendered(data)["thumb"].pixels - RED).max() <= 4


@pytest.mark.parametrize("kind", [0, 14, 19, 1025])
def test_an_entry_of_no_known_type_tells_no_size(kind):
    data = tiff([(PHOTO, RED, {}), (PHOTO, BLUE, {})])
    for tag, told in ((256, (kind, 1, 255)), (278, (3, 1, PHOTO[0] - 1))):  # of the second page
        at = data.rindex(struct.pack("<HHI", tag, 3, 1))
        data = data[:at] + struct.pack("<HHII", 256, *told) + data[at + 12 :]
    assert np.abs(rendered(data)["thumb"].pixels - RED).max() <= 4


def test_a_mask_is_no_picture():
    pages = [(PREVIEW, RED, {}), (PHOTO, BLUE, {254: (4, 4)})]
    assert np.abs(rendered(tiff(pages))["thumb"].pixels - RED).max() <= 4


@pytest.mark.parametrize("kind", ["tiff_lzw", "tiff_adobe_deflate", "jpeg", None])
def test_the_largest_page_is_found_by_libtiff_too(kind):
    first, second = Image.new("RGB", PREVIEW, BLUE), Image.new("RGB", PHOTO, RED)
    data = encoded(first, "TIFF", save_all=True, append_images=[second], compression=kind)
    assert np.abs(rendered(data)["original"].pixels - RED).max() <= 6


@pytest.mark.parametrize(
    "tags",
    [{50_706: (4, 0x401)}, {262: (3, 32_803)}, {262: (3, 34_892)}, {259: (3, 34_713)}, {259: (3, 32_767)}],
    ids=["DNG", "mosaic", "linear", "NEF", "ARW"],
)
@pytest.mark.parametrize("nested", [False, True], ids=["chain", "below"])
def test_a_raw_photo_is_refused_by_name(nested, tags):
    with pytest.raises(NotAnImage, match="raw photo"):
        rendered(tiff([(PREVIEW, BLUE, REDUCED), (PHOTO, RED, tags)], ">", nested))


def test_a_raw_photo_of_canon_is_refused_by_name():
    data = tiff([(PREVIEW, BLUE, {})])
    with pytest.raises(NotAnImage, match="raw photo"):
        rendered(data[:4] + struct.pack("<I", 16) + b"CR\2\0" + bytes(4) + data[8:])


def test_pages_of_too_many_entries_are_refused():
    # Thirty directories of 4000 entries each, which lie over one another.
    data = bytearray(b"II*\0\x08\0\0\0" + bytes(60_000))
    for at in range(8, 8 + 30 * 8, 8):
        struct.pack_into("<H", data, at, 4000)
        struct.pack_into("<I", data, at + 2 + 12 * 4000, at + 8)
    with pytest.raises(ImageTooComplex, match="entries; at most 100000"):
        rendered(bytes(data))


def test_an_entry_of_too_many_values_is_refused():
    tags = struct.pack("<HHHII", 1, 273, 4, 10**6, 8) + bytes(4)
    with pytest.raises(ImageTooComplex, match="values"):
        rendered(b"II*\0\x08\0\0\0" + tags)
