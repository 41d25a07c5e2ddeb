"""TIFF as a chain of pages: counts them, and bounds what the entries of the first, which is the one shown, refer to."""

from core.errors import TooComplex
from core.renditions.container import Container, Damaged
from core.renditions.limits import MAX_FRAMES

_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_MAX_ENTRIES = 4096  # a directory of a scanner or a camera has a few dozen


def read(data: bytes) -> Container:
    """Follow the pages of a TIFF or BigTIFF; a chain that leads nowhere or back ends there, as it does for decoders."""
    little, big = data.startswith(b"II"), data[2:4] in (b"+\0", b"\0+")
    count_size, entry_size, offset_size = (8, 20, 8) if big else (2, 12, 4)

    def number(at: int, size: int) -> int:
        return int.from_bytes(data[at : at + size], "little" if little else "big")

    first = page = number(8 if big else 4, offset_size)
    pages = set[int]()
    while page and page not in pages and page + count_size <= len(data) and len(pages) <= MAX_FRAMES:
        pages.add(page)
        page = number(page + count_size + number(page, count_size) * entry_size, offset_size)
    if not pages:
        raise Damaged("it has no page")
    entries = number(first, count_size)
    starts = range(first + count_size, first + count_size + min(entries, _MAX_ENTRIES) * entry_size, entry_size)
    referred = sum(_SIZES.get(number(at + 2, 2), 0) * number(at + 4, offset_size) for at in starts)
    # The decoder's library loads every entry at once, however many of them refer to the same bytes.
    if entries > _MAX_ENTRIES or referred > 2 * len(data):
        raise TooComplex("Its entries refer to more data than the file holds.")
    return Container(data, frames=len(pages))
