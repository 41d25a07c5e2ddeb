"""The page at / and the API's documentation at /docs: files of serving/page, read once at the start.

They use the public API alone, load nothing from another host, and may run no script but their own (CSP).
"""

import gzip
import json
from collections.abc import Awaitable
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import Any

from core.web import threads
from serving.asgi import App, Receive, Scope, Send, respond
from serving.compression import takes_gzip
from serving.cross_origin import cross_origin
from stack.cors import Cors

FOLDER = Path(__file__).with_name("page")
_KINDS = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
# Pictures and requests may go to a service elsewhere, which the page's settings name; scripts and styles may not.
# The viewer of the documentation writes styles into its elements.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'{styles}; img-src 'self' blob: data: http: https:; "
    "connect-src 'self' http: https:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


@dataclass
class _File:
    kind: bytes
    content: bytes
    etag: bytes
    policy: bytes

    @cached_property
    def packed(self) -> bytes:
        """The content by gzip, once it is asked for: all files together would take a sixth of the start."""
        return gzip.compress(self.content, mtime=0)


def with_pages(app: App, schema: dict[str, Any], cors: Cors | None) -> App:
    """`app`, and beside it GET and HEAD of the page, its files, /docs and /openapi.json."""
    files = _files()
    schema_file = _file("application/json", json.dumps(schema).encode())

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        file, asked = files.get(scope["path"], schema_file), dict(scope["headers"])
        packed = takes_gzip(asked.get(b"accept-encoding", b""))
        body = await threads.run(lambda: file.packed) if packed else file.content
        headers = [
            (b"cache-control", b"no-cache"),
            (b"etag", file.etag),
            (b"content-security-policy", file.policy),
            (b"x-content-type-options", b"nosniff"),
            (b"x-frame-options", b"DENY"),
            (b"referrer-policy", b"same-origin"),
            (b"vary", b"origin, accept-encoding"),
        ]
        known = file.etag in asked.get(b"if-none-match", b"")
        if not known:
            headers += [(b"content-type", file.kind), (b"content-length", b"%d" % len(body))]
            headers += [(b"content-encoding", b"gzip")] if packed else []
        await respond(send, 304 if known else 200, headers, b"" if known or scope["method"] == "HEAD" else body)

    paths = {*files, "/openapi.json"}
    answered = cross_origin(answer, cors)

    def paged(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        is_page = scope["type"] == "http" and scope["method"] in ("GET", "HEAD") and scope["path"] in paths
        return (answered if is_page else app)(scope, receive, send)

    return paged


def _files() -> dict[str, _File]:
    """Every file of the page by its path."""
    found = {}
    for path in sorted(FOLDER.rglob("*")):
        if path.suffix in _KINDS and "node_modules" not in path.parts:
            name = path.relative_to(FOLDER).as_posix()
            found[f"/page/{name}"] = _file(_KINDS[path.suffix], path.read_bytes(), name == "docs.html")
    found["/"], found["/docs"] = found.pop("/page/index.html"), found.pop("/page/docs.html")
    return found


def _file(kind: str, content: bytes, inline_styles: bool = False) -> _File:
    text = f"{kind}; charset=utf-8" if kind != "application/json" else kind
    policy = _POLICY.format(styles=" 'unsafe-inline'" if inline_styles else "")
    etag = f'W/"{blake2b(content, digest_size=12).hexdigest()}"'  # weak: packed or not
    return _File(text.encode(), content, etag.encode(), policy.encode())
