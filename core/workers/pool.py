"""A fixed number of decoders, some threads for work that waits for the volume, and a fair, bounded queue before them.

Guarantees: each decoder decodes one picture at a time, and at most twice as many pictures as decoders (or 4 more) are
being made or wait for the volume, so memory does not grow with the number of uploads. When the queue is full, an upload
is rejected at once, to be retried later. Nobody waits for more than one upload of each other sender (line.py).

Each decoder has a thread of this process, which sleeps while a worker process decodes. This thread does not wait for an
fsync, since its core would idle meanwhile; other threads publish. Where the thread itself decodes (in a Lambda), no
other thread ever does, since every thread that decodes keeps its own arena.
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
_PUBLISHERS = 4  # at least; publishing takes a tenth of a decode's time on a local disk, and several times it on EFS


@dataclass(frozen=True, slots=True)
class Isolation:
    """Where pictures are decoded, which restrictions of the sandbox hold there, and which are not available."""

    where: str = "in the server process"
    holds: list[str] = field(default_factory=list)
    lacks: list[str] = field(default_factory=list)


class Decoder(Protocol):
    """Makes pictures; used by one thread."""

    def prepare(self) -> Isolation:
        """Gets ready for the next picture, and returns where and how isolated it will be made."""

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
    """Runs the job's decode and returns its result; measures the time that it took, and the wait before it."""
    began = time.monotonic()
    measures.tell(measures.DECODE_LINE, -1)
    measures.tell(measures.DECODE_WAIT, began - job.since)
    try:
        return job.decode(decoder.render)
    finally:
        measures.tell(measures.DECODE, time.monotonic() - began)


class Workers:
    """One thread per decoder, and room for `queue` calls that wait for one."""

    def __init__(self, decoders: Sequence[Decoder], queue: int) -> None:
        self._first = threading.Event()  # set when a decoder is ready or has failed to start
        self._isolation: Isolation | Exception = Isolation()
        publishers = max(len(decoders), _PUBLISHERS)
        self._publishers = ThreadPoolExecutor(publishers, thread_name_prefix="publish")
        self._line = Line[_Job](len(decoders) + queue)
        self._held = threading.BoundedSemaphore(len(decoders) + publishers)  # pictures that are not yet published
        for decoder in decoders:
            threading.Thread(target=self._decode, args=(decoder,), name="decode", daemon=True).start()

    def isolation(self) -> Isolation:
        """Waits until it is known how decoders are isolated; raises the failure if none was ever ready."""
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
        """Returns `publish(decode(render))`, each run in a thread of its own kind; Busy when the queue is full.

        If the caller is cancelled before it has the result, `withdraw(result)` undoes it.
        """
        result: Future[Result] = Future()
        displaced = self._line.put(sender, _Job(decode, publish, result, time.monotonic()))
        measures.tell(measures.DECODE_LINE, 1)
        if displaced is not None:
            measures.tell(measures.DECODE_LINE, -1)
            displaced.result.set_exception(Busy("Others who sent less came first; try again shortly."))
        # Shielded: a client that goes away does not stop a decode, so its place must stay occupied.
        waiting = asyncio.wrap_future(result)
        # Reads the failure, since nobody else does once the client is gone, and asyncio would log that.
        waiting.add_done_callback(lambda done: done.cancelled() or done.exception())
        try:
            return await asyncio.shield(waiting)
        except asyncio.CancelledError:
            result.add_done_callback(lambda done: done.exception() or withdraw(done.result()))
            raise

    def _decode(self, decoder: Decoder) -> None:
        while True:
            self._prepare(decoder)
            self._held.acquire()  # if the volume is slower than the decoders, they must wait for it
            job = self._line.take()
            try:
                self._publishers.submit(self._publish, job, _measured(job, decoder))
            except BaseException as error:
                self._finish()
                job.result.set_exception(error)
            del job  # otherwise it would keep its picture in memory until the next job

    def _prepare(self, decoder: Decoder) -> None:
        """Prepares the decoder before a picture waits for it. If that fails, the next picture tries again."""
        try:
            found = decoder.prepare()
        except Exception as error:  # of any kind: a thread that ends would be a decoder lost for good
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
        """Frees the place; called before the client gets its answer, since it may send the next upload at once."""
        self._held.release()
        self._line.done()
