"""What a walk over a file's container finds before any decoder runs, and how much the walk may inflate.

The walk splits a container into the picture alone, as a smaller file of the same format for the decoder, and the
metadata that changes how it looks. The rest is neither decoded nor passed on, so damage in it does no harm. Formats
whose walk would be as long as a decoder (AVIF, HEIC, TIFF, BMP) are passed on whole.
"""

import zlib
from dataclasses import dataclass

from core.errors import ImageTooComplex
from core.renditions.numbers import Colours

MAX_INFLATED = 8_000_000  # bytes of all inflated metadata of one file; photos' profiles and texts are far below 4 MB


@dataclass(slots=True)
class Container:
    """`picture` is the decoder's input; width and height are 0 where only the decoder can read them."""

    picture: bytes
    width: int = 0
    height: int = 0
    frames: int = 1
    icc: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    part: tuple[int, int, int, int] | None = None  # the part of the canvas that the first frame covers, if not all
    colours: Colours | None = None  # used where there is no profile


class Damaged(ValueError):
    """The bytes are not one whole file of their format; the message says where they go wrong."""


class Inflater:
    """Inflates the compressed metadata of one file, up to MAX_INFLATED bytes in total."""

    def __init__(self) -> None:
        self._left = MAX_INFLATED

    def __call__(self, compressed: bytes) -> bytes | None:
        """The inflated bytes; None when the input is damaged, ImageTooComplex when it is a bomb."""
        inflate = zlib.decompressobj()
        try:
            data = inflate.decompress(compressed, self._left + 1)
        except zlib.error:
            return None
        if len(data) > self._left:
            raise ImageTooComplex(
                f"Its compressed metadata unfolds to more than {MAX_INFLATED} bytes.", limit=MAX_INFLATED
            )
        self._left -= len(data)
        return data
