"""CORS as the HTTP API answers it; functions know nothing of it.

The gateway answers a preflight itself (with 204, *assumed*), adds its headers to every response to
a request that names an allowed origin, and drops whatever CORS headers a function sent.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stack.cloudformation import TemplateError, is_intrinsic, refuse_unknown

Headers = list[tuple[str, str]]
_OF_CORS = {"AllowOrigins", "AllowMethods", "AllowHeaders", "ExposeHeaders", "MaxAge", "AllowCredentials"}


@dataclass(frozen=True, slots=True)
class Cors:
    """The gateway's CorsConfiguration; header names in lower case, max_age in seconds."""

    allow_origins: tuple[str, ...] = ()
    allow_methods: tuple[str, ...] = ()
    allow_headers: tuple[str, ...] = ()
    expose_headers: tuple[str, ...] = ()
    max_age: int | None = None
    allow_credentials: bool = False


def configuration(settings: Any) -> Cors | None:
    """What the API's CorsConfiguration says; None without one."""
    if settings is None or settings is False:
        return None
    if not isinstance(settings, dict) or is_intrinsic(settings):
        raise TemplateError("CorsConfiguration: give AllowOrigins and the other members one by one")
    refuse_unknown("CorsConfiguration", settings, _OF_CORS)
    return Cors(
        allow_origins=_listed(settings, "AllowOrigins"),
        allow_methods=_listed(settings, "AllowMethods"),
        allow_headers=tuple(name.lower() for name in _listed(settings, "AllowHeaders")),
        expose_headers=tuple(name.lower() for name in _listed(settings, "ExposeHeaders")),
        max_age=settings.get("MaxAge"),
        allow_credentials=bool(settings.get("AllowCredentials", False)),
    )


def _listed(settings: dict[str, Any], member: str) -> tuple[str, ...]:
    names = settings.get(member, [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise TemplateError(f"CorsConfiguration.{member}: a list of names is needed")
    return tuple(names)


def is_preflight(method: str, headers: Mapping[str, str]) -> bool:
    """Whether a request (header names in lower case) asks what a browser may send, rather than sends it."""
    return method == "OPTIONS" and "origin" in headers and "access-control-request-method" in headers


def preflight_headers(cors: Cors, headers: Mapping[str, str]) -> Headers:
    """What the answer to a preflight says; nothing for an origin that is not allowed (*assumed*)."""
    allowed = _origin_headers(cors, headers)
    if not allowed:
        return []
    if cors.allow_methods:
        allowed.append(("access-control-allow-methods", ",".join(cors.allow_methods)))
    if cors.allow_headers:
        allowed.append(("access-control-allow-headers", ",".join(cors.allow_headers)))
    if cors.max_age is not None:
        allowed.append(("access-control-max-age", str(cors.max_age)))
    return allowed


def apply(cors: Cors | None, request_headers: Mapping[str, str], response_headers: Headers) -> Headers:
    """A function's response headers as the gateway sends them on; unchanged without a configuration."""
    if cors is None:
        return response_headers
    kept = [(name, value) for name, value in response_headers if not name.startswith("access-control-")]
    allowed = _origin_headers(cors, request_headers)
    if allowed and cors.expose_headers:
        allowed.append(("access-control-expose-headers", ",".join(cors.expose_headers)))
    return kept + allowed


def _origin_headers(cors: Cors, headers: Mapping[str, str]) -> Headers:
    origin = headers.get("origin")
    if origin is None or not any(_names(allowed, origin) for allowed in cors.allow_origins):
        return []
    allowed = [("access-control-allow-origin", "*" if "*" in cors.allow_origins else origin)]
    if cors.allow_credentials:
        allowed.append(("access-control-allow-credentials", "true"))
    return allowed


def _names(allowed: str, origin: str) -> bool:
    """Whether an entry of AllowOrigins is `origin`: itself, `*`, or `https://*` and `http://*` for all of a scheme."""
    return origin.startswith(allowed[:-1]) if allowed in ("*", "https://*", "http://*") else origin == allowed
