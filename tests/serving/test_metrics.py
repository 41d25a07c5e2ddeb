"""GET /metrics: what it tells, to whom, and the sum over several server processes."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import tus
from photos import photo
from prometheus_client.parser import text_string_to_metric_families
from service import Service
from waiting import BOUND, eventually

from core import measures

PICTURE = photo(64, 48)
FORM = {"file": ("a.jpg", PICTURE)}


def told(client: httpx.Client, **headers: str) -> dict[str, float]:
    """Each sample by its name and labels."""
    answer = client.get("/metrics", headers=headers)
    assert answer.status_code == 200, answer.text
    families = text_string_to_metric_families(answer.text)
    return {
        sample.name + "".join(f" {value}" for _, value in sorted(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with Service(tmp_path_factory.mktemp("metrics") / "storage", IMGSRV_TOTAL_MAX_IMAGES="3") as running:
        yield running


def test_what_happened_is_told(service: Service) -> None:
    client = service.client
    image = client.post("/projects/p/images", files=FORM).json()["image_id"]
    assert client.get(f"/projects/p/images/{image}?size=thumb").status_code == 200
    assert client.post("/projects/p/images", files={"file": ("a.txt", b"text")}).status_code == 415
    url = tus.begin(client, "p", len(PICTURE))
    tus.patch(client, url, 0, PICTURE[:10])
    found = told(client)
    assert found["imgsrv_requests_total POST /projects/{project_id}/images 201"] == 1
    assert found["imgsrv_requests_total GET /projects/{project_id}/images/{image_id} 200"] == 1
    assert found["imgsrv_problems_total not-an-image"] == 1
    assert found["imgsrv_request_seconds_count POST /projects/{project_id}/images"] == 2
    assert found["imgsrv_decode_seconds_count"] == found["imgsrv_decode_wait_seconds_count"] == 2
    assert found["imgsrv_decode_waiting"] == 0
    assert found["imgsrv_lock_wait_seconds_count"] > 0
    assert found["imgsrv_stored_images_total"] == 1
    assert found["imgsrv_stored_bytes_total"] > 0
    assert found["imgsrv_staged_bytes_total"] == 10
    assert found["imgsrv_held_images"] == 2
    assert found["imgsrv_held_bytes"] == found["imgsrv_stored_bytes_total"] + len(PICTURE)
    assert found["imgsrv_total_max_images"] == 3
    names = {measure.name for measure in (*measures.TOLD, *measures.COUNTED)}
    assert all(any(sample.startswith(f"imgsrv_{name}") for sample in found) for name in names)


@pytest.mark.parametrize("headers", [{"X-Forwarded-For": "10.0.0.1"}, {"Forwarded": "for=a"}, {"Host": "evil.example"}])
def test_what_came_from_elsewhere_finds_nothing(service: Service, headers: dict[str, str]) -> None:
    assert service.client.get("/metrics", headers=headers).status_code in (403, 404)
    assert service.client.post("/metrics").status_code == 404


def test_a_token_opens_them_to_who_has_it_alone(tmp_path: Path) -> None:
    with Service(tmp_path / "storage", "--public", IMGSRV_METRICS_TOKEN="t" * 20) as service:
        client = service.client
        assert client.get("/metrics").status_code == 404
        assert client.get("/metrics", headers={"Authorization": "Bearer other"}).status_code == 404
        assert told(client, Host="any.example", Authorization="Bearer " + "t" * 20)
        assert "t" * 20 not in service.log


def test_processes_add_up(tmp_path: Path) -> None:
    with Service(tmp_path / "storage", "--workers", "2") as service:
        for _ in range(20):  # each on a connection of its own, so that both processes answer some
            httpx.get(f"{service.url}/limits", timeout=BOUND, verify=False)
        found = told(service.client)
        assert found["imgsrv_requests_total GET /limits 200"] == 20
        assert found["imgsrv_decode_waiting"] == 0
        folder = Path(re.findall(r"(/\S+imgsrv-metrics-\w+)/", _open_files(service.process.pid))[0])
        assert folder.is_dir()
    assert eventually(lambda: not folder.exists())


def _open_files(parent: int) -> str:
    """The files that the server processes under `parent` have in memory."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return "".join(Path(f"/proc/{child}/maps").read_text() for child in children)
