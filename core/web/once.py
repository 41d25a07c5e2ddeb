"""Uploads that are stored once, however often they are sent: by an Idempotency-Key, or by their content.

A key is stored as an upload on the volume (core/uploads), which names the image that the key has become. So a key
returns the same image on every host and after every crash, for as long as such an upload is kept.
"""

import re
from collections.abc import Awaitable, Callable
from functools import partial
from typing import BinaryIO

from core import errors, projects, uploads, workers
from core.ids import ImageId, ProjectId
from core.index.entries import Entry
from core.projects import Stored
from core.settings import Settings
from core.uploads import Writer
from core.web import Request, changing, quotas, threads

Make = Callable[[ImageId | None], Awaitable[Stored]]  # renders and publishes, under the given id or a new one
Known = tuple[str | None, Entry]  # the project's primary image, and the image

_quoted = re.compile(r'"?([\x21\x23-\x7e]{1,255})"?').fullmatch  # a string of RFC 9651, or one without quotes


class Duplicate(Exception):
    """The project already has an image of this file; never reaches a client."""

    def __init__(self, found: Known) -> None:
        super().__init__()
        self.found = found


def key_of(request: Request) -> str | None:
    """The request's Idempotency-Key, if any; InvalidIdempotencyKey."""
    header = request.headers.get("idempotency-key")
    if header is None:
        return None
    if not (found := _quoted(header.strip())):
        raise errors.InvalidIdempotencyKey("An Idempotency-Key is 1 to 255 visible ASCII characters.")
    return found[1]


def returns_duplicates(request: Request) -> bool:
    """Whether the request wants the existing image for a file that the project already has; InvalidRequest."""
    wanted = request.query_params.get("duplicates", "keep")
    if wanted not in ("keep", "return"):
        raise errors.InvalidRequest("`duplicates` is keep or return.")
    return wanted == "return"


async def store(
    settings: Settings, project: ProjectId, sender: str, source: BinaryIO, name: str, image_id: ImageId | None
) -> Stored:
    """Renders and publishes a picture, in its sender's turn for a decoder, under `image_id` or a new id; unlisted yet.

    `name` is the client's name for the file.
    """
    render = partial(projects.render, settings, source, name=name)
    publish = partial(projects.publish, settings, project, image_id=image_id)
    return await workers.shared().run(sender, render, publish, partial(projects.withdraw, settings))


async def under_key(settings: Settings, project: ProjectId, key: str, sha256: str, make: Make) -> Known:
    """Returns the image of the key, made now or earlier; IdempotencyKeyReused, IdempotencyKeyInUse."""
    content = sha256.encode()
    try:
        upload = await threads.run(uploads.under_key, settings, project, key, content)
        if await threads.run(uploads.metadata, upload) != sha256:
            raise errors.IdempotencyKeyReused("This Idempotency-Key was used for another file.")
        turn = await uploads.turn(settings, upload)
        async with threads.entered(uploads.writing(settings, upload, turn)) as writer:
            try:
                await finish(settings, writer, make)
            except errors.QuotaExceeded:  # no quota bounds keys, so one that finds no room does not stay
                await threads.run(projects.refuse, settings, writer)
                raise
            image = writer.upload.image_id
    except errors.UploadLocked:
        raise errors.IdempotencyKeyInUse("The first upload with this Idempotency-Key is under way.") from None
    assert image is not None  # noqa: S101  a complete upload names its image
    _, primary, entry = await threads.run(projects.find, settings, project, image)
    return primary, entry


async def finish(settings: Settings, writer: Writer, make: Make) -> None:
    """Makes and lists the image of an upload whose lock is held, and completes the upload, unless this was done before.

    RejectedImage ends the upload.
    """
    if writer.upload.is_complete:
        return
    if await changing.change(projects.claim, settings, writer.upload.project_id, writer):
        try:
            stored = await make(writer.upload.image_id)
        except errors.RejectedImage:
            await threads.run(projects.refuse, settings, writer)
            raise
        check = partial(projects.still_claimed, settings, writer.upload)
        await changing.commit(settings, stored, check, await quotas.of_upload(writer.upload), writer.upload)
    await threads.run(writer.complete)


async def by_content(settings: Settings, project: ProjectId, sha256: str, make: Make) -> Known:
    """Stores a file that the project does not have yet; Duplicate carries the image that it has."""

    def look() -> None:
        if found := projects.find_content(settings, project, sha256):
            raise Duplicate(found)

    await threads.run(look)
    stored = await make(None)
    # It looks again, since two such uploads may come at once.
    return await changing.commit(settings, stored, look, quotas.of_token())
