"""Deleting images, and whole projects.

An image is gone once its original is. So a delete first removes the original, then commits the index without it, both
under the lock; the other files are removed afterwards. A project is deleted in the same way, all at once: the folder
of its originals is moved away. A crash in between leaves listed images without originals, which `doctor` unlists.
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
from core.index.images import Index
from core.projects import files, quota
from core.projects.changing import existing
from core.settings import Settings
from core.sizes import ORIGINAL, publish_order
from core.volume import durable, folders, layout, looking, removing, tally
from core.volume.failures import storage_errors
from core.volume.opening import Misplaced

T = TypeVar("T")

MOST = 100  # images per call
_UPLOADS = ".uploads"  # no size is called so, though a project may be called as a size is
_REMOVING = 10.0  # seconds that a request spends removing files that are no longer served; the sweep removes the rest


def delete(settings: Settings, project_id: ProjectId, image_id: ImageId) -> str | None:
    """Removes an image, or completes a delete that a crash cut short; returns the remaining primary image, if any."""
    found, primary = delete_many(settings, project_id, [image_id])
    if not found:
        raise files.no_image(image_id)
    return primary


def delete_many(settings: Settings, project_id: ProjectId, images: list[ImageId]) -> tuple[list[ImageId], str | None]:
    """Removes images in one commit; returns those that existed, and the remaining primary image."""
    project = existing(settings, project_id)
    found: list[ImageId] = []
    sizes = list(settings.sizes)

    def unlist() -> tuple[str | None, int, int]:
        with storage_errors(), metadata.transaction(project, settings.lock_timeout) as index:
            for image in images:
                original = project.rendition(ORIGINAL, image)
                if image not in found and (image in index or looking.exists(original, project.folder)):
                    found.append(image)
            if found:
                index.fence()  # the last moment before anything is changed
            for image in found:
                removing.remove(project.rendition(ORIGINAL, image))
            images_before, size_before = _weight(settings, index)
            for image in found:
                sizes.extend(sorted(index.sizes(image).difference(sizes)))  # sizes that are no longer served
                index.discard(image)
            images_after, size_after = _weight(settings, index)
            return index.primary, images_before - images_after, size_before - size_after

    def remove_files() -> None:
        for image in found:
            files.remove(project, image, sizes)

    primary, *freed = _finished(unlist, make_room=remove_files)
    tally.forget(settings, *freed)
    with suppress(OSError):  # without an original these files are not served; doctor removes any that stay
        remove_files()
    return found, primary


def _weight(settings: Settings, index: Index) -> tuple[int, int]:
    """What an index lists, for the tally; nothing if nobody counts."""
    return index.weight() if settings.has_total else (0, 0)


def delete_project(settings: Settings, project_id: ProjectId) -> int:
    """Removes a project with all its images and unfinished uploads; returns how many images were listed.

    When it returns, no reader can find them. The sweep removes files that it had no time to remove.
    """
    project = existing(settings, project_id)
    aside = layout.deleted_folder(settings.storage_root, project_id, ids.new_upload_id())
    staged = aside / _UPLOADS
    counted: list[int] = []
    freed: list[tuple[int, int]] = []

    def unlist() -> None:
        with storage_errors(), metadata.transaction(project, settings.lock_timeout) as index:
            counted.append(len(index))
            index.fence()
            folders.make_folder(aside, settings.storage_root)
            unserved = index.sizes() - settings.sizes.keys()
            for size in (*reversed(publish_order(settings.sizes)), *unserved):
                _move(project.size_folder(size), aside / size)
            _move(layout.uploads_folder(settings.storage_root) / project_id, staged)
            if settings.has_total:  # those that were moved: nobody else ends them, or makes an image of one
                waiting = quota.unlisted(uploads.staged_in(settings, staged), index)
                freed[:] = [index.weight(), *(upload.reserves for upload in waiting)]
            index.clear()

    _finished(unlist, make_room=lambda: _remove(aside))
    tally.forget(settings, sum(images for images, _ in freed), sum(size for _, size in freed))
    _remove(aside)
    return max(counted)  # a second attempt may find an empty list


def _finished(unlist: Callable[[], T], make_room: Callable[[], object]) -> T:
    """Returns what `unlist` returns; calls it again after a failure, whose first steps may have been done."""
    try:
        return unlist()
    except (LockLost, StorageUnavailable):
        # The originals may be gone already: on a host that was frozen meanwhile a retry may still complete the delete.
        return unlist()
    except StorageFull:
        # The new index is written beside the old one: removing the deleted files makes room for it.
        with storage_errors():
            make_room()
        return unlist()


def _move(folder: Path, target: Path) -> None:
    with suppress(FileNotFoundError, Misplaced):
        looking.refresh(folder.parent)  # which is no link
        durable.move(folder, target)


def _remove(folder: Path) -> None:
    with suppress(OSError):  # the sweep removes the rest
        removing.remove_tree(folder, until=time.monotonic() + _REMOVING)
