"""Uploads that nobody goes on with, and the room that the others of a project will take.

An upload expires `upload_expires_after` seconds after its last byte; one that became an image, too: until then
its client may ask which. Sweeping is safe beside requests: each upload is looked at again under its lock.
"""

import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from core import ids
from core.errors import ProjectLocked
from core.ids import ProjectId
from core.settings import Settings
from core.uploads import staging, state
from core.volume import durable, layout, locking, opening
from core.volume.opening import Misplaced


def projects(root: Path) -> list[str]:
    """The projects that have a folder for uploads."""
    with suppress(Misplaced):
        return [folder.name for folder in _folders(layout.uploads_folder(root)) if ids.is_project_id(folder.name)]
    return []


def staged_bytes(settings: Settings, project_id: ProjectId) -> int:
    """The bytes that a project's unfinished uploads were created for, whether they have arrived or not."""
    total = 0
    with durable.storage_errors():
        for folder in _folders(layout.uploads_folder(settings.storage_root) / project_id):
            upload = state.read(folder) if ids.is_upload_id(folder.name) else None
            if upload and not upload.is_complete and upload.expires(settings) >= time.time():
                total += upload.length
    return total


def expired(settings: Settings, project: str) -> Iterator[Path]:
    """The folders of a project's uploads that expired, that were never begun, or that a crash left half removed."""
    with suppress(Misplaced):
        for folder in _folders(layout.uploads_folder(settings.storage_root) / project):
            with suppress(FileNotFoundError):
                if _is_expired(settings, folder):
                    yield folder


def sweep(settings: Settings, project: str) -> list[Path]:
    """Removes what `expired` tells but for what a request holds; what it removed."""
    return [folder for folder in expired(settings, project) if _remove(settings, folder)]


def _folders(parent: Path) -> list[Path]:
    """Those in a folder; Misplaced when it is a link, or lies behind one."""
    return [parent / name for name in opening.folders(parent)]


def _is_expired(settings: Settings, folder: Path) -> bool:
    if ids.is_upload_id(folder.name) and (upload := state.read(folder)):
        return upload.expires(settings) < time.time()
    return (ids.is_upload_id(folder.name) or layout.is_temporary(folder.name)) and (
        folder.stat().st_mtime + settings.abandoned_after < time.time()
    )


def _remove(settings: Settings, folder: Path) -> bool:
    if layout.is_temporary(folder.name):
        durable.remove_tree(folder)
        return True
    before = _mark(folder)
    try:
        with locking.held(folder / staging.BYTES, timeout=0):
            # The mark alone counts: taking the lock may have made its file, which makes the folder younger.
            if _mark(folder) != before:
                return False
            durable.discard_folder(folder)
    except ProjectLocked:
        return False
    return True


def _mark(folder: Path) -> Path | None:
    upload = state.read(folder)
    return upload.mark if upload else None
