"""Files made to hurt are refused from their headers, with a sentence; none takes memory or a worker with it."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from PIL import Image
from pngs import SIGNATURE, chunk, header, png
from rendering import encoded, rendered, rendered_apart

from core.errors import CorruptImage, ImageTooComplex, NotAnImage, RejectedImage, SideTooLong, TooManyPixels
from core.renditions.limits import MOST
from core.settings import Limits


def photo(size=(64, 48), mode="RGB"):
    return Image.fromarray(np.random.default_rng(3).integers(0, 255, (size[1], size[0], 3), np.uint8)).convert(mode)


def segment(code, payload):
    return bytes((0xFF, code)) + struct.pack(">H", len(payload) + 2) + payload


# Headers of huge pictures; there are no pixels behind them, so whoever tried to decode would call them cut off.


def huge_jpeg(width, height):
    frame = segment(0xC0, struct.pack(">BHHB", 8, height, width, 1) + b"\1\x11\0")
    return b"\xff\xd8" + frame + segment(0xDA, b"\1\1\0\0\x3f\0") + b"\xff\xd9"


def huge_png(width, height):
    return SIGNATURE + header(width, height, 8, 2) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


def huge_gif(width, height):
    return b"GIF89a" + struct.pack("<HH", width, height) + b"\0\0\0," + struct.pack("<4HB", 0, 0, 1, 1, 0) + b"\2\0;"


def overhanging_gif(width, height):
    return b"GIF89a" + struct.pack("<HH", 1, 1) + b"\0\0\0," + struct.pack("<4HB", 0, 0, width, height, 0) + b"\2\0;"


def huge_webp(width, height):
    canvas = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"WEBPVP8X" + struct.pack("<I", 10) + b"\0\0\0\0" + canvas + b"VP8 " + struct.pack("<I", 10) + bytes(10)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def huge_bmp(width, height):
    info = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + info


def huge_tiff(width, height):
    tags = [
        (256, 4, width),
        (257, 4, height),
        (258, 3, 8),
        (259, 3, 1),
        (262, 3, 1),
        (273, 4, 8),
        (277, 3, 1),
        (279, 4, 1),
    ]
    entries = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags)
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4)


HEADERS = [huge_jpeg, huge_png, huge_gif, overhanging_gif, huge_webp, huge_bmp, huge_tiff]


@pytest.mark.parametrize("make", HEADERS)
def test_too_many_pixels_are_refused_from_the_header(make):
    with pytest.raises(TooManyPixels, match="250160000 pixels; at most 250000000"):
        rendered(make(16_000, 15_635))


@pytest.mark.parametrize("make", [huge_png, huge_bmp, huge_tiff, huge_jpeg, huge_gif])
def test_a_side_no_jpeg_library_takes_is_refused(make):
    for width, height in ((65_501, 1), (1, 65_501)):
        with pytest.raises(SideTooLong, match=f"{width} x {height} pixels; a side may be at most 65500"):
            rendered(make(width, height))


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize("size", [(65_500, 1), (1, 65_500)])
def test_strips_stay_strips(kind, size):
    files = rendered(encoded(Image.new("L", size, 200), kind))
    sides = {name: sorted((stored.rendition.width, stored.rendition.height)) for name, stored in files.items()}
    assert sides.items() >= {"original": [1, 65_500], "medium": [1, 1600], "thumb": [1, 400], "game": [50, 50]}.items()
    assert all(abs(stored.pixels - 200).max() <= 2 for stored in files.values())


def scans(count):
    """A progressive JPEG with its last scan, a refinement, over and over."""
    data = encoded(photo(), progressive=True)
    last = data.rindex(b"\xff\xda")
    return data[:-2] + data[last:-2] * (count - data.count(b"\xff\xda")) + b"\xff\xd9"


def test_thousands_of_scans_are_refused():
    with pytest.raises(ImageTooComplex, match="5000 scans"):
        rendered(scans(5000))
    assert rendered(scans(MOST["scans"]))


def test_a_hundred_thousand_frames_are_refused():
    animated = chunk(b"acTL", struct.pack(">II", 100_000, 0))
    frame = b"," + struct.pack("<4HB", 0, 0, 1, 1, 0) + b"\2\2\x44\1\0"
    gif = b"GIF89a" + struct.pack("<HH", 1, 1) + b"\x80\0\0" + bytes(6) + frame * 100_000 + b";"
    webp = encoded(photo(), "WEBP", save_all=True, append_images=[Image.new("RGB", (64, 48))])
    at = webp.index(b"ANMF")
    one = webp[at : at + 8 + int.from_bytes(webp[at + 4 : at + 8], "little")]
    tiny = one[:4] + struct.pack("<I", 16) + one[8:24]
    webp = webp[:4] + struct.pack("<I", len(webp) - 8 + len(tiny) * 20_000) + webp[8:] + tiny * 20_000
    # Pages that each point to the next, each of no entries.
    tiff = b"II*\0" + b"\x08\0\0\0" + b"".join(struct.pack("<HI", 0, 8 + 6 * n) for n in range(1, 100_001))
    for data in (png([1, 2, 3], 1, 8, 2, extra=animated), gif, webp, tiff):
        with pytest.raises(ImageTooComplex, match="frames; at most 10000"):
            rendered(data)
    few = b"GIF89a" + struct.pack("<HH", 1, 1) + b"\x80\0\0" + bytes(6) + frame * (MOST["frames"] - 1) + b";"
    assert rendered(few)


@pytest.mark.parametrize("kind", ["AVIF", "HEIF"])
def test_too_many_frames_of_avif_and_heic_are_refused(monkeypatch, kind):
    pillow_heif.register_heif_opener()
    monkeypatch.setitem(MOST, "frames", 2)
    with pytest.raises(ImageTooComplex, match="3 frames"):
        rendered(encoded(photo(), kind, save_all=True, append_images=[photo()] * 2))


BOMB = zlib.compress(bytes(1 << 27), 9)  # 128 MB in 130 KB


@pytest.mark.parametrize(
    "extra",
    [
        chunk(b"zTXt", b"Comment\0\0" + BOMB),
        chunk(b"iTXt", b"Comment\0\1\0\0\0" + BOMB),
        chunk(b"iCCP", b"sRGB\0\0" + BOMB),
        chunk(b"zTXt", b"Raw profile type exif\0\0" + BOMB),
        chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(900_000))) * 20,
    ],
    ids=["zTXt", "iTXt", "iCCP", "EXIF", "many"],
)
def test_metadata_that_unfolds_without_bounds_is_refused(extra):
    for data in (png([1, 2, 3], 1, 8, 2, extra=extra), png([1, 2, 3], 1, 8, 2, after=extra)):
        with pytest.raises(ImageTooComplex, match="unfolds"):
            rendered(data)


def test_pixels_beyond_the_header_are_not_unfolded():
    data = SIGNATURE + header(1, 1, 8, 0) + chunk(b"IDAT", BOMB) + chunk(b"IEND", b"")
    assert rendered(data)["original"].rendition.width == 1


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "JPEG", "GIF", "GIF's end", "GIF's frame", "GIF's comment"])
def test_a_flood_of_tiny_parts_is_refused(kind):
    if kind == "PNG":
        data = png([1, 2, 3], 1, 8, 2, extra=chunk(b"IDAT", b"") * (MOST["chunks"] + 1))
    elif kind == "WEBP":
        webp = encoded(photo(), "WEBP", exif=b"Exif\0\0II")
        flood = b"junk\0\0\0\0" * (MOST["chunks"] + 1)
        data = webp[:4] + struct.pack("<I", len(webp) - 8 + len(flood)) + webp[8:] + flood
    elif kind == "JPEG":
        jpeg = encoded(photo())
        data = jpeg[:2] + segment(0xFE, b"") * 50_000 + jpeg[2:]
    else:
        gif, tiny = encoded(Image.new("P", (1, 1)), "GIF"), b"\x01a" * 1_000_001
        at = gif.index(b",")
        places = {
            "GIF": (at, b"!\xfe\0" * (MOST["chunks"] + 1)),
            "GIF's end": (-1, b"!\xfe\0" * (MOST["chunks"] + 1)),
            "GIF's frame": (at + 11, tiny),
            "GIF's comment": (at, b"!\xfe" + tiny + b"\0"),
        }
        data = gif[: places[kind][0]] + places[kind][1] + gif[places[kind][0] :]
    with pytest.raises((ImageTooComplex, CorruptImage), match=r"50001 chunks|20000 segments|1000001 sub-blocks"):
        rendered(data)


def test_directories_of_the_same_bytes_take_no_memory(tmp_path):
    pillow_heif.register_heif_opener()
    # Two megabytes in which tens of thousands of entries each refer to more than a megabyte.
    bomb = b"MM\0*" + struct.pack(">IH", 8, 60_000)
    bomb += b"".join(struct.pack(">HHII", n, 7, 1_200_000, 8) for n in range(60_000)) + bytes(1_300_000)
    # The encoders look into a block that they write: they get a harmless one, which is exchanged.
    harmless = b"MM\0*" + struct.pack(">IH", 8, 0) + b"\xab" * (len(bomb) - 10)
    avif, heic = (encoded(photo(), kind, exif=harmless).replace(harmless, bomb) for kind in ("AVIF", "HEIF"))
    tiff = huge_tiff(10, 10)
    pointing = b"".join(struct.pack("<HHII", 40_000 + n, 7, 1_200_000, 8) for n in range(4000))
    tiff = tiff[:8] + struct.pack("<H", 4008) + tiff[10:-4] + pointing + bytes(1_300_000)
    files = {
        "plain": (encoded(photo()), "accepted"),
        "png": (png([1, 2, 3], 1, 8, 2, extra=chunk(b"eXIf", bomb)), "accepted"),
        "webp": (encoded(photo(), "WEBP", exif=bomb), "accepted"),
        "avif": (avif, "accepted"),
        "heic": (heic, "accepted"),
        "tiff": (tiff, "accepted"),
        "tiff of too many": (tiff[:8] + struct.pack("<H", 60_000) + tiff[10:], "ImageTooComplex"),
    }
    outcomes = rendered_apart(tmp_path, {name: data for name, (data, _) in files.items()})
    assert {name: outcome for name, (outcome, _) in outcomes.items()} == {
        name: wanted for name, (_, wanted) in files.items()
    }
    assert max(growth for _, growth in outcomes.values()) < 60  # MiB; a copy for each entry would be gigabytes


def test_whatever_a_decoder_raises_is_the_files_fault(monkeypatch):
    from PIL import JpegImagePlugin

    data = encoded(photo())
    for error in (ValueError, SyntaxError, KeyError, struct.error, OverflowError, AssertionError, OSError, EOFError):

        def fail(self, error=error):
            raise error("from the decoder")

        monkeypatch.setattr(JpegImagePlugin.JpegImageFile, "load", fail)
        with pytest.raises(CorruptImage):
            rendered(data)


def test_a_decoder_out_of_memory_is_the_files_fault(monkeypatch):
    from PIL import JpegImagePlugin

    def fail(self):
        raise MemoryError

    monkeypatch.setattr(JpegImagePlugin.JpegImageFile, "load", fail)
    with pytest.raises(ImageTooComplex, match="memory"):
        rendered(encoded(photo()))


def test_a_fault_of_ours_is_no_refusal(monkeypatch):
    from core.renditions import scaling

    monkeypatch.setattr(scaling, "shrink", lambda *args: 1 / 0)
    for data in (encoded(photo()), encoded(photo(), "PNG")):
        with pytest.raises(ZeroDivisionError):
            rendered(data)


def test_a_full_disk_is_no_refusal():
    from core.renditions import render
    from core.sizes import STANDARD

    for data in (encoded(photo((1200, 900))), encoded(photo((1200, 900)), "PNG")):
        with (
            Path("/dev/full").open("wb") as full,
            pytest.raises(OSError, match=r"No space left|writing image") as caught,
        ):
            render(io.BytesIO(data), dict.fromkeys(STANDARD, full), Limits(), STANDARD)
        assert not isinstance(caught.value, RejectedImage)


def test_a_header_that_is_too_short_is_refused():
    short = chunk(b"IHDR", bytes(4)) + chunk(b"tRNS", bytes(2)) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")
    with pytest.raises(CorruptImage, match="header"):
        rendered(SIGNATURE + short)


def test_a_palette_that_is_not_there_is_refused():
    data = SIGNATURE + header(8, 8, 8, 3) + chunk(b"IDAT", zlib.compress(bytes(72))) + chunk(b"IEND", b"")
    with pytest.raises(CorruptImage):
        rendered(data)


def test_a_profile_of_a_wrong_type_is_ignored():
    plain = encoded(Image.new("RGB", (64, 64), "teal"), "TIFF", icc_profile=bytes(200))
    at = plain.index(struct.pack("<HH", 34_675, 7))
    for kind in (2, 5, 12):  # text, rational, double
        assert rendered(plain[: at + 2] + struct.pack("<H", kind) + plain[at + 4 :])


@pytest.mark.parametrize(
    "data", [b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"RIFF\0\0\0\0WEBP", b"BM", b"II*\0"]
)
def test_a_bare_signature_is_refused(data):
    for padding in (b"", bytes(100), b"\xff" * 100):
        with pytest.raises((CorruptImage, NotAnImage)):
            rendered(data + padding)
