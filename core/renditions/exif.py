"""How a picture is to be turned, from its EXIF block or, where that is silent, its XMP packet.

Read here rather than by Pillow, which loads every entry of a block, warns of each that is damaged, and needs its
TIFF reader for it: ten milliseconds of a cold start for one number.
"""

import re

UPRIGHT = 1
_TAG = 0x0112
_SHORT, _LONG = 3, 4
_MAX_ENTRIES = 1000  # cameras write about 20
_in_xmp = re.compile(rb"tiff:Orientation(?:=[\"']|>)([1-8])\b")


def orientation(exif: bytes | None, xmp: bytes | None) -> int:
    """1 to 8 as EXIF numbers them; broken or unheard of counts as upright, since damaged metadata is no damage."""
    found = _first_directory(exif).get(_TAG) if exif else None
    if found is None and xmp and (match := _in_xmp.search(xmp)):
        found = int(match[1])
    return found if found and 1 <= found <= 8 else UPRIGHT


def _first_directory(exif: bytes) -> dict[int, int]:
    """The tags with a single whole number for a value in the first directory of a block."""
    block = exif.removeprefix(b"Exif\0\0")
    if block[:4] not in (b"II*\0", b"MM\0*"):
        return {}
    little = block.startswith(b"II")

    def number(at: int, size: int) -> int:
        data = block[at : at + size]
        return int.from_bytes(data, "little" if little else "big")

    start = number(4, 4)
    entries = {}
    for at in range(start + 2, start + 2 + 12 * min(number(start, 2), _MAX_ENTRIES), 12):
        kind = number(at + 2, 2)
        if kind in (_SHORT, _LONG):
            entries[number(at, 2)] = number(at + 8, 2 if kind == _SHORT else 4)
    return entries
