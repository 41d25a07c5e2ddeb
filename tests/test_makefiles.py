"""The makefiles: every target is listed, none takes another one's name, and the tests they name exist."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAKEFILES = [ROOT / "Makefile", *(ROOT / "mk").glob("*.mk")]
TEXT = "".join(path.read_text() for path in MAKEFILES)


def test_help_lists_every_target():
    targets = {name for line in re.findall(r"^\.PHONY: (.*)", TEXT, re.M) for name in line.split() if "$" not in name}
    told = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    listed = {line.split()[0] for line in told.stdout.splitlines()}
    assert listed == targets


def test_no_target_takes_anothers_name():
    """Make only warns of it, and runs the later one: `make build` once ran tests where it should weigh its folders."""
    told = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "overriding" not in told.stderr


@pytest.mark.parametrize("path", sorted(set(re.findall(r"tests/[\w/.]+", TEXT))))
def test_paths_of_tests_exist(path):
    assert (ROOT / path).exists()


def test_an_old_python_is_told_and_leaves_nothing(tmp_path):
    old = tmp_path / "python-of-old"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    command = ["make", "run", f"PYTHON={old}", f"VENV={tmp_path}/venv"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2
    assert "needs Python 3.11 or newer" in done.stderr.splitlines()[0]
    assert not (tmp_path / "venv").exists()
