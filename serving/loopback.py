"""Without keys, one box serves the machine that it runs on, and nobody else.

Guarantees, while anyone who reaches the service may do everything:
- a request that names another host than this machine is refused, so a name that an attacker points at this
  machine (DNS rebinding) reaches nothing;
- a change that a web page of another machine asks for is refused, unless the template's CORS names its origin.
"""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import urlsplit

from core.access import deciding
from core.errors import Forbidden
from core.settings import Settings
from core.web.guard import Guard
from serving.asgi import App, Receive, Scope, Send

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def is_local(host: str | None) -> bool:
    """Whether a host name or address is this machine's own, whatever a name server says."""
    if host is None:
        return False
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def protected(app: App, settings: Settings, origins: Iterable[str]) -> App:
    """`app`, for this machine alone; unchanged where tokens decide, or where the settings say `public`."""
    if settings.public or not deciding.policy(settings).is_open:
        return app
    named = frozenset(origins) - {"*"}

    async def refuse(scope: Scope, receive: Receive, send: Send) -> None:
        raise Forbidden("Without keys this service answers its own machine alone; see docs/security.md.")

    refused = Guard(refuse)

    async def local(scope: Scope, receive: Receive, send: Send) -> None:
        allowed = scope["type"] != "http" or _is_allowed(scope, named)
        await (app if allowed else refused)(scope, receive, send)

    return local


def is_named_locally(scope: Scope) -> bool:
    """Whether a request asks for this machine by a name of its own."""
    return all(_names_here(b"//" + value) for name, value in scope["headers"] if name == b"host")


def _is_allowed(scope: Scope, origins: frozenset[str]) -> bool:
    changes = scope["method"] not in _SAFE
    for name, value in scope["headers"]:
        if name == b"host" and not _names_here(b"//" + value):
            return False
        if name == b"origin" and changes and not _names_here(value) and value.decode("latin-1") not in origins:
            return False
    return True


@lru_cache(maxsize=256)  # a client sends the same few with every request
def _names_here(url: bytes) -> bool:
    try:
        return is_local(urlsplit(url.decode("latin-1")).hostname)
    except ValueError:
        return False
