"""Changes of one project that come at once are made one after the other, in every mode; the refused leave nothing."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from photos import expected_files, photo, stored_files
from service import Service
from waiting import BOUND

from core.volume import locking

CHANGES = 12


@pytest.fixture
def at_once(mode: str) -> int:
    """In mode lambda a process starts for each, a third of a second of CPU, so that only later ones really meet."""
    return 6 if mode == "lambda" else CHANGES


def _upload(url: str, project: str) -> httpx.Response:
    return httpx.post(
        f"{url}/projects/{project}/images", files={"file": ("a.jpg", photo(60, 40))}, timeout=BOUND, verify=False
    )


def test_uploads_at_once_are_all_stored(service: Service, project: str, at_once: int) -> None:
    with ThreadPoolExecutor(at_once) as pool:
        answers = list(pool.map(lambda _: _upload(service.url, project), range(3 * CHANGES)))
    assert [answer.status_code for answer in answers] == [201] * 3 * CHANGES
    stored = {answer.json()["image_id"] for answer in answers}
    listed = service.client.get(f"/projects/{project}/images").json()["images"]
    assert {image["image_id"] for image in listed} == stored


def test_changes_at_once_are_all_made(service: Service, project: str, at_once: int) -> None:
    images = [_upload(service.url, project).json()["image_id"] for _ in range(CHANGES)]
    with ThreadPoolExecutor(at_once) as pool:
        url = f"{service.url}/projects/{project}"
        primary = pool.map(lambda image: httpx.put(f"{url}/primary/{image}", timeout=BOUND, verify=False), images)
        assert {answer.status_code for answer in primary} == {200}
        deleted = pool.map(lambda image: httpx.delete(f"{url}/images/{image}", timeout=BOUND, verify=False), images)
        assert {answer.status_code for answer in deleted} == {200}
    assert service.client.get(f"/projects/{project}/images").json()["images"] == []


@pytest.fixture(params=["asgi", "event"])
def hasty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Service]:
    """A service that refuses a change after a moment."""
    with Service(tmp_path / "storage", "--mode", request.param, IMGSRV_LOCK_TIMEOUT="0.3") as running:
        yield running


def test_uploads_refused_for_the_lock_leave_nothing(hasty: Service, project: str) -> None:
    first = _upload(hasty.url, project).json()["image_id"]
    with ThreadPoolExecutor(4) as pool, locking.held(hasty.storage / "projects" / project / "meta.lock", 60):
        answers = list(pool.map(lambda _: _upload(hasty.url, project), range(4)))
    assert {answer.json()["type"] for answer in answers} == {"/problems/project-locked"}
    assert stored_files(hasty.storage, project) == expected_files(first)
