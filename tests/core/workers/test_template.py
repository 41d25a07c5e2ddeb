"""The template and a worker's work, in this process: what they answer, and what they allow."""

import gc
import os
import resource
import signal
import socket
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from photos import photo

from core import renditions
from core.errors import ImageTooComplex
from core.index.entries import ABSENT, Entry
from core.projects import files
from core.settings import Settings
from core.workers import protocol, sandbox, template
from core.workers.protocol import Allowance, Done, Forked, Order, Ready, Task

SETTINGS = Settings()
TASK = Task(SETTINGS.limits, SETTINGS.sizes)
ALLOWANCE = Allowance(1 << 30, 1 << 20, 7)


class Doors:
    """In place of the sandbox's, which this process could not open again."""

    def end_with(self, above: int) -> None: ...

    def shut(self, connection: int, memory: int, largest: int) -> tuple[list[str], list[str]]:
        assert (memory, largest) == (1 << 30, 1 << 20)
        return ["held"], ["lacking"]


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs:
        yield ours, theirs


def opened(content: bytes) -> list[int]:
    """Descriptors as a worker receives them, of a picture and of an output for each size."""
    found = []
    for data in (content, *[b""] * len(SETTINGS.sizes)):
        with files.scratch("file") as file:
            file.write(data)
            file.flush()
            found.append(os.open(f"/proc/self/fd/{file.fileno()}", os.O_RDWR))
    return found


def test_picture_has_its_seconds_whatever_was_computed_before(monkeypatch: pytest.MonkeyPatch) -> None:
    limits: list[tuple[Any, ...]] = []
    used = resource.struct_rusage((3.6, 1.7, *[0] * 14))
    monkeypatch.setattr(resource, "getrusage", lambda who: used)
    monkeypatch.setattr(resource, "setrlimit", lambda *limit: limits.append(limit))
    template._allow_cpu(7)
    assert limits == [(resource.RLIMIT_CPU, (5 + 7 + 1, resource.RLIM_INFINITY))]


def test_worker_makes_pictures_until_the_server_is_gone(
    monkeypatch: pytest.MonkeyPatch, pair: tuple[socket.socket, socket.socket]
) -> None:
    def forbidden(by: int) -> int:
        asked.append(by)
        raise PermissionError("no nice")

    asked: list[int] = []
    allowed: list[int] = []
    monkeypatch.setattr(os, "nice", forbidden)
    monkeypatch.setattr(template, "_allow_cpu", allowed.append)
    ours, theirs = pair
    for content in (b"no picture", photo(8, 6)):
        sent = opened(content)
        protocol.send(ours, TASK, sent)
        for descriptor in sent:
            os.close(descriptor)
    ours.shutdown(socket.SHUT_WR)
    template._work(theirs, Doors(), ALLOWANCE)  # type: ignore[arg-type]
    assert protocol.receive(ours, Ready) == Ready(["held"], ["lacking"])
    assert [protocol.receive(ours, Done).kind for _ in range(2)] == ["not-an-image", ""]
    assert (allowed, len(asked)) == ([7, 7], 1)
    assert asked[0] > 0


@pytest.mark.parametrize(("error", "kind"), [(MemoryError(), ImageTooComplex.slug), (RuntimeError("x" * 9000), "")])
def test_failure_of_a_worker_is_told(monkeypatch: pytest.MonkeyPatch, error: Exception, kind: str) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(renditions, "render", fail)
    done = template._make(TASK, opened(photo()))
    assert done.kind == kind
    assert len(done.failure) == (0 if kind else 8000)
    assert done.failure.endswith("" if kind else "xxx\n")


def test_picture_without_a_file_for_each_size_is_not_made() -> None:
    *sent, missing = opened(photo())
    os.close(missing)
    assert "zip()" in template._make(TASK, sent).failure


@pytest.mark.parametrize("told", [("2026-02-21T19:01:02", "abc="), (ABSENT, ABSENT)], ids=str)
def test_record_is_told_as_far_as_it_is_known(monkeypatch: pytest.MonkeyPatch, told: tuple[Any, Any]) -> None:
    entry = Entry("", taken_at=told[0], placeholder=told[1])
    monkeypatch.setattr(renditions, "render", lambda *_: entry)
    assert template._make(TASK, opened(photo())) == Done(taken_at=told[0] or "", placeholder=told[1] or "")


def test_worker_is_ended_once() -> None:
    pid = os.posix_spawn("/bin/sleep", ["sleep", "600"], {})
    workers = {pid}
    assert template._end(pid, workers) == Forked(pid, signal.SIGKILL)
    assert template._end(pid, workers) == Forked(0)
    assert template._end(os.getpid(), workers) == Forked(0)


def test_template_tells_that_it_cannot_fork(
    monkeypatch: pytest.MonkeyPatch, pair: tuple[socket.socket, socket.socket]
) -> None:
    ignored: list[tuple[Any, ...]] = []
    monkeypatch.setattr(signal, "signal", lambda *how: ignored.append(how))
    done: list[tuple[Any, ...]] = []
    for module, name in ((os, "chdir"), (renditions, "preload"), (gc, "freeze"), (gc, "collect")):
        monkeypatch.setattr(module, name, lambda *to, name=name: done.append((name, *to)))
    monkeypatch.setattr(sandbox, "Doors", Doors)

    def full() -> int:
        raise BlockingIOError("no room for another process")

    monkeypatch.setattr(os, "fork", full)
    ours, theirs = pair
    protocol.send(ours, Order(), [theirs.fileno()])
    protocol.send(ours, Order(ends=77))
    ours.shutdown(socket.SHUT_WR)
    before = len(os.listdir("/proc/self/fd"))
    template.main(theirs, ALLOWANCE)
    assert len(os.listdir("/proc/self/fd")) == before
    assert [protocol.receive(ours, Forked) for _ in range(2)] == [Forked(0), Forked(0)]
    assert done == [("chdir", "/"), ("preload",), ("collect",), ("freeze",)]
    assert set(ignored) == {(signal.SIGINT, signal.SIG_IGN), (signal.SIGTERM, signal.SIG_IGN)}


def test_message_of_another_kind_is_refused(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    ours.send(msgspec.json.encode({"holds": 7}))
    with pytest.raises(ValueError, match="holds"):
        protocol.receive(theirs, Ready)
