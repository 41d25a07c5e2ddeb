"""GET /projects/{project_id}/images: the images of a project, in upload order."""

from pydantic import BaseModel, Field

from core import errors, ids, projects
from core.access import deciding
from core.settings import current
from core.web.answers import JsonAnswer, Made
from core.web.app import make_app
from core.web.deployed import make_handler
from core.web.models import Image
from core.web.problems import responses
from core.web.shown import image_list
from core.web.values import FOLLOWING, AfterText, LimitText, ProjectIdField, ProjectIdText

app = make_app("List images", needs="list")
handler = make_handler(app)


class ImageList(BaseModel):
    """A project's images in upload order."""

    project_id: ProjectIdField
    primary_image_id: str | None
    cover_url: str | None
    total: int = Field(description="Images of the project, on this page or not.")
    images: list[Image]
    next: str | None = Field(description="The URL of the next page; null on the last one.")


_answers = {200: {"model": ImageList, "headers": FOLLOWING}, 304: {"description": "The client has this version."}}
_problems = responses(errors.InvalidProjectId, errors.InvalidImageId, errors.InvalidPage)


@app.read("/projects/{project_id}/images", responses=_answers | _problems)
def list_images(project_id: ProjectIdText, limit: LimitText = None, after: AfterText = None) -> JsonAnswer:
    """Every image with its sizes and URLs, or a page of them; a project without images is an empty list."""
    settings, project = current(), ids.project_id(project_id)
    page = projects.page(limit, after)
    until = deciding.signed_until(settings)  # signed URLs are renewed, and the list with them

    def named(version: str | None) -> str | None:
        return version if until is None or version is None else f"{version}-{until}"

    def make() -> Made:
        listed = projects.list_images(settings, project, page)
        # A project that nobody uploaded to has no version, and yet it can be asked whether it still has none.
        version = listed.version or (None if listed.total else "empty")
        return Made(named(version), *image_list(settings, project, page, listed))

    # A poll with the version's ETag is answered without parsing the index, unless the page may not exist.
    version = None if page.after else named(projects.list_version(settings, project))
    return JsonAnswer(settings, version, make)
