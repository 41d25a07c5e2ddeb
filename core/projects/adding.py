"""An upload's three steps: render, publish, commit.

`render` decodes and does not access the volume; `publish` makes the image exist; `commit` lists it,
and only then is an upload answered. None of them holds the lock during long work.
"""

import time
from collections.abc import Callable
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from core import ids, measures
from core.errors import StorageUnavailable
from core.ids import ImageId, ProjectId
from core.index import metadata
from core.index.entries import ABSENT, Entry, weigh
from core.projects import files, quota
from core.projects.quota import UNBOUNDED, Bounds
from core.settings import Settings
from core.sizes import ORIGINAL, publish_order
from core.uploads import Upload
from core.volume import durable, folders, layout, looking, tally
from core.volume.failures import storage_errors
from core.volume.layout import ProjectLayout

if TYPE_CHECKING:
    from core.workers.pool import Render


@dataclass(frozen=True, slots=True)
class Rendered:
    """Finished JPEGs, one of each size, in this host's memory; the caller must close it."""

    outputs: dict[str, BinaryIO]
    entry: Entry
    _open: ExitStack

    def close(self) -> None:
        self._open.close()


@dataclass(frozen=True, slots=True)
class Stored:
    """An image whose files are published and durable, but that no index lists yet."""

    layout: ProjectLayout
    entry: Entry

    @property
    def image_id(self) -> ImageId:
        return ids.image_id(self.entry.id)


def render(settings: Settings, source: BinaryIO, make: "Render | None" = None, name: str = "") -> Rendered:
    """Makes every rendition of `source`, with `make` or else in this thread; RejectedImage leaves nothing behind.

    `name` is the client's name for the file.
    """
    if make is None:
        from core import renditions  # here, so that a reader's cold start does not import an image library

        make = renditions.render
    with ExitStack() as stack:
        outputs = {size: stack.enter_context(files.scratch(size)) for size in settings.sizes}
        entry = make(source, outputs, settings.limits, settings.sizes)
        entry.name = files.bounded_name(name) or ABSENT
        entry.sha256 = files.sha256(source)
        return Rendered(outputs, entry, stack.pop_all())


def new_id(settings: Settings, project_id: ProjectId) -> ImageId:
    """An id for a new image, later than the project's last one even if the clock has been set back."""
    with storage_errors():
        last = metadata.last_ms(layout.project(settings.storage_root, project_id))
    return ids.new_image_id(max(_now_ms(), last + 1))


def publish(settings: Settings, project_id: ProjectId, rendered: Rendered, image_id: ImageId | None = None) -> Stored:
    """Makes the image exist, durably, and closes `rendered`; a failure leaves nothing behind. The image gets
    `image_id`, which must be unused, or a new id."""
    with closing(rendered):
        project, image_id = layout.project(settings.storage_root, project_id), image_id or new_id(settings, project_id)
        publish_files(settings, project, rendered, image_id)
    rendered.entry.id, rendered.entry.created_at = image_id, ids.timestamp(ids.clock_ms(image_id))
    return Stored(project, rendered.entry)


def publish_files(settings: Settings, project: ProjectLayout, rendered: Rendered, image_id: ImageId) -> None:
    """Publishes the files of `rendered` under `image_id`, durably, the original last."""
    with storage_errors():
        for size in settings.sizes:
            folders.make_folder(project.size_folder(size), settings.storage_root)
        metadata.create(project)
        order = publish_order(settings.sizes)
        durable.publish({project.rendition(size, image_id): rendered.outputs[size] for size in order})


def commit(
    settings: Settings,
    stored: Stored,
    check: Callable[[], None] = lambda: None,
    bounds: Bounds = UNBOUNDED,
    upload: Upload | None = None,
) -> tuple[str | None, Entry]:
    """Lists a stored image, last in order; returns (primary image id, image).

    If it cannot be listed, its files are removed, since the client is told that nothing was stored. So they
    are when `check`, called under the project's lock, raises, and when the project would exceed its quota or `bounds`.
    `upload` is the upload that the image is made from, if it reserved room.
    """
    entry = stored.entry
    size = weigh(entry.sizes)
    images_reserved, size_reserved = upload.reserves if upload else (0, 0)
    try:
        with (
            storage_errors(),
            tally.counted(settings, 1 - images_reserved, size - size_reserved),
            metadata.transaction(stored.layout, settings.lock_timeout) as index,
        ):
            # Stop well before doctor may treat its files as abandoned; after this line the fence protects them.
            if _now_ms() - ids.clock_ms(entry.id) > settings.abandoned_after * 1000 / 2:
                raise StorageUnavailable("Storing the image took too long; nothing was stored.")
            check()
            project_id = ids.project_id(stored.layout.folder.name)
            quota.admit(settings, project_id, index, bounds, size, upload.id if upload else None)
            original = stored.layout.rendition(ORIGINAL, stored.image_id)
            if not looking.exists(original, stored.layout.folder):
                raise StorageUnavailable("The project was deleted meanwhile; nothing was stored.")
            index.append(entry)
            primary = index.primary
    except BaseException:
        withdraw(settings, stored)
        raise
    measures.tell(measures.STORED)
    measures.tell(measures.STORED_BYTES, size)
    return primary, entry


def withdraw(settings: Settings, stored: Stored) -> None:
    """Removes what was stored, unless it is listed, for then it is an image. Doctor removes files that stay."""
    with suppress(OSError):
        version, index = metadata.read(stored.layout)
        if version is None or stored.image_id not in index:
            files.remove(stored.layout, stored.image_id, settings.sizes)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
