"""durable: what is written is whole and durable, or not there."""

import errno
import io
import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from core.errors import StorageFull, StorageReadOnly, StorageUnavailable
from core.volume import durable


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_replace_leaves_the_new_content_and_no_temporary(tmp_path):
    durable.replace(tmp_path / "f", b"one")
    durable.replace(tmp_path / "f", b"two")
    assert (tmp_path / "f").read_bytes() == b"two"
    assert names(tmp_path) == ["f"]


def test_a_replace_that_is_called_off_leaves_the_old_content(tmp_path):
    durable.replace(tmp_path / "f", b"one")

    def call_off() -> None:
        raise RuntimeError("lost the lock")

    with pytest.raises(RuntimeError):
        durable.replace(tmp_path / "f", b"two", before_rename=call_off)
    assert (tmp_path / "f").read_bytes() == b"one"
    assert names(tmp_path) == ["f"]


def test_create_never_replaces(tmp_path):
    assert durable.create(tmp_path / "f", b"one")
    assert not durable.create(tmp_path / "f", b"two")
    assert (tmp_path / "f").read_bytes() == b"one"
    assert names(tmp_path) == ["f"]


def test_publish_gives_the_last_name_last(tmp_path, monkeypatch):
    order = []
    rename = os.rename
    monkeypatch.setattr(os, "rename", lambda a, b: (order.append(b.name), rename(a, b))[1])
    durable.publish({tmp_path / name: io.BytesIO(name.encode()) for name in "abc"})
    assert order == ["a", "b", "c"]
    assert [(tmp_path / name).read_bytes() for name in "abc"] == [b"a", b"b", b"c"]


@pytest.mark.parametrize("failing", ["a", "b", "c"])
def test_a_publish_that_fails_at_any_name_leaves_nothing(tmp_path, monkeypatch, failing):
    rename = os.rename

    def fail(source, target):
        if target.name == failing:
            raise OSError(errno.EIO, "broken")
        rename(source, target)

    monkeypatch.setattr(os, "rename", fail)
    with pytest.raises(OSError, match="broken"):
        durable.publish({tmp_path / name: io.BytesIO(b"x") for name in "abc"})
    assert names(tmp_path) == []


def test_remove_tells_whether_there_was_something(tmp_path):
    (tmp_path / "f").write_bytes(b"x")
    assert [durable.remove(tmp_path / "f"), durable.remove(tmp_path / "f")] == [True, False]


def test_two_hosts_may_remove_one_tree(tmp_path):
    for number in range(20):
        folder = tmp_path / str(number)
        (folder / "a" / "b").mkdir(parents=True)
        for name in ("x", "a/y", "a/b/z"):
            (folder / name).write_bytes(b"")
        with ThreadPoolExecutor(2) as pool:
            counts = list(pool.map(durable.remove_tree, [folder, folder]))
        assert sum(counts) == 3
    assert names(tmp_path) == []


def test_make_folder_makes_what_is_missing_above(tmp_path):
    durable.make_folder(tmp_path / "a" / "b" / "c", tmp_path)
    durable.make_folder(tmp_path / "a" / "b" / "c", tmp_path)
    assert (tmp_path / "a" / "b" / "c").is_dir()


def test_make_folder_never_makes_the_root(tmp_path):
    with pytest.raises(FileNotFoundError):
        durable.make_folder(tmp_path / "gone" / "a", tmp_path / "gone")
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.ENOSPC, StorageFull), (errno.EDQUOT, StorageFull), (errno.EROFS, StorageReadOnly),
        (errno.EACCES, StorageReadOnly), (errno.EIO, StorageUnavailable), (errno.ESTALE, StorageUnavailable),
    ],
)  # fmt: skip
def test_what_the_volume_refuses_is_an_error_of_the_tree(number, kind):
    with pytest.raises(kind), durable.storage_errors():
        raise OSError(number, os.strerror(number))
