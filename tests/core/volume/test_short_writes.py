"""A volume that takes fewer bytes than it was given: the rest follows, or nothing is stored."""

import io
import os
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.volume import durable

LIMIT = 10_000


@pytest.fixture
def cramped() -> Iterator[None]:
    """This process may write no file longer than LIMIT: the kernel takes what fits and refuses the rest."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.usefixtures("cramped")
def test_short_write_replaces_nothing(tmp_path: Path) -> None:
    durable.replace(tmp_path / "f", b"old")

    with pytest.raises(OSError, match="File too large"):
        durable.replace(tmp_path / "f", b"x" * (LIMIT + 1))

    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"f": b"old"}


@pytest.mark.usefixtures("cramped")
def test_short_write_publishes_nothing(tmp_path: Path) -> None:
    files = {tmp_path / "small": io.BytesIO(b"x"), tmp_path / "large": io.BytesIO(b"x" * (LIMIT + 1))}

    with pytest.raises(OSError, match="File too large"):
        durable.publish(files)

    assert list(tmp_path.iterdir()) == []


def test_short_writes_add_up_to_the_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:3]))

    durable.replace(tmp_path / "f", b"0123456789", b"abcd")

    assert (tmp_path / "f").read_bytes() == b"0123456789abcd"
