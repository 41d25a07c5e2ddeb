"""What a project holds, and whether more fits: by its index and its unfinished uploads, without a look at any file.

A listed image counts with the bytes of all its files, an unfinished upload with the length that it was created for,
from its creation on. Both are looked at under the project's lock before an image is listed or an upload created, so
two hosts at once exceed nothing. Without bounds nothing is read.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from core.errors import QuotaExceeded
from core.ids import ProjectId, UploadId
from core.index import metadata
from core.index.images import Index
from core.settings import Settings
from core.uploads import staged
from core.volume import durable, layout


@dataclass(frozen=True, slots=True)
class Bounds:
    """The most images that a project may hold, and their `size` in bytes; None for any number."""

    images: int | None = None
    size: int | None = None

    def within(self, other: "Bounds") -> "Bounds":
        """The tighter one of each."""
        return Bounds(_least(self.images, other.images), _least(self.size, other.size))

    def encode(self) -> bytes:
        """As `decode` reads it; nothing for no bounds."""
        return json.dumps([self.images, self.size]).encode() if self.any else b""

    @classmethod
    def decode(cls, content: bytes) -> "Bounds":
        return cls(*json.loads(content)) if content else cls()

    @property
    def any(self) -> bool:
        return self.images is not None or self.size is not None


ANY = Bounds()


def of_settings(settings: Settings) -> Bounds:
    """The bounds of every project."""
    return Bounds(settings.project_max_images or None, settings.project_max_bytes or None)


def _least(*numbers: int | None) -> int | None:
    return min((number for number in numbers if number is not None), default=None)


def look(settings: Settings, project_id: ProjectId, bounds: Bounds, size: int) -> None:
    """QuotaExceeded when one more image of `size` bytes does not fit now; for before its body, without a lock."""
    if bounds.within(of_settings(settings)).any:
        with durable.storage_errors():
            _, index = metadata.read(layout.project(settings.storage_root, project_id))
        admit(settings, project_id, index, bounds, size)


@contextmanager
def reserving(settings: Settings, project_id: ProjectId, bounds: Bounds, size: int) -> Iterator[None]:
    """The block makes an upload of `size` bytes, alone with the project when that has bounds; QuotaExceeded."""
    if not bounds.within(of_settings(settings)).any:
        yield
        return
    project = layout.project(settings.storage_root, project_id)
    with durable.storage_errors():
        durable.make_folder(project.folder, settings.storage_root)
        with metadata.transaction(project, settings.lock_timeout) as index:
            admit(settings, project_id, index, bounds, size)
            yield


def admit(
    settings: Settings, project_id: ProjectId, index: Index, bounds: Bounds, size: int, own: UploadId | None = None
) -> None:
    """QuotaExceeded unless one more image of `size` bytes fits beside what is listed and what is on its way, but for
    the upload `own`, which it is made of. `bounds` are those of a token, beside those of every project."""
    both = bounds.within(of_settings(settings))
    if not both.any:
        return
    images, used = index.weight()
    waiting = [upload.length for upload in staged(settings, project_id) if upload.id != own]
    _require("images", images + len(waiting), 1, both.images)
    _require("bytes", used + sum(waiting), size, both.size)


def _require(what: str, used: int, needed: int, limit: int | None) -> None:
    if limit is not None and used + needed > limit:
        raise QuotaExceeded(
            f"This project may hold {limit} {what}; it holds {used}, and this needs {needed} more.",
            quota=f"project-{what}",
            used=used,
            limit=limit,
            needed=needed,
        )
