"""Adds to the schema what FastAPI does not know: permissions, conditions and their headers, the gateway's answers.

It works on the finished schema of a function, so it needs none of FastAPI's models.
"""

from collections.abc import Iterator
from typing import Any

from core import errors, settings
from core.access import deciding
from core.web import problems
from core.web.gate import Needs

GATEWAY = "GatewayMessage"  # its name among the components
_TAGS = {"uploads": "Resumable uploads", "images": "Images", "projects": "Projects", "": "The service"}
_METHODS = ("get", "head", "post", "put", "patch", "delete")
_CONDITIONS = {  # by method and answer
    ("get", "304"): ("If-None-Match", "The ETag of the version that the client has; 304 when it is still the one."),
    ("put", "412"): ("If-Match", "The ETag of the list that was ordered; 412 when it has changed since."),
}
_SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "A token with a scope."},
    "signedUrl": {"type": "apiKey", "in": "query", "name": "sig", "description": "URLs of answers have it already."},
}


def complete(schema: dict[str, Any], needs: Needs) -> None:
    """Adds all this to a function's schema, for requests that need the scope `needs`."""
    components = schema.setdefault("components", {})
    components.setdefault("schemas", {}).update({problems.SCHEMA: problems.schema(), GATEWAY: _gateway_message()})
    components["securitySchemes"] = _SCHEMES
    schema["servers"] = [{"url": "/"}]
    for path, method, operation in _operations(schema):
        scope = needs(method.upper(), path) if callable(needs) else needs
        operation["tags"] = [_tag(path)]
        operation["security"] = _security(scope)
        responses = operation["responses"]
        if scope is not None:
            _add_problems(responses, errors.Unauthorized, errors.Forbidden)
        _add_conditions(method, operation)
        if "304" in responses:
            _add_header(responses, "ETag", "Names this version.", ("200", "206", "304"))
        _add_header(responses, "Location", "The URL of what was made, relative to the service.", ("201",))
        _add_rates(responses)
        _add_gateway(responses, "requestBody" in operation)


def _operations(schema: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in schema["paths"].items():
        for method in _METHODS:
            if method in item:
                yield path, method, item[method]


def _tag(path: str) -> str:
    return next(tag for part, tag in _TAGS.items() if f"/{part}" in path)


def _security(scope: str | None) -> list[dict[str, list[str]]]:
    """The alternatives that authorize a request; the empty one allows everybody."""
    if scope is None:
        return []
    ways: list[dict[str, list[str]]] = [{"bearer": [scope]}]
    if scope == "read":
        ways.append({"signedUrl": []})
    return ways if deciding.policy(settings.current()).needs_grant(scope) else [{}, *ways]


def _add_conditions(method: str, operation: dict[str, Any]) -> None:
    for (of, status), (name, description) in _CONDITIONS.items():
        if method == of and status in operation["responses"]:
            condition = {"name": name, "in": "header", "required": False, "schema": {"type": "string"}}
            operation.setdefault("parameters", []).append(condition | {"description": description})


def _add_header(responses: dict[str, Any], name: str, description: str, statuses: tuple[str, ...]) -> None:
    for status in statuses:
        if status in responses:
            header = {"description": description, "schema": {"type": "string"}}
            responses[status].setdefault("headers", {})[name] = header


def _add_problems(responses: dict[str, Any], *kinds: type[errors.ServiceError]) -> None:
    for status, response in problems.responses(*kinds).items():
        responses.setdefault(str(status), response)


def _add_rates(responses: dict[str, Any]) -> None:
    """Adds one box's answer to too many requests, and the headers of every answer while it counts requests."""
    _add_problems(responses, errors.TooManyRequests)
    for name, description in {"RateLimit-Policy": "Quotas.", "RateLimit": "What is left of them."}.items():
        _add_header(responses, name, description, ("429",))


def _gateway_message() -> dict[str, Any]:
    message = {"type": "string", "examples": ["Too Many Requests"]}
    return {
        "type": "object",
        "title": GATEWAY,
        "description": "What API Gateway answers by itself; a service on one box answers problems alone.",
        "required": ["message"],
        "properties": {"message": message},
    }


def _add_gateway(responses: dict[str, Any], has_body: bool) -> None:
    """Adds the gateway's own answers: no such route, too large, too many requests, a failed or a slow function."""
    statuses = {"404": "Not found", "429": "Too many requests", "500": "Internal error", "503": "Unavailable"}
    for status, description in (statuses | ({"413": "Too large"} if has_body else {})).items():
        response = responses.setdefault(status, {"description": description})
        message = {"schema": {"$ref": f"#/components/schemas/{GATEWAY}"}}
        response.setdefault("content", {}).setdefault("application/json", message)
