"""The memory of one upload stays within what docs/renditions.md says of its kind."""

import numpy as np
import pytest
from PIL import Image
from profiles import display_p3
from rendering import encoded, rendered_apart


def photo(size, mode):
    """Soft, so that it is quickly encoded."""
    x, y = np.meshgrid(*(np.arange(length, dtype=np.uint16) for length in size))
    pixels = np.stack([x // 20 % 256, y // 15 % 256, (x + y) // 40 % 256, 255 - x // 60], axis=-1).astype(np.uint8)
    return Image.fromarray(pixels, "RGBA").convert(mode)


def turned():
    exif = Image.Exif()
    exif[0x0112] = 6
    return exif


@pytest.mark.parametrize(
    ("kind", "mode", "size", "options", "most"),
    [
        ("JPEG", "RGB", (6000, 4000), {}, 80),  # decoded whole, 96 for the pixels alone
        ("JPEG", "RGB", (2400, 2000), {"exif": turned()}, 80),
        ("JPEG", "RGB", (4000, 3000), {"exif": turned(), "icc_profile": display_p3()}, 134),  # converted in place
        ("PNG", "RGBA", (2400, 2000), {"compress_level": 1}, 80),
        ("WEBP", "RGB", (2400, 2000), {"method": 0}, 110),
    ],
    ids=["kept", "turned", "converted", "transparent", "webp"],
)
def test_peak_memory_of_an_upload(tmp_path, kind, mode, size, options, most):
    [(outcome, growth)] = rendered_apart(tmp_path, {"photo": encoded(photo(size, mode), kind, **options)}).values()
    assert outcome == "accepted"
    assert 5 < growth < most
