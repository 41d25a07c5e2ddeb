"""Which bytes may meet which decoder: the allow-list, chosen by what the file starts with.

A format is its name for people and a function that opens a binary file with one Pillow class. No other decoder of
Pillow can be reached from here, whatever the bytes say. Plugins are imported on first use: most uploads need one.
"""

from collections.abc import Callable
from typing import BinaryIO

from PIL.ImageFile import ImageFile

from core.errors import NotAnImage

Opener = Callable[[BinaryIO], ImageFile]


def sniff(head: bytes) -> str:
    """The format that the first 64 bytes of a file announce; NotAnImage when it is none of ours."""
    for name, start in _STARTS:
        if head.startswith(start):
            return name
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WebP"
    if head[4:8] == b"ftyp":
        return _sniff_brands(head)
    raise NotAnImage(f"The file is none of {', '.join(_OPENERS)}.")


def opener(name: str) -> Opener:
    """What opens a file of this format, headers only; NotAnImage where its decoder is not installed."""
    return _OPENERS[name]()


_STARTS = (
    ("JPEG", b"\xff\xd8\xff"),
    ("PNG", b"\x89PNG\r\n\x1a\n"),
    ("GIF", b"GIF87a"),
    ("GIF", b"GIF89a"),
    ("BMP", b"BM"),
    ("TIFF", b"II*\0"),
    ("TIFF", b"MM\0*"),
    ("TIFF", b"II+\0"),
    ("TIFF", b"MM\0+"),
)


def _sniff_brands(head: bytes) -> str:
    """AVIF and HEIC share a container: its major brand tells, and where that is neutral a compatible one."""
    end = min(int.from_bytes(head[:4]), len(head))
    brands = [head[8:12], *(head[i : i + 4] for i in range(16, end - 3, 4))]
    for brand in brands:
        if brand in (b"avif", b"avis"):
            return "AVIF"
        if brand in (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"):
            return "HEIC"
    if brands[0] in (b"mif1", b"msf1"):
        return "HEIC"
    raise NotAnImage(f"The file is none of {', '.join(_OPENERS)}.")


def _jpeg() -> Opener:
    from PIL.JpegImagePlugin import JpegImageFile  # its class, not its factory, which may answer with an MPO

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
        from pillow_heif import HeifImageFile, options
    except ImportError:
        raise NotAnImage("HEIC is not installed on this server; JPEG, PNG, WebP and AVIF are read.") from None
    options.THUMBNAILS = options.DEPTH_IMAGES = options.AUX_IMAGES = False
    return HeifImageFile


_OPENERS: dict[str, Callable[[], Opener]] = {
    "JPEG": _jpeg,
    "PNG": _png,
    "WebP": _webp,
    "GIF": _gif,
    "AVIF": _avif,
    "HEIC": _heic,
    "TIFF": _tiff,
    "BMP": _bmp,
}
