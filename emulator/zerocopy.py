"""ASGI's zero-copy send for uvicorn, which has none: a file goes from the page cache to the socket.

Offered as `http.response.zerocopysend` where the connection is a plain socket of asyncio's own loop and
the parser is httptools; elsewhere (TLS, uvloop, h11) apps read the file and send its bytes, as they must anyhow.
Only what the socket takes at once goes this way: the rest is read and handed to uvicorn, whose flow control
waits for a slow client.
"""

import os
from asyncio import selector_events
from typing import Any

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from emulator.asgi import App, Message, Receive, Scope, Send

EXTENSION = "http.response.zerocopysend"
_CHUNK = 1 << 20  # bytes; a file that is not in the page cache is waited for by the piece


def with_zero_copy(app: App) -> App:
    """`app`, to which the extension is offered on connections that can have it."""

    async def offering(scope: Scope, receive: Receive, send: Send) -> None:
        cycle = getattr(send, "__self__", None)  # uvicorn's state of this request and its response
        if not isinstance(cycle, RequestResponseCycle) or not _is_plain(cycle.transport):
            await app(scope, receive, send)
            return

        async def send_any(message: Message) -> None:
            await (_send_file(cycle, message) if message["type"] == EXTENSION else send(message))

        scope["extensions"] = {**scope.get("extensions", {}), EXTENSION: {}}
        await app(scope, receive, send_any)

    return offering


def _is_plain(transport: Any) -> bool:
    # Its writes go to the socket at once or are counted as buffered: nothing else can be on its way before the file.
    return isinstance(transport, selector_events._SelectorSocketTransport)  # type: ignore[attr-defined]


async def _send_file(cycle: RequestResponseCycle, message: Message) -> None:
    descriptor, offset, count = message["file"].fileno(), message["offset"], message["count"]
    while count and not cycle.disconnected:
        sent = _send_at_once(cycle, descriptor, offset, min(count, _CHUNK))
        if not sent:
            content = os.pread(descriptor, min(count, _CHUNK), offset)
            if not content:
                break  # shortened meanwhile: uvicorn sees that the length is not met and cuts the connection
            await cycle.send({"type": "http.response.body", "body": content, "more_body": True})
            sent = len(content)
        offset += sent
        count -= sent
    await cycle.send({"type": "http.response.body", "body": b"", "more_body": message.get("more_body", False)})


def _send_at_once(cycle: RequestResponseCycle, descriptor: int, offset: int, count: int) -> int:
    """How many bytes the socket took; 0 when it has to be waited for, or when reading tells better what is wrong."""
    transport = cycle.transport
    if count > cycle.expected_content_length or transport.is_closing() or transport.get_write_buffer_size():
        return 0
    try:
        sent = os.sendfile(transport.get_extra_info("socket").fileno(), descriptor, offset, count)
    except OSError:
        return 0
    cycle.expected_content_length -= sent
    return sent
