"""TIFF as a chain of pages: counts them, so that an absurd chain is refused; the first is what is shown."""

from core.renditions.container import Container, Damaged
from core.renditions.limits import MAX_FRAMES


def read(data: bytes) -> Container:
    """Follow the pages of a TIFF or BigTIFF; a chain that leads nowhere or back ends there, as it does for decoders."""
    order: str = "little" if data[:2] == b"II" else "big"
    big = data[2:4] in (b"+\0", b"\0+")
    count_size, entry_size, offset_size = (8, 20, 8) if big else (2, 12, 4)

    def number(position: int, size: int) -> int:
        return int.from_bytes(data[position : position + size], order)  # type: ignore[arg-type]

    page, pages = number(8 if big else 4, offset_size), set[int]()
    while page and page not in pages and page + count_size <= len(data) and len(pages) <= MAX_FRAMES:
        pages.add(page)
        page = number(page + count_size + number(page, count_size) * entry_size, offset_size)
    if not pages:
        raise Damaged("it has no page")
    return Container(data, frames=len(pages))
