"""What is opened is a regular file or a folder below the root, whatever else lies under its name."""

import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.volume import opening

WAYS = {"openat2": opening._open, "walk": opening._walk}


def fifo(path: Path) -> None:
    os.mkfifo(path)


def bound_socket(path: Path) -> None:
    here = os.open(path.parent, os.O_PATH)  # a socket's path may have 107 bytes
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(f"/proc/self/fd/{here}/{path.name}")
    os.close(here)


def link(path: Path) -> None:
    (path.parent.parent / "secret").write_bytes(b"secret")
    path.symlink_to(path.parent.parent / "secret")


def dangling_link(path: Path) -> None:
    path.symlink_to("nothing")


OTHERS: list[Any] = [fifo, bound_socket, link, dangling_link, Path.mkdir]


@pytest.fixture(params=WAYS)
def folder(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder, below which every way of opening is tried."""
    monkeypatch.setattr(opening, "_open", WAYS[request.param])
    (tmp_path / "folder").mkdir()
    return tmp_path / "folder"


def test_file_is_opened(folder: Path) -> None:
    (folder / "f").write_bytes(b"content")
    with opening.reading(folder / "f") as file:
        assert file.read() == b"content"


@pytest.mark.parametrize("other", OTHERS)
def test_other_things_are_no_files(folder: Path, other: Callable[[Path], None]) -> None:
    other(folder / "f")
    with pytest.raises(FileNotFoundError):
        opening.plain(folder / "f")
    assert dict(opening.listing(folder)) == {"f": False}


def test_file_behind_a_link_is_none(folder: Path) -> None:
    (folder / "real").mkdir()
    (folder / "real/f").write_bytes(b"content")
    (folder / "link").symlink_to("real")
    with pytest.raises(FileNotFoundError):
        opening.plain(folder / "link/f")


@pytest.mark.parametrize("other", [fifo, link, dangling_link, Path.touch])
def test_other_things_are_no_folders(folder: Path, other: Callable[[Path], None]) -> None:
    other(folder / "f")
    with pytest.raises(opening.Misplaced):
        opening.folder(folder / "f")


def test_folder_behind_a_link_is_misplaced(folder: Path) -> None:
    (folder / "real/below").mkdir(parents=True)
    (folder / "link").symlink_to("real")
    with pytest.raises(opening.Misplaced):
        opening.names(folder / "link/below")


def test_nothing_is_missing(folder: Path) -> None:
    for opened in (opening.plain, opening.folder):
        with pytest.raises(FileNotFoundError):
            opened(folder / "f")


def test_nothing_stays_open(folder: Path) -> None:
    before = len(os.listdir("/proc/self/fd"))
    for other in OTHERS:
        other(folder / other.__name__)
        with pytest.raises(FileNotFoundError):
            opening.plain(folder / other.__name__)
    assert len(os.listdir("/proc/self/fd")) == before
