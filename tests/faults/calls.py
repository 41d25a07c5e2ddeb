"""Which system calls touch a folder: the argument tables, and how a stopped process's arguments are read.

x86-64 Linux. A call that names a path or a descriptor and is in no table below would be missed, so
`tracer` refuses to go on when a process makes a call that is in neither table nor in HARMLESS.
"""

import os
import struct
from dataclasses import dataclass

# name, number, its paths and descriptors as kind:index of the argument, ! for a call that can change the volume.
# Kinds: fd, path, and at (two arguments: a folder's descriptor and a path that may be relative to it).
_TABLE = """
read 0 fd:0
write 1 fd:0 !
open 2 path:0
close 3 fd:0
stat 4 path:0
fstat 5 fd:0
lstat 6 path:0
lseek 8 fd:0
mmap 9 fd:4
ioctl 16 fd:0
pread64 17 fd:0
pwrite64 18 fd:0 !
readv 19 fd:0
writev 20 fd:0 !
access 21 path:0
sendfile 40 fd:0,fd:1 !
fcntl 72 fd:0
flock 73 fd:0
fsync 74 fd:0 !
fdatasync 75 fd:0 !
truncate 76 path:0 !
ftruncate 77 fd:0 !
getdents 78 fd:0
chdir 80 path:0
rename 82 path:0,path:1 !
mkdir 83 path:0 !
rmdir 84 path:0 !
creat 85 path:0 !
link 86 path:0,path:1 !
unlink 87 path:0 !
symlink 88 path:1 !
readlink 89 path:0
chmod 90 path:0 !
fchmod 91 fd:0 !
chown 92 path:0 !
fchown 93 fd:0 !
statfs 137 path:0
fstatfs 138 fd:0
getdents64 217 fd:0
fadvise64 221 fd:0
openat 257 at:0
mkdirat 258 at:0 !
newfstatat 262 at:0
unlinkat 263 at:0 !
renameat 264 at:0,at:2 !
linkat 265 at:0,at:2 !
readlinkat 267 at:0
fchmodat 268 at:0 !
faccessat 269 at:0
utimensat 280 at:0 !
fallocate 285 fd:0 !
preadv 295 fd:0
pwritev 296 fd:0 !
renameat2 316 at:0,at:2 !
copy_file_range 326 fd:0,fd:2 !
statx 332 at:0
openat2 437 at:0
faccessat2 439 at:0
"""
# Those that name no file: memory, signals, threads, sockets, pipes, clocks and what a process asks about itself.
_HARMLESS = """
7 10 11 12 13 14 15 22 23 24 25 28 32 33 34 35 37 39 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56
57 58 60 61 62 63 79 95 96 97 98 99 100 102 104 107 108 110 111 124 131 157 158 186 200 201 202 203
204 218 228 229 230 231 232 233 234 270 271 273 274 281 288 290 291 292 293 302 309 318 319 334 435
436 441 449
"""
HARMLESS = frozenset(map(int, _HARMLESS.split()))


@dataclass(frozen=True)
class Signature:
    """One row of the table; `places` are (kind, index of the argument)."""

    name: str
    places: tuple[tuple[str, int], ...]
    changes: bool


def _signature(row: str) -> tuple[int, Signature]:
    name, number, places, *flag = row.split()
    pairs = (place.split(":") for place in places.split(","))
    return int(number), Signature(name, tuple((kind, int(at)) for kind, at in pairs), bool(flag))


SIGNATURES = dict(map(_signature, _TABLE.split("\n")[1:-1]))
_O_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


@dataclass(frozen=True)
class Call:
    """A system call about to be made, with the paths that it names; descriptors are paths too."""

    thread: int
    name: str
    arguments: tuple[int, ...]
    paths: tuple[str, ...]
    changes: bool

    def touches(self, folder: str) -> bool:
        return any(path == folder or path.startswith(folder + "/") for path in self.paths)


def call(thread: int, number: int, arguments: tuple[int, ...]) -> Call | None:
    """The call that `thread` is about to make, or None for one that names no file; LookupError for an unknown one."""
    signature = SIGNATURES.get(number)
    if signature is None:
        if number not in HARMLESS:
            raise LookupError(f"system call {number} is in no table")
        return None
    paths = tuple(_path(thread, kind, arguments[at:]) for kind, at in signature.places)
    changes = signature.changes
    if signature.name in ("open", "openat"):
        changes = bool(arguments[1 if signature.name == "open" else 2] & _O_WRITES)
    return Call(thread, signature.name, arguments, paths, changes)


def _path(thread: int, kind: str, arguments: tuple[int, ...]) -> str:
    if kind == "fd":
        return _descriptor(thread, arguments[0])
    if kind == "at":
        name = _string(thread, arguments[1])
        return name if name.startswith("/") else os.path.join(_descriptor(thread, arguments[0]), name).rstrip("/")
    name = _string(thread, arguments[0])
    return name if name.startswith("/") else os.path.join(os.readlink(f"/proc/{thread}/cwd"), name)


def _descriptor(thread: int, number: int) -> str:
    number = struct.unpack("i", struct.pack("I", number & 0xFFFFFFFF))[0]
    try:
        return os.readlink(f"/proc/{thread}/" + ("cwd" if number == -100 else f"fd/{number}"))
    except OSError:
        return ""


def _string(thread: int, address: int) -> str:
    return memory(thread, address, 4096).split(b"\0", 1)[0].decode(errors="surrogateescape") if address else ""


def memory(thread: int, address: int, length: int) -> bytes:
    """`length` bytes of a stopped thread's memory, fewer where its mapping ends."""
    descriptor = os.open(f"/proc/{thread}/mem", os.O_RDONLY)
    try:
        return os.pread(descriptor, length, address)
    finally:
        os.close(descriptor)
