"""Deleting, below HTTP: what the volume and the index hold afterwards, and on a volume that refuses."""

import errno
import os
from pathlib import Path
from typing import Any

import pytest
from photos import expected_files, stored_files
from trees import Tree

from core import ids, projects
from core.errors import ImageNotFound, LockLost, StorageUnavailable
from core.projects import deleting
from core.settings import Settings
from core.volume import durable, layout, removing


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(Settings(storage_root=tmp_path))


def delete_many(tree: Tree, *images: str) -> tuple[list[str], str | None]:
    found, primary = projects.delete_many(tree.settings, ids.project_id(tree.project), [*map(ids.image_id, images)])
    return [str(image) for image in found], primary


def delete_project(tree: Tree) -> int:
    return projects.delete_project(tree.settings, ids.project_id(tree.project))


def fail_once(monkeypatch: pytest.MonkeyPatch, name: str, number: int, call: int = 1) -> None:
    """The call of a function of `durable` fails with an errno; later ones are made."""
    function, calls = getattr(durable, name), []

    def failing(*arguments: Any, **options: Any) -> Any:
        calls.append(arguments)
        if len(calls) == call:
            raise OSError(number, os.strerror(number))
        return function(*arguments, **options)

    monkeypatch.setattr(durable, name, failing)


def test_index_of_a_deleted_project_names_nothing(tree: Tree) -> None:
    """The file itself: what is listed is looked up there by who knows no originals."""
    tree.upload()
    tree.upload()
    assert delete_project(tree) == 2
    assert tree.index()["images"] == []
    assert tree.index()["primary_image_id"] is None
    assert stored_files(tree.settings.storage_root, tree.project) == []
    assert list((tree.settings.storage_root / "deleted").iterdir()) == []
    assert delete_project(tree) == 0


def test_deleted_project_takes_sizes_that_are_served_no_more(tree: Tree) -> None:
    image = tree.upload()
    tree.write(f"unserved/{image}.jpg")
    tree.edit(lambda content: content["images"][0]["sizes"].update(unserved={"width": 1, "height": 1, "bytes": 1}))
    assert delete_project(tree) == 1
    assert not (tree.layout.folder / "unserved").exists()


def test_deleted_project_takes_its_unfinished_uploads(tree: Tree) -> None:
    tree.upload()
    uploads = layout.uploads_folder(tree.settings.storage_root) / tree.project
    uploads.mkdir(parents=True)
    (uploads / "begun").write_bytes(b"?")
    delete_project(tree)
    assert not uploads.exists()


@pytest.mark.parametrize("name", ["original", "thumb", "uploads", "projects", "deleted", "meta"])
def test_project_may_be_called_as_a_folder_of_ours(tree: Tree, name: str) -> None:
    named = Tree(tree.settings, name)
    named.upload()
    projects.begin(tree.settings, ids.project_id(name), 10)
    assert delete_project(named) == 1
    assert stored_files(tree.settings.storage_root, name) == []
    assert list((tree.settings.storage_root / "deleted").iterdir()) == []


def test_project_is_deleted_by_the_second_try(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    tree.upload()
    tree.upload()
    fail_once(monkeypatch, "fence", errno.EIO, call=2)  # after the originals are gone, before the index is replaced
    delete_project(tree)
    assert tree.index()["images"] == []


def test_project_is_not_touched_without_its_lock(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    image = tree.upload()

    def lost(descriptor: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(durable, "fence", lost)
    with pytest.raises(LockLost):
        delete_project(tree)
    monkeypatch.undo()
    assert stored_files(tree.settings.storage_root, tree.project) == expected_files(image)


def test_originals_go_before_the_list(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    """A crash in between leaves what a delete ends, not an image of which a rebuilt index knows."""
    first, second, third = (tree.upload() for _ in range(3))
    fence, calls = durable.fence, []

    def lost_in_the_commit(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) % 2 == 0:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        fence(descriptor)

    monkeypatch.setattr(durable, "fence", lost_in_the_commit)
    with pytest.raises(LockLost):
        tree.delete(first)
    assert not tree.path("original", first).exists()
    assert tree.path("original", second).exists()
    with pytest.raises(LockLost):
        delete_project(tree)
    assert not tree.path("original", third).exists()
    assert tree.listed() == [first, second, third]


def test_project_on_a_failing_volume(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    tree.upload()

    def refuse(*arguments: object, **options: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(durable, "move", refuse)
    with pytest.raises(StorageUnavailable):
        delete_project(tree)


def test_full_volume_gets_room_from_what_is_deleted(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    kept, gone = tree.upload(), tree.upload()
    replace = durable.replace

    def full(*arguments: Any, **options: Any) -> Any:
        if tree.path("medium", gone).exists():
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return replace(*arguments, **options)

    monkeypatch.setattr(durable, "replace", full)
    tree.delete(gone)
    assert tree.listed() == [kept]
    assert stored_files(tree.settings.storage_root, tree.project) == expected_files(kept)


def test_full_volume_that_gives_no_room(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    image = tree.upload()

    def refuse(number: int) -> Any:
        def refusing(*arguments: object, **options: object) -> None:
            raise OSError(number, os.strerror(number))

        return refusing

    monkeypatch.setattr(durable, "replace", refuse(errno.ENOSPC))
    monkeypatch.setattr(deleting.files, "remove", refuse(errno.EIO))
    with pytest.raises(StorageUnavailable):
        tree.delete(image)


def test_files_of_a_project_that_take_long_are_the_sweeps(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    tree.upload()
    monkeypatch.setattr(deleting, "_REMOVING", -1.0)
    assert delete_project(tree) == 1
    assert tree.listed() == []
    assert [path for path in (tree.settings.storage_root / "deleted").rglob("*.jpg") if path.is_file()]


def test_files_of_a_project_that_stay_are_the_sweeps(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    tree.upload()

    def refuse(*arguments: object, **options: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(removing, "remove_tree", refuse)
    assert delete_project(tree) == 1
    assert tree.listed() == []


def test_many_are_deleted_by_one_commit(tree: Tree) -> None:
    images = [tree.upload() for _ in range(4)]
    before = tree.index()["revision"]
    found, primary = delete_many(tree, images[0], images[2], images[0], "unknown")
    assert (found, primary) == ([images[0], images[2]], images[1])
    assert tree.index()["revision"] == before + 1
    assert stored_files(tree.settings.storage_root, tree.project) == expected_files(images[1], images[3])


def test_delete_takes_a_size_that_is_served_no_more(tree: Tree) -> None:
    image, other = tree.upload(), tree.upload()
    unserved = tree.write(f"unserved/{image}.jpg")
    tree.edit(lambda content: content["images"][0]["sizes"].update(unserved={"width": 1, "height": 1, "bytes": 1}))
    tree.delete(image)
    assert not unserved.exists()
    assert tree.listed() == [other]


def test_listed_image_without_its_original_is_deleted(tree: Tree) -> None:
    image = tree.upload()
    tree.path("original", image).unlink()
    assert delete_many(tree, image) == ([image], None)
    assert tree.listed() == []


def test_image_that_is_not_listed_is_deleted(tree: Tree) -> None:
    listed, unlisted = tree.upload(), tree.upload(listed=False)
    assert delete_many(tree, unlisted) == ([unlisted], listed)
    assert stored_files(tree.settings.storage_root, tree.project) == expected_files(listed)


def test_nothing_found_changes_nothing(tree: Tree) -> None:
    image = tree.upload()
    before = tree.index()
    assert delete_many(tree, "unknown") == ([], image)
    with pytest.raises(ImageNotFound):
        tree.delete("unknown")
    assert tree.index() == before


def test_files_that_cannot_be_removed_are_no_error(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    image = tree.upload()

    def refuse(*arguments: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(deleting.files, "remove", refuse)
    tree.delete(image)
    assert tree.listed() == []
