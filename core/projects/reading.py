"""Reads: a rendition, the cover, the list. They acquire no lock and change nothing."""

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import NamedTuple

from core import ids
from core.errors import ImageNotFound, InvalidPage, InvalidSize, NoCover, SizeNotMade
from core.ids import ImageId, ProjectId
from core.index import metadata, rebuilding
from core.index.entries import Entry
from core.index.images import Index
from core.projects import files
from core.settings import Settings
from core.sizes import ORIGINAL
from core.volume import layout, looking
from core.volume.failures import storage_errors
from core.volume.layout import ProjectLayout
from core.volume.opening import OpenFile


def open_rendition(settings: Settings, project_id: ProjectId, image_id: ImageId, size: str) -> OpenFile:
    """Opens one rendition; ImageNotFound, also while the image is being deleted; SizeNotMade if only it is missing."""
    _check_size(settings, size)
    project = layout.project(settings.storage_root, project_id)
    with storage_errors():
        file = looking.look(project.rendition_name(size, image_id), project.folder)
        exists = False
        try:
            # During a delete the other sizes outlive the original for a moment, and after a crash in it for longer.
            original = project.rendition_name(ORIGINAL, image_id)
            exists = file is not None if size == ORIGINAL else looking.exists(original, project.folder)
        finally:
            if file is not None and not exists:
                os.close(file.descriptor)
    if file is not None and exists:
        return file
    if exists:
        raise SizeNotMade(f"The image {image_id} is there, and has not been made in the size {size} yet.")
    raise files.no_image(image_id)


def _check_size(settings: Settings, size: str) -> None:
    if size not in settings.sizes:
        raise InvalidSize(f"A size is one of {', '.join(settings.sizes)}.")


def open_cover(settings: Settings, project_id: ProjectId, size: str = "thumb") -> tuple[str, OpenFile]:
    """Opens the primary image in a size and returns its id and file; NoCover without images, SizeNotMade."""
    _check_size(settings, size)
    project = layout.project(settings.storage_root, project_id)
    with storage_errors():
        _, index = metadata.read(project, check_entries=True)
        # The primary image may be gone: deleted since, or half-deleted by a crash. Then the first image that
        # still exists is the cover.
        there = rebuilding.original_ids(project)
    for image in filter(there.__contains__, _primary_first(index)):
        try:
            return image, open_rendition(settings, project_id, ids.image_id(image), size)
        except SizeNotMade:  # the image exists: another image would be another cover
            raise
        except ImageNotFound:
            continue
    raise NoCover("This project has no images yet, and so no cover.")


def glance_at_cover(settings: Settings, project_id: ProjectId, size: str = "thumb") -> tuple[str, OpenFile] | None:
    """`open_cover` if that reads only two small files; None if it may take long."""
    _check_size(settings, size)
    project = layout.project(settings.storage_root, project_id)
    with storage_errors():
        index = metadata.glance(project)
    if index is None or index.primary is None or not ids.is_image_id(index.primary):
        return None
    with suppress(ImageNotFound):
        return index.primary, open_rendition(settings, project_id, ids.image_id(index.primary), size)
    return None


def _primary_first(index: Index) -> Iterator[str]:
    if index.primary:
        yield index.primary
    yield from index.image_ids()


def list_version(settings: Settings, project_id: ProjectId) -> str | None:
    """A name for the current version of a project's list, cheaper than the list itself; None when there is no list."""
    with storage_errors():
        return metadata.version(layout.project(settings.storage_root, project_id))


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list: at most `limit` images after the image `after`."""

    limit: int | None = None
    after: ImageId | None = None


def page(limit: str | None, after: str | None) -> Page:
    """Parses a query's `limit` and `after` into a page; InvalidPage, InvalidImageId."""
    if limit is not None and not re.fullmatch("0*[1-9][0-9]{0,17}", limit):
        raise InvalidPage("A limit is a whole number from 1.")
    return Page(None if limit is None else int(limit.lstrip("0")), None if after is None else ids.image_id(after))


class Listed(NamedTuple):
    """A list or a page of it: `total` counts all images of the project, `has_more` says whether more follow."""

    version: str | None
    primary: str | None
    total: int
    images: list[Entry]
    has_more: bool


def list_images(settings: Settings, project_id: ProjectId, page: Page) -> Listed:
    """Lists a project's images in their order, or a page of them."""
    project = layout.project(settings.storage_root, project_id)
    with storage_errors():
        version, index = metadata.read(project, check_entries=True)
        start, stop = _span(index, page)
        images = index.entries(start, stop)
        for image in images:
            _complete(settings, project, image)
    return Listed(version, index.primary, len(index), images, stop is not None and stop < len(index))


def find(settings: Settings, project_id: ProjectId, image_id: ImageId) -> tuple[str | None, str | None, Entry]:
    """Returns (version of the list, primary image id, image); ImageNotFound when the image is not listed."""
    project = layout.project(settings.storage_root, project_id)
    with storage_errors():
        version, index = metadata.read(project, check_entries=True)
        position = index.position(image_id)
        if position is None:
            raise files.no_image(image_id)
        (image,) = index.entries(position, position + 1)
        _complete(settings, project, image)
    return version, index.primary, image


def find_content(settings: Settings, project_id: ProjectId, sha256: str) -> tuple[str | None, Entry] | None:
    """Returns (primary image id, image) for the first image whose uploaded file has this SHA-256, or None."""
    project = layout.project(settings.storage_root, project_id)
    with storage_errors():
        _, index = metadata.read(project, check_entries=True)
        for image in index.entries():
            if image.sha256 == sha256:
                return index.primary, image
    return None


def _complete(settings: Settings, project: ProjectLayout, image: Entry) -> None:
    """Fills in, from the image's files, what an entry of another service lacks."""
    if not image.sizes:
        # A file that cannot be read now, for instance because another host removes it, must not end the list.
        image.sizes = files.measured(project, ids.image_id(image.id), settings.sizes, OSError, ValueError)
    if not image.created_at:
        with suppress(FileNotFoundError):
            image.created_at = ids.timestamp(rebuilding.made_ms(project, image.id))


def _span(index: Index, page: Page) -> tuple[int, int | None]:
    start = 0
    if page.after is not None:
        position = index.position(page.after)
        if position is None:
            position = _stood(index, page.after)
        start = position + 1
    return start, None if page.limit is None else start + page.limit


def _stood(index: Index, image_id: ImageId) -> int:
    """The position of the image before a deleted one, by the times in the ids; InvalidPage for an id without one."""
    if ids.created_ms(image_id) is None:
        raise InvalidPage(f"There is no image {image_id} in this project to continue after.")
    earlier = [position for position, other in enumerate(index.image_ids()) if other < image_id]
    return earlier[-1] if earlier else -1
