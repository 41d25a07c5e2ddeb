"""Who sends a hundred does not delay who sends one."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed

import httpx
import pytest
from photos import photo
from service import Service


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A server with one decoder and room for ten."""
    settings = {"IMGSRV_DECODE_WORKERS": "1", "IMGSRV_DECODE_QUEUE": "9"}
    with Service(tmp_path_factory.mktemp("narrow") / "storage", **settings) as service:
        yield service


def send(service: Service, project: str, content: bytes) -> tuple[str, int]:
    files = {"file": ("a.webp", content)}
    return project, httpx.post(f"{service.url}/projects/{project}/images", files=files, timeout=120).status_code


def test_one_upload_overtakes_those_of_a_crowd(narrow: Service):
    slow = photo(1500, 1500, "WEBP", lossless=True)
    with ThreadPoolExecutor(10) as pool:
        crowd = [pool.submit(send, narrow, "crowd", slow) for _ in range(9)]
        next(as_completed(crowd))  # the line is there
        one = pool.submit(send, narrow, "one", photo())
        finished = [answer.result()[0] for answer in as_completed([*crowd, one])]
    # The one being decoded, and the one whose turn it was, are all that it may wait for.
    assert finished.index("one") < len(finished) - 3


def test_a_full_line_has_room_for_one_that_sends_one(narrow: Service):
    slow = photo(1500, 1500, "WEBP", lossless=True)
    with ThreadPoolExecutor(40) as pool:
        crowd = [pool.submit(send, narrow, "crowd2", slow) for _ in range(30)]
        refused = next(answer for answer in as_completed(crowd) if answer.result()[1] == 503)
        assert send(narrow, "one", photo()) == ("one", 201)
        assert refused.result()[1] == 503
        assert {answer.result()[1] for answer in crowd} == {201, 503}
