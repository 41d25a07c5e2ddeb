"""Below a path of the host: every URL that is answered is found there, whether or not a proxy takes the path off."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from nginx import Nginx, needs_nginx
from photos import photo
from service import Service, free_port

from core.access import tokens
from core.errors import SettingsError
from core.settings import Settings

BASE, SECRET = "/photos", "s" * 40
TUS = {"Tus-Resumable": "1.0.0"}
PROXIES = {
    "strips": "location /photos/ {{ proxy_pass http://127.0.0.1:{port}/; }}",
    "passes": "location /photos/ {{ proxy_pass http://127.0.0.1:{port}; }}",
}


@pytest.fixture(scope="module")
def service(mode: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    storage = tmp_path_factory.mktemp(f"base-{mode}") / "storage"
    variables = {"IMGSRV_BASE_PATH": BASE, "IMGSRV_SECRET": SECRET, "IMGSRV_PRIVATE_READS": "yes"}
    with Service(storage, "--mode", mode, **variables) as running:
        yield running


@pytest.fixture(scope="module", params=["none", *(pytest.param(name, marks=needs_nginx) for name in PROXIES)])
def client(
    request: pytest.FixtureRequest, service: Service, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[httpx.Client]:
    """A client of the service itself, or of an nginx before it, without a token."""
    if request.param == "none":
        yield service.client
        return
    port = free_port()
    text = PROXIES[request.param].format(port=service.port)
    with Nginx(f"server {{ listen 127.0.0.1:{port}; {text} }}", port, tmp_path_factory.mktemp("nginx")) as running:
        yield running.client


def _urls(value: Any) -> Iterator[str]:
    """Every URL of an answer."""
    if isinstance(value, dict):
        for name, member in value.items():
            if name in ("next", "cover_url", "uploads") and isinstance(member, str):
                yield member
            elif name == "urls":
                yield from member.values()
            else:
                yield from _urls(member)
    elif isinstance(value, list):
        for member in value:
            yield from _urls(member)


def test_every_url_of_an_answer_is_found(client: httpx.Client, project: str) -> None:
    token = tokens.mint({"1": SECRET.encode()}, 600, project="*", scope="read list upload primary")
    may = {"Authorization": f"Bearer {token}"}
    images = f"{BASE}/projects/{project}/images"
    files = {"file": ("a.jpg", photo(80, 60))}
    made = [client.post(images, files=files, headers=may) for _ in range(2)]
    assert [answer.status_code for answer in made] == [201, 201]
    listed = client.get(f"{images}?limit=1", headers=may)
    projects = client.get(f"{BASE}/projects?limit=1", headers=may)
    info = client.get(f"{images}/{made[0].json()['image_id']}/info", headers=may)
    cover = client.put(f"{BASE}/projects/{project}/primary/{made[1].json()['image_id']}", headers=may)
    limits = client.get(f"{BASE}/limits")
    content = photo(80, 60)
    create = client.post(f"{BASE}/projects/{project}/uploads", headers=may | TUS | {"Upload-Length": str(len(content))})
    place = create.headers["location"]
    offset = {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
    finished = client.patch(place, content=content, headers=TUS | offset)
    assert (create.status_code, finished.status_code) == (201, 204)

    answers = [*made, listed, projects, info, cover, limits]
    found = [url for answer in answers for url in _urls(answer.json())]
    found += [made[0].headers["location"], finished.headers["content-location"]]
    found += [url for answer in answers for url in _links(answer)]

    assert len(found) > 20
    assert [url for url in found if not url.startswith(f"{BASE}/")] == []
    for url in found:
        shown = {} if "sig=" in url else may  # a signed URL needs no token
        assert client.get(url, headers=shown).status_code == 200, url


def _links(answer: httpx.Response) -> Iterator[str]:
    return (str(link["url"]) for link in answer.links.values())


def test_page_and_documentation_are_found(client: httpx.Client) -> None:
    page = client.get(f"{BASE}/")
    assert 'src="page/app.js"' in page.text
    for name in ("page/app.js", "docs", "page/docs.js"):
        assert client.get(f"{BASE}/{name}").status_code == 200
    schema = client.get(f"{BASE}/openapi.json").json()
    assert schema["servers"] == [{"url": BASE}]


def test_base_itself_leads_to_the_page(service: Service) -> None:
    answer = service.client.get(BASE)
    assert (answer.status_code, answer.headers["location"]) == (308, f"{BASE}/")


@pytest.mark.parametrize("path", ["/photosprojects", "/photos2/limits", "/photos/photos/limits", "/other/limits"])
def test_another_path_is_not_below(service: Service, path: str) -> None:
    assert service.client.get(path).status_code == 404


@pytest.mark.parametrize(
    "base", ["photos", "/photos/", "/", "/a//b", "/../a", "/a/./b", "/a b", "/é", "/projects", "/docs/x", "/limits"]
)
def test_unusable_base_is_refused(base: str) -> None:
    with pytest.raises(SettingsError, match="IMGSRV_BASE_PATH"):
        Settings.from_env({"IMGSRV_BASE_PATH": base})


def test_unusable_base_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="IMGSRV_BASE_PATH"), Service(tmp_path / "s", IMGSRV_BASE_PATH="photos"):
        pass
