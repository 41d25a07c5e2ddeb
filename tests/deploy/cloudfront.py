"""A small model of CloudFront: what its documentation says of keys, ages, errors and purges.

Keys: path, and those parameters and headers that the cache policy lists (Controlling the cache key). Ages: s-maxage,
else max-age, within the policy's bounds; no-cache, no-store and private mean the minimum (Managing how long content
stays in the cache). Errors: kept for ErrorCachingMinTTL (Caching HTTP 4xx and 5xx status codes). Purges: paths, a
final * for any end (Specifying the files to invalidate). HEAD is answered from what GET stored.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx

Origin = Callable[[str, str, dict[str, str]], httpx.Response]


@dataclass
class Kept:
    response: httpx.Response
    until: float


class Edge:
    """One edge before `origin`, as a distribution's cache behaviour and its cache policy configure it."""

    def __init__(self, origin: Origin, policy: dict[str, Any], errors: dict[int, int]) -> None:
        self.now = 0.0
        self.asked = 0  # times that the origin was
        self._origin, self._policy, self._errors = origin, policy, errors
        self._kept: dict[tuple[object, ...], Kept] = {}

    def request(self, method: str, url: str, **headers: str) -> httpx.Response:
        """What a viewer gets."""
        if method not in ("GET", "HEAD"):
            return self._ask(method, url, headers)
        key = self._key(url, headers)
        kept = self._kept.get(key)
        if kept is None or kept.until <= self.now:
            response = self._ask("GET", url, headers)
            kept = self._kept[key] = Kept(response, self.now + self._age(response))
        return kept.response

    def purge(self, *paths: str) -> None:
        """Removes every object whose URL one of the paths names."""
        patterns = [
            re.compile(re.escape(path.removesuffix("*")) + (".*" if path.endswith("*") else "")) for path in paths
        ]
        self._kept = {k: v for k, v in self._kept.items() if not any(p.fullmatch(str(k[0])) for p in patterns)}

    def _ask(self, method: str, url: str, headers: dict[str, str]) -> httpx.Response:
        self.asked += 1
        return self._origin(method, url, headers)

    def _key(self, url: str, headers: dict[str, str]) -> tuple[object, ...]:
        parts = urlsplit(url)
        inside = self._policy["ParametersInCacheKeyAndForwardedToOrigin"]
        listed = inside["QueryStringsConfig"].get("QueryStrings", [])
        query = urlencode([pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] in listed])
        names = [name.lower() for name in inside["HeadersConfig"].get("Headers", [])]
        values = tuple(headers.get(name, "") for name in names)
        return (parts.path + (f"?{query}" if query else ""), *values)

    def _age(self, response: httpx.Response) -> float:
        if response.status_code >= 400:
            return self._errors.get(response.status_code, 10)
        says = dict(part.strip().partition("=")[::2] for part in response.headers.get("cache-control", "").split(","))
        if says.keys() & {"no-cache", "no-store", "private"}:
            return float(self._policy["MinTTL"])
        said = says.get("s-maxage") or says.get("max-age") or self._policy["DefaultTTL"]
        return min(max(float(said), self._policy["MinTTL"]), self._policy["MaxTTL"])
