"""What two hosts, a full disk or a long stop can do between the steps of a change."""

import errno
import fcntl
import io
import os
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from photos import photo
from trees import Tree, store

from core import ids, projects
from core.errors import ImageNotFound, LockLost, StorageFull, StorageUnavailable
from core.index import metadata
from core.index.entries import Entry
from core.projects import adding
from core.settings import Settings
from core.volume import durable, locking


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(replace(Settings(), storage_root=tmp_path))


def test_upload_after_the_index_was_lost_lists_what_was_there(tree: Tree) -> None:
    first = tree.upload()
    tree.layout.meta.unlink()

    second = tree.upload()

    assert tree.listed() == [first, second]


def test_holder_without_its_lock_replaces_nothing(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    """A host that is frozen between its last look at its lock and the rename, and thawed after others committed."""
    tree.upload()
    fence = durable.fence

    def frozen_after(descriptor: int) -> None:
        fence(descriptor)
        monkeypatch.setattr(durable, "fence", fence)
        fcntl.flock(descriptor, fcntl.LOCK_UN)  # what the server does when the lease ends
        locking._line.cache_clear()  # the other host has a memory of its own
        other = threading.Thread(target=tree.upload)
        other.start()
        other.join()

    monkeypatch.setattr(durable, "fence", frozen_after)
    with pytest.raises(LockLost):
        with metadata.transaction(tree.layout, 5) as index:
            index.append(Entry("zombie"))

    assert len(tree.listed()) == 2
    assert "zombie" not in tree.listed()


def test_upload_that_slept_past_its_time_withdraws_itself(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    tree.upload()
    stored = store(tree.settings, ids.project_id(tree.project), io.BytesIO(photo(64, 48)))
    tree.path("thumb", stored.image_id).unlink()  # doctor took it for abandoned while this host was frozen
    late = ids.created_ms(stored.image_id) or 0
    monkeypatch.setattr(adding, "_now_ms", lambda: late + 3_600_000)

    with pytest.raises(StorageUnavailable):
        projects.commit(tree.settings, stored)

    assert stored.image_id not in tree.listed()
    assert not tree.path("original", stored.image_id).exists()


def test_delete_makes_room_for_its_own_index_on_a_full_disk(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = tree.upload(), tree.upload()
    write = durable.write_new

    def full(path: Path, content: io.BytesIO) -> None:
        if tree.path("thumb", first).exists():  # until all its files are gone nothing fits
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write(path, content)

    monkeypatch.setattr(durable, "write_new", full)
    tree.delete(first)

    assert tree.listed() == [second]
    assert tree.primary() == second


def test_full_disk_at_the_fence_is_told_as_a_full_disk(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = tree.upload(), tree.upload()

    def full(descriptor: int) -> None:
        raise OSError(errno.EDQUOT, os.strerror(errno.EDQUOT))

    monkeypatch.setattr(durable, "fence", full)
    with pytest.raises(StorageFull):
        projects.set_primary(tree.settings, ids.project_id(tree.project), ids.image_id(second))

    assert tree.primary() == first


def test_upload_that_was_listed_before_the_error_stays_whole(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commit's rename went through and only then the disk failed: files and index must agree all the same."""
    tree.upload()
    stored = store(tree.settings, ids.project_id(tree.project), io.BytesIO(photo(64, 48)))

    def fail(folder: Path) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(durable, "sync_folder", fail)
    with pytest.raises(StorageUnavailable):
        projects.commit(tree.settings, stored)
    monkeypatch.undo()

    assert tree.doctor("check") == (0, [])


def test_primary_image_survives_a_host_that_died(tree: Tree) -> None:
    first, second, third = tree.upload(), tree.upload(), tree.upload()
    tree.write(".nfs0002", tree.layout.meta.read_bytes())  # an older version, with another primary image
    tree.delete(first)
    projects.set_primary(tree.settings, ids.project_id(tree.project), ids.image_id(third))
    tree.layout.meta.rename(tree.layout.folder / ".nfs0001")  # the first of the two calls, and then nothing

    assert (tree.listed(), tree.primary()) == ([second, third], third)
    fourth = tree.upload()
    assert (tree.listed(), tree.primary()) == ([second, third, fourth], third)
    assert tree.doctor("check") == (0, [])


def test_image_removed_after_it_was_opened_is_not_found(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    """An NFS client still reads such a file, but cannot tell its size any more. A delete begins with the original."""
    first, second = tree.upload(), tree.upload()
    project = ids.project_id(tree.project)
    gone = tree.path("thumb", first).stat().st_ino
    tree.path("original", first).unlink()
    fstat = os.fstat

    def stale(descriptor: int) -> os.stat_result:
        if fstat(descriptor).st_ino == gone:
            raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))
        return fstat(descriptor)

    monkeypatch.setattr(os, "fstat", stale)
    with pytest.raises(ImageNotFound):
        projects.open_rendition(tree.settings, project, ids.image_id(first), "thumb")

    image, file = projects.open_cover(tree.settings, project)
    os.close(file.descriptor)
    assert image == second, "the cover is an image that is there"
