"""Opening at its edges: what is closed after a failure, names that are gone, and the one call where there is one."""

import ctypes
import errno
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from core.volume import opening


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "f").write_bytes(b"content")
    return tmp_path / "f"


@pytest.mark.parametrize(
    ("number", "error"), [(errno.ESTALE, FileNotFoundError), (errno.EIO, OSError)], ids=["replaced", "broken"]
)
def test_file_that_fails_after_it_was_opened_is_closed(
    path: Path, monkeypatch: pytest.MonkeyPatch, number: int, error: type[OSError]
) -> None:
    def fail(descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    before = os.listdir("/proc/self/fd")
    with monkeypatch.context() as patched:
        patched.setattr(os, "fstat", fail)
        with pytest.raises(error) as raised:
            opening.plain(path)
    assert type(raised.value) is error
    assert len(os.listdir("/proc/self/fd")) == len(before)


def _no_file(folder: Path) -> None:
    with pytest.raises(FileNotFoundError):
        opening.plain(folder)


READS: dict[str, Callable[[Path], object]] = {
    "names": opening.names,
    "entries": lambda folder: list(opening.entries(folder)),
    "folders": opening.folders,
    "listing": lambda folder: list(opening.listing(folder)),
    "no file": _no_file,
}


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_folder_that_was_read_is_closed(path: Path, read: Callable[[Path], object]) -> None:
    before = os.listdir("/proc/self/fd")
    read(path.parent)
    assert len(os.listdir("/proc/self/fd")) == len(before)


def test_folder_that_is_gone_has_no_entries(tmp_path: Path) -> None:
    assert list(opening.entries(tmp_path / "gone")) == []
    assert opening.folders(tmp_path / "gone") == []


def _kernel_has_it() -> bool:
    how = (ctypes.c_uint64 * 3)(os.O_RDONLY, 0, 0)
    call = ctypes.CDLL(None).syscall
    descriptor = int(call(ctypes.c_long(437), ctypes.c_int(-100), b"/", ctypes.byref(how), ctypes.c_size_t(24)))
    if descriptor >= 0:
        os.close(descriptor)
    return descriptor >= 0


in_one_call = pytest.mark.skipif(
    sys.platform != "linux" or not _kernel_has_it(), reason="needs Linux 5.6, and no filter of its calls"
)


@in_one_call
def test_path_is_opened_by_one_call_where_the_kernel_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(opening._open, opening._OpenAt2)
    monkeypatch.setattr(opening, "_OPENAT2", 100_000)
    with pytest.raises(OSError, match=os.strerror(errno.ENOSYS)):
        opening._OpenAt2()


@in_one_call
def test_first_of_all_descriptors_is_one(path: Path) -> None:
    """A daemon may have closed its input."""
    own = os.dup(0)
    os.close(0)
    try:
        assert opening.plain(path).descriptor == 0
    finally:
        os.dup2(own, 0)
        os.close(own)
