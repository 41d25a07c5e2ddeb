"""Receives the bytes of a resumable upload: from a request's body to the volume, and at the last byte to an image."""

from functools import partial

from core import uploads
from core.errors import RequestTimeout, UploadComplete
from core.ids import ImageId
from core.projects import Stored
from core.settings import Settings
from core.uploads import Upload, Writer
from core.web import Request, once, threads, tus
from core.web.guard import has_body
from core.web.pieces import pieces


async def receive(request: Request, settings: Settings, upload: Upload) -> Upload:
    """Appends the request's body, one durable piece after another, and returns the upload's new state.

    The last piece is held back until the body has ended, and counts once the image is listed.
    """
    if upload.is_complete:
        if has_body(request.headers.raw):
            raise UploadComplete("All bytes are here already, and the image is stored.")
        return upload
    began, last = upload.offset, b""
    try:
        async for piece in pieces(request, upload):
            if upload.offset + len(piece) == upload.length:
                last = piece
            else:
                turn = await uploads.turn(settings, upload)
                upload = await threads.run(uploads.append, settings, upload, piece, turn)
    except RequestTimeout:
        if upload.offset == began:
            raise
        return upload  # clients continue from the offset in an answer, but give up at a 408
    return await _finish(settings, upload, last) if last else upload


async def _finish(settings: Settings, upload: Upload, piece: bytes) -> Upload:
    """Writes the last piece and makes the image; holds the upload's lock until the image is listed."""
    turn = await uploads.turn(settings, upload)
    async with threads.entered(uploads.writing(settings, upload, turn)) as writer:
        await threads.run(writer.put, upload.offset, piece)
        await once.finish(settings, writer, partial(_make, settings, writer))
        return writer.upload


async def _make(settings: Settings, writer: Writer, image_id: ImageId | None) -> Stored:
    """Makes the upload's image from its bytes; does not list it."""
    project, name = writer.upload.project_id, tus.file_name(await threads.run(uploads.metadata, writer.upload))
    with await threads.run(writer.open) as source:
        return await once.store(settings, project, project, source, name, image_id)
