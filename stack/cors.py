"""CORS as the HTTP API answers it; functions know nothing of it.

The gateway answers a preflight itself (with 204, *assumed*), adds its headers to every response to
a request that names an allowed origin, and drops whatever CORS headers a function sent.
"""

from collections.abc import Mapping

from stack.template import Cors

Headers = list[tuple[str, str]]


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
