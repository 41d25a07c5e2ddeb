"""Threads for work that waits for the storage: a change under its lock, a long list.

Starlette's pool has as many threads, but its first use imports for longer than a small function's whole
answer takes, and on Lambda each cold start is a first use.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, asynccontextmanager
from contextvars import copy_context
from functools import partial
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_threads = ThreadPoolExecutor(40, thread_name_prefix="storage")


async def run(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Runs `function(...)` in a thread and returns its result; it runs to its end even if the caller is cancelled.

    It sees the caller's context variables, such as the request's grant.
    """
    work = partial(copy_context().run, function, *args, **kwargs)
    try:
        running = asyncio.get_running_loop().run_in_executor(_threads, work)
    except RuntimeError:  # the process is stopping, and its pools accept no more work: finish what was begun here
        return work()
    running.add_done_callback(lambda done: done.cancelled() or done.exception())  # of a caller that is gone: not read
    return await asyncio.shield(running)


@asynccontextmanager
async def entered(context: AbstractContextManager[T]) -> AsyncIterator[T]:
    """Enters and leaves `context` in threads, since both wait for the storage; leaves it also when cancelled."""
    entering = asyncio.ensure_future(run(context.__enter__))
    try:
        value = await asyncio.shield(entering)
    except asyncio.CancelledError:
        entering.add_done_callback(lambda done: done.exception() or context.__exit__(None, None, None))
        raise
    try:
        yield value
    except BaseException as error:
        await run(context.__exit__, type(error), error, error.__traceback__)
        raise
    await run(context.__exit__, None, None, None)
