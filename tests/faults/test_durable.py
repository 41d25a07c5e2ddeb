"""What each function of durable did is on the disk when it returns, traced for real: the power may go at once."""

import io
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from faults import tracer
from faults.disk import Disk
from faults.recorder import Recorder

from core.volume import durable, folders, removing

pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")


def _publish(root: Path) -> None:
    durable.publish({root / name / "new": io.BytesIO(b"content") for name in ("a", "b")})


def _write_at(root: Path) -> None:
    descriptor = os.open(root / "a" / "file", os.O_RDWR)
    durable.write_at(descriptor, 2, b"content")
    os.close(descriptor)


DEEDS: dict[str, Callable[[Path], object]] = {
    "make_folder": lambda root: folders.make_folder(root / "c" / "d", root),
    "publish": _publish,
    "replace": lambda root: durable.replace(root / "a" / "file", b"new"),
    "create": lambda root: durable.create(root / "a" / "new", b"content"),
    "create_folder": lambda root: folders.create_folder(root / "c", {"one": b"1", "two": b"2"}),
    "write_at": _write_at,
    "remove": lambda root: removing.remove(root / "a" / "file"),
    "move": lambda root: durable.move(root / "a" / "file", root / "b" / "file"),
    "move within a folder": lambda root: durable.move(root / "a" / "file", root / "a" / "other"),
    "link": lambda root: durable.link(root / "a" / "file", root / "b" / "file"),
    "discard_folder": lambda root: removing.discard_folder(root / "a"),
    "remove_tree": lambda root: removing.remove_tree(root / "a"),
}


@pytest.mark.parametrize("deed", DEEDS.values(), ids=DEEDS)
def test_deed_is_on_the_disk_when_it_returns(tmp_path: Path, deed: Callable[[Path], object]) -> None:
    if reason := tracer.why_not():
        pytest.skip(reason)
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    (tmp_path / "a" / "file").write_bytes(b"old")
    recorder = Recorder(Disk(tmp_path), str(tmp_path))
    before = _states(recorder)

    assert tracer.trace(lambda: deed(tmp_path), tmp_path, recorder).status == 0

    after = _states(recorder)
    assert len(after) == 1, "some of it could be lost"
    assert after != before
    assert not any(".tmp" in path for path, _ in next(iter(after)))


def _states(recorder: Recorder) -> set[frozenset[tuple[str, bytes | None]]]:
    return {frozenset(state.items()) for state in recorder.disk.states()}
