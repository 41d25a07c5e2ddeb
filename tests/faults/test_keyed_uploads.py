"""Uploads under an Idempotency-Key killed, failed or without power at each system call: sent again, one image.

`keyed` is the first request with a key, `again` the second, after the first was killed before its image was listed.
`duplicate` has `?duplicates=return` instead of a key: one image if it was listed.
"""

import pytest
from faults.test_crashes import Campaign

REQUESTS = ["keyed", "again"]
ERRORS = ["EDQUOT", "EIO", "EROFS", "ENOSPC"]


@pytest.mark.parametrize(("which", "every"), [("keyed", "12"), ("again", "23"), ("duplicate", "23")])
def test_killed_before_some_calls(campaign: Campaign, which: str, every: str) -> None:
    assert "nothing lost" in campaign("kill", which, "1", every)


# Steps without a common factor: each error strikes other calls.
@pytest.mark.parametrize(("error", "every"), [("EDQUOT", "11"), ("EIO", "13"), ("EROFS", "15"), ("ENOSPC", "17")])
@pytest.mark.parametrize("which", REQUESTS)
def test_failing_volume_at_some_calls(campaign: Campaign, which: str, error: str, every: str) -> None:
    assert "nothing lost" in campaign("fail", which, "1", error, every)


@pytest.mark.slow
@pytest.mark.parametrize("which", [*REQUESTS, "duplicate"])
def test_killed_before_a_call(campaign: Campaign, which: str) -> None:
    assert "nothing lost" in campaign("kill", which, "1")


@pytest.mark.slow
@pytest.mark.parametrize("which", REQUESTS)
def test_power_loss_at_any_call(campaign: Campaign, which: str) -> None:
    assert "nothing lost" in campaign("power", which, "1")


@pytest.mark.slow
@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("which", REQUESTS)
def test_failing_volume_at_any_call(campaign: Campaign, which: str, error: str) -> None:
    assert "nothing lost" in campaign("fail", which, "1", error)


@pytest.mark.slow
@pytest.mark.parametrize("which", REQUESTS)
def test_unreadable_volume_at_any_call(campaign: Campaign, which: str) -> None:
    assert "nothing lost" in campaign("unreadable", which, "1")
