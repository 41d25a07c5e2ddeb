"""One execution environment: a real `awslambdaric` process that runs one function.

It lives as on Lambda: started for a first event, given one at a time, frozen (SIGSTOP) from the
moment it asks for the next one until that comes, and killed when a function outlives its Timeout.
It sees the template's variables and Lambda's own, nothing of this process's environment.
"""

import asyncio
import ctypes
import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emulator import limits
from emulator.event import Arrival
from emulator.gateway import InvocationError
from emulator.runtime_api import Invocation, RuntimeApi
from emulator.variables import arn, credentials, reserved_variables, variables
from stack.functions import Function

log = logging.getLogger("emulator.lambda")
_STDERR = 2


@dataclass(frozen=True, slots=True)
class Deployment:
    """What an environment is made of: the folder of code, the Python that runs it, the folder behind the mount."""

    code: Path
    storage: Path
    python: str = sys.executable


class Environment:
    """`await start()`, then `await invoke(...)` one at a time; dead once `alive` is false."""

    def __init__(self, function: Function, deployment: Deployment) -> None:
        self.function = function
        self._deployment = deployment
        self._asked = asyncio.get_running_loop().create_future()  # done once the process wants its next event
        self._api = RuntimeApi(self._freeze)
        self._invocations = 0

    @property
    def alive(self) -> bool:
        return self._process.returncode is None

    @property
    def pid(self) -> int:
        return self._process.pid

    async def start(self) -> None:
        """Return when the function is imported; InvocationError when it cannot be, or not in time."""
        began = time.perf_counter()
        self._process = await self._spawn(await self._api.open())
        self._exited = asyncio.ensure_future(self._process.wait())
        if not await self._happens(self._asked, limits.here(limits.INIT_TIMEOUT)):
            reason = self._api.init_error or self._death() or f"no init within {limits.INIT_TIMEOUT} s"
            await self.end()
            raise InvocationError(f"could not start: {reason}")
        log.info("%s: cold start", self.function.logical_id, extra={"pid": self.pid, "ms": _milliseconds(began)})

    async def invoke(self, event: bytes, arrival: Arrival) -> bytes:
        """The result of one event; InvocationError, and mostly a dead environment, when there is none."""
        began, timeout = time.perf_counter(), self.function.timeout
        invocation = Invocation(event, arrival, arn(self.function), limits.here(timeout))
        self._thaw()
        self._api.offer(invocation)
        if not await self._happens(invocation.outcome, limits.here(timeout)):
            reason = self._death() or f"timed out after {timeout}.00 seconds"
            await self.end()
            raise InvocationError(reason)
        # After the outcome it asks for more, or it dies of what it was answered.
        await self._happens(self._asked, limits.here(limits.INIT_TIMEOUT))
        start = "warm" if self._invocations else "first"
        self._invocations += 1
        line = {"pid": self.pid, "request": arrival.request_id, "ms": _milliseconds(began)}
        log.info("%s: %s invocation", self.function.logical_id, start, extra=line)
        return invocation.outcome.result()

    async def end(self) -> None:
        """Kill the process, whatever it does, and give back what served it; harmless when it is dead already."""
        self._signal(signal.SIGKILL)
        await self._exited
        await self._api.close()

    async def _spawn(self, address: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *(self._deployment.python, "-m", "awslambdaric", self.function.handler),
            cwd=self._deployment.code,
            env=self._variables(address),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=_STDERR,  # the runtime's log lines, beside ours
            start_new_session=True,  # so that a signal reaches whatever the function starts, too
            preexec_fn=_end_with_parent(),
        )

    async def _happens(self, future: "asyncio.Future[Any]", seconds: float) -> bool:
        """Whether `future` is done before the process has ended and the time is over."""
        await asyncio.wait([future, self._exited], timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        return future.done()

    def _freeze(self) -> None:
        self._signal(signal.SIGSTOP)
        if not self._asked.done():
            self._asked.set_result(None)

    def _thaw(self) -> None:
        self._asked = asyncio.get_running_loop().create_future()
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)

    def _death(self) -> str | None:
        code = self._process.returncode
        if code is None:
            return None
        how = f"exited with status {code}" if code >= 0 else f"was ended by {signal.Signals(-code).name}"
        return f"its process {how}"

    def _variables(self, address: str) -> dict[str, str]:
        code = str(self._deployment.code)
        own = {"AWS_LAMBDA_RUNTIME_API": address, "LAMBDA_TASK_ROOT": code, "PYTHONPATH": code, "PATH": os.defpath}
        given = variables(self.function, self._deployment.storage) | reserved_variables(self.function)
        return given | credentials(self.function) | own


def _end_with_parent() -> Callable[[], None] | None:
    """A frozen process would outlive a server that was killed; Linux can end it with its parent."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl  # looked up before the fork, after which little is safe
    return lambda: prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def _milliseconds(began: float) -> float:
    return round((time.perf_counter() - began) * 1000, 1)
