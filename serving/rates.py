"""How many requests a client may send in a minute: past that it is answered 429, and every answer says what is left.

A client is the subject of its token, or else its address; of IPv6 the network that one customer has (/64). A minute's
quota is there at first and comes back evenly, so who pauses may send some at once. The fields are those of
draft-ietf-httpapi-ratelimit-headers-10. Each server process counts for itself.
"""

import math
import time
from collections.abc import Iterable
from contextlib import suppress
from ipaddress import IPv6Address, ip_address

from core.access import deciding, tokens
from core.errors import TooManyRequests, Unauthorized
from core.settings import Settings
from core.web.guard import Guard
from serving.asgi import App, Message, Receive, Scope, Send

_WINDOW = 60  # seconds
_MOST = 100_000  # clients that are remembered


class Meter:
    """A quota for each client: one that has used nothing for a minute has all of it. `now` is monotonic, in seconds."""

    def __init__(self, name: str, quota: int) -> None:
        self.name, self.quota = name, quota
        self._full_at: dict[str, float] = {}  # when a client has its whole quota again; the longest unseen first

    def wait(self, client: str, now: float) -> float:
        """Seconds until the client may send one more; 0 for at once."""
        return max(self._debt(client, now) + _WINDOW / self.quota - _WINDOW, 0)

    def take(self, client: str, now: float) -> None:
        """Uses one."""
        debt = self._debt(client, now) + _WINDOW / self.quota
        self._full_at.pop(client, None)
        self._full_at[client] = now + debt
        if len(self._full_at) > _MOST:
            del self._full_at[next(iter(self._full_at))]

    def policy(self) -> str:
        return f'"{self.name}";q={self.quota};w={_WINDOW}'

    def standing(self, client: str, now: float) -> str:
        """What is left, and the seconds until all of it is back."""
        debt = self._debt(client, now)
        left = int((_WINDOW - debt) * self.quota / _WINDOW + 1e-6)
        return f'"{self.name}";r={left};t={math.ceil(debt)}'

    def _debt(self, client: str, now: float) -> float:
        return max(self._full_at.get(client, 0) - now, 0)


def limited(app: App, settings: Settings) -> App:
    """`app` for so many requests and uploads a minute as the settings say; unchanged where they say nothing."""
    requests, uploads = settings.requests_per_minute, settings.uploads_per_minute
    of_requests = [Meter("requests", requests)] if requests else []
    of_uploads = [*of_requests, *([Meter("uploads", uploads)] if uploads else [])]
    if not of_uploads:
        return app

    async def counted(scope: Scope, receive: Receive, send: Send) -> None:
        meters = [] if scope["type"] != "http" else of_uploads if _is_upload(scope) else of_requests
        if not meters:
            await app(scope, receive, send)
            return
        client, now = _client(scope, settings), time.monotonic()
        wait = max(meter.wait(client, now) for meter in meters)
        if not wait:
            for meter in meters:
                meter.take(client, now)
        fields = _fields(meters, client, now)

        async def answered(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], *fields]}
            await send(message)

        await (_refused(wait) if wait else app)(scope, receive, answered)

    return counted


def _refused(wait: float) -> App:
    async def refuse(scope: Scope, receive: Receive, send: Send) -> None:
        error = TooManyRequests("Too many requests from here within a minute; the fields RateLimit say how many.")
        error.retry_after = math.ceil(wait)
        raise error

    return Guard(refuse)


def _fields(meters: Iterable[Meter], client: str, now: float) -> list[tuple[bytes, bytes]]:
    policy = ", ".join(meter.policy() for meter in meters)
    standing = ", ".join(meter.standing(client, now) for meter in meters)
    return [(b"ratelimit-policy", policy.encode()), (b"ratelimit", standing.encode())]


def _is_upload(scope: Scope) -> bool:
    """What the template throttles as one, too: a whole upload, the creation of one in parts, and a part."""
    path = scope["path"]
    return scope["method"] in ("POST", "PATCH") and (path.endswith("/images") or "/uploads" in path)


def _client(scope: Scope, settings: Settings) -> str:
    policy = deciding.policy(settings)
    for name, value in scope["headers"] if policy.keys else ():
        if name == b"authorization":
            with suppress(Unauthorized):
                token = value.decode("latin-1").partition(" ")[2].strip()
                if subject := tokens.verify(policy.keys, token, settings.token_life).subject:
                    return f"subject {subject}"
    return _network(scope["client"][0] if scope.get("client") else "")


def _network(address: str) -> str:
    with suppress(ValueError):
        found = ip_address(address)
        if isinstance(found, IPv6Address) and found.ipv4_mapped is None:
            return f"{found.exploded[:19]}/64"
    return address
