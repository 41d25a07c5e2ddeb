"""Pixels -> medium, thumb and game, each made from the one before it."""

from PIL import Image

MEDIUM, THUMB, GAME = 1600, 400, 50
_GAME_SOURCE = 2 * GAME  # the shorter side from which a game is still as sharp as from full size

Box = tuple[float, float, float, float]


def fit(width: int, height: int, side: int) -> tuple[int, int]:
    """The largest size of the same aspect within side x side; never larger than the picture, never 0."""
    scale = min(side / max(width, height), 1.0)
    return max(1, round(width * scale)), max(1, round(height * scale))


def draft_factor(width: int, height: int) -> int:
    """By how much a JPEG may be shrunk while decoding (8, 4, 2 or 1) and still hold all that its renditions show."""
    medium = fit(width, height, MEDIUM)
    for factor in (8, 4, 2):
        small = width // factor, height // factor
        if small[0] >= medium[0] and small[1] >= medium[1] and min(small) >= _GAME_SOURCE:
            return factor
    return 1


def shrink(image: Image.Image, box: Box, size: tuple[int, int]) -> Image.Image:
    """`box` of the picture at `size`, Lanczos; averages first where the factor is large enough not to show."""
    return image.resize(size, Image.Resampling.LANCZOS, box, reducing_gap=2.0)


def game(candidates: list[tuple[Image.Image, Box]]) -> Image.Image:
    """The centre square at 50 x 50, from the first (smallest) picture that is large enough for it, else the last."""
    image, box = next((c for c in candidates if min(_size(c[1])) >= _GAME_SOURCE), candidates[-1])
    width, height = _size(box)
    side = min(width, height)
    left, top = box[0] + (width - side) / 2, box[1] + (height - side) / 2
    return shrink(image, (left, top, left + side, top + side), (GAME, GAME))


def whole(image: Image.Image) -> Box:
    return (0, 0, image.width, image.height)


def _size(box: Box) -> tuple[float, float]:
    return box[2] - box[0], box[3] - box[1]
