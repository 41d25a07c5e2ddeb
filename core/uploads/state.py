"""The state of an upload, stored in the name of one file, its mark: `<offset>.<length>[.<image_id>]`.

A rename changes the mark: it is atomic, durable, one call on NFS, and works on a full disk. It fails for a request
that was overtaken, since the old name is gone. The mark's content is the client's metadata, which never changes.

- `offset` bytes are durable and count; bytes after them do not.
- `image_id` is the image that a request makes after the last piece; it may not exist yet.
- The offset reaches the length only once that image is listed, so a client that sees this has its image.
"""

import os
import re
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from core import ids
from core.ids import ImageId, ProjectId, UploadId
from core.settings import Settings
from core.volume import layout, looking, opening
from core.volume.failures import storage_errors

_mark = re.compile(r"(0|[1-9][0-9]{0,18})\.([1-9][0-9]{0,18})(?:\.([0-9a-z]+))?", re.ASCII).fullmatch


@dataclass(frozen=True, slots=True)
class Upload:
    """The current state of an upload; `touched` is when its mark was last renamed, in seconds since 1970."""

    folder: Path
    offset: int
    length: int
    image_id: ImageId | None
    touched: float

    @property
    def id(self) -> UploadId:
        return UploadId(self.folder.name)

    @property
    def project_id(self) -> ProjectId:
        return ProjectId(self.folder.parent.name)

    @property
    def is_complete(self) -> bool:
        """Whether the upload's image is stored and listed."""
        return self.offset == self.length

    @property
    def reserves(self) -> tuple[int, int]:
        """The images and bytes that the upload reserves: none once it is an image or when it stands for a key."""
        return (0, 0) if self.is_complete or ids.is_of_key(self.id) else (1, self.length)

    @property
    def mark(self) -> Path:
        return self.folder / mark(self.offset, self.length, self.image_id)

    def expires(self, settings: Settings) -> float:
        """Seconds since 1970 after which nobody may continue the upload."""
        return self.touched + settings.upload_expires_after


def mark(offset: int, length: int, image_id: ImageId | None = None) -> str:
    """The name of the mark for this state."""
    return f"{offset}.{length}" + (f".{image_id}" if image_id else "")


def find(settings: Settings, project_id: ProjectId, upload_id: UploadId) -> Upload:
    """The upload as every host sees it; UploadNotFound when it ended, expired or never was."""
    with storage_errors():
        upload = read(layout.upload_folder(settings.storage_root, project_id, upload_id))
    if upload is None or upload.expires(settings) < time.time():
        raise ids.no_upload()
    return upload


def is_expired(settings: Settings, folder: Path) -> bool:
    """Whether the upload in `folder` expired, was never begun, or was left half removed by a crash."""
    if ids.is_upload_id(folder.name) and (upload := read(folder)):
        return upload.expires(settings) < time.time()
    return (ids.is_upload_id(folder.name) or layout.is_temporary(folder.name)) and (
        folder.stat().st_mtime + settings.abandoned_after < time.time()
    )


def stamp(folder: Path) -> tuple[Path, int] | None:
    """Tells the upload in `folder`, in its present state, from every other; None when it was never begun."""
    if upload := read(folder):
        with suppress(FileNotFoundError):
            return upload.mark, upload.mark.stat().st_ctime_ns
    return None


def metadata(upload: Upload) -> str:
    """The client's metadata of its file, as sent."""
    with storage_errors():
        for _ in looking.tries():
            with suppress(FileNotFoundError), opening.reading(upload.mark) as file:
                return file.read().decode("latin-1")
            upload = read(upload.folder) or upload
    raise ids.no_upload()


def read(folder: Path) -> Upload | None:
    """Reads the upload in `folder`, without a lock; None when there is none or it was never begun."""
    for _ in looking.tries():  # the mark may be renamed meanwhile
        descriptor = looking.look_into(folder, folder.parent)
        if descriptor is None:
            return None
        try:
            found = [match for name in os.listdir(descriptor) if (match := _mark(name))]
            touched = os.fstat(descriptor).st_mtime
        finally:
            os.close(descriptor)
        if found:
            offset, length, image = max((int(match[1]), int(match[2]), match[3] or "") for match in found)
            return Upload(folder, offset, length, ids.image_id(image) if image else None, touched)
    return None
