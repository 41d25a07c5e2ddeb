"""Tokens: JWTs signed with HS256 and a shared secret; any language can make one.

Guarantees: only HS256 is accepted, whatever a token's header says. A token must expire, and no later than the settings
allow. The sentence that says what is wrong with a token repeats nothing of it.
"""

import time
from functools import lru_cache
from typing import Any, NamedTuple

from core.access.grants import Grant, from_claims
from core.access.keys import Keys
from core.errors import Unauthorized

ALGORITHM = "HS256"
LEEWAY = 30  # seconds by which clocks may differ
_OPTIONS: Any = {"require": ["exp"]} | dict.fromkeys(("verify_exp", "verify_nbf", "verify_iat", "verify_aud"), False)
_LONGEST = 4096  # characters of a token


class _Verified(NamedTuple):
    grant: Grant
    starts: float  # seconds since 1970
    ends: float


def verify(keys: Keys, token: str, longest_life: float) -> Grant:
    """Returns the token's grant; Unauthorized says why it is invalid. `longest_life` is in seconds."""
    found = _verified(tuple(keys.items()), token)
    now = time.time()
    if now >= found.ends + LEEWAY:
        raise Unauthorized("The token has expired.")
    if now < found.starts - LEEWAY:
        raise Unauthorized("The token is not valid yet.")
    if found.ends > now + longest_life + LEEWAY:
        raise Unauthorized(f"The token expires too late; at most {longest_life:g} seconds ahead are taken.")
    return found.grant


def mint(keys: Keys, seconds: float, **claims: Any) -> str:
    """A token with these claims that expires in `seconds`, signed with the first key."""
    import jwt  # only where it is needed: most functions verify no token while they start

    kid, key = next(iter(keys.items()))
    return jwt.encode({**claims, "exp": int(time.time() + seconds)}, key, ALGORITHM, headers={"kid": kid})


@lru_cache(maxsize=1024)  # a page of thumbs sends one token many times; the caller checks its times each time
def _verified(keys: tuple[tuple[str, bytes], ...], token: str) -> _Verified:
    import jwt

    if len(token) > _LONGEST:
        raise Unauthorized(f"The token has more than {_LONGEST} characters.")
    try:
        key = _key(dict(keys), jwt.get_unverified_header(token))
        # This result is cached, so the caller checks the times.
        claims = jwt.decode(token, key, algorithms=[ALGORITHM], options=_OPTIONS)
    except jwt.MissingRequiredClaimError:
        raise Unauthorized("The token has no claim `exp`.") from None
    except (jwt.PyJWTError, ValueError, RecursionError):
        raise Unauthorized("The token is not one that this service takes.") from None
    return _Verified(from_claims(claims), _time(claims, "nbf"), _time(claims, "exp"))


def _key(keys: dict[str, bytes], header: dict[str, Any]) -> bytes:
    """The key that the header names; without a name, the only key."""
    kid = header.get("kid")
    if kid is None and len(keys) == 1:
        return next(iter(keys.values()))
    if not isinstance(kid, str) or kid not in keys:
        raise Unauthorized("The token names no key (`kid`) of this service.")
    return keys[kid]


def _time(claims: dict[str, Any], name: str) -> float:
    value = claims.get(name, 0)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e12:
        raise Unauthorized(f"The token's claim `{name}` is no time.")
    return float(value)
