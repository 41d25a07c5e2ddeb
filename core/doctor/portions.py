"""The scheduled sweep: a walk over everything, in portions. Each portion stops in time, and the next one continues
where it stopped.

It checks all names, the lengths of one share of the images, and the contents of a smaller share
(Settings.sweep_lengths, sweep_contents); each walk takes other shares. Files that no upload will finish go to the
quarantine, as with `doctor sweep`. After a crash the next portion repeats the work since the last note, some seconds.
Memory: what JOBS projects of MOST images need, or one share of a larger project.
"""

import logging
import math
import time
from collections import Counter
from concurrent.futures import Future
from contextlib import suppress
from itertools import takewhile

from core import ids, measures
from core.doctor import counting, cursor, inventory, quarantine, repair, walk
from core.doctor.cursor import Cursor
from core.doctor.inventory import Bounds, OutOfTime, TooMany
from core.doctor.shares import ALL, Share, turn
from core.doctor.survey import Look, Survey
from core.errors import ProjectLocked, ServiceError
from core.settings import Settings
from core.uploads import expiry
from core.volume import layout
from core.volume.layout import ProjectLayout

JOBS = 8  # projects at a time: the walk mostly waits for the volume
MOST = 10_000  # images of a project that is checked as a whole
SHARE = 200_000  # approximate number of images in one share of a larger project
BATCH = 10_000  # names kept in memory at a time
REST = 82_800  # seconds from the start of one walk to the next: a day, less the schedule's jitter
NOTE = 10  # seconds between two saves of the cursor
_log = logging.getLogger("imgsrv.sweep")


def portion(settings: Settings, until: float) -> dict[str, int | str]:
    """Walks until all is done or until the time `until` (monotonic, in seconds); returns its findings and its progress.

    Does nothing while another call walks, or when the last walk is over and began less than REST ago.
    """
    root = settings.storage_root
    try:
        with cursor.held(root):
            place = cursor.load(root)
            if place.ended and 0 <= time.time() - place.began < REST:
                return {"walk": place.walk, "phase": "resting"}
            if place.ended:
                place = Cursor(place.walk + 1)
            return _Portion(settings, place, until).run()
    except ProjectLocked:
        return {"phase": "busy"}


class _Portion:
    """One call's part of a walk."""

    def __init__(self, settings: Settings, place: Cursor, until: float) -> None:
        self._settings, self._place, self._until = settings, place, until
        self._root = settings.storage_root
        self._counts: Counter[str] = Counter()
        self._noted = time.monotonic()
        self._steps = 0
        self._lengths = turn(place.walk, settings.sweep_lengths)
        self._contents = turn(place.walk, settings.sweep_contents)

    def run(self) -> dict[str, int | str]:
        phases = {
            "projects": self._projects,
            "uploads": self._uploads,
            "deleted": self._deleted,
            "quarantine": self._quarantine,
            "tally": self._count_all,
        }
        while not self._place.ended and phases[self._place.phase]():
            self._place.next_phase()
        self._note()
        place = self._place
        told: dict[str, int | str] = {"walk": place.walk, "phase": place.phase, "project": place.name}
        _log.info("swept a portion", extra=told | dict(self._counts))
        if place.ended:
            _log.info("swept all", extra={"walk": place.walk} | place.counts)
        return told | dict(self._counts)

    # Each phase returns True when it is complete, False when the time is over.

    def _projects(self) -> bool:
        folder = layout.projects_folder(self._root)
        while names := walk.after(folder, self._place.name, BATCH):
            timely = takewhile(lambda _: self._has_time(), filter(ids.is_project_id, names))
            for name, outcome in walk.each(self._root, timely, self._whole, JOBS):
                if not self._add_project(name, outcome):
                    return False
                self._done(name)
            if not self._has_time():
                return False
            self._done(names[-1])
        return True

    def _uploads(self) -> bool:
        folder = layout.uploads_folder(self._root)
        while names := walk.after(folder, self._place.name, BATCH):
            for name in names:
                if not self._has_time():
                    return False
                if ids.is_project_id(name):
                    self._count(expired=len(expiry.sweep(self._settings, name)))
                self._done(name)
        return True

    def _deleted(self) -> bool:
        self._count(deleted=quarantine.finish_deletes(self._root, self._until))
        return self._has_time()

    def _quarantine(self) -> bool:
        self._count(destroyed=quarantine.empty(self._root, self._settings.quarantine_days, self._until))
        return self._has_time()

    def _count_all(self) -> bool:
        """Counts what all projects hold, in one go; skips the count where even a whole call is too short for it."""
        began_here = not self._steps
        try:
            held = counting.count(self._settings, self._until)
            measures.tell(measures.HELD_IMAGES, held.images)
            measures.tell(measures.HELD_BYTES, held.bytes)
        except OutOfTime:
            if not began_here:
                return False
            _log.warning("what all projects hold could not be counted within one call")
        except (ServiceError, OSError) as error:
            _log.warning("what all projects hold could not be counted: %r", error)
        return True

    def _whole(self, project: ProjectLayout) -> tuple[Survey, Survey] | None:
        """Sweeps a whole project; None for what is not a project."""
        return self._sweep(project, ALL, MOST) if walk.is_project(self._root, project.folder.name) else None

    def _sweep(self, project: ProjectLayout, share: Share, most: int | None) -> tuple[Survey, Survey]:
        look = Look(share, self._lengths, self._contents, Bounds(most, self._until if share.of > 1 else math.inf))
        return repair.sweep(self._settings, project, look)

    def _add_project(self, name: str, outcome: "Future[tuple[Survey, Survey] | None]") -> bool:
        """Adds a project's outcome to the counts; False when the time ended inside the project."""
        try:
            if isinstance(outcome.exception(), TooMany):
                if not self._in_shares(layout.project(self._root, ids.project_id(name))):
                    return False
            elif (found := outcome.result()) is None:
                return True
            else:
                self._add_findings(*found)
        except Exception as error:  # one project must not end the walk
            self._count(failed=1)
            _log.warning("project %s could not be swept: %r", name, error)
        self._count(projects=1)
        return True

    def _in_shares(self, project: ProjectLayout) -> bool:
        """Sweeps a project with too many images for one look; False when the time ended before its last share."""
        place = self._place
        try:
            place.of = place.of or 1 + inventory.count(project, self._until) // SHARE
            while place.share < place.of:
                if not self._has_time():
                    return False
                self._add_findings(*self._sweep(project, Share(place.share, place.of), None))
                place.share += 1
                self._note()
        except OutOfTime:
            if self._steps:
                return False
            raise  # one step takes longer than a call may: without an error no walk would ever end
        finally:
            if place.share >= place.of:
                place.share = place.of = 0
        return True

    def _add_findings(self, swept: Survey, left: Survey) -> None:
        self._count(images=left.images, swept=len(swept.findings))
        self._count(**Counter(finding.kind.slug for finding in left.findings))
        self._steps += 1

    def _count(self, **counts: int) -> None:
        for total in (self._counts, self._place.counts):
            for name, number in counts.items():
                total[name] = total.get(name, 0) + number

    def _has_time(self) -> bool:
        return time.monotonic() < self._until

    def _done(self, name: str) -> None:
        self._place.name, self._place.share, self._place.of = name, 0, 0
        self._steps += 1
        if time.monotonic() - self._noted > NOTE:
            self._note()

    def _note(self) -> None:
        with suppress(OSError):  # a full volume: the next portion repeats some work
            self._place.save(self._root)
        self._noted = time.monotonic()
