"""The whole app below a base path of its host; a proxy in front may have taken that path off already."""

from serving.asgi import App, Receive, Scope, Send, encoded_path, respond

PREFIX = "imgsrv.prefix"  # in the scope: the path that was taken off here


def below(app: App, base: str) -> App:
    """`app` at `base` as well as at the root; a request for `base` itself is sent to `base/`, the page."""
    if not base:
        return app

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            path = encoded_path(scope)
            if path == base:
                await respond(send, 308, [(b"location", f"{base}/".encode()), (b"content-length", b"0")])
                return
            if path.startswith(f"{base}/"):
                rest = path[len(base) :]
                scope = {**scope, "raw_path": rest.encode("latin-1"), "path": scope["path"][len(base) :], PREFIX: base}
        await app(scope, receive, send)

    return answer
