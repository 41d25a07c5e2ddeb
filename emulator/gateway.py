"""The HTTP API in front of a runtime: limits, preflight, routing, authorizer, event, invocation, response.

Every way to fail has the status and the body that the deployed gateway answers with; nothing of a
function's own error reaches the client.
"""

import asyncio
import json
import logging
import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Protocol

from emulator import limits
from emulator.authorizer import Refused, verifying
from emulator.event import BODILESS, Arrival, BadResult, Request, Response, to_event, to_response
from stack import cors
from stack.functions import Function
from stack.routing import Match
from stack.template import Template

log = logging.getLogger("emulator.gateway")


class InvocationError(Exception):
    """The function gave no result: it raised, crashed, timed out, or its result was too large."""


class Throttled(Exception):
    """As many of the function run as may; it was not invoked."""


class Runtime(Protocol):
    """Runs functions: as calls in this process (event_runtime.py), or in Lambda's own runtime (lambda_runtime.py)."""

    async def invoke(self, function: Function, event: bytes, arrival: Arrival) -> bytes:
        """The function's result for one event, both JSON; InvocationError or Throttled if there is none."""

    async def stop(self) -> None:
        """Called after the last invocation."""


def arrive() -> Arrival:
    """A new request's identity, of the forms that the service uses."""
    now = datetime.now(UTC)
    trace = f"Root=1-{int(now.timestamp()):08x}-{secrets.token_hex(12)}"
    return Arrival(secrets.token_urlsafe(11) + "=", trace, now)


class Gateway:
    """Answers requests as the template's HTTP API does, its functions run by `runtime`."""

    def __init__(self, template: Template, runtime: Runtime, arrive: Callable[[], Arrival] = arrive) -> None:
        self._router = template.router()
        self._cors = template.cors
        self._verifying = verifying(template.guarded)
        self._runtime = runtime
        self._arrive = arrive

    async def answer(self, request: Request) -> Response:
        """The response to one request; never raises for anything that client or function did."""
        arrival = self._arrive()
        headers = dict(request.headers)
        if self._cors is not None and cors.is_preflight(request.method, headers):
            response = Response(204, cors.preflight_headers(self._cors, headers))
        else:
            response = await self._route(request, arrival)
            response = replace(response, headers=cors.apply(self._cors, headers, response.headers))
        return _finished(request, response, arrival)

    async def _route(self, request: Request, arrival: Arrival) -> Response:
        if _head_length(request) > limits.REQUEST_HEAD:
            return error(431)
        match = self._router.match(request.method, request.path)
        if match is None:
            return error(404)
        try:
            authorizer = await self._authorize(request, match.route.key)
        except Refused as refused:
            response = error(refused.status)
            return replace(response, headers=[*response.headers, ("www-authenticate", refused.challenge)])
        if len(request.body) > limits.REQUEST_BODY:
            return error(413)
        event = json.dumps(to_event(request, match, arrival, authorizer), ensure_ascii=False).encode()
        return error(413) if len(event) > limits.PAYLOAD else await self._invoke(match, event, arrival)

    async def _authorize(self, request: Request, key: str) -> dict[str, Any] | None:
        """What functions are told of the token of a route that asks for one; Refused."""
        verify = self._verifying.get(key)
        return await verify(request.header("authorization")) if verify else None

    async def _invoke(self, match: Match[Function], event: bytes, arrival: Arrival) -> Response:
        try:
            async with asyncio.timeout(limits.here(limits.INTEGRATION_TIMEOUT)):
                result = await self._runtime.invoke(match.target, event, arrival)
            return to_response(json.loads(result))
        except (TimeoutError, Throttled):
            return error(503)  # (*assumed* for a function that is throttled: 429 by some sources)
        except (InvocationError, BadResult, json.JSONDecodeError) as failure:
            log.error("%s: %s: %s", match.target.logical_id, arrival.request_id, failure)
            return error(500)


MESSAGES = {
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    413: "Request Entity Too Large",
    431: "Request Header Fields Too Large",  # status and body *assumed*
    500: "Internal Server Error",
    503: "Service Unavailable",
}


def error(status: int) -> Response:
    """The gateway's own answer for a failure."""
    body = json.dumps({"message": MESSAGES[status]}, separators=(",", ":"))
    return Response(status, [("content-type", "application/json")], body.encode())


def _finished(request: Request, response: Response, arrival: Arrival) -> Response:
    """With the gateway's own headers; a HEAD keeps the length that the function named (*assumed*)."""
    own = ("apigw-requestid", arrival.request_id)
    if request.method == "HEAD" and response.status not in BODILESS:
        return Response(response.status, [*response.headers, own])
    kept = [(name, value) for name, value in response.headers if name != "content-length"]
    if response.status in BODILESS:
        return Response(response.status, [*kept, own])
    return Response(response.status, [*kept, ("content-length", str(len(response.body))), own], response.body)


def _head_length(request: Request) -> int:
    """What AWS counts of a head: the request line and the values of headers, without their names."""
    target = f"{request.path}?{request.query}" if request.query else request.path
    return len(f"{request.method} {target} HTTP/1.1") + sum(len(value) for _, value in request.headers)
