"""A host that cached, before another host wrote, which names there are: it must ask the server before it believes it.

As an NFS client does (docs/reliability.md): it knows the names that it cached until it opens their folder.
"""

import os
from pathlib import Path

import pytest
from trees import Tree

from core import ids, projects
from core.index import metadata
from core.settings import Settings
from core.volume import opening, removing


class Cache:
    """What this host sees: names of `missing` are not there, those of `old` lead to other files, until refreshed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.missing: set[Path] = set()
        self.old: dict[Path, Path] = {}
        self._open, self._unlink = opening._open, os.unlink
        monkeypatch.setattr(opening, "_open", self.open)
        monkeypatch.setattr(os, "unlink", self.unlink)

    def open(self, path: str, flags: int) -> int:
        descriptor = self._open(str(self._seen(Path(path))), flags)
        if os.path.isdir(path):
            self.missing = {name for name in self.missing if name.parent != Path(path)}
            self.old = {name: other for name, other in self.old.items() if name.parent != Path(path)}
        return descriptor

    def unlink(self, path: str | Path) -> None:
        self._unlink(self._seen(Path(path)))

    def _seen(self, path: Path) -> Path:
        if self.missing & {path, *path.parents}:
            raise FileNotFoundError(path)
        return self.old.get(path, path)


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    made = Tree(Settings(storage_root=tmp_path))
    made.upload()
    return made


@pytest.fixture
def cache(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> Cache:
    return Cache(monkeypatch)


@pytest.mark.parametrize("level", range(4))
def test_name_is_found_that_was_cached_as_missing(tree: Tree, cache: Cache, level: int) -> None:
    (image,) = tree.listed()
    path = tree.path("thumb", image)
    cache.missing = set([path, *path.parents][: level + 1])

    os.close(projects.open_rendition(tree.settings, ids.project_id("p"), ids.image_id(image), "thumb").descriptor)


def test_file_is_removed_that_was_cached_as_missing(tree: Tree, cache: Cache) -> None:
    path = tree.path("thumb", tree.listed()[0])
    cache.missing = {path}

    assert removing.remove(path)
    assert not path.exists()


def test_latest_index_is_read_and_not_the_cached_one(tree: Tree, cache: Cache) -> None:
    old = tree.layout.folder / "old"
    old.write_bytes(tree.layout.meta.read_bytes())
    before = metadata.version(tree.layout)
    tree.upload()

    for look in (lambda: len(metadata.read(tree.layout)[1]) == 2, lambda: metadata.version(tree.layout) != before):
        cache.old = {tree.layout.meta: old}
        assert look()


def test_latest_index_is_changed_and_not_the_cached_one(tree: Tree, cache: Cache) -> None:
    old = tree.layout.folder / "old"
    old.write_bytes(tree.layout.meta.read_bytes())
    tree.upload()
    cache.old = {tree.layout.meta: old}

    tree.upload()

    assert len(tree.listed()) == 3


def test_project_that_was_cached_as_missing_is_changed(tree: Tree, cache: Cache) -> None:
    (image,) = tree.listed()
    cache.missing = {tree.layout.folder}

    tree.delete(image)

    assert tree.listed() == []
