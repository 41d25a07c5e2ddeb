"""The usual uploaders from another origin, by their defaults and as documented: twelve files go in, all at once."""

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from photos import photo
from service import Service
from waiting import eventually

pytestmark = pytest.mark.browser
DEFAULTS = ["fetch", "xhr", "axios", "axios-authorized", "uppy", "dropzone", "filepond", "antd"]
DOCUMENTED = [f"documented-{name}" for name in ("send", "axios", "uppy", "dropzone", "filepond", "antd", "drop")]
NAMES = [f"{number:02}.jpg" for number in range(12)]

Call = Callable[..., dict[str, Any]]


class Sent(NamedTuple):
    """How each file ended, and the list afterwards."""

    outcomes: list[object]
    list: dict[str, Any]


@pytest.fixture(scope="module")
def running(mode: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with Service(tmp_path_factory.mktemp("uploaders") / "storage", "--mode", mode) as service:
        yield service


@pytest.fixture(scope="module")
def call(node: Path, chromium: str, page: str, running: Service) -> Call:
    """Calls functions of the page with files; what each gave."""

    def run(names: list[str], *files: Path) -> dict[str, Any]:
        script = Path(__file__).with_name("uploaders.mjs")
        command = ["node", script, chromium, page, running.url, ",".join(names), *files]
        ended = subprocess.run([*map(str, command)], capture_output=True, text=True)
        assert ended.returncode == 0, ended.stderr
        print(ended.stderr)
        return {event["name"]: event["outcome"] for event in map(json.loads, ended.stdout.splitlines())}

    return run


@pytest.fixture(scope="module")
def sent(call: Call, running: Service, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Sent]:
    """Of each uploader: how its twelve files ended, and what is listed afterwards."""
    folder = tmp_path_factory.mktemp("files")
    for number, name in enumerate(NAMES):
        (folder / name).write_bytes(photo(300 + number, 200))
    outcomes = call(DEFAULTS + DOCUMENTED, *[folder / name for name in NAMES])
    return {name: Sent(told, listed(running, name)) for name, told in outcomes.items()}


def listed(service: Service, project: str) -> dict[str, Any]:
    body: dict[str, Any] = service.client.get(f"/projects/{project}/images").json()
    return body


@pytest.mark.parametrize("uploader", DEFAULTS + DOCUMENTED)
def test_twelve_files_are_stored(sent: dict[str, Sent], uploader: str) -> None:
    assert sent[uploader].outcomes == [201] * len(NAMES)
    assert sorted(image["name"] for image in sent[uploader].list["images"]) == NAMES


def test_documented_drop_keeps_its_order(sent: dict[str, Sent]) -> None:
    images = sent["documented-drop"].list["images"]
    assert [image["name"] for image in images] == NAMES
    assert images[0]["is_primary"]


def test_documented_end_of_a_list_is_on_its_last_page(call: Call, running: Service, tmp_path: Path) -> None:
    files = [tmp_path / name for name in NAMES[:5]]
    for file in files:
        file.write_bytes(photo(90, 60))
    assert call(["lastOf"], *files) == {"lastOf": listed(running, "lastOf")["images"][-1]["image_id"]}


def test_smaller_picture_is_made_where_it_can_be(call: Call, tmp_path: Path) -> None:
    picture, other = tmp_path / "a.jpg", tmp_path / "b.heic"
    picture.write_bytes(photo(900, 600))
    other.write_bytes(b"no format that a browser decodes")
    assert call(["smaller"], picture, other) == {"smaller": [200, 133, True, True]}


def test_filepond_takes_a_file_back(call: Call, running: Service, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(photo(90, 60))
    assert call(["takeBack"], tmp_path / "a.jpg") == {"takeBack": [201]}
    assert eventually(lambda: listed(running, "takeBack")["total"] == 0)  # its event may come before the answer
