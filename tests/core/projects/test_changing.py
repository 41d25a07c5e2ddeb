"""The primary image and the order, below HTTP: what is written, and what is refused."""

import errno
import os
from pathlib import Path
from types import ModuleType

import pytest
from trees import Tree

from core import ids, projects
from core.errors import ImageNotFound, InvalidOrder, PreconditionFailed, StorageUnavailable
from core.index import metadata
from core.settings import Settings
from core.volume import durable, looking


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(Settings(storage_root=tmp_path))


@pytest.fixture
def four(tree: Tree) -> list[str]:
    return [tree.upload() for _ in range(4)]


def reorder(tree: Tree, images: list[str], after: str | None = None, versions: list[str] | None = None) -> int:
    behind = None if after is None else ids.image_id(after)
    return projects.reorder(tree.settings, ids.project_id(tree.project), [*map(ids.image_id, images)], behind, versions)


def set_primary(tree: Tree, image: str) -> None:
    projects.set_primary(tree.settings, ids.project_id(tree.project), ids.image_id(image))


def test_order_is_written(tree: Tree, four: list[str]) -> None:
    assert reorder(tree, four[::-1]) == 4
    assert [entry["id"] for entry in tree.index()["images"]] == four[::-1]
    assert tree.primary() == four[0]


@pytest.mark.parametrize(("moved", "after", "order"), [([3], None, "3012"), ([0], 2, "1203"), ([3, 0], 1, "1302")])
def test_some_images_are_moved(tree: Tree, four: list[str], moved: list[int], after: int | None, order: str) -> None:
    reorder(tree, [four[n] for n in moved], None if after is None else four[after])
    assert tree.listed() == [four[int(n)] for n in order]


def test_order_that_is_so_already_is_not_written(tree: Tree, four: list[str]) -> None:
    before = tree.index()
    assert reorder(tree, four[:2]) == 4
    assert tree.index() == before


def test_twice_named_or_behind_itself_is_refused(tree: Tree, four: list[str]) -> None:
    refused: list[tuple[list[str], str | None]] = [([four[0], four[0]], None), ([four[0], four[1]], four[1])]
    for images, after in refused:
        with pytest.raises(InvalidOrder):
            reorder(tree, images, after)
    assert tree.listed() == four


@pytest.mark.parametrize("unknown_first", [True, False])
def test_unknown_image_is_refused(tree: Tree, four: list[str], unknown_first: bool) -> None:
    with pytest.raises(ImageNotFound):
        reorder(tree, ["unknown"] if unknown_first else [four[1]], None if unknown_first else "unknown")
    assert tree.listed() == four


def test_order_of_a_version_that_is_past_is_refused(tree: Tree, four: list[str]) -> None:
    version = metadata.version(tree.layout)
    assert version is not None
    reorder(tree, four[::-1], versions=["older", version])
    with pytest.raises(PreconditionFailed):
        reorder(tree, four, versions=[version])
    with pytest.raises(PreconditionFailed):
        reorder(tree, four, versions=[])
    assert tree.listed() == four[::-1]


def test_primary_is_a_listed_image_with_its_original(tree: Tree, four: list[str]) -> None:
    set_primary(tree, four[2])
    assert tree.index()["primary_image_id"] == four[2]
    tree.path("original", four[1]).unlink()
    for image in four[1], "unknown", tree.upload(listed=False):
        with pytest.raises(ImageNotFound):
            set_primary(tree, image)
    assert tree.primary() == four[2]


def test_change_of_no_project_makes_none(tree: Tree) -> None:
    for change in (lambda: reorder(tree, []), lambda: set_primary(tree, "a"), lambda: tree.delete("a")):
        with pytest.raises(ImageNotFound):
            change()
    assert not tree.layout.folder.exists()


@pytest.mark.parametrize(("file", "name"), [(durable, "replace"), (looking, "look_into")])
def test_failing_volume_is_an_error_of_the_tree(
    tree: Tree, four: list[str], file: ModuleType, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: object, **options: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(file, name, refuse)
    for change in (lambda: reorder(tree, four[::-1]), lambda: set_primary(tree, four[2]), lambda: tree.delete(four[3])):
        with pytest.raises(StorageUnavailable):
            change()
