"""The documented code in a real browser, from another origin: large photos, reloads, crashes, pauses, many at once."""

import hashlib
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from shutil import copy
from typing import Any

import pytest
from clients.test_tus_js import expected
from service import Service

pytestmark = pytest.mark.browser
FOLDER = Path(__file__).parent


@pytest.fixture
def drive(node: Path, chromium: str, page: str, server: Service) -> Any:
    """Runs a scenario of drive.mjs; gives the page's events as they come."""

    def run(scenario: str, *files: Path) -> Iterator[dict[str, Any]]:
        command = ["node", FOLDER / "drive.mjs", chromium, page, server.url, scenario, *files]
        with subprocess.Popen(
            [*map(str, command)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout
            assert process.stderr
            yield from map(json.loads, process.stdout)
            errors = process.stderr.read()
        assert process.returncode == 0, errors

    return run


def check(events: list[dict[str, Any]], server: Service, photo: Path) -> None:
    """The one image came out in the browser as every mode makes it."""
    (image,) = [event["image"] for event in events if "image" in event]
    listed = server.client.get("/projects/p/images").json()["images"]
    assert [entry["image_id"] for entry in listed] == [image]
    seen = events[-1]
    assert seen["digests"] == {size: hashlib.sha256(jpeg).hexdigest() for size, jpeg in expected(photo).items()}
    original = listed[0]["sizes"]["original"]
    assert seen["shown"] == [original["width"], original["height"]]


@pytest.mark.parametrize("name", ["large.jpg", "large.png"])
def test_large_photo_goes_in_and_comes_out(drive: Any, server: Service, photos: dict[str, Path], name: str) -> None:
    events = list(drive("upload", photos[name]))
    assert any(0 < event.get("sent", 0) < event.get("total", 0) for event in events), "no progress was seen"
    check(events, server, photos[name])


def test_reloaded_page_goes_on(drive: Any, server: Service, photos: dict[str, Path]) -> None:
    events = list(drive("reload", photos["large.jpg"]))
    reloaded = next(number for number, event in enumerate(events) if "reloaded" in event)
    went_on = next(event["sent"] for event in events[reloaded:] if "sent" in event)
    assert went_on >= 4 << 20, "it began anew"
    check(events, server, photos["large.jpg"])


def test_server_killed_in_the_middle(drive: Any, server: Service, photos: dict[str, Path]) -> None:
    events: list[dict[str, Any]] = []
    killed = False
    for event in drive("upload", photos["large.png"]):
        events.append(event)
        if event.get("sent", 0) >= 9_000_000 and not killed:
            killed = True
            server.kill()
            server.__enter__()
    assert killed
    check(events, server, photos["large.png"])


def test_uppy_pauses_and_resumes(drive: Any, server: Service, photos: dict[str, Path]) -> None:
    events = list(drive("uppy-pause", photos["large.png"]))
    assert any("paused" in event for event in events)
    assert events[-1] == {"successful": 1, "failed": []}
    assert len(server.client.get("/projects/p/images").json()["images"]) == 1


def test_uppy_sends_twenty_at_once(drive: Any, server: Service, photos: dict[str, Path], tmp_path: Path) -> None:
    files = [Path(copy(photos["small.jpg"], tmp_path / f"{number}.jpg")) for number in range(20)]
    events = list(drive("uppy", *files))
    assert events[-1] == {"successful": 20, "failed": []}
    assert len(server.client.get("/projects/p/images").json()["images"]) == 20
