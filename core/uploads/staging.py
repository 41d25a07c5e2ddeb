"""An upload's bytes on the volume: creates them, writes them under the upload's lock, removes them.

Guarantees:
- When `put` returns, the piece is durable and the offset includes it; a piece cut off by a crash does not count.
- One writer at a time. The lock is on the file of bytes itself, and pieces are written through the descriptor that
  holds it. The server rejects a host that lost its lock unknowingly, so two writers never tear a piece.
- A writer that dies releases its lock: the lock is the kernel's.
- An upload ends at once, with one rename, whatever files a crash leaves.
"""

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
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
from core.volume import durable, folders, layout, locking, opening, removing
from core.volume.failures import storage_errors
from core.volume.locking import ANYTIME, Turn

BYTES, _BOUNDS = "bytes", "bounds"
_KEY_TRIES = 3
_PATIENCE = 2.0  # seconds; writing a piece takes a fraction of one, and clients retry by themselves


class Writer:
    """The only writer of an upload while its lock is held; `upload` is its current state."""

    def __init__(self, upload: Upload, descriptor: int) -> None:
        self.upload = upload
        self._descriptor = descriptor

    def put(self, offset: int, piece: bytes | memoryview) -> None:
        """Appends a piece at the upload's offset, durably. The last piece does not move the offset: see `complete`."""
        check_offset(self.upload, offset)
        end = offset + len(piece)
        if end > self.upload.length:
            raise TooManyBytes(f"The upload was announced with {self.upload.length} bytes.", length=self.upload.length)
        with storage_errors():
            durable.write_at(self._descriptor, offset, piece)
            if end < self.upload.length:
                self._move(replace(self.upload, offset=end))

    def claim(self, image_id: ImageId) -> None:
        """Records durably the id of the image to be made from the bytes; an earlier claim is no longer valid."""
        with storage_errors():
            self._move(replace(self.upload, image_id=image_id))

    def complete(self) -> None:
        """Records that the claimed image is listed, and frees the room of the bytes."""
        with storage_errors():
            self._move(replace(self.upload, offset=self.upload.length))
        with suppress(OSError):  # a file that stays is removed with the upload
            removing.remove(self.upload.folder / BYTES)

    def open(self) -> BinaryIO:
        """Opens the bytes; the caller must close the file."""
        with storage_errors():
            return opening.reading(self.upload.folder / BYTES)

    def end(self) -> None:
        """Removes the upload."""
        with storage_errors():
            removing.discard_folder(self.upload.folder)

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
    """Creates an upload of `length` bytes, durably; none of them has arrived yet. `upload_id` must be unused, and
    `bounds` is kept for the request that makes its image."""
    folder = layout.upload_folder(settings.storage_root, project_id, upload_id or ids.new_upload_id())
    with storage_errors():
        folders.make_folder(folder.parent, settings.storage_root)
        files = {BYTES: b"", state.mark(0, length): metadata} | ({_BOUNDS: bounds} if bounds else {})
        folders.create_folder(folder, files)
    return Upload(folder, 0, length, None, time.time())


def bounds(upload: Upload) -> bytes:
    """The bounds that were kept when the upload was created; empty without any."""
    with storage_errors(), suppress(FileNotFoundError), opening.reading(upload.folder / _BOUNDS) as file:
        return file.read()
    return b""


def under_key(settings: Settings, project_id: ProjectId, key: str, content: bytes) -> Upload:
    """The upload that stands for all requests with one key. The first request makes it, with `content`, which
    identifies the file.

    It holds no bytes: it records which image the key has become, on every host and after every crash.
    """
    upload_id = ids.upload_id_of_key(project_id, key)
    for _ in range(_KEY_TRIES):
        try:
            return state.find(settings, project_id, upload_id)
        except UploadNotFound:
            with storage_errors(), suppress(FileExistsError, FileNotFoundError):
                discard_expired(settings, layout.upload_folder(settings.storage_root, project_id, upload_id))
        with suppress(StorageUnavailable):  # another host made it meanwhile
            return create(settings, project_id, 1, content, upload_id)
    raise UploadLocked("Another request goes on with this key.")


async def turn(settings: Settings, upload: Upload) -> Turn:
    """Waits on the event loop for the turn to write to an upload in this process; UploadLocked."""
    with _as_upload_locked():
        return await locking.turn(upload.folder / BYTES, min(_PATIENCE, settings.lock_timeout))


@contextmanager
def writing(settings: Settings, upload: Upload, turn: AbstractContextManager[None] = ANYTIME) -> Iterator[Writer]:
    """Holds an upload's lock and yields its writer; UploadLocked while another request keeps it, UploadNotFound.

    The end of the block is the end of `turn`, without which this thread waits for its turn.
    """
    with ExitStack() as stack:
        stack.enter_context(turn)
        with _as_upload_locked(), storage_errors():
            lock = stack.enter_context(locking.held(upload.folder / BYTES, min(_PATIENCE, settings.lock_timeout)))
        yield Writer(state.find(settings, upload.project_id, upload.id), lock.descriptor)


def discard_expired(settings: Settings, folder: Path) -> bool:
    """Ends the upload in `folder` if it has expired and no request holds it; whether it was ended."""
    seen = state.stamp(folder)
    if not state.is_expired(settings, folder):
        return False
    try:
        with locking.held(folder / BYTES, timeout=0):
            # Compare stamps, not ages: acquiring the lock may have made its file, which makes the folder younger.
            # Another request may have ended this upload and begun a new one under the same name.
            if state.stamp(folder) != seen:
                return False
            removing.discard_folder(folder)
    except ProjectLocked:
        return False
    return True


def append(
    settings: Settings, upload: Upload, piece: bytes | memoryview, turn: AbstractContextManager[None] = ANYTIME
) -> Upload:
    """Appends a piece at the offset in `upload`, and returns the new state; OffsetConflict when the offset moved."""
    with writing(settings, upload, turn) as writer:
        writer.put(upload.offset, piece)
        measures.tell(measures.STAGED_BYTES, len(piece))
        return writer.upload


def check_offset(upload: Upload, offset: int) -> None:
    """Raises OffsetConflict unless the upload continues at `offset`."""
    if offset != upload.offset:
        raise OffsetConflict(f"The upload goes on at byte {upload.offset}.", offset=upload.offset)


def discard(settings: Settings, upload: Upload, turn: AbstractContextManager[None] = ANYTIME) -> Upload:
    """Ends an upload and returns its last state; UploadNotFound when it has ended already. An image that was made from
    it stays."""
    with turn:
        state.find(settings, upload.project_id, upload.id)  # first, since acquiring a lock makes its file and folder
        with writing(settings, upload) as writer:
            writer.end()
            return writer.upload


@contextmanager
def _as_upload_locked() -> Iterator[None]:
    try:
        yield
    except ProjectLocked:
        raise UploadLocked("Another request is writing to this upload; ask for its offset again.") from None
