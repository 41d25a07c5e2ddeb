"""The functions' own apps in this process, behind the gateway's routing and CORS: one ASGI app.

What differs from the deployed thing, by name:
- no event is made, so none of an event's limits hold: bodies stream, and time is not limited;
- an unknown route or method is answered by a problem document, not by the gateway's own body.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from urllib.parse import unquote

from core import settings
from core.errors import NotFound
from core.web import requestlog
from core.web.guard import Guard
from serving import bounds
from serving.asgi import App, Message, Receive, Scope, Send, encoded_path
from serving.compression import where_json
from serving.cross_origin import cross_origin
from serving.rates import limited
from stack.checks import app_of
from stack.template import Template


def compose(template: Template, apps: Mapping[str, App] | None = None) -> App:
    """One app that answers as the template's functions do; `apps` by logical id, else those of the modules."""
    own = apps or {function.logical_id: where_json(app_of(function)) for function in template.served}
    return cross_origin(limited(_Composition(template, own), settings.current()), template.cors)


def app_path(encoded: str) -> str:
    """The path as an app sees it: the gateway decodes it and cuts it at a `?`, Mangum decodes it again."""
    return unquote(unquote(encoded).partition("?")[0]) if "%" in encoded else encoded


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    raise bounds.objection(scope) or NotFound("No route has this method and path.")


_refused = Guard(_refuse)  # as around every function: a problem document, and a line in the log


class _Composition:
    def __init__(self, template: Template, apps: Mapping[str, App]) -> None:
        self._router = template.router()
        self._apps = apps

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] == "lifespan":
            return self._lifespan(scope, receive, send)
        if scope["type"] == "websocket":
            # The HTTP API has no WebSocket: to refuse the handshake is all there is to do.
            return send({"type": "websocket.close", "code": 1000})
        path = encoded_path(scope)
        match = self._router.match(scope["method"], path)
        if match is None or bounds.objection(scope):
            return _refused(scope, receive, send)
        scope["path"] = app_path(path)
        scope[requestlog.ROUTE] = match.route.key
        return self._apps[match.target.logical_id](scope, receive, send)

    async def _lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        async with AsyncExitStack() as stack:
            try:
                for app in self._apps.values():
                    await stack.enter_async_context(_started(app, scope))
            except Exception as error:
                await send({"type": "lifespan.startup.failed", "message": str(error)})
                return
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})


@asynccontextmanager
async def _started(app: App, scope: Scope) -> AsyncIterator[None]:
    """One app between its startup and its shutdown; RuntimeError with what it says of a failure."""
    to_app: asyncio.Queue[Message] = asyncio.Queue()
    from_app: asyncio.Queue[Message] = asyncio.Queue()
    task = asyncio.ensure_future(app(scope, to_app.get, from_app.put))
    # An app that ends without a word would be waited for for ever.
    task.add_done_callback(lambda _: from_app.put_nowait({"type": "lifespan.startup.failed"}))
    await to_app.put({"type": "lifespan.startup"})
    reply = await from_app.get()
    if reply["type"] == "lifespan.startup.failed":
        await asyncio.wait([task])
        raise RuntimeError(reply.get("message") or "an app ended while it started") from task.exception()
    yield
    await to_app.put({"type": "lifespan.shutdown"})
    await task
