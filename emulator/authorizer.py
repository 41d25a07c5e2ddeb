"""The gateway's JWT authorizer: which tokens pass, and what functions are told of them.

Follows AWS's "Control access to HTTP APIs with JWT authorizers": keys come from the issuer's `jwks_uri`, algorithms are
RSA's, `kid`, `iss`, `aud` (or `client_id` where there is no `aud`), `exp`, `nbf`, `iat` and scopes are looked at. What
the answers say beside 401, 403 and the error's name is *assumed*; so is that clocks may not differ.
"""

import asyncio
import json
import re
import time
import urllib.request
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from serving.loopback import is_local
from stack.authorizers import Authorizer, Required
from stack.cloudformation import TemplateError

_ALGORITHMS = ("RS256", "RS384", "RS512")
_KEPT = 7200  # seconds: "API Gateway can cache the public key for two hours"
_ASKED_AGAIN = 5  # seconds after which an unknown key is looked for once more (*assumed*)
_PATIENCE = 10  # seconds for an issuer's answer
_LARGEST = 1 << 20  # bytes of it


class Refused(Exception):
    """401 or 403, and what `www-authenticate` says."""

    def __init__(self, status: int, challenge: str) -> None:
        super().__init__(challenge)
        self.status = status
        self.challenge = challenge


class _Wrong(ValueError):
    """What is wrong with a token, in words of ours."""


class Verifier:
    """Verifies the tokens of one issuer; its keys are fetched once now: TemplateError if they cannot be had."""

    def __init__(self, authorizer: Authorizer) -> None:
        try:
            import cryptography  # noqa: F401 (what PyJWT verifies RSA's signatures with)
        except ModuleNotFoundError:
            raise TemplateError("an Issuer needs cryptography here: pip install cryptography") from None
        self._authorizer = authorizer
        self._fetched = 0.0  # of time.monotonic()
        self._refresh()

    async def verify(self, authorization: str | None, scopes: tuple[str, ...]) -> dict[str, Any]:
        """What stands in an event's requestContext.authorizer; Refused."""
        if not authorization:
            raise Refused(401, "Bearer")
        token = authorization.removeprefix("Bearer ").removeprefix("bearer ").strip()
        claims = await self._claims(token, " ".join(scopes))
        shown = _scopes(claims)
        if scopes and not shown & set(scopes):
            raise Refused(403, f'Bearer scope="{" ".join(scopes)}" error="insufficient_scope"')
        granted = sorted(shown & set(scopes)) or None
        return {"jwt": {"claims": {name: _text(value) for name, value in claims.items()}, "scopes": granted}}

    async def _claims(self, token: str, scope: str) -> dict[str, Any]:
        import jwt

        try:
            key = await self._key(jwt.get_unverified_header(token))
            options: Any = {"verify_aud": False, "require": ["iss", "exp"]}
            claims: dict[str, Any] = jwt.decode(
                token, key, algorithms=_ALGORITHMS, issuer=self._authorizer.issuer, options=options
            )
            _check_audience(claims, self._authorizer.audience)
        except (jwt.PyJWTError, ValueError, RecursionError) as error:
            described = f'error="invalid_token" error_description="{_description(error)}"'
            raise Refused(401, f'Bearer scope="{scope}" {described}') from None
        return claims

    async def _key(self, header: Mapping[str, Any]) -> Any:
        kid = header.get("kid")
        age = time.monotonic() - self._fetched
        if age > _KEPT or (kid not in self._keys and age > _ASKED_AGAIN):
            self._fetched = time.monotonic()
            with suppress(TemplateError):  # those that are known go on (*assumed*)
                await asyncio.to_thread(self._refresh)
        if kid not in self._keys:
            raise _Wrong("signing method or kid is invalid")
        return self._keys[kid]

    def _refresh(self) -> None:
        self._keys: dict[object, Any] = _keys(self._authorizer.issuer)
        self._fetched = time.monotonic()


def verifying(guarded: Mapping[str, Required]) -> dict[str, Callable[[str | None], Awaitable[dict[str, Any]]]]:
    """`Verifier.verify` for each guarded route, by its key; one verifier for each authorizer."""
    own = {one: Verifier(one) for one in {route.authorizer for route in guarded.values()}}
    return {key: partial(own[route.authorizer].verify, scopes=route.scopes) for key, route in guarded.items()}


def _keys(issuer: str) -> dict[object, Any]:
    """The issuer's RSA keys by `kid`; TemplateError when there are none to be had."""
    import jwt

    try:
        told = _fetch(f"{issuer.removesuffix('/')}/.well-known/openid-configuration")
        listed = _fetch(str(told["jwks_uri"]))["keys"]
        return {key["kid"]: jwt.PyJWK(key, "RS256").key for key in listed if key.get("kty") == "RSA" and "kid" in key}
    except (OSError, ValueError, KeyError, TypeError, jwt.PyJWTError) as error:
        raise TemplateError(f"the keys of the issuer {issuer} cannot be had: {error}") from None


def _fetch(url: str) -> Any:
    where = urlsplit(url)
    if where.scheme != "https" and not (where.scheme == "http" and is_local(where.hostname)):
        raise ValueError(f"{url} is not https")  # the gateway takes no other; here an issuer may be this machine
    with urllib.request.urlopen(url, timeout=_PATIENCE) as answer:  # noqa: S310  # nosec B310
        return json.loads(answer.read(_LARGEST))


def _check_audience(claims: Mapping[str, Any], wanted: tuple[str, ...]) -> None:
    shown = claims.get("aud", claims.get("client_id"))
    names = shown if isinstance(shown, list) else [shown]
    if not any(name in wanted for name in names):
        raise _Wrong("the token does not have a valid audience")


def _description(error: Exception) -> str:
    """What is wrong with a token, without a word of it: PyJWT's own sentences may quote it."""
    named = re.findall("[A-Z][a-z]*", type(error).__name__)
    return str(error) if isinstance(error, _Wrong) else " ".join(named).lower()


def _scopes(claims: Mapping[str, Any]) -> set[str]:
    shown = claims.get("scope", claims.get("scp", ""))
    return set(shown.split() if isinstance(shown, str) else map(str, shown))


def _text(value: Any) -> str:
    """A claim as events have it: text, a list in brackets with spaces between its items (observed for Cognito's)."""
    if isinstance(value, list):
        return f"[{' '.join(map(_text, value))}]"
    return value if isinstance(value, str) else json.dumps(value)
