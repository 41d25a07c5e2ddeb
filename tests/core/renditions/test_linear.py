"""The time of every loop and expression over a client's bytes grows with their number, and no faster."""

import contextlib
import io
import struct
import time
import zlib

import pytest
from pngs import chunk, png

from core import jpeg
from core.errors import RejectedImage
from core.renditions import exif, gif, heif, icc, scan, tiff, webp
from core.renditions import png as png_reader

FRAME = b"\xff\xc0\0\x0b\x08\0\x10\0\x10\1\1\x11\0"
SCAN = b"\xff\xda\0\x08\1\1\0\0\x3f\0"


def jpeg_of(entropy, before=b"", end=jpeg.EOI):
    return jpeg.SOI + before + FRAME + SCAN + entropy + end


def raw_profile(text):
    return png([1, 2, 3], 1, 8, 2, extra=chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(text)))


def riff(chunks):
    return b"RIFF" + struct.pack("<I", len(chunks) + 4) + b"WEBP" + chunks


def boxes(size):
    return b"\0\0\0\x0cftypheic" + b"\0\0\0\x08free" * size


def ifds(size):
    return b"II*\0\x08\0\0\0" + b"".join(struct.pack("<HI", 0, 8 + 6 * n) for n in range(1, size))


READERS = {
    "spaces in a raw profile": (png_reader.read, lambda n: raw_profile(b"exif 1" + b" " * n), 20_000),
    "digits in a raw profile": (png_reader.read, lambda n: raw_profile(b"exif 1 " + b"ab" * n), 20_000),
    "words in a raw profile": (png_reader.read, lambda n: raw_profile(b"exif " * n + b"!"), 20_000),
    "chunks": (png_reader.read, lambda n: png([1, 2, 3], 1, 8, 2, extra=chunk(b"tEXt", b"a\0") * n), 100),
    "fill bytes": (jpeg.parse, lambda n: jpeg_of(b"", before=b"\xff" * n), 40_000),
    "fill bytes in a scan": (jpeg.parse, lambda n: jpeg_of(b"\xff" * n + b"\0"), 40_000),
    "fill bytes at the end": (jpeg.parse, lambda n: jpeg_of(b"\xff" * n, end=b""), 40_000),
    "restarts": (jpeg.parse, lambda n: jpeg_of(b"\xff\xd0" * n), 40_000),
    "zeros": (jpeg.parse, lambda n: jpeg_of(b"", before=bytes(n)), 100_000),
    "segments": (jpeg.parse, lambda n: jpeg_of(b"", before=b"\xff\xfe\0\2" * n), 150),
    "restarts at an end": (
        lambda data: scan.rebuilt(jpeg.parse(data)),
        lambda n: jpeg_of(b"\xff\xd0" * n + b"\1", before=b"\xff\xdd\0\4\0\1", end=b""),
        40_000,
    ),
    "markup": (lambda data: scan.looks_foreign(jpeg.parse(data)), lambda n: jpeg_of(b"<?=<scrip" * n), 2500),
    "letters": (lambda data: scan.looks_foreign(jpeg.parse(data)), lambda n: jpeg_of(b"PK%PDPKPKP" * n), 2500),
    "dimensions": (lambda data: jpeg.dimensions(io.BytesIO(data)), lambda n: jpeg.SOI + b"\xff" * n + FRAME[1:], 500),
    "sub-blocks": (gif.read, lambda n: b"GIF89a\1\0\1\0\0\0\0,\0\0\0\0\1\0\1\0\0\2" + b"\1\1" * n + b"\0;", 500),
    "extensions": (gif.read, lambda n: b"GIF89a\1\0\1\0\0\0\0" + b"!\xf9\1\0\0" * n, 250),
    "riff": (webp.read, lambda n: riff(b"junk\0\0\0\0" * n), 100),
    "boxes": (heif.read, boxes, 100),
    "pages": (tiff.read, ifds, 25),
    "entries": (
        lambda data: exif.orientation(data, None),
        lambda n: b"II*\0\x08\0\0\0\xff\xff" + bytes(12 * n),
        10_000,
    ),
    "packet": (lambda data: exif.orientation(None, data), lambda n: b"tiff:Orientation=" * n, 10_000),
    "tags": (icc.reduced, lambda n: bytes(16) + b"RGB " + bytes(16) + b"acsp" + b"\xff" * n, 10_000),
}


def seconds(read, data):
    """Its processor time."""
    begun = time.process_time()
    with contextlib.suppress(ValueError, RejectedImage):
        read(data)
    return time.process_time() - begun


@pytest.mark.parametrize(("read", "made", "size"), READERS.values(), ids=READERS)
def test_time_grows_with_the_bytes_alone(read, made, size):
    small, large, huge = (made(size * times) for times in (1, 10, 100))
    # A hundred would be squared, ten is linear; caches and timers are worth a factor of two.
    least, longer = (min(seconds(read, data) for _ in range(3)) for data in (small, large))
    assert any(seconds(read, huge) < 30 * max(longer, 10 * least, 1e-4) for _ in range(3))
