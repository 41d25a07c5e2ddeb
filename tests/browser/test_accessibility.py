"""Every screen of the page and the documentation past axe-core: no finding, of any weight."""

import json
import subprocess
from pathlib import Path

import pytest
from photos import photo
from service import Service

pytestmark = pytest.mark.browser
FOLDER = Path(__file__).parent


@pytest.mark.parametrize("form", ["desktop", "phone"])
@pytest.mark.parametrize("colours", ["light", "dark"])
def test_axe_finds_nothing(node: Path, chromium: str, tmp_path: Path, colours: str, form: str) -> None:
    pictures = [tmp_path / f"photo-{number}.jpg" for number in range(5)]
    for number, path in enumerate(pictures):
        path.write_bytes(photo(480 + 60 * number, 640 - 70 * number))
    with Service(tmp_path / "storage") as service:
        arguments = [FOLDER / "accessibility.mjs", chromium, service.url, colours, form, tmp_path, *pictures]
        done = subprocess.run(["node", *map(str, arguments)], capture_output=True, text=True, timeout=400)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}\n{service.log[-3000:]}"
    assert [json.loads(line) for line in done.stdout.splitlines()] == []
