"""A few threads for decoding, some more for what waits on the volume, and a bounded line before them.

Guarantees: at most `workers` decodes at once in this process, so memory does not grow with the
number of uploads; whoever finds `queue` others waiting is told at once to come back later.

The threads are dedicated: each thread that ever decoded keeps an arena of its own, so lending the
work to a general pool of forty would cost forty pictures of memory, even behind a semaphore. And a
decoding thread does not wait for an fsync: its core would idle meanwhile, so others publish.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from threading import BoundedSemaphore
from typing import TypeVar

from core import settings
from core.errors import Busy

Made = TypeVar("Made")
Result = TypeVar("Result")

_PUBLISHERS = 4  # publishing takes a tenth of a decode on a local disk, and a few of them on EFS


class Workers:
    """`workers` decoding threads, and room for `queue` calls that wait for one."""

    def __init__(self, workers: int, queue: int) -> None:
        self._decoders = ThreadPoolExecutor(workers, thread_name_prefix="decode")
        self._publishers = ThreadPoolExecutor(_PUBLISHERS, thread_name_prefix="publish")
        self._room = BoundedSemaphore(workers + queue)

    async def run(self, decode: Callable[[], Made], publish: Callable[[Made], Result]) -> Result:
        """What `publish(decode())` returns, each run in a thread of its own kind; Busy when the line is full."""
        if not self._room.acquire(blocking=False):
            raise Busy("Too many uploads are waiting already; try again shortly.")
        both = asyncio.ensure_future(self._both(decode, publish))
        both.add_done_callback(lambda _: self._room.release())
        # Shielded: a client that goes away does not stop a thread, so its place must stay taken.
        return await asyncio.shield(both)

    async def _both(self, decode: Callable[[], Made], publish: Callable[[Made], Result]) -> Result:
        loop = asyncio.get_running_loop()
        made = await loop.run_in_executor(self._decoders, decode)
        return await loop.run_in_executor(self._publishers, publish, made)


@cache
def shared() -> Workers:
    """This process's workers, made at the first upload."""
    current = settings.current()
    return Workers(current.workers, current.decode_queue)
