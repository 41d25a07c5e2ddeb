"""GET /projects: the projects that have images, a page at a time."""

from hashlib import blake2b

from core import errors, projects
from core.access.deciding import granted
from core.settings import current
from core.web import base
from core.web.answers import JsonAnswer, Made
from core.web.app import make_app
from core.web.deployed import make_handler
from core.web.models import FOLLOWING
from core.web.problems import responses
from core.web.project_models import ProjectList, ProjectsAfterText, ProjectsLimitText, project_list

app = make_app("List projects", needs="list")
handler = make_handler(app)

_answers = {200: {"model": ProjectList, "headers": FOLLOWING}, 304: {"description": "The client has this version."}}


@app.read("/projects", responses=_answers | responses(errors.InvalidProjectId, errors.InvalidPage))
def list_projects(limit: ProjectsLimitText = None, after: ProjectsAfterText = None) -> JsonAnswer:
    """Ids, covers, counts and times of change, in the order of ids; `next` is the URL of the page that follows."""
    settings, page = current(), projects.project_page(limit, after)
    pattern = granted.get().project

    def make() -> Made:
        found, last = projects.list_projects(settings, page, pattern)
        following = None if last is None else base.url(f"/projects?limit={page.limit}&after={last}")
        body = project_list(found, following)
        return Made(blake2b(body, digest_size=12).hexdigest(), body, following)

    return JsonAnswer(None, make, settings.max_response_bytes)
