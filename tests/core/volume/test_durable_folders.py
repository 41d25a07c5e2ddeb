"""durable, what resumable uploads need of it: folders that appear and go at once, writes at an offset."""

import os

import pytest

from core.volume import durable


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_folder_appears_with_its_files(tmp_path):
    durable.create_folder(tmp_path / "f", {"a": b"one", "b": b""})
    assert names(tmp_path) == ["f"]
    assert {path.name: path.read_bytes() for path in (tmp_path / "f").iterdir()} == {"a": b"one", "b": b""}


def test_folder_that_cannot_be_made_leaves_nothing(tmp_path, monkeypatch):
    def fail(source: object, target: object) -> None:
        assert names(tmp_path) != ["f"], "seen before it was whole"
        raise OSError("no")

    monkeypatch.setattr(os, "rename", fail)
    with pytest.raises(OSError, match="no"):
        durable.create_folder(tmp_path / "f", {"a": b"one"})
    assert names(tmp_path) == []


def test_discarded_folder_is_gone_before_its_files_are(tmp_path, monkeypatch):
    durable.create_folder(tmp_path / "f", {"a": b"one"})
    unlink, seen = os.unlink, []

    def look(path: str, **options: int) -> None:
        seen.append(names(tmp_path))
        unlink(path, **options)

    monkeypatch.setattr(os, "unlink", look)
    durable.discard_folder(tmp_path / "f")
    assert seen
    assert all("f" not in names for names in seen)
    assert names(tmp_path) == []


@pytest.mark.parametrize("content", [b"xyz", memoryview(b"xyz")])
def test_write_lands_at_its_offset(tmp_path, content):
    (tmp_path / "f").write_bytes(b"abcdefgh")
    with (tmp_path / "f").open("r+b") as file:
        durable.write_at(file.fileno(), 3, content)
    assert (tmp_path / "f").read_bytes() == b"abcxyzgh"


def test_short_write_goes_on_behind_itself(tmp_path, monkeypatch):
    pwrite = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda descriptor, data, offset: pwrite(descriptor, bytes(data)[:2], offset))
    with (tmp_path / "f").open("w+b") as file:
        durable.write_at(file.fileno(), 1, b"abcde")
    assert (tmp_path / "f").read_bytes() == b"\0abcde"


def test_write_is_synced(tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr(os, "fsync", synced.append)
    with (tmp_path / "f").open("w+b") as file:
        durable.write_at(file.fileno(), 0, b"abc")
        assert synced == [file.fileno()]
