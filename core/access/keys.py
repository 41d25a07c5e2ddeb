"""The secrets that sign tokens and URLs, each with a key id, so that a secret can be replaced without downtime.

A secret is written `kid:secret`, or without the key id when there is only one; several are separated by white space.
The first one signs; all of them verify.
"""

import hmac
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from core.errors import SettingsError
from core.settings import Settings

_SHORTEST = 32  # characters: HS256 needs a key of 256 bits (RFC 7518, 3.2)
_ONLY = "1"  # the key id of a secret without one
_kid = re.compile(r"([A-Za-z0-9._-]{1,64}):(.+)")

Keys = Mapping[str, bytes]  # by key id; the first one signs


def of(settings: Settings) -> Keys:
    """The keys in the settings, empty when there are none; SettingsError for an unreadable file or a weak secret."""
    secret, file = settings.secret, settings.secret_file
    if secret and file:
        raise SettingsError("IMGSRV_SECRET and IMGSRV_SECRET_FILE are both set: set one of them")
    if file:
        try:
            secret = Path(file).read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"IMGSRV_SECRET_FILE={file!r} cannot be read: {error}") from None
        if not secret.strip():
            raise SettingsError(f"IMGSRV_SECRET_FILE={file!r} holds no secret")
    keys: dict[str, bytes] = {}
    for text in secret.split():
        named = _kid.fullmatch(text)
        kid, key = (named[1], named[2]) if named else (_ONLY, text)
        if len(key) < _SHORTEST:
            raise SettingsError(f"the secret with key id {kid!r} has fewer than {_SHORTEST} characters")
        if kid in keys:
            raise SettingsError(f"two secrets have the key id {kid!r}: write each as kid:secret")
        keys[kid] = key.encode()
    return MappingProxyType(keys)


@lru_cache(maxsize=64)  # every read through a signed URL needs it
def for_urls(key: bytes) -> bytes:
    """The key that signs URLs: derived, so that a token's signature is never valid for a URL, or the reverse."""
    return hmac.digest(key, b"imgsrv signed URL", "sha256")
