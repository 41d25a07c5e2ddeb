"""POST /projects/{project_id}/images: stores an image in each size and lists it."""

from functools import partial
from typing import Any

from core import errors, ids, projects, workers
from core.access.deciding import granted
from core.ids import ProjectId
from core.settings import Settings, current
from core.web import Request, Response
from core.web.app import make_app
from core.web.changing import changing
from core.web.deployed import make_handler
from core.web.forms import FIELD, Upload, read_upload
from core.web.models import ProjectIdText, Uploaded, image_path, uploaded, uploads_path
from core.web.problems import responses

app = make_app("Upload an image", needs="upload", lifespan=workers.started)
handler = make_handler(app)

_form = {"type": "object", "required": [FIELD], "properties": {FIELD: {"type": "string", "format": "binary"}}}
_body = {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": _form}}}}
_answers: dict[int | str, dict[str, Any]] = {201: {"model": Uploaded}}
_problems = responses(
    *(errors.InvalidProjectId, errors.MalformedUpload, errors.NotMultipart, errors.MissingFile, errors.RepeatedFile),
    *(errors.EncodedUpload, errors.RequestTimeout),
    *(errors.EmptyFile, errors.NotAnImage, errors.CorruptImage, errors.TooComplex, errors.FileTooLarge),
    *(errors.TooManyPixels, errors.SideTooLong, errors.Busy, errors.DecoderLost, errors.ProjectLocked),
    errors.StorageFull,
)


@app.post("/projects/{project_id}/images", status_code=201, responses=_answers | _problems, openapi_extra=_body)
async def upload_image(request: Request, project_id: ProjectIdText) -> Response:
    """Stores the image in the form's field `file` as JPEG; the first image of a project becomes its primary one."""
    settings = current()
    project = ids.project_id(project_id)
    source, name = await _read(request, settings, project)
    with source:
        render = partial(projects.render, settings, source, name=name)
        publish, withdraw = partial(projects.publish, settings, project), partial(projects.withdraw, settings)
        stored = await workers.shared().run(granted.get().subject or project, render, publish, withdraw)
    entry, primary = await changing(settings, project).commit(stored)
    body = uploaded(settings.sizes, project, primary, entry)
    return Response(body, 201, {"Location": image_path(project, entry.id)}, "application/json")


async def _read(request: Request, settings: Settings, project: ProjectId) -> Upload:
    """The file and its name; FileTooLarge says where a file goes that is too large only for one request."""
    carried = settings.max_request_bytes or settings.max_upload_bytes
    try:
        return await read_upload(request, min(carried, settings.max_upload_bytes))
    except errors.FileTooLarge:
        if carried >= settings.max_upload_bytes:
            raise
        detail = f"One request carries a file of at most {carried} bytes here; a larger one goes in parts (tus 1.0.0)."
        raise errors.FileTooLarge(detail, limit=carried, uploads=uploads_path(project)) from None
