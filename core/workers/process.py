"""The server's side of a worker process: starts it, gives it one picture at a time, replaces it when it fails.

Guarantees: whatever a worker does with a picture affects that picture alone. A worker that takes too long is killed,
its death is noticed at once, and the next picture gets a new worker. A worker cannot change the files that it
has reported as done, and each is a JPEG by its header, whatever code ran in the worker.
"""

import fcntl
import logging
import os
import signal
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import BinaryIO

from core import errors, jpeg
from core.errors import CorruptImage, DecoderLost, ImageTooComplex, RejectedImage
from core.index.entries import ABSENT, Entry, Rendition
from core.settings import Limits
from core.sizes import Sizes
from core.workers import protocol
from core.workers.forking import START_SECONDS, Template
from core.workers.pool import Isolation

_PICTURES = 200  # after this many a worker is replaced, which frees its memory and ends a takeover, if any
_SEALS = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK
_FAULTS = {signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT, signal.SIGFPE, signal.SIGILL, signal.SIGTRAP, signal.SIGSYS}
_REFUSALS = {
    kind.slug: kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, RejectedImage)
}
_log = logging.getLogger("imgsrv.workers")


@dataclass(slots=True)
class _Live:
    """A worker process that is ready for a picture."""

    pid: int
    connection: socket.socket
    isolation: Isolation
    pictures: int = 0


class Worker:
    """One worker process and its successors. Not thread-safe."""

    def __init__(self, template: Template, seconds: float) -> None:
        self._template = template
        self._seconds = seconds
        self._live: _Live | None = None

    def prepare(self) -> Isolation:
        """Starts the process if there is none, and returns its isolation; DecoderLost when it cannot start."""
        self._live = self._live or self._start()
        return self._live.isolation

    def render(self, source: BinaryIO, outputs: Mapping[str, BinaryIO], limits: Limits, sizes: Sizes) -> Entry:
        """As `renditions.render`, in the worker; DecoderLost when it fails and no fault of the file is known."""
        files = (source, *(outputs[size] for size in sizes))
        live = self._hand_over(protocol.Task(limits, sizes), files)
        try:
            done = protocol.receive(live.connection, protocol.Done)
        except TimeoutError:
            self._end(live)
            raise DecoderLost(f"The picture was not done within {self._seconds:g} seconds; try again.") from None
        except (OSError, EOFError, ValueError):
            raise _verdict(self._end(live)) from None
        live.pictures += 1
        refusal = _REFUSALS.get(done.kind)
        # Attacks on decoders use damaged files, and a process that ran out of memory may be in any state.
        if refusal in (CorruptImage, ImageTooComplex) or done.failure or live.pictures >= _PICTURES:
            self._end(live)
        if refusal is not None:
            raise refusal(done.detail, **done.extra)
        if done.failure or done.kind:
            raise RuntimeError(f"a worker failed: {done.failure or done.kind}")
        return self._accept(live, done, outputs)

    def close(self) -> None:
        """Ends the process, if there is one."""
        if self._live is not None:
            self._end(self._live)

    def _start(self) -> _Live:
        pid, connection = self._template.fork()
        live = _Live(pid, connection, Isolation())
        connection.settimeout(START_SECONDS)
        try:
            ready = protocol.receive(connection, protocol.Ready)
        except (OSError, EOFError, ValueError) as error:
            self._end(live)
            raise DecoderLost("No decoder could be started; try again.") from error
        connection.settimeout(self._seconds)
        live.isolation = Isolation("in worker processes", ready.holds, ready.lacks)
        return live

    def _hand_over(self, task: protocol.Task, files: Sequence[BinaryIO]) -> _Live:
        """Sends the picture to a worker process, and returns that process."""
        with _opened_again(*files) as descriptors:
            for _ in range(2):  # a worker that died while it was idle must not cost a picture
                self._live = live = self._live or self._start()
                try:
                    protocol.send(live.connection, task, descriptors)
                    return live
                except OSError:
                    self._end(live)
        raise DecoderLost("The decoder died before it began; try again.")

    def _accept(self, live: _Live, done: protocol.Done, outputs: Mapping[str, BinaryIO]) -> Entry:
        """The image's record, from the worker's message and from the outputs' headers, after the outputs are sealed."""
        try:
            for output in outputs.values():
                fcntl.fcntl(output, fcntl.F_ADD_SEALS, _SEALS)
            sizes = {name: _measure(output) for name, output in outputs.items()}
        except (OSError, ValueError) as error:
            self._end(live)
            raise RuntimeError("a worker answered without a JPEG of each size") from error
        told = done.taken_at or ABSENT, done.placeholder or ABSENT
        return Entry("", sizes=sizes, taken_at=told[0], placeholder=told[1])

    def _end(self, live: _Live) -> int:
        """Ends the process; returns its exit status (see `Template.end`)."""
        live.connection.close()
        self._live = None
        try:
            return self._template.end(live.pid)
        except DecoderLost:  # there is no template, and so no worker either
            return signal.SIGKILL


def _verdict(status: int) -> errors.ServiceError:
    """The error for a worker that ended while it made a picture."""
    _log.warning("a decoder ended over a picture, with status %d", os.waitstatus_to_exitcode(status))
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU:
        return ImageTooComplex("The image takes more time to decode than one picture may have.")
    if os.WIFEXITED(status) or os.WTERMSIG(status) in _FAULTS:
        return CorruptImage("The decoder crashed on this file.")
    return DecoderLost("The decoder was ended while it worked on this picture; try again.")


@contextmanager
def _opened_again(source: BinaryIO, *outputs: BinaryIO) -> Iterator[list[int]]:
    """Descriptors with their own positions, closed after the block; the source's is read-only."""
    with ExitStack() as stack:
        descriptors = []
        for file in (source, *outputs):
            flags = os.O_RDONLY if file is source else os.O_RDWR
            descriptors.append(os.open(f"/proc/self/fd/{file.fileno()}", flags | os.O_CLOEXEC))
            stack.callback(os.close, descriptors[-1])
        yield descriptors


def _measure(output: BinaryIO) -> Rendition:
    output.seek(0)
    width, height = jpeg.dimensions(output)
    return Rendition(width, height, output.seek(0, os.SEEK_END))
