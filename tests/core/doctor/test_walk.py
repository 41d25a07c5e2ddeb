"""walk: every project is looked at, however many there are and whatever is wrong with one of them."""

from pathlib import Path
from typing import Any

import pytest
from trees import Tree

from core.doctor import walk
from core.index import metadata
from core.settings import Settings
from core.volume.layout import ProjectLayout

JOBS = 2
PROJECTS = [f"p{number}" for number in range(5 * JOBS)]


def _names(root: Path) -> list[str]:
    for name in PROJECTS:
        (root / "projects" / name).mkdir(parents=True)
    return [name for name, _ in walk.each(root, walk.projects(root), lambda project: None, JOBS)]


def test_walk_visits_every_project_once(tmp_path: Path) -> None:
    assert sorted(_names(tmp_path)) == sorted(PROJECTS)


def test_walk_goes_on_after_a_project_that_fails(tmp_path: Path) -> None:
    def fail(project: ProjectLayout) -> str:
        if project.folder.name == "p3":
            raise OSError("broken")
        return project.folder.name

    _names(tmp_path)
    outcomes = dict(walk.each(tmp_path, walk.projects(tmp_path), fail, JOBS))

    assert isinstance(outcomes.pop("p3").exception(), OSError)
    assert {name: outcome.result() for name, outcome in outcomes.items()} == {name: name for name in outcomes}
    assert len(outcomes) == len(PROJECTS) - 1


def test_check_tells_a_difference_in_the_last_project(tmp_path: Path) -> None:
    trees = [Tree(Settings(storage_root=tmp_path), name) for name in PROJECTS]
    for tree in trees:
        tree.upload()
        tree.path("thumb", tree.listed()[0]).unlink()

    status, found = trees[0].doctor("check", "--jobs", str(JOBS))

    assert (status, len(found)) == (1, len(PROJECTS))


def test_check_of_a_project_that_cannot_be_read_fails_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    healthy, broken = (Tree(Settings(storage_root=tmp_path), name) for name in ("healthy", "broken"))
    healthy.path("thumb", healthy.upload()).unlink()
    broken.upload()
    read = metadata.read

    def read_but_one(project: ProjectLayout, *arguments: Any, **more: Any) -> Any:
        if project == broken.layout:
            raise OSError("broken")
        return read(project, *arguments, **more)

    monkeypatch.setattr(metadata, "read", read_but_one)
    status, found = healthy.doctor("check")

    assert status == 1
    assert sorted(kind for kind, _ in found) == ["failed", "rendition-missing"]
