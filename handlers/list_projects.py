"""GET /projects: the projects that have images, a page at a time."""

from hashlib import blake2b

import msgspec
from pydantic import BaseModel

from core import errors, projects
from core.access.deciding import granted
from core.settings import current
from core.web import base
from core.web.answers import JsonAnswer, Made
from core.web.app import make_app
from core.web.deployed import make_handler
from core.web.paths import cover_url
from core.web.problems import responses
from core.web.values import FOLLOWING, ProjectIdField, ProjectsAfterText, ProjectsLimitText, Time

app = make_app("List projects", needs="list")
handler = make_handler(app)


class ListedProject(BaseModel):
    """A project with images; `updated_at` is the time of its last change."""

    project_id: ProjectIdField
    cover_url: str | None
    image_count: int
    updated_at: Time


class ProjectList(BaseModel):
    """Projects in the order of their ids; `next` is the URL of the next page, null on the last one."""

    projects: list[ListedProject]
    next: str | None


_answers = {200: {"model": ProjectList, "headers": FOLLOWING}, 304: {"description": "The client has this version."}}


@app.read("/projects", responses=_answers | responses(errors.InvalidProjectId, errors.InvalidPage))
def list_projects(limit: ProjectsLimitText = None, after: ProjectsAfterText = None) -> JsonAnswer:
    """Ids, covers, counts and times of change, in the order of ids; `next` is the URL of the page that follows."""
    settings, page = current(), projects.project_page(limit, after)
    pattern = granted.get().project

    def make() -> Made:
        found, last = projects.list_projects(settings, page, pattern)
        following = None if last is None else base.url(f"/projects?limit={page.limit}&after={last}")
        body = _body(found, following)
        return Made(blake2b(body, digest_size=12).hexdigest(), body, following)

    return JsonAnswer(settings, None, make)


def _body(found: list[projects.Project], following: str | None) -> bytes:
    """The body of a list of projects, as ProjectList documents it."""
    shown = [
        {
            "project_id": project.project_id,
            "cover_url": cover_url(project.project_id, project.primary_image_id),
            "image_count": project.image_count,
            "updated_at": project.changed_at,
        }
        for project in found
    ]
    return msgspec.json.encode({"projects": shown, "next": following})
