"""Bodies of requests: how long they say they are; the JSON of changes, which is read up to a limit, and accepted only
in the expected shape."""

from typing import Any, TypeVar

import msgspec

from core.errors import FileTooLarge, InvalidBody
from core.index.entries import UNREADABLE
from core.web import Request

MOST = 1_000_000  # bytes; 10,000 image ids take a third of that
T = TypeVar("T")


def declared(request: Request) -> int:
    """The declared length of the body in bytes; 0 when it is not declared."""
    text = request.headers.get("content-length", "")
    return int(text[:20]) if text.isdecimal() else 0


def too_large(limit: int) -> FileTooLarge:
    """The error for a file of more than `limit` bytes."""
    return FileTooLarge(f"The file is larger than {limit} bytes, the most that is accepted.", limit=limit)


async def read(request: Request, shape: type[T]) -> T:
    """Decodes the request's body as a `shape`; InvalidBody says what is wrong with it."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MOST:
            raise InvalidBody(f"The body has more than {MOST} bytes.", limit=MOST)
    try:
        return msgspec.json.decode(body, type=shape)
    except UNREADABLE as error:
        raise InvalidBody(f"The body is not the JSON that is asked for: {error}.") from None


def documented(shape: type[Any]) -> dict[str, Any]:
    """The OpenAPI description of a body of this shape."""
    (schema,), components = msgspec.json.schema_components([shape])
    content = {"application/json": {"schema": components[schema["$ref"].rpartition("/")[2]]}}
    return {"requestBody": {"required": True, "content": content}}
