"""DELETE /projects/{project_id}/images/{image_id}: removes an image in all its sizes."""

from pydantic import BaseModel

from core import errors, ids, projects
from core.settings import current
from core.web import purging
from core.web.app import make_app
from core.web.changing import change
from core.web.deployed import make_handler
from core.web.paths import cover_url
from core.web.problems import responses
from core.web.values import ImageIdField, ImageIdText, ProjectIdField, ProjectIdText

app = make_app("Delete an image", needs="delete")
handler = make_handler(app)

_problems = responses(errors.InvalidProjectId, errors.InvalidImageId, errors.ImageNotFound, errors.ProjectLocked)


class Deleted(BaseModel):
    """An image that was deleted, and the remaining primary image."""

    project_id: ProjectIdField
    image_id: ImageIdField
    primary_image_id: str | None
    cover_url: str | None


@app.delete("/projects/{project_id}/images/{image_id}", responses=_problems)
async def delete_image(project_id: ProjectIdText, image_id: ImageIdText) -> Deleted:
    """Removes the image; when it was the primary one, the next in upload order becomes it."""
    settings, project, image = current(), ids.project_id(project_id), ids.image_id(image_id)
    primary = await change(projects.delete, settings, project, image)
    await purging.images(project, image)
    cover = cover_url(project, primary)
    return Deleted(project_id=project, image_id=image, primary_image_id=primary, cover_url=cover)
