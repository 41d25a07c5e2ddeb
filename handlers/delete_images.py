"""POST /projects/{project_id}/images/delete: removes some images by one call."""

from typing import Annotated, Literal

import msgspec
from pydantic import BaseModel

from core import errors, ids, projects
from core.projects.deleting import MOST
from core.settings import current
from core.web import Request, bodies, purging
from core.web.app import make_app
from core.web.changing import change
from core.web.deployed import make_handler
from core.web.paths import cover_url
from core.web.problems import responses
from core.web.values import ImageIdField, ProjectIdField, ProjectIdText

app = make_app("Delete images", needs="delete")
handler = make_handler(app)


class Chosen(msgspec.Struct, forbid_unknown_fields=True):
    """The images to delete."""

    image_ids: Annotated[list[str], msgspec.Meta(min_length=1, max_length=MOST)]


class Result(BaseModel):
    """The result for one image that was to be deleted."""

    image_id: ImageIdField
    status: Literal["deleted", "not-found"]


class ImagesDeleted(BaseModel):
    """The result for each image, and the remaining cover."""

    project_id: ProjectIdField
    results: list[Result]
    primary_image_id: str | None
    cover_url: str | None


@app.post(
    "/projects/{project_id}/images/delete",
    responses=responses(errors.InvalidProjectId, errors.InvalidImageId, errors.InvalidBody, errors.ProjectLocked),
    openapi_extra=bodies.documented(Chosen),
)
async def delete_images(request: Request, project_id: ProjectIdText) -> ImagesDeleted:
    """Removes up to 100 images by one change; says of each whether it was there."""
    settings, project = current(), ids.project_id(project_id)
    chosen = [ids.image_id(text) for text in (await bodies.read(request, Chosen)).image_ids]
    found, primary = await change(projects.delete_many, settings, project, chosen)
    await purging.images(project, *found)
    results = [Result(image_id=image, status="deleted" if image in found else "not-found") for image in chosen]
    cover = cover_url(project, primary)
    return ImagesDeleted(project_id=project, results=results, primary_image_id=primary, cover_url=cover)
