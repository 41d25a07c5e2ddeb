"""The one place where errors become HTTP: RFC 9457 problem details for every error."""

import json
from http import HTTPStatus
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

from core import errors

MEDIA_TYPE = "application/problem+json"
SCHEMA = "Problem"  # its name among the components of an OpenAPI document

_OF_STATUS = {
    404: (errors.NotFound, "There is nothing at this path."),
    405: (errors.MethodNotAllowed, "This path does not take this method."),
}


class Problem(Response):
    """A problem as a response: type, title, status, detail, and the error's extra values."""

    media_type = MEDIA_TYPE
    charset = ""

    def __init__(self, error: errors.ServiceError, headers: dict[str, str] | None = None) -> None:
        body = {"type": f"/problems/{error.slug}", "title": error.title, "status": error.status, "detail": error.detail}
        retry = {} if error.retry_after is None else {"Retry-After": str(error.retry_after)}
        content = json.dumps(body | error.extra).encode()
        always = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
        super().__init__(content, error.status, always | retry | (headers or {}))


def problem(error: Exception) -> Problem:
    """The response for any exception; one outside our tree reveals nothing of itself to a client."""
    match error:
        case errors.RangeNotSatisfiable():
            return Problem(error, {"Content-Range": f"bytes */{error.extra.get('length')}"})
        case errors.Unauthorized():
            return Problem(error, {"WWW-Authenticate": 'Bearer realm="imgsrv"'})
        case errors.OffsetConflict():
            return Problem(error, {"Upload-Offset": str(error.extra.get("offset"))})
        case errors.UnsupportedVersion():
            return Problem(error, {"Tus-Version": str(error.extra.get("version"))})
        case errors.ServiceError():
            return Problem(error)
        case HTTPException():
            return Problem(_framework_error(error), dict(error.headers or {}))
    return Problem(errors.ServiceError("Something went wrong on our side; it has been logged."))


def _framework_error(error: HTTPException) -> errors.ServiceError:
    """The error of our tree for one that the framework raises: unknown path, wrong method, limit of a parser."""
    if error.status_code in _OF_STATUS:
        kind, detail = _OF_STATUS[error.status_code]
        return kind(detail)
    translated = errors.InvalidRequest(str(error.detail))
    translated.status = error.status_code
    translated.title = _phrase(error.status_code) or translated.title
    return translated


def schema() -> dict[str, Any]:
    """The JSON schema of a problem, for OpenAPI."""
    properties = {
        "type": {"type": "string", "enum": _types(), "description": "Names the kind of problem."},
        "title": {"type": "string", "description": "The kind of problem, in words."},
        "status": {"type": "integer", "description": "The HTTP status."},
        "detail": {"type": "string", "description": "What happened this time, and what would be accepted."},
    }
    number = {"type": "integer", "description": "What was exceeded, is there, or is next."}
    numbers = dict.fromkeys(("limit", "length", "offset", "used", "needed"), number)
    quota = {"type": "string", "description": "Which quota is full: of a `project` or in `total`, `images` or `bytes`."}
    uploads = {
        "type": "string",
        "description": "The URL at which a file that is too large for one request goes in parts.",
    }
    return {
        "type": "object",
        "title": SCHEMA,
        "required": list(properties),
        "properties": properties | numbers | {"uploads": uploads, "quota": quota},
    }


def _types() -> list[str]:
    """The type of every kind of problem."""
    kinds = [errors.ServiceError]
    for kind in kinds:  # the list grows meanwhile
        kinds += kind.__subclasses__()
    return sorted({f"/problems/{kind.slug}" for kind in kinds})


def responses(*kinds: type[errors.ServiceError]) -> dict[int | str, dict[str, Any]]:
    """The OpenAPI responses for the errors that an endpoint can return, with an example of each."""
    documented: dict[int | str, dict[str, Any]] = {}
    of_any_kind: tuple[type[errors.ServiceError], ...] = (*kinds, errors.ServiceError)
    for kind in of_any_kind:
        status = kind.status if kind is not errors.ServiceError else "default"
        content = documented.setdefault(status, _documented(kind))["content"][MEDIA_TYPE]
        example = {"type": f"/problems/{kind.slug}", "title": kind.title, "status": kind.status}
        content["examples"][kind.slug] = {"value": example | {"detail": f"{kind.title}."}}
        if kind.retry_after is not None:
            documented[status]["headers"] = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}}
    return documented


def jpeg_responses(*kinds: type[errors.ServiceError]) -> dict[int | str, dict[str, Any]]:
    """The OpenAPI responses of an endpoint that returns a JPEG: whole, in part or not modified."""
    body = {"image/jpeg": {"schema": {"type": "string", "format": "binary", "contentMediaType": "image/jpeg"}}}
    return {
        200: {"description": "The JPEG.", "content": body},
        206: {"description": "The range that was asked for, or as much of it as one answer carries.", "content": body},
        304: {"description": "The client has this version."},
        307: {"description": "It is too large for one answer: the Location has it for some minutes, without a token."},
        **responses(*kinds, errors.RangeNotSatisfiable, errors.ResponseTooLarge),
    }


def _documented(kind: type[errors.ServiceError]) -> dict[str, Any]:
    description = _phrase(kind.status) or kind.title if kind is not errors.ServiceError else "Any other problem"
    content: dict[str, Any] = {"schema": {"$ref": f"#/components/schemas/{SCHEMA}"}, "examples": {}}
    return {"description": description, "content": {MEDIA_TYPE: content}}


def _phrase(status: int) -> str:
    """The status in words; empty for a non-standard one."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
