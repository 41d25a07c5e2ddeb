"""Files that uvicorn sends from the page cache: every byte of them, in order, and nothing after a failure."""

import asyncio
import json
import os
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from service import Service

from emulator.zerocopy import EXTENSION, with_zero_copy

LENGTH = 12_000_000  # more than any socket's buffers hold at once


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with Service(tmp_path_factory.mktemp("zero-copy") / "storage") as running:
        yield running


@pytest.fixture
def original(service: Service) -> tuple[str, Path]:
    """The path of an original, and its file: noise of which each part can be told from the others."""
    folder = service.storage / "projects/zero/original"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "noise.jpg").write_bytes(os.urandom(LENGTH))
    return "/projects/zero/images/noise?size=original", folder / "noise.jpg"


@contextmanager
def connected(port: int, window: int = 0) -> Iterator[socket.socket]:
    with socket.socket() as connection:
        if window:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
        connection.settimeout(30)
        connection.connect(("127.0.0.1", port))
        yield connection


def get(path: str, *headers: str) -> bytes:
    return "\r\n".join([f"GET {path} HTTP/1.1", "Host: localhost", *headers, "", ""]).encode()


def received(connection: socket.socket, count: int, pause: float = 0) -> bytes:
    """As many bytes, or as many as come before the end; the reader rests after each piece."""
    got = bytearray()
    while len(got) < count and (piece := connection.recv(min(1 << 18, count - len(got)))):
        got += piece
        time.sleep(pause)
    return bytes(got)


def response(connection: socket.socket, pause: float = 0) -> tuple[bytes, bytes]:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += connection.recv(1)
    (length,) = re.findall(rb"content-length: (\d+)", head)
    return head, received(connection, int(length), pause)


def test_a_file_larger_than_every_buffer_arrives_whole(service: Service, original: tuple[str, Path]) -> None:
    path, file = original
    assert service.client.get(path).content == file.read_bytes()


def test_a_slow_client_gets_every_byte_and_holds_nobody_up(service: Service, original: tuple[str, Path]) -> None:
    path, file = original
    with connected(service.port, window=4096) as slow:
        slow.sendall(get(path))
        time.sleep(0.2)
        assert service.client.get("/healthz").status_code == 200
        head, body = response(slow, pause=0.001)
    assert head.startswith(b"HTTP/1.1 200")
    assert body == file.read_bytes()


def test_ranges_and_answers_that_follow_on_one_connection_keep_their_order(
    service: Service, original: tuple[str, Path]
) -> None:
    path, file = original
    content = file.read_bytes()
    with connected(service.port) as connection:
        connection.sendall(get(path, "Range: bytes=7-5000006") + get("/healthz") + get(path, "Range: bytes=-3"))
        first, second, third = (response(connection) for _ in range(3))
    assert (first[1], third[1]) == (content[7:5_000_007], content[-3:])
    assert b"206" in first[0]
    assert b"206" in third[0]
    assert b"application/json" in second[0]


def test_a_client_that_leaves_halfway_leaves_no_trace(service: Service, original: tuple[str, Path]) -> None:
    path, _ = original
    descriptors = len(os.listdir(f"/proc/{service.process.pid}/fd"))
    for _ in range(5):
        with connected(service.port, window=4096) as connection:
            connection.sendall(get(path))
            received(connection, 10_000)
    deadline = time.monotonic() + 10
    while len(os.listdir(f"/proc/{service.process.pid}/fd")) > descriptors and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(os.listdir(f"/proc/{service.process.pid}/fd")) <= descriptors
    assert service.client.get("/healthz").status_code == 200
    assert "Traceback" not in service.log


def test_a_file_that_is_cut_off_while_it_is_sent_ends_the_connection(
    tmp_path: Path, original: tuple[str, Path]
) -> None:
    path, file = original
    content = file.read_bytes()
    with Service(tmp_path / "storage") as service:  # its own: this failure is logged
        copy = service.storage / "projects/zero/original/noise.jpg"
        copy.parent.mkdir(parents=True)
        copy.write_bytes(content)
        with connected(service.port, window=4096) as connection:
            connection.sendall(get(path))
            got = received(connection, 1)
            os.truncate(copy, LENGTH - 1000)
            got += received(connection, LENGTH * 2)
        _, _, body = got.partition(b"\r\n\r\n")
        assert body == content[: LENGTH - 1000]
        assert service.client.get("/healthz").status_code == 200


def test_the_log_counts_the_bytes_that_were_sent(service: Service, original: tuple[str, Path]) -> None:
    path, _ = original
    service.client.get(path, headers={"Range": "bytes=0-99999"})
    deadline = time.monotonic() + 10
    while '"bytes":100000,' not in service.log and time.monotonic() < deadline:  # written after the answer
        time.sleep(0.02)
    (line,) = [json.loads(line) for line in service.log.splitlines() if '"bytes":100000,' in line]
    assert line["status"] == 206


@contextmanager
def served(app: Any, http: str, **config: Any) -> Iterator[int]:
    server = uvicorn.Server(uvicorn.Config(app, port=0, http=http, log_config=None, lifespan="off", **config))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()


@pytest.mark.parametrize(("http", "offered"), [("httptools", True), ("h11", False)])
def test_it_is_offered_only_where_it_works(http: str, offered: bool) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        body = b"yes" if EXTENSION in scope.get("extensions", {}) else b"no"
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
        await send({"type": "http.response.body", "body": body})

    with served(with_zero_copy(app), http) as port, connected(port) as connection:
        connection.sendall(get("/"))
        assert response(connection)[1] == (b"yes" if offered else b"no")


def test_the_kernel_sends_what_the_socket_takes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content, sent = os.urandom(200_000), []
    (tmp_path / "file").write_bytes(content)
    real = os.sendfile

    def counting(*arguments: Any) -> int:
        sent.append(real(*arguments))
        return sent[-1]

    async def app(scope: Any, receive: Any, send: Any) -> None:
        with (tmp_path / "file").open("rb") as file:
            headers = [(b"content-length", b"%d" % (len(content) - 5))]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": EXTENSION, "file": file, "offset": 5, "count": len(content) - 5})

    monkeypatch.setattr(os, "sendfile", counting)
    with served(with_zero_copy(app), "httptools") as port, connected(port) as connection:
        connection.sendall(get("/"))
        assert response(connection)[1] == content[5:]
    assert sum(sent) > 0


def test_no_other_server_is_taken_for_uvicorn() -> None:
    seen = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(dict(scope))

    async def send(message: Any) -> None:
        raise AssertionError(message)

    asyncio.run(with_zero_copy(app)({"type": "http"}, send, send))
    assert seen == [{"type": "http"}]
