"""What is refused from the header alone, before a pixel is decoded: sides, pixels, scans and frames."""

from core.errors import SideTooLong, TooComplex, TooManyPixels
from core.settings import Limits

MAX_SCANS = 100
MAX_SCANNED_PIXELS = (
    1_000_000_000  # encoders write 10 to 12; every scan of a progressive JPEG walks the whole picture again
)
MAX_FRAMES = 10_000  # only the first is decoded, but a file that claims more is made to hurt


def check_size(width: int, height: int, limits: Limits) -> None:
    """SideTooLong or TooManyPixels for a picture beyond what this service takes."""
    if max(width, height) > limits.max_side:
        raise SideTooLong(
            f"The image is {width} x {height} pixels; a side may be at most {limits.max_side}.",
            limit=limits.max_side,
        )
    if width * height > limits.max_pixels:
        raise TooManyPixels(
            f"The image has {width * height} pixels; at most {limits.max_pixels} are taken.",
            limit=limits.max_pixels,
        )


def check_scans(scans: int, pixels: int) -> None:
    """TooComplex for a JPEG whose scans, each of which walks the whole picture, would hold a worker for long."""
    if scans > MAX_SCANS or scans * pixels > MAX_SCANNED_PIXELS:
        raise TooComplex(f"The image has {scans} scans, too many for one of {pixels} pixels.", limit=MAX_SCANS)


def check_frames(frames: int) -> None:
    """TooComplex for an animation of absurd length."""
    if frames > MAX_FRAMES:
        raise TooComplex(f"The image has {frames} frames; at most {MAX_FRAMES} are taken.", limit=MAX_FRAMES)
