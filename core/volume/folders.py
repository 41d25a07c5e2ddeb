"""Makes folders durably: when a function returns, the folder's name is durable, and so are the folders above.

A folder with files appears whole or not at all.
"""

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path

from core.volume import durable
from core.volume.failures import storage_errors
from core.volume.looking import refresh
from core.volume.removing import remove_tree


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
    durable.sync_folder(folder.parent)


def create_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Makes `folder`, whose parent must exist, with these files in it: it appears whole or not at all."""
    temporary = durable.temporary_path(folder)
    temporary.mkdir()
    try:
        for name, content in files.items():
            durable.write_new(temporary / name, [content])
        durable.sync_folder(temporary)
        os.rename(temporary, folder)
    except BaseException:
        with contextlib.suppress(OSError):
            remove_tree(temporary)
        raise
    durable.sync_folder(folder.parent)
