"""A proxy that cuts the answer once the image is stored: sent again, the picture is there once."""

from collections.abc import Iterator
from contextlib import suppress

import httpx
import pytest
from cutter import Cutter
from photos import photo
from service import Service

FILE = {"file": ("a.jpg", photo())}


@pytest.fixture
def cutter(service: Service) -> Iterator[Cutter]:
    with Cutter(service.port, cuts=2) as proxy:
        yield proxy


@pytest.mark.parametrize("reused", [False, True], ids=["fresh", "reused"])
@pytest.mark.parametrize("way", ["key", "duplicates"])
def test_a_lost_answer_makes_no_second_image(
    cutter: Cutter, client: httpx.Client, project: str, way: str, reused: bool
) -> None:
    headers, params = ({"Idempotency-Key": "k1"}, {}) if way == "key" else ({}, {"duplicates": "return"})
    answers = []
    for _ in range(3):
        with httpx.Client(base_url=cutter.url, timeout=600, verify=False) as browser:
            if reused:
                assert browser.get(f"/projects/{project}/images").status_code == 200
            with suppress(httpx.RemoteProtocolError, httpx.ReadError):
                sent = browser.post(f"/projects/{project}/images", files=FILE, headers=headers, params=params)
                answers.append(sent)
    assert cutter.cuts == 0
    (answer,) = answers
    assert answer.status_code == (201 if way == "key" else 200)
    (image,) = client.get(f"/projects/{project}/images").json()["images"]
    assert answer.json()["image_id"] == image["image_id"]


def test_without_either_a_lost_answer_makes_another(cutter: Cutter, client: httpx.Client, project: str) -> None:
    """What the proxy does is what the two protect from."""
    for _ in range(3):
        with httpx.Client(base_url=cutter.url, timeout=600, verify=False) as browser:
            with suppress(httpx.RemoteProtocolError, httpx.ReadError):
                browser.post(f"/projects/{project}/images", files=FILE)
    assert len(client.get(f"/projects/{project}/images").json()["images"]) == 3
