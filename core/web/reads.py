"""Reads: GET routes that FastAPI documents and plain ASGI serves.

The function's signature is both the documentation (FastAPI makes the OpenAPI parameters from it) and the
binding: its arguments come by name from the path and the query, as text, and the core checks them.
FastAPI's own request handling would cost more than reading a thumb.
"""

import inspect
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from fastapi.routing import APIRoute
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from core.web.answers import Answer
from core.web.query import parameters


class ReadRoute(APIRoute):
    """Serves `endpoint(**path and query parameters) -> Answer` on the event loop; the endpoint must not block."""

    def __init__(self, path: str, endpoint: Callable[..., Answer], **documentation: Any) -> None:
        # The answer is our own class; without this FastAPI would try to make a model of it.
        super().__init__(path, endpoint, response_model=None, response_class=Response, **documentation)
        self._names = frozenset(inspect.signature(endpoint).parameters)
        self.app = self._serve

    def arguments(self, scope: Scope) -> dict[str, str] | None:
        """The endpoint's arguments from a request's path; None when the request is not this route's."""
        found = self.path_regex.match(scope["path"]) if scope["method"] in (self.methods or ()) else None
        return None if found is None else found.groupdict()

    def answer(self, scope: Scope, path_parameters: dict[str, str]) -> Answer:
        """The endpoint's answer to a request of this route."""
        arguments = path_parameters
        if scope["query_string"]:
            # The query cannot override path parameters; parameters unknown to the function are ignored.
            asked = parameters(scope["query_string"])
            query = {name: value for name, value in asked.items() if name in self._names}
            arguments = query | path_parameters
        answer: Answer = self.endpoint(**arguments)
        return answer

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.answer(scope, dict(scope["path_params"]))(scope, receive, send)


class Reads:
    """Serves read routes without the framework's routing; passes everything else to the framework."""

    def __init__(self, routes: Iterable[ReadRoute], app: ASGIApp) -> None:
        self._routes = list(routes)
        self._app = app

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        # If the app is mounted below a path of another app, Starlette must do the routing.
        if scope["type"] == "http" and not scope.get("root_path"):
            for route in self._routes:
                arguments = route.arguments(scope)
                if arguments is not None:
                    return route.answer(scope, arguments)(scope, receive, send)
        return self._app(scope, receive, send)
