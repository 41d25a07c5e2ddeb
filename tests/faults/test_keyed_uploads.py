"""Uploads under an Idempotency-Key killed, failed or without power at each system call: sent again, one image."""

import pytest
from faults.test_crashes import EVERY, campaign


@pytest.mark.parametrize("every", EVERY)
def test_killed_before_a_call(every: str) -> None:
    assert "nothing lost" in campaign("kill", "keyed", "1", every)


@pytest.mark.slow
def test_power_loss_at_any_call() -> None:
    assert "nothing lost" in campaign("power", "keyed", "1")


@pytest.mark.slow
@pytest.mark.parametrize("error", ["ENOSPC", "EDQUOT", "EIO", "EROFS"])
def test_failing_volume_at_any_call(error: str) -> None:
    assert "nothing lost" in campaign("fail", "keyed", "1", error)
