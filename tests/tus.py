"""A client of resumable uploads that says exactly what a test wants it to say."""

import base64
import hashlib
from typing import Any

import httpx

VERSION = {"Tus-Resumable": "1.0.0"}
CHUNK = {"Content-Type": "application/offset+octet-stream"}


def create(client: httpx.Client, project: str, length: int, content: bytes | None = None, **headers: str) -> Any:
    """The answer to the creation of an upload, with its first bytes if there are any."""
    sent = VERSION | {"Upload-Length": str(length)} | (CHUNK if content is not None else {}) | _dashed(headers)
    return client.post(f"/projects/{project}/uploads", headers=sent, content=content)


def begin(client: httpx.Client, project: str, length: int) -> str:
    """The URL of a new upload."""
    response = create(client, project, length)
    assert response.status_code == 201, response.text
    url: str = response.headers["location"]
    return url


def patch(client: httpx.Client, url: str, offset: int, content: Any, **headers: str) -> httpx.Response:
    sent = VERSION | CHUNK | {"Upload-Offset": str(offset)} | _dashed(headers)
    return client.patch(url, headers=sent, content=content)


def offset(client: httpx.Client, url: str) -> int:
    """Where an upload goes on."""
    response = client.head(url, headers=VERSION)
    assert response.status_code == 200
    return int(response.headers["upload-offset"])


def checksum(algorithm: str, content: bytes) -> str:
    """The value of Upload-Checksum."""
    return f"{algorithm} {base64.b64encode(hashlib.new(algorithm, content).digest()).decode()}"


def send(client: httpx.Client, project: str, content: bytes, chunk: int) -> httpx.Response:
    """Uploads `content` in chunks; the answer to the last one."""
    url = begin(client, project, len(content))
    for start in range(0, len(content), chunk):
        response = patch(client, url, start, content[start : start + chunk])
        assert response.status_code == 204, response.text
    return response


def problem(response: httpx.Response) -> tuple[int, str]:
    """(status, kind) of a refusal."""
    return response.status_code, response.json()["type"].removeprefix("/problems/")


def _dashed(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
