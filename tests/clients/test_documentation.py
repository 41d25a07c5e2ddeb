"""The scripts of docs/uploads.md, run as they stand there; the browser's code is run by tests/browser."""

import json
import re
import subprocess
from pathlib import Path

import pytest
from service import Service

pytestmark = [
    pytest.mark.clients,
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),  # tuspy leaves its files open
]
DOCUMENT = Path(__file__).parents[2] / "docs" / "uploads.md"


def block(language: str) -> str:
    (code,) = re.findall(rf"```{language}\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    return str(code)


def listed(server: Service) -> list[str]:
    return [image["image_id"] for image in server.client.get("/projects/p/images").json()["images"]]


def test_python_uploads_a_photo(server: Service, photos: dict[str, Path]) -> None:
    names: dict[str, object] = {}
    exec(block("python"), names)
    image = names["upload_photo"](server.url, "p", str(photos["large.png"]))  # type: ignore[operator]
    assert listed(server) == [image]


def test_curl_uploads_a_photo_and_goes_on(server: Service, photos: dict[str, Path]) -> None:
    script = f"set -euo pipefail\n{block('sh')}\nupload_photo {server.url} p {photos['large.png']}"

    def run(more: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(["bash", "-c", f"{script} {more}"], capture_output=True, text=True, check=True)

    first = run()
    assert listed(server) == [json.loads(first.stdout)["image_id"]]
    assert run(first.stderr.strip()).stdout == first.stdout
    assert len(listed(server)) == 1
