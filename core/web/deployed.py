"""make_handler(): an app as the Lambda function that it is deployed as."""

import logging
from collections.abc import Callable
from typing import Any

from mangum import Mangum

from core.web.app import App
from core.web.problems import MEDIA_TYPE

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]
_TEXT = ["text/", "application/json", MEDIA_TYPE]  # all other bodies travel as base64
_BODILESS = {204, 304}
logging.getLogger("mangum").setLevel(logging.WARNING)  # the guard writes the request's line


def make_handler(app: App) -> Handler:
    """The function that AWS Lambda calls with an HTTP API event (payload 2.0)."""
    # Mangum would run the lifespan at every invocation, not once an environment: there is none to run.
    adapter = Mangum(app, lifespan="off", text_mime_types=_TEXT)

    def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
        result = adapter(event, context)
        if result["statusCode"] in _BODILESS:
            result["headers"].pop("content-type", None)  # Mangum declares one for an empty body
        return result

    return handler
