"""Every code sample of the README and the docs is run, here or where the table says, or the table says why not."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from photos import dimensions, photo
from samples import ROOT, all_samples, sample
from service import Service
from trees import Tree

from core.access import tokens
from core.settings import Settings

BROWSER, SAMPLES = "tests/browser/test_samples.py", "tests/clients/test_samples.py"
ELSEWHERE = {
    "tests/browser/test_resumable_uploads.py": [("docs/uploads.md", "1"), ("docs/uploads.md", "2")],
    "tests/clients/test_documentation.py": [("docs/uploads.md", "3"), ("docs/uploads.md", "4")],
    "tests/browser/test_uploaders.py": [(page, name) for page, name in all_samples() if page == "docs/uploaders.md"],
    BROWSER: [("docs/clients.md", "send-with-progress.js"), ("docs/gallery.md", "gallery.html"),
              ("docs/gallery.md", "Gallery.jsx")],
    SAMPLES: [("docs/clients.md", "upload.mjs"), ("docs/clients.md", "upload.php"),
               ("docs/gallery.md", "placeholder.js")],
    "tests/clients/test_generated_clients.py": [("docs/clients.md", "photos.ts")],
    "tests/clients/test_tokens.py": [(page, name) for page, name in all_samples() if page == "docs/tokens.md"],
    "tests/deploy/test_kubernetes.py": [("docs/kubernetes.md", "several-hosts")],
    "tests/deploy/test_backups.py": [(page, name) for page, name in all_samples() if page == "docs/backup.md"],
}  # fmt: skip
HERE = [("README.md", "2"), ("docs/api.md", "1"), ("docs/security.md", "1"), ("docs/migrate.md", "adopt"),
        ("docs/clients.md", "imgsrv_client.py"),
        ("docs/one-box.md", "2"), ("docs/one-box.md", "3")]  # fmt: skip
NOT_RUN = {
    ("README.md", "1"): "serves until it is stopped, and runs this test among all others",
    ("CONTRIBUTING.md", "1"): "the same, and clones",
    ("docs/cdn.md", "1"): "needs an AWS account",
    ("docs/kubernetes.md", "1"): "needs a cluster",
    ("docs/kubernetes.md", "2"): "waits for a second host; test_command_line.py of doctor runs it with one",
    ("docs/security.md", "2"): "needs an AWS account",
    ("docs/one-box.md", "install"): "installs into the machine, with systemd",
    ("docs/upgrade.md", "upgrade"): "restarts a unit of systemd",
}


def test_every_sample_is_run_or_says_why_not() -> None:
    assert {*HERE, *NOT_RUN, *(one for some in ELSEWHERE.values() for one in some)} == {*all_samples()}
    assert all((ROOT / path).exists() for path in ELSEWHERE)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Service]:
    with Service(tmp_path / "storage") as running:
        yield running


def shell(text: str, folder: Path, **environment: str) -> str:
    """Runs a block as it stands; each line must succeed."""
    python = f"{Path(sys.executable).parent}:{os.environ['PATH']}"  # `python` is the one that has the packages
    given = {**os.environ, "PATH": python, "PYTHONPATH": str(ROOT), **environment}
    command = ["bash", "-euo", "pipefail", "-c", text]
    done = subprocess.run(command, cwd=folder, env=given, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("page", [("README.md", "2"), ("docs/api.md", "1")], ids=["README", "api"])
def test_curl(page: tuple[str, str], served: Service, tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(photo(900, 600))
    first, rest = sample(*page).replace("localhost:8001", f"127.0.0.1:{served.port}").split("\n", 1)
    image = json.loads(shell(f"{first.replace('curl', 'curl -sSf', 1)}", tmp_path))["image_id"]
    shell(rest.replace("0mws…", image).replace("curl", "curl -sSf"), tmp_path)
    assert dimensions((tmp_path / "medium.jpg").read_bytes()) == (900, 600)
    assert dimensions((tmp_path / "cover.jpg").read_bytes()) == (400, 267)
    assert served.client.get("/projects/123/images").json()["total"] == 0


def test_a_token_from_the_command_line(tmp_path: Path) -> None:
    told = shell(sample("docs/security.md", "1") + 'echo "$IMGSRV_SECRET"', tmp_path).split()
    with Service(tmp_path / "storage", IMGSRV_SECRET=told[1]) as service:
        headers = {"Authorization": f"Bearer {told[0]}"}
        answer = service.client.post("/projects/123/images", files={"file": photo()}, headers=headers)
    assert answer.status_code == 201


def module(folder: Path, page: str, name: str) -> object:
    (folder / name).write_text(sample(page, name))
    spec = importlib.util.spec_from_file_location(name.removesuffix(".py"), folder / name)
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def test_python_uploads_lists_fetches_and_deletes(tmp_path: Path) -> None:
    imgsrv = module(tmp_path, "docs/clients.md", "imgsrv_client.py")
    (tmp_path / "photo.jpg").write_bytes(photo(900, 600))
    secret = {"IMGSRV_SECRET": "s" * 40, "IMGSRV_PRIVATE_READS": "yes"}
    with Service(tmp_path / "storage", "--mode", "lambda", **secret) as service:
        token = tokens.mint({"1": b"s" * 40}, 600, project="123", scope="upload read list delete")
        with imgsrv.Client(service.url, token) as client:  # type: ignore[attr-defined]
            image = client.upload("123", str(tmp_path / "photo.jpg"))
            (listed,) = client.images("123")
            assert (listed["image_id"], listed["name"]) == (image["image_id"], "photo.jpg")
            assert dimensions(client.jpeg(listed, "thumb")) == (400, 267)
            client.delete("123", image["image_id"])
            with pytest.raises(imgsrv.Problem, match=r"\.$"):  # type: ignore[attr-defined]
                client.delete("123", image["image_id"])
        with imgsrv.Client(service.url) as stranger, pytest.raises(imgsrv.Problem):  # type: ignore[attr-defined]
            stranger.upload("123", str(tmp_path / "photo.jpg"))


def test_adopt(tmp_path: Path) -> None:
    folder = tmp_path / "old" / "projects" / "123" / "original"
    folder.mkdir(parents=True)
    (folder / "abc.jpg").write_bytes(photo())
    told = shell(sample("docs/migrate.md", "adopt"), tmp_path, OLD=str(tmp_path / "old"), STORAGE=str(tmp_path / "new"))
    assert "would be adopted" in told
    assert Tree(Settings(storage_root=tmp_path / "new"), "123").listed() == ["abc"]


@pytest.mark.skipif(shutil.which("/usr/sbin/nginx") is None, reason="there is no nginx (apt-get install nginx-light)")
@pytest.mark.parametrize("name", ["2", "3"])
def test_the_lines_of_nginx_are_its_own(name: str, tmp_path: Path) -> None:
    text = sample("docs/one-box.md", name)
    text = text if "server {" in text else f"server {{ {text} }}"
    text = text.replace("server {", "server { listen 127.0.0.1:1;")
    (tmp_path / "nginx.conf").write_text(f"events {{}} pid {tmp_path}/pid; http {{ access_log off; {text} }}")
    command = ["/usr/sbin/nginx", "-t", "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf"), "-e", "stderr"]
    told = subprocess.run(command, capture_output=True, text=True).stderr
    assert "syntax is ok" in told, told
