"""meta.lock: one holder among all threads, processes and hosts that work on a project.

Guarantees: the wait is bounded; within a process threads queue on a lock in memory and only the
first of them polls the file; a holder can learn, just before it commits, that it lost the lock.
The lock file is never removed and never read: only the kernel's lock on it means anything.
Who asks when is polling.py's to say.
"""

import errno
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from filelock import FileLock, Timeout

from core.errors import LockLost, ProjectLocked
from core.volume import durable, polling


class _Queue:
    """Where this process's threads wait for one lock file, and when this process may ask for it again."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.resume = 0.0
        self._courtesy = 0.0

    def released(self, waited: float, held: float) -> None:
        self._courtesy = polling.courtesy(self._courtesy, waited, held)
        self.resume = time.monotonic() + polling.about(self._courtesy)


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
        _sleep_until(min(now + polling.poll_interval(cost, now - began), deadline))
        asked = time.monotonic()


def _sleep_until(moment: float) -> None:
    time.sleep(max(moment - time.monotonic(), 0))


def _locked(timeout: float) -> ProjectLocked:
    return ProjectLocked(f"Others are changing this project; it did not become free within {timeout:g} seconds.")
