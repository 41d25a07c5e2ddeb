"""Requests killed, or failed, at each system call on the volume; each campaign in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from faults import tracer

TESTS = Path(__file__).parents[1]


def campaign(*arguments: str) -> str:
    """What the campaign reports when the contract held throughout."""
    if reason := tracer.why_not():
        pytest.skip(reason)
    # As in a Lambda, pictures are decoded in the process that is traced.
    deployed = {"AWS_LAMBDA_FUNCTION_NAME": "faults", "IMGSRV_PUBLIC": "yes"}
    environment = os.environ | {"PYTHONPATH": f"{TESTS.parent}:{TESTS}"} | deployed
    command = [sys.executable, "-m", "faults", *arguments]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=3600)
    assert ended.returncode == 0, ended.stderr[-4000:]
    print(ended.stdout)
    return ended.stdout


# A run of the tests interrupts one call of four, at the same places each time; the slow form each one.
EVERY = ["4", pytest.param("1", marks=pytest.mark.slow)]


@pytest.mark.parametrize("every", EVERY)
@pytest.mark.parametrize(
    ("operation", "images"),
    [pytest.param("upload", "0", marks=pytest.mark.slow), ("upload", "3"), ("delete", "3"), ("set-primary", "3")],
)
def test_request_killed_before_a_call(operation: str, images: str, every: str) -> None:
    assert "nothing lost" in campaign("kill", operation, images, every)


@pytest.mark.parametrize(
    ("operation", "images", "error"),
    [("upload", "3", "ENOSPC"), ("delete", "3", "EIO"), ("set-primary", "3", "EROFS")],
)
def test_request_that_the_volume_fails(operation: str, images: str, error: str) -> None:
    assert "nothing lost" in campaign("fail", operation, images, error, "2")


@pytest.mark.parametrize(
    ("operation", "images"),
    [("upload", "0"), pytest.param("upload", "3", marks=pytest.mark.slow), ("delete", "3"), ("set-primary", "3")],
)
def test_power_lost_at_any_moment(operation: str, images: str) -> None:
    assert "nothing lost" in campaign("power", operation, images)


@pytest.mark.slow
@pytest.mark.parametrize("error", ["ENOSPC", "EDQUOT", "EIO", "EROFS"])
@pytest.mark.parametrize(
    ("operation", "images"), [("upload", "0"), ("upload", "3"), ("delete", "3"), ("set-primary", "3")]
)
def test_request_that_the_volume_fails_at_any_call(operation: str, images: str, error: str) -> None:
    assert "nothing lost" in campaign("fail", operation, images, error)
