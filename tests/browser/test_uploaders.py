"""The usual uploaders with their default settings, from another origin: twelve files go in, all of them at once."""

import json
import subprocess
from pathlib import Path

import pytest
from photos import photo
from service import Service

pytestmark = pytest.mark.browser
UPLOADERS = ["fetch", "xhr", "axios", "axios-authorized", "uppy", "dropzone", "filepond", "antd"]
FILES = 12


@pytest.fixture(scope="module")
def sent(
    node: Path, chromium: str, page: str, mode: str, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, tuple[list[object], list[str]]]:
    """Of each uploader: how each file ended, and the names that are listed afterwards."""
    folder = tmp_path_factory.mktemp("uploaders")
    files = [folder / f"{number:02}.jpg" for number in range(FILES)]
    for number, file in enumerate(files):
        file.write_bytes(photo(300 + number, 200))
    with Service(folder / "storage", "--mode", mode) as service:
        script = Path(__file__).with_name("uploaders.mjs")
        command = ["node", script, chromium, page, service.url, ",".join(UPLOADERS), *files]
        ended = subprocess.run([*map(str, command)], capture_output=True, text=True)
        assert ended.returncode == 0, ended.stderr
        print(ended.stderr)
        outcomes = {event["name"]: event["outcomes"] for event in map(json.loads, ended.stdout.splitlines())}
        lists = {name: service.client.get(f"/projects/{name}/images").json()["images"] for name in UPLOADERS}
    return {name: (outcomes[name], [image["name"] for image in lists[name]]) for name in UPLOADERS}


@pytest.mark.parametrize("uploader", UPLOADERS)
def test_twelve_files_are_stored(sent: dict[str, tuple[list[object], list[str]]], uploader: str) -> None:
    outcomes, names = sent[uploader]
    assert outcomes == [201] * FILES
    assert sorted(names) == [f"{number:02}.jpg" for number in range(FILES)]
