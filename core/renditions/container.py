"""What a walk over a file's container finds, before any decoder is involved; and how much it may inflate.

A container is split into the picture alone, as a smaller file of the same format for the decoder, and the kinds of
metadata that change how it looks. The rest is neither decoded nor passed on, so damage in it does no harm. Formats
whose walk would be as long as a decoder (AVIF, HEIC, TIFF, BMP) are passed on whole.
"""

import zlib
from dataclasses import dataclass

from core.errors import TooComplex
from core.renditions.numbers import Told

MAX_INFLATED = 8_000_000  # of all compressed metadata of one file; profiles and texts of photos are far below 4 MB


@dataclass(slots=True)
class Container:
    """`picture` is what the decoder gets; width and height are 0 where only the decoder's header reader knows."""

    picture: bytes
    width: int = 0
    height: int = 0
    frames: int = 1
    scans: int = 1
    icc: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    part: tuple[int, int, int, int] | None = None  # of the canvas that the first frame covers, where it is not all
    told: Told | None = None  # colours by numbers, for where there is no profile


class Damaged(ValueError):
    """The bytes are not one whole file of their format; the message says where it goes wrong."""


class Inflater:
    """Inflates the compressed metadata of one file, all of it together up to MAX_INFLATED bytes."""

    def __init__(self) -> None:
        self._left = MAX_INFLATED

    def __call__(self, compressed: bytes) -> bytes | None:
        """The inflated bytes; None when they are damaged, TooComplex when they are a bomb."""
        inflate = zlib.decompressobj()
        try:
            data = inflate.decompress(compressed, self._left + 1)
        except zlib.error:
            return None
        if len(data) > self._left:
            raise TooComplex(f"Its compressed metadata unfolds to more than {MAX_INFLATED} bytes.", limit=MAX_INFLATED)
        self._left -= len(data)
        return data
