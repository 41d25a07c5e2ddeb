"""What a project holds, and whether more fits: from its index and its unfinished uploads, without reading other files.

A listed image counts the bytes of all its files; an unfinished upload counts its declared length from its creation
on. Both are counted under the project's lock before an image is listed or an upload is created, so two hosts together
cannot exceed the bounds. Without bounds nothing is read.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from core.errors import QuotaExceeded
from core.ids import ProjectId, UploadId
from core.index import metadata
from core.index.images import Index
from core.settings import Settings
from core.uploads import Upload, staged
from core.volume import folders, layout
from core.volume.failures import storage_errors


@dataclass(frozen=True, slots=True)
class Bounds:
    """The most images that a project may hold, and the most bytes (`size`); None means no limit."""

    images: int | None = None
    size: int | None = None

    def encode(self) -> bytes:
        """Encodes the bounds for `decode`; empty when there are none."""
        return b"" if self == UNBOUNDED else json.dumps([self.images, self.size]).encode()

    @classmethod
    def decode(cls, content: bytes) -> "Bounds":
        return cls(*json.loads(content)) if content else cls()


UNBOUNDED = Bounds()


def in_force(settings: Settings, bounds: Bounds) -> Bounds:
    """The bounds that hold: the lower ones of those in the settings, for every project, and of `bounds`, a token's."""
    images = _least(settings.project_max_images or None, bounds.images)
    return Bounds(images, _least(settings.project_max_bytes or None, bounds.size))


def _least(*numbers: int | None) -> int | None:
    return min((number for number in numbers if number is not None), default=None)


def require_room(settings: Settings, project_id: ProjectId, bounds: Bounds, size: int) -> None:
    """QuotaExceeded when one more image of `size` bytes does not fit now; checked before the body, without a lock."""
    if in_force(settings, bounds) != UNBOUNDED:
        with storage_errors():
            _, index = metadata.read(layout.project(settings.storage_root, project_id))
        admit(settings, project_id, index, bounds, size)


@contextmanager
def reserving(settings: Settings, project_id: ProjectId, bounds: Bounds, size: int) -> Iterator[None]:
    """For a block that makes an upload of `size` bytes: holds the project's lock if it has bounds; QuotaExceeded."""
    if in_force(settings, bounds) == UNBOUNDED:
        yield
        return
    project = layout.project(settings.storage_root, project_id)
    with storage_errors():
        folders.make_folder(project.folder, settings.storage_root)
        with metadata.transaction(project, settings.lock_timeout) as index:
            admit(settings, project_id, index, bounds, size)
            yield


def admit(
    settings: Settings, project_id: ProjectId, index: Index, bounds: Bounds, size: int, own: UploadId | None = None
) -> None:
    """Raises QuotaExceeded unless one more image of `size` bytes fits beside the listed images and unfinished uploads.
    The upload `own`, from which it is made, does not count."""
    most = in_force(settings, bounds)
    if most == UNBOUNDED:
        return
    images, used = index.weight()
    waiting = [upload.length for upload in unlisted(staged(settings, project_id), index) if upload.id != own]
    _require("images", images + len(waiting), 1, most.images)
    _require("bytes", used + sum(waiting), size, most.size)


def unlisted(found: Iterable[Upload], index: Index) -> list[Upload]:
    """The uploads that are no listed images: a crash may come after the image was listed, and before its upload was
    completed."""
    return [upload for upload in found if upload.image_id is None or upload.image_id not in index]


def _require(what: str, used: int, needed: int, limit: int | None) -> None:
    if limit is not None and used + needed > limit:
        raise QuotaExceeded(
            f"This project may hold {limit} {what}; it holds {used}, and this needs {needed} more.",
            quota=f"project-{what}",
            used=used,
            limit=limit,
            needed=needed,
        )
