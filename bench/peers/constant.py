"""ASGI apps that answer everything with one file: what the server alone costs.

`CONSTANT_FILE=... uvicorn bench.peers.constant:app` sends its bytes from memory, `:from_page_cache` as the service
does, by zero-copy send. No service under this server can cost less than the cheaper of them.
"""

import os
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

from emulator.zerocopy import EXTENSION, with_zero_copy

Message = MutableMapping[str, Any]
_FILE = Path(os.environ["CONSTANT_FILE"]).open("rb")  # noqa: SIM115  open as long as the server runs
_BODY = _FILE.read()
_HEADERS = [(b"content-type", b"image/jpeg"), (b"content-length", b"%d" % len(_BODY)), (b"etag", b'"constant"')]


async def app(
    scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
) -> None:
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        await send({"type": "http.response.body", "body": _BODY})


async def _zero_copy(
    scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
) -> None:
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        await send({"type": EXTENSION, "file": _FILE, "offset": 0, "count": len(_BODY)})


from_page_cache = with_zero_copy(_zero_copy)
