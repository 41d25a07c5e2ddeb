"""The record of an image: as an index holds it, and what is made of an odd one."""

from collections.abc import Mapping

import msgspec

from core import ids

ABSENT = msgspec.UNSET  # what is not known of an image
MAX_NAME = 200  # characters


class DamagedIndex(ValueError):
    """The bytes are no index, or an entry does not even tell its id."""


class Rendition(msgspec.Struct, gc=False):
    """One stored JPEG: pixels wide and high, as displayed, and its length in bytes."""

    width: int
    height: int
    bytes: int


class Entry(msgspec.Struct, gc=False):
    """One image. What an older version did not write is absent: the original service told no sizes either.

    It is made with the renditions, and has an id once it is published.
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


UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_decode_entry = msgspec.json.Decoder(Entry).decode
_decode_id = msgspec.json.Decoder(_Id).decode
decode_entries = msgspec.json.Decoder(list[Entry]).decode
_decode_weights = msgspec.json.Decoder(list[_Weight]).decode
_decode_weight = msgspec.json.Decoder(_Weight).decode


def weigh(sizes: Mapping[str, "Rendition | _Length"] | msgspec.UnsetType) -> int:
    """The bytes of an image's files together; 0 when it does not tell its sizes."""
    return sum([max(size.bytes, 0) for size in sizes.values()]) if sizes else 0


def decode_weights(array: bytes | memoryview) -> list[int]:
    """The bytes of each entry's files, without a look at what else it tells."""
    return [weigh(entry.sizes) for entry in _decode_weights(array)]


def weight_of(raw: msgspec.Raw) -> int:
    """The bytes of one entry's files; 0 when it tells them in no form that is known."""
    try:
        return weigh(_decode_weight(raw).sizes)
    except UNREADABLE:
        return 0


def quoted(image_id: str) -> bytes:
    """The id as it stands in an entry that this service wrote."""
    return f'"{image_id}"'.encode()


def id_of(raw: msgspec.Raw) -> str:
    """The id of an entry; DamagedIndex when it has none."""
    try:
        return _decode_id(raw).id
    except UNREADABLE as error:
        raise DamagedIndex("an entry without an id") from error


def known_id(raw: msgspec.Raw) -> str | None:
    """The id of an entry; None when it has none that can be an image's."""
    try:
        image = _decode_id(raw).id
    except UNREADABLE:
        return None
    return image if ids.is_image_id(image) else None


def entry_of(raw: msgspec.Raw) -> Entry:
    """An entry; of one that says odd things of an image, its id alone: the rest can be had from the files."""
    try:
        return _decode_entry(raw)
    except UNREADABLE:
        return Entry(id_of(raw))
