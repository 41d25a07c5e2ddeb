"""The index of a project's images: what meta.json holds, parsed and changed in memory; touches no file.

Entries that a change does not touch are copied byte for byte (msgspec.Raw): appending to ten
thousand images costs a scan, not ten thousand objects, and keys of another version survive.

What this service wrote (it has a revision) is taken as it is. What another wrote is put right when
it is read: each image once, the primary one among them, ids that cannot be ids left out.
"""

from collections.abc import Callable, Iterable

import msgspec

from core import ids
from core.layout import Rendition


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


class _File(msgspec.Struct):
    project_id: str
    primary_image_id: str | None = None
    images: list[msgspec.Raw] = []
    revision: int = 0


_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_decode_file = msgspec.json.Decoder(_File).decode
_decode_entry = msgspec.json.Decoder(Entry).decode
_decode_listed = msgspec.json.Decoder(list[Listed]).decode
_decode_id = msgspec.json.Decoder(_Id).decode
_encode = msgspec.json.encode


class Index:
    """The ordered images of one project and its primary; a change marks it to be written."""

    def __init__(self, project_id: str, content: bytes | None = None) -> None:
        self.changed = False
        self.fence: Callable[[], None] = lambda: None  # raises LockLost; set by the transaction that holds the lock
        self._project_id = project_id
        self._entries: list[Entry] | None = None
        self._listed: list[Listed] | None = None
        self._content = content
        try:
            self._file = _File(project_id) if content is None else _decode_file(content)
        except _UNREADABLE as error:
            raise DamagedIndex("not the JSON of an index") from error
        if content is not None and not self.revision:
            self._adopt()

    def _adopt(self) -> None:
        """Puts right what another service wrote; that is part of the next change, not one by itself."""
        listed: dict[str, msgspec.Raw] = {}
        for raw in self._file.images:
            image = _id(raw)
            if ids.is_image_id(image) and image not in listed:
                # An id that was written with escapes would not be found by its letters.
                listed[image] = raw if _quoted(image) in bytes(raw) else msgspec.Raw(_encode(_entry(raw)))
        self._file.images = list(listed.values())
        self._content = None
        if self.primary not in listed:
            self._file.primary_image_id = next(iter(listed), None)

    @property
    def revision(self) -> int:
        """Counts commits; 0 is an index that this service never wrote."""
        return self._file.revision

    @property
    def primary(self) -> str | None:
        return self._file.primary_image_id

    def __len__(self) -> int:
        return len(self._file.images)

    def __contains__(self, image_id: str) -> bool:
        return self.position(image_id) is not None

    def entries(self, start: int = 0, stop: int | None = None) -> list[Entry]:
        """The images at these positions, in upload order, all by default; DamagedIndex when one has no id."""
        if self._entries is None or self.changed:
            self._entries = [_entry(raw) for raw in self._file.images]
        return self._entries[start:stop]

    def listed(self, start: int = 0, stop: int | None = None) -> list[Listed]:
        """What `entries` gives, for a list to show: in one pass, as long as each entry is as this service writes it."""
        if self._listed is None or self.changed:
            try:
                self._listed = _decode_listed(_encode(self._file.images))
            except _UNREADABLE:
                self._listed = [_as_listed(entry) for entry in self.entries()]
        return self._listed[start:stop]

    def image_ids(self) -> list[str]:
        """Every id in upload order; DamagedIndex when an entry has none."""
        return [_id(raw) for raw in self._file.images]

    def position(self, image_id: str) -> int | None:
        """Where `image_id` stands in upload order; None when it is not listed."""
        wanted = _quoted(image_id)
        if not self.changed and self._content is not None and wanted not in self._content:
            return None  # one search, before a look at each entry
        for position, raw in enumerate(self._file.images):
            if wanted in bytes(raw) and _id(raw) == image_id:
                return position
        return None

    def append(self, entry: Entry) -> None:
        """Lists an image last; the first one becomes primary. No change to one that a rebuilt index lists already."""
        if entry.id not in self:
            self.extend([entry])

    def extend(self, entries: Iterable[Entry]) -> None:
        """Lists images that are known not to be listed yet."""
        for entry in entries:
            self._file.images.append(msgspec.Raw(_encode(entry)))
            if self._file.primary_image_id is None:
                self._file.primary_image_id = entry.id
            self.changed = True

    def restore(self, entries: list[Entry]) -> None:
        """Lists exactly these images, in this order; the primary one stays if it is among them.

        Keys of another version stay with the images that were listed already.
        """
        known = {_id(raw): msgspec.json.decode(raw) for raw in self._file.images}
        merged = (known.get(entry.id, {}) | msgspec.to_builtins(entry) for entry in entries)
        self._file.images = [msgspec.Raw(_encode(content)) for content in merged]
        if self.primary not in {entry.id for entry in entries}:
            self._file.primary_image_id = entries[0].id if entries else None
        self.changed = True

    def discard(self, image_id: str) -> bool:
        """Takes an image off the list; when it was primary the next in order is (the first, after the last)."""
        position = self.position(image_id)
        if position is None:
            return False
        images = self._file.images
        del images[position]
        if self.primary == image_id:
            following = images[position:] or images
            self._file.primary_image_id = _id(following[0]) if following else None
        self.changed = True
        return True

    def set_primary(self, image_id: str) -> None:
        """Makes a listed image the primary one."""
        if self.primary != image_id:
            self._file.primary_image_id = image_id
            self.changed = True

    def encode(self) -> bytes:
        """The file's bytes, as the next revision; that number first, where `metadata.version` looks for it."""
        head = {"revision": self.revision + 1, "project_id": self._project_id, "primary_image_id": self.primary}
        return _encode(head | {"images": self._file.images})


def _quoted(image_id: str) -> bytes:
    return f'"{image_id}"'.encode()


def _id(raw: msgspec.Raw) -> str:
    try:
        return _decode_id(raw).id
    except _UNREADABLE as error:
        raise DamagedIndex("an entry without an id") from error


def _as_listed(entry: Entry) -> Listed:
    known = entry.sizes or {}
    sizes = {size: Size(rendition.width, rendition.height, rendition.bytes) for size, rendition in known.items()}
    return Listed(entry.id, entry.created_at, sizes)


def _entry(raw: msgspec.Raw) -> Entry:
    """An entry; of one that says odd things of an image, its id alone: the rest can be had from the files."""
    try:
        return _decode_entry(raw)
    except _UNREADABLE:
        return Entry(_id(raw))
