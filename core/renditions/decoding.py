"""Compressed bytes -> an open, checked picture -> pixels; here alone a decoder's exceptions are the file's fault.

A JPEG is decoded from its cleaned bytes: what a kept original stores is what was decoded, damage in
metadata never reaches a decoder, and a decoder never sees what else was in the file. One that the walk does
not understand to its end is decoded from its own bytes, and never kept.
"""

import contextlib
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from PIL.ImageFile import ImageFile

from core import jpeg
from core.errors import CorruptImage, RejectedImage, TooComplex
from core.renditions import colour, exif, formats, limits, profile
from core.renditions.container import Damaged
from core.renditions.scaling import Box, draft_factor, whole
from core.settings import Limits
from core.sizes import Size


@dataclass(slots=True)
class Picture:
    """Open and checked, its pixels not yet decoded. `scan` is a clean JPEG that may be stored as it is."""

    image: ImageFile
    profile: profile.Profile | None
    orientation: int  # how to turn it, as EXIF numbers it
    scan: bytes | None = None
    is_ycc: bool = False  # a JPEG that stores YCbCr
    full_chroma: bool = False
    taken_at: str | None = None


def open_picture(data: bytes, allowed: Limits) -> Picture:
    """Open and check a whole file by its headers; RejectedImage says why not."""
    found = formats.sniff(data[:64])
    if found is formats.JPEG:
        return _open_jpeg(data, allowed)
    opener = found.opener()
    try:
        container = found.read(data)
    except Damaged as error:
        raise CorruptImage(f"The {found.name} file is damaged: {error}.") from error
    limits.check_size(container.width, container.height, allowed)
    limits.check_frames(container.frames)
    with blaming_the_file(found.name):
        image = opener(io.BytesIO(container.picture))
        icc = container.icc or image.info.get("icc_profile")
        block = container.exif or image.info.get("exif")
        turned, taken_at = exif.orientation(block, container.xmp), exif.taken_at(block or data)  # a TIFF is a block
        frames = getattr(image, "n_frames", 1) if found in (formats.AVIF, formats.HEIC) else 1
    limits.check_size(*image.size, allowed)
    limits.check_frames(frames)
    usable = profile.usable(icc, colour.working_mode(image.mode))
    return Picture(image, usable, turned, full_chroma=found.full_chroma, taken_at=taken_at)


def _open_jpeg(data: bytes, allowed: Limits) -> Picture:
    try:
        parsed = jpeg.parse(data)
    except jpeg.Malformed as error:
        raise CorruptImage(f"The JPEG file is damaged: {error}.") from error
    limits.check_size(parsed.width, parsed.height, allowed)
    limits.check_scans(parsed.scans)
    usable = profile.usable(parsed.icc, {1: "L", 3: "RGB"}.get(len(parsed.components), "CMYK"))
    clean = parsed.clean(usable.data if usable else None) if parsed.understood else data
    opener = formats.JPEG.opener()
    with blaming_the_file("JPEG"):
        image = opener(io.BytesIO(clean))
    image.decodermaxblock = len(clean)  # all of it at once: it lies in memory already
    turned = exif.orientation(parsed.exif, parsed.xmp)
    keeps = parsed.understood and parsed.scan_is_common and turned == exif.UPRIGHT
    scan = clean if keeps else None
    return Picture(image, usable, turned, scan, parsed.is_ycc, taken_at=exif.taken_at(parsed.exif))


def load(picture: Picture) -> ImageFile:
    """All the pixels; CorruptImage when the decoder refuses."""
    if picture.is_ycc and (picture.profile is None or picture.profile.is_srgb):
        picture.image.draft("YCbCr", None)  # it will be stored as YCbCr again: RGB would be a detour
    return _decoded(picture.image)


def load_small(picture: Picture, sizes: Iterable[Size]) -> tuple[ImageFile, Box]:
    """A JPEG's pixels, shrunk while decoding as far as `sizes` allow, and the box that holds them."""
    image = picture.image
    factor = draft_factor(*image.size, sizes)
    drafted = image.draft("YCbCr" if picture.is_ycc else None, (image.width // factor, image.height // factor))
    return _decoded(image), drafted[1] if drafted else whole(image)


def _decoded(image: ImageFile) -> ImageFile:
    with blaming_the_file(image.format or "image"):
        image.load()
    if image.mode in ("P", "PA") and image.palette is None:
        raise CorruptImage("The image names colours of a palette that is not there.")
    return image


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
