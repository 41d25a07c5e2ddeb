"""Importing and calling handlers as Lambda's runtime does: in a thread whose event loop is theirs.

Mangum takes the event loop of the thread that it is in, and makes one that nobody closes where
there is none; so pytest's own thread is not to be that thread.
"""

import asyncio
import importlib
import pkgutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar, cast

from mangum.handlers import HTTPGateway
from mangum.types import LambdaConfig, LambdaContext

import handlers
from core import settings
from stack.functions import Function

Result = TypeVar("Result")


def import_handlers() -> None:
    """After this, to import one of them runs nothing."""
    names = [found.name for found in pkgutil.iter_modules(handlers.__path__, "handlers.")]
    _apart(lambda: [importlib.import_module(name) for name in names])
    settings.current.cache_clear()


def call(function: Function, event: dict[str, Any]) -> dict[str, Any]:
    """What the function's handler returns for an event."""
    handler = getattr(importlib.import_module(function.module), function.attribute)
    return _apart(lambda: handler(event, None))


def adapter(event: dict[str, Any]) -> HTTPGateway:
    """What turns the event into an ASGI scope, and an app's answer into a result, inside a function."""
    texts = ["text/", "application/json"]
    config: LambdaConfig = {"api_gateway_base_path": "/", "text_mime_types": texts, "exclude_headers": []}
    return HTTPGateway(event, cast(LambdaContext, None), config)


def _apart(work: Callable[[], Result]) -> Result:
    def run() -> Result:
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        try:
            return work()
        finally:
            asyncio.set_event_loop(None)
            loop.run_until_complete(loop.shutdown_default_executor())
            loop.close()

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(run).result()
