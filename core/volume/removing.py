"""Removes files and folders durably, also while another host removes the same: what is gone stays gone."""

import contextlib
import math
import os
import time
from pathlib import Path

from core.volume import durable
from core.volume.looking import refresh


def remove(path: Path) -> bool:
    """Removes the file at `path`, durably; False when there was none."""
    try:
        # Refresh first: a file that this host wrongly believes gone would stay on the server.
        refresh(path.parent)
        os.unlink(path)
    except FileNotFoundError:
        return False
    with contextlib.suppress(FileNotFoundError):  # the folder may be removed with its last file
        durable.sync_folder(path.parent)
    return True


def discard_folder(folder: Path) -> None:
    """Removes `folder` and its files: one rename makes it vanish at once, so a crash leaves only a temporary name."""
    temporary = durable.temporary_path(folder)
    os.rename(folder, temporary)
    with contextlib.suppress(FileNotFoundError):  # the folder above was moved away meanwhile, with all that is in it
        durable.sync_folder(temporary.parent)
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
    durable.sync_folder(folder.parent)
    return count
