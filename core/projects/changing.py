"""Changes to a project with pictures: delete and set primary."""

from contextlib import suppress

from core.errors import ImageNotFound, LockLost, StorageFull, StorageUnavailable
from core.ids import ImageId, ProjectId
from core.index import metadata
from core.projects import files
from core.settings import Settings
from core.volume import durable, layout
from core.volume.layout import ProjectLayout


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
            files.remove(project, image_id, settings.sizes)
        primary = _unlist(settings, project, image_id, again=True)
    with suppress(OSError):  # nobody's files once the original is gone; doctor removes what stays
        files.remove(project, image_id, settings.sizes)
    return primary


def _unlist(settings: Settings, project: ProjectLayout, image_id: ImageId, again: bool = False) -> str | None:
    """Removes the original and commits the index without it; the primary image then. `again` after a first try,
    which may have got as far as to leave nothing to do."""
    with durable.storage_errors(), metadata.transaction(project, settings.lock_timeout) as index:
        original = project.rendition("original", image_id)
        if image_id not in index and not again and not durable.exists(original, project.folder):
            raise files.no_image(image_id)
        index.fence()  # the last moment at which nothing has happened yet
        durable.remove(original)
        index.discard(image_id)
        return index.primary


def set_primary(settings: Settings, project_id: ProjectId, image_id: ImageId) -> None:
    """Makes a listed image the project's primary one."""
    project = _existing(settings, project_id)
    with durable.storage_errors(), metadata.transaction(project, settings.lock_timeout) as index:
        if image_id not in index or not durable.exists(project.rendition_name("original", image_id), project.folder):
            raise files.no_image(image_id)
        index.set_primary(image_id)


def _existing(settings: Settings, project_id: ProjectId) -> ProjectLayout:
    """The project's layout; taking the lock of a project that is not there would make its folder."""
    project = layout.project(settings.storage_root, project_id)
    with durable.storage_errors():
        if not durable.exists(project.folder, project.folder):
            raise ImageNotFound(f"There is no project {project_id} with images.")
    return project
