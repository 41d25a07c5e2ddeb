"""The server's side of the template: what it is started with, and what is made of its answers."""

import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from waiting import eventually

from core.errors import DecoderLost
from core.settings import Settings
from core.workers import forking, protocol
from core.workers.forking import START_SECONDS, Template
from core.workers.protocol import Forked, Order, Ready


@pytest.fixture
def template() -> Iterator[Template]:
    template = Template(Settings())
    yield template
    template.close()


@pytest.fixture
def answers(template: Template, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[socket.socket]]:
    """Has the template answer so, one after the other, from processes that are none; returns their sockets."""

    def answering(*told: Forked | Exception) -> list[socket.socket]:
        started: list[socket.socket] = []
        left = list(told)

        def start() -> socket.socket:
            started.append(socket.socket())
            return started[-1]

        def receive(control: socket.socket, kind: type[Forked]) -> Forked:
            answer = left.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer

        monkeypatch.setattr(template, "_start", start)
        monkeypatch.setattr(protocol, "send", lambda *_: None)
        monkeypatch.setattr(protocol, "receive", receive)
        return started

    return answering


def test_worker_may_write_what_a_picture_may_take() -> None:
    for largest in (Settings(decode_memory=1 << 30), Settings(max_upload_bytes=1 << 30, decode_memory=1 << 28)):
        assert (1 << 30) < Template(largest)._allowance.largest_file <= (1 << 30) + (1 << 20)


@pytest.fixture
def typed() -> Iterator[None]:
    """Something that this process could read from its terminal."""
    own, (reads, writes) = os.dup(0), os.pipe()
    os.dup2(reads, 0)
    yield
    os.dup2(own, 0)
    for descriptor in (own, reads, writes):
        os.close(descriptor)


@pytest.mark.usefixtures("typed")
def test_template_is_a_process_apart(template: Template) -> None:
    pid, connection = template.fork()
    assert template._process is not None
    assert template._control is not None
    above = template._process.pid
    assert os.getsid(above) == above != os.getsid(0)
    assert [os.readlink(f"/proc/{above}/fd/{number}") for number in (0, 1)] == [os.devnull] * 2
    assert template._control.gettimeout() == START_SECONDS
    with connection:  # without it the worker would end by itself
        assert template.end(pid) == signal.SIGKILL


def test_worker_ends_with_its_connection_and_not_as_another_template(template: Template) -> None:
    pid, connection = template.fork()
    with connection:
        protocol.receive(connection, Ready)
    assert eventually(lambda: _has_ended(pid))
    status = template.end(pid)
    assert (os.WIFEXITED(status), os.WEXITSTATUS(status)) == (True, 0)
    second, connection = template.fork()
    connection.close()
    assert second != pid


def test_worker_ends_with_its_template(template: Template) -> None:
    pid, connection = template.fork()
    with connection:
        protocol.receive(connection, Ready)
        assert template._process is not None
        template._process.kill()
        assert eventually(lambda: _has_ended(pid))


def _has_ended(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_template_that_hangs_is_killed(template: Template, monkeypatch: pytest.MonkeyPatch) -> None:
    template.fork()[1].close()
    assert template._process is not None
    stopped = template._process
    os.kill(stopped.pid, signal.SIGSTOP)
    with monkeypatch.context() as patched:
        patched.setattr(stopped, "wait", lambda: None)
        template.close()
    try:
        assert eventually(lambda: stopped.poll() is not None)
        assert stopped.returncode == -signal.SIGKILL
    finally:
        stopped.kill()
        stopped.wait()


def test_system_without_room_for_a_process_is_told(template: Template, answers: Callable[..., Any]) -> None:
    answers(Forked(0))
    with pytest.raises(DecoderLost, match="no room"):
        template.fork()


@pytest.mark.parametrize(("answer", "status"), [(Forked(7, 139), 139), (Forked(7, 0), 0), (Forked(0), signal.SIGKILL)])
def test_worker_ends_as_it_ended_or_was_killed_with_its_template(
    template: Template, answers: Callable[..., Any], answer: Forked, status: int
) -> None:
    answers(answer)
    assert template.end(7) == status


@pytest.mark.parametrize("failure", [OSError("broken"), EOFError("ended"), ValueError("no message")], ids=repr)
def test_dead_template_is_started_again_once(
    template: Template, answers: Callable[..., list[socket.socket]], failure: Exception
) -> None:
    started = answers(failure, Forked(7), failure, failure)
    template.end(7)
    assert [control.fileno() == -1 for control in started] == [True, False]
    with pytest.raises(DecoderLost, match="No decoder"):
        template.end(7)
    assert [control.fileno() == -1 for control in started] == [True] * 3


def test_stopping_service_starts_nothing(template: Template, answers: Callable[..., list[socket.socket]]) -> None:
    started = answers(Forked(7))
    template.close()
    with pytest.raises(DecoderLost, match="stopping"):
        template.end(7)
    assert started == []


def test_one_order_at_a_time(template: Template, monkeypatch: pytest.MonkeyPatch) -> None:
    asking: list[int] = []
    most: list[int] = []

    def send(control: socket.socket, order: Order, files: list[int]) -> None:
        asking.append(threading.get_ident())
        time.sleep(0.02)
        most.append(len(asking))

    def receive(control: socket.socket, kind: type[Forked]) -> Forked:
        asking.pop()
        return Forked(7)

    monkeypatch.setattr(template, "_start", socket.socket)
    monkeypatch.setattr(forking.protocol, "send", send)
    monkeypatch.setattr(forking.protocol, "receive", receive)
    with ThreadPoolExecutor(3) as threads:
        list(threads.map(template.end, range(3)))
    assert most == [1, 1, 1]
