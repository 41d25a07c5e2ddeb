"""One side of a comparison: asks the stack, or the emulator, and says what counts of the answer."""

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import SplitResult

from emulator.rows import UPLOAD, Pairs, Row

SECONDS = 60  # for a request; a gateway gives up after 30
COMPARED = (
    *("content-type", "cache-control", "vary", "accept-ranges", "content-range", "location", "allow", "retry-after"),
    *("access-control-allow-origin", "access-control-allow-methods", "access-control-allow-headers"),
    *("access-control-max-age", "access-control-expose-headers", "access-control-allow-credentials"),
    *("x-content-type-options", "tus-version", "tus-extension", "tus-resumable"),
)
# Where the value is each one's own, what counts is whether there is one.
PRESENT = ("etag", "last-modified", "content-length", "www-authenticate")


class NoComparison(Exception):
    """The stack or the emulator could not be asked; one sentence that says why."""


@dataclass
class Side:
    """The stack, or the emulator: where it is, and what names stand for."""

    url: SplitResult
    headers: Pairs = ()
    names: dict[str, str] = field(default_factory=dict)

    def ask(self, row: Row) -> tuple[int, Mapping[str, str], bytes]:
        """Status, headers (names in lower case) and body of the answer."""
        kind = HTTPSConnection if self.url.scheme == "https" else HTTPConnection
        connection = kind(self.url.netloc, timeout=SECONDS)
        try:
            connection.putrequest(row.method, self.url.path.rstrip("/") + self._filled(row.path))
            for name, value in (*self.headers, *row.headers):
                connection.putheader(name, self._filled(value))
            body = self._filled(row.body.decode("latin-1")).encode("latin-1")
            length = ("Transfer-Encoding", "chunked") if row.chunked else ("Content-Length", str(len(body)))
            if body or row.method in ("POST", "PUT"):
                connection.putheader(*length)
            with suppress(BrokenPipeError, ConnectionResetError):  # it has answered before it had read all
                connection.endheaders([body] if row.chunked else body or None, encode_chunked=row.chunked)
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    def seen(self, row: Row) -> dict[str, str]:
        """What counts of the answer: its status, its headers, and what kind of body it has."""
        try:
            status, headers, body = self.ask(row)
        except (OSError, HTTPException) as error:
            return {"status": f"no answer ({type(error).__name__})"}
        found = {"status": str(status), "body": _kind(headers.get("content-type", ""), body)}
        found |= {name: self._masked(headers[name]) for name in COMPARED if name in headers}
        present = PRESENT + (("apigw-requestid",) if row.about == "request id" else ())
        return found | {name: "present" for name in present if headers.get(name, "0") != "0"}

    def prepare(self) -> None:
        """Makes the project, with an image."""
        try:
            status, _, body = self.ask(UPLOAD)
            if status != 201:
                raise NoComparison(f"the upload to begin with was answered {status}")
            self.names["i"] = json.loads(body)["image_id"]
            self.names["etag"] = self.ask(Row("", "GET", "/projects/{p}/images/{i}"))[1].get("etag", '""')
        except (OSError, HTTPException, ValueError, KeyError) as error:
            raise NoComparison(f"the upload to begin with failed: {type(error).__name__}") from None

    def clean(self) -> bool:
        """Removes the project; whether that went well."""
        with suppress(OSError, HTTPException):
            return self.ask(Row("", "DELETE", "/projects/{p}"))[0] in (200, 404)
        return False

    def _filled(self, text: str) -> str:
        for name, value in self.names.items():
            text = text.replace(f"{{{name}}}", value)
        return text

    def _masked(self, text: str) -> str:
        for name in ("p", "i"):
            text = text.replace(self.names[name], f"{{{name}}}")
        text = re.sub(r"/images/\w+$", "/images/ANOTHER", text.replace(self.url.netloc, "HOST"))
        return re.sub(r"/\d+$", "/N", text)  # the length of a file, of which a range is: encoders differ


def _kind(content_type: str, body: bytes) -> str:
    if not body:
        return "no body"
    with suppress(ValueError):
        document = json.loads(body)
        if isinstance(document, dict):
            if document.keys() == {"message"}:
                return json.dumps(document)
            problem = content_type.startswith("application/problem+json")
            return f"problem {document.get('type')}" if problem else f"JSON of {', '.join(sorted(document))}"
    return f"{content_type.partition(';')[0] or 'bytes'} that begins with {body[:3].hex()}"
