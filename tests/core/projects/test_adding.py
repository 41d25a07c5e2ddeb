"""An upload's steps on their own: what they give back, and what they take back."""

import contextlib
import errno
import os
import time
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import pytest
from photos import expected_files, photo, stored_files
from trees import Tree, store

from core import ids, measures, projects
from core.errors import ProjectLocked, StorageUnavailable
from core.index import metadata
from core.index.entries import ABSENT
from core.projects import Stored, adding
from core.settings import Settings
from core.volume import durable, removing


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(replace(Settings(), storage_root=tmp_path))


@pytest.fixture
def stored(tree: Tree) -> Stored:
    """A published image, in a project with another one."""
    tree.upload()
    return store(tree.settings, ids.project_id(tree.project), BytesIO(photo(64, 48)))


def _fail(*arguments: object) -> None:
    raise OSError(errno.EIO, os.strerror(errno.EIO))


def test_renditions_are_closed_once_they_are_published(tree: Tree) -> None:
    rendered = projects.render(tree.settings, BytesIO(photo(64, 48)))
    projects.publish(tree.settings, ids.project_id(tree.project), rendered)
    assert all(output.closed for output in rendered.outputs.values())


def test_renditions_are_closed_that_cannot_be_published(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(durable, "publish", _fail)
    rendered = projects.render(tree.settings, BytesIO(photo(64, 48)))
    with pytest.raises(StorageUnavailable):
        projects.publish(tree.settings, ids.project_id(tree.project), rendered)
    assert all(output.closed for output in rendered.outputs.values())


def test_renditions_are_closed_that_get_no_id(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "last_ms", _fail)
    rendered = projects.render(tree.settings, BytesIO(photo(64, 48)))
    with pytest.raises(StorageUnavailable):
        projects.publish(tree.settings, ids.project_id(tree.project), rendered)
    assert all(output.closed for output in rendered.outputs.values())


@pytest.mark.parametrize(("told", "kept"), [("../a.jpg", "a.jpg"), ("", ABSENT)])
def test_image_keeps_the_name_and_the_hash_of_its_file(tree: Tree, told: str, kept: object) -> None:
    content = photo(64, 48)
    rendered = projects.render(tree.settings, BytesIO(content), name=told)
    assert (rendered.entry.name, rendered.entry.sha256) == (kept, sha256(content).hexdigest())
    rendered.close()


def test_stored_image_is_measured(tree: Tree, stored: Stored, monkeypatch: pytest.MonkeyPatch) -> None:
    told = {}
    monkeypatch.setattr(measures, "tell", lambda measure, amount=1: told.update({measure: amount}))
    projects.commit(tree.settings, stored)
    size = sum(tree.path(size, stored.image_id).stat().st_size for size in tree.settings.sizes)
    assert (told[measures.STORED], told[measures.STORED_BYTES]) == (1, size)


def test_refused_upload_loses_its_original_first(tree: Tree, stored: Stored, monkeypatch: pytest.MonkeyPatch) -> None:
    remove, removed = removing.remove, []
    monkeypatch.setattr(removing, "remove", lambda path: (removed.append(path.parent.name), remove(path)))
    projects.withdraw(tree.settings, stored)
    assert removed[0] == "original"
    assert set(removed) == tree.settings.sizes.keys()


def test_listed_image_has_the_time_of_its_id_and_its_sizes(tree: Tree, stored: Stored) -> None:
    primary, entry = projects.commit(tree.settings, stored)
    assert entry.created_at == ids.timestamp(ids.created_ms(entry.id) or 0)
    assert entry.sizes
    assert {size: known.bytes for size, known in entry.sizes.items()} == {
        size: tree.path(size, entry.id).stat().st_size for size in tree.settings.sizes
    }
    assert primary == tree.listed()[0] != entry.id


@pytest.mark.parametrize(("milliseconds", "listed"), [(1_800_000, True), (1_800_001, False)])
def test_upload_is_in_time_until_half_of_what_abandons_it(
    tree: Tree, stored: Stored, monkeypatch: pytest.MonkeyPatch, milliseconds: int, listed: bool
) -> None:
    now = (ids.created_ms(stored.image_id) or 0) + milliseconds
    monkeypatch.setattr(adding, "_now_ms", lambda: now)
    if listed:
        projects.commit(tree.settings, stored)
    else:
        with pytest.raises(StorageUnavailable):
            projects.commit(tree.settings, stored)
    assert (stored.image_id in tree.listed()) == listed


def _check(tree: Tree, stored: Stored) -> None:
    def refuse() -> None:
        raise ProjectLocked("Not now.")

    projects.commit(tree.settings, stored, refuse)


@pytest.mark.parametrize("refuse", [_check, lambda tree, stored: projects.withdraw(tree.settings, stored)])
def test_refused_upload_leaves_nothing(tree: Tree, stored: Stored, refuse: Callable[[Tree, Stored], None]) -> None:
    with contextlib.suppress(ProjectLocked):
        refuse(tree, stored)
    assert stored_files(tree.settings.storage_root, tree.project) == expected_files(*tree.listed())
    assert len(tree.listed()) == 1


def test_listed_image_is_not_withdrawn(tree: Tree, stored: Stored) -> None:
    projects.commit(tree.settings, stored)
    projects.withdraw(tree.settings, stored)
    assert stored_files(tree.settings.storage_root, tree.project) == expected_files(*tree.listed())


def test_refusal_is_told_though_its_files_cannot_be_removed(
    tree: Tree, stored: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(removing, "remove", _fail)
    with pytest.raises(ProjectLocked):
        _check(tree, stored)


def test_delete_succeeds_though_smaller_files_stay(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    kept, gone = tree.upload(), tree.upload()
    remove = removing.remove
    monkeypatch.setattr(removing, "remove", lambda path: remove(path) if path.parent.name == "original" else _fail())
    tree.delete(gone)
    assert tree.listed() == [kept]
    assert tree.path("thumb", gone).exists(), "left to doctor"


def test_deleted_image_is_gone_in_every_size(tree: Tree) -> None:
    kept, gone = tree.upload(), tree.upload()
    tree.delete(gone)
    assert stored_files(tree.settings.storage_root, tree.project) == expected_files(kept)


def test_first_commit_lists_no_other_upload_under_way(tree: Tree) -> None:
    """A project without any index would have it made of its originals."""
    first, other = (store(tree.settings, ids.project_id("new"), BytesIO(photo(64, 48))) for _ in range(2))
    projects.commit(tree.settings, first)
    assert Tree(tree.settings, "new").listed() == [first.image_id]
    projects.commit(tree.settings, other)
    assert Tree(tree.settings, "new").listed() == [first.image_id, other.image_id]


def test_time_of_an_upload_is_measured_by_the_clock(tree: Tree) -> None:
    rendered = projects.render(tree.settings, BytesIO(photo(64, 48)))
    late = ids.new_image_id(time.time_ns() // 1_000_000 - 1_801_000)
    stored = projects.publish(tree.settings, ids.project_id(tree.project), rendered, late)
    with pytest.raises(StorageUnavailable):
        projects.commit(tree.settings, stored)
