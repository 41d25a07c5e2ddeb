"""Changes to a project: each waits for its turn on the event loop, and only the one whose turn it is holds a thread.

`await change(projects.delete, settings, project, image)`. The turn is the project's lock within this process
(core/volume/locking.py). A change that has begun runs to its end, even if its request is cancelled meanwhile.
All raise ProjectLocked when the turn does not come in time.
"""

from collections.abc import Callable
from typing import TypeVar, TypeVarTuple

from core import projects
from core.ids import ProjectId
from core.index.entries import Entry
from core.projects import Stored
from core.projects.quota import UNBOUNDED, Bounds, in_force
from core.settings import Settings
from core.uploads import Upload
from core.volume import layout, locking
from core.web import threads

Rest = TypeVarTuple("Rest")
T = TypeVar("T")


async def change(
    verb: Callable[[Settings, ProjectId, *Rest], T], settings: Settings, project_id: ProjectId, *args: *Rest
) -> T:
    """Calls a verb of `core.projects` in the project's turn."""
    turn = await locking.turn(layout.project(settings.storage_root, project_id).lock, settings.lock_timeout)
    return await _take(turn, verb, settings, project_id, *args)


async def commit(
    settings: Settings,
    stored: Stored,
    check: Callable[[], None] = lambda: None,
    bounds: Bounds = UNBOUNDED,
    upload: Upload | None = None,
) -> tuple[str | None, Entry]:
    """`projects.commit` in the project's turn; removes the image's files also if the turn does not come."""
    try:
        turn = await locking.turn(stored.layout.lock, settings.lock_timeout)
    except BaseException:
        await threads.run(projects.withdraw, settings, stored)
        raise
    return await _take(turn, projects.commit, settings, stored, check, bounds, upload)


async def begin(settings: Settings, project_id: ProjectId, length: int, about: bytes, bounds: Bounds) -> Upload:
    """Makes a resumable upload; waits for a turn only if there are bounds on what the project holds."""
    if in_force(settings, bounds) == UNBOUNDED:
        return await threads.run(projects.begin, settings, project_id, length, about, bounds)
    return await change(projects.begin, settings, project_id, length, about, bounds)


async def _take(turn: locking.Turn, verb: Callable[[*Rest], T], *args: *Rest) -> T:
    def in_turn() -> T:
        with turn:
            return verb(*args)

    return await threads.run(in_turn)
