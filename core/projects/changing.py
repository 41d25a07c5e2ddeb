"""Changes that keep all pictures of a project: which one is primary, and their order."""

import os

from core.errors import ImageNotFound, InvalidOrder, PreconditionFailed
from core.ids import ImageId, ProjectId
from core.index import metadata
from core.projects import files
from core.settings import Settings
from core.sizes import ORIGINAL
from core.volume import layout, looking
from core.volume.failures import storage_errors
from core.volume.layout import ProjectLayout


def set_primary(settings: Settings, project_id: ProjectId, image_id: ImageId) -> None:
    """Makes a listed image the project's primary image."""
    project = existing(settings, project_id)
    with storage_errors(), metadata.transaction(project, settings.lock_timeout) as index:
        if image_id not in index or not looking.exists(project.rendition_name(ORIGINAL, image_id), project.folder):
            raise files.no_image(image_id)
        index.set_primary(image_id)


def reorder(
    settings: Settings, project_id: ProjectId, images: list[ImageId], after: ImageId | None, versions: list[str] | None
) -> int:
    """Moves images, in this order, after the image `after`, or to the front; returns the project's number of images.

    With `versions` the list must have one of these versions, else PreconditionFailed. ImageNotFound for an unlisted
    image, InvalidOrder for an image named twice. One commit; a rebuilt index falls back to upload order.
    """
    if len(set(images)) < len(images) or after in images:
        raise InvalidOrder("An image may be named once.")
    project = existing(settings, project_id)
    with storage_errors(), metadata.transaction(project, settings.lock_timeout) as index:
        if versions is not None and metadata.version(project) not in versions:
            raise PreconditionFailed("The list has changed since this version of it.")
        known = set(index.image_ids())
        for image in (*images, after):
            if image is not None and image not in known:
                raise files.no_image(image)
        index.arrange(images, after)
        return len(known)


def existing(settings: Settings, project_id: ProjectId) -> ProjectLayout:
    """The layout of an existing project; acquiring the lock of a missing project would make its folder."""
    project = layout.project(settings.storage_root, project_id)
    with storage_errors():
        folder = looking.look_into(project.folder, project.folder)
    if folder is None:
        raise ImageNotFound(f"There is no project {project_id} with images.")
    os.close(folder)
    return project
