"""make_app(): the FastAPI app that every function is, with one guard around it.

Guarantees: every error leaves as a problem (problems.py) and no exception's text reaches a client;
every request leaves one structured line in the log `imgsrv.request`; what takes no body and
changes nothing is served without the framework's per-request machinery (reads.py).
"""

import logging
import time
from collections.abc import Callable
from typing import Any, TypeVar

from fastapi import FastAPI
from fastapi.middleware.asyncexitstack import AsyncExitStackMiddleware
from fastapi.telemetry import TelemetryConfig
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core import settings
from core.errors import ServiceError
from core.web import problems
from core.web.answers import Answer
from core.web.reads import ReadRoute, Reads

F = TypeVar("F", bound=Callable[..., Answer])

_log = logging.getLogger("imgsrv.request")


class App(FastAPI):
    """FastAPI with our guard in place of its exception middleware."""

    def build_middleware_stack(self) -> ASGIApp:
        reads = [route for route in self.router.routes if isinstance(route, ReadRoute)]
        return Guard(Reads(reads, AsyncExitStackMiddleware(self.router)))

    def openapi(self) -> dict[str, Any]:
        """The function's schema, with the one for problems that all its responses refer to."""
        schema = super().openapi()
        schema.setdefault("components", {}).setdefault("schemas", {})[problems.SCHEMA] = problems.schema()
        return schema

    def read(self, path: str, **documentation: Any) -> Callable[[F], F]:
        """Decorates a function of path and query parameters that returns an Answer; GET and HEAD."""

        def register(function: F) -> F:
            self.router.routes.append(ReadRoute(path, function, methods=["GET"], **documentation))
            self.router.routes.append(ReadRoute(path, function, methods=["HEAD"], include_in_schema=False))
            return function

        return register


def make_app(title: str) -> App:
    """An app for one function; SettingsError here, at import, when the environment cannot be used."""
    settings.current()
    # A trailing slash is another path to the gateway too; schema and docs are the local server's.
    # FastAPI's own telemetry asks each request whether it is wanted; the guard's line is what there is.
    off: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False}
    return App(title=title, openapi_url=None, redirect_slashes=False, telemetry=off)


class Guard:
    """Turns exceptions into problems and writes the request's line to the log."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()
        status = sent = 0

        async def counted(message: Message) -> None:
            nonlocal status, sent
            if message["type"] == "http.response.start":
                status = message["status"]
            else:
                sent += len(message.get("body", b""))
            await send(message)

        kind = None
        try:
            await self.app(scope, receive, counted)
        except ClientDisconnect:
            kind, status = "client-disconnected", 499
        except Exception as error:
            kind = _log_error(error)
            if status:  # too late for another answer: the server cuts the connection
                raise
            await problems.problem(error)(scope, receive, counted)
        finally:
            if _log.isEnabledFor(logging.INFO):
                _log.info(
                    "%s %s %s", scope["method"], scope["path"], status, extra=_line(scope, status, sent, began, kind)
                )


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


def _line(scope: Scope, status: int, sent: int, began: float, kind: str | None) -> dict[str, object]:
    line: dict[str, object] = {
        "method": scope["method"],
        "path": scope["path"],
        "status": status,
        "bytes": sent,
        "ms": round((time.perf_counter() - began) * 1000, 2),
    }
    return line if kind is None else line | {"problem": kind}
