"""Any mode and profile -> opaque 8-bit sRGB: "RGB", "L" for grays, or a JPEG's own "YCbCr".

Transparency is composited over white at full size, before anything is resized, so the colours under fully transparent
pixels never show. A profile that cannot be used is ignored, as every viewer does.
"""

import functools
from typing import cast

from PIL import Image, ImageChops

from core.renditions import parallel
from core.renditions.profile import Profile

BACKGROUND = 255  # white, in every mode below
_GRAYS = ("1", "L", "LA", "La", "I", "F", "I;16", "I;16L", "I;16B", "I;16N")


def working_mode(mode: str) -> str:
    """The mode in which a profile of pictures of this mode works: "L", "RGB", "CMYK" or "LAB"."""
    return "L" if mode in _GRAYS else mode if mode in ("CMYK", "LAB") else "RGB"


def to_srgb(image: Image.Image, profile: Profile | None) -> Image.Image:
    """The picture as displayed on white: "RGB", or "L" when it is gray; "YCbCr" stays when nothing is to convert.

    Works in place where it can: the picture given is not to be used again.
    """
    alpha = _alpha(image)
    image = through_profile(_eight_bits(image), profile)
    if alpha is not None:
        image.paste(BACKGROUND if image.mode == "L" else (BACKGROUND,) * 3, mask=ImageChops.invert(alpha))
    return image


def through_profile(image: Image.Image, profile: Profile | None) -> Image.Image:
    """An opaque "L", "RGB", "YCbCr", "CMYK" or "LAB" picture, with its colours moved from the profile's to sRGB."""
    if profile is None or profile.is_srgb:
        return image.convert("RGB") if image.mode in ("CMYK", "LAB") else image
    if image.mode == "L":
        return image.point(profile.gray_curve)
    if image.mode == "YCbCr":
        image = image.convert("RGB")
    return parallel.by_strips(image, profile.convert, "RGB")


def _alpha(image: Image.Image) -> Image.Image | None:
    """The opacity of each pixel as "L"; None when all of it is opaque."""
    if not image.has_transparency_data:
        return None
    if image.mode.startswith("I;16"):  # a colour key, which Pillow's conversions take for one of 8 bits
        key = image.info["transparency"]
        return image.convert("I").point([0 if value == key else 255 for value in range(65_536)], "L")
    if image.mode in ("LA", "RGBA"):
        return image.getchannel("A")
    return image.convert("RGBA").getchannel("A")


def _eight_bits(image: Image.Image) -> Image.Image:
    """The same colours in "L", "RGB", "YCbCr", "CMYK" or "LAB", their opacity left out."""
    if image.mode in ("L", "RGB", "YCbCr", "CMYK", "LAB"):
        return image
    if image.mode.startswith("I;16"):
        return image.convert("I").point(_sixteen_to_eight(), "L")
    if image.mode in ("I", "F"):
        return _stretched(image)
    if image.mode in ("1", "LA", "La"):
        return image.convert("L")
    return (image if image.mode == "RGBA" else image.convert("RGBA")).convert("RGB")


def _stretched(image: Image.Image) -> Image.Image:
    """Samples of 32 bits, which have no agreed white: floats within 0 to 1 as they are, others by their extremes."""
    low, high = cast("tuple[float, float]", image.getextrema())
    if image.mode == "F" and low >= 0 and high <= 1:
        low, high = 0, 1
    scale = 255 / (high - low) if high > low else 0
    return image.convert("F").point(lambda value: value * scale + (0.5 - low * scale)).convert("L")


@functools.cache
def _sixteen_to_eight() -> list[int]:
    """Each level of 16 bits, rounded to 8; Pillow's own conversion clips instead."""
    return [(value + 128) // 257 for value in range(65_536)]
