"""The parameters of requests, as the API documents them: texts, which the core checks."""

from typing import Annotated, Any

from fastapi import Path, Query
from pydantic import WithJsonSchema

from core import settings
from core.ids import PATTERN
from core.projects.listing import DEFAULT, MOST
from core.web.models import EXAMPLE_IMAGE, EXAMPLE_UPLOAD

_sizes = list(settings.current().sizes)
_id_schema: dict[str, Any] = {"type": "string", "pattern": f"^{PATTERN}$"}

ProjectIdText = Annotated[
    str, WithJsonSchema(_id_schema), Path(description="Letters, digits, - and _; you choose it.", examples=["123"])
]
ImageIdText = Annotated[
    str, WithJsonSchema(_id_schema), Path(description="As an upload or the list gave it.", examples=[EXAMPLE_IMAGE])
]
UploadIdText = Annotated[str, Path(description="As the Location of a new upload gave it.", examples=[EXAMPLE_UPLOAD])]
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
