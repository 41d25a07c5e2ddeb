"""What a server takes from a worker, and when it takes another."""

import errno
import io
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO

import pytest
from photos import photo
from waiting import BOUND

from core import renditions
from core.errors import CorruptImage, DecoderLost, NotAnImage, SideTooLong
from core.index.entries import Entry, Rendition
from core.projects import files
from core.settings import Settings
from core.workers import process
from core.workers.forking import Template
from core.workers.process import Worker

_socketpair = socket.socketpair
Render = Callable[[bytes], dict[str, tuple[Rendition, bytes]]]


@pytest.fixture
def template(monkeypatch: pytest.MonkeyPatch) -> Iterator[Template]:
    """In its workers a picture's comment says what is done (inside/deeds.py)."""
    monkeypatch.syspath_prepend(Path(__file__).with_name("inside"))
    template = Template(Settings())
    yield template
    template.close()


@pytest.fixture
def worker(template: Template) -> Iterator[Worker]:
    worker = Worker(template, BOUND)
    yield worker
    worker.close()


def made(render: Callable[..., Entry], content: bytes) -> dict[str, tuple[Rendition, bytes]]:
    """Each rendition as it is said to be, and its bytes."""
    settings = Settings()
    with ExitStack() as stack:
        outputs: dict[str, BinaryIO] = {size: stack.enter_context(files.scratch(size)) for size in settings.sizes}
        source = stack.enter_context(TemporaryFile())
        source.write(content)
        source.flush()
        said = render(source, outputs, settings.limits, settings.sizes).sizes
        assert said
        return {size: (said[size], bytes_of(output)) for size, output in outputs.items()}


def bytes_of(output: BinaryIO) -> bytes:
    output.seek(0)
    return output.read()


def pid(worker: Worker) -> int:
    worker.prepare()
    assert worker._live is not None
    return worker._live.pid


@pytest.mark.parametrize("content", [photo(1000, 700), photo(700, 1000, "PNG")], ids=["kept", "encoded"])
def test_a_worker_makes_what_this_process_would(worker: Worker, content: bytes) -> None:
    assert made(worker.render, content) == made(renditions.render, content)


def test_a_refusal_comes_as_it_was_raised(worker: Worker) -> None:
    with pytest.raises(SideTooLong) as refusal:
        made(worker.render, photo(65_501, 1, "PNG"))
    assert refusal.value.extra == {"limit": 65_500}
    assert "65501 x 1" in refusal.value.detail


def test_a_worker_serves_on_after_a_picture_and_a_refusal(worker: Worker) -> None:
    first = pid(worker)
    made(worker.render, photo())
    with pytest.raises(NotAnImage):
        made(worker.render, b"no picture")
    assert pid(worker) == first


def test_a_worker_that_met_a_damaged_file_is_replaced(worker: Worker) -> None:
    first = pid(worker)
    with pytest.raises(CorruptImage):
        made(worker.render, photo()[:2000])
    assert pid(worker) != first


def test_a_worker_is_replaced_after_so_many_pictures(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "_PICTURES", 2)
    pids = []
    for _ in range(4):
        pids.append(pid(worker))
        made(worker.render, photo())
    assert pids[0] == pids[1] != pids[2] == pids[3]


def test_what_is_no_jpeg_is_not_taken_from_a_worker(worker: Worker) -> None:
    first = pid(worker)
    with pytest.raises(RuntimeError, match="without"):
        made(worker.render, photo(comment=b"deed:end:forge"))
    assert pid(worker) != first


def test_what_was_handed_in_can_no_longer_be_changed(worker: Worker) -> None:
    made(worker.render, photo(comment=b"deed:end:keep"))
    with pytest.raises(CorruptImage) as tried:
        made(worker.render, photo(comment=b"deed:start:alter"))
    assert tried.value.detail.split() == ["PermissionError"] * len(Settings().sizes)


def test_a_worker_cannot_write_to_its_source(worker: Worker) -> None:
    with pytest.raises(CorruptImage) as tried:
        made(worker.render, photo(comment=b"deed:start:overwrite"))
    assert tried.value.detail == "OSError"


def test_a_worker_that_hangs_is_ended(template: Template) -> None:
    worker = Worker(template, 0.5)
    first = pid(worker)
    with pytest.raises(DecoderLost, match=r"0\.5 seconds"):
        made(worker.render, photo(comment=b"deed:decode:sleep"))
    assert not Path(f"/proc/{first}").exists()
    assert pid(worker) != first
    worker.close()


def test_a_source_without_a_file_is_a_fault_of_ours(worker: Worker) -> None:
    settings = Settings()
    with pytest.raises(io.UnsupportedOperation):
        worker.render(io.BytesIO(photo()), dict.fromkeys(settings.sizes, io.BytesIO()), settings.limits, settings.sizes)


def test_no_socket_stays_open_without_a_template(template: Template, monkeypatch: pytest.MonkeyPatch) -> None:
    pairs: list[socket.socket] = []

    def recorded(*arguments: int) -> tuple[socket.socket, socket.socket]:
        pair = _socketpair(*arguments)
        pairs.extend(pair)
        return pair

    def refused(*_: object, **__: object) -> None:
        raise OSError(errno.EAGAIN, "no room for another process")

    monkeypatch.setattr(socket, "socketpair", recorded)
    monkeypatch.setattr(subprocess, "Popen", refused)
    with pytest.raises(DecoderLost):
        template.fork()
    assert pairs
    assert all(each.fileno() == -1 for each in pairs)
