"""JSON compressed with gzip, for clients that accept it: a list of 500 images is 285 kB, and 15 kB so.

Guarantees: each form has a strong ETag of its own, the compressed one with `-gzip` at its end; a condition that
names either is understood; caches are told that the form depends on Accept-Encoding. Pictures pass untouched.
"""

import gzip
from functools import lru_cache
from typing import Any, cast

from core.web import threads
from serving.asgi import App, Message, Receive, Scope, Send

_SMALLEST = 1000  # bytes; less fits one packet anyway
_LEVEL = 5
_SUFFIX = b"-gzip"
_CONDITIONS = (b"if-none-match", b"if-match")

Headers = list[tuple[bytes, bytes]]


def where_json(app: Any) -> App:
    """The FastAPI `app`, compressed if it documents JSON as an answer to GET; reads of pictures pay nothing for it."""
    reads = [item["get"]["responses"] for item in app.openapi()["paths"].values() if "get" in item]
    has_json = any("application/json" in answers.get("200", {}).get("content", {}) for answers in reads)
    return compressed(app) if has_json else cast(App, app)


def compressed(app: App) -> App:
    """`app`, whose JSON answers to GET and HEAD may be compressed."""

    async def answered(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        accepts, named = False, []
        for name, value in scope["headers"]:
            if name == b"accept-encoding":
                accepts = accepts or takes_gzip(value)
            elif name in _CONDITIONS and _SUFFIX in value:
                named.append(value)
        if named:
            scope["headers"] = [(name, _plain(name, value)) for name, value in scope["headers"]]
        if scope["method"] in ("GET", "HEAD"):
            send = _Compressing(scope, send, accepts, b",".join(named)).send
        await app(scope, receive, send)

    return answered


@lru_cache(maxsize=64)
def takes_gzip(accept_encoding: bytes) -> bool:
    """Whether an Accept-Encoding allows gzip, by its name or by `*`."""
    allowed: dict[bytes, bool] = {}
    for item in accept_encoding.lower().split(b","):
        coding, _, parameter = item.partition(b";")
        weight = parameter.strip().removeprefix(b"q=").strip()
        allowed[coding.strip()] = weight.strip(b"0.") != b"" or not weight
    return allowed.get(b"gzip", allowed.get(b"*", False))


class _Compressing:
    """One answer on its way out."""

    def __init__(self, scope: Scope, send: Send, accepts: bool, named: bytes) -> None:
        self._scope = scope
        self._send = send
        self._accepts = accepts
        self._named = named  # the ETags of compressed answers that the client has
        self._start: Message | None = None  # held back until the compressed length is known
        self._body: list[bytes] = []

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            message = self._begun(message)
        elif self._start is not None:
            self._body.append(message.get("body", b""))
            if not message.get("more_body"):
                await self._finish(self._start)
        if self._start is None:
            await self._send(message)

    def _begun(self, message: Message) -> Message:
        """The start of the answer as it is sent; sets `_start` if the body is to be compressed."""
        headers: Headers = list(message["headers"])
        fields = dict(headers)
        if message["status"] == 304 and (tag := fields.get(b"etag")) and _suffixed(tag) in self._named:
            return {**message, "headers": _tagged(headers)}
        if message["status"] != 200 or fields.get(b"content-type") != b"application/json":
            return message
        headers.append((b"vary", b"accept-encoding"))
        long_enough = int(fields.get(b"content-length", b"0")) >= _SMALLEST
        if not self._accepts or not long_enough or b"content-encoding" in fields:
            return {**message, "headers": headers}
        kept = [header for header in _tagged(headers) if header[0] not in (b"content-length", b"accept-ranges")]
        message = {**message, "headers": [*kept, (b"content-encoding", b"gzip")]}
        if self._scope["method"] == "GET":
            self._start = message
        return message

    async def _finish(self, start: Message) -> None:
        content = await threads.run(gzip.compress, b"".join(self._body), _LEVEL, mtime=0)
        length = (b"content-length", b"%d" % len(content))
        await self._send({**start, "headers": [*start["headers"], length]})
        await self._send({"type": "http.response.body", "body": content})


def _plain(name: bytes, value: bytes) -> bytes:
    """A condition in the app's own terms."""
    return value.replace(_SUFFIX + b'"', b'"') if name in _CONDITIONS else value


def _suffixed(tag: bytes) -> bytes:
    return tag[:-1] + _SUFFIX + b'"' if tag.endswith(b'"') else tag


def _tagged(headers: Headers) -> Headers:
    return [(name, _suffixed(value) if name == b"etag" else value) for name, value in headers]
