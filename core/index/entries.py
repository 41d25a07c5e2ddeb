"""The record of an image: as an index holds it, and what is made of an odd one."""

import msgspec


class DamagedIndex(ValueError):
    """The bytes are no index, or an entry does not even tell its id."""


class Rendition(msgspec.Struct, gc=False):
    """One stored JPEG: pixels wide and high, as displayed, and its length in bytes."""

    width: int
    height: int
    bytes: int


class Entry(msgspec.Struct, gc=False):
    """One image; what the original service wrote has no `sizes`."""

    id: str
    ext: str = "jpg"
    created_at: str = ""
    sizes: dict[str, Rendition] | msgspec.UnsetType = msgspec.UNSET


class _Id(msgspec.Struct):
    id: str


UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_decode_entry = msgspec.json.Decoder(Entry).decode
_decode_id = msgspec.json.Decoder(_Id).decode
decode_entries = msgspec.json.Decoder(list[Entry]).decode


def quoted(image_id: str) -> bytes:
    """The id as it stands in an entry that this service wrote."""
    return f'"{image_id}"'.encode()


def id_of(raw: msgspec.Raw) -> str:
    """The id of an entry; DamagedIndex when it has none."""
    try:
        return _decode_id(raw).id
    except UNREADABLE as error:
        raise DamagedIndex("an entry without an id") from error


def entry_of(raw: msgspec.Raw) -> Entry:
    """An entry; of one that says odd things of an image, its id alone: the rest can be had from the files."""
    try:
        return _decode_entry(raw)
    except UNREADABLE:
        return Entry(id_of(raw))
