"""JSON bodies of changes: read up to a limit, and accepted only in the expected shape."""

from typing import Any, TypeVar

import msgspec

from core.errors import InvalidBody
from core.web import Request

MOST = 1_000_000  # bytes; 10,000 image ids take a third of that
T = TypeVar("T")


async def read(request: Request, shape: type[T]) -> T:
    """Decodes the request's body as a `shape`; InvalidBody says what is wrong with it."""
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
    """The OpenAPI description of a body of this shape."""
    (schema,), components = msgspec.json.schema_components([shape])
    content = {"application/json": {"schema": components[schema["$ref"].rpartition("/")[2]]}}
    return {"requestBody": {"required": True, "content": content}}
