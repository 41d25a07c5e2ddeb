"""Opens files and folders on the volume: follows no link anywhere on the path, and never blocks on a pipe.

A file is opened first and then checked, so that nothing can replace it in between. Where the kernel has `openat2`
(Linux 5.6) one call does it; elsewhere each folder on the path is opened relative to the one above it.
"""

import ctypes
import errno
import os
import struct
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from stat import S_ISREG
from typing import BinaryIO, NamedTuple

_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_FOLDER = os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY | os.O_CLOEXEC
_ON_THE_WAY = _FOLDER | getattr(os, "O_PATH", 0)
_OPENAT2, _FROM_HERE, _NO_SYMLINKS = 437, -100, 0x04  # Linux's numbers, the same on every processor


class Misplaced(OSError):
    """Something that this service does not make is in place of its file or folder: a link, a pipe, a second name."""


class OpenFile(NamedTuple):
    """A file that is open for reading, with its status at that time; the caller must close it.

    Do not stat it again: once another NFS host has removed it, its bytes can still be read, but not its size.
    """

    descriptor: int
    status: os.stat_result


def plain(path: str | Path) -> OpenFile:
    """Opens the file at `path`; FileNotFoundError also when it is no regular file or lies behind a link."""
    try:
        descriptor = _open(str(path), _FILE)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENOTDIR, errno.ENXIO):  # ENXIO: a socket
            raise _missing(path) from error
        raise
    try:
        status = os.fstat(descriptor)
        if S_ISREG(status.st_mode):
            return OpenFile(descriptor, status)
    except OSError as error:
        if error.errno != errno.ESTALE:  # removed by another host since it was opened
            os.close(descriptor)
            raise
    os.close(descriptor)
    raise _missing(path)


def reading(path: Path) -> BinaryIO:
    """`plain` as a file object."""
    return os.fdopen(plain(path).descriptor, "rb")


def folder(path: str | Path) -> int:
    """Opens the folder at `path` and returns its descriptor; Misplaced when it is no folder or lies behind a link."""
    try:
        return _open(str(path), _FOLDER)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENOTDIR):
            raise Misplaced(error.errno, "this is no folder, or lies behind a link", str(path)) from error
        raise


def names(path: Path) -> list[str]:
    """Every name in a folder."""
    descriptor = folder(path)
    try:
        return os.listdir(descriptor)
    finally:
        os.close(descriptor)


def entries(path: Path) -> Iterator["os.DirEntry[str]"]:
    """The entries of a folder, in the volume's order; none when there is no such folder."""
    with suppress(FileNotFoundError):
        yield from _scan(path)


def folders(path: Path) -> list[str]:
    """The names of the folders in a folder, sorted; links do not count."""
    return sorted(entry.name for entry in entries(path) if entry.is_dir(follow_symlinks=False))


def listing(path: Path) -> Iterator[tuple[str, bool]]:
    """Every name in a folder, and whether it is a regular file, in the volume's order; works for a million names."""
    return ((entry.name, entry.is_file(follow_symlinks=False)) for entry in _scan(path))


def _scan(path: Path) -> Iterator["os.DirEntry[str]"]:
    descriptor = folder(path)
    try:
        with os.scandir(descriptor) as found:
            yield from found
    finally:
        os.close(descriptor)


def _missing(path: str | Path) -> FileNotFoundError:
    return FileNotFoundError(errno.ENOENT, "there is no such regular file", str(path))


def _walk(path: str, flags: int) -> int:
    """Opens `path` folder by folder."""
    *folders, name = [part for part in path.split("/") if part] or ["."]
    at = os.open("/" if path.startswith("/") else ".", _ON_THE_WAY)
    try:
        for part in folders:
            below = os.open(part, _ON_THE_WAY, dir_fd=at)
            os.close(at)
            at = below
        return os.open(name, flags, dir_fd=at)
    finally:
        os.close(at)


class _OpenAt2:
    """Opens a path by one system call, which the standard library does not have."""

    def __init__(self) -> None:
        self._call = ctypes.CDLL(None, use_errno=True).syscall
        # Every argument but the path is converted once, since each conversion costs a tenth of a call.
        self._number, self._from = ctypes.c_long(_OPENAT2), ctypes.c_int(_FROM_HERE)
        hows = {flags: struct.pack("QQQ", flags, 0, _NO_SYMLINKS) for flags in (_FILE, _FOLDER)}
        self._how = {flags: (ctypes.c_char_p(how), ctypes.c_size_t(len(how))) for flags, how in hows.items()}
        os.close(self("/", _FOLDER))  # OSError where the kernel has no such call, or a filter forbids it

    def __call__(self, path: str, flags: int) -> int:
        name, (how, length) = path.encode("utf-8", "surrogateescape"), self._how[flags]
        while True:
            descriptor: int = self._call(self._number, self._from, name, how, length)
            if descriptor >= 0:
                return descriptor
            if (number := ctypes.get_errno()) != errno.EINTR:
                raise OSError(number, os.strerror(number), path)


try:
    _open = _OpenAt2() if sys.platform == "linux" else _walk
except OSError:
    _open = _walk
