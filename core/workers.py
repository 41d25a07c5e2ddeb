"""A few threads for decoding, some more for what waits on the volume, and a bounded line before them.

Guarantees: at most `workers` decodes at once in this process, and at most twice as many pictures (or 4 more) that are
being made or wait for the volume, so memory does not grow with the number of uploads; whoever finds `queue` others
waiting is told at once to come back later.

The threads are dedicated: each thread that ever decoded keeps an arena of its own, so lending the
work to a general pool of forty would cost forty pictures of memory, even behind a semaphore. And a
decoding thread does not wait for an fsync: its core would idle meanwhile, so others publish.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from threading import BoundedSemaphore
from typing import TypeVar

from core import settings
from core.errors import Busy

Made = TypeVar("Made")
Result = TypeVar("Result")

_PUBLISHERS = 4  # at least; publishing takes a tenth of a decode on a local disk, and a few of them on EFS


class Workers:
    """`workers` decoding threads, and room for `queue` calls that wait for one."""

    def __init__(self, workers: int, queue: int) -> None:
        publishers = max(workers, _PUBLISHERS)
        self._decoders = ThreadPoolExecutor(workers, thread_name_prefix="decode")
        self._publishers = ThreadPoolExecutor(publishers, thread_name_prefix="publish")
        self._room = BoundedSemaphore(workers + queue)
        self._held = BoundedSemaphore(workers + publishers)  # pictures being made, or made and not yet published

    async def run(self, decode: Callable[[], Made], publish: Callable[[Made], Result]) -> Result:
        """What `publish(decode())` returns, each run in a thread of its own kind; Busy when the line is full."""
        if not self._room.acquire(blocking=False):
            raise Busy("Too many uploads are waiting already; try again shortly.")
        result: Future[Result] = Future()
        result.add_done_callback(lambda _: self._room.release())
        self._decoders.submit(self._decode, decode, publish, result)
        # Shielded: a client that goes away does not stop a thread, so its place must stay taken.
        waiting = asyncio.wrap_future(result)
        waiting.add_done_callback(
            lambda done: done.cancelled() or done.exception()
        )  # of a client that is gone: nobody's
        return await asyncio.shield(waiting)

    def _decode(self, decode: Callable[[], Made], publish: Callable[[Made], Result], result: Future[Result]) -> None:
        self._held.acquire()  # a volume that is slower than the decoders makes them wait after all
        try:
            self._publishers.submit(self._publish, publish, decode(), result)
        except BaseException as error:
            self._held.release()
            result.set_exception(error)

    def _publish(self, publish: Callable[[Made], Result], made: Made, result: Future[Result]) -> None:
        try:
            published = publish(made)
        except BaseException as error:
            self._held.release()
            result.set_exception(error)
        else:
            self._held.release()
            result.set_result(published)


@cache
def shared() -> Workers:
    """This process's workers, made at the first upload."""
    current = settings.current()
    return Workers(current.workers, current.decode_queue)
