"""Uploads that nobody continues, and a project's unfinished uploads.

An upload expires `upload_expires_after` seconds after its last byte, also one that became an image: until then its
client may ask which image. Sweeping is safe beside requests: each upload is checked again under its lock.
"""

import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from core import ids
from core.ids import ProjectId
from core.settings import Settings
from core.uploads import staging, state
from core.uploads.state import Upload
from core.volume import layout, opening, removing
from core.volume.failures import storage_errors
from core.volume.opening import Misplaced


def projects(root: Path) -> list[str]:
    """The projects that have a folder for uploads."""
    with suppress(Misplaced):
        return [folder.name for folder in _folders(layout.uploads_folder(root)) if ids.is_project_id(folder.name)]
    return []


def staged(settings: Settings, project_id: ProjectId) -> list[Upload]:
    """A project's unfinished uploads that will become images, whether or not their bytes have arrived."""
    return staged_in(settings, layout.uploads_folder(settings.storage_root) / project_id)


def staged_in(settings: Settings, folder: Path) -> list[Upload]:
    """As `staged`, for the uploads in a folder."""
    with storage_errors():
        folders = _folders(folder)
        found = [upload for folder in folders if ids.is_upload_id(folder.name) and (upload := state.read(folder))]
    now = time.time()
    return [upload for upload in found if upload.reserves != (0, 0) and upload.expires(settings) >= now]


def expired(settings: Settings, project: str) -> Iterator[Path]:
    """The folders of a project's uploads that expired, were never begun, or were left half removed by a crash."""
    with suppress(Misplaced):
        for folder in _folders(layout.uploads_folder(settings.storage_root) / project):
            with suppress(FileNotFoundError):
                if state.is_expired(settings, folder):
                    yield folder


def sweep(settings: Settings, project: str) -> list[Path]:
    """Removes the folders that `expired` finds, except those a request holds; returns the removed folders."""
    return [folder for folder in expired(settings, project) if _remove(settings, folder)]


def _folders(parent: Path) -> list[Path]:
    """The folders in `parent`; Misplaced when it is a link or lies behind one."""
    return [parent / name for name in opening.folders(parent)]


def _remove(settings: Settings, folder: Path) -> bool:
    if layout.is_temporary(folder.name):
        removing.remove_tree(folder)
        return True
    return staging.discard_expired(settings, folder)
