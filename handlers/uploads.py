"""Resumable uploads (tus 1.0.0): create one, add to it, ask for it, end it. The last byte makes the image."""

import re
from contextlib import suppress

from pydantic import BaseModel

from core import errors, ids, projects, uploads
from core.settings import current
from core.uploads import Upload
from core.web import Request, Response, changing, quotas, threads, tus
from core.web.app import make_app
from core.web.deployed import make_handler
from core.web.guard import has_body
from core.web.problems import responses
from core.web.receiving import receive
from core.web.values import ProjectIdField, ProjectIdText, Time, UploadIdField, UploadIdText

_goes_on = re.compile(r"/projects/[^/]+/uploads/[^/]+").fullmatch


def _needs(method: str, path: str) -> str | None:
    """The scope that a request needs.

    Creating an upload takes a token. Then whoever knows the upload's URL may go on, since an upload outlives tokens.
    Any other path needs a token too, however it is spelled, except for OPTIONS, which tells about the protocol alone.
    """
    return None if method == "OPTIONS" or _goes_on(path) else "upload"


app = make_app("Upload in parts", needs=_needs, headers={"Tus-Resumable": tus.VERSION})
handler = make_handler(app)

_UPLOADS, _UPLOAD = "/projects/{project_id}/uploads", "/projects/{project_id}/uploads/{upload_id}"
_refused = (errors.NotAnImage, errors.CorruptImage, errors.ImageTooComplex, errors.TooManyPixels, errors.SideTooLong)
_append = (
    *(errors.NotAChunk, errors.OffsetConflict, errors.UploadLocked, errors.UploadComplete, errors.TooManyBytes),
    *(errors.ChecksumMismatch, errors.InvalidRequest, errors.RequestTimeout, errors.Busy, errors.DecoderLost),
    *(errors.ProjectLocked, errors.StorageFull, errors.QuotaExceeded, *_refused),
)
_known = responses(errors.InvalidProjectId, errors.UploadNotFound, errors.UnsupportedVersion)


class UploadState(BaseModel):
    """A resumable upload: bytes stored, bytes in total, and its image once that exists."""

    upload_id: UploadIdField
    project_id: ProjectIdField
    offset: int
    length: int
    expires_at: Time
    image_id: str | None


@app.post(
    _UPLOADS,
    status_code=201,
    response_class=Response,
    responses=responses(
        *(errors.InvalidProjectId, errors.UnsupportedVersion, errors.EmptyFile, errors.FileTooLarge), *_append
    ),
    openapi_extra=tus.CREATION,
)
async def create_upload(request: Request, project_id: ProjectIdText) -> Response:
    """Begins an upload of Upload-Length bytes; the first of them may come with it. Location is where it goes on."""
    tus.require_version(request)
    settings, project = current(), ids.project_id(project_id)
    length, metadata = tus.length(request, settings), tus.metadata(request)
    if has_body(request.headers.raw):
        tus.require_chunk(request)
    upload = await changing.begin(settings, project, length, metadata, quotas.of_token())
    try:
        upload = await receive(request, settings, upload)
    except Exception:  # the client does not learn where it would go on
        with suppress(errors.UploadNotFound):
            await _give_up(upload)
        raise
    return Response(status_code=201, headers=tus.progress(settings, upload) | {"Location": tus.upload_url(upload)})


@app.patch(_UPLOAD, status_code=204, responses=_known | responses(*_append), openapi_extra=tus.APPENDING)
async def append_to_upload(request: Request, project_id: ProjectIdText, upload_id: UploadIdText) -> Response:
    """Adds the body at Upload-Offset. With the last byte the image is made: Content-Location and Upload-Image-Id."""
    tus.require_version(request)
    settings, upload = current(), await _find(project_id, upload_id)
    uploads.check_offset(upload, tus.offset(request))
    upload = await receive(request, settings, upload)
    return Response(status_code=204, headers=tus.progress(settings, upload))


@app.head(_UPLOAD, response_class=Response, responses=_known, openapi_extra=tus.ANY_REQUEST)
async def head_upload(request: Request, project_id: ProjectIdText, upload_id: UploadIdText) -> Response:
    """How many bytes are stored, in Upload-Offset."""
    tus.require_version(request)
    upload = await _find(project_id, upload_id)
    headers = tus.progress(current(), upload) | {"Upload-Length": str(upload.length)}
    if metadata := await threads.run(uploads.metadata, upload):
        headers["Upload-Metadata"] = metadata
    return Response(headers=headers)


@app.get(_UPLOAD, responses=responses(errors.InvalidProjectId, errors.UploadNotFound))
async def get_upload(response: Response, project_id: ProjectIdText, upload_id: UploadIdText) -> UploadState:
    """The same as JSON, and which image the upload became."""
    upload = await _find(project_id, upload_id)
    response.headers.update(tus.progress(current(), upload))
    return UploadState(
        upload_id=upload.id,
        project_id=upload.project_id,
        offset=upload.offset,
        length=upload.length,
        expires_at=ids.timestamp(int(upload.expires(current()) * 1000)),
        image_id=upload.image_id if upload.is_complete else None,
    )


@app.delete(_UPLOAD, status_code=204, responses=_known | responses(errors.UploadLocked), openapi_extra=tus.ANY_REQUEST)
async def end_upload(request: Request, project_id: ProjectIdText, upload_id: UploadIdText) -> Response:
    """Ends an upload and forgets its bytes; an image that it became stays."""
    tus.require_version(request)
    await _give_up(await _find(project_id, upload_id))
    return Response(status_code=204)


@app.post(_UPLOAD, include_in_schema=False)
async def override_method(request: Request, project_id: ProjectIdText, upload_id: UploadIdText) -> Response:
    """For clients that can't send PATCH or DELETE: X-HTTP-Method-Override names it."""
    methods = {"PATCH": append_to_upload, "DELETE": end_upload, "HEAD": head_upload}
    method = methods.get(request.headers.get("x-http-method-override", "").upper())
    if method is None:
        raise errors.NotFound("No route has this method and path.")
    return await method(request, project_id, upload_id)


@app.options(_UPLOADS, status_code=204, include_in_schema=False)
@app.options(_UPLOAD, status_code=204, include_in_schema=False)
async def describe_uploads() -> Response:
    """The version of the protocol, its extensions, and the largest file that is taken."""
    return Response(status_code=204, headers=tus.capabilities(current()))


async def _give_up(upload: Upload) -> None:
    await threads.run(projects.give_up, current(), upload, await uploads.turn(current(), upload))


async def _find(project_id: str, upload_id: str) -> Upload:
    return await threads.run(uploads.find, current(), ids.project_id(project_id), ids.upload_id(upload_id))
