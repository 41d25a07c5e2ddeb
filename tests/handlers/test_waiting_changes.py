"""While a change waits for its project's lock, or a health check for its own, everything else is answered."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from photos import photo
from service import Service

from core.volume import locking

OTHERS = 4  # requests beside each change that waits
PATIENCE = 30  # seconds after which a client takes it that it is not answered; the changes wait ten times as long


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service whose changes wait for longer than any client of these tests."""
    with Service(tmp_path_factory.mktemp("waiting") / "storage", IMGSRV_LOCK_TIMEOUT=str(10 * PATIENCE)) as running:
        yield running


Change = Callable[[Service, str, str, float], httpx.Response]


def _upload(server: Service, project: str, image: str = "", timeout: float = PATIENCE) -> httpx.Response:
    files = {"file": ("a.jpg", photo(60, 40))}
    return httpx.post(f"{server.url}/projects/{project}/images", files=files, timeout=timeout, verify=False)


def _delete(server: Service, project: str, image: str, timeout: float = PATIENCE) -> httpx.Response:
    return httpx.delete(f"{server.url}/projects/{project}/images/{image}", timeout=timeout, verify=False)


def _set_primary(server: Service, project: str, image: str, timeout: float = PATIENCE) -> httpx.Response:
    return httpx.put(f"{server.url}/projects/{project}/primary/{image}", timeout=timeout, verify=False)


def _others_are_answered(server: Service, project: str) -> None:
    assert httpx.get(f"{server.url}/projects/{project}/images", timeout=PATIENCE, verify=False).status_code == 200
    other = _upload(server, f"{project}-other")
    assert other.status_code == 201
    assert _set_primary(server, f"{project}-other", other.json()["image_id"]).status_code == 200


@pytest.mark.parametrize(("change", "count"), [(_upload, 1), (_delete, 1), (_set_primary, 1), (_set_primary, 64)])
def test_change_that_waits_holds_up_nobody(server: Service, project: str, change: Change, count: int) -> None:
    """Nor do 64 of them, more than the service has threads."""
    image = _upload(server, project).json()["image_id"]
    with ThreadPoolExecutor(count) as pool:
        with locking.held(server.storage / "projects" / project / "meta.lock", PATIENCE):
            waiting = [pool.submit(change, server, project, image, 10 * PATIENCE) for _ in range(count)]
            for _ in range(OTHERS):
                _others_are_answered(server, project)
            assert not any(answer.done() for answer in waiting)
        assert all(answer.result().status_code < 300 for answer in waiting)


def test_health_checks_that_wait_hold_up_nobody(server: Service, project: str) -> None:
    def check() -> httpx.Response:
        return httpx.get(f"{server.url}/healthz", timeout=10 * PATIENCE, verify=False)

    assert check().status_code == 200
    with ThreadPoolExecutor(64) as pool:
        with locking.held(server.storage / ".health" / "health.lock", PATIENCE):
            waiting = [pool.submit(check) for _ in range(64)]
            for _ in range(OTHERS):
                _others_are_answered(server, project)
            assert not any(answer.done() for answer in waiting)
        assert all(answer.result().status_code == 200 for answer in waiting)
