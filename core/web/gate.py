"""Gate: between the guard and the routes. Every request passes it, and it alone checks permissions.

It decides by the request's head, before its body is read; core/access has the rules.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from core import settings
from core.access import deciding
from core.access.deciding import Asked
from core.errors import Forbidden, InvalidProjectId
from core.web.query import parameters

Needs = str | None | Callable[[str, str], str | None]  # a scope, or a function of method and path that returns one


class Gate:
    """Passes permitted requests on to `app`; `needs` is the scope that they must have."""

    def __init__(self, app: ASGIApp, needs: Needs) -> None:
        self._app = app
        self._needs = needs
        self._policy = deciding.policy(settings.current())

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] == "http":
            if not scope["path"].isprintable():
                # A route's pattern ends with $, which also matches before a newline, so the path that is checked
                # and the path that is answered could differ.
                raise InvalidProjectId("No id has a character that cannot be printed, as this path has.")
            if self._policy.settings.edge_secret and not self._policy.came_by_edge(_header(scope, b"x-edge-secret")):
                raise Forbidden("This service is reached through its CDN alone.")
            needed = self._needs(scope["method"], _path(scope)) if callable(self._needs) else self._needs
            if needed is not None and self._policy.needs_grant(needed):
                deciding.granted.set(self._policy.decide(_asked(scope, needed)))
        return self._app(scope, receive, send)


def _asked(scope: Scope, needed: str) -> Asked:
    path = _path(scope)
    parts = path.split("/", 3)  # "", "projects", the id, the rest
    return Asked(
        scope=needed,
        project=parts[2] if len(parts) > 2 else None,
        path=path,
        parameters=parameters(scope["query_string"]),
        authorization=_header(scope, b"authorization").decode("latin-1"),
        claims=_claims(scope.get("aws.event") or {}),
    )


def _header(scope: Scope, name: bytes) -> bytes:
    """The value of a header; empty when it is missing or sent more than once."""
    values = [value for key, value in scope["headers"] if key == name]
    return values[0] if len(values) == 1 else b""


def _path(scope: Scope) -> str:
    """The path below the one under which this app is mounted."""
    path, root = str(scope["path"]), str(scope.get("root_path", ""))
    return path[len(root) :] if path.startswith(f"{root}/") else path


def _claims(event: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The claims of a token that the gateway's authorizer has verified; nobody else can set them."""
    claims = ((event.get("requestContext") or {}).get("authorizer") or {}).get("jwt") or {}
    return claims.get("claims")
