"""The scheduled function: an event of the scheduler's, and counts."""

from pathlib import Path

import pytest
from trees import Tree

from core.doctor import repair
from core.doctor.survey import Survey
from core.settings import Settings
from core.volume.layout import ProjectLayout
from handlers import sweep


def test_schedule_sweeps_and_counts_what_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(storage_root=tmp_path)
    monkeypatch.setattr(sweep, "current", lambda: settings)
    tree = Tree(settings)
    gone, _ = tree.upload(), tree.upload()
    tree.path("thumb", gone).unlink()
    tree.write("game/unfinished.jpg")
    (tmp_path / "quarantine" / "2020-01-01" / "p").mkdir(parents=True)
    (tmp_path / "quarantine" / "2020-01-01" / "p" / "old.jpg").touch()

    counts = sweep.handler({"source": "aws.scheduler", "detail": {}}, None)

    assert counts == {
        "projects": 1,
        "images": 2,
        "swept": 1,
        "rendition-missing": 1,
        "expired": 0,
        "deleted": 0,
        "destroyed": 1,
    }
    assert tree.quarantined() == ["p/game/unfinished.jpg"]


def test_schedule_on_an_empty_root_counts_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "current", lambda: Settings(storage_root=tmp_path))

    assert sweep.handler({}, None) == {"expired": 0, "deleted": 0, "destroyed": 0}


def test_project_that_cannot_be_read_is_counted_and_ends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(storage_root=tmp_path)
    monkeypatch.setattr(sweep, "current", lambda: settings)
    trees = [Tree(settings, name) for name in ("a", "broken", "z")]
    for tree in trees:
        tree.write("game/unfinished.jpg")
    real = repair.sweep

    def failing(settings: Settings, project: ProjectLayout) -> Survey:
        if project.folder.name == "broken":
            raise OSError("no")
        return real(settings, project)

    monkeypatch.setattr(repair, "sweep", failing)

    counts = sweep.handler({}, None)

    assert counts == {"projects": 3, "images": 0, "failed": 1, "swept": 2, "expired": 0, "deleted": 0, "destroyed": 0}
    assert trees[0].quarantined() == ["a/game/unfinished.jpg", "z/game/unfinished.jpg"]
