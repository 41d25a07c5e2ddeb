"""The image of a resumable upload: made exactly once, however often and to however many hosts its last piece is sent.

A request that holds the upload's lock claims a new image id on the upload, renders, publishes and commits under
that id, and completes the upload (core/uploads/state.py). Another request that finds a claim checks the index under
the project's lock: if the image is listed, nothing is left to do. If not, it removes that image's files and claims
a new id, still under that lock. `commit` checks the claim under the same lock, so a request that was overtaken (a
frozen host that lost the upload's lock) removes its own files. No two requests write files of one name.
"""

from contextlib import AbstractContextManager

from core import uploads
from core.errors import UploadLocked
from core.ids import ProjectId
from core.index import metadata
from core.projects import files, quota
from core.projects.adding import new_id
from core.projects.quota import Bounds
from core.settings import Settings
from core.uploads import Upload, Writer
from core.volume import folders, layout, tally
from core.volume.failures import storage_errors
from core.volume.locking import ANYTIME


def begin(
    settings: Settings, project_id: ProjectId, length: int, about: bytes = b"", bounds: Bounds = quota.UNBOUNDED
) -> Upload:
    """Makes an upload of `length` bytes, which reserves its room from now on; QuotaExceeded. It keeps `bounds`, and
    `about`, the client's metadata."""
    with tally.counted(settings, 1, length), quota.reserving(settings, project_id, bounds, length):
        return uploads.create(settings, project_id, length, about, bounds=bounds.encode())


def give_up(settings: Settings, upload: Upload, turn: AbstractContextManager[None] = ANYTIME) -> None:
    """Ends an upload; UploadNotFound when it has ended already. An image that was made from it stays."""
    ended = uploads.discard(settings, upload, turn)  # while it was waited for, it may have become an image
    if settings.has_total:
        with storage_errors():
            _, index = metadata.read(layout.project(settings.storage_root, ended.project_id))
        if quota.unlisted([ended], index):
            tally.forget(settings, *ended.reserves)


def refuse(settings: Settings, writer: Writer) -> None:
    """Ends an upload that becomes no image."""
    writer.end()
    tally.forget(settings, *writer.upload.reserves)


def claim(settings: Settings, project_id: ProjectId, writer: Writer) -> bool:
    """Claims a new image id on the upload; False if an earlier request has made and listed the upload's image."""
    claimed = writer.upload.image_id
    if claimed is None:
        writer.claim(new_id(settings, project_id))
        return True
    project = layout.project(settings.storage_root, project_id)
    with storage_errors():
        folders.make_folder(project.folder, settings.storage_root)
        with metadata.transaction(project, settings.lock_timeout) as index:
            if claimed in index:
                return False
            files.remove(project, claimed, settings.sizes)
            writer.claim(new_id(settings, project_id))
            return True


def still_claimed(settings: Settings, upload: Upload) -> None:
    """Raises UploadLocked when another request has claimed the upload since; a `check` for `commit`."""
    now = uploads.find(settings, upload.project_id, upload.id)
    if now.image_id != upload.image_id or now.is_complete:
        raise UploadLocked("Another request goes on with this upload.")
