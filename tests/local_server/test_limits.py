"""Limits are settings, are named in the refusal, and hold before they cost anything."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from filelock import FileLock
from photos import photo
from service import Service
from waiting import BOUND

SMALL = {
    "IMGSRV_MAX_UPLOAD_BYTES": "200000",
    "IMGSRV_DECODE_MEMORY": str(40 << 20),
    "IMGSRV_LOCK_TIMEOUT": "0.3",
    "IMGSRV_MAX_RESPONSE_BYTES": "10000",
}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service whose every limit is small."""
    with Service(tmp_path_factory.mktemp("small") / "storage", **SMALL) as running:
        yield running


def send(small: Service, project: str, content: bytes) -> httpx.Response:
    return httpx.post(
        f"{small.url}/projects/{project}/images", files={"file": ("a.jpg", content)}, timeout=BOUND, verify=False
    )


@pytest.mark.parametrize(
    ("content", "kind", "limit"),
    [
        pytest.param(b"x" * 200_001, "file-too-large", "200000", id="bytes"),
        pytest.param(b"x" * 5_000_000, "file-too-large", "200000", id="many more bytes"),
        pytest.param(photo(1400, 1000), "too-many-pixels", "40", id="memory"),
        pytest.param(photo(65_501, 1, "PNG"), "side-too-long", "65500", id="side"),
    ],
)
def test_what_exceeds_a_limit_is_413_and_the_limit_is_named(small, project, content, kind, limit):
    response = send(small, project, content)
    assert (response.status_code, response.json()["type"]) == (413, f"/problems/{kind}")
    assert limit in response.json()["detail"].replace(",", "")
    assert not (small.storage / "projects" / project).exists()


def resident_bytes(service: Service) -> int:
    return int(Path(f"/proc/{service.process.pid}/statm").read_text().split()[1]) * 4096


def test_body_of_undeclared_length_is_refused(small, project):
    def endless() -> Iterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
        for _ in range(1000):
            yield b"x" * 100_000

    before = resident_bytes(small)
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    # The rest is read and dropped: a connection cut while a client still sends would lose it the answer.
    response = httpx.post(
        f"{small.url}/projects/{project}/images", content=endless(), headers=headers, timeout=BOUND, verify=False
    )
    assert (response.status_code, response.json()["type"]) == (413, "/problems/file-too-large")
    assert resident_bytes(small) - before < 20_000_000


def test_locked_project_is_503_with_retry_after(small, project):
    first = send(small, project, photo(100, 100)).json()["image_id"]
    folder = small.storage / "projects" / project
    with FileLock(folder / "meta.lock"):
        answers = [
            send(small, project, photo(100, 100)),
            small.client.delete(f"/projects/{project}/images/{first}"),
            small.client.put(f"/projects/{project}/primary/{first}"),
        ]
        for response in answers:
            assert (response.status_code, response.json()["type"]) == (503, "/problems/project-locked")
            assert int(response.headers["retry-after"]) > 0
        assert small.client.get(f"/projects/{project}/images").status_code == 200
    assert [path.name for path in (folder / "original").iterdir()] == [f"{first}.jpg"]
    assert send(small, project, photo(100, 100)).status_code == 201


def test_an_answer_too_large_to_carry_can_be_had_in_ranges(small, project):
    url = small.url + send(small, project, photo(800, 800)).json()["urls"]["original"]
    response = small.client.get(url)
    assert (response.status_code, response.json()["type"]) == (413, "/problems/response-too-large")
    assert all(text in response.json()["detail"] for text in ("10000", "ranges", "`medium`"))
    length = int(small.client.head(url).headers["content-length"])
    parts = [
        small.client.get(url, headers={"Range": f"bytes={i}-{i + 9999}"}).content for i in range(0, length, 10_000)
    ]
    stored = next((small.storage / "projects" / project / "original").iterdir())
    assert b"".join(parts) == stored.read_bytes()


def test_a_locked_project_does_not_hold_up_the_others(tmp_path):
    with Service(tmp_path / "storage") as service, ThreadPoolExecutor(60) as pool:
        first = send(service, "held", photo(100, 100)).json()["image_id"]
        with FileLock(service.storage / "projects" / "held" / "meta.lock"):
            url = f"{service.url}/projects/held/images/{first}"
            waiting = [pool.submit(httpx.delete, url, timeout=BOUND, verify=False) for _ in range(60)]
            assert send(service, "free", photo(100, 100)).status_code == 201
            assert service.client.get("/healthz").status_code == 200
            assert not any(answer.done() for answer in waiting)  # all of that while they waited
        statuses = [answer.result().status_code for answer in waiting]
        assert statuses.count(200) == 1
        assert statuses.count(404) == 59


def test_a_storage_root_that_vanishes_is_told_and_not_made_anew(tmp_path):
    storage = tmp_path / "storage"
    with Service(storage) as service:
        url = service.url + send(service, "p", photo(100, 100)).json()["urls"]["thumb"]
        storage.rename(tmp_path / "elsewhere")
        answers = [
            send(service, "p", photo(100, 100)),
            *(service.client.get(u) for u in (url, f"{service.url}/projects/p/images", f"{service.url}/healthz")),
        ]
        assert [answer.status_code for answer in answers] == [503] * 4
        assert not storage.exists()
        (tmp_path / "elsewhere").rename(storage)
        assert service.client.get(url).status_code == 200
