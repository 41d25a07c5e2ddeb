"""What HTTP allows without an end: trailers, requests in advance, upgrades. Each is bounded, and hides no request."""

import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from service import Service
from waiting import BOUND

from core.access import tokens

SECRET = "s" * 40
TOKEN = tokens.mint({"1": SECRET.encode()}, 3600, project="p", scope="primary list")
HEAD = "Host: localhost\r\nTransfer-Encoding: chunked\r\n"
ORDER = f"PUT /projects/p/order HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\n"
GUEST = "PUT /projects/p/order HTTP/1.1\r\nHost: localhost\r\n"
CHUNKED = "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n"
ENDLESS = 32 << 20  # bytes: more than the sockets on the way hold
NEXT = "GET /limits HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


@pytest.fixture(scope="module", params=["asgi", "event"])
def service(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The service with a key and private reads."""
    storage: Path = tmp_path_factory.mktemp("endless") / "storage"
    with Service(storage, "--mode", request.param, IMGSRV_SECRET=SECRET, IMGSRV_PRIVATE_READS="yes") as running:
        yield running


def say(service: Service, *pieces: str) -> list[str]:
    """The status of each answer to what is sent in pieces, each after an answer to the one before."""
    answer = b""
    with socket.create_connection(("127.0.0.1", service.port), timeout=BOUND) as connection:
        with suppress(ConnectionError):  # cut off, which is an answer too
            for number, piece in enumerate(pieces):
                connection.sendall(piece.encode("latin-1"))
                if number < len(pieces) - 1:
                    answer += connection.recv(65536)
            while data := connection.recv(65536):
                answer += data
    lines = [line.rpartition("}")[2] for line in answer.decode("latin-1").split("\r\n")]  # "}" ends the body before
    return [line.split()[1] for line in lines if line.startswith("HTTP/1.1 ")]


def accepted(service: Service, head: str, piece: str, most: int) -> int:
    """How many bytes of `piece`, again and again, are taken behind a head that was read, up to `most`."""
    count = 0
    with socket.create_connection(("127.0.0.1", service.port), timeout=BOUND) as connection, suppress(ConnectionError):
        connection.sendall(head.encode())
        time.sleep(0.2)
        while count < most:
            connection.sendall(piece.encode())
            count += len(piece)
    return count


@pytest.mark.parametrize("size", [0, 100, 10_000], ids=str)
@pytest.mark.parametrize("head", [ORDER, GUEST], ids=["taken", "refused"])
def test_trailers_without_an_end_are_not_taken(service, head, size):
    piece = f"a:{'b' * size}\r\n" * (65_536 // (size + 4))
    assert accepted(service, head + CHUNKED, piece, ENDLESS) < ENDLESS


@pytest.mark.parametrize("line", ["a", "a:", ": ", "2\r\n{}\r\n2;a=", "2\r\n{}\r\n2;"], ids=ascii)
@pytest.mark.parametrize("head", [ORDER, GUEST], ids=["taken", "refused"])
def test_a_line_of_a_body_without_an_end_is_not_taken(service, head, line):
    start = CHUNKED + "a" if ":" in line or line == "a" else "Transfer-Encoding: chunked\r\n\r\n"
    assert accepted(service, head + start + line, "b" * 65_536, ENDLESS) < ENDLESS


def test_a_few_trailers_are_taken(service):
    assert say(service, f"{ORDER}Connection: close\r\n{CHUNKED}X-Checksum: 1\r\n\r\n") == ["400"]  # {} is no order


@pytest.mark.parametrize("name", ["Authorization", "authorization"])
def test_a_trailer_is_no_header(service, name):
    asked = f"GET /projects/p/images HTTP/1.1\r\nConnection: close\r\n{HEAD}\r\n0\r\n{name}: Bearer {TOKEN}\r\n\r\n"
    assert say(service, asked) == ["401"]


def test_few_requests_are_taken_in_advance(service):
    asked = "GET /limits HTTP/1.1\r\nHost: localhost\r\n\r\n"
    assert say(service, asked * 16 + NEXT) == ["200"] * 17
    assert len(say(service, asked * 700 + NEXT)) < 100


@pytest.mark.parametrize("protocol", ["h2c", "websocket", "TLS/1.0"])
def test_a_body_behind_an_upgrade_is_no_second_request(service, protocol):
    upgrade = f"Connection: Upgrade\r\nUpgrade: {protocol}\r\n"
    for length in (f"Content-Length: {len(NEXT)}", f"content-length: 0{len(NEXT)}"):
        assert say(service, f"{ORDER}{upgrade}{length}\r\n\r\n", NEXT) == ["400"]
    chunk = f"{len(NEXT):x}\r\n{NEXT}\r\n0\r\n\r\n"
    assert say(service, f"{ORDER}{upgrade}Transfer-Encoding: chunked\r\n\r\n", chunk) == ["400"]


def test_without_a_body_an_upgrade_is_ignored(service):
    upgrade = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"
    assert say(service, f"GET /limits HTTP/1.1\r\nHost: localhost\r\n{upgrade}\r\n", NEXT) == ["200", "200"]
