"""What differs between the modes, each by the name that docs/emulator.md gives it; all else is the same."""

from pathlib import Path

import pytest
from photos import photo

DOCUMENT = (Path(__file__).parents[2] / "docs" / "emulator.md").read_text()


@pytest.fixture(autouse=True)
def documented(request):
    """The document names each difference as its test does."""
    name = request.node.originalname.removeprefix("test_").replace("_", " ")
    assert f"**{name}**" in DOCUMENT


def gateway_error(response):
    assert response.headers["content-type"] == "application/json"
    return response.status_code, response.text


def form(client, project, size):
    return client.post(f"/projects/{project}/images", files={"file": ("a.png", b"\x89PNG\r\n\x1a\n" + bytes(size))})


def test_unknown_route(client, mode):
    response = client.get("/nowhere")
    if mode == "asgi":
        assert (response.status_code, response.json()["type"]) == (404, "/problems/not-found")
    else:
        assert gateway_error(response) == (404, '{"message":"Not Found"}')


def test_request_id(client, mode):
    response = client.get("/healthz")
    assert ("apigw-requestid" in response.headers) is (mode != "asgi")


def test_upload_limit(client, mode, project):
    response = form(client, project, 4_600_000)
    if mode == "asgi":
        assert response.status_code == 422  # let in, and found to be no picture
    else:
        assert (response.status_code, response.json()["type"]) == (413, "/problems/file-too-large")
        assert "4,500,000" in response.json()["detail"] or "4500000" in response.json()["detail"]


def test_event_size(client, mode, project):
    response = form(client, project, 5_000_000)
    if mode == "asgi":
        assert response.status_code == 422
    else:
        assert gateway_error(response) == (413, '{"message":"Request Entity Too Large"}')


def test_response_size(client, mode, project, upload, storage):
    image = upload(photo())["image_id"]
    original = storage / "projects" / project / "original" / f"{image}.jpg"
    with original.open("ab") as file:
        file.write(bytes(7_000_000))
    url = f"/projects/{project}/images/{image}"
    response = client.get(url)
    if mode == "asgi":
        assert (response.status_code, len(response.content)) == (200, original.stat().st_size)
    else:
        assert (response.status_code, response.json()["type"]) == (413, "/problems/response-too-large")
    assert client.head(url).headers["content-length"] == str(original.stat().st_size)
    # In ranges it can be had everywhere.
    parts = [client.get(url, headers={"range": f"bytes={n}-{n + 3_999_999}"}) for n in (0, 4_000_000)]
    assert [part.status_code for part in parts] == [206, 206]
    assert b"".join(part.content for part in parts) == original.read_bytes()


def test_head_size(client, mode):
    response = client.get("/healthz", headers={"x-long": "x" * 11_000})
    assert response.status_code == (200 if mode == "asgi" else 431)
