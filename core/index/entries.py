"""The record of an image in an index, and how malformed records are read."""

from collections.abc import Mapping

import msgspec

from core import ids

ABSENT = msgspec.UNSET  # a value that is not known
MAX_NAME = 200  # characters


class DamagedIndex(ValueError):
    """The bytes are not an index, or an entry has no readable id."""


class Rendition(msgspec.Struct, gc=False):
    """One stored JPEG: its width and height in pixels, as displayed, and its length in bytes."""

    width: int
    height: int
    bytes: int


class Entry(msgspec.Struct, gc=False):
    """One image. Values that an older version did not write are absent; the original service wrote no sizes.

    Rendering makes the entry; publishing gives it an id.
    """

    id: str
    ext: str = "jpg"
    created_at: str = ""
    sizes: dict[str, Rendition] | msgspec.UnsetType = ABSENT
    name: str | msgspec.UnsetType = ABSENT  # of the uploaded file, at most MAX_NAME characters
    sha256: str | msgspec.UnsetType = ABSENT  # of the uploaded bytes, in hexadecimal digits
    taken_at: str | msgspec.UnsetType = ABSENT  # local time as in 2026-02-21T19:01:02, and its zone if known
    placeholder: str | msgspec.UnsetType = ABSENT  # a ThumbHash in base64


class _Id(msgspec.Struct):
    id: str


class _Length(msgspec.Struct, gc=False):
    bytes: int


class _Weight(msgspec.Struct, gc=False):
    sizes: dict[str, _Length] | msgspec.UnsetType = ABSENT


UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)  # what decoding any bytes may raise
_decode_entry = msgspec.json.Decoder(Entry).decode
_decode_id = msgspec.json.Decoder(_Id).decode
decode_entries = msgspec.json.Decoder(list[Entry]).decode
_decode_weights = msgspec.json.Decoder(list[_Weight]).decode
_decode_weight = msgspec.json.Decoder(_Weight).decode


def weigh(sizes: Mapping[str, "Rendition | _Length"] | msgspec.UnsetType) -> int:
    """The total bytes of an image's files; 0 when its sizes are absent."""
    return sum([max(size.bytes, 0) for size in sizes.values()]) if sizes else 0


def decode_weights(array: bytes | memoryview) -> list[int]:
    """The total bytes of each entry's files; decodes nothing else of the entries."""
    return [weigh(entry.sizes) for entry in _decode_weights(array)]


def weight_of(raw: msgspec.Raw) -> int:
    """The total bytes of one entry's files; 0 when the entry's form is unknown."""
    try:
        return weigh(_decode_weight(raw).sizes)
    except UNREADABLE:
        return 0


def quoted(image_id: str) -> bytes:
    """The id, quoted as in an entry that this service wrote."""
    return f'"{image_id}"'.encode()


def id_of(raw: msgspec.Raw) -> str:
    """The id of an entry; raises DamagedIndex when it has none."""
    try:
        return _decode_id(raw).id
    except UNREADABLE as error:
        raise DamagedIndex("an entry without an id") from error


def known_id(raw: msgspec.Raw) -> str | None:
    """The id of an entry; None when it has no valid image id."""
    try:
        image = _decode_id(raw).id
    except UNREADABLE:
        return None
    return image if ids.is_image_id(image) else None


def entry_of(raw: msgspec.Raw) -> Entry:
    """Decodes an entry; of a malformed one only the id is kept, since the files hold the rest."""
    try:
        return _decode_entry(raw)
    except UNREADABLE:
        return Entry(id_of(raw))
