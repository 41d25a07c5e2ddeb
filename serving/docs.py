"""/openapi.json and /docs of the local server: one schema merged from every function's own.

Deployed functions carry neither; the merged schema can be written to a file for a web client's use.
"""

import json
from collections.abc import Iterable
from typing import Any

from serving.asgi import App, Receive, Scope, Send
from serving.cross_origin import cross_origin
from stack.template import Cors, TemplateError

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{title}</title>
<link rel="stylesheet" href="https://cdn.jsdelivr.net/npm/swagger-ui-dist@5/swagger-ui.css">
</head>
<body>
<div id="docs"></div>
<script src="https://cdn.jsdelivr.net/npm/swagger-ui-dist@5/swagger-ui-bundle.js"></script>
<script>SwaggerUIBundle({{url: "openapi.json", dom_id: "#docs", deepLinking: true}})</script>
</body>
</html>
"""


def merged(schemas: Iterable[dict[str, Any]], title: str = "imgsrv") -> dict[str, Any]:
    """One OpenAPI document of several; TemplateError if two define one thing differently."""
    first, *rest = schemas
    document = {**first, "info": {**first["info"], "title": title}, "paths": {}, "components": {}}
    for schema in (first, *rest):
        for path, item in schema.get("paths", {}).items():
            _add(document["paths"].setdefault(path, {}), item, path)
        for kind, components in schema.get("components", {}).items():
            _add(document["components"].setdefault(kind, {}), components, kind)
    return document


def with_docs(app: App, schema: dict[str, Any], cors: Cors | None = None) -> App:
    """`app`, and beside it GET and HEAD of /openapi.json and /docs, for other origins as the template allows."""
    pages = {
        "/openapi.json": (b"application/json", json.dumps(schema).encode()),
        "/docs": (b"text/html; charset=utf-8", PAGE.format(title=schema["info"]["title"]).encode()),
    }

    async def page(scope: Scope, receive: Receive, send: Send) -> None:
        kind, body = pages[scope["path"]]
        headers = [(b"content-type", kind), (b"content-length", b"%d" % len(body)), (b"vary", b"origin")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    answered = cross_origin(page, cors)

    async def documented(scope: Scope, receive: Receive, send: Send) -> None:
        is_page = scope["type"] == "http" and scope["method"] in ("GET", "HEAD") and scope["path"] in pages
        await (answered if is_page else app)(scope, receive, send)

    return documented


def _add(into: dict[str, Any], members: dict[str, Any], place: str) -> None:
    for name, member in members.items():
        if into.setdefault(name, member) != member:
            raise TemplateError(f"openapi: {place} {name} is defined twice, and differently")
