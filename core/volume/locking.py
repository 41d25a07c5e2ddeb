"""meta.lock: at most one holder among all threads, event loops, processes and hosts that work on a project.

Guarantees: the wait is bounded. Within a process the lock is acquired first come, first served, by threads (`held`)
and by coroutines of any event loop (`turn`). Only the first in this line polls the file, so a lock that another
process holds keeps one thread waiting. A holder can detect, just before it commits, that it lost the lock.
The lock file is never removed and never read: only the kernel's lock on it matters.
Processes and hosts have no common line; polling.py decides when to poll, so that each gets its share.
"""

import asyncio
import errno
import os
import threading
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from stat import S_ISREG

from filelock import FileLock, Timeout

from core import measures
from core.errors import LockLost, ProjectLocked
from core.volume import durable, polling
from core.volume.opening import Misplaced


class _Line:
    """This process's line for one lock file, and the time from which the process may poll the file again."""

    def __init__(self) -> None:
        self.resume = 0.0
        self.user: int | None = None  # the thread that uses the current turn
        self.waited = 0.0  # seconds of waiting for that turn, until they are measured
        self._courtesy = 0.0
        self._guard = threading.Lock()
        self._places: deque[Future[None]] = deque()  # the first of them has the turn

    def join(self) -> "Future[None]":
        """Adds a place at the end, which is done once its turn has come; the caller must `leave` it."""
        place: Future[None] = Future()
        place.set_running_or_notify_cancel()  # a cancelled waiter leaves its place; it must not cancel the future
        with self._guard:
            self._places.append(place)
            if len(self._places) == 1:
                place.set_result(None)
        return place

    def leave(self, place: "Future[None]") -> None:
        """Ends a turn, or gives up a place before its turn."""
        with self._guard:
            had_turn = self._places[0] is place
            self._places.remove(place)
            if had_turn and self._places:
                self._places[0].set_result(None)

    def released(self, waited: float, held: float) -> None:
        """Says when the process may poll again, after it waited for the lock and held it for so many seconds."""
        self._courtesy = polling.courtesy(self._courtesy, waited, held)
        self.resume = time.monotonic() + polling.about(self._courtesy)


@dataclass(frozen=True, slots=True)
class Turn:
    """The first place in a line. One thread enters it and may call `held` in it repeatedly; its end is the turn's."""

    _line: _Line
    _place: "Future[None]"
    _waited: float

    def __enter__(self) -> None:
        self._line.waited = self._waited
        self._line.user = threading.get_ident()

    def __exit__(self, *failure: object) -> None:
        self._line.user = None
        self._line.leave(self._place)


ANYTIME = nullcontext()  # in place of a turn: whoever enters it waits in the line by itself

# A server's answers to a write under a lock that it has given to another client.
_LOST = {errno.EIO, errno.ESTALE, errno.EBADF}


@dataclass(frozen=True, slots=True)
class Held:
    """A held lock, with the descriptor that holds it."""

    descriptor: int

    def fence(self) -> None:
        """Raises LockLost when the lock was lost (a host frozen or cut off past its lease); OSError like any write."""
        try:
            durable.fence(self.descriptor)
        except OSError as error:
            if error.errno not in _LOST:
                raise
            raise LockLost(
                "The lock on the project was lost while the change was made; nothing was changed."
            ) from error


async def turn(path: Path, timeout: float) -> Turn:
    """Waits on the event loop for the turn for the lock file at `path`; ProjectLocked after `timeout` seconds."""
    line, began = _line(path), time.monotonic()
    with _place(line, timeout) as place:
        async with asyncio.timeout(timeout):
            await asyncio.wrap_future(place)
    return Turn(line, place, time.monotonic() - began)


@contextmanager
def held(path: Path, timeout: float) -> Iterator[Held]:
    """Holds the lock file at `path`, whose folder must exist; ProjectLocked after `timeout` seconds of waiting."""
    began = time.monotonic()
    deadline = began + timeout
    line = _line(path)
    with nullcontext() if line.user == threading.get_ident() else _wait(line, timeout):
        with _file_lock(path, line, deadline, timeout) as lock:
            measures.tell(measures.LOCK_WAIT, line.waited + time.monotonic() - began)
            line.waited = 0.0
            yield lock


def _wait(line: _Line, timeout: float) -> Turn:
    with _place(line, timeout) as place:
        place.result(timeout)
    return Turn(line, place, 0.0)


@contextmanager
def _place(line: _Line, timeout: float) -> Iterator["Future[None]"]:
    """Joins the line for a block that waits for its place; a failure leaves the line, a time-out as ProjectLocked."""
    place = line.join()
    try:
        yield place
    except BaseException as error:
        line.leave(place)
        if isinstance(error, TimeoutError):
            raise _locked(timeout) from None
        raise


@lru_cache(maxsize=4096)  # evicting a line may lose the order within this process, never the lock
def _line(path: Path) -> _Line:
    return _Line()


@contextmanager
def _file_lock(path: Path, line: _Line, deadline: float, timeout: float) -> Iterator[Held]:
    descriptors: list[int] = []
    lock = FileLock(
        path,
        fallback_to_soft=False,  # a mount without locks must fail loudly, not pretend
        thread_local=False,
        on_acquired=descriptors.append,
    )
    _sleep_until(min(line.resume, deadline))
    try:
        waited = _acquire(lock, deadline)
    except Timeout:
        raise _locked(timeout) from None
    began = time.monotonic()
    try:
        _require_own(path, os.fstat(descriptors[-1]))
        yield Held(descriptors[-1])
    finally:
        lock.release()
        line.released(waited, time.monotonic() - began)


def _require_own(path: Path, status: os.stat_result) -> None:
    """Raises Misplaced for a file that `fence` must not write to: one with a second name, or no regular file."""
    if not S_ISREG(status.st_mode) or status.st_nlink > 1:
        raise Misplaced(errno.EMLINK, "the lock is no regular file, or has another name", str(path))


def _acquire(lock: FileLock, deadline: float) -> float:
    """Acquires the lock and returns the seconds of waiting; filelock's Timeout past `deadline` (monotonic)."""
    began = asked = time.monotonic()
    cost = float("inf")
    while True:
        try:
            lock.acquire(blocking=False)
            return asked - began
        except Timeout:
            now = time.monotonic()
            if now >= deadline:
                raise
        cost = min(cost, now - asked)  # the lowest cost; higher ones measure how busy the host is
        _sleep_until(min(now + polling.poll_interval(cost, now - began), deadline))
        asked = time.monotonic()


def _sleep_until(moment: float) -> None:
    if (seconds := moment - time.monotonic()) > 0:  # even a sleep of 0 seconds yields the processor
        time.sleep(seconds)


def _locked(timeout: float) -> ProjectLocked:
    return ProjectLocked(f"Others are changing this project; it did not become free within {timeout:g} seconds.")
