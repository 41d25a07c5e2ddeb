"""Rejects pictures by their header alone, before a pixel is decoded: by sides and pixels, memory, and work."""

from core.errors import SideTooLong, TooComplex, TooManyPixels
from core.settings import Limits

MAX_SIDE = 65_500  # libjpeg's own limit, a little below the format's
MAX_PIXELS = 250_000_000  # some seconds of work in any format, however little memory that needs
MAX_SCANS = 32  # encoders write about 12; each scan of a progressive JPEG processes the whole picture again
MAX_SCANNED = 4_000_000_000  # pixels over all scans: 12 scans of the largest picture, and about three seconds
ARITHMETIC = 10  # times the cost of Huffman coding, if a scan holds almost nothing
MAX_FRAMES = 10_000  # only the first is decoded, but a file that claims more is an attack
MAX_CHUNKS = 50_000  # an encoder writes a PNG of 100 MB in some 12,000; each costs the walk and the decoder time
MAX_SUB_BLOCKS = 1_000_000  # of a GIF; one of 100 MB has 400,000, since each is full but the last of a frame
MAX_ENTRIES = 4096  # of one page of a TIFF, which usually has a few dozen; each costs the decoder's library time
MAX_ALL_ENTRIES = 100_000  # of all pages
MAX_VALUES = 300_000  # of one entry: a strip a row, in four planes, at 65,500 rows; each becomes a Python number
FREE = 128 << 20  # bytes of memory that any file may ask for
WORTH = 16_384  # bytes of memory that each byte of a file may ask for; a blank page takes 10,000 as a GIF or a WebP


def check_size(width: int, height: int) -> None:
    """Raises SideTooLong or TooManyPixels for a picture above the fixed limits, whatever it costs."""
    if max(width, height) > MAX_SIDE:
        raise SideTooLong(f"The image is {width} x {height} pixels; a side may be at most {MAX_SIDE}.", limit=MAX_SIDE)
    if width * height > MAX_PIXELS:
        raise TooManyPixels(f"The image has {width * height} pixels; at most {MAX_PIXELS} are taken.", limit=MAX_PIXELS)


def check_memory(needed: int, file_bytes: int, allowed: Limits, own_sizes: int = 0) -> None:
    """Raises TooManyPixels if a decode needs more memory than is allowed, TooComplex if more than its file is worth.

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
        raise TooComplex(
            f"To decode the image would take {_mib(needed)} MiB of memory, too much for a file of {file_bytes} bytes."
        )


def check_scans(scans: int, pixels: int, arithmetic: bool) -> None:
    """Raises TooComplex for a JPEG with more scans than any encoder writes, or too many pixels over all scans."""
    _check("scans", scans, MAX_SCANS)
    _check("pixels over all its scans", scans * pixels * (ARITHMETIC if arithmetic else 1), MAX_SCANNED)


def check_frames(frames: int) -> None:
    """Raises TooComplex for an absurdly long animation or document."""
    _check("frames", frames, MAX_FRAMES)


def check_chunks(chunks: int) -> None:
    """Raises TooComplex for a file with absurdly many parts."""
    _check("chunks", chunks, MAX_CHUNKS)


def check_sub_blocks(blocks: int) -> None:
    """Raises TooComplex for a GIF that is cut into absurdly small pieces."""
    _check("sub-blocks", blocks, MAX_SUB_BLOCKS)


def check_entries(entries: int, before: int) -> None:
    """Raises TooComplex for a page with absurdly many entries, or many such pages."""
    _check("entries in a page", entries, MAX_ENTRIES)
    _check("entries", before + entries, MAX_ALL_ENTRIES)


def check_values(values: int) -> None:
    """Raises TooComplex for an entry with absurdly many numbers."""
    _check("values in an entry", values, MAX_VALUES)


def _check(what: str, count: int, limit: int) -> None:
    if count > limit:
        raise TooComplex(f"The image has {count} {what}; at most {limit} are taken.", limit=limit)


def _mib(size: int) -> int:
    return -(-size >> 20)
