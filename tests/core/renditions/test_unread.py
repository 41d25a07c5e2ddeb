"""What is not read is refused by its name, so that people know what to upload instead."""

import struct

import pytest
from PIL import Image
from pngs import chunk, png
from rendering import encoded, rendered

from core.errors import NotAnImage


def box(brand):
    return b"\0\0\0\x18ftyp" + brand + b"\0\0\0\0" + brand + b"mp41"


NAMED = {
    b"\xff\x0a\xff\x07": "a JPEG XL",
    b"\0\0\0\x0cJXL \r\n\x87\n": "a JPEG XL",
    b"\0\0\0\x0cjP  \r\n\x87\n": "a JPEG 2000",
    b"<svg xmlns='http://www.w3.org/2000/svg'/>": "an SVG",
    b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- drawn -->\n<svg/>": "an SVG",
    b"<!DOCTYPE html><title>photo</title>": "a web page",
    b"%PDF-1.7": "a PDF",
    b"%!PS-Adobe": "a PostScript file",
    b"8BPS\0\1": "a Photoshop file",
    b"PK\3\4": "a ZIP archive",
    b"FUJIFILMCCD-RAW 0201": "a camera's raw photo",
    b"IIU\0\x18\0": "a camera's raw photo",
    box(b"crx "): "a camera's raw photo",
    box(b"isom"): "a video",
    box(b"qt  "): "a video",
    b"\0\0\x10\0mdat": "a video",
    b"\x1aE\xdf\xa3\x01": "a video",
    b"RIFF\0\0\0\0AVI LIST": "a video",
}


@pytest.mark.parametrize(("head", "name"), NAMED.items())
def test_a_file_of_another_kind_is_named(head, name):
    with pytest.raises(NotAnImage, match=f"The file is {name}, which is not read; JPEG, PNG"):
        rendered(head + bytes(100))


def test_a_file_of_no_known_kind_is_told_what_is_read():
    with pytest.raises(NotAnImage, match="of no kind that is read; JPEG, PNG, WebP, GIF, AVIF, HEIC, TIFF and BMP are"):
        rendered(b"hello, world " * 10)


@pytest.mark.parametrize(
    ("frame", "precision", "name"),
    [
        (0xC1, 12, "12 bits"),
        (0xC3, 8, "lossless"),
        (0xC5, 8, "hierarchical"),
        (0xCB, 16, "lossless"),
        (0xC0, 9, "9 bits"),
    ],
)
def test_a_jpeg_of_a_kind_that_is_not_read_is_named(frame, precision, name):
    data = encoded(Image.new("RGB", (64, 48)))
    at = data.index(b"\xff\xc0")
    data = data[: at + 1] + bytes((frame,)) + data[at + 2 : at + 4] + bytes((precision,)) + data[at + 5 :]
    with pytest.raises(NotAnImage, match=name):
        rendered(data)


def test_a_png_of_apples_own_form_is_named():
    data = png([1, 2, 3], 1, 8, 2)
    with pytest.raises(NotAnImage, match="CgBI"):
        rendered(data[:8] + chunk(b"CgBI", struct.pack(">I", 0x50002002)) + data[8:])
