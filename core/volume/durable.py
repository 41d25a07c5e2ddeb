"""Writes files, so that everything written survives a crash, on a local file system and on NFSv4.1.

Guarantees:
- A name has either its old content or all of the new: files are written under a temporary name in the same
  folder, fsynced and renamed. A published rendition is never rewritten in place.
- When a function returns, its work is durable: the file's bytes and its name.
- After a failure nothing stays half-published.

Only this file, folders.py and removing.py write to the volume.
"""

import contextlib
import os
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from core.volume import layout, opening


def publish(files: Mapping[Path, BinaryIO]) -> None:
    """Copies each open file to its path; whoever sees the last path sees all; ValueError when a file is empty.

    All files are durable under temporary names before the first rename, and every name except the last is
    durable before the last rename.
    """
    temporaries: dict[Path, Path] = {}
    published: list[Path] = []
    try:
        for path, content in files.items():
            temporaries[path] = temporary_path(path)
            write_new(temporaries[path], _chunks(content))
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
    temporary = temporary_path(path)
    try:
        write_new(temporary, content)
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
    temporary = temporary_path(path.with_name(f"new-{path.name}"))
    try:
        write_new(temporary, content)
        os.link(temporary, path)  # unlike a rename, a link never replaces
    except FileExistsError:
        return False
    finally:
        _discard(temporary)
    sync_folder(path.parent)
    return True


def write_at(descriptor: int, offset: int, content: bytes | memoryview) -> None:
    """Writes `content` into an open file at `offset`, durably. If the descriptor holds a lock, it fails once the
    lock is lost (see `fence`)."""
    view = memoryview(content)
    while view:
        written = os.pwrite(descriptor, view, offset)
        offset, view = offset + written, view[written:]
    os.fsync(descriptor)


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


def fence(descriptor: int) -> None:
    """Raises OSError when the lock of `descriptor` has been lost.

    A host that was frozen or cut off for longer than its lease still believes that it holds the lock. The server
    rejects a write under a lost lock (EIO), so a write shows whether the lock still holds.
    """
    os.pwrite(descriptor, b"\n", 0)
    os.fsync(descriptor)


def sync_folder(folder: Path) -> None:
    """Makes the names in `folder` durable."""
    descriptor = opening.folder(folder)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def temporary_path(path: Path) -> Path:
    """A new temporary name for the file or folder that will be at `path`."""
    return path.parent / layout.temporary_name(path.name, secrets.token_hex(6))


def write_new(path: Path, content: Iterable[bytes | memoryview]) -> None:
    """Makes the file at `path`, whose name becomes durable by `sync_folder` only; FileExistsError."""
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


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    file.seek(0)
    while chunk := file.read(1 << 18):
        yield chunk


def _discard(path: Path) -> None:
    """Removes a file after a failure; if that fails too, `doctor` finds the file."""
    with contextlib.suppress(OSError):
        os.unlink(path)
