"""Folders that are links, at every level below the root: nothing behind one is listed, counted, moved or removed."""

import os
from contextlib import suppress
from pathlib import Path

import pytest
from trees import OLD, Tree, grow_old

from core import ids, projects, uploads
from core.doctor import quarantine
from core.errors import StorageUnavailable
from core.projects.listing import ProjectPage
from core.uploads import expiry

PROJECT = ids.project_id("p")
UNFINISHED = "0123456789abcdef0123456789abcdef"
FOLDERS = [
    *("uploads", "uploads/p", f"uploads/p/{UNFINISHED}", "uploads/p/.x.0.tmp"),
    *("deleted", "deleted/p.0", "deleted/p.0/original", "quarantine", "quarantine/2020-01-01"),
    *("projects", "projects/p", "projects/p/original"),
]


@pytest.fixture
def root(tree: Tree) -> Path:
    """A root that holds one of everything that a sweep looks at, long past its time."""
    root = tree.settings.storage_root
    tree.upload()
    uploads.create(tree.settings, PROJECT, 10, upload_id=ids.upload_id(UNFINISHED))
    for name in ("uploads/p/.x.0.tmp/bytes", "deleted/p.0/original/x.jpg", "quarantine/2020-01-01/p/x.jpg"):
        (root / name).parent.mkdir(parents=True)
        (root / name).write_bytes(b"?")
    for path in root.rglob("*"):
        grow_old(path, 100 * OLD)
    return root


def linked(root: Path, name: str, outside: Path) -> None:
    (root / name).rename(outside)
    (root / name).symlink_to(outside)


def content(folder: Path) -> dict[str, tuple[int, float]]:
    return {str(path): (path.stat().st_ino, path.stat().st_mtime) for path in sorted(folder.rglob("*"))}


@pytest.mark.parametrize("name", FOLDERS)
def test_sweeps_and_deletes_leave_what_is_behind_a_link(
    tree: Tree, root: Path, name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside") / "folder"
    linked(root, name, outside)
    before = content(outside)
    for command in ("check", "repair", "sweep"):
        tree.doctor(command)
    quarantine.empty(root, 0)
    quarantine.finish_deletes(root)
    assert content(outside) == before
    if name.startswith(("uploads", "deleted")):
        with suppress(StorageUnavailable):  # where what it deletes is moved to is a link
            projects.delete_project(tree.settings, PROJECT)
    assert content(outside) == before


@pytest.mark.parametrize("name", FOLDERS[:4])
def test_uploads_behind_a_link_are_none(
    tree: Tree, root: Path, name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    os.utime(root / "uploads/p" / UNFINISHED)
    assert len(uploads.staged(tree.settings, PROJECT)) == 1
    linked(root, name, tmp_path_factory.mktemp("outside") / "folder")
    if name in FOLDERS[:2]:
        with pytest.raises(StorageUnavailable):
            uploads.staged(tree.settings, PROJECT)
    else:
        assert len(uploads.staged(tree.settings, PROJECT)) == name.endswith(".tmp")
    left = [] if name != f"uploads/p/{UNFINISHED}" else ["uploads/.x.0.tmp"]
    expired = [expiry.expired(tree.settings, project) for project in expiry.projects(root)]
    assert [f"uploads/{folder.name}" for folders in expired for folder in folders] == left


@pytest.mark.parametrize("name", ["projects", "projects/p"])
def test_projects_behind_a_link_are_none(
    tree: Tree, root: Path, name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    linked(root, name, tmp_path_factory.mktemp("outside") / "folder")
    assert projects.list_projects(tree.settings, ProjectPage()) == ([], None)
