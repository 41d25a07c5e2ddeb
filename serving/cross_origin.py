"""CORS around an app, as the gateway does it: preflights are answered, and answers get the configured headers."""

from collections.abc import Iterable

from serving.asgi import App, Message, Receive, Scope, Send
from stack import cors
from stack.template import Cors


def cross_origin(app: App, configuration: Cors | None) -> App:
    """`app` for browsers of other origins; unchanged without a configuration."""
    if configuration is None:
        return app

    async def answered(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        headers = dict(_decoded(scope["headers"])) if _names_origin(scope["headers"]) else {}
        if cors.is_preflight(scope["method"], headers):
            allowed = _encoded(cors.preflight_headers(configuration, headers))
            await send({"type": "http.response.start", "status": 204, "headers": allowed})
            await send({"type": "http.response.body", "body": b""})
            return

        async def send_on(message: Message) -> None:
            if message["type"] == "http.response.start" and (headers or _has_cors(message["headers"])):
                applied = cors.apply(configuration, headers, _decoded(message["headers"]))
                message = {**message, "headers": _encoded(applied)}
            await send(message)

        await app(scope, receive, send_on)

    return answered


def _names_origin(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether CORS has anything to do with a request; nearly none has, and their headers need no decoding."""
    return any(name == b"origin" for name, _ in headers)


def _has_cors(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    # Asked of every answer: one look at all names costs a quarter of a look at each.
    return b"\naccess-control-" in b"\n".join([b"", *[name for name, _ in headers]]).lower()


def _decoded(headers: Iterable[tuple[bytes, bytes]]) -> cors.Headers:
    return [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in headers]


def _encoded(headers: cors.Headers) -> list[tuple[bytes, bytes]]:
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
