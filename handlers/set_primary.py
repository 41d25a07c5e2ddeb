"""PUT /projects/{project_id}/primary/{image_id}: makes an image the cover of its project."""

from pydantic import BaseModel

from core import errors, ids, projects
from core.settings import current
from core.web.app import make_app
from core.web.changing import change
from core.web.deployed import make_handler
from core.web.paths import cover_url
from core.web.problems import responses
from core.web.values import ImageIdField, ImageIdText, ProjectIdField, ProjectIdText

app = make_app("Set the primary image", needs="primary")
handler = make_handler(app)

_problems = responses(errors.InvalidProjectId, errors.InvalidImageId, errors.ImageNotFound, errors.ProjectLocked)


class PrimarySet(BaseModel):
    """The project's primary image."""

    project_id: ProjectIdField
    primary_image_id: ImageIdField
    cover_url: str


@app.put("/projects/{project_id}/primary/{image_id}", responses=_problems)
async def set_primary(project_id: ProjectIdText, image_id: ImageIdText) -> PrimarySet:
    """Makes the image the project's primary one, whose thumb is the cover."""
    settings, project, image = current(), ids.project_id(project_id), ids.image_id(image_id)
    await change(projects.set_primary, settings, project, image)
    cover = cover_url(project, image) or ""
    return PrimarySet(project_id=project, primary_image_id=image, cover_url=cover)
