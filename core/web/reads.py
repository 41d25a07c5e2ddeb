"""Reads: GETs that FastAPI documents and plain ASGI serves.

The function's signature is the documentation (FastAPI makes the OpenAPI parameters of it) and the
binding: its arguments are taken by name from the path and the query, as text, and the core checks
them. FastAPI's own request handling would cost more than reading a thumb does.
"""

import inspect
from collections.abc import Callable, Iterable
from typing import Any

from fastapi.routing import APIRoute
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from core.web.answers import Answer
from core.web.query import parameters


class ReadRoute(APIRoute):
    """Serves `endpoint(**path and query parameters) -> Answer`, on the event loop: it must not wait."""

    def __init__(self, path: str, endpoint: Callable[..., Answer], **documentation: Any) -> None:
        # The answer is ours, not a model of FastAPI's: without this it would try to make one of it.
        super().__init__(path, endpoint, response_model=None, response_class=Response, **documentation)
        self._names = frozenset(inspect.signature(endpoint).parameters)
        self.app = self._serve

    def arguments(self, scope: Scope) -> dict[str, str] | None:
        """What a request's path gives the endpoint's parameters; None when it is not this route's request."""
        found = self.path_regex.match(scope["path"]) if scope["method"] in (self.methods or ()) else None
        return None if found is None else found.groupdict()

    def answer(self, scope: Scope, path_parameters: dict[str, str]) -> Answer:
        """The endpoint's answer to a request of this route."""
        arguments = path_parameters
        if scope["query_string"]:
            # What the path says cannot be overruled; what the function does not know is ignored.
            asked = parameters(scope["query_string"])
            query = {name: value for name, value in asked.items() if name in self._names}
            arguments = query | path_parameters
        answer: Answer = self.endpoint(**arguments)
        return answer

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.answer(scope, dict(scope["path_params"]))(scope, receive, send)


class Reads:
    """Serves what a read route takes, past the framework's own routing; the rest is the framework's."""

    def __init__(self, routes: Iterable[ReadRoute], app: ASGIApp) -> None:
        self._routes = list(routes)
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Mounted below a path of another app, what belongs to whom is Starlette's to tell.
        if scope["type"] == "http" and not scope.get("root_path"):
            for route in self._routes:
                arguments = route.arguments(scope)
                if arguments is not None:
                    await route.answer(scope, arguments)(scope, receive, send)
                    return
        await self._app(scope, receive, send)
