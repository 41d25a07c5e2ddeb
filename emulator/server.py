"""The deployed API as an ASGI app: what stands between a socket and `Gateway.answer`, and the runtime behind it."""

from pathlib import Path

from emulator import limits
from emulator.event import Request
from emulator.event_runtime import EventRuntime
from emulator.gateway import Gateway, Runtime
from emulator.lambda_runtime import LambdaRuntime
from emulator.process import Deployment
from serving import below
from serving.asgi import App, Receive, Scope, Send, encoded_path, respond
from stack.template import Template


def application(mode: str, template: Template, storage: Path) -> App:
    """The app that answers in `mode`, event or lambda, as the deployed API does; TemplateError if it cannot.

    The functions' processes or threads end when its lifespan does.
    """
    limits.check_settings(template)
    deployment = Deployment(template.path.absolute().parent, storage)
    runtime: Runtime = EventRuntime() if mode == "event" else LambdaRuntime(deployment)
    gateway = Gateway(template, runtime)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(runtime, receive, send)
        elif scope["type"] == "http":
            await _answer(gateway, scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1000})

    return app


async def _answer(gateway: Gateway, scope: Scope, receive: Receive, send: Send) -> None:
    body = await _body(receive)
    if body is None:
        return  # the client went away; nobody is left to answer
    response = await gateway.answer(_request(scope, body))
    headers = [(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in response.headers]
    await respond(send, response.status, headers, response.body)


async def _lifespan(runtime: Runtime, receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await runtime.stop()
    await send({"type": "lifespan.shutdown.complete"})


async def _body(receive: Receive) -> bytes | None:
    """The body, or as much of it as shows that it is too large; None if the client left."""
    body, more = bytearray(), True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        # The rest of one that is too large is read and dropped: a client that still sends misses the answer.
        if len(body) <= limits.REQUEST_BODY:
            body += message.get("body", b"")
        more = message.get("more_body", False)
    return bytes(body)


def _request(scope: Scope, body: bytes) -> Request:
    query = scope["query_string"].decode("latin-1")
    client = scope.get("client") or ("127.0.0.1", 0)
    prefix = scope.get(below.PREFIX, "")
    headers = [(name.decode("latin-1").lower(), _text(value)) for name, value in scope["headers"]]
    return Request(scope["method"], encoded_path(scope), query, headers, body, client[0], prefix)


def _text(value: bytes) -> str:
    # Events are JSON, so text: UTF-8 where it is that (*assumed*), and never a failure.
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")
