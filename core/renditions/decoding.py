"""Compressed bytes -> an open picture -> pixels; here alone a decoder's exceptions are the file's fault.

A JPEG is decoded from its cleaned bytes, so what a kept original stores is what was decoded, damage
in its metadata never reaches a decoder, and a decoder never sees what else was in the file.
"""

import contextlib
import io
from collections.abc import Iterator
from dataclasses import dataclass

from PIL.ImageFile import ImageFile

from core import jpeg
from core.errors import CorruptImage, RejectedImage, TooComplex
from core.renditions import colour, formats, limits
from core.settings import Limits

ORIENTATION = 0x0112


@dataclass(slots=True)
class Picture:
    """An open, checked, not yet decoded picture. `scan` is the clean JPEG to keep as the original, if it may be."""

    image: ImageFile
    profile: bytes | None  # one that can be used, or None
    orientation: int  # EXIF: 1 to 8
    scan: bytes | None = None


def open_picture(data: bytes, allowed: Limits) -> Picture:
    """Open and check a whole file from its headers; RejectedImage says why not."""
    name = formats.sniff(data[:64])
    if name == "JPEG":
        return _open_jpeg(data, allowed)
    open_file = formats.opener(name)
    with blaming_the_file(name):
        image = open_file(io.BytesIO(data))
    limits.check_size(*image.size, allowed)
    limits.check_frames(getattr(image, "n_frames", 1) if name in ("WebP", "AVIF", "HEIC") else 1)
    return Picture(image, colour.usable_profile(image.info.get("icc_profile"), image.mode), _orientation(image))


def _open_jpeg(data: bytes, allowed: Limits) -> Picture:
    try:
        parsed = jpeg.parse(data)
    except jpeg.Malformed as error:
        raise CorruptImage(f"The JPEG is damaged: {error}.") from error
    limits.check_size(parsed.width, parsed.height, allowed)
    limits.check_scans(parsed.scans)
    mode = {1: "L", 3: "RGB"}.get(len(parsed.components), "CMYK")
    profile = colour.usable_profile(parsed.icc, mode)
    clean = parsed.clean(profile)
    with blaming_the_file("JPEG"):
        image = formats.opener("JPEG")(io.BytesIO(clean))
    image.info |= {name: value for name, value in (("exif", parsed.exif), ("xmp", parsed.xmp)) if value}
    orientation = _orientation(image)
    return Picture(image, profile, orientation, clean if parsed.scan_is_common and orientation == 1 else None)


def load(image: ImageFile) -> None:
    """Decode the pixels; CorruptImage when the decoder refuses."""
    with blaming_the_file(image.format or "image"):
        image.load()


@contextlib.contextmanager
def blaming_the_file(name: str) -> Iterator[None]:
    """Whatever a decoder raises on bytes that came from a client is the client's. Wrap decoder calls only."""
    try:
        yield
    except RejectedImage:
        raise
    except MemoryError as error:
        raise TooComplex(f"The {name} file asks for more memory than it may have.") from error
    except Exception as error:  # there is no list of what decoders raise: ValueError, KeyError, struct.error...
        raise CorruptImage(f"The {name} file is damaged or cut off.") from error


def _orientation(image: ImageFile) -> int:
    """1 to 8; anything broken or unheard of counts as upright."""
    try:
        value = image.getexif().get(ORIENTATION, 1)
    except Exception:  # damage in metadata is no damage
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1
