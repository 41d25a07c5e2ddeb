"""HEIC and AVIF as boxes: checks that the picture is whole, and finds the numbers that describe its colours.

Damage in a box after the picture's boxes does not affect the picture.
"""

from collections.abc import Iterator

from core.renditions import limits
from core.renditions.container import Container, Damaged
from core.renditions.numbers import Colours

_PARTS = (b"ftyp", b"meta", b"moov", b"mdat")  # the parts of a picture; other boxes may be damaged or cut off
_MAX_ITEMS = 10_000  # a phone's photo has 50 tiles; each costs the walk time


def read(data: bytes) -> Container:
    """Walks the outermost boxes; raises Damaged when one of the picture's boxes is cut off."""
    found: dict[bytes, tuple[int, int]] = {}
    for kind, start, end in _boxes(data, 0):
        if end > len(data):
            if kind in _PARTS and kind not in found:
                raise Damaged("it is cut off")
            break
        found.setdefault(kind, (start, end))
    if b"meta" not in found and b"moov" not in found:
        raise Damaged("it is cut off")
    start, end = found.get(b"meta", (0, 0))
    return Container(data, colours=_colours(data[start + 4 : end]))


def _boxes(data: bytes, start: int) -> Iterator[tuple[bytes, int, int]]:
    """Each box: its type, and the start and end of its content; the end may be past the end of the data."""
    count = 0
    while start + 8 <= len(data):
        count += 1
        limits.check("chunks", count)
        length, content = _number(data, start, 4), start + 8
        if length == 1:
            length, content = _number(data, start + 8, 8), start + 16
        end = start + length if length else len(data)  # the last box may omit its length
        if end < content:
            end = len(data) + 1
        yield data[start + 4 : start + 8], content, end
        start = end


def _colours(meta: bytes) -> Colours | None:
    """The numbers that describe the primary picture's colours, if it has any."""
    boxes = {kind: meta[start:end] for kind, start, end in _boxes(meta, 0)}
    inner = boxes.get(b"iprp", b"")
    parts = {kind: inner[start:end] for kind, start, end in _boxes(inner, 0)}
    primary = boxes.get(b"pitm", b"")
    item = int.from_bytes(primary[4:])
    properties = [(kind, start) for kind, start, _ in _boxes(parts.get(b"ipco", b""), 0)]
    for index in _properties_of(item, parts.get(b"ipma", b"")):
        if 0 < index <= len(properties):
            kind, start = properties[index - 1]
            colour = parts[b"ipco"][start : start + 8]
            if kind == b"colr" and colour[:4] == b"nclx":
                return Colours(_number(colour, 4, 2), _number(colour, 6, 2))
    return None


def _properties_of(item: int, associations: bytes) -> Iterator[int]:
    """The numbers of an item's properties, from 1."""
    wide_id, wide = (4 if associations[:1] > b"\0" else 2), 1 + (_number(associations, 3, 1) & 1)
    at = 8
    for _ in range(min(_number(associations, 4, 4), _MAX_ITEMS)):
        found, count = _number(associations, at, wide_id), _number(associations, at + wide_id, 1)
        at += wide_id + 1
        if found == item:
            indexes = (_number(associations, at + n * wide, wide) for n in range(count))
            yield from (index & (0x7FFF if wide == 2 else 0x7F) for index in indexes)
        at += count * wide


def _number(data: bytes, at: int, size: int) -> int:
    return int.from_bytes(data[at : at + size])
