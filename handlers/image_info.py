"""GET /projects/{project_id}/images/{image_id}/info: what is known of one image."""

from core import errors, ids, projects
from core.settings import current
from core.web.answers import JsonAnswer, Made
from core.web.app import make_app
from core.web.deployed import make_handler
from core.web.models import Uploaded
from core.web.problems import responses
from core.web.shown import uploaded
from core.web.values import ImageIdText, ProjectIdText

app = make_app("Describe an image", needs="read")
handler = make_handler(app)

_answers = {200: {"model": Uploaded}, 304: {"description": "The client has this version."}}
_problems = responses(errors.InvalidProjectId, errors.InvalidImageId, errors.ImageNotFound)


@app.read("/projects/{project_id}/images/{image_id}/info", responses=_answers | _problems)
def get_image_info(project_id: ProjectIdText, image_id: ImageIdText) -> JsonAnswer:
    """The image as the list shows it."""
    settings, project, image = current(), ids.project_id(project_id), ids.image_id(image_id)

    def make() -> Made:
        version, primary, entry = projects.find(settings, project, image)
        return Made(version and f"{version}-{image}", uploaded(settings, project, primary, entry))

    return JsonAnswer(settings, None, make)
