"""HTTP request -> payload 2.0 event, and a function's result -> HTTP response; pure.

Where the service was not observed and its documentation is silent, the line says *assumed*.
"""

import base64
import binascii
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, unquote

from stack.routing import Match

Headers = list[tuple[str, str]]
ACCOUNT_ID = "123456789012"
API_ID = "local"
# The Host that a function sees, whatever the client sent; with an IPv6 address in its place Mangum would fail.
DOMAIN = f"{API_ID}.execute-api.local-1.amazonaws.com"
TEXT = re.compile(r"text/.*|application/(json|xml|javascript)").fullmatch
BODILESS = (204, 304)
_HOP_BY_HOP = {"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"}
# The gateway sets these itself.
_REPLACED = {"cookie", "host", "content-length", "x-forwarded-for", "x-forwarded-port", "x-forwarded-proto"}


@dataclass(frozen=True, slots=True)
class Request:
    """As it came: path and query still encoded, header names in lower case and in their order."""

    method: str
    path: str
    query: str = ""
    headers: Headers = field(default_factory=list)
    body: bytes = b""
    source_ip: str = "127.0.0.1"
    prefix: str = ""  # the base path of a custom domain, which a function sees and routes do not

    def header(self, name: str) -> str | None:
        """All values under a lower-case name joined with a comma, or None."""
        values = [value for key, value in self.headers if key == name]
        return ",".join(values) if values else None


@dataclass(frozen=True, slots=True)
class Response:
    """As it leaves: header names in lower case, `body` exactly what is sent."""

    status: int
    headers: Headers = field(default_factory=list)
    body: bytes = b""


class BadResult(Exception):
    """A function's result has a shape that the gateway does not take; the client sees a 500."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """What the gateway adds to a request: its id, the trace it belongs to, and when it came."""

    request_id: str
    trace_id: str
    time: datetime


def to_event(
    request: Request, match: Match[Any], arrival: Arrival, authorizer: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The event that the matched function is given; members without a value are left out (*assumed*)."""
    path = request.prefix + decoded_path(request.path)
    event = {
        "version": "2.0",
        "routeKey": match.route.key,
        "rawPath": path,
        "rawQueryString": request.query,
        "cookies": _cookies(request),
        "headers": _headers(request, arrival),
        "queryStringParameters": _joined(parse_qsl(request.query, keep_blank_values=True)),
        "requestContext": {
            "accountId": ACCOUNT_ID,
            "apiId": API_ID,
            **({"authorizer": authorizer} if authorizer else {}),
            "domainName": DOMAIN,
            "domainPrefix": API_ID,
            "http": {
                "method": request.method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": request.source_ip,
                "userAgent": request.header("user-agent") or "",
            },
            "requestId": arrival.request_id,
            "routeKey": match.route.key,
            "stage": "$default",
            "time": arrival.time.astimezone(UTC).strftime("%d/%b/%Y:%H:%M:%S +0000"),
            "timeEpoch": int(arrival.time.timestamp() * 1000),
        },
        "pathParameters": dict(match.path_parameters),
        **_body(request),
    }
    return {name: value for name, value in event.items() if value or name in ("rawQueryString", "isBase64Encoded")}


def decoded_path(encoded: str) -> str:
    """A path as events carry it: decoded once, and cut where a `?` was encoded."""
    return unquote(encoded).partition("?")[0]


def to_response(result: Any) -> Response:
    """What the client is sent for a function's result (parsed JSON); BadResult when it has a wrong shape."""
    if not isinstance(result, dict) or "statusCode" not in result:
        return Response(200, [("content-type", "application/json")], json.dumps(result).encode())
    status = result["statusCode"]
    if not isinstance(status, int) or isinstance(status, bool) or not 100 <= status <= 599:
        raise BadResult(f"statusCode {status!r}")
    headers = _result_headers(result.get("headers") or {})
    if status not in BODILESS and not any(name == "content-type" for name, _ in headers):  # (*assumed* for these)
        headers.append(("content-type", "text/plain; charset=utf-8"))
    cookies = result.get("cookies") or []
    if not isinstance(cookies, list) or not all(isinstance(cookie, str) for cookie in cookies):
        raise BadResult(f"cookies {cookies!r}")
    return Response(status, headers + [("set-cookie", cookie) for cookie in cookies], _result_body(result))


def _headers(request: Request, arrival: Arrival) -> dict[str, str]:
    forwarded = request.header("x-forwarded-for")
    passed_on = (pair for pair in request.headers if pair[0] not in _HOP_BY_HOP | _REPLACED)
    return _joined(passed_on) | {
        "host": DOMAIN,
        "content-length": str(len(request.body)),
        "x-amzn-trace-id": arrival.trace_id,
        "x-forwarded-for": f"{forwarded}, {request.source_ip}" if forwarded else request.source_ip,  # (*assumed*)
        "x-forwarded-port": "443",
        "x-forwarded-proto": "https",
    }


def _cookies(request: Request) -> list[str]:
    pairs = [pair.strip() for name, value in request.headers if name == "cookie" for pair in value.split(";")]
    return [pair for pair in pairs if pair]


def _joined(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The value of each name; those of a name that comes more than once have commas between them."""
    joined: dict[str, str] = {}
    for name, value in pairs:
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


def _body(request: Request) -> dict[str, Any]:
    """Plain for the few text types, base64 for all else, a missing type and undecodable text (*assumed*) included."""
    media_type = (request.header("content-type") or "").partition(";")[0].strip().lower()
    if TEXT(media_type):
        try:
            return {"body": request.body.decode("utf-8"), "isBase64Encoded": False}
        except UnicodeDecodeError:
            pass
    return {"body": base64.b64encode(request.body).decode("ascii"), "isBase64Encoded": bool(request.body)}


def _result_headers(given: Any) -> Headers:
    if not isinstance(given, dict):
        raise BadResult(f"headers {given!r}")
    if not all(isinstance(value, str | int | float) for value in given.values()):
        raise BadResult("a header's value is neither text nor a number")
    return [(name.lower(), _header_text(value)) for name, value in given.items()]


def _header_text(value: str | int | float) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _result_body(result: Mapping[str, Any]) -> bytes:
    body = result.get("body") or ""
    if not isinstance(body, str):
        raise BadResult(f"body of type {type(body).__name__}")
    if not result.get("isBase64Encoded"):
        return body.encode("utf-8")
    try:
        return base64.b64decode(body, validate=True)
    except binascii.Error as error:
        raise BadResult(f"body is not base64: {error}") from None
