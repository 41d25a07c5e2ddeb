"""GET /projects/{project_id}/thumbnail: the cover of a project."""

from core import errors, ids, projects
from core.settings import current
from core.web.answers import REVALIDATE, FileAnswer
from core.web.app import make_app
from core.web.deployed import make_handler
from core.web.models import ProjectIdText, jpeg_responses

app = make_app("Get the cover", needs="read")
handler = make_handler(app)


@app.read("/projects/{project_id}/thumbnail", responses=jpeg_responses(errors.InvalidProjectId, errors.NoCover))
def get_thumbnail(project_id: ProjectIdText) -> FileAnswer:
    """The thumb of the primary image; it changes with the primary image, so a cache asks before it answers."""
    settings = current()
    image, file = projects.open_cover(settings, ids.project_id(project_id))
    return FileAnswer(file, image, REVALIDATE, settings.max_response_bytes)
