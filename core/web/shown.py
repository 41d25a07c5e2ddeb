"""What answers show of images: the bytes of the bodies that core/web/models.py documents."""

from collections.abc import Callable, Iterable

import msgspec

from core.access import deciding
from core.index.entries import Entry, Rendition
from core.projects import Listed, Page
from core.settings import Settings
from core.sizes import STANDARD
from core.web import base
from core.web.paths import cover_url, image_path, image_url


class _Shown(msgspec.Struct, gc=False):
    """What Image documents, serialized directly from an index's entry."""

    image_id: str
    is_primary: bool
    created_at: str
    sizes: dict[str, Rendition]
    urls: msgspec.Raw
    name: str | msgspec.UnsetType
    sha256: str | msgspec.UnsetType
    taken_at: str | msgspec.UnsetType
    placeholder: str | msgspec.UnsetType
    project_id: str | msgspec.UnsetType = msgspec.UNSET
    cover_url: str | msgspec.UnsetType | None = msgspec.UNSET


def image_list(settings: Settings, project_id: str, page: Page, listed: Listed) -> tuple[bytes, str | None]:
    """The body of a list, or of the part that fits one answer, and the URL of the rest."""
    count, most = len(listed.images), settings.max_response_bytes
    while True:
        following = None
        if count < len(listed.images) or listed.has_more:
            limit = "" if page.limit is None else f"limit={page.limit}&"
            following = base.url(f"/projects/{project_id}/images?{limit}after={listed.images[count - 1].id}")
        body = msgspec.json.encode(
            {
                "project_id": project_id,
                "primary_image_id": listed.primary,
                "cover_url": cover_url(project_id, listed.primary),
                "total": listed.total,
                "images": _shown(settings, project_id, listed.primary, listed.images[:count]),
                "next": following,
            }
        )
        if not most or count <= 1:
            return body, following
        # A deployed function's answer is text inside JSON, so each quote takes another byte for its escape.
        needed = len(body) + body.count(b'"')
        if needed <= most:
            return body, following
        count = max(1, min(count - 1, count * most // needed))


def uploaded(settings: Settings, project_id: str, primary: str | None, entry: Entry) -> bytes:
    """The body of an upload's answer, as Uploaded documents it."""
    (image,) = _shown(settings, project_id, primary, [entry])
    image.project_id, image.cover_url = project_id, cover_url(project_id, primary)
    return msgspec.json.encode(image)


def _shown(settings: Settings, project_id: str, primary: str | None, entries: list[Entry]) -> list[_Shown]:
    """What the API shows of each entry: of the configured sizes, those that the image has."""
    sizes, sign = settings.sizes, deciding.signer(settings)
    usual, around = [*sizes], _urls(project_id, sizes).split("*")
    # By position and in one expression: a list of thousands of images spends most of its time here.
    images = [
        _Shown(
            entry.id,
            entry.id == primary,
            entry.created_at,
            entry.sizes or {},
            msgspec.Raw(entry.id.join(around)),
            entry.name,
            entry.sha256,
            entry.taken_at,
            entry.placeholder,
        )
        for entry in entries
    ]
    for image in images:
        names = usual
        if [*image.sizes] != usual:
            image.sizes = {name: image.sizes[name] for name in sizes if name in image.sizes}
            names = [name for name in sizes if name in image.sizes or name in STANDARD]
            image.urls = msgspec.Raw(_urls(project_id, names).replace("*", image.image_id))
        if sign:
            image.urls = msgspec.Raw(_signed_urls(project_id, image.image_id, names, sign))
    return images


def _urls(project_id: str, names: Iterable[str]) -> str:
    """The JSON of an image's URLs, with * for the id, since ids need no escapes in JSON or URLs."""
    url = image_url(project_id, "*")
    return msgspec.json.encode({name: f"{url}?size={name}" for name in names}).decode()


def _signed_urls(project_id: str, image_id: str, names: Iterable[str], sign: Callable[[str, str], str]) -> bytes:
    path, url = image_path(project_id, image_id), image_url(project_id, image_id)
    return msgspec.json.encode({name: f"{url}?size={name}&{sign(path, name)}" for name in names})
