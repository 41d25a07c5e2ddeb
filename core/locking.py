"""meta.lock: one holder among all threads, processes and hosts that work on a project.

Guarantees: the wait is bounded; within a process threads queue on a lock in memory and only the
first of them polls the file; a holder can learn, just before it commits, that it lost the lock.
The lock file is never removed and never read: only the kernel's lock on it means anything.

Nothing queues processes of several hosts on a file, so fairness is made by two habits of theirs.
Whoever waits asks the more often the longer it has waited. Whoever had to wait leaves the lock alone
for a while after its turn, or it would have it back before anyone asked. An uncontended writer
does neither. docs/decisions/0050 has the measurements.
"""

import errno
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from filelock import FileLock, Timeout

from core import durable
from core.errors import LockLost, ProjectLocked

_LONGEST = 0.05  # seconds between two polls
# The cost of a poll is the unit of the others: microseconds on a local disk, milliseconds on a mount with
# other hosts, whose server is asked so much less.
_FIRST = 200.0  # polls' cost between the first two polls
_AGEING = 5.0  # polls' cost between two polls after a second of waiting, half of it after two seconds
_LAST = 2.0  # polls' cost between two polls, however long the wait
_COURTESY = 3  # times as long as the lock was held
_FADING = 0.9  # of the courtesy of the last turn remains when nobody else was seen


class _Queue:
    """Where this process's threads wait for one lock file, and when this process may ask for it again."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.resume = 0.0
        self._courtesy = 0.0

    def released(self, waited: float, held: float) -> None:
        """Sets the pause after a turn, in seconds: none for who never waits, and it fades once others are gone."""
        self._courtesy = min(waited + self._courtesy * _FADING, _COURTESY * held)
        self.resume = time.monotonic() + _about(self._courtesy)


# What a server answers to a write under a lock that it has given to another.
_LOST = {errno.EIO, errno.ESTALE, errno.EBADF}


@dataclass(frozen=True, slots=True)
class Held:
    """A lock that is held, by the descriptor that holds it."""

    descriptor: int

    def fence(self) -> None:
        """LockLost when the lock is no longer ours (a host frozen or cut off past its lease); OSError as any write."""
        try:
            durable.fence(self.descriptor)
        except OSError as error:
            if error.errno not in _LOST:
                raise
            raise LockLost(
                "The lock on the project was lost while the change was made; nothing was changed."
            ) from error


@contextmanager
def held(path: Path, timeout: float) -> Iterator[Held]:
    """Holds the lock file at `path`, whose folder must exist; ProjectLocked after `timeout` seconds of waiting."""
    deadline = time.monotonic() + timeout
    queue = _queue(path)
    if not queue.lock.acquire(timeout=timeout):
        raise _locked(timeout)
    try:
        with _file_lock(path, queue, deadline, timeout) as lock:
            yield lock
    finally:
        queue.lock.release()


@lru_cache(maxsize=4096)  # an evicted queue costs some order among threads, never the lock
def _queue(path: Path) -> _Queue:
    return _Queue()


@contextmanager
def _file_lock(path: Path, queue: _Queue, deadline: float, timeout: float) -> Iterator[Held]:
    descriptors: list[int] = []
    lock = FileLock(
        path,
        fallback_to_soft=False,  # a mount without locks must fail loudly, not pretend
        thread_local=False,
        on_acquired=descriptors.append,
    )
    _sleep_until(min(queue.resume, deadline))
    try:
        waited = _acquire(lock, deadline)
    except Timeout:
        raise _locked(timeout) from None
    began = time.monotonic()
    try:
        yield Held(descriptors[-1])
    finally:
        lock.release()
        queue.released(waited, time.monotonic() - began)


def _acquire(lock: FileLock, deadline: float) -> float:
    """Takes the lock and returns the seconds that it took; filelock's Timeout past `deadline` (monotonic)."""
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
        cost = min(cost, now - asked)  # the least of them: the others measure how busy the host is
        interval = min(cost * max(_LAST, min(_FIRST, _AGEING / (now - began))), _LONGEST)
        _sleep_until(min(now + _about(interval), deadline))
        asked = time.monotonic()


def _about(seconds: float) -> float:
    return seconds * random.uniform(0.5, 1.5)  # noqa: S311  apart from one another, so that hosts don't act in step


def _sleep_until(moment: float) -> None:
    time.sleep(max(moment - time.monotonic(), 0))


def _locked(timeout: float) -> ProjectLocked:
    return ProjectLocked(f"Others are changing this project; it did not become free within {timeout:g} seconds.")
