"""The values of requests and answers, as the API documents them; those of requests are texts, which the core checks."""

from typing import Annotated, Any

from fastapi import Path, Query
from pydantic import Field, WithJsonSchema

from core import settings
from core.ids import PATTERN
from core.projects.listing import DEFAULT, MOST

_EXAMPLE_IMAGE = "0mws4rjqzrs4sssj5zam"
_EXAMPLE_UPLOAD = "d41d8cd98f00b204e9800998ecf8427e"
_sizes = list(settings.current().sizes)
_id_schema: dict[str, Any] = {"type": "string", "pattern": f"^{PATTERN}$"}

ProjectIdText = Annotated[
    str, WithJsonSchema(_id_schema), Path(description="Letters, digits, - and _; you choose it.", examples=["123"])
]
ImageIdText = Annotated[
    str, WithJsonSchema(_id_schema), Path(description="As an upload or the list gave it.", examples=[_EXAMPLE_IMAGE])
]
UploadIdText = Annotated[str, Path(description="As the Location of a new upload gave it.", examples=[_EXAMPLE_UPLOAD])]
SizeText = Annotated[str, WithJsonSchema({"type": "string", "enum": _sizes}), Query(description="Which rendition.")]
DownloadText = Annotated[
    str | None, Query(description="Saves the picture rather than showing it, under this name where one is given.")
]
CoverSizeText = Annotated[
    str, WithJsonSchema({"type": "string", "enum": _sizes, "default": "thumb"}), Query(description="Which size.")
]
CoverVersionText = Annotated[str, Query(description="The primary image's id, as `cover_url` has it.")]
LimitText = Annotated[
    str | None, WithJsonSchema({"type": "integer", "minimum": 1}), Query(description="At most so many images.")
]
AfterText = Annotated[str | None, WithJsonSchema(_id_schema), Query(description="Only images that follow this one.")]
ProjectsLimitText = Annotated[
    str | None,
    WithJsonSchema({"type": "integer", "minimum": 1, "maximum": MOST, "default": DEFAULT}),
    Query(description="At most so many projects."),
]
ProjectsAfterText = Annotated[str | None, Query(description="Only projects whose ids sort behind this one.")]

ProjectIdField = Annotated[str, Field(examples=["123"])]
ImageIdField = Annotated[str, Field(examples=[_EXAMPLE_IMAGE])]
UploadIdField = Annotated[str, Field(examples=[_EXAMPLE_UPLOAD])]
Time = Annotated[
    str, WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-02-21T19:01:02.123Z"]})
]
FOLLOWING: dict[str, Any] = {"Link": {"description": "The next page: rel=next.", "schema": {"type": "string"}}}
