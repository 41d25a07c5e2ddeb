"""What is refused from the header alone, before a pixel is decoded: sides, pixels, scans and frames."""

from core.errors import SideTooLong, TooComplex, TooManyPixels
from core.settings import Limits

MAX_SIDE = 65_500  # libjpeg's own limit, a little below what a JPEG could hold
MAX_SCANS = 64  # encoders write about 12; each scan of a progressive JPEG walks the whole picture again
MAX_FRAMES = 10_000  # only the first is decoded, but a file that claims more is made to hurt
MAX_CHUNKS = 50_000  # an encoder writes a PNG of 25 MB in some 3,000; each costs the walk and the decoder


def check_size(width: int, height: int, limits: Limits) -> None:
    """SideTooLong or TooManyPixels for a picture beyond what this service takes."""
    longest = min(limits.max_side, MAX_SIDE)
    if max(width, height) > longest:
        raise SideTooLong(f"The image is {width} x {height} pixels; a side may be at most {longest}.", limit=longest)
    if width * height > limits.max_pixels:
        raise TooManyPixels(
            f"The image has {width * height} pixels; at most {limits.max_pixels} are taken.",
            limit=limits.max_pixels,
        )


def check_scans(scans: int) -> None:
    """TooComplex for a progressive JPEG with more scans than any encoder writes."""
    _check("scans", scans, MAX_SCANS)


def check_frames(frames: int) -> None:
    """TooComplex for an animation or a document of absurd length."""
    _check("frames", frames, MAX_FRAMES)


def check_chunks(chunks: int) -> None:
    """TooComplex for a file of absurdly many parts."""
    _check("chunks", chunks, MAX_CHUNKS)


def _check(what: str, count: int, limit: int) -> None:
    if count > limit:
        raise TooComplex(f"The image has {count} {what}; at most {limit} are taken.", limit=limit)
