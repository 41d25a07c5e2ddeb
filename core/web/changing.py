"""Changes to a project: each waits for its turn on the event loop, and only the one whose turn it is holds a thread.

`await changing(settings, project).delete(image)`. The turn is the project's lock within this process
(core/volume/locking.py). A change that has begun runs to its end, even if its request is cancelled meanwhile.
"""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from core import projects
from core.ids import ImageId, ProjectId
from core.index.entries import Entry
from core.projects import Stored
from core.projects.quota import ANY, Bounds, of_settings
from core.settings import Settings
from core.uploads import Upload, Writer
from core.volume import layout, locking
from core.web import threads

P = ParamSpec("P")
T = TypeVar("T")


class changing:  # noqa: N801  read as a function of the project
    """The changes to one project, made by `core.projects`; ProjectLocked when the turn does not come in time."""

    def __init__(self, settings: Settings, project_id: ProjectId) -> None:
        self._settings, self._project = settings, project_id

    async def commit(
        self,
        stored: Stored,
        check: Callable[[], None] = lambda: None,
        bounds: Bounds = ANY,
        upload: Upload | None = None,
    ) -> tuple[Entry, str | None]:
        """Lists a stored image; removes its files if it cannot be listed, for whatever reason."""
        try:
            turn = await self._turn()
        except BaseException:
            await threads.run(projects.withdraw, self._settings, stored)
            raise
        return await _take(turn, projects.commit, self._settings, stored, check, bounds, upload)

    async def begin(self, length: int, metadata: bytes, bounds: Bounds) -> Upload:
        """Makes a resumable upload; waits for a turn only if there are bounds on what the project holds."""
        arguments = (self._settings, self._project, length, metadata, bounds)
        if not bounds.within(of_settings(self._settings)).any:
            return await threads.run(projects.begin, *arguments)
        return await _take(await self._turn(), projects.begin, *arguments)

    async def is_made(self, writer: Writer) -> bool:
        return await _take(await self._turn(), projects.is_made, self._settings, writer)

    async def delete(self, image_id: ImageId) -> str | None:
        return await _take(await self._turn(), projects.delete, self._settings, self._project, image_id)

    async def delete_many(self, images: list[ImageId]) -> tuple[list[ImageId], str | None]:
        return await _take(await self._turn(), projects.delete_many, self._settings, self._project, images)

    async def delete_project(self) -> int:
        return await _take(await self._turn(), projects.delete_project, self._settings, self._project)

    async def reorder(self, images: list[ImageId], after: ImageId | None, versions: list[str] | None) -> int:
        arguments = (self._settings, self._project, images, after, versions)
        return await _take(await self._turn(), projects.reorder, *arguments)

    async def set_primary(self, image_id: ImageId) -> None:
        await _take(await self._turn(), projects.set_primary, self._settings, self._project, image_id)

    async def _turn(self) -> locking.Turn:
        lock = layout.project(self._settings.storage_root, self._project).lock
        return await locking.turn(lock, self._settings.lock_timeout)


async def _take(turn: locking.Turn, change: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    def change_in_turn() -> T:
        with turn:
            return change(*args, **kwargs)

    return await threads.run(change_in_turn)
