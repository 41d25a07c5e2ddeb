"""What `make build` and `make deploy` pass on, and what they refuse to ship."""

import importlib.util
import os
import shutil
import struct
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
spec = importlib.util.spec_from_file_location("weigh", ROOT / "deploy" / "weigh.py")
assert spec
assert spec.loader
weigh = importlib.util.module_from_spec(spec)
spec.loader.exec_module(weigh)


def elf(machine: int) -> bytes:
    return b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HH", 3, machine) + bytes(44)


def built(root: Path, **files: bytes) -> Path:
    for name, content in files.items():
        path = root / "GetImage" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return root


def test_libraries_of_the_functions_machine_pass(tmp_path):
    assert weigh.main(built(tmp_path, a=elf(0xB7), b=b"text", c=b"\x7fELF"), "aarch64") == 0


@pytest.mark.parametrize(("number", "name"), [(0x3E, "x86_64"), (0x28, "machine 0x28")])
def test_another_machines_library_fails(tmp_path, capsys, number, name):
    assert weigh.main(built(tmp_path, library=elf(number)), "aarch64") == 1
    assert f"a library for {name}" in capsys.readouterr().err


def test_a_folder_over_its_budget_fails(tmp_path, capsys):
    assert weigh.main(built(tmp_path, large=bytes(26 << 20)), "aarch64") == 1
    assert "over its budget of 25" in capsys.readouterr().err


def test_nothing_built_fails(tmp_path):
    assert weigh.main(tmp_path, "aarch64") == 1


@pytest.fixture
def make(tmp_path):
    """Runs make with a sam that tells what it was called with."""
    sam = tmp_path / "sam"
    sam.write_text('#!/bin/sh\necho "sam $* in ${AWS_DEFAULT_REGION-the region of the profile}"\n')
    sam.chmod(0o755)
    shutil.copytree(ROOT / "mk", tmp_path / "mk")
    for name in ("Makefile", "template.yaml"):
        shutil.copy(ROOT / name, tmp_path)

    def run(*arguments: str, **environment: str) -> str:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MAKE"))}
        command = ["make", f"SAM={sam}", "PYTHON=true", *arguments]
        return subprocess.check_output(command, cwd=tmp_path, env=inherited | environment, text=True)

    return run


def test_a_deploy_goes_where_the_profile_says(make):
    assert "sam deploy in the region of the profile" in make("deploy")
    assert "sam deploy in eu-west-3" in make("deploy", AWS_DEFAULT_REGION="eu-west-3")


def test_the_shells_architecture_is_not_the_functions(make):
    said = make("--dry-run", "build", ARCH="x86_64", RUNTIME="3.8")
    assert "deploy/weigh.py .aws-sam/build aarch64" in said
