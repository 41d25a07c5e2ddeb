"""make_handler(): turns an app into a Lambda function."""

import logging
from collections.abc import Callable
from functools import cache
from typing import Any

from mangum import Mangum
from mangum.types import ASGI
from starlette.types import Receive, Scope, Send

from core import emf, settings
from core.web import base
from core.web.app import App
from core.web.problems import MEDIA_TYPE

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]
_TEXT = ["text/", "application/json", MEDIA_TYPE]  # all other bodies are sent as base64
_BODILESS = {204, 304}
logging.getLogger("mangum").setLevel(logging.WARNING)  # the guard logs each request


def make_handler(app: App) -> Handler:
    """The function that Lambda calls with an event of an HTTP or REST API, a load balancer or a function URL."""
    emf.use(settings.current())

    @cache  # made by the first call: Mangum opens an event loop, which a process that serves the app itself never uses
    def adapter() -> Mangum:
        # Mangum would run the lifespan at every invocation, not once per environment; these apps need none.
        return Mangum(_below(app), lifespan="off", text_mime_types=_TEXT)

    def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
        if "Records" in event and "cf" in (event["Records"] or [{}])[0]:
            raise TypeError("This is an event of Lambda@Edge, which this service does not answer: see docs/deploy.md")
        result = adapter()(event, context)
        if result["statusCode"] in _BODILESS:
            result["headers"].pop("content-type", None)  # Mangum adds one to an empty body
        return result

    return handler


def _below(app: App) -> ASGI:
    """Wraps `app` so that it sees its own paths, without any base path."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        scope["path"] = base.arrived(scope["path"], scope["aws.event"])
        await app(scope, receive, send)

    return answer
