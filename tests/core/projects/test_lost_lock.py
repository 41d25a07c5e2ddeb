"""A host that loses its lock, or the volume, in the middle of a delete: nothing is half done for good."""

import errno
import os
from pathlib import Path

import pytest
from photos import expected_files, stored_files
from trees import Tree

from core.errors import LockLost
from core.settings import Settings
from core.volume import durable


def _lose_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    """What an NFS server answers to a host whose lease ended while it waited or was frozen."""

    def lost(descriptor: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(durable, "fence", lost)


def test_delete_without_its_lock_removes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree = Tree(Settings(storage_root=tmp_path))
    image = tree.upload()
    _lose_locks(monkeypatch)

    with pytest.raises(LockLost):
        tree.delete(image)

    monkeypatch.undo()
    assert tree.listed() == [image]
    assert all(tree.path(size, image).exists() for size in ("original", "medium", "thumb", "game"))


def test_delete_is_ended_after_a_lock_lost_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree = Tree(Settings(storage_root=tmp_path))
    kept, gone = tree.upload(), tree.upload()
    fence, calls = durable.fence, []

    def lost_once(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) == 2:  # after the original is gone, before the index is replaced
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        fence(descriptor)

    monkeypatch.setattr(durable, "fence", lost_once)
    tree.delete(gone)

    assert tree.listed() == [kept]
    assert tree.doctor("check") == (0, [])


def test_delete_that_was_committed_before_the_error_succeeds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree = Tree(Settings(storage_root=tmp_path))
    kept, gone = tree.upload(), tree.upload()
    sync, failed = durable.sync_folder, []

    def fail_once(folder: Path) -> None:
        if folder == tree.layout.folder and not failed:
            failed.append(folder)
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        sync(folder)

    monkeypatch.setattr(durable, "sync_folder", fail_once)
    tree.delete(gone)

    assert failed, "nothing went wrong"
    assert stored_files(tmp_path, tree.project) == expected_files(kept)
