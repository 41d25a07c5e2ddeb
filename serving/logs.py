"""Logs of one box, on standard error: for people on a terminal, else one JSON object a line (as Lambda's own are).

Guarantees: nothing that a client sends reaches a terminal as anything but visible characters, and a JSON line is
plain ASCII; the same warning is written once a second at most, with the number of those that were left out.

Every request writes a line, and one that serves a thumb does little else: what is done here for
each record is done with as few steps as possible, and what no line shows is not found out.
"""

import json
import logging
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache

import msgspec

_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName", "color_message"}
_STANDARD_ERROR = 2
_OF_REQUEST = frozenset(("method", "path", "query", "status", "bytes", "ms", "client", "request", "image", "problem"))
_COLOURS = {2: "32", 3: "36", 4: "33", 5: "31"}  # of a status, by its first digit: green, cyan, yellow, red
_MOST_REMEMBERED = 1000  # warnings of the last second
_plain = logging.Formatter()
Layout = Callable[[logging.LogRecord], bytes]


class Handler(logging.Handler):
    """Writes each record as `layout` makes it."""

    def __init__(self, descriptor: int, layout: Layout) -> None:
        super().__init__()
        self._descriptor = descriptor
        self._layout = layout
        self._seen: dict[tuple[str, ...], tuple[float, int]] = {}  # when a warning was written, repeats since

    def handle(self, record: logging.LogRecord) -> bool:
        """Without logging's lock: a line is one write, which the kernel keeps whole."""
        if record.levelno < logging.WARNING or self._is_news(record):
            self.emit(record)
        return True

    def emit(self, record: logging.LogRecord) -> None:
        try:
            os.write(self._descriptor, self._layout(record) + b"\n")
        except Exception:
            self.handleError(record)

    def _is_news(self, record: logging.LogRecord) -> bool:
        """Whether the same was not written within a second; notes on the record how often it was left out before."""
        error = record.exc_info[1] if record.exc_info else None
        key = (record.name, record.getMessage(), repr(error))
        now = time.monotonic()
        written, left_out = self._seen.get(key, (-1.0, 0))
        if now < written + 1:
            self._seen[key] = written, left_out + 1
            return False
        if len(self._seen) > _MOST_REMEMBERED:
            self._seen.clear()
        self._seen[key] = now, 0
        if left_out:
            record.left_out = left_out
        return True


def as_json(record: logging.LogRecord) -> bytes:
    """The line of a record for machines; what JSON has no form for is written as its text."""
    line = {
        "timestamp": f"{_second(int(record.created))}.{int(record.msecs):03d}+00:00",
        "level": record.levelname,
        "logger": record.name,
        "message": record.getMessage(),
    }
    attributes = record.__dict__
    for name in attributes:
        if name not in _STANDARD:
            line[name] = attributes[name]
    if record.exc_info:
        line["trace"] = _plain.formatException(record.exc_info)
    try:
        encoded = msgspec.json.encode(line, enc_hook=str)
    except (ValueError, OverflowError):  # half of a pair of surrogates, as a token's `sub` may hold; a huge number
        encoded = json.dumps(line, default=str).encode()
    if not encoded.isascii():
        encoded = json.dumps(msgspec.json.decode(encoded)).encode()
    return encoded.replace(b"\x7f", b"\\u007f")


def as_text(record: logging.LogRecord, colours: bool = True) -> bytes:
    """The line of a record for people; an error's trace follows it."""
    clock = datetime.fromtimestamp(record.created).strftime("%H:%M:%S")
    extra = {name: value for name, value in record.__dict__.items() if name not in _STANDARD}
    if _OF_REQUEST & extra.keys() >= {"method", "path", "status"}:
        line = f"{clock}  {_request(extra, colours)}"
    else:
        more = "".join(f"  {name}={value}" for name, value in extra.items())
        line = f"{clock}  {record.levelname:<7}  {record.name}: {visible(record.getMessage() + more)}"
    trace = _plain.formatException(record.exc_info).splitlines() if record.exc_info else []
    return "\n".join([line, *map(visible, trace)]).encode()


def _request(fields: dict[str, object], colours: bool) -> str:
    status, query = int(str(fields["status"])), fields.get("query")
    target = f"{fields['path']}?{query}" if query else f"{fields['path']}"
    result = fields.get("image") or fields.get("problem") or ""
    shown = f"\x1b[{_COLOURS.get(status // 100, '0')}m{status}\x1b[0m" if colours else f"{status}"
    head = f"{fields['method']:<6}  {fields['ms']:>9.2f} ms  {_amount(int(str(fields['bytes']))):>8}"
    told = visible(f"{head}  {fields.get('client', '-')!s:<15}  {fields.get('request', '-')!s:<12}  {target}  {result}")
    return f"{shown}  {told}".rstrip()


def visible(text: str) -> str:
    """`text` with an escape for each character that is not seen as itself: controls, marks of direction, and such."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


def _amount(count: int) -> str:
    if count < 1000:
        return f"{count} B"
    return f"{count / 1000:.1f} kB" if count < 1_000_000 else f"{count / 1_000_000:.1f} MB"


@lru_cache(maxsize=2)
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def configure(level: str, descriptor: int = _STANDARD_ERROR) -> None:
    """Sends every logger's lines there, for people when it is a terminal; NO_COLOR is heeded."""
    # Together half the cost of a record, as the logging documentation says.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging._srcfile = None
    colours = not os.environ.get("NO_COLOR")
    layout: Layout = (lambda record: as_text(record, colours)) if os.isatty(descriptor) else as_json
    logging.basicConfig(level=level, handlers=[Handler(descriptor, layout)], force=True)
    logging.getLogger("filelock").setLevel(logging.WARNING)  # it logs each poll
    logging.getLogger("python_multipart").setLevel(logging.ERROR)  # of a malformed form the request's line tells
    logging.getLogger("uvicorn.access").disabled = True  # the guard writes the request's line
