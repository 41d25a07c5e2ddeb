"""ReadRoute: a GET that FastAPI documents and plain ASGI serves.

The function's signature is the documentation (FastAPI makes the OpenAPI parameters of it) and the
binding: its arguments are taken by name from the path and the query, as text, and the core checks
them. FastAPI's own request handling would cost more than reading a thumb does.
"""

import inspect
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from fastapi.routing import APIRoute
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from core.web.answers import Answer


class ReadRoute(APIRoute):
    """Serves `endpoint(**path and query parameters) -> Answer`, on the event loop: it must not wait."""

    def __init__(self, path: str, endpoint: Callable[..., Answer], **documentation: Any) -> None:
        # The answer is ours, not a model of FastAPI's: without this it would try to make one of it.
        super().__init__(path, endpoint, response_model=None, response_class=Response, **documentation)
        names = frozenset(inspect.signature(endpoint).parameters)

        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            arguments = dict(scope["path_params"])
            if scope["query_string"]:
                query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
                # What the path says cannot be overruled; what the function does not know is ignored.
                arguments = {name: value for name, value in query if name in names} | arguments
            await endpoint(**arguments)(scope, receive, send)

        self.app = serve
