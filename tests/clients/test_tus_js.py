"""tus-js-client, unmodified, in Node: large photos in chunks, interrupted in every way a user can, in every mode."""

import json
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from clients.conftest import renditions
from service import Service

pytestmark = pytest.mark.clients
CHUNK = 4 << 20
expected = cache(renditions)


class Client:
    """The client in a process; iterating gives its events as they come."""

    def __init__(self, node: Path, server: Service, photo: Path, *options: object) -> None:
        command = ["node", node / "tus_js.mjs", f"{server.url}/projects/p/uploads", photo, *options]
        self.process = subprocess.Popen([*map(str, command)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        assert self.process.stdout
        yield from map(json.loads, self.process.stdout)

    def events(self, status: int = 0) -> list[dict[str, Any]]:
        """All events until it ends, which it must do with this status."""
        with self.process as process:
            assert process.stderr
            events, errors = list(self), process.stderr.read()
        assert self.process.returncode == status, errors
        return events


def images(events: list[dict[str, Any]]) -> list[str]:
    return [event["image"] for event in events if "image" in event]


def check_stored(server: Service, photo: Path, image: str) -> None:
    """Exactly this image is listed, and its files are what the picture becomes."""
    listed = server.client.get("/projects/p/images").json()["images"]
    assert [entry["image_id"] for entry in listed] == [image]
    for size, content in expected(photo).items():
        assert (server.storage / "projects" / "p" / size / f"{image}.jpg").read_bytes() == content, size


@pytest.mark.parametrize("name", ["large.jpg", "large.png"])
def test_large_photo_arrives(node: Path, server: Service, photos: dict[str, Path], name: str) -> None:
    events = Client(node, server, photos[name]).events()
    accepted = [event["accepted"] for event in events if "accepted" in event]
    size = photos[name].stat().st_size
    assert accepted == [*range(CHUNK, size, CHUNK), size]
    assert any(0 < event.get("sent", 0) < size for event in events), "no progress was seen"
    check_stored(server, photos[name], *images(events))


def test_pause_and_resume(node: Path, server: Service, photos: dict[str, Path]) -> None:
    events = Client(node, server, photos["large.png"], "--pause", 10_000_000).events()
    assert any("paused" in event for event in events)
    check_stored(server, photos["large.png"], *images(events))


def test_another_process_goes_on(node: Path, server: Service, photos: dict[str, Path], tmp_path: Path) -> None:
    urls = ["--urls", tmp_path / "urls.json"]
    Client(node, server, photos["large.png"], "--die", 15_000_000, *urls).events(status=7)
    events = Client(node, server, photos["large.png"], *urls).events()
    accepted = [event["accepted"] for event in events if "accepted" in event]
    assert accepted[0] > CHUNK, "it began anew"
    check_stored(server, photos["large.png"], *images(events))


@pytest.mark.parametrize("moment", [1, 9_000_000, 29_000_000])
def test_server_killed_in_the_middle(node: Path, server: Service, photos: dict[str, Path], moment: int) -> None:
    client = Client(node, server, photos["large.png"])
    events = []
    for event in client:
        events.append(event)
        if event.get("sent", 0) >= moment and not any("killed" in event for event in events):
            server.kill()
            server.__enter__()
            events.append({"killed": True})
    events += client.events()
    assert any(event.get("method") == "HEAD" for event in events), "it never asked where to go on"
    check_stored(server, photos["large.png"], *images(events))


def test_twenty_at_once(node: Path, server: Service, photos: dict[str, Path]) -> None:
    events = Client(node, server, photos["small.jpg"], "--count", 20).events()
    listed = server.client.get("/projects/p/images").json()["images"]
    assert len(listed) == len(set(images(events))) == 20
    assert {entry["image_id"] for entry in listed} == set(images(events))
