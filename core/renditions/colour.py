"""Any mode and profile -> opaque 8-bit pixels in sRGB: "RGB", "L" for grays, or "YCbCr".

Transparency is composited over white at full size, before any resizing, so the colours under fully transparent pixels
never show. An unusable profile is ignored, as in every viewer. No function changes its argument.
"""

import functools
from typing import cast

from PIL import Image, ImageChops

from core.renditions import parallel
from core.renditions.profile import Profile

_WHITE = 255  # in every mode below
# Every mode that a decoder can return, and the conversions to 8 bits that Pillow can process; "" stands for our own
# conversion. Opacity is read on the way, from the first mode that has it.
MODES = {
    "1": ("L",),
    "L": (),
    "LA": ("L",),
    "La": ("LA", "L"),
    "P": ("RGBA", "RGB"),
    "PA": ("RGBA", "RGB"),
    "RGB": (),
    "RGBX": ("RGB",),
    "RGBA": ("RGB",),
    "RGBa": ("RGBA", "RGB"),
    "YCbCr": (),
    "HSV": ("RGB",),
    "CMYK": (),
    "LAB": (),
    "I": ("",),
    "F": ("",),
    "I;16": ("",),
    "I;16L": ("",),
    "I;16B": ("",),
    "I;16N": ("",),
}


def working_mode(mode: str) -> str:
    """The mode for which a profile of pictures in this mode must be made: "L", "RGB", "CMYK" or "LAB"."""
    last = (mode, *MODES.get(mode, ()))[-1]
    return "L" if last in ("L", "") else last if last in ("CMYK", "LAB") else "RGB"


def prepared(image: Image.Image, profile: Profile | None) -> tuple[Image.Image, Profile | None]:
    """The picture, opaque and in 8 bits ("RGB", "L" or "YCbCr"), and the profile that it still has; None for sRGB.

    An opaque picture keeps an RGB profile that may be stored. A transparent one is converted to sRGB, then composited,
    as in browsers.
    """
    alpha, plain = _alpha(image), _eight_bits(image)
    if alpha is None and plain.mode in ("RGB", "YCbCr") and profile and profile.kept and not profile.is_srgb:
        return plain, profile
    plain = through_profile(plain, profile)
    if alpha is not None:
        plain = plain.copy() if plain is image else plain
        plain.paste(_WHITE if plain.mode == "L" else (_WHITE,) * 3, mask=ImageChops.invert(alpha))
    return plain, None


def through_profile(image: Image.Image, profile: Profile | None) -> Image.Image:
    """Converts an opaque "L", "RGB", "YCbCr", "CMYK" or "LAB" picture from the profile's colours to sRGB."""
    if profile is None or profile.is_srgb:
        return image.convert("RGB") if image.mode in ("CMYK", "LAB") else image
    if image.mode == "L":
        return image.point(profile.gray_curve)
    if image.mode == "YCbCr":
        image = image.convert("RGB")
    return parallel.by_strips(image, profile.convert, "RGB")


def _alpha(image: Image.Image) -> Image.Image | None:
    """The opacity of each pixel as "L"; None when the whole picture is opaque."""
    if not image.has_transparency_data:
        return None
    if image.mode.startswith("I;16"):  # a colour key, which Pillow's conversions misread as 8 bits
        key = image.info["transparency"]
        return image.convert("I").point([0 if value == key else 255 for value in range(65_536)], "L")
    premultiplied = {"La": "LA", "RGBa": "RGBA"}
    if image.mode not in ("LA", "RGBA"):
        image = image.convert(premultiplied.get(image.mode, "RGBA"))
    alpha = image.getchannel("A")
    return None if alpha.getextrema()[0] == 255 else alpha


def _eight_bits(image: Image.Image) -> Image.Image:
    """The same colours in "L", "RGB", "YCbCr", "CMYK" or "LAB", without opacity."""
    for mode in MODES[image.mode]:
        image = image.convert(mode) if mode else _gray(image)
    return image


def _gray(image: Image.Image) -> Image.Image:
    """Gray in 8 bits ("L"). 16 bits are rounded; 32 bits, which have no agreed white, are scaled: floats within 0 to 1
    directly, others by their extremes."""
    if image.mode.startswith("I;16"):
        return image.convert("I").point(_sixteen_to_eight(), "L")
    low, high = cast("tuple[float, float]", image.getextrema())
    if image.mode == "F" and low >= 0 and high <= 1:
        low, high = 0, 1
    scale = 255 / (high - low) if high > low else 0
    return image.convert("F").point(lambda value: value * scale + (0.5 - low * scale)).convert("L")


@functools.cache
def _sixteen_to_eight() -> list[int]:
    """Each level of 16 bits, rounded to 8; Pillow's own conversion clips instead."""
    return [(value + 128) // 257 for value in range(65_536)]
