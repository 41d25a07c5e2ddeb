"""Quotas at their edges: what deletes give back, what keeps room without being listed, a storage that fails."""

import errno
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from trees import Tree

from core import ids, projects, uploads
from core.errors import QuotaExceeded, StorageUnavailable
from core.index import metadata
from core.projects.quota import Bounds
from core.settings import Settings
from core.volume import tally
from core.volume.tally import Tally


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """A project with three images in a storage that counts."""
    made = Tree(Settings(storage_root=tmp_path, total_max_images=10))
    for _ in range(3):
        made.upload()
    return made


def counted(tree: Tree) -> tuple[int, int]:
    found = tally.read(tree.settings.storage_root) or Tally()
    return found.images, found.bytes


def weight(tree: Tree) -> tuple[int, int]:
    return metadata.read(tree.layout)[1].weight()


@pytest.mark.parametrize("number", [1, 2, 3])
def test_deleted_images_give_back_what_they_held(tree: Tree, number: int) -> None:
    projects.delete_many(tree.settings, ids.project_id("p"), [*map(ids.image_id, tree.listed()[:number])])
    assert counted(tree) == weight(tree)
    assert counted(tree)[0] == 3 - number


def test_images_that_are_not_there_give_nothing_back(tree: Tree) -> None:
    before = counted(tree)
    projects.delete_many(tree.settings, ids.project_id("p"), [ids.image_id("unknown")])
    assert counted(tree) == before == weight(tree)


def test_upload_that_is_about_to_be_an_image_keeps_its_room(tree: Tree) -> None:
    full = Tree(replace(tree.settings, project_max_images=4))
    upload = projects.begin(full.settings, ids.project_id("p"), 10)
    with uploads.writing(full.settings, upload) as writer:
        assert projects.claim(full.settings, writer.upload.project_id, writer)
        with pytest.raises(QuotaExceeded):
            full.upload()


BOUNDED: dict[str, Callable[[Settings], object]] = {
    "look": lambda settings: projects.require_room(settings, ids.project_id("p"), Bounds(images=9), 1),
    "begin": lambda settings: projects.begin(settings, ids.project_id("p"), 1, b"", Bounds(images=9)),
}


@pytest.mark.parametrize("ask", BOUNDED.values(), ids=BOUNDED)
def test_bounds_on_a_failing_volume(tree: Tree, monkeypatch: pytest.MonkeyPatch, ask: Callable[..., object]) -> None:
    def fail(*arguments: object, **options: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    for name in ("read", "transaction"):
        monkeypatch.setattr(metadata, name, fail)
    with pytest.raises(StorageUnavailable):
        ask(replace(tree.settings, total_max_images=0))


def test_upload_given_up_on_a_failing_volume(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    upload = projects.begin(tree.settings, ids.project_id("p"), 1)
    monkeypatch.setattr(metadata, "read", fail)
    with pytest.raises(StorageUnavailable):
        projects.give_up(tree.settings, upload)


def test_refused_upload_gives_its_room_back(tree: Tree) -> None:
    before = counted(tree)
    upload = projects.begin(tree.settings, ids.project_id("p"), 10)
    assert counted(tree) == (before[0] + 1, before[1] + 10)
    with uploads.writing(tree.settings, upload) as writer:
        projects.refuse(tree.settings, writer)
    assert counted(tree) == before
    assert not upload.folder.exists()


def test_bounded_upload_makes_no_root_where_no_volume_is_mounted(tree: Tree) -> None:
    shutil.rmtree(tree.settings.storage_root)
    with pytest.raises(StorageUnavailable):
        BOUNDED["begin"](replace(tree.settings, total_max_images=0))
    assert not tree.settings.storage_root.exists()
