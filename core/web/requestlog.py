"""The line of every request in the log `imgsrv.request`: what was requested, by whom, and the result.

No line holds a token, a signature, or the whole id of an upload.
A line's `request` is the gateway's id of the request, or our own.
"""

import itertools
import logging
import re
import secrets
import time
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import unquote_plus

from starlette.types import Scope

from core import measures
from core.access.deciding import granted
from core.errors import ServiceError

ROUTE = "imgsrv.route"  # a key in the request's scope: the template's route that it matched, "GET /healthz"
_log = logging.getLogger("imgsrv.request")
_SAME = vars(logging.LogRecord(_log.name, logging.INFO, __file__, 0, "", None, None))  # in all records of this log
_SECRET = frozenset(("sig", "token", "access_token", "authorization", "jwt"))  # parameters that nobody may read
_jwt = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]*")  # a JWT, wherever it is in a URL
_MAKING = ("POST", "PATCH")  # the methods that may make an image
_upload_id = re.compile(r"(?<=/uploads/)([0-9a-f]{8})[0-9a-f]{24}")
_process = secrets.token_hex(4)
_numbers = itertools.count(1)


class _Record(logging.LogRecord):
    """A record of the present moment; making a LogRecord anew costs more than reading a thumb."""

    def __init__(self, message: str, **fields: object) -> None:
        now = time.time()
        self.__dict__.update(_SAME, msg=message, created=now, msecs=now * 1000 % 1000, **fields)


class Line:
    """One request's line while it is being answered; `write` ends it."""

    def __init__(self, scope: Scope) -> None:
        self.status = self.sent = 0
        self.problem: str | None = None
        self.headers: Iterable[tuple[bytes, bytes]] = ()  # of the answer
        self._scope = scope
        self._began = time.perf_counter()
        event = scope.get("aws.event")
        # A random part per process and a counter per request: a tenth of the cost of a random id per request.
        self._id = _id_of(event) if event else f"{_process}-{next(_numbers)}"

    def failed(self, error: Exception) -> None:
        """Records the kind of problem; a fault of our own is logged with its traceback."""
        self.problem = getattr(error, "slug", type(error).__name__)
        if isinstance(error, ServiceError):
            if error.__cause__ is not None:
                _log.warning("%s: %r", error.slug, error.__cause__, extra={"request": self._id})
        elif getattr(error, "status_code", 500) >= 500:
            self.problem = "internal-error"
            _log.error("unexpected error", exc_info=error, extra={"request": self._id})

    def measure(self) -> None:
        """Measures the request: its route, its status and its time."""
        taker = measures.taker()
        if taker is None:
            return
        event = self._scope.get("aws.event")
        route = str(event.get("routeKey", "")) if event else self._scope.get(ROUTE, "")
        taker.take(measures.LATENCY, time.perf_counter() - self._began, (route,))
        if self.problem is not None:
            taker.take(measures.PROBLEMS, 1, (self.problem,))
        taker.take(measures.REQUESTS, 1, (route, str(self.status)))
        taker.flush()

    def write(self) -> None:
        """Logs the line. It does not use Logger.info, whose search for the caller would double the cost."""
        if not _log.isEnabledFor(logging.INFO):
            return
        scope, status, query = self._scope, self.status, self._scope["query_string"]
        method, path = scope["method"], _shown(scope["path"])
        ms = round((time.perf_counter() - self._began) * 1000, 2)
        record = _Record(
            f"{method} {path} {status}",
            method=method,
            path=path,
            status=status,
            bytes=self.sent,
            ms=ms,
            request=self._id,
        )
        fields = record.__dict__
        if client := scope.get("client"):
            fields["client"] = client[0]
        if query:
            fields["query"] = masked(query)
        if subject := granted.get().subject:
            fields["subject"] = subject
        if self.problem is not None:
            fields["problem"] = self.problem
        if method in _MAKING and (image := _made(self.headers)):
            fields["image"] = image
        _log.handle(record)


@lru_cache(maxsize=256)  # nearly all queries are one of a few
def masked(query: bytes) -> str:
    """`query` with `***` for the values of tokens and signatures."""
    pairs = [pair.partition("=") for pair in query.decode("latin-1").split("&")]
    text = "&".join(
        f"{name}=***" if unquote_plus(name).lower() in _SECRET else name + equals + value
        for name, equals, value in pairs
    )
    return _jwt.sub("***", text)


def _id_of(event: dict[str, object]) -> str:
    context = event.get("requestContext")
    return str(context.get("requestId")) if isinstance(context, dict) else ""


def _made(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The id of the image in an answer: an upload has it in its Location, a resumable upload in a header."""
    fields = dict(headers)
    location = fields.get(b"location", b"").rpartition(b"/images/")
    return (fields.get(b"upload-image-id") or (location[2] if location[1] else b"")).decode("latin-1")


def _shown(path: str) -> str:
    """`path` with only the first quarter of an upload's id, since the whole id allows continuing it; no token."""
    shown = _upload_id.sub(r"\1...", path) if "/uploads/" in path else path
    return _jwt.sub("***", shown) if "eyJ" in shown else shown
