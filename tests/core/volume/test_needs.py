"""The health check names what an upload needs and does not have."""

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from core.errors import StorageFull, StorageUnavailable
from core.settings import Settings
from core.volume import health


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(storage_root=tmp_path)


def test_good_storage_is_healthy_and_stays_clean(settings: Settings) -> None:
    health.probe(settings)
    health.probe(settings)
    assert sorted(os.listdir(settings.storage_root / ".health")) == ["health", "health.lock"]


@pytest.mark.parametrize("number", [errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK])
def test_storage_without_links_is_named(settings: Settings, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise OSError(number, "no links here")

    monkeypatch.setattr(os, "link", refuse)
    with pytest.raises(StorageUnavailable, match="hard links"):
        health.probe(settings)


def test_storage_that_does_not_tell_case_apart_is_named(settings: Settings) -> None:
    health.probe(settings)
    (settings.storage_root / ".health/HEALTH").symlink_to("health")
    with pytest.raises(StorageUnavailable, match="capitals"):
        health.probe(settings)


def test_lack_of_room_for_a_body_is_named(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "statvfs", lambda _: os.statvfs_result([1, 1, 600, 600, 600, 1, 1, 1, 0, 255]))
    with pytest.raises(StorageFull, match="temporary files"):
        health.probe(settings)
