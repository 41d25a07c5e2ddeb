"""Pixels -> each size of the table: how large, from what, and by which filter."""

from collections.abc import Iterable

from PIL import Image

from core.renditions import parallel
from core.sizes import Size

SMALL = 400  # pixels a side; a picture of so few costs little, and is made with more care
_ENOUGH = 2  # from so many times its width and height, a result is as sharp as from the whole picture

_FINE, _COARSE = Image.Resampling.LANCZOS, Image.Resampling.HAMMING

Dimensions = tuple[int, int]
Box = tuple[float, float, float, float]


def target(size: Size, width: int, height: int) -> Dimensions:
    """Pixels of a width x height picture in `size`: never 0, and larger than the picture only by a crop."""
    if size.crop:
        return size.width, size.height
    scale = min(size.width / width, size.height / height, 1.0)
    return max(1, round(width * scale)), max(1, round(height * scale))


def part(size: Size, box: Box) -> Box:
    """What `size` shows of the picture in `box`: all of it, or the largest centre of a crop's shape."""
    if not size.crop:
        return box
    width, height = box[2] - box[0], box[3] - box[1]
    scale = min(width / size.width, height / size.height)
    # Rounding may make a full side a little longer than the picture.
    aside, above = max(0.0, width - size.width * scale) / 2, max(0.0, height - size.height * scale) / 2
    return box[0] + aside, box[1] + above, box[2] - aside, box[3] - above


def holds(size: Size, box: Box, wanted: Dimensions, times: int = _ENOUGH) -> bool:
    """Whether what `size` shows of `box` has so many times the pixels a side that are wanted of it."""
    left, top, right, bottom = part(size, box)
    return right - left >= times * wanted[0] and bottom - top >= times * wanted[1]


def draft_factor(width: int, height: int, sizes: Iterable[Size]) -> int:
    """By how much a JPEG may be shrunk while decoding (8, 4, 2 or 1) and still hold all that `sizes` show."""
    wanted = [(size, target(size, width, height)) for size in sizes]
    for factor in (8, 4, 2):
        box = (0, 0, width // factor, height // factor)
        if all(holds(size, box, pixels, times=1) for size, pixels in wanted):
            return factor
    return 1


def whole(image: Image.Image) -> Box:
    return (0, 0, *image.size)


def shrink(image: Image.Image, size: Dimensions, box: Box) -> Image.Image:
    """`box` of the picture at `size`, enlarged where it is smaller."""
    # Averaging by whole factors before Lanczos: nearly all the way to a large result, which halves its cost, and half
    # of it to a small one, which costs little and shows more.
    gap = 1.1 if max(size) > SMALL else 2.0
    if image.mode != "YCbCr" or image.size == size:
        return image.resize(size, _FINE, box, gap)
    # The JPEG made of it stores chroma at half the size, so no more is computed, nor by the finest filter. Doubled
    # pixels come out of the encoder's averaging as they went in.
    half = (size[0] + 1) // 2, (size[1] + 1) // 2

    def shrink_chroma() -> list[Image.Image]:
        small = (image.getchannel(name).resize(half, _COARSE, box, gap) for name in ("Cb", "Cr"))
        return [plane.resize(size, Image.Resampling.NEAREST) for plane in small]

    with parallel.beside(shrink_chroma) as shrunk:
        luma = image.getchannel("Y").resize(size, _FINE, box, gap)
    return Image.merge("YCbCr", (luma, *shrunk.result()))
