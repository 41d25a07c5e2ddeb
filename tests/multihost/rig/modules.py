"""Loads kernel modules by finit_module(2): the guests' modules lie outside /lib/modules, and not
every machine that lends a guest its root file system has modprobe."""

import ctypes
import errno
import os
from pathlib import Path

_FINIT_MODULE = 313  # x86-64


def load(folder: Path, name: str) -> None:
    """Loads the module `name` from `folder` (.../lib/modules), what it depends on first."""
    release = folder / os.uname().release
    dependencies = {}
    for line in (release / "modules.dep").read_text().splitlines():
        path, _, needed = line.partition(":")
        dependencies[Path(path).stem.replace("-", "_")] = [*reversed(needed.split()), path]
    for path in dependencies[name]:
        _insert(release / path)


def _insert(path: Path) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    with path.open("rb") as file:
        if libc.syscall(_FINIT_MODULE, file.fileno(), b"", 0) and ctypes.get_errno() != errno.EEXIST:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), str(path))
