"""Response bodies and parameters as the API documents them."""

from typing import Annotated, Any

import msgspec
from fastapi import Path, Query
from pydantic import BaseModel, Field, WithJsonSchema

from core import errors
from core.ids import PATTERN
from core.index.entries import Listed
from core.volume.layout import SIZES
from core.web import problems

_EXAMPLE_ID = "0mws4rjqzrs4sssj5zam"
_id_schema: dict[str, Any] = {"type": "string", "pattern": f"^{PATTERN}$"}

ProjectIdText = Annotated[
    str, WithJsonSchema(_id_schema), Path(description="Letters, digits, - and _; you choose it.", examples=["123"])
]
ImageIdText = Annotated[
    str, WithJsonSchema(_id_schema), Path(description="As an upload or the list gave it.", examples=[_EXAMPLE_ID])
]
SizeText = Annotated[
    str, WithJsonSchema({"type": "string", "enum": list(SIZES)}), Query(description="Which rendition.")
]
LimitText = Annotated[
    str | None, WithJsonSchema({"type": "integer", "minimum": 1}), Query(description="At most so many images.")
]
AfterText = Annotated[str | None, WithJsonSchema(_id_schema), Query(description="Only images that follow this one.")]


class Urls(BaseModel):
    """Where the renditions of an image are, relative to the service."""

    original: str
    medium: str
    thumb: str
    game: str


class Uploaded(BaseModel):
    """An image that is stored and listed."""

    image_id: str = Field(examples=[_EXAMPLE_ID])
    project_id: str = Field(examples=["123"])
    is_primary: bool
    urls: Urls


class Deleted(BaseModel):
    """An image that is gone, and the primary one that is left."""

    project_id: str = Field(examples=["123"])
    image_id: str = Field(examples=[_EXAMPLE_ID])
    primary_image_id: str | None


class PrimarySet(BaseModel):
    """The project's primary image."""

    project_id: str = Field(examples=["123"])
    primary_image_id: str = Field(examples=[_EXAMPLE_ID])


class Dimensions(BaseModel):
    """Pixels as displayed, and bytes."""

    width: int
    height: int
    bytes: int


class ListedImage(BaseModel):
    """One image of a list."""

    image_id: str = Field(examples=[_EXAMPLE_ID])
    is_primary: bool
    created_at: str = Field(examples=["2026-02-21T19:01:02.123Z"])
    sizes: dict[str, Dimensions]
    urls: Urls


class ImageList(BaseModel):
    """A project's images in upload order."""

    project_id: str = Field(examples=["123"])
    primary_image_id: str | None
    images: list[ListedImage]


def urls(project_id: str, image_id: str) -> dict[str, str]:
    """The relative URL of each rendition."""
    path = image_path(project_id, image_id)
    return {size: f"{path}?size={size}" for size in SIZES}


def image_path(project_id: str, image_id: str) -> str:
    """The relative URL of an image."""
    return f"/projects/{project_id}/images/{image_id}"


class _Listed(msgspec.Struct, gc=False):
    image_id: str
    is_primary: bool
    created_at: str
    sizes: Any
    urls: msgspec.Raw


def image_list(project_id: str, primary: str | None, entries: list[Listed]) -> bytes:
    """The body of a list, serialised straight from the index's entries; ImageList documents it."""
    # Ids have no character that JSON or a URL would escape, so the URLs of all images differ by the id alone.
    template = msgspec.json.encode(urls(project_id, "*")).decode()
    images = [
        _Listed(
            entry.id, entry.id == primary, entry.created_at, entry.sizes, msgspec.Raw(template.replace("*", entry.id))
        )
        for entry in entries
    ]
    return msgspec.json.encode({"project_id": project_id, "primary_image_id": primary, "images": images})


def jpeg_responses(*kinds: type[errors.ServiceError]) -> dict[int | str, dict[str, Any]]:
    """OpenAPI responses of an endpoint that answers a JPEG, whole, in part or unchanged."""
    body = {"image/jpeg": {"schema": {"type": "string", "format": "binary", "contentMediaType": "image/jpeg"}}}
    return {
        200: {"description": "The JPEG.", "content": body},
        206: {"description": "The range of it that was asked for.", "content": body},
        304: {"description": "The client has this version."},
        **problems.responses(*kinds, errors.RangeNotSatisfiable),
    }
