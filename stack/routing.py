"""The gateway's own routing: which function a method and a path belong to.

Precedence: all parts literal, then path variables, then a greedy `{rest+}`, then $default; within
one of these an exact method before ANY, then more literal parts, then fewer variables. Nothing
matches, or only another method does: no route at all, so 404 and never 405.

Paths are split while still encoded, so that %2F never makes a segment; a trailing slash makes an
empty one, which no variable takes (*assumed*). A literal part is compared decoded (*assumed*).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import unquote

DEFAULT_ROUTE = "$default"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "ANY")
_legal_part = re.compile(r"\{[\w.-]+\+?\}|[a-zA-Z0-9._-]+").fullmatch
Target = TypeVar("Target")


@dataclass(frozen=True, slots=True)
class Route:
    """A method (or ANY) and a path in the gateway's syntax; `$default` is the path that takes the rest."""

    method: str
    path: str

    @property
    def key(self) -> str:
        """As it stands in an event's routeKey: "GET /projects/{project_id}/images"."""
        return DEFAULT_ROUTE if self.path == DEFAULT_ROUTE else f"{self.method} {self.path}"

    @property
    def parts(self) -> tuple[str, ...]:
        return tuple(self.path.split("/")[1:]) if self.path.strip("/") else ()

    @property
    def shape(self) -> tuple[str, str]:
        """Equal for two routes that the gateway cannot tell apart: names of variables don't count."""
        return self.method, re.sub(r"\{[^}+]*", "{", self.path)

    def objection(self) -> str | None:
        """Why the gateway rejects this route, or None if it takes it."""
        if self.method not in METHODS:
            return f"{self.method} is not one of {', '.join(METHODS)}"
        if self.path == DEFAULT_ROUTE:
            return None
        if not self.path.startswith("/"):
            return f"the path {self.path!r} does not begin with a slash"
        for part in self.parts:
            if not _legal_part(part):
                return f"the gateway rejects {part!r} in {self.path!r}"
        if any(part.endswith("+}") for part in self.parts[:-1]):
            return f"only the last part of {self.path!r} may be greedy"
        names = [part.strip("{+}") for part in self.parts if part.startswith("{")]
        return f"a variable of {self.path!r} occurs twice" if len(set(names)) != len(names) else None


@dataclass(frozen=True, slots=True)
class Match(Generic[Target]):
    """Where a request goes; path parameters are decoded, as they arrive in an event."""

    target: Target
    route: Route
    path_parameters: Mapping[str, str]


class _Pattern:
    """A route taken apart once, since every request is held against several."""

    def __init__(self, route: Route) -> None:
        self.route = route
        self._takes_all = route.path == DEFAULT_ROUTE
        self._greedy = route.path.endswith("+}")
        # Of each part the variable that it is, or the literal.
        self._parts = [(part.strip("{+}"), "") if part.startswith("{") else ("", part) for part in route.parts]
        # How many segments a path of it has; None for any number.
        self.length = None if self._takes_all or self._greedy else len(self._parts)
        # For a path in which nothing is escaped, which nearly every one is.
        named = "".join(
            f"/(?P<_{n}>[^/]+)" if name else f"/{re.escape(text)}" for n, (name, text) in enumerate(self._parts)
        )
        self._plain = re.compile(named).fullmatch if self.length is not None else None
        self._names = [name for name, _ in self._parts if name]

    def variables(self, path: str, segments: list[str]) -> dict[str, str] | None:
        """What a path, whole and in segments, gives each variable of the route; None if it is not the route's."""
        if self._plain and "%" not in path:
            found = self._plain(path)
            return None if found is None else dict(zip(self._names, found.groups(), strict=True))
        return self._unescaped(segments)

    def _unescaped(self, segments: list[str]) -> dict[str, str] | None:
        if self._takes_all:
            return {}
        count = len(self._parts)
        if self._greedy and len(segments) > count:
            segments = [*segments[: count - 1], "/".join(segments[count - 1 :])]
        if len(segments) != count:
            return None
        found = {}
        for (name, literal), segment in zip(self._parts, segments, strict=True):
            decoded = unquote(segment) if "%" in segment else segment
            if name and segment:
                found[name] = decoded
            elif name or literal not in (segment, decoded):
                return None
        return found


class Router(Generic[Target]):
    """Routes with what each leads to, asked in the gateway's order of precedence."""

    def __init__(self, routes: Iterable[tuple[Route, Target]]) -> None:
        ordered = sorted(routes, key=lambda item: _precedence(item[0]))
        self._routes = {
            method: [(_Pattern(route), target) for route, target in ordered if route.method in (method, "ANY")]
            for method in {route.method for route, _ in ordered} | {"ANY"}
        }
        self._of_length: dict[tuple[str, int], list[tuple[_Pattern, Target]]] = {}

    def match(self, method: str, encoded_path: str) -> Match[Target] | None:
        """The first route that takes this method and path (encoded, without query), or None."""
        segments = encoded_path.split("/")[1:] if encoded_path.strip("/") else []
        for pattern, target in self._candidates(method if method in self._routes else "ANY", len(segments)):
            if (found := pattern.variables(encoded_path, segments)) is not None:
                return Match(target, pattern.route, found)
        return None

    def _candidates(self, method: str, length: int) -> list[tuple[_Pattern, Target]]:
        """The routes that a path of so many segments may be, in order; kept for lengths that a route has."""
        if (kept := self._of_length.get((method, length))) is not None:
            return kept
        found = [item for item in self._routes[method] if item[0].length in (length, None)]
        if any(pattern.length == length for pattern, _ in found):
            self._of_length[method, length] = found
        return found


def _precedence(route: Route) -> tuple[int, int, int, int]:
    variables = sum(part.startswith("{") for part in route.parts)
    greedy = route.path.endswith("+}")
    rank = 3 if route.path == DEFAULT_ROUTE else 2 if greedy else 1 if variables else 0
    return rank, route.method == "ANY", variables - len(route.parts), variables
