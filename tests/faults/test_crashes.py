"""Requests killed, or failed, at each system call on the volume."""

from collections.abc import Callable

import pytest

Campaign = Callable[..., str]
# A run of the tests interrupts one call of four, at the same places each time; the slow form each one.
EVERY = ["4", pytest.param("1", marks=pytest.mark.slow)]


@pytest.mark.parametrize("every", EVERY)
@pytest.mark.parametrize(
    ("operation", "images"),
    [pytest.param("upload", "0", marks=pytest.mark.slow), ("upload", "3"), ("delete", "3"), ("set-primary", "3")],
)
def test_request_killed_before_a_call(campaign: Campaign, operation: str, images: str, every: str) -> None:
    assert "nothing lost" in campaign("kill", operation, images, every)


@pytest.mark.parametrize(
    ("operation", "images", "error"),
    [("upload", "3", "ENOSPC"), ("delete", "3", "EIO"), ("set-primary", "3", "EROFS")],
)
def test_request_that_the_volume_fails(campaign: Campaign, operation: str, images: str, error: str) -> None:
    assert "nothing lost" in campaign("fail", operation, images, error, "2")


@pytest.mark.parametrize(
    ("operation", "images"),
    [("upload", "0"), pytest.param("upload", "3", marks=pytest.mark.slow), ("delete", "3"), ("set-primary", "3")],
)
def test_power_lost_at_any_moment(campaign: Campaign, operation: str, images: str) -> None:
    assert "nothing lost" in campaign("power", operation, images)


@pytest.mark.slow
@pytest.mark.parametrize("error", ["ENOSPC", "EDQUOT", "EIO", "EROFS"])
@pytest.mark.parametrize(
    ("operation", "images"), [("upload", "0"), ("upload", "3"), ("delete", "3"), ("set-primary", "3")]
)
def test_request_that_the_volume_fails_at_any_call(campaign: Campaign, operation: str, images: str, error: str) -> None:
    assert "nothing lost" in campaign("fail", operation, images, error)
