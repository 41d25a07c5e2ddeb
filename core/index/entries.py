"""One entry of an index: as it is written, as a list shows it, and what is made of an odd one."""

import msgspec

from core.volume.layout import Rendition


class DamagedIndex(ValueError):
    """The bytes are no index, or an entry does not even tell its id."""


class Entry(msgspec.Struct):
    """One image in the index; what the original service wrote has no `sizes`."""

    id: str
    ext: str = "jpg"
    created_at: str = ""
    sizes: dict[str, Rendition] | msgspec.UnsetType = msgspec.UNSET


class Size(msgspec.Struct, gc=False):
    """A rendition as a list shows it; unlike layout.Rendition it is read as fast as its text goes by."""

    width: int
    height: int
    bytes: int


class Listed(msgspec.Struct, gc=False):
    """An entry as a list shows it."""

    id: str
    created_at: str = ""
    sizes: dict[str, Size] | msgspec.UnsetType = msgspec.UNSET


class _Id(msgspec.Struct):
    id: str


UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_decode_entry = msgspec.json.Decoder(Entry).decode
_decode_id = msgspec.json.Decoder(_Id).decode
decode_listed = msgspec.json.Decoder(list[Listed]).decode


def quoted(image_id: str) -> bytes:
    """The id as it stands in an entry that this service wrote."""
    return f'"{image_id}"'.encode()


def id_of(raw: msgspec.Raw) -> str:
    """The id of an entry; DamagedIndex when it has none."""
    try:
        return _decode_id(raw).id
    except UNREADABLE as error:
        raise DamagedIndex("an entry without an id") from error


def as_listed(entry: Entry) -> Listed:
    """What a list shows of an entry that could not be read as one at once."""
    known = entry.sizes or {}
    sizes = {size: Size(rendition.width, rendition.height, rendition.bytes) for size, rendition in known.items()}
    return Listed(entry.id, entry.created_at, sizes)


def entry_of(raw: msgspec.Raw) -> Entry:
    """An entry; of one that says odd things of an image, its id alone: the rest can be had from the files."""
    try:
        return _decode_entry(raw)
    except UNREADABLE:
        return Entry(id_of(raw))
