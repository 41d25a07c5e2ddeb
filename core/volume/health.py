"""Checks by trying it whether the volume does what an upload needs: writes, locks, reads, hard links, case-sensitive
names, and room for an upload's body while it arrives. An error names what failed."""

import math
import os
import secrets
import time
from pathlib import Path

from core.errors import StorageFull, StorageUnavailable
from core.settings import Settings
from core.volume import durable, folders, layout, locking, looking, opening, removing, spool
from core.volume.failures import is_full, storage_errors
from core.volume.locking import Turn

_ROOM = 1 << 20  # bytes; most photos are larger, but a nearly full storage still serves its images


_good: dict[Path, float] = {}  # when the last probe of a root began that found all well, monotonic


async def turn(settings: Settings) -> Turn:
    """Waits on the event loop for the turn to probe in this process; ProjectLocked."""
    return await locking.turn(_lock(settings), settings.lock_timeout)


def probe(settings: Settings, since: float = math.inf) -> None:
    """Replaces, locks and reads back a small file, unless all was well in a probe that began after `since` (monotonic).

    A ServiceError says what failed.
    """
    began = time.monotonic()
    if _good.get(settings.storage_root, -math.inf) < since:
        _probe(settings)
        _good[settings.storage_root] = began


def _lock(settings: Settings) -> Path:
    return layout.health_folder(settings.storage_root) / "health.lock"


def _probe(settings: Settings) -> None:
    folder = layout.health_folder(settings.storage_root)
    token = secrets.token_bytes(16)
    with storage_errors():
        folders.make_folder(folder, settings.storage_root)
        # Under the lock the probes of several hosts take turns, so that each reads back what it wrote itself.
        with locking.held(_lock(settings), settings.lock_timeout) as lock:
            durable.replace(folder / "health", token, before_rename=lock.fence)
            looking.refresh(folder)
            with opening.reading(folder / "health") as file:
                kept = file.read()
            if kept != token:
                raise StorageUnavailable("The storage root does not give back what was written to it.")
            if os.path.lexists(folder / "HEALTH"):
                raise StorageUnavailable("The storage does not tell capitals from small letters, as image ids need.")
            _require_links(folder)
    if spool.spool_folder(settings.storage_root, _ROOM) is None:
        raise StorageFull("Neither the folder for temporary files nor the storage has room for the body of an upload.")


def _require_links(folder: Path) -> None:
    """Checks hard links: a project's first upload makes the index by one, since a link never replaces a file."""
    name = folder / f"linked-{secrets.token_hex(6)}"
    try:
        durable.create(name)
    except OSError as error:
        if is_full(error):
            raise
        raise StorageUnavailable("The storage has no hard links, which the first upload to a project needs.") from error
    removing.remove(name)
