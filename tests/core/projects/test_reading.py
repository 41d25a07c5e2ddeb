"""Reads on their own: what is refused, what fails, and which image is the cover."""

import errno
import os
from pathlib import Path

import pytest
from trees import Tree

from core import ids, projects
from core.errors import ImageNotFound, InvalidPage, InvalidSize, NoCover, ServiceError, StorageUnavailable
from core.settings import Settings
from core.volume import looking


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    made = Tree(Settings(storage_root=tmp_path))
    for _ in range(3):
        made.upload()
    return made


def _content(tree: Tree, image: str, size: str) -> bytes:
    descriptor, status = projects.open_rendition(tree.settings, ids.project_id("p"), ids.image_id(image), size)
    with os.fdopen(descriptor, "rb") as file:
        content = file.read()
    assert status.st_size == len(content)
    return content


def _cover(tree: Tree) -> str:
    image, file = projects.open_cover(tree.settings, ids.project_id("p"))
    os.close(file.descriptor)
    return image


def test_rendition_is_the_file_of_its_size(tree: Tree) -> None:
    image = tree.listed()[1]
    for size in tree.settings.sizes:
        assert _content(tree, image, size) == tree.path(size, image).read_bytes()


def test_size_that_is_none_is_refused(tree: Tree) -> None:
    with pytest.raises(InvalidSize):
        _content(tree, tree.listed()[0], "huge")


@pytest.mark.parametrize("size", ["original", "thumb"])
@pytest.mark.parametrize("image", ["unknown", "half deleted"])
def test_image_that_is_none_is_not_found(tree: Tree, image: str, size: str) -> None:
    if image == "half deleted":
        image = tree.listed()[0]
        tree.path("original", image).unlink()
    with pytest.raises(ImageNotFound):
        _content(tree, image.replace(" ", ""), size)


def test_volume_that_fails_is_told_of(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    image = tree.listed()[0]
    with monkeypatch.context() as patched:
        patched.setattr(os, "fstat", fail)
        with pytest.raises(StorageUnavailable):
            projects.open_rendition(tree.settings, ids.project_id("p"), ids.image_id(image), "original")


def test_reads_of_a_broken_project_fail_as_errors_of_the_tree(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(looking, "look", fail)
    monkeypatch.setattr(os, "listdir", fail)
    project = ids.project_id("p")
    for read in (
        lambda: projects.open_cover(tree.settings, project),
        lambda: projects.list_version(tree.settings, project),
        lambda: projects.list_images(tree.settings, project, projects.Page()),
    ):
        with pytest.raises(ServiceError):
            read()


def test_cover_is_the_primary_image_while_it_is_there(tree: Tree) -> None:
    first, second, third = tree.listed()
    projects.set_primary(tree.settings, ids.project_id("p"), ids.image_id(third))
    assert _cover(tree) == third
    tree.path("original", third).unlink()
    assert _cover(tree) == first
    tree.path("original", first).unlink()
    assert _cover(tree) == second
    tree.path("original", second).unlink()
    with pytest.raises(NoCover):
        _cover(tree)


def test_half_deleted_or_unlisted_image_cannot_become_primary(tree: Tree) -> None:
    first, second, third = tree.listed()
    tree.path("original", second).unlink()
    tree.edit(lambda index: index["images"].pop())
    for image in (second, third):
        with pytest.raises(ImageNotFound):
            projects.set_primary(tree.settings, ids.project_id("p"), ids.image_id(image))
    assert tree.primary() == first


@pytest.mark.parametrize("limit", ["1", "01", "9" * 18])
def test_limit_is_a_number_from_one(limit: str) -> None:
    assert projects.page(limit, None) == projects.Page(int(limit), None)


@pytest.mark.parametrize("limit", ["", "0", "00", "-1", "+1", "1.0", "٣", "9" * 19, "1" * 5000])
def test_limit_that_is_none_is_refused(limit: str) -> None:
    with pytest.raises(InvalidPage):
        projects.page(limit, None)
