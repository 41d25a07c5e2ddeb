"""The server's side of a worker, with workers that only say what a test has them say."""

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import msgspec
import pytest
from photos import photo

from core.errors import CorruptImage, DecoderLost, ImageTooComplex, NotAnImage, RejectedImage
from core.index.entries import ABSENT, Entry, Rendition
from core.projects import files
from core.settings import Settings
from core.workers import process
from core.workers.process import Worker
from core.workers.protocol import Done, Ready

READY = Ready(["a"], ["b"])


class Scripted:
    """In place of the template: each worker has said what it will ever say when it is forked, and then it is gone,
    unless it `stays`."""

    def __init__(self, *scripts: list[msgspec.Struct], stays: bool = False, status: int = 0) -> None:
        self._scripts, self._stays, self._status = list(scripts), stays, status
        self._open: list[socket.socket] = []
        self.forked: list[int] = []
        self.ended: list[int] = []

    def fork(self) -> tuple[int, socket.socket]:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        for message in self._scripts.pop(0):
            theirs.send(msgspec.json.encode(message))
        self._open.append(theirs)
        if not self._stays:
            theirs.close()
        self.forked.append(len(self.forked) + 1)
        return self.forked[-1], ours

    def end(self, pid: int) -> int:
        self.ended.append(pid)
        return self._status

    def close(self) -> None:
        for connection in self._open:
            connection.close()


@pytest.fixture
def scripted() -> Iterator[Any]:
    with ExitStack() as closing:

        def made(*scripts: list[msgspec.Struct], **more: Any) -> tuple[Scripted, Worker]:
            template = Scripted(*scripts, **more)
            worker = Worker(template, 0.2)  # type: ignore[arg-type]
            closing.callback(template.close)
            closing.callback(worker.close)
            return template, worker

        yield made


def render(worker: Worker, made: bytes = b"") -> Entry:
    """Has it make a photo; each of the outputs holds `made` by then."""
    settings = Settings()
    with ExitStack() as stack:
        outputs = {size: stack.enter_context(files.scratch(size)) for size in settings.sizes}
        for output in outputs.values():
            output.write(made)
            output.flush()
        source = stack.enter_context(files.scratch("source"))
        source.write(photo())
        source.flush()
        return worker.render(source, outputs, settings.limits, settings.sizes)


def test_worker_tells_first_what_it_gave_up(scripted: Any) -> None:
    template, worker = scripted([READY], stays=True)
    assert worker.prepare() == worker.prepare()
    assert (worker.prepare().where, worker.prepare().holds, worker.prepare().lacks) == (
        "in worker processes",
        ["a"],
        ["b"],
    )
    assert template.forked == [1]
    assert worker._live is not None
    assert worker._live.connection.gettimeout() == 0.2
    worker.close()
    worker.close()
    assert template.ended == [1]


@pytest.mark.parametrize("stays", [True, False], ids=["silent", "gone"])
def test_worker_that_never_begins_is_ended(scripted: Any, monkeypatch: pytest.MonkeyPatch, stays: bool) -> None:
    monkeypatch.setattr(process, "START_SECONDS", 0.1)
    template, worker = scripted([], stays=stays)
    with pytest.raises(DecoderLost, match="No decoder"):
        worker.prepare()
    assert template.ended == [1]


def test_workers_that_die_idle_cost_no_picture_but_two_are_enough(scripted: Any) -> None:
    template, worker = scripted([READY], [READY], [READY])
    with pytest.raises(DecoderLost, match="before it began"):
        render(worker)
    assert (template.forked, template.ended) == ([1, 2], [1, 2])


def test_worker_that_says_nothing_in_time_is_ended(scripted: Any) -> None:
    template, worker = scripted([READY], stays=True)
    with pytest.raises(DecoderLost, match=r"within 0\.2 seconds"):
        render(worker)
    assert template.ended == [1]


@pytest.mark.parametrize(("taken_at", "placeholder"), [("2026-02-21T19:01:02", ""), ("", "abc=")])
def test_record_is_what_the_worker_tells_and_its_files_show(scripted: Any, taken_at: str, placeholder: str) -> None:
    template, worker = scripted([READY, Done(taken_at=taken_at, placeholder=placeholder)], stays=True)
    worker.prepare()
    before = os.listdir("/proc/self/fd")
    entry = render(worker, photo(8, 6))
    assert len(os.listdir("/proc/self/fd")) == len(before)
    assert (entry.taken_at, entry.placeholder) == (taken_at or ABSENT, placeholder or ABSENT)
    assert entry.sizes == dict.fromkeys(Settings().sizes, Rendition(8, 6, len(photo(8, 6))))
    assert template.ended == []


@pytest.mark.parametrize(
    ("done", "told", "ends"),
    [
        (Done(kind="unknown"), "a worker failed: unknown", False),
        (Done(failure="Traceback"), "a worker failed: Traceback", True),
        (Done(), "without a JPEG of each size", True),
    ],
    ids=["kind", "failure", "nothing"],
)
def test_worker_that_fails_is_a_fault_of_ours(scripted: Any, done: Done, told: str, ends: bool) -> None:
    template, worker = scripted([READY, done], stays=True)
    with pytest.raises(RuntimeError, match=told):
        render(worker)
    assert template.ended == [1] * ends


@pytest.mark.parametrize(("kind", "ends"), [(CorruptImage, True), (ImageTooComplex, True), (NotAnImage, False)])
def test_worker_that_met_what_attacks_use_is_ended(scripted: Any, kind: type[RejectedImage], ends: bool) -> None:
    template, worker = scripted([READY, Done(kind=kind.slug, detail="so")], stays=True)
    with pytest.raises(kind) as refused:
        render(worker)
    assert refused.value.detail == "so"
    assert template.ended == [1] * ends


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (signal.SIGXCPU, ImageTooComplex),
        (signal.SIGSEGV, CorruptImage),
        (signal.SIGSYS, CorruptImage),
        (1 << 8, CorruptImage),  # it exited
        (0, CorruptImage),
        (signal.SIGXCPU << 8, CorruptImage),  # it exited with a number that is a signal's
        (signal.SIGKILL, DecoderLost),
        (signal.SIGTERM, DecoderLost),
    ],
)
def test_how_a_worker_ended_over_a_picture_says_why(
    scripted: Any, monkeypatch: pytest.MonkeyPatch, status: int, error: type[Exception]
) -> None:
    monkeypatch.setattr(process.protocol, "send", lambda *_: None)
    template, worker = scripted([READY], status=int(status))
    with pytest.raises(error):
        render(worker)
    assert template.ended == [1]


def test_worker_without_a_template_was_killed_with_it(scripted: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process.protocol, "send", lambda *_: None)
    template, worker = scripted([READY])

    def gone(pid: int) -> int:
        raise DecoderLost("no template")

    monkeypatch.setattr(template, "end", gone)
    with pytest.raises(DecoderLost, match="was ended while"):
        render(worker)
