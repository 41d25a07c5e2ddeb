"""POST /projects/{project_id}/images: stores an image in each size and lists it."""

import os
from functools import partial
from typing import Any, BinaryIO

from core import errors, ids, projects, workers
from core.access.deciding import granted
from core.ids import ImageId, ProjectId
from core.projects import Stored
from core.settings import Settings, current
from core.web import Request, Response, changing, once, quotas, threads
from core.web.app import make_app
from core.web.deployed import make_handler
from core.web.forms import FIELD, Upload, read_upload
from core.web.models import Uploaded
from core.web.paths import image_url, uploads_url
from core.web.problems import responses
from core.web.shown import uploaded
from core.web.values import ProjectIdText

app = make_app("Upload an image", needs="upload", lifespan=workers.started)
handler = make_handler(app)

_form = {"type": "object", "required": [FIELD], "properties": {FIELD: {"type": "string", "format": "binary"}}}
_key = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "maxLength": 255},
    "description": "The same for each try of one upload: it is stored once.",
}
_duplicates = {
    "name": "duplicates",
    "in": "query",
    "required": False,
    "schema": {"type": "string", "enum": ["keep", "return"], "default": "keep"},
    "description": "Whether a file that the project has is stored again, or answered with its image.",
}
_body = {
    "parameters": [_key, _duplicates],
    "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": _form}}},
}
_answers: dict[int | str, dict[str, Any]] = {
    201: {"model": Uploaded},
    200: {"model": Uploaded, "description": "The project has this file already."},
}
_problems = responses(
    *(errors.InvalidProjectId, errors.MalformedUpload, errors.NotMultipart, errors.MissingFile, errors.RepeatedFile),
    *(errors.EncodedUpload, errors.RequestTimeout),
    *(errors.EmptyFile, errors.NotAnImage, errors.CorruptImage, errors.ImageTooComplex, errors.FileTooLarge),
    *(errors.TooManyPixels, errors.SideTooLong, errors.Busy, errors.DecoderLost, errors.ProjectLocked),
    *(errors.QuotaExceeded, errors.StorageFull),
    *(errors.InvalidIdempotencyKey, errors.IdempotencyKeyInUse, errors.IdempotencyKeyReused),
    errors.ImageNotFound,  # it was deleted since its key was used
)


@app.post("/projects/{project_id}/images", status_code=201, responses=_answers | _problems, openapi_extra=_body)
async def upload_image(request: Request, project_id: ProjectIdText) -> Response:
    """Stores the image in the form's field `file` as JPEG; the first image of a project becomes its primary one.

    With an Idempotency-Key the same request may be sent again: it stores nothing twice. With `duplicates=return` a
    file that the project has already is answered with its image, as 200.
    """
    settings, project = current(), ids.project_id(project_id)
    key, returns_duplicates = once.key_of(request), once.returns_duplicates(request)
    # With either of them, the answer may be an image that is stored already, which needs no room.
    if key is None and not returns_duplicates:
        await quotas.require_room(request, settings, project)
    source, name = await _read(request, settings, project)
    with source:
        make = partial(_make, settings, project, source, name)
        status = 201
        if key is not None:
            sha256 = await threads.run(projects.sha256, source)
            primary, entry = await once.under_key(settings, project, key, sha256, make)
        elif returns_duplicates:
            try:
                sha256 = await threads.run(projects.sha256, source)
                primary, entry = await once.by_content(settings, project, sha256, make)
            except once.Duplicate as duplicate:
                (primary, entry), status = duplicate.found, 200
        else:
            primary, entry = await changing.commit(settings, await make(), bounds=quotas.of_token())
    body = uploaded(settings, project, primary, entry)
    return Response(body, status, {"Location": image_url(project, entry.id)}, "application/json")


async def _make(
    settings: Settings, project: ProjectId, source: BinaryIO, name: str, image_id: ImageId | None = None
) -> Stored:
    """The image, if there is room for it, rendered and published, not listed yet."""
    length = source.seek(0, os.SEEK_END)
    await threads.run(projects.require_room, settings, project, quotas.of_token(), length)
    return await once.store(settings, project, granted.get().subject or project, source, name, image_id)


async def _read(request: Request, settings: Settings, project: ProjectId) -> Upload:
    """The file and its name; FileTooLarge says where a file goes that is too large only for one request."""
    carried = settings.max_request_bytes or settings.max_upload_bytes
    try:
        return await read_upload(request, min(carried, settings.max_upload_bytes))
    except errors.FileTooLarge:
        if carried >= settings.max_upload_bytes:
            raise
        detail = f"One request carries a file of at most {carried} bytes here; a larger one goes in parts (tus 1.0.0)."
        raise errors.FileTooLarge(detail, limit=carried, uploads=uploads_url(project)) from None
