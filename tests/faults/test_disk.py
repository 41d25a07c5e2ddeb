"""The model of a disk: it must be able to lose what was not made safe, or the campaigns prove nothing."""

from pathlib import Path

import pytest
from faults import tracer
from faults.disk import Disk
from faults.recorder import Recorder


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    (tmp_path / "kept").write_bytes(b"old")
    return Disk(tmp_path)


def _states(disk: Disk) -> list[dict[str, bytes | None]]:
    return list(disk.states())


def _path(disk: Disk, name: str) -> str:
    return f"{disk._base}/{name}"


def test_untouched_disk_has_one_state(disk: Disk) -> None:
    assert _states(disk) == [{"kept": b"old"}]


def test_write_may_be_lost_or_torn_until_the_file_is_synced(disk: Disk) -> None:
    disk.truncate(_path(disk, "kept"))
    disk.write(_path(disk, "kept"), None, b"newest")
    assert {state["kept"] for state in _states(disk)} == {b"old", b"new", b"newest"}

    disk.sync(_path(disk, "kept"))
    assert {state["kept"] for state in _states(disk)} == {b"newest"}


def test_name_may_be_lost_until_its_folder_is_synced(disk: Disk) -> None:
    disk.write(_path(disk, "new"), None, b"x")
    disk.sync(_path(disk, "new"))
    assert {state.get("new") for state in _states(disk)} == {None, b"x"}

    disk.sync(disk._base)
    assert _states(disk) == [{"kept": b"old", "new": b"x"}]


def test_rename_is_one_change_and_unsynced_bytes_go_with_it(disk: Disk) -> None:
    disk.write(_path(disk, "new"), None, b"xy")
    disk.sync(disk._base)
    disk.rename(_path(disk, "new"), _path(disk, "kept"))

    seen = {(state.get("kept"), state.get("new")) for state in _states(disk)}
    assert seen == {(b"old", b""), (b"old", b"x"), (b"old", b"xy"), (b"", None), (b"x", None), (b"xy", None)}


def test_changes_of_one_folder_may_reach_the_disk_in_any_order(disk: Disk) -> None:
    disk.remove(_path(disk, "kept"))
    disk.make_folder(_path(disk, "folder"))

    assert {frozenset(state) for state in _states(disk)} == {
        frozenset({"kept"}),
        frozenset(),
        frozenset({"kept", "folder"}),
        frozenset({"folder"}),
    }


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_replacement_without_a_sync_is_caught(tmp_path: Path) -> None:
    """The protocol that every beginner writes, traced for real."""
    if reason := tracer.why_not():
        pytest.skip(reason)
    (tmp_path / "index").write_bytes(b"old")

    def replace() -> None:
        (tmp_path / "temporary").write_bytes(b"new")
        (tmp_path / "temporary").rename(tmp_path / "index")

    recorder = Recorder(Disk(tmp_path), str(tmp_path))
    assert tracer.trace(replace, tmp_path, recorder).status == 0

    assert {state.get("index") for state in recorder.disk.states()} == {b"old", b"", b"n", b"new"}
