"""A fair queue: each sender has its own line, and the lines take turns.

Guarantees: a sender's first upload waits for at most one upload of every other sender, however many those sent. The
room in total is fixed. When it is full, the sender with the longest line loses its last upload.
"""

import threading
from collections import deque
from typing import Generic, TypeVar

from core.errors import Busy

Job = TypeVar("Job")


class Line(Generic[Job]):
    """Holds at most `room` jobs that wait, or that were taken and are not `done`. Thread-safe."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._waiting: dict[str, deque[Job]] = {}  # senders in the order of their turns, each with at least one job
        self._changed = threading.Condition()

    def put(self, sender: str, job: Job) -> Job | None:
        """Adds a job at the end of its sender's line; returns the job that lost its place to it, if any.

        Busy when there is no room and no other sender has more jobs than this one would have.
        """
        with self._changed:
            displaced = self._make_room(sender)
            self._waiting.setdefault(sender, deque()).append(job)
            self._room -= 1
            self._changed.notify()
            return displaced

    def take(self) -> Job:
        """Waits for the next job: the first one of the sender whose turn it is."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting)
            sender = next(iter(self._waiting))
            jobs = self._waiting.pop(sender)
            job = jobs.popleft()
            if jobs:
                self._waiting[sender] = jobs  # its next turn comes after all others
            return job

    def done(self) -> None:
        """Frees the place of a job that was taken and is finished."""
        with self._changed:
            self._room += 1

    def _make_room(self, sender: str) -> Job | None:
        if self._room > 0:
            return None
        own = len(self._waiting.get(sender, ()))
        longest = max(self._waiting.values(), key=len, default=deque[Job]())
        if len(longest) <= own + 1:
            raise Busy("Too many uploads are waiting already; try again shortly.")
        self._room += 1
        return longest.pop()
