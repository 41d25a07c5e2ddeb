"""The index of a project's images: the content of meta.json, parsed and changed in memory; accesses no file.

Entries that a change does not affect are copied byte for byte (msgspec.Raw): appending to ten thousand
images only checks their syntax, and keys that another version wrote survive.

An index that this service wrote has a revision, and is used unchanged. Any other index is corrected when it is
read: each image is listed once, the primary image is one of them, and invalid ids are left out.
"""

import re
from collections.abc import Callable, Iterable, Sequence

import msgspec

from core import ids
from core.index.entries import (
    UNREADABLE,
    DamagedIndex,
    Entry,
    decode_entries,
    decode_weights,
    entry_of,
    id_of,
    known_id,
    quoted,
    weight_of,
)


class _File(msgspec.Struct):
    project_id: str
    primary_image_id: str | None = None
    images: msgspec.Raw = msgspec.Raw(b"[]")  # an array; only some changes need to split it into entries
    revision: int = 0


_decode_file = msgspec.json.Decoder(_File).decode
_decode_images = msgspec.json.Decoder(list[msgspec.Raw]).decode
_encode = msgspec.json.encode
_EMPTY = re.compile(rb"\[\s*\]")


class Index:
    """The ordered images of one project and its primary image; a change sets `changed`."""

    def __init__(self, project_id: str, content: bytes | None = None) -> None:
        self.changed = False
        self.fence: Callable[[], None] = lambda: None  # raises LockLost; set by the transaction that holds the lock
        self._project_id = project_id
        self._entries: list[Entry] | None = None
        self._content = content
        self._split: list[msgspec.Raw] | None = None
        self._added: list[bytes] = []  # entries to append to the array that is not split
        try:
            self._file = _File(project_id) if content is None else _decode_file(content)
        except UNREADABLE as error:
            raise DamagedIndex("not the JSON of an index") from error
        if bytes(memoryview(self._file.images)[:1]) != b"[":
            raise DamagedIndex("its images are no list")
        if content is not None and not self.revision:
            self._adopt()

    def _adopt(self) -> None:
        """Corrects an index that another service wrote; the correction alone does not count as a change."""
        listed: dict[str, msgspec.Raw] = {}
        for raw in self._images:
            image = id_of(raw)
            if ids.is_image_id(image) and image not in listed:
                # A search for the plain id would not find an id that was written with escapes.
                listed[image] = raw if quoted(image) in bytes(raw) else msgspec.Raw(_encode(entry_of(raw)))
        self._split = list(listed.values())
        self._content = None
        if self.primary not in listed:
            self._file.primary_image_id = next(iter(listed), None)

    @property
    def _images(self) -> list[msgspec.Raw]:
        """The bytes of each entry."""
        if self._split is None:
            self._split = [*_decode_images(self._file.images), *map(msgspec.Raw, self._added)]
            self._added = []
        return self._split

    @property
    def revision(self) -> int:
        """The number of commits; 0 for an index that this service never wrote."""
        return self._file.revision

    @property
    def primary(self) -> str | None:
        return self._file.primary_image_id

    def __len__(self) -> int:
        decoded = None if self.changed else self._entries
        return len(self._images if decoded is None else decoded)

    def __contains__(self, image_id: str) -> bool:
        return self.position(image_id) is not None

    def entries(self, start: int = 0, stop: int | None = None) -> list[Entry]:
        """The images at these positions, in upload order, by default all; DamagedIndex when one has no valid id."""
        if self._entries is None or self.changed:
            try:
                array = self._array()
                self._entries = decode_entries(array[0] if len(array) == 1 else b"".join(array))
            except UNREADABLE:  # some entry has another form than this service writes: decode them one by one
                self._entries = [entry_of(raw) for raw in self._images]
            if not ids.are_image_ids([entry.id for entry in self._entries]):
                raise DamagedIndex("an id that can be no image's")
        return self._entries[start:stop]

    def image_ids(self) -> list[str]:
        """Every id in upload order; entries without an id are left out."""
        return [image for raw in self._images if (image := known_id(raw))]

    def position(self, image_id: str) -> int | None:
        """The position of `image_id` in upload order; None when it is not listed."""
        wanted = quoted(image_id)
        # One search instead of a look at each entry; from the end, which takes half the time of `in`.
        if not self.changed and self._content is not None and self._content.rfind(wanted) < 0:
            return None
        for position, raw in enumerate(self._images):
            if wanted in bytes(raw) and known_id(raw) == image_id:
                return position
        return None

    def sizes(self, image_id: str | None = None) -> set[str]:
        """The names of the sizes listed for an image, or for all; they may include sizes that are no longer served."""
        if image_id is None:
            entries = self.entries()
        else:
            position = self.position(image_id)
            entries = [] if position is None else [entry_of(self._images[position])]
        return {size for entry in entries for size in entry.sizes or ()}

    def weight(self) -> tuple[int, int]:
        """The number of listed images, and the bytes of their files; an image whose sizes are absent counts 0 bytes."""
        array = self._array()
        try:
            weights = decode_weights(array[0] if len(array) == 1 else b"".join(array))
        except UNREADABLE:  # some entry has another form than this service writes
            weights = [weight_of(raw) for raw in self._images]
        return len(weights), sum(weights)

    def append(self, entry: Entry) -> None:
        """Lists an image last; the first image becomes primary. No change if a rebuilt index already lists it."""
        if entry.id not in self:
            self.extend([entry])

    def extend(self, entries: Iterable[Entry]) -> None:
        """Lists images that the caller knows are not listed yet."""
        for entry in entries:
            if self._split is None:
                self._added.append(_encode(entry))
            else:
                self._split.append(msgspec.Raw(_encode(entry)))
            if self._file.primary_image_id is None:
                self._file.primary_image_id = entry.id
            self.changed = True

    def restore(self, entries: list[Entry]) -> None:
        """Lists exactly these images, in this order; the primary image stays if it is one of them.

        Images that were listed before keep the keys that another version wrote.
        """
        known = {id_of(raw): msgspec.json.decode(raw) for raw in self._images}
        merged = (known.get(entry.id, {}) | msgspec.to_builtins(entry) for entry in entries)
        self._split = [msgspec.Raw(_encode(content)) for content in merged]
        if self.primary not in {entry.id for entry in entries}:
            self._file.primary_image_id = entries[0].id if entries else None
        self.changed = True

    def discard(self, image_id: str) -> bool:
        """Removes an image from the list; if it was primary, the next in order is (after the last, the first)."""
        position = self.position(image_id)
        if position is None:
            return False
        images = self._images
        del images[position]
        if self.primary == image_id:
            following = map(known_id, [*images[position:], *images[:position]])
            self._file.primary_image_id = next(filter(None, following), None)
        self.changed = True
        return True

    def arrange(self, image_ids: Sequence[str], after: str | None) -> None:
        """Moves listed images, in this order, to the place after the listed image `after`, or to the front."""
        entries = {id_of(raw): raw for raw in self._images}
        moved = dict.fromkeys(image_ids)
        rest = [image for image in entries if image not in moved]
        place = 0 if after is None else rest.index(after) + 1
        order = [*rest[:place], *moved, *rest[place:]]
        if order != list(entries):
            self._split = [entries[image] for image in order]
            self.changed = True

    def clear(self) -> None:
        """Removes every image from the list."""
        self._split, self._file.primary_image_id, self.changed = [], None, True

    def set_primary(self, image_id: str) -> None:
        """Makes a listed image the primary one."""
        if self.primary != image_id:
            self._file.primary_image_id = image_id
            self.changed = True

    def encode(self) -> list[bytes | memoryview]:
        """The file's bytes in pieces, as the next revision; its number is first, where `metadata.version` reads it."""
        head = {"revision": self.revision + 1, "project_id": self._project_id, "primary_image_id": self.primary}
        return [_encode(head)[:-1] + b',"images":', *self._array(), b"}"]

    def _array(self) -> list[bytes | memoryview]:
        """The JSON array of all entries in pieces; an array with only appended entries is neither split nor copied."""
        if self._split is not None:
            return [_encode(self._split)]
        kept = memoryview(self._file.images)
        if not self._added:
            return [kept]
        comma = b"" if _EMPTY.fullmatch(kept) else b","
        return [kept[:-1], comma + b",".join(self._added) + b"]"]
