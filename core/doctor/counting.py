"""Counts what all projects hold, from their indexes and unfinished uploads, for `core/volume/tally.py`."""

import math
import time

from core import ids, uploads
from core.doctor import walk
from core.doctor.inventory import OutOfTime
from core.index import metadata
from core.settings import Settings
from core.uploads import expiry
from core.volume import tally
from core.volume.layout import ProjectLayout
from core.volume.tally import Tally

_JOBS = 8  # projects at a time


def count(settings: Settings, until: float = math.inf) -> Tally:
    """Counts again while the service runs, and returns the result; OutOfTime past `until` (monotonic, in seconds).

    An unreadable project ends the count with its error, and the last count stays.
    """
    root, found = settings.storage_root, Tally()
    with tally.counting(settings) as result:
        for _, outcome in walk.each(root, walk.projects(root), _weight, _JOBS):
            found = found.plus(*outcome.result())
            if time.monotonic() > until:
                raise OutOfTime
        for project in expiry.projects(root):
            for upload in uploads.staged(settings, ids.project_id(project)):
                found = found.plus(*upload.reserves)
        result(found.images, found.bytes)
    return found


def _weight(project: ProjectLayout) -> tuple[int, int]:
    return metadata.read(project)[1].weight()
