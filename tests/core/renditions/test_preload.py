"""After `preload`, a picture of any format is made without an import and without a file being opened."""

import base64
import json
import subprocess
import sys
from pathlib import Path

import pytest
from fuzz.seeds import seeds

TESTS = Path(__file__).parents[2]
WATCHED = """
import base64, io, json, os, sys
from core import renditions
from core.settings import Limits
from core.sizes import STANDARD

files = json.load(sys.stdin)
outputs = [{size: open(os.memfd_create(size), "wb") for size in STANDARD} for _ in files]
if "preload" in sys.argv:
    renditions.preload()
seen = []
sys.addaudithook(lambda event, values: seen.append(event) if event in ("open", "import", "ctypes.dlopen") else None)
for file, opened in zip(files, outputs):
    renditions.render(io.BytesIO(base64.b64decode(file)), opened, Limits(), STANDARD)
print(len(seen))
"""


def events(files, *arguments):
    """How often a new process opens or imports something while it renders these files."""
    command = [sys.executable, "-c", WATCHED, *arguments]
    given = json.dumps([base64.b64encode(file).decode() for file in files])
    result = subprocess.run(
        command, input=given, env={"PYTHONPATH": str(TESTS.parent)}, capture_output=True, text=True, check=True
    )
    return int(result.stdout)


def test_nothing_is_opened_after_preload():
    assert events(seeds().values(), "preload") == 0


@pytest.mark.parametrize("kind", ["webp lossy", "heic", "avif", "jpeg profile"])
def test_without_preload_something_is(kind):
    assert events([seeds()[kind]]) > 0
