"""Guard: wraps every app, and handles whatever goes wrong inside.

Guarantees:
- An exception leaves as a problem, and its text never reaches a client.
- A body that stalls, or takes too long as a whole, ends in 408.
- An answer that is sent before the body has ended closes the connection. A bounded part of the body is read
  first: closing at once would reset the connection, and the client could lose the answer (RFC 9112 9.6).
- Every request leaves one structured line in the log `imgsrv.request`.
"""

import asyncio
import errno
import time
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core import settings
from core.errors import Busy, RequestTimeout, ServiceError
from core.web import problems, requestlog

_DRAIN_BYTES = 4_000_000  # of an unwanted body; past these bytes, or the time, the connection is closed
_DRAIN_SECONDS = 5
_NO_FILES = (errno.EMFILE, errno.ENFILE)


class Guard:
    """An ASGI app that wraps another; every answer gets `headers`."""

    def __init__(self, app: ASGIApp, headers: Mapping[str, str] = MappingProxyType({})) -> None:
        self.app = app
        self._headers = [(name.lower().encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        line = requestlog.Line(scope)
        body = _Body(scope, receive)

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                line.status, line.headers = message["status"], message["headers"]
                added = self._headers if body.ended else [*self._headers, (b"connection", b"close")]
                if added:
                    message = {**message, "headers": [*message["headers"], *added]}
            else:
                line.sent += len(message.get("body", b""))
                if not message.get("more_body") and not body.ended:
                    await send({**message, "more_body": True})
                    await body.drain()
                    message = {"type": "http.response.body"}
            await send(message)

        try:
            await self.app(scope, body.receive, counted)
        except ClientDisconnect:
            line.problem, line.status = "client-disconnected", 499
        except Exception as caught:
            error = _for_client(caught)
            line.failed(error)
            if line.status:  # too late for another answer: the server cuts the connection
                raise
            await problems.problem(error)(scope, receive, counted)
        finally:
            line.write()
            line.measure()


def _for_client(error: Exception) -> Exception:
    """The error for the client: a lack of file descriptors becomes Busy, wherever it occurs."""
    cause = error.__cause__ if isinstance(error, ServiceError) else error
    if isinstance(cause, OSError) and cause.errno in _NO_FILES:
        busy = Busy("The server has as many files open as it may; try again shortly.")
        busy.__cause__ = cause
        return busy
    return error


class _Body:
    """A request's body: bounds its time, and knows whether all of it was read."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self.ended = "aws.event" in scope or not has_body(scope["headers"])
        self._receive = receive
        self._began = time.perf_counter()
        self._late = False

    async def receive(self) -> Message:
        """The next message; RequestTimeout when it takes too long."""
        if self.ended:  # only the end of the connection can follow, which has no time limit
            return await self._receive()
        limits = settings.current()
        left = self._began + limits.body_timeout - time.perf_counter()
        try:
            async with asyncio.timeout(min(limits.idle_timeout, left)):
                message = await self._receive()
        except TimeoutError:
            self._late = True
            raise RequestTimeout(
                f"The body did not arrive in time: at most {limits.idle_timeout:g} seconds without a byte, "
                f"and {limits.body_timeout:g} seconds in all."
            ) from None
        self.ended = not message.get("more_body", False)
        return message

    async def drain(self) -> None:
        """Reads and drops a bounded part of the rest of the body."""
        left = 0 if self._late else _DRAIN_BYTES
        try:
            async with asyncio.timeout(_DRAIN_SECONDS):
                while not self.ended and left > 0:
                    left -= len((await self.receive()).get("body", b""))
        except (TimeoutError, RequestTimeout):
            pass


def has_body(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether a request's headers announce a body."""
    return any(name == b"transfer-encoding" or (name == b"content-length" and value != b"0") for name, value in headers)
