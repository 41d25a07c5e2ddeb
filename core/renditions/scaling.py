"""Pixels -> medium, thumb and game, each from the one before it: how large, and by which filter."""

from PIL import Image

from core.renditions import parallel

MEDIUM, THUMB, GAME = 1600, 400, 50
ENOUGH_FOR_GAME = 2 * GAME  # from a shorter side of this many pixels, a game is as sharp as from full size

_FINE, _COARSE = Image.Resampling.LANCZOS, Image.Resampling.HAMMING

Size = tuple[int, int]
Box = tuple[float, float, float, float]


def fit(width: int, height: int, side: int) -> Size:
    """The largest size of the same aspect within side x side; never larger than the picture, never 0."""
    scale = min(side / max(width, height), 1.0)
    return max(1, round(width * scale)), max(1, round(height * scale))


def draft_factor(width: int, height: int) -> int:
    """By how much a JPEG may be shrunk while decoding (8, 4, 2 or 1) and still hold all that its renditions show."""
    medium = fit(width, height, MEDIUM)
    for factor in (8, 4, 2):
        small = width // factor, height // factor
        if small[0] >= medium[0] and small[1] >= medium[1] and min(small) >= ENOUGH_FOR_GAME:
            return factor
    return 1


def whole(image: Image.Image) -> Box:
    return (0, 0, *image.size)


def shrink(image: Image.Image, size: Size, box: Box) -> Image.Image:
    """`box` of the picture at `size`."""
    # Averaging by whole factors before Lanczos: nearly all the way to a large result, which halves its cost, and half
    # of it to a small one, which costs little and shows more.
    gap = 1.1 if max(size) > THUMB else 2.0
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


def game(image: Image.Image, box: Box) -> Image.Image:
    """The centre square of `box` at 50 x 50, enlarged where it is smaller."""
    width, height = box[2] - box[0], box[3] - box[1]
    side = min(width, height)
    left, top = box[0] + (width - side) / 2, box[1] + (height - side) / 2
    return image.resize((GAME, GAME), _FINE, (left, top, left + side, top + side), 2.0)
