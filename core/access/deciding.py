"""The one decision for every request: request -> Grant, before its body is read and before the disk is accessed.

Guarantees: with keys or an authorizer every change needs a token for its project; with private reads every read
needs a token or a signed URL. A refusal depends on the request alone, so it reveals nothing about what is stored.
"""

import hmac
import os
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from core.access import keys, tokens, urls
from core.access.grants import ANYTHING, Grant, from_gateway
from core.access.keys import Keys
from core.errors import Forbidden, SettingsError, Unauthorized
from core.settings import Settings

READS = frozenset({"read", "list"})
_READ = frozenset({"read"})
granted: ContextVar[Grant] = ContextVar("granted", default=ANYTHING)  # of the current request


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request asks for: a scope of a project (None: no particular project), and its credentials."""

    scope: str
    project: str | None = None
    path: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    authorization: str = ""
    claims: Mapping[str, Any] | None = None  # in a token that the gateway's authorizer has verified


@dataclass(frozen=True, slots=True)
class Policy:
    """What the settings require of a request, with the keys that they name; made once."""

    settings: Settings
    keys: Keys

    @property
    def is_open(self) -> bool:
        """Whether anybody may do anything without credentials."""
        return not self.keys and not self.settings.authorizer

    def needs_grant(self, scope: str) -> bool:
        """Whether a request for this scope needs credentials at all."""
        return not self.is_open and (self.settings.private_reads or scope not in READS)

    def came_by_edge(self, shown: bytes) -> bool:
        """Whether a request came through the CDN, or there is none; `shown` is the request's `x-edge-secret`."""
        secret = self.settings.edge_secret
        return not secret or hmac.compare_digest(shown, secret.encode())

    def decide(self, asked: Asked) -> Grant:
        """Returns what the request may do; raises Unauthorized or Forbidden."""
        if not self.needs_grant(asked.scope):
            return ANYTHING
        if asked.scope == "read" and "sig" in asked.parameters:
            return self._by_url(asked)
        grant = self._by_token(asked)
        if not grant.allows(asked.scope, asked.project):
            raise Forbidden(f"The token does not allow `{asked.scope}` here.")
        return grant

    def _by_url(self, asked: Asked) -> Grant:
        size = asked.parameters.get("size", "")
        if not self.keys or not urls.holds(self.keys, asked.path, size, asked.parameters):
            raise Forbidden("The signature of this URL does not hold, or has expired.")
        return Grant(asked.project or "", _READ)

    def _by_token(self, asked: Asked) -> Grant:
        if self.settings.authorizer and asked.claims is not None:
            return from_gateway(asked.claims, self.settings.project_claim, self.settings.scope_prefix)
        scheme, _, token = asked.authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthorized("This needs a token: Authorization: Bearer <token>.")
        if not self.keys:
            raise Unauthorized("Tokens are taken by the gateway's authorizer alone.")
        return tokens.verify(self.keys, token.strip(), self.settings.token_life)


def signer(settings: Settings) -> Callable[[str, str], str] | None:
    """A function of path and size that returns the query parameters of a signed URL, for a request that may read.

    None where reads need no token, and for a request that may not read itself.
    """
    found, expires = policy(settings), signed_until(settings)
    return None if expires is None else lambda path, size: urls.query(found.keys, path, size, expires)


def signed_until(settings: Settings) -> int | None:
    """The expiry of the URLs that `signer` signs now, in seconds since 1970; None where it signs none."""
    found = policy(settings)
    signs = found.keys and settings.private_reads and "read" in granted.get().scopes
    return urls.expiry(settings.url_life) if signs else None


@lru_cache(maxsize=8)
def policy(settings: Settings) -> Policy:
    """The policy of these settings; raises SettingsError when they contradict each other."""
    found = keys.of(settings)
    if not (found or settings.authorizer or settings.public) and "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
        raise SettingsError("a deployed function needs IMGSRV_SECRET, IMGSRV_AUTHORIZER=yes or IMGSRV_PUBLIC=yes")
    if settings.private_reads and not found:
        raise SettingsError("IMGSRV_PRIVATE_READS=yes needs IMGSRV_SECRET or IMGSRV_SECRET_FILE, which sign URLs")
    return Policy(settings, found)
