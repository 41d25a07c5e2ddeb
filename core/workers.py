"""A few threads for decoding and a bounded line before them.

Guarantees: at most `workers` decodes at once in this process, so memory does not grow with the
number of uploads; whoever finds `queue` others waiting is told at once to come back later.

The threads are dedicated: each thread that ever decoded keeps an arena of its own, so lending the
work to a general pool of forty would cost forty pictures of memory, even behind a semaphore.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from threading import BoundedSemaphore
from typing import ParamSpec, TypeVar

from core import settings
from core.errors import Busy

P = ParamSpec("P")
T = TypeVar("T")


class Workers:
    """`workers` threads, and room for `queue` calls that wait for one."""

    def __init__(self, workers: int, queue: int) -> None:
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="decode")
        self._room = BoundedSemaphore(workers + queue)

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What `function(...)` returns, run in one of the threads; Busy when the line is full."""
        if not self._room.acquire(blocking=False):
            raise Busy("Too many uploads are waiting already; try again shortly.")
        try:
            future = self._threads.submit(function, *args, **kwargs)
        except BaseException:
            self._room.release()
            raise
        future.add_done_callback(lambda _: self._room.release())
        # Shielded: a client that goes away does not stop a thread, so its place must stay taken.
        return await asyncio.shield(asyncio.wrap_future(future))


@cache
def shared() -> Workers:
    """This process's workers, made at the first upload."""
    current = settings.current()
    return Workers(current.workers, current.decode_queue)
