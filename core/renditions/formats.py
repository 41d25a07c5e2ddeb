"""Which decoder may read which bytes: the allow-list, chosen by the file's first bytes, never by a name.

Plugins are imported on first use, since most uploads need only one. No other decoder of Pillow can be reached,
whatever the bytes say: the classes are called directly, not through the registry that holds all of them.
"""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import BinaryIO

from PIL.ImageFile import ImageFile

from core.errors import NotAnImage
from core.renditions import gif, heif, png, tiff, unread, webp
from core.renditions.container import Container

Opener = Callable[[BinaryIO], ImageFile]


@dataclass(frozen=True, slots=True)
class Format:
    """A format, with a name for people; `read` walks its container, `opener` returns the class that reads its header.

    `full_chroma` says whether such files keep colour as sharp as brightness; if so, a JPEG made from one should too.
    """

    name: str
    read: Callable[[bytes], Container]
    opener: Callable[[], Opener]
    full_chroma: bool = False


def sniff(head: bytes) -> Format:
    """The format that the first 1024 bytes of a file announce; raises NotAnImage, which names the format if known."""
    for start, found in _STARTS:
        if head.startswith(start):
            return found
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return WEBP
    if head[4:8] == b"ftyp" and (shared := _sniff_brands(head[:64])):
        return shared
    known = unread.name(head)
    what = f"The file is {known}, which is not read" if known else "The file is of no kind that is read"
    *others, last = (found.name for found in FORMATS)
    raise NotAnImage(f"{what}; {', '.join(others)} and {last} are.")


def _sniff_brands(head: bytes) -> Format | None:
    """AVIF and HEIC share a container: the major brand says which it is, or if that is neutral, a compatible brand."""
    end = min(int.from_bytes(head[:4]), len(head))
    for brand in (head[8:12], *(head[i : i + 4] for i in range(16, end - 3, 4))):
        if brand in (b"avif", b"avis"):
            return AVIF
        if brand in (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"):
            return HEIC
    return HEIC if head[8:12] in (b"mif1", b"msf1") else None


def _pillow(name: str) -> Callable[[], Opener]:
    """Imports the class of a plugin of Pillow's: for a JPEG not its factory, which may return an MPO."""
    return lambda: getattr(import_module(f"PIL.{name}ImagePlugin"), f"{name}ImageFile")


def _heic() -> Opener:
    try:
        from pillow_heif import HeifImageFile
    except ImportError:
        raise NotAnImage("HEIC is not installed on this server; it reads JPEG, PNG, WebP and AVIF.") from None
    opener: Opener = HeifImageFile
    return opener


def preload() -> None:
    """Imports every decoder, the encoder and colour management now, so that no picture opens files or imports later."""
    from PIL import Image, ImageCms  # noqa: F401  # imported only to load it

    Image.preinit()
    for found in FORMATS:
        with contextlib.suppress(NotAnImage):  # pillow-heif need not be installed
            found.opener()


JPEG = Format("JPEG", Container, _pillow("Jpeg"))
PNG = Format("PNG", png.read, _pillow("Png"), full_chroma=True)
WEBP = Format("WebP", webp.read, _pillow("WebP"))
GIF = Format("GIF", gif.read, _pillow("Gif"), full_chroma=True)
AVIF = Format("AVIF", heif.read, _pillow("Avif"))
HEIC = Format("HEIC", heif.read, _heic)
TIFF = Format("TIFF", tiff.read, _pillow("Tiff"), full_chroma=True)
BMP = Format("BMP", Container, _pillow("Bmp"), full_chroma=True)
FORMATS = (JPEG, PNG, WEBP, GIF, AVIF, HEIC, TIFF, BMP)
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
