"""GET /projects/{project_id}/images/{image_id}: one rendition of an image."""

from core import errors, ids, projects
from core.settings import current
from core.web.answers import IMMUTABLE, FileAnswer
from core.web.app import make_app
from core.web.deployed import make_handler
from core.web.models import ImageIdText, ProjectIdText, SizeText, jpeg_responses

app = make_app("Get an image", needs="read")
handler = make_handler(app)

_responses = jpeg_responses(
    errors.InvalidProjectId, errors.InvalidImageId, errors.InvalidSize, errors.ImageNotFound, errors.SizeNotMade
)


@app.read("/projects/{project_id}/images/{image_id}", responses=_responses)
def get_image(project_id: ProjectIdText, image_id: ImageIdText, size: SizeText = "original") -> FileAnswer:
    """The JPEG in the size asked for; a rendition never changes, so it may be cached for ever."""
    settings, image = current(), ids.image_id(image_id)
    file = projects.open_rendition(settings, ids.project_id(project_id), image, size)
    return FileAnswer(file, image, IMMUTABLE, settings.max_response_bytes, dated=True)
