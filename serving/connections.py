"""Connections: what one may hold, and for how long, where uvicorn has no setting that bounds it.

Guarantees, in each process:
- At most `bounds.connections()` are open. One more takes the place of the connection that has waited longest
  without a whole request; if each has one, the new one is answered 503. So silent connections keep nobody out.
- The head of a request arrives within `idle_timeout` seconds and holds at most 32 KiB (URL: 8 KiB), together with the
  trailers of a chunked body; so does a line between its chunks. A trailer is no header: a proxy that checks headers
  has not seen it.
- At most `_PIPELINED` requests wait on one connection for the answers before theirs.
- A body that comes with an Upgrade is refused: the parser would take it for the next request.
- A client that takes nothing of its answer for as long is cut off.
- Once the server is to end, each connection is closed after one more answer, or when it sends nothing for a second.
  Uvicorn asks only the connections that it has at that moment; one that it is accepting just then would stay open.
(core/web/guard.py bounds the time of a body.)

It is uvicorn's own protocol, given to its setting `http`, and extended by what asyncio and httptools call.
"""

import asyncio
import logging
from typing import NoReturn, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from core import settings
from core.errors import Busy, HeadTooLarge, InvalidRequest, RequestTimeout, ServiceError
from core.web import problems
from core.web.guard import has_body
from serving import bounds

_SWEEP_SECONDS = 1
_PIPELINED = 32
_LINGER_SECONDS = 1  # for a client that is turned away to read why
_log = logging.getLogger("imgsrv.connections")


class _Open:
    """This process's connections."""

    def __init__(self) -> None:
        self.all: set[Connection] = set()
        self.waiting: dict[Connection, float] = {}  # those without a whole head, with the time since; oldest first
        self.leaving: set[Connection] = set()  # those that were answered 503 and will be closed
        self.ends = False  # whether the server is to end; uvicorn tells this to each connection
        self._sweeps = False

    def admit(self, connection: "Connection", now: float) -> bool:
        """Takes a connection, if need be in place of another; False when there is no room."""
        if len(self.all) >= bounds.connections():
            oldest = next(iter(self.waiting), None)
            if oldest is None:
                return False
            oldest.turn_away()
        self.all.add(connection)
        self.waiting[connection] = now
        if not self._sweeps:
            self._sweeps = True
            asyncio.get_running_loop().call_later(_SWEEP_SECONDS, self._sweep)
        return True

    def forget(self, connection: "Connection") -> None:
        self.all.discard(connection)
        self.waiting.pop(connection, None)
        self.leaving.discard(connection)

    def _sweep(self) -> None:
        loop, patience = asyncio.get_running_loop(), settings.current().idle_timeout
        began_before = loop.time() - patience
        for connection in [each for each, since in self.waiting.items() if since < began_before]:
            connection.head_is_late(patience)
        if self.ends:
            for connection in [each for each, since in self.waiting.items() if since < loop.time() - _SWEEP_SECONDS]:
                connection.drop()
        for connection in list(self.all):
            connection.look_at_answer(loop.time(), patience)
        self._sweeps = bool(self.all)
        if self._sweeps:
            loop.call_later(_SWEEP_SECONDS, self._sweep)


_open = _Open()


class Connection(HttpToolsProtocol):
    """One client's connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._line = transport
        # Bytes of an unfinished head, or of an unfinished line in a body; and whether a head has begun.
        self._arrived, self._begun = 0, False
        self._unsent, self._unsent_since = 0, self.loop.time()
        self._in_body, self._took_body, self._headers_bytes = False, False, 0  # of the request that is being read
        self._objection: ServiceError | None = None
        self._admitted = _open.admit(self, self.loop.time())
        if self._admitted:
            super().connection_made(transport)
        else:
            self.turn_away()

    def connection_lost(self, exc: Exception | None) -> None:
        _open.forget(self)
        if self._admitted:
            super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self in _open.leaving:
            return
        waited, self._took_body = self in _open.waiting, False
        super().data_received(data)
        if (waited and self in _open.waiting) or (self._in_body and not self._took_body):
            # The piece neither ends the head nor holds any bytes of a body: the parser still gathers a line.
            self._arrived += len(data)
            if self._arrived > bounds.HEAD_BYTES:
                self._give_up(_head_too_large())

    def on_message_begin(self) -> None:
        if len(self.pipeline) >= _PIPELINED:
            self._stop(Busy(f"More than {_PIPELINED} requests wait on this connection."))
        super().on_message_begin()
        self._arrived, self._begun = 0, True
        self._in_body, self._headers_bytes = False, 0
        _open.waiting.setdefault(self, self.loop.time())

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers_bytes += len(name) + len(value) + 4
        if self._headers_bytes > bounds.HEAD_BYTES:
            self._stop(_head_too_large())
        if not self._in_body:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        _open.waiting.pop(self, None)
        self._in_body = True
        if self.parser.should_upgrade() and has_body(self.headers):
            self._stop(InvalidRequest("This server speaks HTTP/1.1 alone; send a body without the header Upgrade."))
        super().on_headers_complete()
        if _open.ends:
            super().shutdown()

    def shutdown(self) -> None:
        _open.ends = True
        super().shutdown()

    def on_body(self, body: bytes) -> None:
        self._arrived, self._took_body = 0, True
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._in_body = False
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Called when the parser has stopped: answers why, unless that would be read as a part of another answer."""
        if self._objection or self._is_answering():
            self._give_up(self._objection)
        else:
            super().send_400_response(msg)

    def head_is_late(self, patience: float) -> None:
        """Ends a connection whose request does not arrive; one that never began needs no answer."""
        if self._begun:
            self._refuse(RequestTimeout(f"The head of the request did not arrive within {patience:g} seconds."))
        else:
            self.drop()

    def look_at_answer(self, now: float, patience: float) -> None:
        """Cuts off a client that has not taken a byte of its answer for so many seconds."""
        unsent = self._line.get_write_buffer_size()
        if unsent == 0 or unsent < self._unsent:
            self._unsent_since = now
        elif now - self._unsent_since > patience:
            _log.warning("a client does not read its answer: cut off")
            self.drop()
        self._unsent = unsent

    def turn_away(self) -> None:
        """Answers 503 before any request, since there are too many connections."""
        _log.warning("as many connections as may be: some are answered 503")
        _open.forget(self)
        self._line.write(_response(Busy("The server has as many connections as it takes; try again shortly.")))
        if len(_open.leaving) >= bounds.connections() / 2:
            self._line.close()
            return
        # Closing at once would reset the connection if a request has come meanwhile: the client could lose the answer.
        _open.leaving.add(self)
        self._line.write_eof()
        asyncio.get_running_loop().call_later(_LINGER_SECONDS, self._line.abort)

    def drop(self) -> None:
        """Closes the connection at once."""
        _open.forget(self)
        self._line.abort()

    def _stop(self, error: ServiceError) -> NoReturn:
        """Stops the parser, which then calls `send_400_response`."""
        self._objection = error
        raise error

    def _give_up(self, error: ServiceError | None) -> None:
        """Answers with the error and closes; only closes while an answer is under way."""
        if error is None or self._is_answering():
            _log.warning("a request that cannot be read came before an answer was complete: cut off")
            self.drop()
        else:
            self._refuse(error)

    def _is_answering(self) -> bool:
        """Whether a request that came earlier waits for its answer, or the present one has got some of its answer."""
        if self.pipeline or self.cycle is None:
            return bool(self.pipeline)
        return self.cycle.response_started and (self._in_body or not self.cycle.response_complete)

    def _refuse(self, error: ServiceError) -> None:
        _log.warning("%s", error.slug)
        _open.waiting.pop(self, None)
        self._line.write(_response(error))
        self._line.close()


def _head_too_large() -> HeadTooLarge:
    return HeadTooLarge(f"URL and headers have more than {bounds.HEAD_BYTES} bytes, the most that are read.")


def _response(error: ServiceError) -> bytes:
    """The whole answer for an error that no app sees."""
    problem = problems.problem(error)
    headers = [*problem.raw_headers, (b"connection", b"close")]
    head = [b"HTTP/1.1 %d %s" % (error.status, error.title.encode()), *(b"%s: %s" % header for header in headers)]
    return b"\r\n".join(head) + b"\r\n\r\n" + cast(bytes, problem.body)
