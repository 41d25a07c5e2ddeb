"""The scheduled function: an event of the scheduler's, and counts."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from trees import Tree

from core.doctor import repair
from core.settings import Settings
from core.volume.layout import ProjectLayout
from handlers import sweep

NOTHING = {"walk": 0, "phase": "ended", "project": "", "deleted": 0, "destroyed": 0}


@pytest.fixture(autouse=True)
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    settings = Settings(storage_root=tmp_path)
    monkeypatch.setattr(sweep, "current", lambda: settings)
    return settings


def test_schedule_sweeps_and_counts_what_is_left(tmp_path: Path, settings: Settings) -> None:
    tree = Tree(settings)
    gone, _ = tree.upload(), tree.upload()
    tree.path("thumb", gone).unlink()
    tree.write("game/unfinished.jpg")
    (tmp_path / "quarantine" / "2020-01-01" / "p").mkdir(parents=True)
    (tmp_path / "quarantine" / "2020-01-01" / "p" / "old.jpg").touch()

    counts = sweep.handler({"source": "aws.scheduler", "detail": {}}, None)

    found = {"projects": 1, "images": 2, "swept": 1, "rendition-missing": 1, "destroyed": 1}
    assert counts == NOTHING | found
    assert tree.quarantined() == ["p/game/unfinished.jpg"]


def test_schedule_on_an_empty_root_counts_nothing() -> None:
    assert sweep.handler({}, None) == NOTHING


def test_call_after_the_days_walk_does_nothing() -> None:
    sweep.handler({}, None)

    assert sweep.handler({}, None) == {"walk": 0, "phase": "resting"}


def test_project_that_cannot_be_read_is_counted_and_ends_nothing(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    trees = [Tree(settings, name) for name in ("a", "broken", "z")]
    for tree in trees:
        tree.write("game/unfinished.jpg")
    _break(monkeypatch, lambda project: project.folder.name == "broken")

    counts = sweep.handler({}, None)

    assert counts == NOTHING | {"projects": 3, "images": 0, "failed": 1, "swept": 2}
    assert trees[0].quarantined() == ["a/game/unfinished.jpg", "z/game/unfinished.jpg"]


def _break(monkeypatch: pytest.MonkeyPatch, which: Callable[[ProjectLayout], bool]) -> None:
    real = repair.sweep

    def failing(settings: Settings, project: ProjectLayout, look: object) -> object:
        if which(project):
            raise OSError("no")
        return real(settings, project, look)  # type: ignore[arg-type]  # what the caller gave

    monkeypatch.setattr(repair, "sweep", failing)


@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace, which tells what is opened")
@pytest.mark.parametrize("look_into", [0, 1])
def test_scheduled_sweep_opens_no_image_unless_it_is_its_turn(
    tmp_path: Path, settings: Settings, look_into: int
) -> None:
    tree = Tree(settings)
    images = [tree.upload() for _ in range(3)]
    trace = tmp_path / "trace"
    code = "from handlers import sweep; print(sweep.handler({}, None))"
    variables = {"IMGSRV_STORAGE_ROOT": str(tmp_path), "IMGSRV_SWEEP_CONTENTS": str(look_into)}
    command = ["strace", "-f", "-qq", "-e", "trace=open,openat,openat2", "-o", str(trace), sys.executable, "-c", code]

    told = subprocess.run(command, env=os.environ | variables, capture_output=True, text=True, check=True).stdout

    opened = {image for image in images for line in trace.read_text().splitlines() if f"{image}.jpg" in line}
    assert "'images': 3" in told
    assert opened == (set(images) if look_into else set())
