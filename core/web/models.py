"""The bodies of answers that several functions document; shown.py makes their bytes."""

from typing import Annotated, Any

from pydantic import BaseModel, Field, WithJsonSchema

from core import settings
from core.index.entries import MAX_NAME, Rendition
from core.sizes import STANDARD
from core.web.values import ImageIdField, ProjectIdField, Time


def _each_size(value: dict[str, Any]) -> WithJsonSchema:
    """The schema of an object with a `value` per size; those of the standard sizes are always there."""
    properties = dict.fromkeys(settings.current().sizes, value)
    return WithJsonSchema({"type": "object", "properties": properties, "required": list(STANDARD)})


_numbers = {name: {"type": "integer"} for name in Rendition.__struct_fields__}
_rendition = {"type": "object", "properties": _numbers, "required": list(_numbers)}


class Image(BaseModel):
    """An image: pixels as displayed and bytes of each of its sizes, and their URLs, relative to the service."""

    image_id: ImageIdField
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

    project_id: ProjectIdField
    cover_url: str | None
