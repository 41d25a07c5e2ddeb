"""Quotas over HTTP: refused with figures, whoever asks and however the picture comes; a token's own hold, too."""

import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import tus
from photos import photo
from service import Service
from waiting import BOUND

from core.access import tokens

SECRET = "s" * 40
PICTURE = photo(64, 48)
FORM = {"file": ("a.jpg", PICTURE)}


@pytest.fixture(scope="module")
def service(mode: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service with a key, whose projects hold two images and a megabyte each."""
    limits = {"IMGSRV_PROJECT_MAX_IMAGES": "2", "IMGSRV_PROJECT_MAX_BYTES": "1000000"}
    with Service(tmp_path_factory.mktemp(mode) / "storage", "--mode", mode, IMGSRV_SECRET=SECRET, **limits) as running:
        yield running


@pytest.fixture
def bounded(service: Service) -> httpx.Client:
    return service.client


def token(**claims: Any) -> dict[str, str]:
    claims = {"project": "*", "scope": "upload delete"} | claims
    return {"Authorization": "Bearer " + tokens.mint({"1": SECRET.encode()}, 60, **claims)}


def post(client: httpx.Client, project: str, **claims: Any) -> httpx.Response:
    return client.post(f"/projects/{project}/images", files=FORM, headers=token(**claims))


def figures(answer: httpx.Response) -> dict[str, Any]:
    assert tus.problem(answer) == (413, "quota-exceeded"), answer.text
    body = answer.json()
    return {name: body[name] for name in ("quota", "used", "limit", "needed")}


def test_a_full_project_refuses_every_kind_of_upload(bounded, project):
    first = post(bounded, project).json()
    post(bounded, project)
    full = {"quota": "project-images", "used": 2, "limit": 2, "needed": 1}
    assert figures(post(bounded, project)) == full
    assert figures(tus.create(bounded, project, 10, None, **token())) == full
    images = f"/projects/{project}/images"
    keyed = token() | {"Idempotency-Key": "k"}
    assert figures(bounded.post(images, files=FORM, headers=keyed)) == full
    other = {"file": ("b.jpg", photo(48, 64))}
    assert figures(bounded.post(f"{images}?duplicates=return", files=other, headers=token())) == full
    # What stores nothing is not refused, and what is deleted makes room.
    assert bounded.post(f"{images}?duplicates=return", files=FORM, headers=token()).status_code == 200
    assert bounded.delete(f"{images}/{first['image_id']}", headers=token()).status_code in (200, 204)
    assert bounded.post(images, files=FORM, headers=keyed).status_code == 201
    assert bounded.post(images, files=FORM, headers=keyed).status_code == 201  # the same one again


def test_keys_that_find_no_room_leave_nothing(service, bounded, project):
    for number in range(5):
        keyed = token(max_images=0) | {"Idempotency-Key": f"k{number}"}
        assert figures(bounded.post(f"/projects/{project}/images", files=FORM, headers=keyed))["limit"] == 0
    assert list((service.storage / "uploads" / project).iterdir()) == []


def test_an_upload_in_parts_keeps_its_room(bounded, project):
    urls = [tus.create(bounded, project, len(PICTURE), None, **token()).headers["location"] for _ in range(2)]
    assert figures(post(bounded, project))["used"] == 2
    assert tus.patch(bounded, urls[0], 0, PICTURE).status_code == 204
    assert bounded.delete(urls[1], headers=tus.VERSION).status_code == 204
    assert post(bounded, project).status_code == 201


def test_what_will_not_fit_is_refused_at_the_creation(bounded, project):
    answer = tus.create(bounded, project, 1_000_001, None, **token())
    assert figures(answer) == {"quota": "project-bytes", "used": 0, "limit": 1_000_000, "needed": 1_000_001}


def test_what_will_not_fit_is_refused_before_its_body(mode, bounded, project):
    if mode != "asgi":
        pytest.skip("the gateway reads a body before it asks")
    url = urlsplit(str(bounded.base_url))
    head = [f"POST /projects/{project}/images HTTP/1.1", "Host: localhost", "Content-Length: 2000000"]
    head += ["Content-Type: multipart/form-data; boundary=b", *(": ".join(pair) for pair in token().items())]
    with socket.create_connection((url.hostname, url.port or 80), timeout=BOUND) as connection:
        connection.sendall("\r\n".join([*head, "", ""]).encode())
        assert connection.recv(1000).startswith(b"HTTP/1.1 413 ")


def test_a_token_bounds_its_project_further(bounded, project):
    assert post(bounded, project, max_images=1).status_code == 201
    assert figures(post(bounded, project, max_images=1))["limit"] == 1
    assert figures(post(bounded, project, max_bytes=10))["limit"] == 10
    assert figures(tus.create(bounded, project, 10, None, **token(max_images=1)))["limit"] == 1
    assert post(bounded, project, max_images=5).status_code == 201
    assert figures(post(bounded, project, max_images=5))["limit"] == 2


def test_a_tokens_bounds_hold_when_its_upload_ends_without_it(bounded, project):
    claims = token(max_bytes=len(PICTURE))  # its renditions have more bytes together
    url = tus.create(bounded, project, len(PICTURE), None, **claims).headers["location"]
    assert figures(tus.patch(bounded, url, 0, PICTURE))["limit"] == len(PICTURE)
    assert bounded.get(f"/projects/{project}/images").json()["images"] == []
