"""ASGI: its types, and what several apps do with its messages."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


def encoded_path(scope: Scope) -> str:
    """The path of a request as it was sent, still encoded, without the query."""
    raw: bytes = scope.get("raw_path", scope["path"].encode())
    return raw.decode("latin-1").partition("?")[0]


async def respond(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes = b"") -> None:
    """Sends a whole response."""
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
