"""meta.json on the volume: reads need no lock, changes hold meta.lock.

Guarantees:
- A reader sees one whole version, never a torn one, and never an old version from this host's cache.
- A transaction sees the latest version, and replaces it by the next version or not at all.
- The files are the truth: a lost or damaged index is rebuilt from the originals at once, in upload order,
  and a damaged index is set aside (rebuilding.py).
"""

import os
import re
import time
from collections.abc import Container, Iterator
from contextlib import contextmanager, suppress

from core import ids
from core.errors import LockLost
from core.index.entries import DamagedIndex
from core.index.images import Index
from core.index.listed import Listed
from core.index.listed import read as read_listed
from core.index.rebuilding import originals, rebuilt
from core.volume import durable, locking, looking
from core.volume.layout import ProjectLayout
from core.volume.looking import tries
from core.volume.opening import Misplaced, OpenFile

_HEAD = 64  # bytes of meta.json that hold its revision
_SMALL = 1 << 18  # bytes of an index that the event loop may read: 700 images; 256 KiB take 0.2 milliseconds
_TAIL = 1 << 14  # bytes: so many at an index's end contain its last image
_ID = re.compile(rb'"id"\s*:\s*"([A-Za-z0-9_-]{1,64})"')


def version(layout: ProjectLayout) -> str | None:
    """A name for the current version of meta.json, without parsing it; None when there is no such file.

    Time, inode and length almost always distinguish versions; the revision, in the head of the file,
    distinguishes two commits within one tick of the file system's clock.
    """
    for _ in tries():
        file = _open(layout)
        if file is None:
            return None
        try:
            return _version(file, os.pread(file.descriptor, _HEAD, 0))
        except OSError:  # ESTALE: replaced by another host between open and read
            continue
        finally:
            os.close(file.descriptor)
    return None


def read(layout: ProjectLayout, check_entries: bool = False) -> tuple[str | None, Index]:
    """Reads the latest index and the name of its version (None when there is no valid file), without a lock.

    With `check_entries` an index with an unreadable entry counts as damaged; otherwise entries are not checked.
    If the file is missing but there are originals, it tries again: a writer on another host may be between the
    two calls of a rename. An index that stays missing or damaged is rebuilt from the originals.
    """
    for _ in tries():
        try:
            return _read_once(layout, check_entries)
        except FileNotFoundError:
            if not originals(layout):
                return None, Index(layout.folder.name)
        except DamagedIndex:
            break  # files are replaced as a whole, so another read would find the same
        except OSError:
            pass
    return None, rebuilt(layout)


def length(layout: ProjectLayout) -> int:
    """The length of the index in bytes; 0 when there is none."""
    with suppress(FileNotFoundError):
        return os.lstat(layout.meta).st_size
    return 0


def listed(layout: ProjectLayout, share: Container[str], measured: Container[str]) -> Listed | None:
    """What the latest index lists for a share of its images, read in pieces (see listed.py); None without an index."""
    for _ in tries():
        file = _open(layout)
        if file is None:
            continue
        try:
            return read_listed(file.descriptor, share, measured)
        except OSError:  # ESTALE: replaced by another host while it was read
            pass
        finally:
            os.close(file.descriptor)
    return None


def glance(layout: ProjectLayout) -> Index | None:
    """The latest index if it is a small file that can be read at once; None without one, or when `read` is needed."""
    with suppress(FileNotFoundError, DamagedIndex):
        return _read_once(layout, at_most=_SMALL)[1]
    return None


def last_ms(layout: ProjectLayout) -> int:
    """Milliseconds since 1970 at which the last listed image was made, from its id; 0 if that does not say."""
    file = _open(layout)
    if file is None:
        return 0
    try:
        tail = os.pread(file.descriptor, _TAIL, max(file.status.st_size - _TAIL, 0))
    finally:
        os.close(file.descriptor)
    listed = _ID.findall(tail)
    return (ids.created_ms(listed[-1].decode()) or 0) if listed else 0


@contextmanager
def transaction(layout: ProjectLayout, timeout: float, check_entries: bool = False) -> Iterator[Index]:
    """Holds meta.lock and yields the latest index; changes to it are durable when the block ends.

    An exception inside the block leaves meta.json unchanged. ProjectLocked when meta.lock is not acquired
    within `timeout` seconds, LockLost when it was lost before the commit. `check_entries` as in `read`.
    """
    with locking.held(layout.lock, timeout) as lock:
        # A holder that lost the lock is stopped by its fence; one that was frozen between its fence and its rename is
        # stopped by this, which removes what it would rename. It also refreshes the folder: without that an NFS
        # client may read what it cached before it waited.
        durable.discard_replacements(layout.meta)
        index, damaged = _read_locked(layout, check_entries)
        index.fence = lock.fence
        yield index
        if index.changed:
            if damaged:
                durable.link(layout.meta, layout.damaged(time.time_ns()))
            try:
                durable.replace(layout.meta, *index.encode(), before_rename=lock.fence)
            except FileNotFoundError as error:
                raise LockLost("Another host took over the lock on the project; nothing was changed.") from error


def create(layout: ProjectLayout) -> None:
    """Writes an empty index for a project without images, unless it has an index.

    Without it a new project would look like one that lost its index, and the first commit would list
    uploads that are still in progress.
    """
    if not os.path.lexists(layout.meta) and not originals(layout):
        durable.create(layout.meta, *Index(layout.folder.name).encode())


def _read_once(layout: ProjectLayout, check_entries: bool = False, at_most: int | None = None) -> tuple[str, Index]:
    """Reads the index and its version; DamagedIndex also for an index of more than `at_most` bytes."""
    file = _open(layout)
    if file is None:
        raise FileNotFoundError(layout.meta)
    with os.fdopen(file.descriptor, "rb", 0) as opened:
        if at_most is not None and file.status.st_size > at_most:
            raise DamagedIndex("too long to be read now")
        content = opened.read()
    index = Index(layout.folder.name, content)
    if check_entries:
        index.entries()
    return _version(file, content[:_HEAD]), index


def _open(layout: ProjectLayout) -> OpenFile | None:
    with suppress(FileNotFoundError, Misplaced):
        looking.refresh(layout.folder)  # a cached name would open a file that another host has replaced
    return looking.look(layout.meta, layout.folder)


def _version(file: OpenFile, head: bytes) -> str:
    status = file.status
    revision = head.partition(b",")[0].rpartition(b":")[2].decode("ascii", "ignore")
    return f"{status.st_mtime_ns:x}-{status.st_ino:x}-{status.st_size:x}-" + "".join(filter(str.isdigit, revision))


def _read_locked(layout: ProjectLayout, check_entries: bool) -> tuple[Index, bool]:
    """The index, and whether a damaged one lies at its path."""
    try:
        return _read_once(layout, check_entries)[1], False
    except FileNotFoundError:
        in_the_way = os.path.lexists(layout.meta) and not layout.meta.is_dir()  # a link or a pipe
        return rebuilt(layout), in_the_way
    except DamagedIndex:
        return rebuilt(layout), True
