"""Who is next: each sender has a line of its own, and the first of each is taken in turn.

Guarantees: whoever sends one upload waits for at most one of every other sender, however many those sent; there is
room for a fixed number in all; when it is full, the sender with the longest line gives up its last.
"""

import threading
from collections import deque
from typing import Generic, TypeVar

from core.errors import Busy

Job = TypeVar("Job")


class Line(Generic[Job]):
    """Room for so many jobs that wait, or were taken and are not `done`. For any number of threads."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._waiting: dict[str, deque[Job]] = {}  # in the order of their turns; no sender without a job
        self._changed = threading.Condition()

    def put(self, sender: str, job: Job) -> Job | None:
        """Adds a job at the end of its sender's line; the job that lost its place to it, if one had to.

        Busy when there is no room and no other sender has more than this one would have.
        """
        with self._changed:
            displaced = self._make_room(sender)
            self._waiting.setdefault(sender, deque()).append(job)
            self._room -= 1
            self._changed.notify()
            return displaced

    def take(self) -> Job:
        """The next job, waited for: the first of the sender whose turn it is."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting)
            sender = next(iter(self._waiting))
            jobs = self._waiting.pop(sender)
            job = jobs.popleft()
            if jobs:
                self._waiting[sender] = jobs  # its next turn comes after everybody else's
            return job

    def done(self) -> None:
        """A job that was taken is finished: its place is free."""
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
