"""Resumable uploads killed, failed or without power at each system call: they go on, to one image."""

import pytest
from faults.test_crashes import EVERY, Campaign

PARTS = ["create", "append", "finish", "end"]


def some(*fast: str) -> list[object]:
    """All parts of an upload's life; the `fast` ones in every run of the tests."""
    return [part if part in fast else pytest.param(part, marks=pytest.mark.slow) for part in PARTS]


@pytest.mark.parametrize("every", EVERY)
@pytest.mark.parametrize("part", some("finish"))
def test_killed_before_a_call(campaign: Campaign, part: str, every: str) -> None:
    assert "nothing lost" in campaign("kill", part, "3", every)


@pytest.mark.parametrize("part", some("append"))
def test_power_loss_at_any_call(campaign: Campaign, part: str) -> None:
    assert "nothing lost" in campaign("power", part, "3")


@pytest.mark.parametrize("part", some("create"))
def test_full_volume_at_any_call(campaign: Campaign, part: str) -> None:
    assert "nothing lost" in campaign("fail", part, "3", "ENOSPC")


@pytest.mark.slow
@pytest.mark.parametrize("error", ["EDQUOT", "EIO", "EROFS"])
@pytest.mark.parametrize("part", PARTS)
def test_failing_volume_at_any_call(campaign: Campaign, part: str, error: str) -> None:
    assert "nothing lost" in campaign("fail", part, "3", error)
