"""Bounds on connections, over real sockets: too many, too slow, too long, unread."""

import json
import resource
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from photos import photo
from service import Service
from waiting import BOUND, eventually

from serving import bounds

PATIENCE = 3.0  # seconds: long enough for a client that means well on a busy machine
MOST = 40
HEALTH = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
FORM = "Content-Type: multipart/form-data; boundary=b\r\n"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service with little patience and room for few connections."""
    limits = {"IMGSRV_IDLE_TIMEOUT": str(PATIENCE), "IMGSRV_MAX_CONNECTIONS": str(MOST), "IMGSRV_BODY_TIMEOUT": "5"}
    with Service(tmp_path_factory.mktemp("bounds") / "storage", **limits) as running:
        yield running


def connect(service: Service) -> socket.socket:
    return socket.create_connection(("127.0.0.1", service.port), timeout=BOUND)


def say(service: Service, *pieces: str, pause: float = 0.0) -> bytes:
    """All that the service answers to what is sent in pieces, until it closes the connection."""
    answer = b""
    with connect(service) as connection, suppress(ConnectionError):
        with suppress(ConnectionError):  # answered before all is sent
            for piece in pieces:
                connection.sendall(piece.encode())
                time.sleep(pause)
        while data := connection.recv(65536):
            answer += data
    return answer


def status(answer: bytes) -> bytes:
    return answer[9:12]


def upload_head(length: int) -> str:
    return f"POST /projects/p/images HTTP/1.1\r\nHost: localhost\r\n{FORM}Content-Length: {length}\r\n\r\n"


def others_are_answered(service: Service) -> None:
    answer = service.client.post("/projects/others/images", files={"file": ("a.jpg", photo(64, 48))})
    assert answer.status_code == 201


def others_are_answered_soon(service: Service) -> None:
    """After many have left: the server may take the next connection before it sees the last one end."""
    assert eventually(lambda: status(say(service, HEALTH)) == b"200")
    others_are_answered(service)


def test_head_that_stalls_is_408(service):
    answer = say(service, "GET /healthz HTTP/1.1\r\nHost: localh")
    assert status(answer) == b"408"
    assert b"/problems/request-timeout" in answer


def test_second_head_that_stalls_is_408(service):
    answer = say(service, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", "GET /hea", pause=0.2)
    assert status(answer) == b"200"
    assert b"HTTP/1.1 408" in answer


def test_silent_connection_is_closed(service):
    assert say(service) == b""


def test_body_that_stalls_is_408_and_closed(service):
    answer = say(service, upload_head(1000), "--b\r\n")
    assert status(answer) == b"408"
    assert b"connection: close" in answer


def test_body_that_trickles_is_408(service):
    answer = say(service, upload_head(1000), *"--b\r\nContent-Disposition: x", pause=PATIENCE / 4)
    assert status(answer) == b"408"
    assert b"5 seconds in all" in answer


@pytest.mark.parametrize(
    ("target", "headers", "expected"),
    [
        pytest.param("/healthz?" + "a" * 8000, "", b"200", id="long enough"),
        pytest.param("/healthz?" + "a" * 9000, "", b"414", id="long query"),
        pytest.param("/" + "a" * 9000, "", b"414", id="long path"),
        pytest.param("/healthz", "X: " + "a" * 33_000 + "\r\n", b"431", id="long header"),
        pytest.param("/healthz", "X: a\r\n" * 8_000, b"431", id="many headers"),
    ],
)
def test_long_head_is_refused(service, target, headers, expected):
    request = f"GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n"
    assert status(say(service, request)) == expected


@pytest.mark.parametrize("beginning", ["GET /", "GET / HTTP/1.1\r\nX: ", "GET / HTTP/1.1\r\n"])
def test_head_without_end_is_refused_early(service, beginning):
    filler = "X: a\r\n" if beginning.endswith("\n") else "aaaaaa"
    with connect(service) as connection:
        connection.sendall(beginning.encode())
        sent = 0
        with suppress(ConnectionError):
            while sent < 100_000_000:
                sent += connection.send(filler.encode() * 10_000)
    assert sent < 20_000_000  # what the kernel holds on both sides, and no more
    others_are_answered(service)


def test_silent_connections_keep_nobody_out(service):
    with ExitStack() as stack:
        for _ in range(3 * MOST):
            stack.enter_context(connect(service))
        for _ in range(5):
            others_are_answered(service)


def test_busy_connections_turn_the_next_away(tmp_path):
    head = upload_head(1000).replace("\r\n\r\n", "\r\nExpect: 100-continue\r\n\r\n").encode()
    with Service(tmp_path / "storage", IMGSRV_MAX_CONNECTIONS="8") as service, ExitStack() as stack:
        for _ in range(8):
            busy = stack.enter_context(connect(service))
            busy.sendall(head)
            assert b"100 Continue" in busy.recv(1000)
        answer = say(service, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert status(answer) == b"503"
        assert b"retry-after: 2" in answer
        assert b"/problems/busy" in answer
        stack.close()
        others_are_answered_soon(service)


def test_client_that_does_not_read_is_cut_off(service):
    picture = {"file": ("a.jpg", photo(3000, 2000, quality=95))}
    image = service.client.post("/projects/p/images", files=picture).json()["image_id"]
    request = f"GET /projects/p/images/{image} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()

    def ask_on() -> None:
        with connect(service) as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            while True:
                connection.send(request * 20)  # and no answer is ever read
                time.sleep(0.05)

    with pytest.raises(ConnectionError):
        ask_on()


def test_client_that_reads_late_gets_whole_answers(tmp_path):
    with Service(tmp_path / "storage") as patient:
        picture = {"file": ("a.jpg", photo(3000, 2000, quality=95))}
        image = patient.client.post("/projects/p/images", files=picture).json()["image_id"]
        request = f"GET /projects/p/images/{image} HTTP/1.1\r\nHost: localhost\r\n".encode()
        with connect(patient) as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
            connection.sendall(b"".join([request + b"\r\n"] * 30 + [request + b"Connection: close\r\n\r\n"]))
            time.sleep(2.5)  # the server has looked at its connections meanwhile, once a second
            received = b"".join(iter(lambda: connection.recv(1 << 20), b""))
    assert received.count(b"HTTP/1.1 200 OK") == 31


def test_file_limit_is_raised_to_the_hard_one(tmp_path):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    try:
        with Service(tmp_path / "storage") as service:
            line = next(
                line
                for line in Path(f"/proc/{service.process.pid}/limits").read_text().splitlines()
                if line.startswith("Max open files")
            )
        assert int(line.split()[3]) == min(hard, 1 << 16)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def with_files(storage: Path, most: int) -> Service:
    """A service that may open so many files, and no more."""
    service = Service(storage)
    service._command = ["sh", "-c", f'ulimit -n {most} && exec "$@"', "sh", *service._command]
    return service


def test_few_files_cost_a_503_at_most(tmp_path):
    """Or an end before any answer: of the many that are turned away within a second not all are lingered for."""
    picture = photo(1200, 900, quality=95)

    def send(url: str) -> httpx.Response | None:
        try:
            return httpx.post(url, files={"file": ("a", picture)}, timeout=BOUND, verify=False)
        except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
            return None

    with with_files(tmp_path / "storage", 64) as service, ThreadPoolExecutor(20) as pool:
        sent = list(pool.map(send, [f"{service.url}/projects/p/images"] * 60))
        answers = [answer for answer in sent if answer is not None]
        assert {answer.status_code for answer in answers} <= {201, 503}
        assert all("retry-after" in answer.headers for answer in answers if answer.status_code == 503)
        others_are_answered_soon(service)
    stored = len(list((tmp_path / "storage/projects/p/original").iterdir()))
    assert stored == [answer.status_code for answer in answers].count(201)


def test_silent_connections_beyond_the_limit_of_files(tmp_path):
    began = time.monotonic()
    with with_files(tmp_path / "storage", 256) as service, ExitStack() as stack:
        for _ in range(400):
            stack.enter_context(connect(service))
        for _ in range(3):
            others_are_answered(service)
        warnings = [json.loads(line) for line in service.log.splitlines() if '"WARNING"' in line]
        told = [line for line in warnings if line["logger"] == "imgsrv.connections"]
        assert 1 <= len(told) <= time.monotonic() - began + 2


@pytest.mark.parametrize(("files", "waiting"), [(64, 4), (1024, 64), (65_536, 2048)])
def test_backlog_leaves_files_for_work(files, waiting):
    assert bounds.backlog(files) == waiting


def scope(**members: Any) -> dict[str, Any]:
    return {"path": "/", "raw_path": b"/", "query_string": b"", "headers": []} | members


def test_head_is_measured_as_a_whole():
    assert bounds.objection(scope(headers=[(b"a" * 10, b"b" * 30_000)])) is None
    refused = bounds.objection(scope(headers=[(b"a" * 1000, b"b" * 1000)] * 17))
    assert refused is not None
    assert refused.status == 431
