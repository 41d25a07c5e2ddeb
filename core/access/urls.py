"""Signed URLs: whoever has one may read one picture in one size until it expires.

The signature covers the path, the size and the expiry (HMAC-SHA256) and is compared in constant time. Expiries are
rounded, so that a reloaded page has the same URLs and the browser's cache can serve them.
"""

import hmac
import time
from base64 import urlsafe_b64encode
from collections.abc import Mapping

from core.access.keys import Keys, for_urls

_LENGTH = 24  # characters of a signature: 144 bits


def expiry(seconds: float) -> int:
    """A time at least `seconds` and less than twice that ahead, in seconds since 1970; the same for a while."""
    step = max(int(seconds), 1)
    return (int(time.time()) // step + 2) * step


def query(keys: Keys, path: str, size: str, expires: int) -> str:
    """The parameters that allow reading `path` in `size` until `expires`: `exp=...&sig=...`."""
    return f"exp={expires}&sig={_signature(next(iter(keys.values())), path, size, expires)}"


def holds(keys: Keys, path: str, size: str, parameters: Mapping[str, str]) -> bool:
    """Whether a request's parameters are a valid signature of this path and size, and have not expired."""
    expires, signature = parameters.get("exp", ""), parameters.get("sig", "")
    if not (expires.isascii() and expires.isdecimal() and len(expires) < 12 and signature.isascii()):
        return False
    if int(expires) <= time.time():
        return False
    wanted = [_signature(key, path, size, int(expires)) for key in keys.values()]
    return any(hmac.compare_digest(signature, one) for one in wanted)


def _signature(key: bytes, path: str, size: str, expires: int) -> str:
    message = f"{path}\n{size}\n{expires}".encode()
    return urlsafe_b64encode(hmac.digest(for_urls(key), message, "sha256"))[:_LENGTH].decode()
