"""How many bytes of memory a picture takes, estimated from its header for the way it will be processed.

An upper bound; tests check that measured peaks stay below it. The file is in memory two or three times: as received,
rebuilt for its decoder, and as the original. The rest is pixels.
"""

from collections.abc import Iterable

from core.jpeg import Jpeg
from core.renditions.colour import MODES, working_mode
from core.renditions.scaling import target
from core.sizes import STANDARD, Size

_FIXED = 32 << 20  # the standard sizes, tables, the stacks of threads
_SIZES = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16L": 2, "I;16B": 2, "I;16N": 2}  # of a pixel; 4 in any other mode
_TRANSPARENT = ("LA", "La", "P", "PA", "RGBA", "RGBa")
# Bytes per pixel: while a decoder works, if that needs more than the picture; and held as long as the decoder exists.
_DECODERS, _HELD = {"WebP": 18, "GIF": 13, "AVIF": 11, "HEIC": 8}, {"WebP": 8, "AVIF": 4}
LARGE = 50_000_000  # pixels above which a picture is turned before it is shrunk: slower, but needs less memory
_PLANES = 3  # luma and two of chroma, which are shrunk separately


def of_kept(jpeg: Jpeg, factor: int, file_bytes: int) -> int:
    """Bytes for a JPEG whose scan is kept, decoded at 1/`factor` of its size."""
    each = 2 if len(jpeg.components) == 1 else 4 + _PLANES
    return _FIXED + 3 * file_bytes + _coefficients(jpeg) + jpeg.width * jpeg.height // factor**2 * each


def of_jpeg(jpeg: Jpeg, turned: bool, converted: bool, file_bytes: int) -> int:
    """Bytes for a JPEG whose original is encoded again."""
    mode = {1: "L", 3: "YCbCr" if jpeg.is_ycc else "RGB"}.get(len(jpeg.components), "CMYK")
    pixels = jpeg.width * jpeg.height
    decoding = _FIXED + 3 * file_bytes + _coefficients(jpeg) + pixels * _SIZES.get(mode, 4)
    return max(decoding, of_pixels("JPEG", mode, pixels, turned, converted, file_bytes))


def of_pixels(name: str, mode: str, pixels: int, turned: bool, converted: bool, file_bytes: int) -> int:
    """Bytes for a picture of a format, in its decoder's mode, decoded at full size."""
    steps = MODES.get(mode, ())
    plain = 1 if working_mode(mode) == "L" else 4
    preparing = _SIZES.get(mode, 4) + plain * len(steps) + 2 * (mode in _TRANSPARENT)
    preparing += 6 if steps == ("",) else 0  # numbers of 32 bits on the way
    preparing += 4 if converted or mode in ("CMYK", "LAB") else 0
    shrinking = 2 if mode == "YCbCr" else 1
    encoding = plain + shrinking
    if turned:
        encoding = 2 * plain + (0 if pixels > LARGE else shrinking)
    each = max(_DECODERS.get(name, 0), max(preparing, encoding) + _HELD.get(name, 0))
    return _FIXED + 2 * file_bytes + pixels * each


def of_sizes(sizes: Iterable[Size], width: int, height: int) -> int:
    """Bytes for the configured sizes, which are in memory together, before and after their colours are converted."""
    own = [target(size, width, height) for size in sizes if size not in STANDARD.values()]
    return sum(2 * 4 * across * down for across, down in own)


def _coefficients(jpeg: Jpeg) -> int:
    """What a decoder holds of a JPEG with several scans until it has read the last one: two bytes per sample."""
    if jpeg.is_sequential:
        return 0
    across = [sampling >> 4 or 1 for sampling in jpeg.sampling]
    down = [sampling & 15 or 1 for sampling in jpeg.sampling]
    samples = sum(a * d for a, d in zip(across, down, strict=True)) / (max(across) * max(down))
    return round(2 * jpeg.width * jpeg.height * samples)
