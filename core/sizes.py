"""The sizes in which every image is stored, as one table.

The table determines the folders, the order of publishing, how far a decoder may shrink, the API's enumeration, URLs
and schema, and doctor's work. One line in it adds a size, or the setting IMGSRV_SIZES does.
"""

import re
from dataclasses import dataclass

from core.errors import SettingsError

ORIGINAL = "original"
MAX_SIDE = 4096  # pixels of a configured size
MAX_OWN = 16  # configured sizes at most
_NAME = r"[a-z][a-z0-9-]{0,31}"
_item = re.compile(rf"({_NAME})=" r"([0-9]{1,5})x([0-9]{1,5})(?: +(crop|fit))?")


@dataclass(frozen=True, slots=True)
class Size:
    """A box in pixels, and the JPEG quality.

    A picture is shrunk until it fits into the box, or with `crop` its centre is scaled to fill the box exactly.
    """

    width: int
    height: int
    crop: bool = False
    quality: int = 85


Sizes = dict[str, Size]  # by name, in the API's order

STANDARD: Sizes = {
    ORIGINAL: Size(65_535, 65_535, quality=90),  # as large as a JPEG can be, so never shrunk
    "medium": Size(1600, 1600),
    "thumb": Size(400, 400),
    "game": Size(50, 50, crop=True),
}


def publish_order(sizes: Sizes) -> list[str]:
    """The names in the order in which files are published; the original is last, since it makes the image exist."""
    return [*(name for name in reversed(sizes) if name != ORIGINAL), ORIGINAL]


def parse(text: str) -> Sizes:
    """The standard sizes and those of a setting like "banner=1200x300 crop, card=640x640 fit"; raises SettingsError."""
    sizes = dict(STANDARD)
    for item in filter(None, map(str.strip, text.split(","))):
        match = _item.fullmatch(item)
        if not match:
            raise _unusable(item, "a size is written NAME=WIDTHxHEIGHT crop or NAME=WIDTHxHEIGHT fit")
        name, width, height = match[1], int(match[2]), int(match[3])
        if name in sizes:
            raise _unusable(item, f"there is a size {name} already")
        if not (1 <= width <= MAX_SIDE and 1 <= height <= MAX_SIDE):
            raise _unusable(item, f"a side has 1 to {MAX_SIDE} pixels")
        sizes[name] = Size(width, height, crop=match[4] == "crop")
    if len(sizes) - len(STANDARD) > MAX_OWN:
        raise _unusable(text, f"there may be at most {MAX_OWN} sizes beside the standard ones")
    return sizes


def is_name(text: str) -> bool:
    """Whether a size may have this name."""
    return bool(re.fullmatch(_NAME, text))


def _unusable(value: str, reason: str) -> SettingsError:
    return SettingsError(f"IMGSRV_SIZES: {value!r} cannot be used: {reason}")
