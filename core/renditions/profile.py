"""Embedded colour profiles: which can be used, and the way from their colours to sRGB.

Relative colorimetric with black point compensation. Made once per profile and kept, since a service sees the
same few (every phone of a make embeds the same one).
"""

import functools
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image

if TYPE_CHECKING:
    from PIL.ImageCms import ImageCmsTransform

_HEADER = 128
_LONGEST = 4_000_000  # a press profile has 3 MB at most; what is longer is kept by no cache
_PROBE_STEPS = 9


@dataclass(frozen=True)
class Profile:
    """A profile that works. `data` is trimmed to its own length; `is_srgb` when it moves no colour visibly."""

    data: bytes
    is_srgb: bool
    gray_curve: list[int]  # for gray profiles: from each of 256 levels to sRGB's
    _transform: "ImageCmsTransform"

    def convert(self, image: Image.Image) -> Image.Image:
        """Pixels of this profile as "RGB" in sRGB."""
        return self._transform.apply(image)


def usable(data: object, mode: str) -> Profile | None:
    """The profile, if it is whole and made for pixels of `mode` ("L", "RGB" or "CMYK"); None otherwise."""
    if not isinstance(data, bytes):  # a TIFF may call a number or a text its profile
        return None
    length = int.from_bytes(data[:4])
    return _load(data[:length], mode) if _HEADER <= length <= min(len(data), _LONGEST) else None


@functools.lru_cache(maxsize=8)
def _load(data: bytes, mode: str) -> Profile | None:
    from PIL import ImageCms  # on first use: a cold start need not wait for it

    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(data))
        transform = ImageCms.ImageCmsTransform(
            source,
            ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")),
            mode,
            "RGB",
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
        probe = _probe(mode)
        converted = transform.apply(probe)
    except Exception:  # there is no list of what a broken profile raises; it is ignored, as every viewer does
        return None
    curve = list(converted.convert("L").tobytes()) if mode == "L" else []
    moved = max(abs(a - b) for a, b in zip(probe.convert("RGB").tobytes(), converted.tobytes(), strict=True))
    return Profile(data, mode != "CMYK" and moved <= 1, curve, transform)


def _probe(mode: str) -> Image.Image:
    """All levels of gray, or a lattice of colours."""
    if mode == "L":
        return Image.frombytes("L", (256, 1), bytes(range(256)))
    levels = [step * 255 // (_PROBE_STEPS - 1) for step in range(_PROBE_STEPS)]
    lattice = [(r, g, b) for r in levels for g in levels for b in levels]
    image = Image.new("RGB", (len(lattice), 1))
    image.putdata(lattice)
    return image.convert(mode)
