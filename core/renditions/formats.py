"""Which bytes may meet which decoder: the allow-list, chosen by what the file starts with, never by a name.

Plugins are imported on first use, since most uploads need one. No other decoder of Pillow can be reached from
here, whatever the bytes say: its classes are called directly, not through the registry that holds them all.
"""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from PIL.ImageFile import ImageFile

from core.errors import NotAnImage
from core.renditions import gif, heif, png, tiff, unread, webp
from core.renditions.container import Container

Opener = Callable[[BinaryIO], ImageFile]


@dataclass(frozen=True, slots=True)
class Format:
    """A format for people; `read` walks its container, `opener` gives the class that reads its header.

    `full_chroma` is whether such files keep colour as sharp as brightness, so that a JPEG made of one should too.
    """

    name: str
    read: Callable[[bytes], Container]
    opener: Callable[[], Opener]
    full_chroma: bool = False


def sniff(head: bytes) -> Format:
    """The format that the first 1024 bytes of a file announce; NotAnImage, which names it, when it is none of ours."""
    for start, found in _STARTS:
        if head.startswith(start):
            return found
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return WEBP
    if head[4:8] == b"ftyp" and (shared := _sniff_brands(head[:64])):
        return shared
    known = unread.name(head)
    what = f"The file is {known}, which is not read" if known else "The file is of no kind that is read"
    raise NotAnImage(f"{what}; JPEG, PNG, WebP, GIF, AVIF, HEIC, TIFF and BMP are.")


def _sniff_brands(head: bytes) -> Format | None:
    """AVIF and HEIC share a container: its major brand tells, and where that is neutral a compatible one."""
    end = min(int.from_bytes(head[:4]), len(head))
    for brand in (head[8:12], *(head[i : i + 4] for i in range(16, end - 3, 4))):
        if brand in (b"avif", b"avis"):
            return AVIF
        if brand in (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"):
            return HEIC
    return HEIC if head[8:12] in (b"mif1", b"msf1") else None


def _jpeg() -> Opener:
    from PIL.JpegImagePlugin import JpegImageFile  # the class, not its factory, which may answer with an MPO

    return JpegImageFile


def _png() -> Opener:
    from PIL.PngImagePlugin import PngImageFile

    return PngImageFile


def _gif() -> Opener:
    from PIL.GifImagePlugin import GifImageFile

    return GifImageFile


def _bmp() -> Opener:
    from PIL.BmpImagePlugin import BmpImageFile

    return BmpImageFile


def _tiff() -> Opener:
    from PIL.TiffImagePlugin import TiffImageFile

    return TiffImageFile


def _webp() -> Opener:
    from PIL.WebPImagePlugin import WebPImageFile

    return WebPImageFile


def _avif() -> Opener:
    from PIL.AvifImagePlugin import AvifImageFile

    return AvifImageFile


def _heic() -> Opener:
    try:
        from pillow_heif import HeifImageFile
    except ImportError:
        raise NotAnImage("HEIC is not installed on this server; it reads JPEG, PNG, WebP and AVIF.") from None
    opener: Opener = HeifImageFile
    return opener


def preload() -> None:
    """Import every decoder, the encoder and colour management now, so that no picture opens a file or imports later."""
    from PIL import Image, ImageCms  # noqa: F401  # loading it is the point

    Image.preinit()
    for found in (JPEG, PNG, WEBP, GIF, AVIF, HEIC, TIFF, BMP):
        with contextlib.suppress(NotAnImage):  # pillow-heif need not be installed
            found.opener()


JPEG = Format("JPEG", Container, _jpeg)
PNG = Format("PNG", png.read, _png, full_chroma=True)
WEBP = Format("WebP", webp.read, _webp)
GIF = Format("GIF", gif.read, _gif, full_chroma=True)
AVIF = Format("AVIF", heif.read, _avif)
HEIC = Format("HEIC", heif.read, _heic)
TIFF = Format("TIFF", tiff.read, _tiff, full_chroma=True)
BMP = Format("BMP", Container, _bmp, full_chroma=True)
_STARTS = (
    (b"\xff\xd8\xff", JPEG),
    (png.SIGNATURE, PNG),
    (b"GIF87a", GIF),
    (b"GIF89a", GIF),
    (b"BM", BMP),
    (b"II*\0", TIFF),
    (b"MM\0*", TIFF),
    (b"II+\0", TIFF),
    (b"MM\0+", TIFF),
)
