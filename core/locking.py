"""meta.lock: one holder among all threads, processes and hosts that work on a project.

Guarantees: the wait is bounded; within a process threads queue on a lock in memory and only the
first of them polls the file; a holder can learn, just before it commits, that it lost the lock.
The lock file is never removed and never read: only the kernel's lock on it means anything.
"""

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from weakref import WeakValueDictionary

from filelock import FileLock, Timeout

from core import durable
from core.errors import LockLost, ProjectLocked


class _Queue:
    """Where this process's threads wait for one lock file."""

    def __init__(self) -> None:
        self.lock = threading.Lock()


_queues: WeakValueDictionary[Path, _Queue] = WeakValueDictionary()
_queues_guard = threading.Lock()


@dataclass(frozen=True, slots=True)
class Held:
    """A lock that is held, by the descriptor that holds it."""

    descriptor: int

    def fence(self) -> None:
        """LockLost when the lock is no longer ours (a host frozen or cut off past its lease)."""
        try:
            durable.fence(self.descriptor)
        except OSError as error:
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
        with _file_lock(path, max(deadline - time.monotonic(), 0), timeout) as lock:
            yield lock
    finally:
        queue.lock.release()


def _queue(path: Path) -> _Queue:
    with _queues_guard:
        queue = _queues.get(path)
        if queue is None:
            queue = _queues[path] = _Queue()
        return queue


@contextmanager
def _file_lock(path: Path, wait: float, timeout: float) -> Iterator[Held]:
    descriptors: list[int] = []
    lock = FileLock(
        path,
        timeout=wait,
        poll_interval=random.uniform(0.004, 0.012),  # noqa: S311  apart from one another, so that hosts don't poll in step
        fallback_to_soft=False,  # a mount without locks must fail loudly, not pretend
        thread_local=False,
        on_acquired=descriptors.append,
    )
    try:
        lock.acquire()
    except Timeout:
        raise _locked(timeout) from None
    try:
        yield Held(descriptors[-1])
    finally:
        lock.release()


def _locked(timeout: float) -> ProjectLocked:
    return ProjectLocked(f"Others are changing this project; it did not become free within {timeout:g} seconds.")
