"""Clients that are slow, vanish, say too much, or are too many: the others are still answered."""

import contextlib
import resource
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from photos import photo, stored_files
from service import Service
from waiting import BOUND, eventually

from core.volume import locking

BOUNDARY = "cut-here"
IDLE = 10_000
SPARE = 500  # descriptors beside the idle connections


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service of its own, which may have as many connections as this machine allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        with Service(tmp_path_factory.mktemp("attack") / "storage") as running:
            yield running
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def _connect(server: Service) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=BOUND)


def _upload_request(project: str, content: bytes) -> bytes:
    body = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n'.encode()
        + content
        + f"\r\n--{BOUNDARY}--\r\n".encode()
    )
    head = (
        f"POST /projects/{project}/images HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n"
        f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\n\r\n"
    )
    return head.encode() + body


def _others_are_answered(server: Service) -> None:
    response = server.client.post("/projects/others/images", files={"file": ("a.jpg", photo(64, 48))})
    assert response.status_code == 201
    assert server.client.get("/projects/others/images").status_code == 200


def test_upload_that_is_cut_off_anywhere_leaves_nothing(server: Service, project: str) -> None:
    request = _upload_request(project, photo(640, 480))
    for end in (10, 60, 200, 400, len(request) // 2, len(request) - 1):
        with _connect(server) as connection:
            connection.sendall(request[:end])

    _others_are_answered(server)
    assert not (server.storage / "projects" / project).exists() or stored_files(server.storage, project) == []


def test_slow_uploads_hold_up_nobody(server: Service, project: str) -> None:
    request = _upload_request(project, photo(640, 480))
    with contextlib.ExitStack() as stack:
        slow = [stack.enter_context(_connect(server)) for _ in range(200)]
        for position in range(0, 600, 100):
            for connection in slow:
                connection.sendall(request[position : position + 100])
            _others_are_answered(server)
        slow[0].sendall(request[600:])
        assert slow[0].recv(12).startswith(b"HTTP/1.1 201")


def test_ten_thousand_idle_connections_hold_up_nobody(server: Service) -> None:
    if resource.getrlimit(resource.RLIMIT_NOFILE)[0] < IDLE + SPARE:
        pytest.skip(f"this machine allows fewer than {IDLE + SPARE} open files")
    with contextlib.ExitStack() as stack:
        for _ in range(IDLE):
            stack.enter_context(_connect(server))
        _others_are_answered(server)
        memory = Path(f"/proc/{server.process.pid}/status").read_text()
        resident = next(line for line in memory.splitlines() if line.startswith("VmRSS"))
        print(f"{IDLE} idle connections: {resident}")
    _others_are_answered(server)


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET /" + b"a" * 1_000_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 1_000_000 + b"\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n" + b"X: a\r\n" * 100_000 + b"\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        b"GET /healthz?" + b"a=1&" * 50_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"\x16\x03\x01" + bytes(range(256)) * 1000,
        b"GET /projects/" + b"%2e%2e%2f" * 1000 + b"/images HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ],
    ids=["long-path", "long-header", "many-headers", "bad-length", "long-query", "tls", "encoded-dots"],
)
def test_flood_in_one_request_is_no_5xx_and_holds_up_nobody(server: Service, request_bytes: bytes) -> None:
    with _connect(server) as connection:
        answer = b""
        with contextlib.suppress(ConnectionError):  # cut off in the middle of it, which is an answer too
            connection.sendall(request_bytes)
            with contextlib.suppress(OSError):  # not connected any more: it was cut off after the last byte was sent
                connection.shutdown(socket.SHUT_WR)
            answer = connection.recv(12)
    assert not answer.startswith(b"HTTP/1.1 5")

    _others_are_answered(server)


def test_overload_is_refused_at_once_and_ends_with_the_load(tmp_path: Path) -> None:
    with Service(tmp_path / "storage", IMGSRV_DECODE_WORKERS="1", IMGSRV_DECODE_QUEUE="3") as server:
        answers: list[httpx.Response] = []

        def upload() -> None:
            with httpx.Client(base_url=server.url, timeout=BOUND, verify=False) as client:
                answers.append(client.post("/projects/p/images", files={"file": ("a.jpg", photo())}))

        folder = server.storage / "projects" / "p"
        folder.mkdir(parents=True)
        threads = [threading.Thread(target=upload) for _ in range(20)]
        with locking.held(folder / "meta.lock", 0):  # what was taken in cannot end meanwhile
            for thread in threads:
                thread.start()
            assert eventually(lambda: answers), "the line has an end"
            assert answers[0].status_code == 503
        for thread in threads:
            thread.join()
        after = server.client.post("/projects/p/images", files={"file": ("a.jpg", photo())})

        stored = [answer for answer in answers if answer.status_code == 201]
        refused = [answer for answer in answers if answer.status_code == 503]
        assert len(stored) + len(refused) == 20
        assert len(stored) >= 4, "what fits into the line is served"
        assert all(int(answer.headers["retry-after"]) > 0 for answer in refused)
        assert all(answer.json()["type"] == "/problems/busy" for answer in refused)
        assert after.status_code == 201, "no trace of the overload is left"
        listed = server.client.get("/projects/p/images").json()["images"]
        assert len(listed) == len(stored) + 1
