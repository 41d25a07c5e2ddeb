"""Reading an index while other hosts replace it: a reader that falls between two of their steps looks again."""

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from trees import Tree

from core.index import metadata
from core.settings import Settings
from core.volume import looking

Look = Callable[[str | Path, Path], int | None]


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """A project with two images. An index that is made of their originals has no version."""
    made = Tree(Settings(storage_root=tmp_path))
    made.upload()
    made.upload()
    return made


@pytest.fixture
def missing(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Hides the index for so many looks: on NFS a rename under an open file is two calls."""
    look = looking.look

    def hide(looks: int) -> None:
        left = [looks]

        def absent(path: str | Path, project: Path) -> Any:
            if Path(path) == tree.layout.meta and left[0]:
                left[0] -= 1
                return None
            return look(path, project)

        monkeypatch.setattr(looking, "look", absent)

    return hide


@pytest.fixture
def stale(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, int], None]:
    """Lets a call on an open file fail so often, as when another host replaced it since."""

    def fail(name: str, times: int) -> None:
        real, left = getattr(os, name), [times]

        def call(*arguments: int) -> object:
            if left[0]:
                left[0] -= 1
                raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))
            return real(*arguments)

        monkeypatch.setattr(os, name, call)

    return fail


@pytest.mark.parametrize("looks", [1, 5])
def test_index_that_is_missing_for_a_moment_is_waited_for(
    tree: Tree, missing: Callable[[int], None], looks: int
) -> None:
    version = metadata.version(tree.layout)
    missing(looks)
    assert metadata.read(tree.layout)[0] == version


def test_index_that_stays_missing_is_made_of_the_originals(tree: Tree) -> None:
    images = tree.listed()
    tree.layout.meta.unlink()
    version, index = metadata.read(tree.layout)
    assert (version, sorted(index.image_ids())) == (None, sorted(images))


@pytest.mark.parametrize("call", ["read", "fstat"])
def test_index_that_is_replaced_while_it_is_read_is_read_again(
    tree: Tree, stale: Callable[[str, int], None], call: str
) -> None:
    version = metadata.version(tree.layout)
    stale(call, 2)
    assert metadata.read(tree.layout)[0] == version


@pytest.mark.parametrize("call", ["pread", "fstat"])
def test_version_of_a_replaced_index_is_read_again(tree: Tree, stale: Callable[[str, int], None], call: str) -> None:
    version = metadata.version(tree.layout)
    stale(call, 1)
    assert metadata.version(tree.layout) == version


def test_index_that_can_never_be_read_has_no_version(tree: Tree, stale: Callable[[str, int], None]) -> None:
    stale("pread", 1_000_000)
    assert metadata.version(tree.layout) is None


def test_project_without_images_has_neither_version_nor_index(tmp_path: Path) -> None:
    tree = Tree(Settings(storage_root=tmp_path))
    assert metadata.version(tree.layout) is None
    assert (tree.listed(), tree.primary()) == ([], None)


def test_first_index_is_made_once_and_not_among_originals(tree: Tree) -> None:
    before = tree.layout.meta.read_bytes()
    metadata.create(tree.layout)
    assert tree.layout.meta.read_bytes() == before

    tree.layout.meta.unlink()
    metadata.create(tree.layout)
    assert not tree.layout.meta.exists(), "what is lost would be taken for what never was"
