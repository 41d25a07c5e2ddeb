"""Files under 1 MB that cost as much as we could make them: of every format, and of every parser of ours.

None is found by chance: each aims at one loop, one buffer or one decoder. Some are refused by their headers now; they
stay, since that is a thing to be seen.
"""

import io
import struct
import zlib
from collections.abc import Callable

import numpy as np
import pillow_heif
from PIL import Image
from pngs import SIGNATURE, chunk, header
from profiles import display_p3

MOST = 1_000_000  # bytes of a file
WIDE, HIGH = 12_000, 4_160  # nearly 50 megapixels at the longest side
animals: dict[str, Callable[[], bytes]] = {}


def animal(make: Callable[[], bytes]) -> Callable[[], bytes]:
    animals[make.__name__.replace("_", " ")] = make
    return make


def zoo() -> dict[str, bytes]:
    """Every file, by the name of what makes it."""
    made = {name: make() for name, make in animals.items()}
    assert len(made) >= 15
    assert all(len(content) <= MOST for content in made.values())
    return made


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def flat(mode: str = "RGB", size: tuple[int, int] = (WIDE, HIGH)) -> Image.Image:
    return Image.new(mode, size)


def soft(width: int, height: int) -> Image.Image:
    """Waves: little to store, but no two rows alike."""
    x, y = np.meshgrid(np.arange(width) / 900, np.arange(height) / 700)
    waves = np.stack([np.sin(x + y), np.cos(x - y), np.sin(x * 2)], axis=-1)
    return Image.fromarray((waves * 60 + 128).astype(np.uint8))


# JPEG


def segment(code: int, payload: bytes) -> bytes:
    return bytes((0xFF, code)) + struct.pack(">H", len(payload) + 2) + payload


def frame(code: int, components: int = 3) -> bytes:
    parts = b"".join(bytes((number, 0x11, 0)) for number in range(1, components + 1))
    return segment(code, struct.pack(">BHHB", 8, HIGH, WIDE, components) + parts)


_OF_ALL_COMPONENTS = segment(0xDA, b"\3\1\0\2\0\3\0\0\0\0")
_QUANTA = segment(0xDB, b"\0" + b"\1" * 64)


@animal
def jpeg_of_64_arithmetic_scans() -> bytes:
    """Without a bit of data, so that the decoder takes zeros for it, in every block of the picture, 64 times."""
    return b"\xff\xd8" + _QUANTA + frame(0xCA) + _OF_ALL_COMPONENTS * 64 + b"\xff\xd9"


@animal
def jpeg_of_64_huffman_scans() -> bytes:
    codes = b"\1" + bytes(15) + b"\0"  # one of one bit
    tables = segment(0xC4, b"\0" + codes) + segment(0xC4, b"\x10" + codes)
    refined = segment(0xDA, bytes((1, 1, 0, 1, 63, 0)))
    return b"\xff\xd8" + _QUANTA + frame(0xC2) + tables + _OF_ALL_COMPONENTS + refined * 63 + b"\xff\xd9"


@animal
def jpeg_with_a_run_of_ff() -> bytes:
    photo = saved(flat(size=(64, 64)), "JPEG")
    return photo[:2] + b"\xff" * 900_000 + photo[2:]


@animal
def jpeg_with_runs_of_ff_in_its_scan() -> bytes:
    photo = saved(flat(size=(64, 64)), "JPEG")
    return photo[:-2] + (b"\xff" * 2000 + b"\0") * 450 + photo[-2:]


@animal
def jpeg_of_20000_segments() -> bytes:
    photo = saved(flat(size=(64, 64)), "JPEG")
    return photo[:2] + segment(0xFE, b"x" * 40) * 19_900 + photo[2:]


@animal
def jpeg_turned_with_a_profile() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 5
    picture = flat(size=(11_000, 3_900))
    return saved(picture, "JPEG", quality=50, exif=exif, icc_profile=display_p3(), optimize=True)


@animal
def jpeg_in_cmyk() -> bytes:
    return saved(flat("CMYK", (6_000, 3_400)), "JPEG", quality=50)


# PNG


def png_of(depth: int, colour: int, row_bytes: int, *, interlace: int = 0, extra: bytes = b"") -> bytes:
    """Rows of zeros; for an interlaced one as many bytes as its seven passes could ever want."""
    squeeze = zlib.compressobj(9)
    row = bytes(row_bytes + 1)
    data = b"".join(squeeze.compress(row * 64) for _ in range(HIGH // 64 + (64 if interlace else 1)))
    head = SIGNATURE + header(WIDE, HIGH, depth, colour, interlace) + extra
    return head + chunk(b"IDAT", data + squeeze.flush()) + chunk(b"IEND", b"")


@animal
def png_of_16_bits_interlaced() -> bytes:
    return png_of(16, 6, WIDE * 8, interlace=1)


@animal
def png_with_alpha_and_a_profile() -> bytes:
    profile = chunk(b"iCCP", b"p\0\0" + zlib.compress(display_p3()))
    return png_of(8, 6, WIDE * 4, extra=profile)


@animal
def png_with_a_palette_of_alphas() -> bytes:
    palette = chunk(b"PLTE", bytes(768)) + chunk(b"tRNS", bytes(range(256)))
    return png_of(8, 3, WIDE, extra=palette)


@animal
def png_with_a_text_of_spaces() -> bytes:
    """Text that names itself hexadecimal and is blank: a search for digits may try every way to split it."""
    text = b"Raw profile type exif\0\0" + zlib.compress(b"exif 1" + b" " * 40_000 + b"!", 9)
    return (
        SIGNATURE
        + header(1, 1, 8, 0)
        + chunk(b"zTXt", text)
        + chunk(b"IDAT", zlib.compress(b"\0\0"))
        + chunk(b"IEND", b"")
    )


@animal
def png_with_texts_that_unfold() -> bytes:
    text = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(7_900_000), 9))
    return png_of(8, 6, WIDE * 4, extra=text)


@animal
def png_of_50000_chunks() -> bytes:
    return png_of(1, 0, WIDE // 8, extra=chunk(b"prVt", b"") * 49_990)


# WebP


@animal
def webp_of_one_colour() -> bytes:
    """Lossless: a header, five codes of one symbol each, and no bit for any of its pixels."""
    bits, length = 0, 0
    for value, width in ((0x2F, 8), (WIDE - 1, 14), (HIGH - 1, 14), (0, 1), (0, 3), (0, 1), (0, 1), (0, 1)):
        bits, length = bits | value << length, length + width
    for _ in range(5):  # simple codes with one symbol, which is 0
        bits, length = bits | 0b0001 << length, length + 4
    data = bits.to_bytes(length // 8 + 1, "little")
    body = b"WEBPVP8L" + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)
    return b"RIFF" + struct.pack("<I", len(body)) + body


@animal
def webp_of_50_megapixels() -> bytes:
    return saved(soft(WIDE, HIGH), "WEBP", quality=1, method=0)


@animal
def webp_lossless_with_alpha() -> bytes:
    return saved(flat("RGBA"), "WEBP", lossless=True, exact=True, method=0)


# GIF, TIFF, BMP


@animal
def gif_of_50_megapixels() -> bytes:
    return saved(flat("P"), "GIF", transparency=0)


@animal
def gif_of_9000_frames() -> bytes:
    still = saved(flat("P", (1, 1)), "GIF")
    picture = still[still.index(b",") : -1]
    return still[:-1] + (b"!\xf9\4\0\0\0\0\0" + picture) * 9_000 + b";"


def tiff(mode: str, **options: object) -> bytes:
    return saved(flat(mode), "TIFF", compression="tiff_adobe_deflate", **options)


@animal
def tiff_of_floats() -> bytes:
    return tiff("F")


@animal
def tiff_in_lab() -> bytes:
    return tiff("LAB")


@animal
def tiff_with_alpha() -> bytes:
    return tiff("RGBA", icc_profile=display_p3())


@animal
def tiff_of_pages() -> bytes:
    """Each page has as many entries as are taken, and the next lies one byte further on."""
    entries = struct.pack("<HHII", 65_000, 3, 1, 0) * 4_096
    page = struct.pack("<H", 4_096) + entries
    pages, start = b"", 8
    for number in range(18):
        following = start + len(page) + 4 if number < 17 else 0
        pages += page + struct.pack("<I", following)
        start += len(page) + 4
    return b"II*\0" + struct.pack("<I", 8) + pages


@animal
def bmp_of_runs() -> bytes:
    """Run lengths, which Pillow unpacks in Python."""
    runs = (b"\xff\1" * (WIDE // 255) + bytes((WIDE % 255, 1)) + b"\0\0") * HIGH + b"\0\1"
    info = struct.pack("<IiiHHIIiiII", 40, WIDE, HIGH, 1, 8, 1, len(runs), 0, 0, 256, 0)
    start = 14 + len(info) + 1024
    return b"BM" + struct.pack("<IHHI", start + len(runs), 0, 0, start) + info + bytes(1024) + runs


# AVIF, HEIC


@animal
def avif_of_50_megapixels() -> bytes:
    return saved(flat(), "AVIF", quality=1, speed=10)


@animal
def avif_with_alpha() -> bytes:
    return saved(flat("RGBA", (6_000, 4_000)), "AVIF", quality=1, speed=10, icc_profile=display_p3())


@animal
def heic_of_20_megapixels() -> bytes:
    buffer = io.BytesIO()
    pillow_heif.from_pillow(flat(size=(5_000, 4_000))).save(buffer, quality=1)
    return buffer.getvalue()


@animal
def heic_of_boxes() -> bytes:
    buffer = io.BytesIO()
    pillow_heif.from_pillow(flat(size=(64, 64))).save(buffer, quality=1)
    return buffer.getvalue() + struct.pack(">I", 8) + b"free" + (struct.pack(">I", 8) + b"free") * 120_000
