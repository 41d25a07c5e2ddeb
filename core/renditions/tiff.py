"""TIFF as a chain of pages: finds the largest page, which is the one shown, and recognizes raw photos.

A page may be a small copy of another (cameras put their preview first), and the photo may be a page below it. The
header's offset is changed so that the shown page's directory comes first; nothing else in the file is changed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from core.errors import NotAnImage
from core.renditions.container import Container, Damaged
from core.renditions.limits import MOST, check

_MAX_BELOW = 100  # pages below one; cameras write three
_SIZES = {3: 2, 4: 4, 5: 8, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8, 8: 2}  # types read as numbers
_TYPES = {*range(1, 14), 16, 17, 18}  # of the specification, and BigTIFF's
_SUBFILE, _WIDTH, _HEIGHT, _COMPRESSION, _PHOTOMETRIC, _BELOW, _DNG = 254, 256, 257, 259, 262, 330, 50_706
_MASK = 4  # a bit of the subfile's type: a transparency mask of another page, not a picture
_RAW_PHOTOMETRIC = (32_803, 34_892)  # a colour filter's mosaic, and linear raw
_RAW_COMPRESSION = (32_767, 32_769, 32_770, 34_713, 65_000, 65_535)  # Sony, Epson, Samsung, Nikon, Kodak, Pentax
_RAW = "The file is a camera's raw photo, which is not read; upload it developed, as a JPEG."


@dataclass(frozen=True, slots=True)
class _Page:
    offset: int
    width: int
    height: int
    kind: int


def read(data: bytes) -> Container:
    """Follows the pages of a TIFF or BigTIFF; a chain that leads nowhere or back ends there, as in decoders."""
    if data[8:10] == b"CR":  # Canon's, whose pages look like a photo's
        raise NotAnImage(_RAW)
    reader = _Reader(data)
    pages = list(reader.pages())
    if not pages:
        raise Damaged("it has no page")
    pictures = (page for page in pages if not page.kind & _MASK)
    shown = max(pictures, key=lambda page: page.width * page.height, default=pages[0])
    at, size = reader.first
    changed = data[:at] + shown.offset.to_bytes(size, reader.order) + data[at + size :]
    return Container(data if shown is pages[0] else changed, shown.width, shown.height, frames=len(pages))


class _Reader:
    """The directories of one file."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.order: Literal["little", "big"] = "little" if data.startswith(b"II") else "big"
        big = data[2:4] in (b"+\0", b"\0+")
        self.count_size, self.entry_size, self.offset_size = (8, 20, 8) if big else (2, 12, 4)
        self.first = (8, 8) if big else (4, 4)

    def number(self, at: int, size: int) -> int:
        return int.from_bytes(self.data[at : at + size], self.order)

    def pages(self) -> Iterator[_Page]:
        """Each page of the chain, and those below it."""
        waiting, seen, entries = [self.number(*self.first)], set[int](), 0
        while waiting and len(seen) <= MOST["frames"]:
            offset = waiting.pop()
            if not offset or offset in seen or offset + self.count_size > len(self.data):
                continue
            seen.add(offset)
            count = self.number(offset, self.count_size)
            entries += count
            check("entries in a page", count)
            check("entries", entries)
            start = offset + self.count_size
            end = start + count * self.entry_size
            # If a tag occurs twice the first one counts, as in decoders.
            tags = dict(filter(None, map(self._entry, reversed(range(start, end, self.entry_size)))))
            _refuse_raw(tags)
            width, height, kind = (tags.get(tag, [0])[0] for tag in (_WIDTH, _HEIGHT, _SUBFILE))
            yield _Page(offset, width, height, kind)
            waiting += [self.number(end, self.offset_size), *reversed(tags.get(_BELOW, []))]

    def _entry(self, at: int) -> tuple[int, list[int]] | None:
        """A tag and its numbers; only the first number, except for the offsets of pages below. None for an entry of no
        known type, which decoders pass over."""
        tag, kind, count = self.number(at, 2), self.number(at + 2, 2), self.number(at + 4, self.offset_size)
        if kind not in _TYPES:
            return None
        size = _SIZES.get(kind, 1)
        check("values in an entry", count if kind in _SIZES else 0)
        at += 4 + self.offset_size
        if size * count > self.offset_size:
            at = self.number(at, self.offset_size)
        wanted = min(count, _MAX_BELOW if tag == _BELOW else 1)
        return tag, [self.number(at + n * size, size) for n in range(wanted)] or [0]


def _refuse_raw(tags: dict[int, list[int]]) -> None:
    """Raises NotAnImage for a camera's raw photo, whose page is only its preview."""
    photometric, compression = tags.get(_PHOTOMETRIC, [0])[0], tags.get(_COMPRESSION, [0])[0]
    if _DNG in tags or photometric in _RAW_PHOTOMETRIC or compression in _RAW_COMPRESSION:
        raise NotAnImage(_RAW)
