"""Looks at the volume as the server has it: nothing is missing because this host cached that it was.

An NFSv4.1 client opens a cached name by file handle, so for half a minute it may see a replaced file,
or miss a new one. Opening a folder for reading revalidates its names; stat does not.
"""

import errno
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from core.volume import layout, opening
from core.volume.opening import Misplaced, OpenFile

Opened = TypeVar("Opened")
_TRIES, _PAUSE = 10, 0.005  # seconds


def refresh(folder: Path) -> None:
    """Makes the next lookup of a name in `folder` ask the server; FileNotFoundError when the folder is missing,
    Misplaced when it is a link or no folder."""
    os.close(opening.folder(folder))


def look(path: str | Path, project: Path) -> OpenFile | None:
    """Opens the regular file at `path` for reading; None when there is none.

    It returns None only after it has refreshed every folder from the storage root down to the file: this host
    may have cached, at any level, that a name did not exist.
    """
    try:
        return opening.plain(path)
    except (FileNotFoundError, Misplaced):
        return _once_more(opening.plain, path, project)


def look_into(folder: Path, project: Path) -> int | None:
    """Opens a folder as `look` opens a file: returns its descriptor, or None when there is none."""
    try:
        return opening.folder(folder)
    except (FileNotFoundError, Misplaced):
        return _once_more(opening.folder, folder, project)


def _once_more(opener: Callable[[str | Path], Opened], path: str | Path, project: Path) -> Opened | None:
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


def exists(path: str | Path, project: Path) -> bool:
    """Whether the server has a regular file at `path` (see `look`)."""
    found = look(path, project)
    if found is not None:
        os.close(found.descriptor)
    return found is not None


def tries() -> Iterator[None]:
    """For a reader that holds no lock: some tries, with a pause between them.

    A rename under an open file is two calls on NFS; a reader may look between them.
    """
    for attempt in range(_TRIES):
        if attempt:  # even a sleep of 0 seconds yields the processor
            time.sleep(_PAUSE)
        yield
