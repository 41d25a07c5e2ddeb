"""Where bytes may wait that are not stored yet."""

import contextlib
import os
from pathlib import Path
from tempfile import gettempdir


def spool_folder(root: Path, room: int) -> str | None:
    """A folder for temporary files of up to `room` bytes: the system's own, or the storage root if that is too full;
    None when both are."""
    for folder in (gettempdir, lambda: str(root)):
        with contextlib.suppress(OSError):
            status = os.statvfs(folder())
            if status.f_bavail * status.f_frsize >= room:
                return folder()
    return None
