"""Rejects pictures by their header alone, before a pixel is decoded: by sides and pixels, memory, and work."""

from core.errors import ImageTooComplex, SideTooLong, TooManyPixels
from core.settings import Limits

MAX_SIDE = 65_500  # libjpeg's own limit, a little below the format's
MAX_PIXELS = 250_000_000  # some seconds of work in any format, however little memory that needs
MOST = {  # parts of one file, each of which costs time; the refusal names them so
    "scans": 32,  # encoders write about 12; each scan of a progressive JPEG processes the whole picture again
    "pixels over all its scans": 4_000_000_000,  # 12 scans of the largest picture, and about three seconds
    "frames": 10_000,  # only the first is decoded, but a file that claims more is an attack
    "chunks": 50_000,  # an encoder writes a PNG of 100 MB in some 12,000; each costs the walk and the decoder time
    "sub-blocks": 1_000_000,  # of a GIF; one of 100 MB has 400,000, since each is full but the last of a frame
    "entries in a page": 4096,  # of a TIFF, which usually has a few dozen; each costs the decoder's library time
    "entries": 100_000,  # of all pages
    "values in an entry": 300_000,  # a strip a row, in four planes, at 65,500 rows; each becomes a Python number
}
ARITHMETIC = 10  # times the cost of Huffman coding, if a scan holds almost nothing
FREE = 128 << 20  # bytes of memory that any file may ask for
WORTH = 16_384  # bytes of memory that each byte of a file may ask for; a blank page takes 10,000 as a GIF or a WebP


def check_size(width: int, height: int) -> None:
    """Raises SideTooLong or TooManyPixels for a picture above the fixed limits, whatever it costs."""
    if max(width, height) > MAX_SIDE:
        raise SideTooLong(f"The image is {width} x {height} pixels; a side may be at most {MAX_SIDE}.", limit=MAX_SIDE)
    if width * height > MAX_PIXELS:
        raise TooManyPixels(f"The image has {width * height} pixels; at most {MAX_PIXELS} are taken.", limit=MAX_PIXELS)


def check_memory(needed: int, file_bytes: int, allowed: Limits, own_sizes: int = 0) -> None:
    """Raises TooManyPixels if a decode needs more memory than is allowed, ImageTooComplex if its file is not worth it.

    `own_sizes` is the memory for the configured sizes, which does not count against the file.
    """
    total = needed + own_sizes
    if total > allowed.decode_memory:
        raise TooManyPixels(
            f"To decode the image would take {_mib(total)} MiB of memory; {_mib(allowed.decode_memory)} are allowed.",
            needed=total,
            limit=allowed.decode_memory,
        )
    if needed > FREE + file_bytes * WORTH:
        raise ImageTooComplex(
            f"To decode the image would take {_mib(needed)} MiB of memory, too much for a file of {file_bytes} bytes."
        )


def check_scans(scans: int, pixels: int, arithmetic: bool) -> None:
    """Raises ImageTooComplex for a JPEG with more scans than any encoder writes, or too many pixels over all scans."""
    check("scans", scans)
    check("pixels over all its scans", scans * pixels * (ARITHMETIC if arithmetic else 1))


def check(parts: str, count: int) -> None:
    """Raises ImageTooComplex for a file that has more of these parts than MOST."""
    if count > MOST[parts]:
        raise ImageTooComplex(f"The image has {count} {parts}; at most {MOST[parts]} are taken.", limit=MOST[parts])


def _mib(size: int) -> int:
    return -(-size >> 20)
