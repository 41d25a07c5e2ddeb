"""A storage root with one upload of ten bytes."""

from pathlib import Path

import pytest

from core import ids, uploads
from core.settings import Settings
from core.uploads import Upload

PROJECT = ids.project_id("p")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(storage_root=tmp_path, lock_timeout=0.1)


@pytest.fixture
def upload(settings: Settings) -> Upload:
    return uploads.create(settings, PROJECT, 10, b"filename YQ==")
