"""Pixels -> each size of the table: its dimensions, its source, and the filter."""

from collections.abc import Iterable

from PIL import Image

from core.renditions import parallel
from core.sizes import Size

SMALL = 400  # pixels per side; a picture this small costs little, so it is made with more care
_ENOUGH = 2  # a source with this many times the result's width and height gives the same sharpness as the whole

_FINE, _COARSE = Image.Resampling.LANCZOS, Image.Resampling.HAMMING

Dimensions = tuple[int, int]
Box = tuple[float, float, float, float]


def target(size: Size, width: int, height: int) -> Dimensions:
    """The dimensions of a width x height picture in `size`: never 0, and larger than the picture only with a crop."""
    if size.crop:
        return size.width, size.height
    scale = min(size.width / width, size.height / height, 1.0)
    return max(1, round(width * scale)), max(1, round(height * scale))


def part(size: Size, box: Box) -> Box:
    """The part of `box` that `size` shows: all of it, or with a crop the largest centred part of the crop's shape."""
    if not size.crop:
        return box
    width, height = box[2] - box[0], box[3] - box[1]
    scale = min(width / size.width, height / size.height)
    # By rounding, a full side may be a little longer than the picture.
    aside, above = max(0.0, width - size.width * scale) / 2, max(0.0, height - size.height * scale) / 2
    return box[0] + aside, box[1] + above, box[2] - aside, box[3] - above


def holds(size: Size, box: Box, wanted: Dimensions, times: int = _ENOUGH) -> bool:
    """Whether the part of `box` that `size` shows has at least `times` the `wanted` pixels per side."""
    left, top, right, bottom = part(size, box)
    return right - left >= times * wanted[0] and bottom - top >= times * wanted[1]


def draft_factor(width: int, height: int, sizes: Iterable[Size]) -> int:
    """The factor by which a JPEG may be shrunk while decoding (8, 4, 2 or 1) and still be enough for all `sizes`."""
    wanted = [(size, target(size, width, height)) for size in sizes]
    for factor in (8, 4, 2):
        box = (0, 0, width // factor, height // factor)
        if all(holds(size, box, pixels, times=1) for size, pixels in wanted):
            return factor
    return 1


def whole(image: Image.Image) -> Box:
    return (0, 0, *image.size)


def shrink(image: Image.Image, size: Dimensions, box: Box) -> Image.Image:
    """Scales `box` of the picture to `size`; enlarges it if it is smaller."""
    # Pillow first averages by whole factors, down to `gap` times the result, and applies Lanczos to the rest. A small
    # gap halves the cost of a large result; for a small result a large gap costs little and looks better.
    gap = 1.1 if max(size) > SMALL else 2.0
    if image.mode != "YCbCr" or image.size == size:
        return image.resize(size, _FINE, box, gap)
    # The JPEG will store chroma at half the size, so only that much is computed, with a coarser filter. The encoder's
    # averaging returns doubled pixels unchanged.
    half = (size[0] + 1) // 2, (size[1] + 1) // 2

    def shrink_chroma() -> list[Image.Image]:
        small = (image.getchannel(name).resize(half, _COARSE, box, gap) for name in ("Cb", "Cr"))
        return [plane.resize(size, Image.Resampling.NEAREST) for plane in small]

    with parallel.beside(shrink_chroma) as shrunk:
        luma = image.getchannel("Y").resize(size, _FINE, box, gap)
    return Image.merge("YCbCr", (luma, *shrunk.result()))
