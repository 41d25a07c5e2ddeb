"""One box: nginx in front serves the same bytes as the service, and the files that start it are whole."""

import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest
from nginx import needs_nginx
from photos import noise, photo
from service import Service
from waiting import eventually

from core.access import tokens
from deploy.box import BOX, can_mount, in_front

SECRET = "n" * 40
SAME = (
    *("content-type", "cache-control", "x-content-type-options", "content-security-policy", "vary"),
    *("content-length", "accept-ranges"),
)


@pytest.fixture(scope="module")
def service(tmp_path_factory) -> Iterator[Service]:
    with Service(tmp_path_factory.mktemp("box") / "storage") as running:
        yield running


@pytest.fixture(scope="module")
def nginx(service, tmp_path_factory) -> Iterator[httpx.Client]:
    with in_front(service, tmp_path_factory.mktemp("nginx"), private=False) as running:
        yield running.client


def stored(client: httpx.Client, project: str, content: bytes | None = None) -> dict:
    answer = client.post(f"/projects/{project}/images", files={"file": ("a.jpg", content or photo(900, 600))})
    assert answer.status_code == 201, answer.text
    return answer.json()


@needs_nginx
def test_nginx_serves_the_same_bytes(nginx, service, project):
    for url in stored(nginx, project)["urls"].values():
        ours, direct = service.client.get(url), nginx.get(url)
        assert direct.content == ours.content
        assert {name: direct.headers.get(name) for name in SAME} == {name: ours.headers.get(name) for name in SAME}


@needs_nginx
def test_nginx_itself_reads_the_folder(nginx, service, project):
    url = stored(nginx, project)["urls"]["thumb"]
    assert nginx.get(url).headers["etag"] != service.client.get(url).headers["etag"]  # each makes its own


@needs_nginx
def test_ranges_conditions_and_head(nginx, project):
    url = stored(nginx, project)["urls"]["medium"]
    whole = nginx.get(url)
    part = nginx.get(url, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, whole.content[10:20])
    assert nginx.get(url, headers={"If-None-Match": whole.headers["etag"]}).status_code == 304
    assert nginx.head(url).headers["content-length"] == str(len(whole.content))


@needs_nginx
def test_nginx_itself_reads_the_folder_below_a_path(tmp_path):
    (tmp_path / "nginx").mkdir()
    with (
        Service(tmp_path / "storage", IMGSRV_BASE_PATH="/photos") as service,
        in_front(service, tmp_path / "nginx", base="/photos") as nginx,
    ):
        made = nginx.client.post("/photos/projects/p/images", files={"file": ("a.jpg", photo())}).json()
        for url in made["urls"].values():
            ours, direct = service.client.get(url), nginx.client.get(url)
            assert direct.content == ours.content
            assert direct.headers["etag"] != ours.headers["etag"]  # each makes its own


@needs_nginx
def test_a_browser_elsewhere_may_read(nginx, project):
    url = stored(nginx, project)["urls"]["thumb"]
    answer = nginx.get(url, headers={"Origin": "https://app.example"})
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-origin" not in nginx.get(url).headers


@needs_nginx
def test_a_deleted_image_is_gone_at_once(nginx, project):
    made = stored(nginx, project)
    assert nginx.get(made["urls"]["thumb"]).status_code == 200
    assert nginx.delete(f"/projects/{project}/images/{made['image_id']}").status_code == 200
    for url in made["urls"].values():
        assert (nginx.get(url).status_code, nginx.get(url).json()["type"]) == (404, "/problems/image-not-found")


@needs_nginx
def test_an_image_without_its_original_is_none(nginx, service, project):
    made = stored(nginx, project)
    (service.storage / "projects" / project / "original" / f"{made['image_id']}.jpg").unlink()
    assert nginx.get(made["urls"]["thumb"]).status_code == 404


@needs_nginx
@pytest.mark.skipif(not can_mount(), reason="this machine lets nobody mount a folder with nosymfollow")
@pytest.mark.parametrize("place", ["file", "size", "original", "project"])
def test_nothing_behind_a_link_is_served(nginx, service, project, place, tmp_path):
    """Whatever of the way to a file is a link: nginx refuses it as the service does."""
    made = stored(nginx, project)
    thumb, folder = made["urls"]["thumb"], service.storage / "projects" / project
    name = f"{made['image_id']}.jpg"
    linked = {"file": folder / "thumb" / name, "size": folder / "thumb", "project": folder}.get(
        place, folder / "original" / name
    )
    assert nginx.get(thumb).status_code == 200
    away = tmp_path / "away"
    linked.rename(away)
    linked.symlink_to(away)
    for client in (nginx, service.client):
        answer = client.get(thumb if place != "original" else made["urls"]["original"])
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


@needs_nginx
def test_one_client_holds_up_so_many_large_files(service, project, tmp_path):
    """What it does not read of a large file counts; a small file leaves whatever it does."""
    made = stored(service.client, project, noise(2600, 2000))  # more than the kernel keeps for a connection
    with in_front(service, tmp_path, readers=5) as nginx, ExitStack() as held:
        for _ in range(5):
            reader = held.enter_context(socket.socket())
            reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            reader.connect(("127.0.0.1", nginx.client.base_url.port))
            reader.sendall(f"GET {made['urls']['original']} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            assert reader.recv(12) == b"HTTP/1.1 200"
        assert nginx.client.get(made["urls"]["original"]).status_code == 503
        assert nginx.client.get(made["urls"]["thumb"]).status_code == 200
        held.close()
        assert eventually(lambda: nginx.client.get(made["urls"]["original"]).status_code == 200)


@needs_nginx
def test_the_rest_is_the_services(nginx, service, project):
    made = stored(nginx, project)
    path = f"/projects/{project}/images"
    assert nginx.get(path).json() == service.client.get(path).json()
    assert nginx.get(f"/projects/{project}/thumbnail").content == nginx.get(made["urls"]["thumb"]).content
    assert nginx.get(f"{path}/{made['image_id']}?size=huge").json()["type"] == "/problems/invalid-size"
    assert nginx.get(f"{path}/..%2f..%2fmeta.json").status_code in (400, 404)


@needs_nginx
def test_private_reads_are_the_services_to_decide(tmp_path):
    def bearer(scope: str) -> dict[str, str]:
        token = tokens.mint({"1": SECRET.encode()}, 600, project="p", scope=scope)
        return {"Authorization": f"Bearer {token}"}

    (tmp_path / "nginx").mkdir()
    with (
        Service(tmp_path / "storage", IMGSRV_SECRET=SECRET, IMGSRV_PRIVATE_READS="yes") as service,
        in_front(service, tmp_path / "nginx", private=True) as nginx,
    ):
        files = {"file": ("a.jpg", photo())}
        made = nginx.client.post("/projects/p/images", files=files, headers=bearer("upload")).json()
        url = made["urls"]["thumb"]
        for headers, status in (({}, 401), (bearer("upload"), 403)):
            refused = nginx.client.get(url, headers=headers)
            assert (refused.status_code, refused.headers["content-type"]) == (status, "application/problem+json")
        shown = nginx.client.get(url, headers=bearer("read"))
        assert shown.content == service.client.get(url, headers=bearer("read")).content
        part = nginx.client.get(url, headers={**bearer("read"), "Range": "bytes=0-9"})
        assert (part.status_code, len(part.content)) == (206, 10)


def test_nginx_may_read_what_the_service_stores(tmp_path):
    """The unit gives nginx's group to the service: all that it serves lets its group read, and nobody else."""
    for unit in ("imgsrv.service", "imgsrv-sweep.service"):  # systemd gives the folder to whichever starts
        lines = (BOX / unit).read_text().splitlines()
        assert {"Group=www-data", "StateDirectory=imgsrv", "StateDirectoryMode=0750", "UMask=0027"} <= {*lines}
    before = os.umask(0o027)
    try:
        with Service(tmp_path / "storage") as service:
            image = stored(service.client, "p")["image_id"]
    finally:
        os.umask(before)
    for size in ("original", "medium", "thumb", "game"):
        path = service.storage / "projects" / "p" / size / f"{image}.jpg"
        modes = [f.stat().st_mode & 0o777 for f in (path, path.parent, path.parents[1], path.parents[2])]
        assert modes == [0o640, 0o750, 0o750, 0o750]


def test_the_image_holds_what_serves():
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (BOX / "Dockerfile").read_text(), re.MULTILINE)
    root = BOX.parents[1]
    assert all((root / name).exists() for line in copied for name in line.split())
    assert {"core", "handlers", "stack", "serving"} <= {name for line in copied for name in line.split()}


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd-analyze")
def test_the_unit_is_closed():
    command = [
        "systemd-analyze",
        "security",
        "--offline=true",
        "--threshold=30",
        "--no-pager",
        str(BOX / "imgsrv.service"),
    ]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout.splitlines()[-1]


def test_proxies_do_not_pass_metrics_on(nginx):
    answer = nginx.get("/metrics")
    assert answer.status_code == 404
    assert "<center>nginx" in answer.text  # its own page, not the service's problem
    assert "respond /metrics 404" in (BOX / "Caddyfile").read_text()
