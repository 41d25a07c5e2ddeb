"""The orientation of a picture and when it was taken, from its EXIF block; the orientation also from its XMP packet.

Pillow is not used, because it loads every entry of a block, warns about each damaged one, and needs its TIFF reader
for it: ten milliseconds of a cold start for one number. At most two directories are read.
"""

import re
from datetime import datetime

UPRIGHT = 1
_ORIENTATION, _EXIF_DIRECTORY, _ORIGINAL_TIME, _ORIGINAL_ZONE = 0x0112, 0x8769, 0x9003, 0x9011
_TEXT, _SHORT, _LONG = 2, 3, 4
_MAX_ENTRIES = 1000  # cameras write about 20
_in_xmp = re.compile(rb"tiff:Orientation(?:=[\"']|>)([1-8])\b")
_time = re.compile(r"(\d{4}):(\d\d):(\d\d) (\d\d:\d\d:\d\d)", re.ASCII)
_zone = re.compile(r"[+-](?:0\d|1[0-4]):[0-5]\d")


def orientation(exif: bytes | None, xmp: bytes | None) -> int:
    """The orientation, 1 to 8 as in EXIF; a damaged or unknown value counts as upright: metadata may be damaged."""
    block = _Block(exif or b"")
    found = block.number(block.first_directory(), _ORIENTATION)
    if found is None and xmp and (match := _in_xmp.search(xmp)):
        found = int(match[1])
    return found if found and 1 <= found <= 8 else UPRIGHT


def taken_at(exif: bytes | None) -> str | None:
    """When the picture was taken, as 2026-02-21T19:01:02, plus +01:00 if the file has the zone; None if unknown."""
    block = _Block(exif or b"")
    directory = block.directory(block.number(block.first_directory(), _EXIF_DIRECTORY) or 0)
    match = _time.fullmatch(block.text(directory, _ORIGINAL_TIME))
    try:
        local = datetime.fromisoformat("{}-{}-{}T{}".format(*match.groups())).isoformat() if match else None
    except ValueError:  # the zeros of a camera whose clock was never set
        return None
    zone = block.text(directory, _ORIGINAL_ZONE)
    return local + zone if local and _zone.fullmatch(zone) else local


class _Block:
    """Reads directories of a TIFF structure: for each tag the value's type, and the position of it or of its offset."""

    def __init__(self, exif: bytes) -> None:
        self._data = exif.removeprefix(b"Exif\0\0")
        self._little = self._data.startswith(b"II")

    def first_directory(self) -> dict[int, tuple[int, int]]:
        return self.directory(self._number(4, 4)) if self._data[:4] in (b"II*\0", b"MM\0*") else {}

    def directory(self, start: int) -> dict[int, tuple[int, int]]:
        """The entries of the directory at `start`; none at 0 or past the end."""
        if not 0 < start < len(self._data):
            return {}
        places = range(start + 2, start + 2 + 12 * min(self._number(start, 2), _MAX_ENTRIES), 12)
        return {self._number(at, 2): (self._number(at + 2, 2), at) for at in places}

    def number(self, directory: dict[int, tuple[int, int]], tag: int) -> int | None:
        """The value of a tag as one whole number; None when the tag is missing or has another type."""
        kind, at = directory.get(tag, (0, 0))
        return self._number(at + 8, 2 if kind == _SHORT else 4) if kind in (_SHORT, _LONG) else None

    def text(self, directory: dict[int, tuple[int, int]], tag: int) -> str:
        """The value of a tag as text of 5 to 20 bytes, which do not fit into the entry; empty when there is none."""
        kind, at = directory.get(tag, (0, 0))
        length, place = self._number(at + 4, 4), self._number(at + 8, 4)
        text = self._data[place : place + length] if kind == _TEXT and 5 <= length <= 20 else b""
        return text.partition(b"\0")[0].decode("ascii", "replace").strip()

    def _number(self, at: int, size: int) -> int:
        return int.from_bytes(self._data[at : at + size], "little" if self._little else "big")
