"""PUT /projects/{project_id}/order: puts images into an order of one's own."""

from typing import Annotated

import msgspec
from pydantic import BaseModel

from core import errors, ids, projects
from core.settings import current
from core.web import Request, bodies
from core.web.app import make_app
from core.web.changing import change
from core.web.conditions import named_versions
from core.web.deployed import make_handler
from core.web.problems import responses
from core.web.values import ProjectIdField, ProjectIdText

app = make_app("Set the order", needs="primary")
handler = make_handler(app)

_problems = responses(
    *(errors.InvalidProjectId, errors.InvalidImageId, errors.InvalidBody, errors.InvalidOrder),
    *(errors.ImageNotFound, errors.PreconditionFailed, errors.ProjectLocked),
)


class Order(msgspec.Struct, forbid_unknown_fields=True):
    """Images in their new order, and the image that they follow; null puts them first."""

    image_ids: Annotated[list[str], msgspec.Meta(min_length=1, max_length=10_000)]
    after: str | None = None


class Ordered(BaseModel):
    """A project whose images have a new order, and how many it has."""

    project_id: ProjectIdField
    total: int


@app.put("/projects/{project_id}/order", responses=_problems, openapi_extra=bodies.documented(Order))
async def set_order(request: Request, project_id: ProjectIdText) -> Ordered:
    """Puts the named images, in this order, behind `after` or first; the others keep theirs. One change."""
    settings, project = current(), ids.project_id(project_id)
    order = await bodies.read(request, Order)
    images = [ids.image_id(text) for text in order.image_ids]
    after = None if order.after is None else ids.image_id(order.after)
    versions = named_versions(request.headers.get("if-match"))
    total = await change(projects.reorder, settings, project, images, after, versions)
    return Ordered(project_id=project, total=total)
