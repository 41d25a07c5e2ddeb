"""Resumable uploads: what chunks cost beside one plain request, and one chunk beside writing its bytes durably.

The 80 MB photo is JPEG with noise behind its end: its bytes travel and are stored as any photo's, but decoding them
costs no more than decoding the picture in front, which would drown the rest.
"""

import os
import tempfile
from collections.abc import Callable
from functools import partial
from itertools import count
from pathlib import Path

from bench import client, inputs, measure, servers
from bench.measure import Contender
from bench.results import Goal, Results, Row
from bench.servers import Server
from core import ids, uploads
from core.settings import Settings
from core.uploads import Upload

SECTION = "uploads"
CHUNK = 4 << 20
LARGE = 80_000_000  # bytes
_LIMIT = "100000000"
_PROJECT = "bench"


def run(results: Results) -> None:
    """80 MB in chunks and at once; then single chunks."""
    with servers.service(max_upload_bytes=_LIMIT) as server:
        _whole_photo(results, server)
        _chunk(results, server)


def _whole_photo(results: Results, server: Server) -> None:
    picture = inputs.photo("jpeg-12mp").path.read_bytes()
    photo = picture + os.urandom(LARGE - len(picture))
    plain = client.upload(f"/projects/{_PROJECT}/images", photo)
    _post(server, plain)  # starts what an upload needs
    clock = measure.cpu_of(server.pid)
    contenders = {
        "chunks": Contender(partial(_send, server, photo), clock),
        "plain": Contender(partial(_post, server, plain), clock),
    }
    samples = measure.interleave(contenders, 5 if results.quick else 21, "80 MB")
    cost = {name: measure.spread(taken.cpu).median * 1000 for name, taken in samples.items()}
    detail = ", ".join(f"{name} {ms:.0f} ms" for name, ms in cost.items())
    ratio = measure.ratio(samples["chunks"].cpu, samples["plain"].cpu)
    results.add(Row(SECTION, "80 MB in chunks of 4 MiB, CPU", ratio, "x a plain POST", Goal(1.3), detail))


def _chunk(results: Results, server: Server) -> None:
    with tempfile.TemporaryDirectory(dir=inputs.scratch()) as root:
        settings = Settings(storage_root=Path(root))
        contenders = {
            "write": Contender(_floor(Path(root) / "floor")),
            "append": Contender(_appending(settings)),
            "request": Contender(_patching(server)),
        }
        samples = measure.interleave(contenders, 20 if results.quick else 100, "4 MiB")
    cost = {name: measure.spread(taken.wall).median * 1000 for name, taken in samples.items()}
    detail = ", ".join(f"{name} {ms:.2f} ms" for name, ms in cost.items())
    for name, what, goal in (("append", "a chunk of 4 MiB", Goal(1.5)), ("request", "its whole request", None)):
        ratio = measure.ratio(samples[name].wall, samples["write"].wall)
        results.add(Row(SECTION, what, ratio, "x write + fsync", goal, detail if goal else ""))


def _post(server: Server, request: bytes) -> None:
    with server.connect() as connection:
        connection.ask(request, 201)


def _send(server: Server, photo: bytes) -> None:
    with server.connect() as connection:
        url = _create(connection, len(photo))
        for start in range(0, len(photo), CHUNK):
            connection.ask(_patch(url, start, photo[start : start + CHUNK]), 204)


def _create(connection: client.Connection, length: int) -> str:
    request = _request("POST", f"/projects/{_PROJECT}/uploads", f"Upload-Length: {length}", "Content-Length: 0")
    return connection.ask(request, 201)[0]["location"]


def _patch(url: str, offset: int, content: bytes) -> bytes:
    kind = "Content-Type: application/offset+octet-stream"
    return _request("PATCH", url, f"Upload-Offset: {offset}", kind, f"Content-Length: {len(content)}") + content


def _request(method: str, path: str, *headers: str) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "Tus-Resumable: 1.0.0", *headers]
    return "\r\n".join([*lines, "", ""]).encode()


def _patching(server: Server) -> Callable[[], object]:
    """Sends the next chunk of an upload that never ends."""
    connection, chunk, starts = server.connect(), os.urandom(CHUNK), count(0, CHUNK)
    length = int(_LIMIT)
    per_upload = length // CHUNK

    def patch() -> None:
        nonlocal url
        number = next(starts) // CHUNK % per_upload
        if number == 0:
            url = _create(connection, length)
        connection.ask(_patch(url, number * CHUNK, chunk), 204)

    url = ""
    return patch


def _appending(settings: Settings) -> Callable[[], object]:
    chunk = os.urandom(CHUNK)
    state: Upload = uploads.create(settings, ids.project_id(_PROJECT), 1 << 40)

    def append() -> None:
        nonlocal state
        state = uploads.append(settings, state, chunk)

    return append


def _floor(path: Path) -> Callable[[], object]:
    """The least: the same bytes written behind the others of one file, and fsynced."""
    descriptor, chunk, starts = os.open(path, os.O_WRONLY | os.O_CREAT), os.urandom(CHUNK), count(0, CHUNK)

    def write() -> None:
        os.pwrite(descriptor, chunk, next(starts))
        os.fsync(descriptor)

    return write
