"""An ASGI app that answers everything with one file from memory: what the server alone costs.

`CONSTANT_FILE=... uvicorn bench.peers.constant:app`. No service under this server can cost less.
"""

import os
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

Message = MutableMapping[str, Any]
_BODY = Path(os.environ["CONSTANT_FILE"]).read_bytes()
_HEADERS = [(b"content-type", b"image/jpeg"), (b"content-length", b"%d" % len(_BODY)), (b"etag", b'"constant"')]


async def app(
    scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
) -> None:
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        await send({"type": "http.response.body", "body": _BODY})
