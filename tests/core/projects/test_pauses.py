"""Whoever finds what it looks for at once does not sleep: even a sleep of no time gives the processor away."""

import io
import time
from pathlib import Path

import pytest
from photos import photo
from trees import store

from core import ids, projects, uploads
from core.projects import Page
from core.settings import Settings

PROJECT = ids.project_id("p")


def test_nobody_sleeps_who_is_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings, slept = Settings(storage_root=tmp_path), list[float]()
    monkeypatch.setattr(time, "sleep", slept.append)

    stored = store(settings, PROJECT, io.BytesIO(photo(64, 48)))
    image = ids.image_id(projects.commit(settings, stored)[1].id)
    projects.list_images(settings, PROJECT, Page(None, None))
    projects.set_primary(settings, PROJECT, image)
    upload = uploads.append(settings, uploads.create(settings, PROJECT, 10), b"abc")
    uploads.find(settings, PROJECT, upload.id)
    uploads.discard(settings, upload)
    projects.delete(settings, PROJECT, image)

    assert slept == []
