"""One process that runs the campaigns: it imports the service once, and each campaign is a child of it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from faults import tracer

TESTS = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def campaign() -> Iterator[Callable[..., str]]:
    """Runs a campaign; returns what it reports when the contract held throughout."""
    if reason := tracer.why_not():
        pytest.skip(reason)
    # As in a Lambda, pictures are decoded in the process that is traced.
    deployed = {"AWS_LAMBDA_FUNCTION_NAME": "faults", "IMGSRV_PUBLIC": "yes"}
    environment = os.environ | {"PYTHONPATH": f"{TESTS.parent}:{TESTS}"} | deployed
    command = [sys.executable, "-m", "faults"]
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        asked, told = process.stdin, process.stdout
        assert asked
        assert told

        def run(*arguments: str) -> str:
            print(*arguments, file=asked, flush=True)
            well, out, errors = json.loads(told.readline())
            assert well, errors[-4000:]
            print(out)
            return str(out)

        yield run
