"""Guard: what stands around every app, whatever goes wrong inside.

Guarantees: an exception leaves as a problem, and its text never reaches a client; every request leaves one
structured line in the log `imgsrv.request`; what a client still sends of a refused body is read
before the answer ends, since closing the connection on it would lose it the answer (RFC 9112 9.6).
"""

import asyncio
import logging
import time

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.errors import ServiceError
from core.web import problems

_DRAIN_BYTES = 100_000_000  # of a body that nobody wants; past them, or the time, the connection may break
_DRAIN_SECONDS = 30
_log = logging.getLogger("imgsrv.request")


class Guard:
    """An ASGI app around an ASGI app."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()
        status = sent = 0
        kind = None
        body = _Body(scope, receive)

        async def counted(message: Message) -> None:
            nonlocal status, sent
            if message["type"] == "http.response.start":
                status = message["status"]
            else:
                sent += len(message.get("body", b""))
                if not message.get("more_body") and not body.ended:
                    await send({**message, "more_body": True})
                    await body.drain()
                    message = {"type": "http.response.body"}
            await send(message)

        try:
            await self.app(scope, body.receive, counted)
        except ClientDisconnect:
            kind, status = "client-disconnected", 499
        except Exception as error:
            kind = _log_error(error)
            if status:  # too late for another answer: the server cuts the connection
                raise
            await problems.problem(error)(scope, receive, counted)
        finally:
            if _log.isEnabledFor(logging.INFO):
                _log.handle(_record(scope, status, sent, began, kind))


class _Body:
    """A request's body, and whether all of it was read."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self.ended = scope["method"] in ("GET", "HEAD")
        self._receive = receive

    async def receive(self) -> Message:
        message = await self._receive()
        self.ended = not message.get("more_body", False)
        return message

    async def drain(self) -> None:
        left = _DRAIN_BYTES
        try:
            async with asyncio.timeout(_DRAIN_SECONDS):
                while not self.ended and left > 0:
                    left -= len((await self.receive()).get("body", b""))
        except TimeoutError:
            pass


def _log_error(error: Exception) -> str:
    """The kind of problem, for the request's line; what is our own fault is logged with its trace."""
    if isinstance(error, ServiceError):
        if error.__cause__ is not None:
            _log.warning("%s: %r", error.slug, error.__cause__)
        return error.slug
    if getattr(error, "status_code", 500) < 500:
        return type(error).__name__
    _log.error("unexpected error", exc_info=error)
    return "internal-error"


def _record(scope: Scope, status: int, sent: int, began: float, kind: str | None) -> logging.LogRecord:
    """The request's line. Made without Logger.info, whose search for the caller and its like cost as much again."""
    method, path = scope["method"], scope["path"]
    record = logging.LogRecord(_log.name, logging.INFO, __file__, 0, "%s %s %s", (method, path, status), None)
    milliseconds = round((time.perf_counter() - began) * 1000, 2)
    record.__dict__.update(method=method, path=path, status=status, bytes=sent, ms=milliseconds)
    if kind is not None:
        record.problem = kind
    return record
