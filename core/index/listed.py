"""What an index lists: all of it, or one share of its images. For a share of a million images the index is read in
pieces, and only the share's ids are kept, with the sizes that were asked for."""

import os
import re
from collections.abc import Container, Iterator
from contextlib import suppress
from dataclasses import dataclass, field

import msgspec

from core import ids
from core.index.entries import UNREADABLE, DamagedIndex, Rendition
from core.index.images import Index

_PIECE = 1 << 22  # bytes
_HEAD = 1 << 16  # bytes within which the list of images must begin
_begin = re.compile(rb'"images"\s*:\s*\[')
_between = re.compile(rb'\}\s*,\s*(?=\{\s*")')  # between two entries; inside a string every quote has a backslash


class _Around(msgspec.Struct):
    """An index without its images."""

    project_id: str
    primary_image_id: str | None = None


class _Listed(msgspec.Struct):
    id: str
    sizes: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


_decode_around = msgspec.json.Decoder(_Around).decode
_decode_piece = msgspec.json.Decoder(list[_Listed]).decode
_decode_sizes = msgspec.json.Decoder(dict[str, Rendition]).decode


@dataclass(slots=True)
class Listed:
    """Image ids in upload order, the primary image, and the sizes of the images that were asked for."""

    images: list[str] = field(default_factory=list)
    primary: str | None = None
    sizes: dict[str, dict[str, Rendition]] = field(default_factory=dict)


def listed_by(index: Index, measured: Container[str]) -> Listed:
    """What a parsed index lists, with the sizes of the images in `measured`."""
    sizes = {entry.id: entry.sizes or {} for entry in index.entries() if entry.id in measured}
    return Listed(index.image_ids(), index.primary, sizes)


def read(descriptor: int, share: Container[str], measured: Container[str]) -> Listed:
    """The images in `share` of an index that is open for reading; DamagedIndex when the file is not an index.

    Another service's index counts as damaged here if its entries contain lists of objects.
    """
    listed = Listed()
    try:
        for piece in _pieces(descriptor, listed):
            for entry in _decode_piece(piece):
                if not ids.is_image_id(entry.id):
                    raise DamagedIndex("an id that can be no image's")
                if entry.id in share:
                    listed.images.append(entry.id)
                    if entry.id in measured:
                        listed.sizes[entry.id] = _sizes(entry)
    except UNREADABLE as error:
        raise DamagedIndex("not the JSON of an index") from error
    return listed


def _sizes(entry: _Listed) -> dict[str, Rendition]:
    """The sizes of an entry; empty when they are malformed, since the files hold them too."""
    with suppress(*UNREADABLE):
        return _decode_sizes(entry.sizes) if entry.sizes else {}
    return {}


def _pieces(descriptor: int, listed: Listed) -> Iterator[bytes]:
    """The list of images in pieces, each a list itself; in the end the primary image is stored in `listed`."""
    head = os.pread(descriptor, _HEAD, 0)
    begin = _begin.search(head)
    if begin is None:
        raise DamagedIndex("no list of images near its beginning")
    offset, rest = begin.end(), b""
    while read := os.pread(descriptor, _PIECE, offset):
        offset += len(read)
        rest += read
        *_, last = [0, *(found.end() for found in _between.finditer(rest))]
        if last:
            yield b"[" + rest[:last].rstrip(b", \t\r\n") + b"]"
            rest = rest[last:]
    end = rest.rfind(b"]")
    if end < 0:
        raise DamagedIndex("its list of images does not end")
    yield b"[" + rest[:end] + b"]"
    listed.primary = _decode_around(head[: begin.end()] + rest[end:]).primary_image_id
