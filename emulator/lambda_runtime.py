"""Mode `lambda`: each function in environments of its own, started on demand and used again.

An event that finds none idle starts a further one, up to the function's reserved concurrency, or
`concurrency` where it has none; past that the event is throttled, as by AWS, and does not wait.
"""

import asyncio
import importlib.util
import sys
from collections import defaultdict

from core.settings import cores
from emulator.event import Arrival
from emulator.gateway import Throttled
from emulator.process import Deployment, Environment
from stack.cloudformation import TemplateError
from stack.functions import Function

CONCURRENCY = 16  # environments of one function at a time: a laptop's, where an account has 10 to 1,000 for all


class LambdaRuntime:
    """Gives each event to an idle environment of its function, or to a new one."""

    def __init__(self, deployment: Deployment, concurrency: int = CONCURRENCY) -> None:
        if deployment.python == sys.executable and not _has_client():
            raise TemplateError("mode lambda needs Lambda's runtime client: pip install -r tests/requirements.txt")
        self._deployment = deployment
        self._idle: dict[str, list[Environment]] = defaultdict(list)
        self._concurrency = concurrency
        self._running: dict[str, int] = defaultdict(int)
        self._starts = asyncio.Semaphore(cores())  # each imports for a second, of the ten that Lambda gives it
        self._environments: set[Environment] = set()
        self._invocations: set[asyncio.Task[bytes]] = set()

    async def invoke(self, function: Function, event: bytes, arrival: Arrival) -> bytes:
        # An invocation goes on when its client, or the gateway, has stopped waiting for it.
        invocation = asyncio.ensure_future(self._invoke(function, event, arrival))
        self._invocations.add(invocation)
        invocation.add_done_callback(self._invocations.discard)
        return await asyncio.shield(invocation)

    async def stop(self) -> None:
        for environment in list(self._environments):
            await environment.end()
        await asyncio.gather(*self._invocations, return_exceptions=True)

    def pids(self, function: Function) -> list[int]:
        """The living processes of a function."""
        own = (environment for environment in self._environments if environment.function == function)
        return [environment.pid for environment in own if environment.alive]

    async def _invoke(self, function: Function, event: bytes, arrival: Arrival) -> bytes:
        name, most = function.logical_id, function.concurrency
        if self._running[name] >= (self._concurrency if most is None else most):
            raise Throttled(f"{self._running[name]} of {name} run already")
        self._running[name] += 1
        try:
            environment = await self._take(function)
            try:
                return await environment.invoke(event, arrival)
            finally:
                await self._give_back(function, environment)
        finally:
            self._running[name] -= 1

    async def _take(self, function: Function) -> Environment:
        idle = self._idle[function.logical_id]
        while idle:
            environment = idle.pop()
            if environment.alive:
                return environment
            await self._discard(environment)
        environment = Environment(function, self._deployment)
        async with self._starts:
            await environment.start()
        self._environments.add(environment)
        return environment

    async def _give_back(self, function: Function, environment: Environment) -> None:
        if environment.alive:
            self._idle[function.logical_id].append(environment)
        else:
            await self._discard(environment)

    async def _discard(self, environment: Environment) -> None:
        self._environments.discard(environment)
        await environment.end()


def _has_client() -> bool:
    try:
        return importlib.util.find_spec("awslambdaric") is not None
    except ValueError:  # as the import system says of a module that is hidden
        return False
