"""The only file that writes to the volume, so that everything written survives a crash.

Guarantees, on a local file system and on NFSv4.1:
- A name has either its old content or all of the new: files are written under a temporary name in the same
  folder, fsynced and renamed. A published rendition is never rewritten in place.
- When a function returns, its work is durable: the file's bytes, its name and the folders above.
- Before a name is looked up, `refresh` makes the server answer, not this host's cache.
- A failure of the volume becomes an error of the tree (storage_errors), and nothing stays half-published.
"""

import contextlib
import errno
import math
import os
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from tempfile import gettempdir
from typing import BinaryIO, TypeVar

from core.errors import ServiceError, StorageFull, StorageReadOnly, StorageUnavailable
from core.volume import layout, opening
from core.volume.opening import Misplaced, OpenFile

Opened = TypeVar("Opened")

_FULL = {errno.ENOSPC, errno.EDQUOT}
_READ_ONLY = {errno.EROFS, errno.EACCES, errno.EPERM}


class storage_errors:  # noqa: N801  like one of contextlib's, but without the cost of a generator for every read
    """Turns an OSError of the volume into a ServiceError for the client."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OSError):
            raise _storage_error(error) from error


def is_full(error: OSError) -> bool:
    """Whether the volume or its quota is full."""
    return error.errno in _FULL


def _storage_error(error: OSError) -> ServiceError:
    if isinstance(error, Misplaced | IsADirectoryError):
        return StorageUnavailable("In the storage a link or something else is where the service's own file should be.")
    if is_full(error):
        return StorageFull("The storage is full.")
    if error.errno in _READ_ONLY:
        return StorageReadOnly("The storage cannot be written to.")
    return StorageUnavailable("The storage did not answer as it should; try again.")


def refresh(folder: Path) -> None:
    """Makes the next lookup of a name in `folder` ask the server; FileNotFoundError when the folder is missing,
    Misplaced when it is a link or no folder.

    An NFSv4.1 client opens a cached name by file handle, so for half a minute it may see a replaced file,
    or miss a new one. Opening the folder for reading revalidates its names; stat does not.
    """
    os.close(opening.folder(folder))


def look(path: str | Path, project: Path) -> OpenFile | None:
    """Opens the regular file at `path` for reading; None when there is none.

    It returns None only after it has refreshed every folder from the storage root down to the file: this host
    may have cached, at any level, that a name did not exist.
    """
    return _look(opening.plain, path, project)


def look_into(folder: Path, project: Path) -> int | None:
    """Opens a folder as `look` opens a file: returns its descriptor, or None when there is none."""
    return _look(opening.folder, folder, project)


def _look(opener: Callable[[str | Path], Opened], path: str | Path, project: Path) -> Opened | None:
    try:
        return opener(path)
    except (FileNotFoundError, Misplaced):
        pass
    root = layout.root_of(project)
    if not root.is_dir():
        raise OSError(errno.ENODEV, "the storage root is gone", str(root))
    try:
        for folder in reversed(Path(path).parents):
            if folder.is_relative_to(root):
                refresh(folder)
        return opener(path)
    except (FileNotFoundError, Misplaced):
        return None


def read_all(descriptor: int) -> bytes:
    """Reads the rest of an open file."""
    chunks = []
    expected = os.fstat(descriptor).st_size + 1  # one read, unless the file grew meanwhile
    while chunk := os.read(descriptor, expected):
        chunks.append(chunk)
    return b"".join(chunks)


def exists(path: str | Path, project: Path) -> bool:
    """Whether the server has a regular file at `path` (see `look`)."""
    found = look(path, project)
    if found is not None:
        os.close(found.descriptor)
    return found is not None


def spool_folder(root: Path, room: int) -> str | None:
    """A folder for temporary files of up to `room` bytes: the system's own, or the storage root if that is too full;
    None when both are."""
    for folder in (gettempdir, lambda: str(root)):
        with contextlib.suppress(OSError):
            status = os.statvfs(folder())
            if status.f_bavail * status.f_frsize >= room:
                return folder()
    return None


def sync_folder(folder: Path) -> None:
    """Makes the names in `folder` durable."""
    descriptor = opening.folder(folder)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_root(root: Path) -> None:
    """Makes the storage root. Only for the start: a root that vanishes later is a volume that is not mounted."""
    with storage_errors():
        root.mkdir(parents=True, exist_ok=True)


def make_folder(folder: Path, root: Path) -> None:
    """Makes `folder` and its missing parents below `root`, durably; FileNotFoundError without the root,
    Misplaced when a link or something else is in its place."""
    try:
        refresh(folder)
        return
    except FileNotFoundError:
        if folder == root:
            raise
    make_folder(folder.parent, root)
    with contextlib.suppress(FileExistsError):
        folder.mkdir()
    sync_folder(folder.parent)


def publish(files: Mapping[Path, BinaryIO]) -> None:
    """Copies each open file to its path; whoever sees the last path sees all; ValueError when a file is empty.

    All files are durable under temporary names before the first rename, and every name except the last is
    durable before the last rename.
    """
    temporaries: dict[Path, Path] = {}
    published: list[Path] = []
    try:
        for path, content in files.items():
            temporaries[path] = _temporary(path)
            _write(temporaries[path], _chunks(content))
            if not temporaries[path].stat().st_size:
                raise ValueError(f"{path.name} of {path.parent.name} would be an empty file")
        *others, last = files
        for path in others:
            _rename(temporaries, published, path)
        for folder in {path.parent for path in others}:
            sync_folder(folder)
        _rename(temporaries, published, last)
        sync_folder(last.parent)
    except BaseException:
        # The last name first, since it vouches for the others.
        for path in [*reversed(published), *temporaries.values()]:
            _discard(path)
        raise


def _rename(temporaries: dict[Path, Path], published: list[Path], path: Path) -> None:
    os.rename(temporaries[path], path)
    published.append(path)
    del temporaries[path]


def replace(path: Path, *content: bytes | memoryview, before_rename: Callable[[], None] = lambda: None) -> None:
    """Replaces the file at `path` by `content`, given in pieces; `before_rename` may raise to cancel it.

    FileNotFoundError when another process has removed the replacement meanwhile (see discard_replacements).
    """
    temporary = _temporary(path)
    try:
        _write(temporary, content)
        before_rename()
        os.rename(temporary, path)
    except BaseException:
        _discard(temporary)
        raise
    sync_folder(path.parent)


def discard_replacements(path: Path) -> None:
    """Removes files that others were about to rename to `path`, so that they no longer can; refreshes its folder.

    Only for the holder of the lock under which `path` is replaced: whoever prepared a replacement has lost
    that lock, and may be a host that was frozen just before its rename and will continue with it.
    """
    start = layout.temporary_start(path.name)
    for name in opening.names(path.parent):
        if name.startswith(start) and layout.is_temporary(name):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path.parent / name)


def create(path: Path, *content: bytes | memoryview) -> bool:
    """Makes the file at `path` unless there is one, even if another host makes it now; False when there was one."""
    # No lock is held, so it has a name that discard_replacements does not take for a replacement's.
    temporary = _temporary(path.with_name(f"new-{path.name}"))
    try:
        _write(temporary, content)
        os.link(temporary, path)  # unlike a rename, a link never replaces
    except FileExistsError:
        return False
    finally:
        _discard(temporary)
    sync_folder(path.parent)
    return True


def create_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Makes `folder`, whose parent must exist, with these files in it: it appears whole or not at all."""
    temporary = _temporary(folder)
    temporary.mkdir()
    try:
        for name, content in files.items():
            _write(temporary / name, [content])
        sync_folder(temporary)
        os.rename(temporary, folder)
    except BaseException:
        with contextlib.suppress(OSError):
            remove_tree(temporary)
        raise
    sync_folder(folder.parent)


def write_at(descriptor: int, offset: int, content: bytes | memoryview) -> None:
    """Writes `content` into an open file at `offset`, durably. If the descriptor holds a lock, it fails once the
    lock is lost (see `fence`)."""
    view = memoryview(content)
    while view:
        written = os.pwrite(descriptor, view, offset)
        offset, view = offset + written, view[written:]
    os.fsync(descriptor)


def remove(path: Path) -> bool:
    """Removes the file at `path`, durably; False when there was none."""
    try:
        # Refresh first: a file that this host wrongly believes gone would stay on the server.
        refresh(path.parent)
        os.unlink(path)
    except FileNotFoundError:
        return False
    with contextlib.suppress(FileNotFoundError):  # the folder may be removed with its last file
        sync_folder(path.parent)
    return True


def move(path: Path, target: Path) -> None:
    """Moves a file or folder to an unused name on the same volume, durably."""
    os.rename(path, target)
    sync_folder(target.parent)
    if path.parent != target.parent:
        sync_folder(path.parent)


def link(path: Path, target: Path) -> None:
    """Gives the file at `path` a second name, durably; FileExistsError when the name is taken."""
    os.link(path, target)
    sync_folder(target.parent)


def discard_folder(folder: Path) -> None:
    """Removes `folder` and its files: one rename makes it vanish at once, so a crash leaves only a temporary name."""
    temporary = _temporary(folder)
    os.rename(folder, temporary)
    with contextlib.suppress(FileNotFoundError):  # the folder above was moved away meanwhile, with all that is in it
        sync_folder(temporary.parent)
        remove_tree(temporary)


def remove_tree(folder: Path, until: float = math.inf) -> int:
    """Removes a folder and its content, also while another host does; returns the number of files removed.

    It stops at the time `until` (monotonic, in seconds), even if files are left.
    """
    count = 0
    for directory, folders, files in os.walk(folder, topdown=False):
        for name in [*files, *(name for name in folders if Path(directory, name).is_symlink())]:
            if time.monotonic() > until:
                return count
            count += remove(Path(directory, name))
        with contextlib.suppress(FileNotFoundError):
            os.rmdir(directory)
    sync_folder(folder.parent)
    return count


def fence(descriptor: int) -> None:
    """Raises OSError when the lock of `descriptor` has been lost.

    A host that was frozen or cut off for longer than its lease still believes that it holds the lock. The server
    rejects a write under a lost lock (EIO), so a write shows whether the lock still holds.
    """
    os.pwrite(descriptor, b"\n", 0)
    os.fsync(descriptor)


def _temporary(path: Path) -> Path:
    return path.parent / layout.temporary_name(path.name, secrets.token_hex(6))


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    file.seek(0)
    while chunk := file.read(1 << 18):
        yield chunk


def _write(path: Path, content: Iterable[bytes | memoryview]) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
    try:
        for chunk in content:
            _write_all(descriptor, chunk)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_all(descriptor: int, chunk: bytes | memoryview) -> None:
    view = memoryview(chunk)
    while view:
        view = view[os.write(descriptor, view) :]


def _discard(path: Path) -> None:
    """Removes a file after a failure; if that fails too, `doctor` finds the file."""
    with contextlib.suppress(OSError):
        os.unlink(path)
