"""Names files that people may think are pictures but that are not read, so that the answer can say what they are."""

_RAW = "a camera's raw photo"
_VIDEO = "a video"
_STARTS = (
    (b"\xff\x0a", "a JPEG XL"),
    (b"\0\0\0\x0cJXL ", "a JPEG XL"),
    (b"\0\0\0\x0cjP  ", "a JPEG 2000"),
    (b"\xff\x4f\xff\x51", "a JPEG 2000"),
    (b"%PDF-", "a PDF"),
    (b"%!PS", "a PostScript file"),
    (b"\xc5\xd0\xd3\xc6", "a PostScript file"),
    (b"8BPS", "a Photoshop file"),
    (b"\0\0\1\0", "an icon"),
    (b"PK\3\4", "a ZIP archive"),
    (b"FUJIFILMCCD-RAW", _RAW),
    (b"IIRO", _RAW),  # Olympus
    (b"IIRS", _RAW),
    (b"MMOR", _RAW),
    (b"IIU\0", _RAW),  # Panasonic
    (b"FOVb", _RAW),  # Sigma
    (b"\0MRM", _RAW),  # Minolta
    (b"\x1aE\xdf\xa3", _VIDEO),  # Matroska, WebM
    (b"\0\0\1\xba", _VIDEO),  # MPEG
    (b"\0\0\1\xb3", _VIDEO),
    (b"FLV\1", _VIDEO),
    (b"OggS", "a sound or a video"),
    (b"\x30\x26\xb2\x75", "a sound or a video"),  # Windows Media
)
_BRANDS = {b"crx ": _RAW, b"jxl ": "a JPEG XL", b"jp2 ": "a JPEG 2000", b"M4A ": "a sound"}


def name(head: bytes) -> str | None:
    """What the first bytes of a file announce, with its article ("a video"); None when that is unknown."""
    for start, found in _STARTS:
        if head.startswith(start):
            return found
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], _VIDEO)
    if head[4:8] in (b"moov", b"mdat", b"wide"):  # early QuickTime
        return _VIDEO
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        return _VIDEO
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith((b"<svg", b"<?xml", b"<!doctype svg")) and b"<svg" in text:
        return "an SVG"
    return "a web page" if text.startswith((b"<!doctype html", b"<html")) else None
