"""GET /projects/{project_id}/thumbnail: the cover of a project."""

from core import errors, ids, projects
from core.settings import current
from core.web.answers import Answer, FileAnswer, FoundAnswer
from core.web.app import make_app
from core.web.bucket import copy_of
from core.web.deployed import make_handler
from core.web.problems import jpeg_responses
from core.web.values import CoverSizeText, CoverVersionText, ProjectIdText

app = make_app("Get the cover", needs="read")
handler = make_handler(app)


@app.read(
    "/projects/{project_id}/thumbnail",
    responses=jpeg_responses(errors.InvalidProjectId, errors.InvalidSize, errors.NoCover, errors.SizeNotMade),
)
def get_thumbnail(project_id: ProjectIdText, size: CoverSizeText = "thumb", v: CoverVersionText = "") -> Answer:
    """The primary image in a size. With `v`, the primary image's id, it may be cached for ever (see `cover_url`)."""
    settings, project = current(), ids.project_id(project_id)

    def answer(cover: tuple[str, projects.OpenFile]) -> FileAnswer:
        image, file = cover
        copy = copy_of(settings, project, ids.image_id(image), size)
        return FileAnswer(settings, file, image, lasts=v == image, copy=copy)

    if found := projects.glance_at_cover(settings, project, size):
        return answer(found)
    return FoundAnswer(lambda: answer(projects.open_cover(settings, project, size)))
