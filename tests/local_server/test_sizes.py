"""Sizes of one's own over HTTP, from the setting to the files: added, filled in by doctor, taken out again."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from photos import dimensions, photo
from service import ROOT, Service

from core.sizes import STANDARD

OWN = "own-banner=1200x300 crop, own-card=640x640"


def send(service: Service) -> dict[str, Any]:
    response = service.client.post("/projects/p/images", files={"file": ("a.jpg", photo(1600, 900))})
    assert response.status_code == 201, response.text
    return response.json()


def doctor(command: str, storage: Path, sizes: str = "") -> list[tuple[str, str]]:
    """(kind, subject) of each finding."""
    arguments = [sys.executable, "-m", "core.doctor", command, "--json", "--storage", str(storage)]
    ended = subprocess.run(
        arguments, cwd=ROOT, env=os.environ | {"IMGSRV_SIZES": sizes}, capture_output=True, text=True
    )
    lines = [json.loads(line) for line in ended.stdout.splitlines()]
    assert ended.returncode == (command == "check" and lines[-1]["summary"]["found"].keys() > {"size-unserved"}), ended
    return [(line["kind"], line["subject"]) for line in lines[:-1]]


@pytest.fixture
def storage(tmp_path: Path) -> Path:
    return tmp_path / "storage"


@pytest.mark.parametrize("mode", ["asgi", "event", "lambda"])
def test_own_sizes_are_made_and_documented(storage, mode):
    with Service(storage, "--mode", mode, IMGSRV_SIZES=OWN) as service:
        image = send(service)
        found = {name: dimensions(service.client.get(url).content) for name, url in image["urls"].items()}
        assert found == {name: (size["width"], size["height"]) for name, size in image["sizes"].items()}
        assert (found["own-banner"], found["own-card"]) == ((1200, 300), (640, 360))
        schema = service.client.get("/openapi.json").json()
        (size,) = [
            parameter
            for parameter in schema["paths"]["/projects/{project_id}/images/{image_id}"]["get"]["parameters"]
            if parameter["name"] == "size"
        ]
        assert size["schema"]["enum"] == [*STANDARD, "own-banner", "own-card"]
        urls = schema["components"]["schemas"]["Image"]["properties"]["urls"]
        assert set(urls["properties"]) == set(found)
        assert urls["required"] == list(STANDARD)


def test_older_image_gets_new_size_by_repair(storage):
    with Service(storage) as service:
        image = send(service)["image_id"]
    with Service(storage, IMGSRV_SIZES=OWN) as service:
        path = f"/projects/p/images/{image}"
        problem = service.client.get(f"{path}?size=own-banner")
        assert (problem.status_code, problem.json()["type"]) == (404, "/problems/size-not-made")
        assert (
            service.client.get("/projects/p/images/none?size=own-banner").json()["type"] == "/problems/image-not-found"
        )
        send(service)
        cover = service.client.get("/projects/p/thumbnail?size=own-banner")
        assert (cover.status_code, cover.json()["type"]) == (404, "/problems/size-not-made")
        listed, _ = service.client.get("/projects/p/images").json()["images"]
        assert list(listed["urls"]) == list(listed["sizes"]) == list(STANDARD)
        assert set(doctor("repair", storage, OWN)) == {
            ("rendition-missing", f"own-banner/{image}.jpg"),
            ("rendition-missing", f"own-card/{image}.jpg"),
        }
        assert dimensions(service.client.get(f"{path}?size=own-banner").content) == (1200, 300)
        listed, _ = service.client.get("/projects/p/images").json()["images"]
        assert list(listed["urls"]) == [*STANDARD, "own-banner", "own-card"]


def test_size_taken_out_is_not_served(storage):
    with Service(storage, IMGSRV_SIZES="own-banner=1200x300 crop") as service:
        images = [send(service)["image_id"] for _ in range(2)]
    files = [storage / "projects/p/own-banner" / f"{image}.jpg" for image in images]
    taken = sum(file.stat().st_size for file in files)
    with Service(storage) as service:
        assert service.client.get(f"/projects/p/images/{images[0]}?size=own-banner").status_code == 400
        assert "own-banner" not in service.client.get("/projects/p/images").text
        assert doctor("check", storage) == [("size-unserved", f"own-banner: 2 files, {taken:,} bytes")]
        assert doctor("repair", storage) == [("size-unserved", f"own-banner: 2 files, {taken:,} bytes")]
        service.client.delete(f"/projects/p/images/{images[0]}").raise_for_status()
        assert [file.exists() for file in files] == [False, True]
        service.client.delete("/projects/p").raise_for_status()
        assert not list(storage.rglob("*.jpg"))
