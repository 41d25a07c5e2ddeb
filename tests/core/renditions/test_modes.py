"""Every mode in which a decoder can hand over pixels is taken, and shown as Pillow or arithmetic show it."""

import struct

import numpy as np
import pytest
from PIL import AvifImagePlugin, BmpImagePlugin, Image, PngImagePlugin, TiffImagePlugin
from rendering import encoded, rendered

from core.renditions import colour

GRAYS = ("1", "L", "LA", "La", "I", "F", "I;16", "I;16L", "I;16B", "I;16N")


def plugins_modes():
    """Every mode that the plugins of the formats name."""
    tiff = {mode for mode, _ in TiffImagePlugin.OPEN_INFO.values()}
    bmp = {mode for mode, _ in BmpImagePlugin.BIT2MODE.values() if mode}
    png = {mode for mode, _ in PngImagePlugin._MODES.values()}
    assert AvifImagePlugin.SUPPORTED
    return tiff | bmp | png | {"RGB", "RGBA", "L", "LA", "P"}


def test_every_mode_of_pillow_is_in_the_table():
    assert set(colour.MODES) == set(Image.MODES)
    assert plugins_modes() <= set(colour.MODES)


@pytest.mark.parametrize("mode", sorted(colour.MODES))
def test_a_picture_of_every_mode_is_prepared(mode):
    image = Image.new(mode, (64, 48))
    plain, profile = colour.prepared(image, None)
    assert (plain.size, profile) == ((64, 48), None)
    assert plain.mode == ("L" if mode in GRAYS else "YCbCr" if mode == "YCbCr" else "RGB")
    assert plain is image or image.mode == mode


@pytest.mark.parametrize(("mode", "given"), [("La", (50, 128)), ("RGBa", (50, 50, 50, 128))])
def test_premultiplied_alpha_is_mixed_with_white(mode, given):
    pixels = np.asarray(colour.prepared(Image.new(mode, (8, 8), given), None)[0])
    assert abs(pixels.astype(int) - (50 + 255 - 128)).max() <= 2


@pytest.mark.parametrize("extra", [1, 2])
@pytest.mark.parametrize("samples", [2, 4])
def test_a_tiff_of_premultiplied_alpha_is_read(samples, extra):
    """Gray or RGB with alpha, associated (1) or not (2), by the tag of the extra sample."""
    image = Image.new("LA" if samples == 2 else "RGBA", (64, 48), (50,) * (samples - 1) + (128,))
    data = encoded(image, "TIFF")
    at = data.index(b"\x52\x01\x03\x00\x01\x00\x00\x00")
    data = data[: at + 8] + bytes((extra,)) + data[at + 9 :]
    shown = 50 + 127 if extra == 1 else round(255 - 205 * 128 / 255)
    for stored in rendered(data).values():
        assert abs(stored.pixels - shown).max() <= 3


def bmp(alpha):
    """Two pixels of 32 bits with masks for four channels, the second with this alpha."""
    head = struct.pack("<IiiHHIIiiII", 108, 2, 1, 1, 32, 3, 8, 0, 0, 0, 0)
    masks = struct.pack("<IIII", 0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    body = head + masks + b"BGRs" + bytes(48) + bytes((30, 40, 200, 0, 30, 40, 200, alpha))
    return b"BM" + struct.pack("<IHHI", 14 + len(body), 0, 0, 14 + 108) + body


@pytest.mark.parametrize("alpha", [0, 1, 255])
def test_a_bmp_whose_alphas_are_all_nought_is_opaque(alpha):
    first = rendered(bmp(alpha))["original"].pixels[0, 0]
    assert abs(first - ((255,) * 3 if alpha else (200, 40, 30))).max() <= 4
