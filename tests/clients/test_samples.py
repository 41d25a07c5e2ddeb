"""The scripts of docs/clients.md for Node and PHP, as they stand, against functions with tokens."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from photos import photo
from samples import ROOT, sample
from service import Service

from core.access import tokens

pytestmark = pytest.mark.clients
SECRET = "c" * 40


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    storage = tmp_path_factory.mktemp("samples") / "storage"
    with Service(storage, "--mode", "lambda", IMGSRV_SECRET=SECRET) as running:
        yield running


def run(folder: Path, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True)


TOKEN = tokens.mint({"1": SECRET.encode()}, 3600, project="123", scope="upload")


@pytest.mark.parametrize(("language", "script"), [("node", "upload.mjs"), ("php", "upload.php")])
def test_a_script_uploads(language: str, script: str, guarded: Service, tmp_path: Path) -> None:
    if shutil.which(language) is None:
        pytest.skip(f"needs {language}")
    (tmp_path / script).write_text(sample("docs/clients.md", script))
    picture = tmp_path / "a photo.jpg"
    picture.write_bytes(photo())
    command = [language, script, guarded.url, "123", str(picture)]
    done = run(tmp_path, *command, TOKEN=TOKEN)
    assert done.returncode == 0, done.stdout + done.stderr
    image, url = done.stdout.split()
    assert guarded.client.get(url).status_code == 200
    assert guarded.client.get(f"/projects/123/images/{image}/info").json()["name"] == "a photo.jpg"
    refused = run(tmp_path, *command)
    assert refused.returncode != 0
    assert "token" in refused.stdout + refused.stderr, "the problem's own sentence"


def test_a_placeholder_is_a_picture(tmp_path: Path) -> None:
    if shutil.which("node") is None:
        pytest.skip("needs Node.js")
    package = tmp_path / "node_modules" / "thumbhash"
    package.mkdir(parents=True)
    shutil.copy(ROOT / "serving" / "page" / "vendor" / "thumbhash.js", package / "index.js")
    (package / "package.json").write_text('{"type": "module", "main": "index.js"}')
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "placeholder.js").write_text(sample("docs/gallery.md", "placeholder.js"))
    with Service(tmp_path / "storage") as service:
        image = service.client.post("/projects/p/images", files={"file": photo()}).json()
    code = f"import {{ placeholder }} from './placeholder.js'; console.log(placeholder({json.dumps(image)}))"
    done = run(tmp_path, "node", "--input-type=module", "-e", code)
    assert done.stdout.startswith("data:image/png;base64,"), done.stderr
