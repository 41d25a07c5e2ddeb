"""TIFF as a chain of pages: counts them, so that an absurd chain is refused; the first is what is shown."""

from core.errors import TooComplex
from core.renditions.container import Container, Damaged
from core.renditions.limits import MAX_FRAMES

_MAX_ENTRIES = 4096  # the directory of a page has a few dozen; each costs the decoder's library time


def read(data: bytes) -> Container:
    """Follow the pages of a TIFF or BigTIFF; a chain that leads nowhere or back ends there, as it does for decoders."""
    little, big = data.startswith(b"II"), data[2:4] in (b"+\0", b"\0+")
    count_size, entry_size, offset_size = (8, 20, 8) if big else (2, 12, 4)

    def number(at: int, size: int) -> int:
        return int.from_bytes(data[at : at + size], "little" if little else "big")

    page, pages = number(8 if big else 4, offset_size), set[int]()
    while page and page not in pages and page + count_size <= len(data) and len(pages) <= MAX_FRAMES:
        pages.add(page)
        entries = number(page, count_size)
        if entries > _MAX_ENTRIES:
            raise TooComplex(f"A page has {entries} entries; at most {_MAX_ENTRIES} are taken.", limit=_MAX_ENTRIES)
        page = number(page + count_size + entries * entry_size, offset_size)
    if not pages:
        raise Damaged("it has no page")
    return Container(data, frames=len(pages))
