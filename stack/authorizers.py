"""Which routes ask for a token at the gateway, as the API's DefinitionBody says; JWT authorizers alone are served.

The rest of an OpenAPI document would say what else a route does: it stops the start.
"""

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from typing import Any

from stack.cloudformation import TemplateError, is_intrinsic, refuse_unknown

IDENTITY_SOURCE = "$request.header.Authorization"
_PLACE = "DefinitionBody"


@dataclass(frozen=True, slots=True)
class Authorizer:
    """Whose tokens count, and for which audiences."""

    issuer: str
    audience: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Required:
    """What a guarded route asks for: a token that the authorizer takes, with one of these scopes if there are any."""

    authorizer: Authorizer
    scopes: tuple[str, ...] = ()


def guarded(definition: Any, routes: Set[str]) -> dict[str, Required]:
    """What each guarded route asks for, by its key; TemplateError for what is not served, and for a route of nobody."""
    members = _members(_PLACE, definition or {}, {"openapi", "info", "components", "paths"})
    components = _members(f"{_PLACE}.components", members.get("components", {}), {"securitySchemes"})
    schemes = {name: _authorizer(name, scheme) for name, scheme in components.get("securitySchemes", {}).items()}
    found: dict[str, Required] = {}
    for key, operation in _operations(members.get("paths", {})):
        if key not in routes:
            raise TemplateError(f"{_PLACE}: no function has {key}")
        if security := _members(key, operation, {"security"}).get("security"):
            found[key] = _required(key, security, schemes)
    return found


def _operations(paths: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for path, operations in paths.items():
        for method, operation in operations.items():
            yield f"{method.upper()} {path}", operation


def _required(key: str, security: Any, schemes: Mapping[str, Authorizer]) -> Required:
    if not isinstance(security, list) or len(security) != 1 or len(security[0]) != 1:
        raise TemplateError(f"{key}: one authorizer a route is served")
    ((name, scopes),) = security[0].items()
    if name not in schemes:
        raise TemplateError(f"{key}: there is no authorizer {name}")
    return Required(schemes[name], tuple(map(str, scopes)))


def _authorizer(name: str, scheme: Any) -> Authorizer:
    described = _members(name, scheme, {"type", "x-amazon-apigateway-authorizer"})
    own = described.get("x-amazon-apigateway-authorizer", {})
    if own.get("type") != "jwt":
        raise TemplateError(f"{name}: authorizers of type {own.get('type')} are not served")
    _members(name, own, {"type", "identitySource", "jwtConfiguration"})
    if own.get("identitySource") != IDENTITY_SOURCE:
        raise TemplateError(f"{name}: only tokens from {IDENTITY_SOURCE} are served")
    wanted = _members(name, own.get("jwtConfiguration", {}), {"issuer", "audience"})
    issuer, audience = wanted.get("issuer"), wanted.get("audience")
    if not isinstance(issuer, str) or not issuer:
        raise TemplateError(f"{name}: its issuer is missing, or known to AWS only")
    if not isinstance(audience, list) or not audience or not all(isinstance(one, str) and one for one in audience):
        raise TemplateError(f"{name}: its audience is missing, or known to AWS only")
    return Authorizer(issuer, tuple(audience))


def _members(place: str, value: Any, known: Set[str]) -> Mapping[str, Any]:
    if not isinstance(value, dict) or is_intrinsic(value):
        raise TemplateError(f"{place}: what it says is known to AWS only")
    refuse_unknown(place, value, known)
    return value
