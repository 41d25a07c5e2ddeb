"""When a picture was taken, from EXIF in any carrier; damaged or senseless times are absent."""

import io

import pillow_heif
import pytest
from PIL import Image
from rendering import encoded

from core.renditions import decoding, exif
from core.settings import Limits

EXIF_DIRECTORY, TIME, ZONE = 0x8769, 0x9003, 0x9011


def block(time, zone=None, endian="<"):
    found = Image.Exif()
    found.endian = endian
    directory = found.get_ifd(EXIF_DIRECTORY)
    directory[TIME] = time
    if zone is not None:
        directory[ZONE] = zone
    return found.tobytes()


@pytest.mark.parametrize("endian", ["<", ">"])
def test_zone_is_told_where_known(endian):
    assert exif.taken_at(block("2026:02:21 19:01:02", "+01:00", endian)) == "2026-02-21T19:01:02+01:00"
    assert exif.taken_at(block("2026:02:21 19:01:02", None, endian)) == "2026-02-21T19:01:02"
    assert exif.taken_at(block("2026:02:21 19:01:02", "      ", endian)) == "2026-02-21T19:01:02"


@pytest.mark.parametrize(
    "time",
    ["0000:00:00 00:00:00", "    :  :     :  :  ", "2026:13:01 00:00:00", "2026", "20262:01:01 00:00:00", "é" * 9],
)
def test_senseless_time_is_absent(time):
    assert exif.taken_at(block(time)) is None


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_time_is_found_in_every_carrier(kind):
    image = Image.new("RGB", (64, 48), "red")
    data = encoded(image, kind, exif=block("2026:02:21 19:01:02", "-03:30"))
    assert decoding.open_picture(data, Limits()).taken_at == "2026-02-21T19:01:02-03:30"


def test_time_is_found_in_heic():
    buffer = io.BytesIO()
    image = pillow_heif.from_pillow(Image.new("RGB", (64, 48), "red"))
    image.save(buffer, exif=block("2026:02:21 19:01:02", "-03:30"))
    assert decoding.open_picture(buffer.getvalue(), Limits()).taken_at == "2026-02-21T19:01:02-03:30"


def test_picture_without_exif_has_no_time():
    assert decoding.open_picture(encoded(Image.new("RGB", (8, 8))), Limits()).taken_at is None


def test_damaged_block_is_no_damage():
    whole = block("2026:02:21 19:01:02", "+01:00")
    for end in range(len(whole)):
        exif.taken_at(whole[:end])
    for position in range(len(whole)):
        for value in (0, 255):
            changed = io.BytesIO(whole)
            changed.seek(position)
            changed.write(bytes([value]))
            exif.taken_at(changed.getvalue())
