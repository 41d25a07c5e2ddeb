"""An upload's bytes on the volume: created, written under the upload's lock, ended.

Guarantees:
- What `put` returned for is durable, and the offset says so; what a crash cut off does not count.
- One writer at a time. The lock is on the file of bytes itself, and they are written through the descriptor that
  holds it: a host that lost its lock without knowing is refused by the server, so two writers never tear a piece.
- A writer that dies holds nothing: the lock is the kernel's.
- An upload ends at once, under one rename, whatever a crash leaves of its files.
"""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from typing import BinaryIO

from core import ids, measures
from core.errors import (
    OffsetConflict,
    ProjectLocked,
    StorageUnavailable,
    TooManyBytes,
    UploadLocked,
    UploadNotFound,
)
from core.ids import ImageId, ProjectId, UploadId
from core.settings import Settings
from core.uploads import state
from core.uploads.state import Upload
from core.volume import durable, layout, locking, opening

BYTES, _BOUNDS = "bytes", "bounds"
_KEY_TRIES = 3
_PATIENCE = 2.0  # seconds; a piece is written in a fraction of one, and a client comes back by itself


class Writer:
    """The one who may write to an upload now; `upload` is what is true of it now."""

    def __init__(self, upload: Upload, descriptor: int) -> None:
        self.upload = upload
        self._descriptor = descriptor

    def put(self, offset: int, piece: bytes | memoryview) -> None:
        """Adds a piece at the upload's offset, durably. After the last piece the offset stays: see `complete`."""
        check_offset(self.upload, offset)
        end = offset + len(piece)
        if end > self.upload.length:
            raise TooManyBytes(f"The upload was announced with {self.upload.length} bytes.", length=self.upload.length)
        with durable.storage_errors():
            durable.write_at(self._descriptor, offset, piece)
            if end < self.upload.length:
                self._move(replace(self.upload, offset=end))

    def claim(self, image_id: ImageId) -> None:
        """Says which image the bytes are made into, durably; takes the right to make one from who claimed before."""
        with durable.storage_errors():
            self._move(replace(self.upload, image_id=image_id))

    def complete(self) -> None:
        """Says that the claimed image is listed, and gives the bytes' room back."""
        with durable.storage_errors():
            self._move(replace(self.upload, offset=self.upload.length))
        with suppress(OSError):  # what stays goes with the upload
            durable.remove(self.upload.folder / BYTES)

    def open(self) -> BinaryIO:
        """The bytes, for the caller to close."""
        with durable.storage_errors():
            return opening.reading(self.upload.folder / BYTES)

    def end(self) -> None:
        """Removes the upload."""
        with durable.storage_errors():
            durable.discard_folder(self.upload.folder)

    def _move(self, to: Upload) -> None:
        if to.mark == self.upload.mark:
            return
        try:
            durable.move(self.upload.mark, to.mark)
        except FileNotFoundError:
            raise UploadLocked("Another request goes on with this upload.") from None
        self.upload = replace(to, touched=time.time())


def create(
    settings: Settings,
    project_id: ProjectId,
    length: int,
    metadata: bytes = b"",
    upload_id: UploadId | None = None,
    bounds: bytes = b"",
) -> Upload:
    """A new upload of `length` bytes, of which none is there yet; durable. `upload_id` is one that nothing has yet,
    `bounds` is kept for who makes its image."""
    folder = layout.upload_folder(settings.storage_root, project_id, upload_id or ids.new_upload_id())
    with durable.storage_errors():
        durable.make_folder(folder.parent, settings.storage_root)
        files = {BYTES: b"", state.mark(0, length): metadata} | ({_BOUNDS: bounds} if bounds else {})
        durable.create_folder(folder, files)
    return Upload(folder, 0, length, None, time.time())


def bounds(upload: Upload) -> bytes:
    """What its creation kept for who makes its image."""
    with durable.storage_errors(), suppress(FileNotFoundError), opening.reading(upload.folder / _BOUNDS) as file:
        return file.read()
    return b""


def under_key(settings: Settings, project_id: ProjectId, key: str, content: bytes) -> Upload:
    """The upload that stands for all requests with one key: made by the first, with what tells its file from others.

    It holds no bytes: it says which image the key has become, on every host and after every crash.
    """
    upload_id = ids.upload_id_of_key(project_id, key)
    for _ in range(_KEY_TRIES):
        try:
            return state.find(settings, project_id, upload_id)
        except UploadNotFound:
            folder = layout.upload_folder(settings.storage_root, project_id, upload_id)
            with durable.storage_errors(), suppress(FileExistsError, FileNotFoundError):
                if state.read(folder):  # expired
                    durable.discard_folder(folder)
        with suppress(StorageUnavailable):  # another host made it meanwhile
            return create(settings, project_id, 1, content, upload_id)
    raise UploadLocked("Another request goes on with this key.")


@contextmanager
def writing(settings: Settings, upload: Upload) -> Iterator[Writer]:
    """Alone with an upload; UploadLocked when another request does not leave it soon, UploadNotFound."""
    with ExitStack() as stack:
        try:
            with durable.storage_errors():
                lock = stack.enter_context(locking.held(upload.folder / BYTES, min(_PATIENCE, settings.lock_timeout)))
        except ProjectLocked:
            raise UploadLocked("Another request is writing to this upload; ask for its offset again.") from None
        yield Writer(state.find(settings, upload.project_id, upload.id), lock.descriptor)


def append(settings: Settings, upload: Upload, piece: bytes | memoryview) -> Upload:
    """The upload with a piece added behind what `upload` has; OffsetConflict when it went on meanwhile."""
    with writing(settings, upload) as writer:
        writer.put(upload.offset, piece)
        measures.tell(measures.STAGED_BYTES, len(piece))
        return writer.upload


def check_offset(upload: Upload, offset: int) -> None:
    """OffsetConflict unless the upload goes on at `offset`."""
    if offset != upload.offset:
        raise OffsetConflict(f"The upload goes on at byte {upload.offset}.", offset=upload.offset)


def discard(settings: Settings, upload: Upload) -> None:
    """Ends an upload, UploadNotFound when it has ended; an image that was made of it stays."""
    state.find(settings, upload.project_id, upload.id)  # first: a lock makes the file that it locks, and its folder
    with writing(settings, upload) as writer:
        writer.end()
