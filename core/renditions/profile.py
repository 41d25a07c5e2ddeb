"""Embedded colour profiles: which are usable, which parts may be stored, and the conversion to sRGB.

Relative colorimetric with black point compensation. The conversion of a profile is cached, since a service sees the
same few profiles (every phone of one make embeds the same one).
"""

import functools
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image

from core.renditions import icc, numbers

if TYPE_CHECKING:
    from PIL.ImageCms import ImageCmsTransform

_LONGEST = 4_000_000  # a press profile has 3 MB at most; longer ones are not used, so that the cache stays small
_PROBE_STEPS = 9


@dataclass(frozen=True)
class Profile:
    """A usable profile. `kept` is the part that may be stored, None for nothing; `is_srgb` means that it changes no
    colour visibly; `gray_curve` maps each of the 256 levels of a gray profile to sRGB's.
    """

    kept: bytes | None
    is_srgb: bool
    gray_curve: list[int]
    _transform: "ImageCmsTransform"

    def convert(self, image: Image.Image) -> Image.Image:
        """Converts pixels in this profile to "RGB" in sRGB."""
        return self._transform.apply(image)


def usable(data: object, mode: str, colours: numbers.Colours | None = None) -> Profile | None:
    """The profile, if it is whole and made for `mode` ("L", "RGB" or "CMYK"); else one made from `colours`."""
    if isinstance(data, bytes) and len(data) >= icc.HEADER:  # a TIFF's profile tag may hold a number or a text
        # Some writers declare a few bytes too many; the tags show whether a part is really missing.
        length = min(int.from_bytes(data[:4]), len(data))
        if icc.HEADER <= length <= _LONGEST and (found := _read(data[:length], mode)):
            return found
    made = numbers.profile(colours, mode == "L") if colours and mode in ("L", "RGB") else None
    return _read(made, mode, stored=False) if made else None


def _read(data: bytes, mode: str, stored: bool = True) -> Profile | None:
    try:
        return _load(data, mode, stored)
    except MemoryError:  # this says nothing of the profile
        raise
    except Exception:  # there is no list of what a broken profile raises; it is ignored, as in every viewer
        return None


@functools.lru_cache(maxsize=16)  # an exception is not remembered: a failure may be of the moment
def _load(data: bytes, mode: str, stored: bool) -> Profile:
    from PIL import ImageCms  # on first use, so that a cold start need not wait for it

    def transform(source: bytes) -> ImageCms.ImageCmsTransform:
        return ImageCms.ImageCmsTransform(
            ImageCms.ImageCmsProfile(io.BytesIO(source)),
            ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")),
            mode,
            "RGB",
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )

    whole, probe = transform(data), _probe(mode)
    converted = whole.apply(probe)
    kept = icc.reduced(data) if stored else None
    # Pixels alone: two pictures also differ in their profiles, which hold the second at which they were made.
    if kept and transform(kept).apply(probe).tobytes() != converted.tobytes():
        kept = None
    curve = list(converted.convert("L").tobytes()) if mode == "L" else []
    moved = max(abs(a - b) for a, b in zip(probe.convert("RGB").tobytes(), converted.tobytes(), strict=True))
    return Profile(kept, mode != "CMYK" and moved <= 1, curve, whole)


def _probe(mode: str) -> Image.Image:
    """All levels of gray, or a lattice of colours."""
    if mode == "L":
        return Image.frombytes("L", (256, 1), bytes(range(256)))
    levels = [step * 255 // (_PROBE_STEPS - 1) for step in range(_PROBE_STEPS)]
    lattice = [(r, g, b) for r in levels for g in levels for b in levels]
    image = Image.new("RGB", (len(lattice), 1))
    image.putdata(lattice)
    return image.convert(mode)
