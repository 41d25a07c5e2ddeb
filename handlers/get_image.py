"""GET /projects/{project_id}/images/{image_id}: one rendition of an image."""

from core import errors, ids, projects
from core.settings import current
from core.web.answers import FileAnswer
from core.web.app import make_app
from core.web.bucket import copy_of
from core.web.deployed import make_handler
from core.web.problems import jpeg_responses
from core.web.values import DownloadText, ImageIdText, ProjectIdText, SizeText

app = make_app("Get an image", needs="read")
handler = make_handler(app)

_responses = jpeg_responses(
    errors.InvalidProjectId, errors.InvalidImageId, errors.InvalidSize, errors.ImageNotFound, errors.SizeNotMade
)


@app.read("/projects/{project_id}/images/{image_id}", responses=_responses)
def get_image(
    project_id: ProjectIdText, image_id: ImageIdText, size: SizeText = "original", download: DownloadText = None
) -> FileAnswer:
    """The JPEG in the size asked for; it never changes, so caches keep it as long as the service allows."""
    settings, project, image = current(), ids.project_id(project_id), ids.image_id(image_id)
    file, copy = projects.open_rendition(settings, project, image, size), copy_of(settings, project, image, size)
    return FileAnswer(settings, file, image, lasts=True, download=download, copy=copy)
