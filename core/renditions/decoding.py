"""Compressed bytes -> an open, checked picture -> pixels; only here are a decoder's exceptions the file's fault.

A JPEG is decoded from its rebuilt bytes. So a kept original stores exactly what was decoded, and neither damaged
metadata nor anything else in the file reaches the decoder. A JPEG that the walk does not understand to its end is
decoded from its own bytes, and never kept. The decoder determines whether a picture is whole.
"""

import contextlib
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import cast

from PIL import ImageChops
from PIL.Image import Image, new
from PIL.ImageFile import ImageFile

from core import jpeg
from core.errors import CorruptImage, ImageTooComplex, NotAnImage, RejectedImage
from core.renditions import colour, cost, exif, formats, limits, parallel, profile, scan
from core.renditions.container import Damaged
from core.renditions.scaling import Box, draft_factor, whole
from core.settings import Limits
from core.sizes import Size

_READ_FRAMES = {
    jpeg.BASELINE,
    jpeg.EXTENDED,
    jpeg.PROGRESSIVE,
    jpeg.ARITHMETIC,
    jpeg.ARITHMETIC_PROGRESSIVE,
}
_LAST = 16  # last bytes of a scan that a decoder receives separately, to see whether it needs them


@dataclass(slots=True)
class Picture:
    """An open, checked picture, its pixels not yet decoded. `scan` is a clean JPEG that may be stored unchanged."""

    image: ImageFile
    profile: profile.Profile | None
    orientation: int  # how to turn it, as EXIF numbers it
    source: io.BytesIO  # what the decoder reads
    scan: bytes | None = None
    parsed: jpeg.Jpeg | None = None
    full_chroma: bool = False
    taken_at: str | None = None
    part: tuple[int, int, int, int] | None = None  # the part of the canvas that the picture covers, if not all
    factor: int = 1  # a kept scan may be shrunk by it while it is decoded

    @property
    def is_ycc(self) -> bool:
        """Whether it is a JPEG that stores YCbCr."""
        return self.parsed is not None and self.parsed.is_ycc

    @property
    def is_turned(self) -> bool:
        return self.orientation != exif.UPRIGHT

    @property
    def is_converted(self) -> bool:
        """Whether a second picture of the same size is needed, as when the original cannot keep its profile."""
        complete = self.parsed is None or self.parsed.ended  # if not, the picture is decoded twice
        return not complete or (self.profile is not None and not self.profile.is_srgb and self.profile.kept is None)


def open_picture(data: bytes, allowed: Limits, sizes: Iterable[Size] = (), keep: bool = True) -> Picture:
    """Opens a whole file and checks it by its headers; RejectedImage says what is wrong.

    With `keep` a scan may be stored, and only as much is decoded as `sizes` need.
    """
    found = formats.sniff(data[:1024])
    if found is formats.JPEG:
        return _open_jpeg(data, allowed, sizes, keep)
    opener = found.opener()
    try:
        container = found.read(data)
    except Damaged as error:
        raise CorruptImage(f"The {found.name} file is damaged: {error}.") from error
    limits.check_size(container.width, container.height)
    limits.check("frames", container.frames)
    pixels = container.width * container.height  # 0 where only the decoder can tell
    limits.check_memory(cost.of_pixels(found.name, "L", pixels, False, False, len(data)), len(data), allowed)
    source = io.BytesIO(container.picture)
    with blaming_the_file(found.name):
        image = opener(source)
        icc = container.icc or image.info.get("icc_profile")
        block = container.exif or image.info.get("exif")
        orientation = exif.orientation(block, container.xmp)
        taken_at = exif.taken_at(block or data)  # a TIFF is a block
        frames = getattr(image, "n_frames", 1) if found in (formats.AVIF, formats.HEIC) else 1
    limits.check_size(*image.size)
    limits.check("frames", frames)
    usable = profile.usable(icc, colour.working_mode(image.mode), container.colours)
    picture = Picture(image, usable, orientation, source, full_chroma=found.full_chroma, taken_at=taken_at)
    picture.part = container.part
    pixels = image.width * image.height
    needed = cost.of_pixels(found.name, image.mode, pixels, picture.is_turned, picture.is_converted, len(data))
    limits.check_memory(needed, len(data), allowed, cost.of_sizes(sizes, *image.size))
    return picture


def _open_jpeg(data: bytes, allowed: Limits, sizes: Iterable[Size], keep: bool) -> Picture:
    try:
        parsed = jpeg.parse(data)
        _check_kind(parsed)
        limits.check_size(parsed.width, parsed.height)
        arithmetic = parsed.frame in (jpeg.ARITHMETIC, jpeg.ARITHMETIC_PROGRESSIVE)
        limits.check_scans(parsed.scans, parsed.width * parsed.height, arithmetic)
        usable = profile.usable(parsed.icc, {1: "L", 3: "RGB"}.get(len(parsed.components), "CMYK"))
        clean = scan.rebuilt(parsed, usable.kept if usable else None) if parsed.understood else data
    except jpeg.Malformed as error:
        raise CorruptImage(f"The JPEG file is damaged: {error}.") from error
    source = io.BytesIO(clean)
    with blaming_the_file("JPEG"):
        image = formats.JPEG.opener()(source)
    orientation = exif.orientation(parsed.exif, parsed.xmp)
    plain = keep and parsed.understood and parsed.ended and parsed.scan_is_common and orientation == exif.UPRIGHT
    keeps = plain and (usable is None or usable.kept is not None)
    # The decoder reads it in one piece, since it is in memory already, except the end of a scan that may be kept.
    image.decodermaxblock = len(clean) - (_LAST if keeps and parsed.is_sequential else 0)
    sharp = len(set(parsed.sampling)) == 1  # chroma has as many samples as luma
    taken_at = exif.taken_at(parsed.exif)
    picture = Picture(image, usable, orientation, source, clean if keeps else None, parsed, sharp, taken_at)
    if keeps:
        picture.factor = draft_factor(*image.size, sizes)
        needed = cost.of_kept(parsed, picture.factor, len(data))
    else:
        needed = cost.of_jpeg(parsed, picture.is_turned, picture.is_converted, len(data))
    limits.check_memory(needed, len(data), allowed, cost.of_sizes(sizes, *image.size))
    return picture


def _check_kind(parsed: jpeg.Jpeg) -> None:
    """Raises NotAnImage for the kinds of JPEG that no browser shows and the decoder does not read."""
    if parsed.frame not in _READ_FRAMES:
        raise NotAnImage("The file is a lossless or hierarchical JPEG, a kind that is not read.")
    if parsed.precision != 8:
        raise NotAnImage(f"The file is a JPEG of {parsed.precision} bits, a kind that is not read; 8 bits are.")


def load(picture: Picture) -> Image:
    """Decodes all pixels, and removes the image from `picture`; raises CorruptImage when the decoder fails."""
    if picture.is_ycc:
        picture.image.draft("YCbCr", None)  # it will be stored as YCbCr again, so RGB would be a detour
    image = _decoded(picture.image)
    del picture.image
    if picture.part:  # the rest becomes white; the decoder would fill it with a colour of the palette
        shown = image.convert("RGBA").crop(picture.part)
        image = new("RGB", image.size, "white")
        image.paste(shown, picture.part, shown)
    data = picture.source.getvalue()
    if picture.parsed and data.endswith(scan.PADDING):
        # Another padding changes the pixels only if a part of the picture is missing and the decoder invented it.
        with blaming_the_file("JPEG"):
            other = formats.JPEG.opener()(io.BytesIO(data.removesuffix(scan.PADDING) + scan.OTHER_PADDING))
            other.draft(image.mode, None)
            if ImageChops.difference(image, _decoded(other)).getbbox():
                raise CorruptImage("The JPEG file is cut off.")
    return image


def load_small(picture: Picture) -> tuple[Image, Box]:
    """Decodes a JPEG shrunk by its factor; returns the pixels and the box that holds them.

    Removes `scan` from the picture if the scan turns out to hold more than a picture.
    """
    image, parsed = picture.image, cast("jpeg.Jpeg", picture.parsed)
    small = image.width // picture.factor, image.height // picture.factor
    drafted = image.draft("YCbCr" if picture.is_ycc else None, small)
    with parallel.beside(lambda: scan.looks_foreign(parsed)) as foreign:
        _decoded(image)
    # If a decoder finishes without the last bytes, some of the bytes are not the picture's.
    done_early = parsed.is_sequential and picture.source.tell() < len(picture.scan or b"")
    if foreign.result() or done_early:
        picture.scan = None
    return image, drafted[1] if drafted else whole(image)


def _decoded(image: ImageFile) -> Image:
    with blaming_the_file(image.format or "image"):
        image.load()
    if image.mode not in colour.MODES:
        raise NotAnImage(f"The image has pixels of a kind that is not read: {image.mode}.")
    if image.mode in ("P", "PA") and image.palette is None:
        raise CorruptImage("The image names colours of a palette that is not there.")
    if image.format == "BMP" and image.mode == "RGBA" and image.getchannel("A").getextrema() == (0, 0):
        return image.convert("RGB")  # the fourth byte has no meaning, as with most writers
    return image


@contextlib.contextmanager
def blaming_the_file(name: str) -> Iterator[None]:
    """Turns whatever a decoder raises on a client's bytes into a RejectedImage. Wrap decoder calls only."""
    try:
        yield
    except RejectedImage:
        raise
    except MemoryError as error:
        raise ImageTooComplex(f"The {name} file asks for more memory than it may have.") from error
    except Exception as error:  # there is no list of what decoders raise: ValueError, KeyError, struct.error...
        raise CorruptImage(f"The {name} file is damaged or cut off.") from error
