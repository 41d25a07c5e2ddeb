"""meta.json: its schema, reading it without a lock, changing it under meta.lock.

Guarantees:
- A reader sees one whole version, never a torn one, and never an old one that this host cached.
- A transaction sees the latest version, and replaces it by the next or not at all.
- The files are the truth: an index that is lost or damaged while originals lie there is rebuilt
  from them on the spot, in upload order, and a damaged one is kept aside.

Entries that a change does not touch are copied byte for byte (msgspec.Raw): appending to ten
thousand images costs a scan, not ten thousand objects, and keys of another version survive.
"""

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

import msgspec

from core import durable, ids, locking
from core.layout import ProjectLayout, Rendition

_HEAD = 64  # bytes of meta.json that hold its revision
_READ_TRIES = 20
_READ_PAUSE = 0.005  # seconds; a rename under an open file is two calls on NFS, and a reader may fall between


class Entry(msgspec.Struct):
    """One image in the index; `sizes` is missing in what the original service wrote."""

    id: str
    ext: str = "jpg"
    created_at: str = ""
    sizes: dict[str, Rendition] | msgspec.UnsetType = msgspec.UNSET


class _Id(msgspec.Struct):
    id: str


class _File(msgspec.Struct):
    project_id: str
    primary_image_id: str | None = None
    images: list[msgspec.Raw] = []
    revision: int = 0


_decode_file = msgspec.json.Decoder(_File).decode
_decode_entry = msgspec.json.Decoder(Entry).decode
_decode_id = msgspec.json.Decoder(_Id).decode
_encode = msgspec.json.encode


class Index:
    """The ordered images of one project and its primary; a change marks it to be written."""

    def __init__(self, project_id: str, content: bytes = b"") -> None:
        self._file = _decode_file(content) if content else _File(project_id)
        self._content = content
        self._entries: list[Entry] | None = None
        self.changed = False

    @property
    def project_id(self) -> str:
        return self._file.project_id

    @property
    def revision(self) -> int:
        """Counts commits; 0 is an index that was never written."""
        return self._file.revision

    @property
    def primary(self) -> str | None:
        return self._file.primary_image_id

    def __len__(self) -> int:
        return len(self._file.images)

    def __contains__(self, image_id: str) -> bool:
        return self.position(image_id) is not None

    def entries(self, start: int = 0, stop: int | None = None) -> list[Entry]:
        """The images at these positions, in upload order; all of them by default."""
        if self._entries is None or self.changed:
            self._entries = [_decode_entry(raw) for raw in self._file.images]
        return self._entries[start:stop]

    def image_ids(self) -> list[str]:
        return [_decode_id(raw).id for raw in self._file.images]

    def position(self, image_id: str) -> int | None:
        """Where `image_id` stands in upload order; None when it is not listed."""
        wanted = f'"{image_id}"'.encode()
        if not self.changed and wanted not in self._content:  # one search, before a look at each entry
            return None
        for position, raw in enumerate(self._file.images):
            if wanted in bytes(raw) and _decode_id(raw).id == image_id:
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
        known = {_decode_id(raw).id: msgspec.json.decode(raw) for raw in self._file.images}
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
            self._file.primary_image_id = _decode_id(following[0]).id if following else None
        self.changed = True
        return True

    def set_primary(self, image_id: str) -> None:
        """Makes a listed image the primary one."""
        if self.primary != image_id:
            self._file.primary_image_id = image_id
            self.changed = True

    def encode(self) -> bytes:
        """The file's bytes, as the next revision; that number first, where `version` looks for it."""
        head = {"revision": self.revision + 1, "project_id": self.project_id, "primary_image_id": self.primary}
        return _encode(head | {"images": self._file.images})


def version(layout: ProjectLayout) -> str | None:
    """A name for the version of meta.json that is there now, without parsing it; None when there is none.

    Time, inode and length almost tell versions apart; the head of the file holds the revision, which
    tells apart two commits within one tick of the file system's clock.
    """
    for _ in range(_READ_TRIES):
        descriptor = _open(layout)
        if descriptor is None:
            return None
        try:
            return _version(descriptor, os.pread(descriptor, _HEAD, 0))
        except OSError:  # ESTALE: replaced by another host between open and read
            time.sleep(_READ_PAUSE)
        finally:
            os.close(descriptor)
    return None


def read(layout: ProjectLayout, check_entries: bool = False) -> tuple[str | None, Index]:
    """The latest index and the name of its version (None when there is no such file), without a lock.

    With `check_entries` an index with an entry that cannot be read counts as damaged; else that is not looked at.

    A miss is not believed while there are originals: a writer on another host may be between the two
    calls of a rename. What stays missing or unreadable is answered from the originals.
    """
    project_id = layout.folder.name
    for attempt in range(_READ_TRIES):
        time.sleep(_READ_PAUSE if attempt else 0)
        try:
            version, index = _read_once(layout)
            if check_entries:
                index.entries()
            return version, index
        except FileNotFoundError:
            if not _originals(layout):
                return None, Index(project_id)
        except (OSError, msgspec.DecodeError):
            pass
    return None, _rebuilt(layout)


@contextmanager
def transaction(layout: ProjectLayout, timeout: float) -> Iterator[Index]:
    """The latest index, alone with it; what was changed in it is durable when the block is left.

    An exception inside the block leaves meta.json as it was. ProjectLocked when meta.lock was not had
    within `timeout` seconds, LockLost when it was lost before the commit.
    """
    with locking.held(layout.lock, timeout) as lock:
        durable.refresh(layout.folder)  # without it an NFS client may read what it cached before it waited
        index = _read_locked(layout)
        yield index
        if index.changed:
            durable.replace(layout.meta, index.encode(), before_rename=lock.fence)


def create(layout: ProjectLayout) -> None:
    """Gives a project its first, empty index unless it has one. Without one from the start, a missing
    index could not be told from a lost one, and the first commit would list uploads still under way."""
    if not layout.meta.exists():
        durable.create(layout.meta, Index(layout.folder.name).encode())


def _read_once(layout: ProjectLayout) -> tuple[str, Index]:
    descriptor = _open(layout)
    if descriptor is None:
        raise FileNotFoundError(layout.meta)
    with open(descriptor, "rb") as file:
        content = file.read()
        if not content:
            raise msgspec.DecodeError("empty")
        return _version(descriptor, content[:_HEAD]), Index(layout.folder.name, content)


def _open(layout: ProjectLayout) -> int | None:
    with suppress(FileNotFoundError):
        durable.refresh(layout.folder)  # a cached name would open the file that a rename replaced elsewhere
    return durable.look(layout.meta, layout.folder)


def _version(descriptor: int, head: bytes) -> str:
    status = os.fstat(descriptor)
    revision = head.partition(b",")[0].rpartition(b":")[2].decode("ascii", "ignore")
    return f"{status.st_mtime_ns:x}-{status.st_ino:x}-{status.st_size:x}-" + "".join(filter(str.isdigit, revision))


def _read_locked(layout: ProjectLayout) -> Index:
    try:
        return _read_once(layout)[1]
    except FileNotFoundError:
        return _rebuilt(layout)
    except msgspec.DecodeError:
        durable.move(layout.meta, layout.folder / f"meta.json.damaged-{time.time_ns()}")
        return _rebuilt(layout)


def _originals(layout: ProjectLayout) -> list[tuple[str, int]]:
    """The id of every original and the milliseconds of its making, in that order."""
    try:
        names = [name for name in os.listdir(layout.size_folder("original")) if _is_rendition(name)]
    except FileNotFoundError:
        return []
    found = []
    for name in names:
        image = name.removesuffix(".jpg")
        try:
            made = ids.created_ms(image) or os.stat(layout.size_folder("original") / name).st_mtime_ns // 1_000_000
        except FileNotFoundError:  # deleted meanwhile
            continue
        found.append((image, made))
    return sorted(found, key=lambda pair: (pair[1], pair[0]))


def _is_rendition(name: str) -> bool:
    return name.endswith(".jpg") and ids.is_image_id(name.removesuffix(".jpg"))


def _rebuilt(layout: ProjectLayout) -> Index:
    """An index made from the originals alone: upload order by the time in the id, the first one primary."""
    index = Index(layout.folder.name)
    index.extend(Entry(id=image, created_at=ids.timestamp(made)) for image, made in _originals(layout))
    return index
