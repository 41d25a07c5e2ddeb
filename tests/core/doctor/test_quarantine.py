"""The quarantine is kept for as many days as the settings say, and not a day less."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

import pytest

from core.doctor import quarantine
from core.volume import layout

TODAY = datetime(2026, 3, 1, 12, tzinfo=UTC)


class _Clock(datetime):
    """A day that does not end in the middle of a test."""

    @classmethod
    def now(cls, tz: object = None) -> Self:
        return cls.fromtimestamp(TODAY.timestamp(), UTC)


def _fill(root: Path, *days: int) -> Path:
    folder = layout.quarantine_folder(root)
    for age in days:
        aged = folder / (TODAY.date() - timedelta(age)).isoformat() / "p"
        aged.mkdir(parents=True)
        (aged / "x.jpg").touch()
    return folder


@pytest.mark.parametrize(("kept", "left"), [(30, 3), (2, 2), (1, 1), (0, 1)])
def test_quarantine_keeps_whole_days(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: int, left: int) -> None:
    monkeypatch.setattr(quarantine, "datetime", _Clock)
    folder = _fill(tmp_path, 0, 2, 30, 31)

    assert quarantine.empty(tmp_path, kept) == 4 - left
    assert len(os.listdir(folder)) == left


def test_quarantine_leaves_folders_that_are_no_dates(tmp_path: Path) -> None:
    (layout.quarantine_folder(tmp_path) / "by hand").mkdir(parents=True)

    assert quarantine.empty(tmp_path, 0) == 0
    assert os.listdir(layout.quarantine_folder(tmp_path)) == ["by hand"]


def test_quarantine_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert quarantine.empty(tmp_path, 0) == 0
