"""Deleting images, and whole projects.

An image is gone once its original is. So a delete first removes the original, then commits the index without it, both
under the lock; the other files go after. A project goes the same way at once: the folder of its originals is moved
away. A crash in between leaves images that are listed and have no original, which `doctor` takes off the list.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from core import ids, uploads
from core.errors import LockLost, StorageFull, StorageUnavailable
from core.ids import ImageId, ProjectId
from core.index import metadata
from core.projects import files
from core.projects.changing import existing
from core.settings import Settings
from core.sizes import publish_order
from core.volume import durable, layout, tally
from core.volume.opening import Misplaced

T = TypeVar("T")

MOST = 100  # images of one call
_REMOVING = 10.0  # seconds that a request spends on files that nobody sees any more; the sweep removes the rest


def delete(settings: Settings, project_id: ProjectId, image_id: ImageId) -> str | None:
    """Removes an image; the primary image that is left, if any. Ends a delete that a crash cut short, too."""
    found, primary = delete_many(settings, project_id, [image_id])
    if not found:
        raise files.no_image(image_id)
    return primary


def delete_many(settings: Settings, project_id: ProjectId, images: list[ImageId]) -> tuple[list[ImageId], str | None]:
    """Removes images by one commit: those of them that were there, and the primary image that is left."""
    project = existing(settings, project_id)
    found: list[ImageId] = []
    sizes, freed = list(settings.sizes), [0, 0]

    def unlist() -> str | None:
        with durable.storage_errors(), metadata.transaction(project, settings.lock_timeout) as index:
            for image in images:
                original = project.rendition("original", image)
                if image not in found and (image in index or durable.exists(original, project.folder)):
                    found.append(image)
            if found:
                index.fence()  # the last moment at which nothing has happened yet
            for image in found:
                durable.remove(project.rendition("original", image))
            before = index.weight() if settings.has_total else (0, 0)
            for image in found:
                sizes.extend(sorted(index.sizes(image).difference(sizes)))  # those that are served no more
                index.discard(image)
            after = index.weight() if settings.has_total else (0, 0)
            freed[:] = [before[0] - after[0], before[1] - after[1]]
            return index.primary

    def remove_files() -> None:
        for image in found:
            files.remove(project, image, sizes)

    primary = _finished(unlist, make_room=remove_files)
    tally.forget(settings, *freed)
    with suppress(OSError):  # nobody's files once the original is gone; doctor removes what stays
        remove_files()
    return found, primary


def delete_project(settings: Settings, project_id: ProjectId) -> int:
    """Removes a project with all its images and unfinished uploads; how many images were listed.

    They are gone for every reader when this returns. Files that it had no time to remove are the sweep's.
    """
    project = existing(settings, project_id)
    aside = layout.deleted_folder(settings.storage_root, project_id, ids.new_upload_id())
    counted: list[int] = []
    freed: list[tuple[int, int]] = []

    def unlist() -> None:
        with durable.storage_errors(), metadata.transaction(project, settings.lock_timeout) as index:
            counted.append(len(index))
            if settings.has_total:
                freed[:] = [index.weight(), *(upload.reserves for upload in uploads.staged(settings, project_id))]
            index.fence()
            durable.make_folder(aside, settings.storage_root)
            unserved = index.sizes() - settings.sizes.keys()
            for size in (*reversed(publish_order(settings.sizes)), *unserved):
                _move(project.size_folder(size), aside)
            index.clear()
        _move(layout.uploads_folder(settings.storage_root) / project_id, aside)

    _finished(unlist, make_room=lambda: _remove(aside))
    tally.forget(settings, sum(images for images, _ in freed), sum(size for _, size in freed))
    _remove(aside)
    return max(counted)


def _finished(unlist: Callable[[], T], make_room: Callable[[], object]) -> T:
    """What `unlist` returns, tried twice: its first step may be done although it failed."""
    try:
        return unlist()
    except (LockLost, StorageUnavailable):
        # The originals may be gone already: on a host that was frozen meanwhile a second try may still end it.
        return unlist()
    except StorageFull:
        # The index is written anew beside the old one: the deleted files themselves make room for it.
        with durable.storage_errors():
            make_room()
        return unlist()


def _move(folder: Path, into: Path) -> None:
    with suppress(FileNotFoundError, Misplaced):
        durable.refresh(folder.parent)  # which is no link
        durable.move(folder, into / folder.name)


def _remove(folder: Path) -> None:
    with suppress(OSError):  # the sweep goes on
        durable.remove_tree(folder, until=time.monotonic() + _REMOVING)
