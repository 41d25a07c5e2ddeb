"""What is refused from the header alone, before a pixel is decoded: by sides and pixels, by memory, and by work."""

from core.errors import SideTooLong, TooComplex, TooManyPixels
from core.settings import Limits

MAX_SIDE = 65_500  # libjpeg's own limit, a little below what a JPEG could hold
MAX_PIXELS = 250_000_000  # some seconds of work in any format, however little memory it takes
MAX_SCANS = 32  # encoders write about 12; each scan of a progressive JPEG walks the whole picture again
MAX_SCANNED = 4_000_000_000  # pixels over all scans: 12 scans of the largest picture, and about three seconds
ARITHMETIC = 10  # times the cost of Huffman coding, where a scan holds next to nothing
MAX_FRAMES = 10_000  # only the first is decoded, but a file that claims more is made to hurt
MAX_CHUNKS = 50_000  # an encoder writes a PNG of 100 MB in some 12,000; each costs the walk and the decoder
MAX_ENTRIES = 4096  # of one page of a TIFF, which has a few dozen; each costs the decoder's library time
MAX_ALL_ENTRIES = 100_000  # of all pages
MAX_VALUES = 300_000  # of one entry: a strip a row, in four planes, at 65,500 rows; each becomes a Python number
FREE = 128 << 20  # bytes of memory that any file may ask for
WORTH = 16_384  # bytes of memory that each byte of a file may ask for; a blank page takes 10,000 as a GIF or a WebP


def check_size(width: int, height: int) -> None:
    """SideTooLong or TooManyPixels for a picture beyond what is taken whatever it costs."""
    if max(width, height) > MAX_SIDE:
        raise SideTooLong(f"The image is {width} x {height} pixels; a side may be at most {MAX_SIDE}.", limit=MAX_SIDE)
    if width * height > MAX_PIXELS:
        raise TooManyPixels(f"The image has {width * height} pixels; at most {MAX_PIXELS} are taken.", limit=MAX_PIXELS)


def check_memory(needed: int, file_bytes: int, allowed: Limits, own_sizes: int = 0) -> None:
    """TooManyPixels if a decode would take more memory than is allowed, TooComplex if more than its file is worth.

    `own_sizes` is what the configured sizes take, which is none of the file's doing.
    """
    total = needed + own_sizes
    if total > allowed.decode_memory:
        raise TooManyPixels(
            f"To decode the image would take {_mib(total)} MiB of memory; {_mib(allowed.decode_memory)} are allowed.",
            needed=total,
            limit=allowed.decode_memory,
        )
    if needed > FREE + file_bytes * WORTH:
        raise TooComplex(
            f"To decode the image would take {_mib(needed)} MiB of memory, too much for a file of {file_bytes} bytes."
        )


def check_scans(scans: int, pixels: int, arithmetic: bool) -> None:
    """TooComplex for a JPEG with more scans than any encoder writes, or more pixels over all of them."""
    _check("scans", scans, MAX_SCANS)
    _check("pixels over all its scans", scans * pixels * (ARITHMETIC if arithmetic else 1), MAX_SCANNED)


def check_frames(frames: int) -> None:
    """TooComplex for an animation or a document of absurd length."""
    _check("frames", frames, MAX_FRAMES)


def check_chunks(chunks: int) -> None:
    """TooComplex for a file of absurdly many parts."""
    _check("chunks", chunks, MAX_CHUNKS)


def check_entries(entries: int, before: int) -> None:
    """TooComplex for a page of absurdly many entries, or many such pages."""
    _check("entries in a page", entries, MAX_ENTRIES)
    _check("entries", before + entries, MAX_ALL_ENTRIES)


def check_values(values: int) -> None:
    """TooComplex for an entry of absurdly many numbers."""
    _check("values in an entry", values, MAX_VALUES)


def _check(what: str, count: int, limit: int) -> None:
    if count > limit:
        raise TooComplex(f"The image has {count} {what}; at most {limit} are taken.", limit=limit)


def _mib(size: int) -> int:
    return -(-size >> 20)
