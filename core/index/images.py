"""The index of a project's images: what meta.json holds, parsed and changed in memory; touches no file.

Entries that a change does not touch are copied byte for byte (msgspec.Raw): appending to ten
thousand images costs one look at their syntax, and keys of another version survive.

What this service wrote (it has a revision) is taken as it is. What another wrote is put right when
it is read: each image once, the primary one among them, ids that cannot be ids left out.
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
    images: msgspec.Raw = msgspec.Raw(b"[]")  # an array whose entries only some changes need to tell apart
    revision: int = 0


_decode_file = msgspec.json.Decoder(_File).decode
_decode_images = msgspec.json.Decoder(list[msgspec.Raw]).decode
_encode = msgspec.json.encode
_EMPTY = re.compile(rb"\[\s*\]")


class Index:
    """The ordered images of one project and its primary; a change marks it to be written."""

    def __init__(self, project_id: str, content: bytes | None = None) -> None:
        self.changed = False
        self.fence: Callable[[], None] = lambda: None  # raises LockLost; set by the transaction that holds the lock
        self._project_id = project_id
        self._entries: list[Entry] | None = None
        self._content = content
        self._split: list[msgspec.Raw] | None = None
        self._added: list[bytes] = []  # to what is not split
        try:
            self._file = _File(project_id) if content is None else _decode_file(content)
        except UNREADABLE as error:
            raise DamagedIndex("not the JSON of an index") from error
        if bytes(memoryview(self._file.images)[:1]) != b"[":
            raise DamagedIndex("its images are no list")
        if content is not None and not self.revision:
            self._adopt()

    def _adopt(self) -> None:
        """Puts right what another service wrote; that is part of the next change, not one by itself."""
        listed: dict[str, msgspec.Raw] = {}
        for raw in self._images:
            image = id_of(raw)
            if ids.is_image_id(image) and image not in listed:
                # An id that was written with escapes would not be found by its letters.
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
        """Counts commits; 0 is an index that this service never wrote."""
        return self._file.revision

    @property
    def primary(self) -> str | None:
        return self._file.primary_image_id

    def __len__(self) -> int:
        return len(self._images)

    def __contains__(self, image_id: str) -> bool:
        return self.position(image_id) is not None

    def entries(self, start: int = 0, stop: int | None = None) -> list[Entry]:
        """The images at these positions, in upload order, all by default; DamagedIndex when one has no valid id."""
        if self._entries is None or self.changed:
            try:
                array = self._array()
                self._entries = decode_entries(array[0] if len(array) == 1 else b"".join(array))
            except UNREADABLE:  # not in one pass then: some entry is not as this service writes it
                self._entries = [entry_of(raw) for raw in self._images]
            if not all(ids.is_image_id(entry.id) for entry in self._entries):
                raise DamagedIndex("an id that can be no image's")
        return self._entries[start:stop]

    def image_ids(self) -> list[str]:
        """Every id in upload order, without the entries that have none."""
        return [image for raw in self._images if (image := known_id(raw))]

    def position(self, image_id: str) -> int | None:
        """Where `image_id` stands in upload order; None when it is not listed."""
        wanted = quoted(image_id)
        if not self.changed and self._content is not None and wanted not in self._content:
            return None  # one search, before a look at each entry
        for position, raw in enumerate(self._images):
            if wanted in bytes(raw) and known_id(raw) == image_id:
                return position
        return None

    def sizes(self, image_id: str | None = None) -> set[str]:
        """The names of the sizes that are told of an image, or of all; they may be served no more."""
        if image_id is None:
            entries = self.entries()
        else:
            position = self.position(image_id)
            entries = [] if position is None else [entry_of(self._images[position])]
        return {size for entry in entries for size in entry.sizes or ()}

    def weight(self) -> tuple[int, int]:
        """How many images are listed, and the bytes of their files; those that do not tell their sizes count none."""
        array = self._array()
        try:
            weights = decode_weights(array[0] if len(array) == 1 else b"".join(array))
        except UNREADABLE:  # some entry is not as this service writes it
            weights = [weight_of(raw) for raw in self._images]
        return len(weights), sum(weights)

    def append(self, entry: Entry) -> None:
        """Lists an image last; the first one becomes primary. No change to one that a rebuilt index lists already."""
        if entry.id not in self:
            self.extend([entry])

    def extend(self, entries: Iterable[Entry]) -> None:
        """Lists images that are known not to be listed yet."""
        for entry in entries:
            if self._split is None:
                self._added.append(_encode(entry))
            else:
                self._split.append(msgspec.Raw(_encode(entry)))
            if self._file.primary_image_id is None:
                self._file.primary_image_id = entry.id
            self.changed = True

    def restore(self, entries: list[Entry]) -> None:
        """Lists exactly these images, in this order; the primary one stays if it is among them.

        Keys of another version stay with the images that were listed already.
        """
        known = {id_of(raw): msgspec.json.decode(raw) for raw in self._images}
        merged = (known.get(entry.id, {}) | msgspec.to_builtins(entry) for entry in entries)
        self._split = [msgspec.Raw(_encode(content)) for content in merged]
        if self.primary not in {entry.id for entry in entries}:
            self._file.primary_image_id = entries[0].id if entries else None
        self.changed = True

    def discard(self, image_id: str) -> bool:
        """Takes an image off the list; when it was primary the next in order is (the first, after the last)."""
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
        """Puts listed images, in this order, behind the listed image `after`, or first."""
        entries = {id_of(raw): raw for raw in self._images}
        moved = dict.fromkeys(image_ids)
        rest = [image for image in entries if image not in moved]
        place = 0 if after is None else rest.index(after) + 1
        order = [*rest[:place], *moved, *rest[place:]]
        if order != list(entries):
            self._split = [entries[image] for image in order]
            self.changed = True

    def clear(self) -> None:
        """Takes every image off the list."""
        self._split, self._file.primary_image_id, self.changed = [], None, True

    def set_primary(self, image_id: str) -> None:
        """Makes a listed image the primary one."""
        if self.primary != image_id:
            self._file.primary_image_id = image_id
            self.changed = True

    def encode(self) -> list[bytes | memoryview]:
        """The file's bytes in pieces, as the next revision; its number first, where `metadata.version` looks."""
        head = {"revision": self.revision + 1, "project_id": self._project_id, "primary_image_id": self.primary}
        return [_encode(head)[:-1] + b',"images":', *self._array(), b"}"]

    def _array(self) -> list[bytes | memoryview]:
        """The JSON array of all entries in pieces: what was only added to is neither taken apart nor copied."""
        if self._split is not None:
            return [_encode(self._split)]
        kept = memoryview(self._file.images)
        if not self._added:
            return [kept]
        comma = b"" if _EMPTY.fullmatch(kept) else b","
        return [kept[:-1], comma + b",".join(self._added) + b"]"]
