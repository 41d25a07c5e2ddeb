"""Pipes, links and folders where the service has its own: nobody waits for them, reads through them or writes there."""

import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from photos import photo
from service import ROOT, Service
from waiting import BOUND

OUTSIDE = b"\xff\xd8 not of this service"


@pytest.fixture
def image(upload: Callable[..., dict[str, object]]) -> str:
    return str(upload()["image_id"])


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _link(path: Path) -> None:
    outside = path.parents[3] / f"outside-{path.parent.parent.name}"
    outside.write_bytes(OUTSIDE)
    path.symlink_to(outside)


@pytest.mark.parametrize("put", [_pipe, _link, Path.mkdir])
@pytest.mark.parametrize("size", ["original", "thumb"])
def test_what_is_no_file_is_no_image(
    client: httpx.Client, storage: Path, project: str, image: str, put: Callable[[Path], None], size: str
) -> None:
    path = storage / "projects" / project / size / f"{image}.jpg"
    path.unlink()
    put(path)
    assert client.get(f"/projects/{project}/images/{image}?size={size}").status_code == 404
    assert client.get(f"/projects/{project}/thumbnail").status_code == 404
    assert client.get(f"/projects/{project}/images").status_code == 200


def test_pipes_hold_up_nobody(service: Service, mode: str, storage: Path, project: str, image: str) -> None:
    """More of them than the service has threads; in mode lambda a process has one at a time, and starts for it."""
    many = 4 if mode == "lambda" else 64
    path = storage / "projects" / project / "original" / f"{image}.jpg"
    path.unlink()
    _pipe(path)
    with ThreadPoolExecutor(many) as pool:
        url = f"{service.url}/projects/{project}/images/{image}"
        answers = list(pool.map(lambda _: httpx.get(url, timeout=BOUND, verify=False), range(many)))
    assert {answer.status_code for answer in answers} == {404}


@pytest.mark.parametrize("put", [_pipe, _link])
def test_index_that_is_no_file_is_made_anew(
    client: httpx.Client, storage: Path, project: str, image: str, put: Callable[[Path], None]
) -> None:
    path = storage / "projects" / project / "meta.json"
    path.unlink()
    put(path)
    assert [found["image_id"] for found in client.get(f"/projects/{project}/images").json()["images"]] == [image]
    assert client.get(f"/projects/{project}/thumbnail").status_code == 200
    assert client.put(f"/projects/{project}/primary/{image}").status_code == 200
    second = client.post(f"/projects/{project}/images", files={"file": ("a.jpg", photo())})
    assert second.status_code == 201
    assert path.is_file()
    assert not path.is_symlink()


@pytest.mark.parametrize("name", ["", "/original", "/thumb"])
def test_uploads_do_not_go_through_links(
    client: httpx.Client, storage: Path, tmp_path: Path, project: str, name: str
) -> None:
    link = Path(f"{storage}/projects/{project}{name}")
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(tmp_path)
    (tmp_path / "original").mkdir()
    (tmp_path / "original/seen.jpg").write_bytes(OUTSIDE)
    (tmp_path / "seen.jpg").write_bytes(OUTSIDE)

    answer = client.post(f"/projects/{project}/images", files={"file": ("a.jpg", photo())})
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/storage-unavailable")
    assert "link" in answer.json()["detail"]
    assert client.get(f"/projects/{project}/images/seen").status_code == 404
    assert client.get(f"/projects/{project}/images").json()["images"] == []
    assert client.delete(f"/projects/{project}/images/seen").status_code in (404, 503)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["original", "seen.jpg", "seen.jpg"]


def test_lock_with_another_name_is_not_written_to(
    client: httpx.Client, storage: Path, tmp_path: Path, project: str, image: str
) -> None:
    folder = storage / "projects" / project
    (folder / "precious").write_bytes(OUTSIDE)
    (folder / "meta.lock").unlink()
    (folder / "meta.lock").hardlink_to(folder / "precious")
    assert client.put(f"/projects/{project}/primary/{image}").status_code == 503
    assert client.delete(f"/projects/{project}/images/{image}").status_code == 503
    assert (folder / "precious").read_bytes() == OUTSIDE


DOCTOR = """
import sys
from core.doctor.__main__ import main
for command in ("check --deep", "repair", "rebuild", "sweep"):
    assert main([*command.split(), "--storage", sys.argv[1], "--abandoned-after", "0"]) in (0, 1), command
"""


@pytest.mark.parametrize("put", [_pipe, _link, Path.mkdir])
def test_doctor_walks_past_them(tmp_path: Path, put: Callable[[Path], None]) -> None:
    names = ["meta.json", "meta.lock", "original/x.jpg", "thumb/x.jpg", ".nfs0001", "thumb"]
    for number, name in enumerate(names):
        path = tmp_path / f"projects/p{number}" / name
        (tmp_path / f"projects/p{number}/original").mkdir(parents=True)
        path.parent.mkdir(exist_ok=True)
        put(path)
    subprocess.run([sys.executable, "-c", DOCTOR, str(tmp_path)], cwd=ROOT, timeout=BOUND, check=True)
    assert {path.read_bytes() for path in tmp_path.glob("outside-*")} <= {OUTSIDE}
