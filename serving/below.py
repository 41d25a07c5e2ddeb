"""The whole app below a path of the host: what lies below it, and what a proxy has taken the path off already."""

from serving.asgi import App, Receive, Scope, Send

PREFIX = "imgsrv.prefix"  # in the scope: the path that was taken off here


def below(app: App, base: str) -> App:
    """`app` at `base` as well as at the root; a request for `base` itself is sent to `base/`, the page."""
    if not base:
        return app

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            path = scope.get("raw_path", scope["path"].encode()).decode("latin-1").partition("?")[0]
            if path == base:
                await _redirect(f"{base}/", send)
                return
            if path.startswith(f"{base}/"):
                rest = path[len(base) :]
                scope = {**scope, "raw_path": rest.encode("latin-1"), "path": scope["path"][len(base) :], PREFIX: base}
        await app(scope, receive, send)

    return answer


async def _redirect(url: str, send: Send) -> None:
    headers = [(b"location", url.encode()), (b"content-length", b"0")]
    await send({"type": "http.response.start", "status": 308, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
