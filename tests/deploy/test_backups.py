"""docs/backup.md, run as it stands: copies that are taken while uploads and deletes go on, and what is restored."""

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from photos import photo
from samples import ROOT, sample
from service import Service
from trees import Tree

from core.settings import Settings

# Backups of a service in use end with these when a file vanishes while they run.
VANISHED = {"backup by cp": 1, "backup by rsync": 24, "backup by restic": 3}


def run(name: str, folder: Path, storage: Path) -> None:
    backup = folder / "backup"
    backup.mkdir(exist_ok=True)
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "STORAGE": str(storage),
        "BACKUP": str(backup),
        "RESTIC_REPOSITORY": str(folder / "restic"),
        "RESTIC_PASSWORD": "secret",
        "RESTIC_CACHE_DIR": str(folder / "cache"),
    }
    command = ["bash", "-euo", "pipefail", "-c", sample("docs/backup.md", name)]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode in (0, VANISHED.get(name)), done.stdout + done.stderr
    if done.returncode == 1:  # which cp also says of other failures
        assert all("No such file" in line for line in done.stderr.splitlines()), done.stderr


@contextmanager
def busy(service: Service) -> Iterator[None]:
    """Uploads to a project, and deletes of some, until the block is left."""
    done = threading.Event()

    def work() -> None:
        made: list[str] = []
        while not done.is_set():
            answer = service.client.post("/projects/p/images", files={"file": photo(60 + len(made), 48)})
            made.append(answer.json()["image_id"])
            if len(made) % 3 == 0:
                service.client.delete(f"/projects/p/images/{made[-2]}")

    worker = threading.Thread(target=work)
    worker.start()
    try:
        yield
    finally:
        done.set()
        worker.join()


@pytest.mark.parametrize("tool", ["cp", "rsync", "restic"])
def test_a_backup_of_a_busy_service_is_restored(tool: str, tmp_path: Path) -> None:
    if shutil.which(tool) is None:
        pytest.skip(f"there is no {tool} (apt-get install {tool})")
    if tool == "restic":
        init = ["restic", "init", "--quiet", "--repo", str(tmp_path / "restic")]
        subprocess.run(init, env={**os.environ, "RESTIC_PASSWORD": "secret"}, check=True)
    with Service(tmp_path / "storage") as service:
        kept = [service.client.post("/projects/p/images", files={"file": photo(64, 48)}).json() for _ in range(3)]
        with busy(service):
            if tool != "cp":  # which is told to begin with an empty folder
                run(f"backup by {tool}", tmp_path, service.storage)
            gone = kept.pop()["image_id"]
            service.client.delete(f"/projects/p/images/{gone}")
            run(f"backup by {tool}", tmp_path, service.storage)
    run(f"restore by {tool}", tmp_path, tmp_path / "restored")
    tree = Tree(replace(Settings(), storage_root=tmp_path / "restored"))
    assert tree.doctor("check", deep=True) == (0, [])
    assert {image["image_id"] for image in kept} <= set(tree.listed())
    assert gone not in tree.listed()
    with Service(tmp_path / "restored") as again:
        for image in kept:
            assert again.client.get(image["urls"]["thumb"]).status_code == 200
