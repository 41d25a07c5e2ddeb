"""An HTTP request and response as plain values, between the socket and the gateway."""

from dataclasses import dataclass, field

Headers = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Request:
    """As it came: path and query still encoded, header names in lower case and in their order."""

    method: str
    path: str
    query: str = ""
    headers: Headers = field(default_factory=list)
    body: bytes = b""
    source_ip: str = "127.0.0.1"

    def header(self, name: str) -> str | None:
        """All values under a lower-case name joined with a comma, or None."""
        values = [value for key, value in self.headers if key == name]
        return ",".join(values) if values else None


@dataclass(frozen=True, slots=True)
class Response:
    """As it leaves: header names in lower case, `body` exactly what is sent."""

    status: int
    headers: Headers = field(default_factory=list)
    body: bytes = b""
