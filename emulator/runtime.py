"""How a function is run: what the gateway asks of a runtime, whichever it is.

event_runtime.py    in this process, as a call of the handler
lambda_runtime.py   in real runtime processes, as Lambda does
"""

from typing import Protocol

from emulator.event import Arrival
from stack.template import Function


class InvocationError(Exception):
    """The function gave no result: it raised, crashed, timed out, or its result was too large."""


class Runtime(Protocol):
    """Runs functions; `start` before the first invocation, `stop` after the last."""

    async def start(self) -> None: ...

    async def invoke(self, function: Function, event: bytes, arrival: Arrival) -> bytes:
        """The function's result for one event, both JSON; InvocationError if there is none."""

    async def stop(self) -> None: ...
