"""Mode `event`: every function in this process, called with events as Lambda calls it.

A worker is a thread with an event loop of its own (Mangum needs one) that takes one call at a time,
as an environment does; idle workers are used again, and more start on demand. A thread cannot be
killed: one that outlives its function's Timeout is left to end by itself, and nobody waits for it.
"""

import asyncio
import importlib
import json
import logging
import queue
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from emulator import limits
from emulator.event import Arrival
from emulator.gateway import InvocationError
from emulator.variables import arn
from stack.functions import Function

log = logging.getLogger("emulator.event")
Handler = Callable[[Any, Any], Any]
Outcome = bytes | InvocationError


@dataclass(frozen=True)
class Context:
    """The part of Lambda's context object that can be told without Lambda."""

    function_name: str
    memory_limit_in_mb: int
    invoked_function_arn: str
    aws_request_id: str
    deadline: float  # of time.monotonic()
    function_version: str = "$LATEST"

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self.deadline - time.monotonic()) * 1000))


class EventRuntime:
    """Calls the handlers in this process; its environment variables are all functions' own."""

    def __init__(self) -> None:
        self._idle: dict[str, list[_Worker]] = defaultdict(list)

    async def invoke(self, function: Function, event: bytes, arrival: Arrival) -> bytes:
        idle = self._idle[function.logical_id]
        worker = idle.pop() if idle else _Worker(_handler(function))
        try:
            async with asyncio.timeout(limits.here(function.timeout)):
                outcome = await worker.call(event, _context(function, arrival))
        except TimeoutError:
            worker.dismiss()
            raise InvocationError(f"timed out after {function.timeout}.00 seconds") from None
        except asyncio.CancelledError:
            worker.dismiss()
            raise
        idle.append(worker)
        if isinstance(outcome, InvocationError):
            raise outcome
        if len(outcome) > limits.PAYLOAD:
            raise InvocationError(f"its result of {len(outcome)} bytes is over the limit of {limits.PAYLOAD}")
        return outcome

    async def stop(self) -> None:
        for worker in [worker for idle in self._idle.values() for worker in idle]:
            worker.dismiss()
        self._idle.clear()


def _handler(function: Function) -> Handler:
    handler: Handler = getattr(importlib.import_module(function.module), function.attribute)
    return handler


def _context(function: Function, arrival: Arrival) -> Context:
    deadline = time.monotonic() + limits.here(function.timeout)
    return Context(function.logical_id, function.memory, arn(function), arrival.request_id, deadline)


class _Worker:
    """One thread that calls one handler, one event at a time, until it is dismissed."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self._calls: queue.SimpleQueue[tuple[bytes, Context, asyncio.Future[Outcome]] | None] = queue.SimpleQueue()
        # A daemon, so that a handler which hangs does not keep the server from ending.
        threading.Thread(target=self._run, daemon=True).start()

    async def call(self, event: bytes, context: Context) -> Outcome:
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._calls.put((event, context, future))
        return await future

    def dismiss(self) -> None:
        self._calls.put(None)

    def _run(self) -> None:
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        while (call := self._calls.get()) is not None:
            event, context, future = call
            outcome = self._outcome(event, context)
            with suppress(RuntimeError):  # the server's own loop is closed already
                future.get_loop().call_soon_threadsafe(_settle, future, outcome)
        loop.close()

    def _outcome(self, event: bytes, context: Context) -> Outcome:
        try:
            return json.dumps(self._handler(json.loads(event), context), ensure_ascii=False).encode()
        except BaseException as error:  # SystemExit too: it would end an environment, not the server
            log.exception("%s raised", context.function_name)
            return InvocationError(f"{type(error).__name__}: {error}")


def _settle(future: "asyncio.Future[Outcome]", outcome: Outcome) -> None:
    if not future.done():  # not timed out meanwhile
        future.set_result(outcome)
