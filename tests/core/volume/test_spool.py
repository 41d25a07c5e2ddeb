"""spool: bodies wait where there is room."""

import os
from pathlib import Path
from typing import Any

import pytest

from core.settings import Settings
from core.volume import spool


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(storage_root=tmp_path)


def test_bodies_wait_where_there_is_room(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    small = tmp_path_factory.mktemp("small")
    monkeypatch.setattr(spool, "gettempdir", lambda: str(small))
    assert spool.spool_folder(settings.storage_root, 1000) == str(small)
    statvfs = os.statvfs

    def almost_full(path: str) -> Any:
        return os.statvfs_result([1, 1, 600, 600, 600, 1, 1, 1, 0, 255]) if path == str(small) else statvfs(path)

    monkeypatch.setattr(os, "statvfs", almost_full)
    assert spool.spool_folder(settings.storage_root, 600) == str(small)
    assert spool.spool_folder(settings.storage_root, 601) == str(settings.storage_root)


def test_bodies_need_no_temporary_folder(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> str:
        raise FileNotFoundError("no usable temporary directory found")

    monkeypatch.setattr(spool, "gettempdir", none)
    assert spool.spool_folder(settings.storage_root, 1000) == str(settings.storage_root)
