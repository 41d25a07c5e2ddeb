"""Logs on the local server: one JSON object a line, as Lambda's own JSON log format has them.

Every request writes a line, and one that serves a thumb does little else: what is done here for
each record is done with as few steps as possible, and what no line shows is not found out.
"""

import logging
import os
from datetime import UTC, datetime
from functools import lru_cache

import msgspec

_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName", "color_message"}
_STANDARD_ERROR = 2
_plain = logging.Formatter()


class JsonHandler(logging.Handler):
    """Writes a record as JSON: timestamp, level, logger, message, whatever `extra` carries, and a trace if any."""

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self._descriptor = descriptor

    def handle(self, record: logging.LogRecord) -> bool:
        """Without logging's lock: a line is one write, which the kernel keeps whole."""
        self.emit(record)
        return True

    def emit(self, record: logging.LogRecord) -> None:
        try:
            os.write(self._descriptor, as_json(record) + b"\n")
        except Exception:
            self.handleError(record)


def as_json(record: logging.LogRecord) -> bytes:
    """The line of a record; what JSON has no form for is written as its text."""
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
    return msgspec.json.encode(line, enc_hook=str)


@lru_cache(maxsize=2)
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def configure(level: str) -> None:
    """Sends every logger's lines to standard error in this format."""
    # Together half the cost of a record, as the logging documentation says.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging._srcfile = None
    logging.basicConfig(level=level, handlers=[JsonHandler(_STANDARD_ERROR)], force=True)
    logging.getLogger("filelock").setLevel(logging.WARNING)  # it logs each poll
    logging.getLogger("mangum").setLevel(logging.WARNING)
    logging.getLogger("uvicorn.access").disabled = True  # the guard writes the request's line
