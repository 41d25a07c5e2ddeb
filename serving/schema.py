"""The API's schema on one box: one OpenAPI document merged from every function's own.

Deployed functions carry none; the merged one can be written to a file for a web client's use.
"""

from collections.abc import Iterable
from typing import Any

from stack.cloudformation import TemplateError


def merged(schemas: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """One OpenAPI document of several; TemplateError if two define one thing differently."""
    first, *rest = schemas
    document = {**first, "info": {**first["info"], "title": "imgsrv"}, "paths": {}, "components": {}}
    for schema in (first, *rest):
        for path, item in schema.get("paths", {}).items():
            _add(document["paths"].setdefault(path, {}), item, path)
        for kind, components in schema.get("components", {}).items():
            _add(document["components"].setdefault(kind, {}), components, kind)
    return document


def _add(into: dict[str, Any], members: dict[str, Any], place: str) -> None:
    for name, member in members.items():
        if into.setdefault(name, member) != member:
            raise TemplateError(f"openapi: {place} {name} is defined twice, and differently")
