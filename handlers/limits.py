"""GET /limits: what an upload may be, so that a client can say so before it sends one."""

from pydantic import BaseModel

from core.settings import current
from core.web import Response
from core.web.app import make_app
from core.web.deployed import make_handler
from core.web.problems import responses

app = make_app("Limits", needs=None)
handler = make_handler(app)

CHUNK = 4 << 20  # bytes; fits through the gateway, which carries 4.7 MB
FORMATS = ["image/jpeg", "image/png", "image/webp", "image/gif", "image/avif", "image/heic", "image/tiff", "image/bmp"]


class Box(BaseModel):
    """The pixels that a size fits into, or fills where it is cropped."""

    width: int
    height: int
    crop: bool


class Limits(BaseModel):
    """Bytes and pixels. Above `max_request_bytes` a file goes in parts of `chunk_bytes` (tus 1.0.0)."""

    max_upload_bytes: int
    max_request_bytes: int
    max_response_bytes: int | None
    chunk_bytes: int
    formats: list[str]
    sizes: dict[str, Box]


@app.head("/limits", include_in_schema=False)
@app.get("/limits", responses=responses())
async def get_limits(response: Response) -> Limits:
    """What is taken, and in which sizes it is stored."""
    settings = current()
    response.headers["Cache-Control"] = "public, max-age=300"
    sizes = {name: Box(width=size.width, height=size.height, crop=size.crop) for name, size in settings.sizes.items()}
    return Limits(
        max_upload_bytes=settings.max_upload_bytes,
        max_request_bytes=min(settings.max_request_bytes or settings.max_upload_bytes, settings.max_upload_bytes),
        max_response_bytes=settings.max_response_bytes or None,
        chunk_bytes=CHUNK,
        formats=FORMATS,
        sizes=sizes,
    )
