"""Chunks that are cut off, stall, or meet a server that is killed: what was made durable counts, and nothing else."""

import socket
from collections.abc import Iterator

import pytest
import tus
from photos import photo
from service import Service
from waiting import BOUND, eventually

MIB = 1 << 20
PICTURE = photo(800, 600)
PHOTO = PICTURE + bytes(6 * MIB - len(PICTURE))  # what follows a JPEG's end is no part of the picture
SENT = 5 * MIB + 123


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service that does not wait long for a client that stalls."""
    with Service(tmp_path_factory.mktemp("chunks") / "storage", IMGSRV_IDLE_TIMEOUT="1") as running:
        yield running


@pytest.fixture
def url(server: Service, project: str) -> str:
    return tus.begin(server.client, project, len(PHOTO))


def send(server: Service, url: str, sent: int, *headers: str) -> socket.socket:
    """A PATCH that announces all bytes and stops after some."""
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=BOUND)
    lines = [f"PATCH {url} HTTP/1.1", "Host: localhost", "Tus-Resumable: 1.0.0", "Upload-Offset: 0"]
    lines += ["Content-Type: application/offset+octet-stream", f"Content-Length: {len(PHOTO)}", *headers]
    connection.sendall("\r\n".join([*lines, "", ""]).encode() + PHOTO[:sent])
    return connection


def goes_on(server: Service, url: str, offset: int) -> None:
    """The upload has these bytes, and becomes its image with the rest."""
    _, _, project, _, upload = url.split("/")
    staged = server.storage / "uploads" / project / upload / "bytes"
    assert staged.read_bytes()[:offset] == PHOTO[:offset]
    last = tus.patch(server.client, url, offset, PHOTO[offset:])
    assert last.status_code == 204
    (listed,) = server.client.get(f"/projects/{project}/images").json()["images"]
    assert listed["image_id"] == last.headers["upload-image-id"]


def test_client_that_vanishes_keeps_what_it_sent(server: Service, url: str) -> None:
    send(server, url, SENT).close()
    assert eventually(lambda: tus.offset(server.client, url) == SENT)
    goes_on(server, url, SENT)


def test_client_that_vanishes_before_its_checksum(server: Service, url: str) -> None:
    header = f"Upload-Checksum: {tus.checksum('sha1', PHOTO)}"
    send(server, url, SENT, header).close()
    assert eventually(lambda: "client-disconnected" in server.log)
    assert tus.offset(server.client, url) == 0
    goes_on(server, url, 0)


def test_client_that_stalls_is_told_how_far_it_came(server: Service, url: str) -> None:
    with send(server, url, SENT) as connection:
        answer = connection.recv(4096).lower()
    assert answer.startswith(b"http/1.1 204")
    assert f"upload-offset: {SENT}".encode() in answer
    goes_on(server, url, SENT)


def test_client_that_never_begins_is_408(server: Service, url: str) -> None:
    with send(server, url, 0) as connection:
        assert connection.recv(4096).startswith(b"HTTP/1.1 408")
    goes_on(server, url, 0)


@pytest.mark.parametrize("sent", [100, 3 * MIB, SENT])
def test_server_killed_within_a_chunk(server: Service, url: str, sent: int) -> None:
    with send(server, url, sent):
        server.kill()
    server.__enter__()
    offset = tus.offset(server.client, url)
    assert offset == 0 or 4 * MIB <= offset <= sent  # a piece that was gathered, or none
    goes_on(server, url, offset)


def test_expected_continue_is_answered_before_the_body(server: Service, url: str) -> None:
    """As tus-java-client sends a chunk: it waits for 100, and its body has no length."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=BOUND) as connection:
        lines = [f"POST {url} HTTP/1.1", "Host: localhost", "Tus-Resumable: 1.0.0", "Upload-Offset: 0"]
        lines += ["X-HTTP-Method-Override: PATCH", "Content-Type: application/offset+octet-stream"]
        lines += ["Expect: 100-continue", "Transfer-Encoding: chunked", "", ""]
        connection.sendall("\r\n".join(lines).encode())
        assert connection.recv(4096).startswith(b"HTTP/1.1 100")
        for start in range(0, SENT, MIB):
            piece = PHOTO[start : min(start + MIB, SENT)]
            connection.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
        connection.sendall(b"0\r\n\r\n")
        assert connection.recv(4096).startswith(b"HTTP/1.1 204")
    goes_on(server, url, SENT)
