"""Every format and kind of file that people upload is read, and read right."""

import base64
import io
import zlib

import numpy as np
import pillow_heif
import pytest
from PIL import Image
from pngs import SIGNATURE, chunk, header, packed, png
from rendering import encoded, in_size, rendered

from core.errors import CorruptImage, NotAnImage
from core.renditions import formats

pillow_heif.register_heif_opener()


def scene(size=(240, 160)):
    """Soft, so that lossy formats keep it; no two corners alike."""
    x, y = np.linspace(0, 1, size[0]), np.linspace(0, 1, size[1])[:, None]
    bands = [band.astype(np.uint8) for band in (220 * x + 20, 200 * y + 30, 230 - 180 * x * y)]
    return Image.fromarray(np.stack(np.broadcast_arrays(*bands), axis=-1))


def assert_shows(files, image, tolerance=4.0):
    for size, stored in files.items():
        wanted = in_size(image, size)
        assert stored.pixels.shape == (wanted.height, wanted.width, 3), size
        assert abs(stored.pixels - np.asarray(wanted.convert("RGB")).astype(int)).mean() <= tolerance, size


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("JPEG", {}),
        ("JPEG", {"progressive": True}),
        ("JPEG", {"subsampling": 0}),
        ("JPEG", {"subsampling": 1}),
        ("JPEG", {"restart_marker_blocks": 3}),
        ("JPEG", {"optimize": True}),
        ("PNG", {}),
        ("WEBP", {"quality": 90}),
        ("WEBP", {"lossless": True}),
        ("BMP", {}),
        ("AVIF", {"quality": 90}),
        ("AVIF", {"quality": 90, "subsampling": "4:4:4"}),
        ("HEIF", {"quality": 90}),
        ("TIFF", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
        ("TIFF", {"compression": "tiff_adobe_deflate"}),
        ("TIFF", {"compression": "packbits"}),
        ("TIFF", {"compression": "jpeg"}),
        ("TIFF", {"big_tiff": True}),
    ],
)
def test_colour_pictures_are_read(kind, options):
    assert_shows(rendered(encoded(scene(), kind, **options)), scene())


@pytest.mark.parametrize("size", [(2400, 1600), (3201, 2003), (1999, 4801)])
@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": 0}])
def test_photo_shrunk_while_decoded_shows_the_same(size, options):
    image = scene(size)
    # The tolerance is that of a smooth picture: half a pixel off would be seen.
    files = rendered(encoded(image, quality=95, **options))
    assert_shows({size: files[size] for size in ("medium", "thumb", "game")}, image, tolerance=1.5)


MODES = {
    "PNG": ["1", "L", "P", "LA", "RGBA"],
    "TIFF": ["1", "L", "P", "LA", "RGBA", "CMYK"],
    "BMP": ["1", "L", "P", "RGBA"],
    "GIF": ["1", "L", "P", "LA", "RGBA"],
}


@pytest.mark.parametrize(("kind", "mode"), [(kind, mode) for kind, modes in MODES.items() for mode in modes])
def test_every_mode_is_read(kind, mode):
    image = scene() if mode in ("RGBA", "CMYK", "P") else scene().convert("L")
    image = image.quantize(256) if mode == "P" else image.convert(mode)
    # The pixels of a picture of two colours ring in a JPEG.
    assert_shows(rendered(encoded(image, kind)), image.convert("RGB"), tolerance=12 if mode == "1" else 5)


def test_cmyk_jpeg_is_read_with_and_without_its_marker():
    inks = Image.merge("CMYK", [*scene().split(), Image.new("L", (240, 160), 40)])
    data = encoded(inks, quality=95)
    at = data.index(b"\xff\xee")
    without = data[:at] + data[at + 16 :]
    assert b"Adobe" in data
    assert b"Adobe" not in without
    for file in (data, without):
        assert_shows(rendered(file), inks.convert("RGB"))


def test_a_jpeg_that_stores_ycck_is_read():
    """YCCK is CMY as YCbCr beside K: planes of a JPEG whose Adobe marker says so."""
    inverted = Image.eval(scene(), lambda value: 255 - value)  # Adobe stores ink inverted
    planes = Image.merge("CMYK", [*inverted.convert("YCbCr").split(), Image.new("L", (240, 160), 215)])
    # Pillow inverts all four on writing; undone here, so that the planes are stored as they are.
    data = encoded(Image.eval(planes, lambda value: 255 - value), quality=95)
    at = data.index(b"Adobe") + 11
    ycck = data[:at] + b"\2" + data[at + 1 :]
    assert_shows(rendered(ycck), Image.eval(scene(), lambda value: round(value * 215 / 255)))


# 16 x 16, upper half (200, 40, 30), lower half (30, 60, 190); arithmetic coding, which no encoder here writes.
ARITHMETIC = (
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAMCAgICAgMCAgIDAwMDBAYEBAQEBAgGBgUGCQgKCgkICQkKDA8MCgsOCwkJDRENDg8Q"
    "EBEQCgwSExIQEw8QEBD/2wBDAQMDAwQDBAgEBAgQCwkLEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQ"
    "EBAQEBAQEBD/yQARCAAQABADASIAAhEBAxEB/8wACgAQEAUBEBEF/9oADAMBAAIRAxEAPwD/ANHqNrz9l4rX+eqZg7J35jR4lCLR"
    "zoD/2Q=="
)


@pytest.mark.parametrize("depth", [1, 2, 4, 8])
def test_a_palette_of_any_depth_is_read(depth):
    colours = [(200, 40, 30), (30, 60, 190)] + [(0, 0, 0)] * ((1 << depth) - 2)
    row = packed([0] * 32 + [1] * 32, depth)
    palette = chunk(b"PLTE", bytes(value for colour in colours for value in colour))
    body = chunk(b"IDAT", zlib.compress((b"\0" + row) * 32)) + chunk(b"IEND", b"")
    pixels = rendered(SIGNATURE + header(64, 32, depth, 3) + palette + body)["original"].pixels
    assert abs(pixels[:, :30] - (200, 40, 30)).max() <= 4
    assert abs(pixels[:, 34:] - (30, 60, 190)).max() <= 4


def test_an_interlaced_png_is_read():
    """Adam7, written by hand: seven passes, each a smaller picture."""
    pixels = np.asarray(scene((40, 24)))
    passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    raw = b""
    for left, top, across, down in passes:
        for row in pixels[top::down, left::across]:
            raw += b"\0" + row.tobytes()
    data = SIGNATURE + header(40, 24, 8, 2, interlace=1) + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b"")
    assert_shows(rendered(data), scene((40, 24)))


@pytest.mark.parametrize("kind", ["PNG", "GIF", "WEBP", "AVIF", "HEIF", "TIFF"])
def test_the_first_frame_of_an_animation_is_shown(kind):
    first, *rest = (Image.new("RGB", (200, 120), colour) for colour in ("teal", "red", "blue"))
    options = {"lossless": True} if kind == "WEBP" else {}
    data = encoded(first, kind, save_all=True, append_images=rest, **options)
    assert_shows(rendered(data), first, tolerance=3)


def test_a_heic_shows_its_primary_picture():
    pictures = [Image.new("RGB", (200, 120), colour) for colour in ("red", "teal", "blue")]
    data = encoded(pictures[0], "HEIF", save_all=True, append_images=pictures[1:], primary_index=1)
    assert_shows(rendered(data), pictures[1], tolerance=3)


def test_a_heic_of_ten_bits_is_scaled():
    ramp = np.tile(np.linspace(0, 65_535, 256).astype(np.uint16), (64, 1))
    heif = pillow_heif.from_bytes("RGB;16", (256, 64), np.repeat(ramp[..., None], 3, axis=2).tobytes())
    buffer = io.BytesIO()
    heif.save(buffer, quality=95)
    shown = rendered(buffer.getvalue())["original"].pixels
    assert abs(shown.mean(axis=(0, 2)) - np.arange(256)).mean() <= 2


def test_heic_without_its_decoder_is_a_clear_refusal(monkeypatch):
    data = encoded(scene(), "HEIF")
    monkeypatch.setitem(__import__("sys").modules, "pillow_heif", None)
    with pytest.raises(NotAnImage, match="HEIC is not installed"):
        rendered(data)


def test_the_type_is_read_from_the_bytes_alone():
    class Named(io.BytesIO):
        name = "photo.eps"

    assert formats.sniff(Named(encoded(scene(), "PNG")).read(64)) is formats.PNG


@pytest.mark.parametrize(
    "data",
    [
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n",
        b"%PDF-1.7\n",
        b"<svg xmlns='http://www.w3.org/2000/svg' width='10' height='10'/>",
        b"\xd7\xcd\xc6\x9a" + bytes(60),  # WMF
        b"8BPS\0\1" + bytes(60),  # Photoshop
        b"\0\0\1\0\1\0" + bytes(60),  # icon
        b"P6 10 10 255\n" + bytes(300),
        b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(60),  # JPEG 2000
        b"\0\0\0\x18ftypmp42" + bytes(60),  # a film
        b"RIFF\x24\0\0\0WAVEfmt " + bytes(60),
        b"qoif" + bytes(60),
    ],
    ids=["eps", "pdf", "svg", "wmf", "psd", "ico", "ppm", "jp2", "mp4", "wav", "qoi"],
)
def test_other_formats_meet_no_decoder(data):
    with pytest.raises(NotAnImage):
        rendered(data)


def test_damage_in_metadata_alone_is_no_damage():
    data = png([200, 40, 30] * 64, 64, 8, 2, height=64)
    text = bytearray(chunk(b"tEXt", b"Comment\0hello"))
    text[-1] ^= 0xFF  # its checksum is wrong
    damaged = data[:33] + bytes(text) + chunk(b"zTXt", b"a\0\7nonsense") + chunk(b"eXIf", b"junk") + data[33:]
    assert (rendered(damaged)["original"].pixels == rendered(data)["original"].pixels).all()


def test_damage_in_a_png_is_seen_by_its_checksums():
    data = bytearray(encoded(scene(), "PNG"))
    data[len(data) // 2] ^= 1
    with pytest.raises(CorruptImage, match="checksum"):
        rendered(bytes(data))


def test_jpeg_that_only_draws_a_warning_is_shown():
    data = bytearray(encoded(scene(), quality=95))
    at = data.index(b"\xff\xda") + 600
    data[at : at + 8] = bytes(8)
    stored = rendered(bytes(data))["original"]
    assert (stored.pixels == np.asarray(Image.open(io.BytesIO(bytes(data))).convert("RGB"))).all()


def test_an_arithmetic_jpeg_is_read_and_stored_as_a_common_one():
    data = base64.b64decode(ARITHMETIC)
    assert b"\xff\xc9" in data
    stored = rendered(data)["original"]
    assert 0xC0 in dict(stored.segments)
    assert abs(stored.pixels[:6] - (200, 40, 30)).max() <= 8
    assert abs(stored.pixels[-6:] - (30, 60, 190)).max() <= 8


def gratings(size, period, colours):
    """Waves along both axes between two colours: half a pixel off, and they beat against each other."""
    x, y = np.arange(size[0]), np.arange(size[1])[:, None]
    wave = 0.5 + 0.25 * np.sin(2 * np.pi * x / period) + 0.25 * np.sin(2 * np.pi * y / period)
    bands = [(first + (second - first) * wave).round().astype(np.uint8) for first, second in zip(*colours, strict=True)]
    return Image.fromarray(np.stack(bands, axis=-1))


@pytest.mark.parametrize(
    ("mode", "period", "colours", "tolerance"),
    [
        ("RGB", 10, ((20, 20, 20), (235, 235, 235)), 5),
        ("L", 10, ((20, 20, 20), (235, 235, 235)), 5),
        ("RGB", 40, ((200, 60, 60), (60, 60, 200)), 3),
    ],
    ids=["luma", "gray", "chroma"],
)
def test_photo_of_odd_size_is_not_shifted_by_shrinking(mode, period, colours, tolerance):
    image = gratings((3203, 2003), period, colours).convert(mode)
    medium = rendered(encoded(image, quality=95))["medium"].pixels
    wanted = image.resize((medium.shape[1], medium.shape[0]), Image.Resampling.LANCZOS).convert("RGB")
    off = abs(medium - np.asarray(wanted).astype(int))
    for edge in (off[:, :200], off[:, -200:], off[:200], off[-200:]):
        assert edge.mean() < tolerance


def test_a_chain_of_pages_that_leads_back_ends_there():
    data = encoded(scene(), "TIFF")
    first = int.from_bytes(data[4:8], "little")
    at = first + 2 + 12 * int.from_bytes(data[first : first + 2], "little")
    assert data[at : at + 4] == bytes(4)
    assert_shows(rendered(data[:at] + data[4:8] + data[at + 4 :]), scene())
