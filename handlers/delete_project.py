"""DELETE /projects/{project_id}: removes a project with all its images."""

from pydantic import BaseModel

from core import errors, ids, projects
from core.settings import current
from core.web import purging
from core.web.app import make_app
from core.web.changing import change
from core.web.deployed import make_handler
from core.web.problems import responses
from core.web.values import ProjectIdField, ProjectIdText

app = make_app("Delete a project", needs="delete")
handler = make_handler(app)


class ProjectDeleted(BaseModel):
    """A project that was deleted, and how many images it had listed."""

    project_id: ProjectIdField
    deleted_images: int


@app.delete(
    "/projects/{project_id}", responses=responses(errors.InvalidProjectId, errors.ImageNotFound, errors.ProjectLocked)
)
async def delete_project(project_id: ProjectIdText) -> ProjectDeleted:
    """Removes every image and unfinished upload of the project; they are gone for every reader at once."""
    settings, project = current(), ids.project_id(project_id)
    count = await change(projects.delete_project, settings, project)
    await purging.project(project)
    return ProjectDeleted(project_id=project, deleted_images=count)
