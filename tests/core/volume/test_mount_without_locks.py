"""A mount that has no locks: nothing is changed there, rather than changed without exclusion."""

import errno
import fcntl
import os
from pathlib import Path

import pytest
from photos import stored_files
from trees import Tree

from core.errors import StorageUnavailable
from core.settings import Settings
from core.volume import locking


@pytest.fixture(autouse=True)
def _without_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(descriptor: int, operation: int) -> None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))

    monkeypatch.setattr(fcntl, "flock", missing)


def test_lock_is_refused_without_locks(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=os.strerror(errno.ENOSYS)):
        with locking.held(tmp_path / "lock", 0):
            raise AssertionError("a lock that excludes nobody")


def test_upload_is_refused_without_locks(tmp_path: Path) -> None:
    tree = Tree(Settings(storage_root=tmp_path))

    with pytest.raises(StorageUnavailable):
        tree.upload()

    assert tree.listed() == []
    assert stored_files(tmp_path, tree.project) == []
