"""Lambda's Runtime API (2018-06-01) on loopback, for one runtime process on a port of its own.

The process asks for its next event and waits; it posts a result or an error; it may post that it
could not start. Whatever else it asks for is answered with 404, and a result over the limit with 413. Who comes from
a web page, or by another name than this address, is not the process, and is not answered.
"""

import asyncio
import json
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import cast

from emulator import limits
from emulator.event import Arrival
from emulator.gateway import InvocationError

PREFIX = "/2018-06-01/runtime/"
_OF_BROWSERS = frozenset(("origin", "referer", "sec-fetch-site"))


@dataclass(slots=True)
class Invocation:
    """One event on its way through a runtime; `outcome` is what becomes of it."""

    event: bytes
    arrival: Arrival
    arn: str
    timeout: float  # seconds
    outcome: "asyncio.Future[bytes]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def fail(self, reason: str) -> None:
        if not self.outcome.done():
            self.outcome.set_exception(InvocationError(reason))


class RuntimeApi:
    """`on_next` is called whenever the process has nothing to do but to wait for an event."""

    def __init__(self, on_next: Callable[[], None]) -> None:
        self._on_next = on_next
        self._offered: asyncio.Queue[Invocation | None] = asyncio.Queue()
        self._current: Invocation | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self.init_error: str | None = None
        self._address = ""

    async def open(self) -> str:
        """Listen; returns what AWS_LAMBDA_RUNTIME_API is to be."""
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0, limit=1 << 20)
        self._address = f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self._address

    async def close(self) -> None:
        """Listen no more, and return when the last connection, of a process that has ended, is closed."""
        self._server.close()
        self._offered.put_nowait(None)
        await asyncio.gather(*self._connections)

    def offer(self, invocation: Invocation) -> None:
        """The next event for the process; its outcome arrives in `invocation.outcome`."""
        self._current = invocation
        self._offered.put_nowait(invocation)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = cast("asyncio.Task[None]", asyncio.current_task())
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)
        # Ends when the process closes the connection, or dies.
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                method, target, headers, body = await _read(reader)
                if headers.get("host") != self._address or headers.keys() & _OF_BROWSERS:
                    break
                request = f"{method} {target.removeprefix(PREFIX)}"
                if request == "GET invocation/next":
                    await self._next(writer)
                else:
                    _write(writer, self._take(request, body))
                await writer.drain()
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    async def _next(self, writer: asyncio.StreamWriter) -> None:
        self._on_next()
        invocation = await self._offered.get()
        if invocation is None:
            raise ConnectionAbortedError
        _write(writer, HTTPStatus.OK, invocation.event, _headers(invocation))

    def _take(self, request: str, body: bytes) -> HTTPStatus:
        """What the process posts; the status that answers it."""
        if request == "POST init/error":
            self.init_error = _reason(body)
            return HTTPStatus.ACCEPTED
        if self._current is None or not request.startswith(f"POST invocation/{self._current.arrival.request_id}/"):
            return HTTPStatus.NOT_FOUND
        if request.endswith("/error"):
            self._current.fail(_reason(body))
        elif len(body) > limits.PAYLOAD:
            self._current.fail(f"its result of {len(body)} bytes is over the limit of {limits.PAYLOAD}")
            return HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        elif not self._current.outcome.done():
            self._current.outcome.set_result(body)
        return HTTPStatus.ACCEPTED


async def _read(reader: asyncio.StreamReader) -> tuple[str, str, dict[str, str], bytes]:
    """(method, target, headers, body) of one HTTP/1.1 request as runtime clients send it: with a length or no body."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, target, _ = head[0].split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
    return method, target, headers, await reader.readexactly(int(headers.get("content-length", 0)))


def _write(writer: asyncio.StreamWriter, status: HTTPStatus, body: bytes = b"{}", headers: str = "") -> None:
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    )
    writer.write(f"{head}{headers}\r\n".encode("latin-1") + body)


def _headers(invocation: Invocation) -> str:
    deadline = int((time.time() + invocation.timeout) * 1000)
    return (
        f"Lambda-Runtime-Aws-Request-Id: {invocation.arrival.request_id}\r\n"
        f"Lambda-Runtime-Deadline-Ms: {deadline}\r\n"
        f"Lambda-Runtime-Invoked-Function-Arn: {invocation.arn}\r\n"
        f"Lambda-Runtime-Trace-Id: {invocation.arrival.trace_id}\r\n"
    )


def _reason(body: bytes) -> str:
    error = json.loads(body)
    return f"{error.get('errorType')}: {error.get('errorMessage')}"
