"""The verbs: what can be done with a project and its pictures, whoever asks.

An image exists if and only if its original does. `store` makes that true, `commit` lists it, and
only after both is an upload answered; `delete` first makes it untrue, then takes it off the list.
So what was answered for is durable, and a crash in between leaves what `doctor` can tell apart.
"""

import errno
import os
import re
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import BinaryIO, NamedTuple

from core import durable, ids, jpeg, layout, metadata
from core.errors import ImageNotFound, InvalidPage, InvalidSize, LockLost, NoCover, StorageFull, StorageUnavailable
from core.ids import ImageId, ProjectId
from core.index import Entry, Index, Listed, Size
from core.layout import PUBLISH_ORDER, SIZES, ProjectLayout, Rendition
from core.settings import Settings


@dataclass(frozen=True, slots=True)
class Stored:
    """An image whose files are published and durable, but which no index lists yet."""

    layout: ProjectLayout
    image_id: ImageId
    sizes: dict[str, Rendition]


def store(settings: Settings, project_id: ProjectId, source: BinaryIO) -> Stored:
    """Makes the four renditions of `source` and publishes them; RejectedImage leaves nothing behind.

    The costly half of an upload: it decodes in the calling thread, and holds no lock.
    """
    from core import renditions  # here, so that no reader's cold start pays for an image library

    project = layout.project(settings.storage_root, project_id)
    with ExitStack() as stack:
        outputs = {size: stack.enter_context(scratch(size)) for size in SIZES}
        sizes = renditions.render(source, outputs, settings.limits)
        image_id = ids.new_image_id()
        with durable.storage_errors():
            for size in SIZES:
                durable.make_folder(project.size_folder(size), settings.storage_root)
            metadata.create(project)
            durable.publish({project.rendition(size, image_id): outputs[size] for size in PUBLISH_ORDER})
    return Stored(project, image_id, sizes)


def commit(settings: Settings, stored: Stored) -> tuple[ImageId, bool]:
    """Lists a stored image, last in order; its id and whether it is the primary one.

    When it cannot be listed its files go again, since the client will be told that nothing was stored.
    """
    made = ids.created_ms(stored.image_id) or 0
    try:
        with durable.storage_errors(), metadata.transaction(stored.layout, settings.lock_timeout) as index:
            # Well before doctor may take its files for abandoned; past this line the fence guards the rest.
            if _now_ms() - made > settings.abandoned_after * 1000 / 2:
                raise StorageUnavailable("Storing the image took too long; nothing was stored.")
            index.append(Entry(stored.image_id, "jpg", ids.timestamp(made), stored.sizes))
            primary = index.primary == stored.image_id
    except BaseException:
        with suppress(OSError):
            _withdraw(stored)
        raise
    return stored.image_id, primary


def _withdraw(stored: Stored) -> None:
    """Takes back what was stored, unless the commit failed so late that the image is listed: then it is one."""
    version, index = metadata.read(stored.layout)
    if version is None or stored.image_id not in index:
        _remove_files(stored.layout, stored.image_id)


def delete(settings: Settings, project_id: ProjectId, image_id: ImageId) -> str | None:
    """Removes an image; the primary image that is left, if any. Ends a delete that a crash cut short, too."""
    project = _existing(settings, project_id)
    try:
        primary = _unlist(settings, project, image_id)
    except (LockLost, StorageUnavailable):
        # The original may be gone already: on a host that was frozen meanwhile a second try may still end it.
        primary = _unlist(settings, project, image_id, again=True)
    except StorageFull:
        # The index is written anew beside the old one: the image's own files make room for it.
        with durable.storage_errors():
            _remove_files(project, image_id)
        primary = _unlist(settings, project, image_id, again=True)
    with suppress(OSError):  # nobody's files once the original is gone; doctor removes what stays
        _remove_files(project, image_id)
    return primary


def _unlist(settings: Settings, project: ProjectLayout, image_id: ImageId, again: bool = False) -> str | None:
    """Removes the original and commits the index without it; the primary image then. `again` after a first try,
    which may have got as far as to leave nothing to do."""
    with durable.storage_errors(), metadata.transaction(project, settings.lock_timeout) as index:
        original = project.rendition("original", image_id)
        if image_id not in index and not again and not durable.exists(original, project.folder):
            raise _no_image(image_id)
        index.fence()  # the last moment at which nothing has happened yet
        durable.remove(original)
        index.discard(image_id)
        return index.primary


def set_primary(settings: Settings, project_id: ProjectId, image_id: ImageId) -> None:
    """Makes a listed image the project's primary one."""
    project = _existing(settings, project_id)
    with durable.storage_errors(), metadata.transaction(project, settings.lock_timeout) as index:
        if image_id not in index or not durable.exists(project.rendition_name("original", image_id), project.folder):
            raise _no_image(image_id)
        index.set_primary(image_id)


class OpenFile(NamedTuple):
    """A file that is open for reading, for its holder to close, and what it was like when it was opened.

    Nobody may ask again: once another NFS host has removed it, its bytes can still be read, its size cannot.
    """

    descriptor: int
    status: os.stat_result


def open_rendition(settings: Settings, project_id: ProjectId, image_id: ImageId, size: str) -> OpenFile:
    """One rendition's JPEG; ImageNotFound also while its image is being deleted."""
    if size not in SIZES:
        raise InvalidSize(f"A size is one of {', '.join(SIZES)}.")
    project = layout.project(settings.storage_root, project_id)
    with durable.storage_errors():
        descriptor = durable.look(project.rendition_name(size, image_id), project.folder)
        if descriptor is None:
            raise _no_image(image_id)
        # The other three outlive the original for a moment in a delete, and for longer after a crash in one.
        if size != "original" and not durable.exists(project.rendition_name("original", image_id), project.folder):
            os.close(descriptor)
            raise _no_image(image_id)
        try:
            return OpenFile(descriptor, os.fstat(descriptor))
        except OSError as error:
            os.close(descriptor)
            if error.errno == errno.ESTALE:  # removed by another host since it was opened
                raise _no_image(image_id) from None
            raise


def open_cover(settings: Settings, project_id: ProjectId) -> tuple[str, OpenFile]:
    """The primary image's id and its thumb; NoCover while the project has no image."""
    project = layout.project(settings.storage_root, project_id)
    with durable.storage_errors():
        _, index = metadata.read(project)
    # The primary image may be gone: deleted since, or left half-deleted by a crash. Then it is the first that is not.
    for image in _primary_first(index):
        with suppress(ImageNotFound):
            return image, open_rendition(settings, project_id, ids.image_id(image), "thumb")
    raise NoCover("This project has no images yet, and so no cover.")


def _primary_first(index: Index) -> Iterator[str]:
    if index.primary:
        yield index.primary
    yield from index.image_ids()


def list_version(settings: Settings, project_id: ProjectId) -> str | None:
    """A name for the present version of a project's list, cheaper than the list; None when it has none."""
    with durable.storage_errors():
        return metadata.version(layout.project(settings.storage_root, project_id))


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list: at most `limit` images, those that follow the image `after`."""

    limit: int | None = None
    after: ImageId | None = None


def page(limit: str | None, after: str | None) -> Page:
    """The page that a query's texts ask for; InvalidPage, InvalidImageId."""
    if limit is not None and not re.fullmatch("0*[1-9][0-9]{0,17}", limit):
        raise InvalidPage("A limit is a whole number from 1.")
    return Page(None if limit is None else int(limit), None if after is None else ids.image_id(after))


def list_images(settings: Settings, project_id: ProjectId, page: Page) -> tuple[str | None, str | None, list[Listed]]:
    """(version, primary image id, images in upload order) of a project, or of a page of it."""
    project = layout.project(settings.storage_root, project_id)
    with durable.storage_errors():
        version, index = metadata.read(project, check_entries=True)
        images = index.listed(*_span(index, page))
        for image in images:
            if not image.sizes:
                image.sizes = _measured(project, ids.image_id(image.id))
            if not image.created_at:
                with suppress(FileNotFoundError):
                    image.created_at = ids.timestamp(metadata.made_ms(project, image.id))
    return version, index.primary, images


def _span(index: Index, page: Page) -> tuple[int, int]:
    start = 0
    if page.after is not None:
        position = index.position(page.after)
        if position is None:
            raise InvalidPage(f"There is no image {page.after} in this project to continue after.")
        start = position + 1
    return start, len(index) if page.limit is None else start + page.limit


def _measured(project: ProjectLayout, image_id: ImageId) -> dict[str, Size]:
    """The sizes of an image that the original service listed without them, from the files' headers."""
    sizes = {}
    for size in SIZES:
        with suppress(OSError, ValueError), open(project.rendition(size, image_id), "rb") as file:
            width, height = jpeg.dimensions(file)
            sizes[size] = Size(width, height, os.fstat(file.fileno()).st_size)
    return sizes


def _existing(settings: Settings, project_id: ProjectId) -> ProjectLayout:
    """The project's layout; taking the lock of a project that is not there would make its folder."""
    project = layout.project(settings.storage_root, project_id)
    with durable.storage_errors():
        if not durable.exists(project.folder, project.folder):
            raise ImageNotFound(f"There is no project {project_id} with images.")
    return project


def _remove_files(project: ProjectLayout, image_id: ImageId) -> None:
    for size in reversed(PUBLISH_ORDER):
        durable.remove(project.rendition(size, image_id))


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _no_image(image_id: ImageId) -> ImageNotFound:
    return ImageNotFound(f"There is no image {image_id} in this project.")


@contextmanager
def scratch(name: str) -> Iterator[BinaryIO]:
    """A file of this host's memory: rendering into it touches the volume only once it has succeeded."""
    with os.fdopen(os.memfd_create(name), "w+b") if hasattr(os, "memfd_create") else TemporaryFile() as file:
        yield file
