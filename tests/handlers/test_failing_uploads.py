"""Uploads that fail, however many, leave the next one its place."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from photos import photo
from service import Service

MANY = 12  # more than the pictures that the service below has in hand at once


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Service]:
    """A service with one worker and nobody in line."""
    with Service(tmp_path / "storage", IMGSRV_DECODE_WORKERS="1", IMGSRV_DECODE_QUEUE="0") as running:
        yield running


def _upload(server: Service, project: str, content: bytes) -> httpx.Response:
    return server.client.post(f"/projects/{project}/images", files={"file": ("a.jpg", content)})


def test_uploads_that_cannot_be_published_free_their_places(server: Service) -> None:
    broken = server.storage / "projects" / "broken"
    broken.mkdir(parents=True)
    (broken / "original").write_bytes(b"a file where a folder should be")

    for _ in range(MANY):
        response = _upload(server, "broken", photo(60, 40))
        assert (response.status_code, response.json()["type"]) == (503, "/problems/storage-unavailable")

    assert _upload(server, "whole", photo(60, 40)).status_code == 201


def test_pictures_that_cannot_be_decoded_free_their_places(server: Service) -> None:
    for _ in range(MANY):
        assert _upload(server, "p", photo(60, 40)[:-400]).status_code == 422

    assert _upload(server, "p", photo(60, 40)).status_code == 201
