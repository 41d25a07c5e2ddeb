"""JSON bodies of changes: read to a bound, and taken only when they have the shape that is asked for."""

from typing import Any, TypeVar

import msgspec

from core.errors import InvalidBody
from core.web import Request

MOST = 1_000_000  # bytes; 10,000 image ids are a third of it
T = TypeVar("T")


async def read(request: Request, shape: type[T]) -> T:
    """The request's body as a `shape`; InvalidBody says what is wrong with it."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MOST:
            raise InvalidBody(f"The body has more than {MOST} bytes.", limit=MOST)
    try:
        return msgspec.json.decode(body, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidBody(f"The body is not the JSON that is asked for: {error}.") from None


def documented(shape: type[Any]) -> dict[str, Any]:
    """The OpenAPI of a body of this shape."""
    (schema,), components = msgspec.json.schema_components([shape])
    content = {"application/json": {"schema": components[schema["$ref"].rpartition("/")[2]]}}
    return {"requestBody": {"required": True, "content": content}}
