"""looking: a file is read whole; test_cached_names.py has what a host cached."""

import os
from pathlib import Path

import pytest

from core.volume import looking


def test_file_that_grows_while_it_is_read_is_read_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"x" * 10)
    descriptor, fstat = os.open(path, os.O_RDONLY), os.fstat

    def then_grow(of: int) -> os.stat_result:
        status = fstat(of)
        path.write_bytes(b"x" * 100)
        return status

    monkeypatch.setattr(os, "fstat", then_grow)
    assert looking.read_all(descriptor) == b"x" * 100
    monkeypatch.undo()
    os.close(descriptor)
