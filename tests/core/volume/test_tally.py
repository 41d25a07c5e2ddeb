"""The tally by itself: its numbers, its limits, and a storage that fails."""

import errno
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import LockLost, QuotaExceeded, StorageUnavailable
from core.settings import Settings
from core.volume import durable, layout, looking, tally
from core.volume.tally import Tally


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A storage that may hold five images and a hundred bytes, and holds four and a hundred."""
    made = Settings(storage_root=tmp_path, total_max_images=5, total_max_bytes=100)
    tally.add(made, 4, 100)
    return made


def held(settings: Settings) -> tuple[int, int]:
    found = tally.read(settings.storage_root)
    assert found is not None
    return found.images, found.bytes


def test_removals_are_no_additions() -> None:
    assert Tally(5, 50, "c").plus(-1, -10) == Tally(4, 40, "c")
    assert Tally(5, 50, "c").plus(-9, -99) == Tally(0, 0, "c")
    assert Tally(5, 50, "c").plus(1, 10) == Tally(6, 60, "c", 1, 10)


def test_only_a_number_that_grows_is_limited(settings: Settings) -> None:
    tally.add(settings, 1, 0)
    assert held(settings) == (5, 100)
    for images, size in ((1, 0), (0, 1)):
        with pytest.raises(QuotaExceeded):
            tally.add(settings, images, size)
    tally.add(replace(settings, total_max_images=3, total_max_bytes=1000), 0, 7)
    assert held(settings) == (5, 107)


def test_block_that_frees_is_counted_when_it_has_ended(settings: Settings) -> None:
    with tally.counted(settings, 0, -30):
        assert held(settings) == (4, 100)
    assert held(settings) == (4, 70)
    tally.forget(settings, 1, 0)
    assert held(settings) == (3, 70)


def _fail(*arguments: object, **options: object) -> None:
    raise OSError(errno.EIO, os.strerror(errno.EIO))


def test_removal_that_cannot_be_counted_is_no_error(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(durable, "replace", _fail)
    tally.forget(settings, 1, 10)
    with pytest.raises(StorageUnavailable):
        tally.add(settings, 1, 0)
    assert held(settings) == (4, 100)


def test_holder_without_its_lock_counts_nothing(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(durable, "fence", _fail)
    with pytest.raises(LockLost):
        tally.add(settings, 1, 0)
    assert held(settings) == (4, 100)


def test_what_a_holder_left_without_its_lock_is_gone(settings: Settings) -> None:
    left = layout.tally_folder(settings.storage_root) / layout.temporary_name("tally", "0")
    left.touch()
    tally.forget(settings, 1, 10)
    assert not left.exists()


def test_tally_is_read_as_the_server_has_it(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    refreshed: list[Path] = []
    monkeypatch.setattr(looking, "refresh", refreshed.append)
    assert held(settings) == (4, 100)
    assert refreshed == [layout.tally_folder(settings.storage_root)]


def test_nothing_is_counted_where_no_volume_is_mounted(settings: Settings) -> None:
    shutil.rmtree(settings.storage_root)
    with pytest.raises(StorageUnavailable):
        tally.add(settings, 1, 0)
    assert not settings.storage_root.exists()
