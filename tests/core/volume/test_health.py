"""The health check tells what the volume refuses: writes, locks, what was written."""

import errno
import os
import time
from pathlib import Path

import pytest

from core.errors import LockLost, ProjectLocked, StorageReadOnly, StorageUnavailable
from core.settings import Settings
from core.volume import durable, health, layout, locking, looking


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(storage_root=tmp_path, lock_timeout=0.05)


def _refuse(monkeypatch: pytest.MonkeyPatch, name: str, number: int) -> None:
    def refuse(*arguments: object, **options: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(durable, name, refuse)


def test_volume_that_works_is_healthy_again_and_again(settings: Settings) -> None:
    health.probe(settings)
    before = (layout.health_folder(settings.storage_root) / "health").read_bytes()
    health.probe(settings)
    assert (layout.health_folder(settings.storage_root) / "health").read_bytes() != before


def test_volume_that_cannot_be_written_is_told(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    _refuse(monkeypatch, "replace", errno.EROFS)
    with pytest.raises(StorageReadOnly):
        health.probe(settings)


def test_volume_that_loses_locks_is_told(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    _refuse(monkeypatch, "fence", errno.EIO)
    with pytest.raises(LockLost):
        health.probe(settings)


def test_volume_whose_lock_is_held_is_told(settings: Settings) -> None:
    health.probe(settings)
    with locking.held(layout.health_folder(settings.storage_root) / "health.lock", 1), pytest.raises(ProjectLocked):
        health.probe(settings)


def test_volume_that_gives_back_something_else_is_told(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    health.probe(settings)
    monkeypatch.setattr(durable, "replace", lambda *content, **options: None)
    with pytest.raises(StorageUnavailable):
        health.probe(settings)


def test_root_that_is_gone_is_told(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(StorageUnavailable):
        health.probe(Settings(storage_root=tmp_path / "gone"))


def test_good_probe_answers_who_asked_before_it_began(settings: Settings) -> None:
    before, written = time.monotonic(), layout.health_folder(settings.storage_root) / "health"
    health.probe(settings, since=before)
    content = written.read_bytes()
    health.probe(settings, since=before)
    assert written.read_bytes() == content
    health.probe(settings, since=time.monotonic())
    assert written.read_bytes() != content


def test_probe_reads_what_the_server_has(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    replace, refreshed = durable.replace, []

    def then_listen(*content: object, **more: object) -> None:
        replace(*content, **more)  # type: ignore[arg-type]
        monkeypatch.setattr(looking, "refresh", refreshed.append)

    monkeypatch.setattr(durable, "replace", then_listen)
    health.probe(settings)
    assert layout.health_folder(settings.storage_root) in refreshed
