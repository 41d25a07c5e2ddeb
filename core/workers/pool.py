"""A fixed number of decoders, some threads for what waits on the volume, and a fair, bounded line before them.

Guarantees: at most as many decodes at once as there are decoders, and at most twice as many pictures (or 4 more) that
are being made or wait for the volume, so memory does not grow with the number of uploads; whoever finds the line full
is told at once to come back later; nobody waits for more than one upload of each other sender (line.py).

Each decoder has a thread of this process, which sleeps while a worker process decodes. It does not wait for an fsync:
its core would idle meanwhile, so others publish. Where a decoder is the thread itself (in a Lambda), no other thread
ever decodes: each one that did keeps an arena of its own.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Protocol, TypeVar

from core import measures
from core.errors import Busy
from core.index.entries import Entry
from core.settings import Limits
from core.sizes import Sizes
from core.workers.line import Line

Made = TypeVar("Made")
Result = TypeVar("Result")
Render = Callable[[BinaryIO, Mapping[str, BinaryIO], Limits, Sizes], Entry]

_log = logging.getLogger("imgsrv.workers")
_PUBLISHERS = 4  # at least; publishing takes a tenth of a decode on a local disk, and a few of them on EFS


@dataclass(frozen=True, slots=True)
class Isolation:
    """Where pictures are decoded, which doors of the sandbox are shut there, and which cannot be."""

    where: str = "in the server process"
    holds: list[str] = field(default_factory=list)
    lacks: list[str] = field(default_factory=list)


class Decoder(Protocol):
    """What makes a picture; used by one thread."""

    def prepare(self) -> Isolation:
        """Gets ready for the next picture; where and how isolated it will be made."""

    def render(
        self, source: BinaryIO, outputs: Mapping[str, BinaryIO], limits: Limits, sizes: Sizes
    ) -> Entry: ...  # as renditions.render


@dataclass(frozen=True, slots=True)
class _Job:
    decode: Callable[[Render], Any]
    publish: Callable[[Any], Any]
    result: "Future[Any]"
    since: float  # monotonic


def _measured(job: _Job, decoder: Decoder) -> object:
    """What the job's decode makes; tells how long that took, and the wait before it."""
    began = time.monotonic()
    measures.tell(measures.DECODE_LINE, -1)
    measures.tell(measures.DECODE_WAIT, began - job.since)
    try:
        return job.decode(decoder.render)
    finally:
        measures.tell(measures.DECODE, time.monotonic() - began)


class Workers:
    """One thread a decoder, and room for `queue` calls that wait for one."""

    def __init__(self, decoders: Sequence[Decoder], queue: int) -> None:
        self._first = threading.Event()  # set when a decoder is ready, or failed to be
        self._isolation: Isolation | Exception = Isolation()
        publishers = max(len(decoders), _PUBLISHERS)
        self._publishers = ThreadPoolExecutor(publishers, thread_name_prefix="publish")
        self._line = Line[_Job](len(decoders) + queue)
        self._held = threading.BoundedSemaphore(len(decoders) + publishers)  # pictures in the making or unpublished
        for decoder in decoders:
            threading.Thread(target=self._decode, args=(decoder,), name="decode", daemon=True).start()

    def isolation(self) -> Isolation:
        """How decoders are isolated, waited for; what failed when none was ever ready."""
        self._first.wait()
        if isinstance(self._isolation, Exception):
            raise self._isolation
        return self._isolation

    async def run(
        self,
        sender: str,
        decode: Callable[[Render], Made],
        publish: Callable[[Made], Result],
        withdraw: Callable[[Result], object] = lambda _: None,
    ) -> Result:
        """What `publish(decode(render))` returns, each run in a thread of its own kind; Busy when the line is full.

        When the caller is cancelled before it has the result, `withdraw(result)` takes it back.
        """
        result: Future[Result] = Future()
        displaced = self._line.put(sender, _Job(decode, publish, result, time.monotonic()))
        measures.tell(measures.DECODE_LINE, 1)
        if displaced is not None:
            measures.tell(measures.DECODE_LINE, -1)
            displaced.result.set_exception(Busy("Others who sent less came first; try again shortly."))
        # Shielded: a client that goes away does not stop a decode, so its place must stay taken.
        waiting = asyncio.wrap_future(result)
        waiting.add_done_callback(
            lambda done: done.cancelled() or done.exception()
        )  # of a client that is gone: nobody's
        try:
            return await asyncio.shield(waiting)
        except asyncio.CancelledError:
            result.add_done_callback(lambda done: done.exception() or withdraw(done.result()))
            raise

    def _decode(self, decoder: Decoder) -> None:
        while True:
            self._prepare(decoder)
            self._held.acquire()  # a volume that is slower than the decoders makes them wait after all
            job = self._line.take()
            try:
                self._publishers.submit(self._publish, job, _measured(job, decoder))
            except BaseException as error:
                self._finish()
                job.result.set_exception(error)
            del job  # or it would keep its picture until the next one comes

    def _prepare(self, decoder: Decoder) -> None:
        """Before a picture waits for it. When it fails, the next picture tries again, and is told."""
        try:
            found = decoder.prepare()
        except Exception as error:  # of any kind: a thread that ended would be a decoder less, for good
            _log.warning("no decoder is ready: %r", error.__cause__ or error)
            if not self._first.is_set():
                self._isolation = error
        else:
            self._isolation = found
        self._first.set()

    def _publish(self, job: _Job, made: object) -> None:
        try:
            published = job.publish(made)
        except BaseException as error:
            self._finish()
            job.result.set_exception(error)
        else:
            self._finish()
            job.result.set_result(published)

    def _finish(self) -> None:
        """Frees the place before its holder is answered, who may come again at once."""
        self._held.release()
        self._line.done()
