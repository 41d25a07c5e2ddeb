"""CORS around an app, as the gateway does it: preflights are answered, and answers get the configured headers."""

from collections.abc import Iterable

from serving.asgi import App, Message, Receive, Scope, Send, respond
from stack import cors
from stack.cors import Cors


def cross_origin(app: App, configuration: Cors | None) -> App:
    """`app` for browsers of other origins; unchanged without a configuration."""
    if configuration is None:
        return app

    async def answered(scope: Scope, receive: Receive, send: Send) -> None:
        # CORS has nothing to do with any other request; nearly all are others, and their headers need no decoding.
        if scope["type"] != "http" or b"origin" not in dict(scope["headers"]):
            await app(scope, receive, send)
            return
        headers = dict(_decoded(scope["headers"]))
        if cors.is_preflight(scope["method"], headers):
            allowed = _encoded(cors.preflight_headers(configuration, headers))
            await respond(send, 204, allowed)
            return

        async def send_on(message: Message) -> None:
            if message["type"] == "http.response.start":
                applied = cors.apply(configuration, headers, _decoded(message["headers"]))
                message = {**message, "headers": _encoded(applied)}
            await send(message)

        await app(scope, receive, send_on)

    return answered


def _decoded(headers: Iterable[tuple[bytes, bytes]]) -> cors.Headers:
    return [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in headers]


def _encoded(headers: cors.Headers) -> list[tuple[bytes, bytes]]:
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
