"""make_app(): the FastAPI app of each function, with one guard around it.

The guard handles errors, logs and unread bodies (guard.py). Requests without a body that change nothing
are served without the framework's per-request machinery (reads.py).
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeVar

from fastapi import FastAPI
from fastapi.middleware.asyncexitstack import AsyncExitStackMiddleware
from fastapi.routing import APIRoute
from fastapi.telemetry import TelemetryConfig
from starlette.types import ASGIApp, Lifespan, Receive, Scope, Send

from core import settings
from core.access import deciding
from core.version import VERSION
from core.web.answers import Answer
from core.web.gate import Gate, Needs
from core.web.guard import Guard
from core.web.reads import ReadRoute, Reads

F = TypeVar("F", bound=Callable[..., Answer])


class App(FastAPI):
    """FastAPI with our guard in place of its exception middleware; every answer gets `headers`."""

    needs: Needs = None
    headers: Mapping[str, str] = MappingProxyType({})

    def build_middleware_stack(self) -> ASGIApp:
        reads = [route for route in self.router.routes if isinstance(route, ReadRoute)]
        return Guard(Gate(Reads(reads, AsyncExitStackMiddleware(self.router)), self.needs), self.headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As Starlette does it; FastAPI would first ask at each request whether its telemetry is on."""
        scope["app"] = self
        if self.middleware_stack is None:
            self.middleware_stack = self.build_middleware_stack()
        await self.middleware_stack(scope, receive, send)

    def openapi(self) -> dict[str, Any]:
        """The function's schema."""
        if self.openapi_schema is None:
            from core.web import openapi  # here, since a deployed function never serves it

            openapi.complete(super().openapi(), self.needs)
        return super().openapi()

    def read(self, path: str, **documentation: Any) -> Callable[[F], F]:
        """Decorates a function of path and query parameters that returns an Answer; serves GET and HEAD."""

        def register(function: F) -> F:
            names = {"generate_unique_id_function": _operation_id}
            self.router.routes.append(ReadRoute(path, function, methods=["GET"], **names, **documentation))
            self.router.routes.append(ReadRoute(path, function, methods=["HEAD"], include_in_schema=False))
            return function

        return register


def make_app(
    title: str,
    needs: Needs,
    headers: Mapping[str, str] = MappingProxyType({}),
    lifespan: Lifespan[FastAPI] | None = None,
) -> App:
    """Makes the app of one function, whose requests need this scope; SettingsError, at import, for invalid settings.

    All its answers have `headers`. A server runs `lifespan` before it serves the app; a Lambda does not.
    """
    deciding.policy(settings.current())
    # A trailing slash is another path for the gateway too; the local server serves schema and docs. FastAPI's own
    # telemetry would check each request whether it is enabled; the guard's log line takes its place.
    off: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False}
    app = App(
        title=title,
        version=VERSION,
        openapi_url=None,
        redirect_slashes=False,
        telemetry=off,
        lifespan=lifespan,
        generate_unique_id_function=_operation_id,
    )
    app.needs, app.headers = needs, headers
    return app


def _operation_id(route: APIRoute) -> str:
    """The name of a route in generated clients: its function's name in camel case, as uploadImage."""
    first, *rest = route.name.split("_")
    return first + "".join(word.title() for word in rest)
