"""Mutated files through the real decode path: clean images or clean refusals, nothing else."""

import subprocess
import sys
from pathlib import Path

import pytest
from fuzz import __main__ as runner

TESTS = Path(__file__).parents[2]
PATIENT = ("--seconds", 120)  # for each file: a busy machine is no finding


def fuzz(*arguments):
    command = [sys.executable, "-m", "fuzz", *map(str, arguments)]
    environment = {"PYTHONPATH": f"{TESTS.parent}:{TESTS}"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=3600)


@pytest.mark.parametrize("files", [100, pytest.param(4000, marks=pytest.mark.slow)])
def test_mutated_files_and_a_run_that_goes_on(tmp_path, files):
    first = fuzz("--files", files // 2, *PATIENT, "--processes", 1, "--state", tmp_path)
    assert first.returncode == 0, first.stdout
    second = fuzz("--files", files, *PATIENT, "--processes", 1, "--state", tmp_path)
    assert second.returncode == 0, second.stdout
    assert f"{files} files in" in second.stdout
    counts = {line.split()[1]: int(line.split()[0]) for line in second.stdout.splitlines() if line.startswith("  ")}
    assert sum(counts.values()) == files
    assert counts["accepted"] > files // 4
    assert counts["CorruptImage"] > files // 4


def test_a_file_that_takes_too_long_is_a_finding(tmp_path, monkeypatch):
    never = [sys.executable, "-c", "import time; time.sleep(600)"]
    pipe = subprocess.PIPE
    monkeypatch.setattr(runner, "_start", lambda: subprocess.Popen(never, stdin=pipe, stdout=pipe, text=True))
    campaign = runner.Campaign(tmp_path)
    runner.run(campaign, files=3, processes=1, seconds=0.1)
    assert campaign.findings == [f"file {number}: took over 0.1 s" for number in range(3)]
    assert all((tmp_path / f"finding-{number}").stat().st_size for number in range(3))
