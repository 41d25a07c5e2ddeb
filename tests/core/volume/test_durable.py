"""durable: what is written is whole and durable, or not there."""

import errno
import io
import os
from pathlib import Path

import pytest

from core.volume import durable


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_replace_leaves_the_new_content_and_no_temporary(tmp_path: Path) -> None:
    durable.replace(tmp_path / "f", b"one")
    durable.replace(tmp_path / "f", b"two")
    assert (tmp_path / "f").read_bytes() == b"two"
    assert names(tmp_path) == ["f"]


def test_a_replace_that_is_called_off_leaves_the_old_content(tmp_path: Path) -> None:
    durable.replace(tmp_path / "f", b"one")

    def call_off() -> None:
        raise RuntimeError("lost the lock")

    with pytest.raises(RuntimeError):
        durable.replace(tmp_path / "f", b"two", before_rename=call_off)
    assert (tmp_path / "f").read_bytes() == b"one"
    assert names(tmp_path) == ["f"]


def test_create_never_replaces(tmp_path: Path) -> None:
    assert durable.create(tmp_path / "f", b"one")
    assert not durable.create(tmp_path / "f", b"two")
    assert (tmp_path / "f").read_bytes() == b"one"
    assert names(tmp_path) == ["f"]


def test_publish_gives_the_last_name_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    rename = os.rename
    monkeypatch.setattr(os, "rename", lambda a, b: (order.append(b.name), rename(a, b))[1])
    durable.publish({tmp_path / name: io.BytesIO(name.encode()) for name in "abc"})
    assert order == ["a", "b", "c"]
    assert [(tmp_path / name).read_bytes() for name in "abc"] == [b"a", b"b", b"c"]


@pytest.mark.parametrize("failing", ["a", "b", "c"])
def test_a_publish_that_fails_at_any_name_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    rename = os.rename

    def fail(source: Path, target: Path) -> None:
        if target.name == failing:
            raise OSError(errno.EIO, "broken")
        rename(source, target)

    monkeypatch.setattr(os, "rename", fail)
    with pytest.raises(OSError, match="broken"):
        durable.publish({tmp_path / name: io.BytesIO(b"x") for name in "abc"})
    assert names(tmp_path) == []


@pytest.mark.parametrize("content", [b"xyz", memoryview(b"xyz")])
def test_write_lands_at_its_offset(tmp_path: Path, content: bytes | memoryview) -> None:
    (tmp_path / "f").write_bytes(b"abcdefgh")
    with (tmp_path / "f").open("r+b") as file:
        durable.write_at(file.fileno(), 3, content)
    assert (tmp_path / "f").read_bytes() == b"abcxyzgh"


def test_short_write_goes_on_behind_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pwrite = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda descriptor, data, offset: pwrite(descriptor, bytes(data)[:2], offset))
    with (tmp_path / "f").open("w+b") as file:
        durable.write_at(file.fileno(), 1, b"abcde")
    assert (tmp_path / "f").read_bytes() == b"\0abcde"


def test_write_is_synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", synced.append)
    with (tmp_path / "f").open("w+b") as file:
        durable.write_at(file.fileno(), 0, b"abc")
        assert synced == [file.fileno()]


def test_fence_writes_to_the_lock_and_waits_for_the_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", synced.append)
    with (tmp_path / "lock").open("w+b") as file:
        durable.fence(file.fileno())
        assert os.fstat(file.fileno()).st_size > 0
        assert synced == [file.fileno()]


def test_move_syncs_the_folder_that_it_leaves_and_the_one_that_it_reaches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in "ab":
        (tmp_path / name).mkdir()
    (tmp_path / "a" / "f").touch()
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda of: synced.append(os.stat(of).st_ino))

    durable.move(tmp_path / "a" / "f", tmp_path / "b" / "f")
    assert sorted(synced) == sorted((tmp_path / name).stat().st_ino for name in "ab")
