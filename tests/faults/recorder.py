"""Applies the calls of a traced operation to the model of a disk, as they are about to be made."""

import os
import struct
from collections.abc import Iterator

from faults.calls import Call, memory
from faults.disk import Disk

_IGNORED = {"read", "close", "stat", "fstat", "lstat", "lseek", "mmap", "ioctl", "pread64", "access", "fcntl", "flock"}
_IGNORED |= {"getdents", "getdents64", "newfstatat", "statx", "readlink", "statfs", "fadvise64", "readv", "faccessat"}


class Recorder:
    """A visitor for the tracer that stops nothing; `folder` is what the disk is the model of."""

    def __init__(self, disk: Disk, folder: str) -> None:
        self.disk, self._folder = disk, folder

    def __call__(self, number: int, call: Call) -> None:
        path = call.paths[0]
        match call.name:
            case "open" | "openat":
                self._open(path, call.arguments[1 if call.name == "open" else 2])
            case "openat2":
                self._open(path, *struct.unpack("Q", memory(call.thread, call.arguments[2], 8)))
            case "write" | "pwrite64" | "writev":
                self.disk.write(path, *self._data(call))
            case "fsync" | "fdatasync":
                self.disk.sync(path)
            case "rename" | "renameat" | "renameat2":
                self.disk.rename(*call.paths)
            case "link" | "linkat":
                self.disk.link(*call.paths)
            case "unlink" | "unlinkat" | "rmdir":
                if os.path.lexists(path):
                    self.disk.remove(path)
            case "mkdir" | "mkdirat":
                if not os.path.lexists(path):
                    self.disk.make_folder(path)
            case name if name not in _IGNORED:
                raise LookupError(f"{name} is not modelled")

    def _open(self, path: str, flags: int) -> None:
        exists = os.path.lexists(path)
        if flags & os.O_CREAT and not exists:
            self.disk.create(path)
        elif flags & os.O_TRUNC and exists:
            self.disk.truncate(path)

    def _data(self, call: Call) -> tuple[int | None, bytes]:
        _, address, length, offset, *_ = call.arguments
        if call.name == "writev":
            vectors = struct.iter_unpack("QQ", memory(call.thread, address, 16 * length))
            return None, b"".join(memory(call.thread, at, size) for at, size in vectors)
        return offset if call.name == "pwrite64" else None, memory(call.thread, address, length)


def unique(states: Iterator[dict[str, bytes | None]], seen: set[int]) -> Iterator[dict[str, bytes | None]]:
    """The states that were not seen before."""
    for state in states:
        key = hash(frozenset(state.items()))
        if key not in seen:
            seen.add(key)
            yield state
