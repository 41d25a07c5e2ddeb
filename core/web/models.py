"""The response bodies and parameters that the API documents."""

from collections.abc import Callable, Iterable
from typing import Annotated, Any

import msgspec
from fastapi import Path, Query
from pydantic import BaseModel, Field, WithJsonSchema

from core import errors, settings
from core.access import deciding
from core.ids import PATTERN
from core.index.entries import MAX_NAME, Entry, Rendition
from core.projects import Listed, Page
from core.settings import Settings
from core.sizes import STANDARD, Sizes
from core.web import base, problems

_sizes = settings.current().sizes
_EXAMPLE_ID = "0mws4rjqzrs4sssj5zam"
_EXAMPLE_UPLOAD = "d41d8cd98f00b204e9800998ecf8427e"
_id_schema: dict[str, Any] = {"type": "string", "pattern": f"^{PATTERN}$"}

ProjectIdText = Annotated[
    str, WithJsonSchema(_id_schema), Path(description="Letters, digits, - and _; you choose it.", examples=["123"])
]
ImageIdText = Annotated[
    str, WithJsonSchema(_id_schema), Path(description="As an upload or the list gave it.", examples=[_EXAMPLE_ID])
]
UploadIdText = Annotated[str, Path(description="As the Location of a new upload gave it.", examples=[_EXAMPLE_UPLOAD])]
SizeText = Annotated[
    str, WithJsonSchema({"type": "string", "enum": list(_sizes)}), Query(description="Which rendition.")
]
DownloadText = Annotated[
    str | None, Query(description="Saves the picture rather than showing it, under this name where one is given.")
]
CoverSizeText = Annotated[
    str, WithJsonSchema({"type": "string", "enum": list(_sizes), "default": "thumb"}), Query(description="Which size.")
]
CoverVersionText = Annotated[str, Query(description="The primary image's id, as `cover_url` has it.")]
LimitText = Annotated[
    str | None, WithJsonSchema({"type": "integer", "minimum": 1}), Query(description="At most so many images.")
]
AfterText = Annotated[str | None, WithJsonSchema(_id_schema), Query(description="Only images that follow this one.")]
Time = Annotated[
    str, WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-02-21T19:01:02.123Z"]})
]

FOLLOWING: dict[str, Any] = {"Link": {"description": "The next page: rel=next.", "schema": {"type": "string"}}}


def _each_size(value: dict[str, Any]) -> WithJsonSchema:
    """The schema of an object with a `value` per size; those of the standard sizes are always there."""
    properties = dict.fromkeys(_sizes, value)
    return WithJsonSchema({"type": "object", "properties": properties, "required": list(STANDARD)})


_numbers = {name: {"type": "integer"} for name in Rendition.__struct_fields__}
_rendition = {"type": "object", "properties": _numbers, "required": list(_numbers)}


class Image(BaseModel):
    """An image: pixels as displayed and bytes of each of its sizes, and their URLs, relative to the service."""

    image_id: str = Field(examples=[_EXAMPLE_ID])
    is_primary: bool
    created_at: Time
    sizes: Annotated[dict[str, Any], _each_size(_rendition)]
    urls: Annotated[dict[str, str], _each_size({"type": "string"})]
    # Unknown values are absent.
    name: str = Field(default_factory=str, max_length=MAX_NAME, description="Of the uploaded file, if it had one.")
    sha256: str = Field(default_factory=str, pattern="^[0-9a-f]{64}$", description="Of the file as it was uploaded.")
    taken_at: str = Field(
        default_factory=str,
        description="By the camera's clock, with its zone where the file tells it.",
        examples=["2026-02-21T19:01:02+01:00"],
    )
    placeholder: str = Field(
        default_factory=str,
        description="A ThumbHash in base64: what to show while the picture loads.",
        examples=["1QcSHQRnh493V4dIh4eXh1h4kJUI"],
    )


class Uploaded(Image):
    """An image that is stored and listed, and its project's cover."""

    project_id: str = Field(examples=["123"])
    cover_url: str | None


class Deleted(BaseModel):
    """An image that was deleted, and the remaining primary image."""

    project_id: str = Field(examples=["123"])
    image_id: str = Field(examples=[_EXAMPLE_ID])
    primary_image_id: str | None
    cover_url: str | None


class PrimarySet(BaseModel):
    """The project's primary image."""

    project_id: str = Field(examples=["123"])
    primary_image_id: str = Field(examples=[_EXAMPLE_ID])
    cover_url: str


class UploadState(BaseModel):
    """A resumable upload: bytes stored, bytes in total, and its image once that exists."""

    upload_id: str = Field(examples=[_EXAMPLE_UPLOAD])
    project_id: str = Field(examples=["123"])
    offset: int
    length: int
    expires_at: Time
    image_id: str | None


class ImageList(BaseModel):
    """A project's images in upload order."""

    project_id: str = Field(examples=["123"])
    primary_image_id: str | None
    cover_url: str | None
    total: int = Field(description="Images of the project, on this page or not.")
    images: list[Image]
    next: str | None = Field(description="The URL of the next page; null on the last one.")


def uploads_path(project_id: str) -> str:
    """The URL, without a host, at which resumable uploads are created."""
    return base.url(f"/projects/{project_id}/uploads")


def image_path(project_id: str, image_id: str) -> str:
    """The URL of an image, without a host."""
    return base.url(_image(project_id, image_id))


def _image(project_id: str, image_id: str) -> str:
    """An image's path within the service; signatures cover only this, so they hold under any base path."""
    return f"/projects/{project_id}/images/{image_id}"


def cover_path(project_id: str, primary: str | None) -> str | None:
    """The URL, without a host, of a project's cover; it differs for each primary image; None without one."""
    if primary is None:
        return None
    path, sign = f"/projects/{project_id}/thumbnail", deciding.signer(settings.current())
    return f"{base.url(path)}?v={primary}" + (f"&{sign(path, '')}" if sign else "")


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


def image_list(
    sizes: Sizes, project_id: str, primary: str | None, total: int, entries: list[Entry], following: str | None
) -> bytes:
    """The body of a list, as ImageList documents it; `following` is the URL of the next page."""
    return msgspec.json.encode(
        {
            "project_id": project_id,
            "primary_image_id": primary,
            "cover_url": cover_path(project_id, primary),
            "total": total,
            "images": _shown(sizes, project_id, primary, entries),
            "next": following,
        }
    )


def fitting(settings: Settings, project_id: str, page: Page, listed: Listed) -> tuple[bytes, str | None]:
    """The body of a list, or of the part that fits one answer, and the URL of the rest."""
    count, most = len(listed.images), settings.max_response_bytes
    while True:
        following = None
        if count < len(listed.images) or listed.has_more:
            limit = "" if page.limit is None else f"limit={page.limit}&"
            path = f"/projects/{project_id}/images?{limit}after={listed.images[count - 1].id}"
            following = base.url(path)
        images = listed.images[:count]
        body = image_list(settings.sizes, project_id, listed.primary, listed.total, images, following)
        if not most or count <= 1:
            return body, following
        # A deployed function's answer is text inside JSON, so each quote takes another byte for its escape.
        needed = len(body) + body.count(b'"')
        if needed <= most:
            return body, following
        count = max(1, min(count - 1, count * most // needed))


def uploaded(sizes: Sizes, project_id: str, primary: str | None, entry: Entry) -> bytes:
    """The body of an upload's answer, as Uploaded documents it."""
    (image,) = _shown(sizes, project_id, primary, [entry])
    image.project_id, image.cover_url = project_id, cover_path(project_id, primary)
    return msgspec.json.encode(image)


def _shown(sizes: Sizes, project_id: str, primary: str | None, entries: list[Entry]) -> list[_Shown]:
    """What the API shows of each entry: of the configured sizes, those that the image has."""
    usual, every = [*sizes], _urls(project_id, sizes)
    # By position and in one expression: a list of thousands of images spends most of its time here.
    images = [
        _Shown(
            entry.id,
            entry.id == primary,
            entry.created_at,
            entry.sizes or {},
            msgspec.Raw(every.replace("*", entry.id)),
            entry.name,
            entry.sha256,
            entry.taken_at,
            entry.placeholder,
        )
        for entry in entries
    ]
    sign = deciding.signer(settings.current())
    for image in images:
        if sign:
            image.urls = msgspec.Raw(_signed_urls(project_id, image.image_id, sizes, sign))
        if [*image.sizes] != usual:
            image.sizes = {name: image.sizes[name] for name in sizes if name in image.sizes}
            names = [name for name in sizes if name in image.sizes or name in STANDARD]
            if sign:
                image.urls = msgspec.Raw(_signed_urls(project_id, image.image_id, names, sign))
            else:
                image.urls = msgspec.Raw(_urls(project_id, names).replace("*", image.image_id))
    return images


def _urls(project_id: str, names: Iterable[str]) -> str:
    """The JSON of an image's URLs, with * for the id, since ids need no escapes in JSON or URLs."""
    path = image_path(project_id, "*")
    return msgspec.json.encode({name: f"{path}?size={name}" for name in names}).decode()


def _signed_urls(project_id: str, image_id: str, names: Iterable[str], sign: Callable[[str, str], str]) -> bytes:
    path, shown = _image(project_id, image_id), image_path(project_id, image_id)
    return msgspec.json.encode({name: f"{shown}?size={name}&{sign(path, name)}" for name in names})


def jpeg_responses(*kinds: type[errors.ServiceError]) -> dict[int | str, dict[str, Any]]:
    """The OpenAPI responses of an endpoint that returns a JPEG: whole, in part or not modified."""
    body = {"image/jpeg": {"schema": {"type": "string", "format": "binary", "contentMediaType": "image/jpeg"}}}
    return {
        200: {"description": "The JPEG.", "content": body},
        206: {"description": "The range that was asked for, or as much of it as one answer carries.", "content": body},
        304: {"description": "The client has this version."},
        307: {"description": "It is too large for one answer: the Location has it for some minutes, without a token."},
        **problems.responses(*kinds, errors.RangeNotSatisfiable, errors.ResponseTooLarge),
    }
